"""Writes what bench/results.json says into the pages, between `<!-- figures: NAME -->` and `<!-- end -->`.

What polls cost is arithmetic and is worked out here.

PYTHONPATH=src:netlify/plugin python bench/figures.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bill as costs

from python_version import PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
PAGES = (HERE.parent / "README.md", HERE.parent / "docs/performance.md", HERE.parent / "docs/scale.md")
PHOTO_MB, VIDEO_MB = 0.5, 8.0
"""Of a job, where a figure needs one number."""
MOST_LOAD = 0.5
"""For each processor, at the start."""
NOT_MEASURED = "Not measured on this machine."
PLACE = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Write the figures into every page."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    for page in PAGES:
        page.write_text(filled(page.read_text(encoding="utf-8"), results), encoding="utf-8")


def filled(text: str, results: dict[str, Any]) -> str:
    """Return a page with the figures in their places."""
    return PLACE.sub(lambda place: f"{place[1]}{FIGURES[place[2]](results)}\n{place[3]}", text)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def measured(results: dict[str, Any], head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table of what was measured, and below it with what and on how busy a machine."""
    on = results["machine"]
    busy = ", a busy machine" if is_busy(on["load"], on["processors"]) else ""
    return (
        f"{table(head, rows)}\n\nCPython {on['bundledPython']}, Node {on['node'][1:]}, load {on['load']} on "
        f"{on['processors']} processors{busy}."
    )


def is_busy(load: float, processors: int) -> bool:
    """Whether so many programs wait for a processor that times say more of them than of what is measured."""
    return load > MOST_LOAD * processors


def machine(results: dict[str, Any]) -> str:
    """Return where and when."""
    on = results["machine"]
    return (
        f"{on['date']}, {on['processors']} processors ({on['processor']}), load {on['load']} at the start,\n"
        f"Linux {on['kernel']}, CPython {on['bundledPython']} in the zips "
        f"(deployed ones hold {PYTHON}), Node {on['node'][1:]}."
    )


def latency(results: dict[str, Any], key: str = "latency") -> str:
    """Return the answers' times on whole processors, or those under another key, which may be missing."""
    if key not in results:
        return NOT_MEASURED
    return measured(
        results,
        ["function", "answer", "S3", "Python", "Node twin", "ratio (quartiles)"],
        [
            [
                f"`{row['function']}`",
                row["kind"],
                f"{row['s3DelayMs']:.0f} ms",
                f"{row['pythonMs']:.0f} ms",
                f"{row['nodeMs']:.0f} ms",
                f"{row['ratio']:.2f} ({row['ratioLowerQuartile']:.2f}-{row['ratioUpperQuartile']:.2f})",
            ]
            for row in results[key]
        ],
    )


def imports(results: dict[str, Any]) -> str:
    """Return where a cold start's time goes."""
    parts = list(results["imports"][0]["partsMs"])
    return measured(
        results,
        ["function", "interpreter", *parts, "until the first request is read"],
        [
            [
                f"`{row['function']}`",
                f"{row['interpreterMs']:.0f} ms",
                *(f"{row['partsMs'][part]:.0f} ms" for part in parts),
                f"{row['wholeMs']:.0f} ms",
            ]
            for row in results["imports"]
        ],
    )


def worker(results: dict[str, Any]) -> str:
    """Return the worker's memory and processor time."""
    return measured(
        results,
        ["case", "Python, peak", "Node, peak", "sum", "processor time", "S3 requests"],
        [
            [
                row["case"],
                f"{row['pythonPeakMB']} MB",
                f"{row['nodePeakMB']} MB",
                f"{row['sumMB']} MB",
                f"{row['cpuSeconds']:.2f} s",
                sum(row["s3Requests"].values()),
            ]
            for row in results["worker"]
        ],
    )


def bill(_: dict[str, Any]) -> str:
    """Return what jobs cost and how late their videos are seen: arithmetic, so made anew each time."""
    return table(
        [
            "job",
            "polls",
            "function calls",
            "seen after: median",
            "90th percentile",
            "GB-seconds",
            "of them polls",
            "functions, of 1000",
            "S3, of 1000",
        ],
        [
            [
                f"{row['jobSeconds']} s",
                row["polls"],
                row["functionCalls"],
                f"{row['medianDelaySeconds']} s",
                f"{row['p90DelaySeconds']} s",
                row["gigabyteSeconds"],
                f"{row['pollingShare']:.1%}",
                f"${row['functionDollarsPerThousand']:.2f}",
                f"${row['s3DollarsPerThousand']:.2f}",
            ]
            for row in costs.bill()
        ],
    )


def throughput(results: dict[str, Any]) -> str:
    """Return how many jobs a second are started."""
    rows = results["throughput"]
    *counts, last = [str(row["instances"]) for row in rows]
    *rates, most = [f"{row['jobsPerSecond']:.0f}" for row in rows]
    return (
        f"Instances do not wait for each other: {', '.join(counts)} and {last} instances of `start-video` "
        f"started {', '.join(rates)} and {most} jobs a\nsecond at 40 ms for each S3 request, all on "
        f"{results['machine']['processors']} processors, which is what the last figure is limited by."
    )


def megabytes_each(rows: Sequence[dict[str, Any]]) -> float:
    """Return what each waiting job adds to a worker's memory, in MB."""
    first, last = rows[0], rows[-1]
    return float((last["megabytes"] - first["megabytes"]) / (last["jobs"] - first["jobs"]))


def price_ratio(row: dict[str, Any]) -> float:
    """Return how many waiting jobs of a worker cost what one waiting function does."""
    return costs.function_dollars() / costs.waiting_dollars(
        row["jobs"], row["megabytes"], row["processorSeconds"]
    )


def waiting(results: dict[str, Any]) -> str:
    """Return what jobs that wait cost a worker."""
    if "waitingJobs" not in results:
        return NOT_MEASURED
    found, processors = results["waitingJobs"], results["machine"]["processors"]
    rows = found["rows"]
    busy = ", a busy machine" if is_busy(found["load"], processors) else ""
    lines = table(
        [
            "jobs that wait",
            "memory",
            "processor time until all were called",
            "jobs begun a second",
            "price of each",
        ],
        [
            [
                row["jobs"],
                f"{row['megabytes']:.0f} MB",
                f"{row['processorSeconds']:.1f} s",
                f"{row['jobsPerSecond']:.1f}" if row["jobsPerSecond"] else "",
                f"1/{price_ratio(row):.0f} of a function's",
            ]
            for row in rows
        ],
    )
    return (
        f"{lines}\n\nEach waiting job adds {megabytes_each(rows):.1f} MB, against the "
        f"{costs.MEMORY_GB * 1024:.0f} MB that a waiting function is billed for.\nLoad {found['load']} on "
        f"{processors} processors{busy}."
    )


def many(_: dict[str, Any]) -> str:
    """Return what 1, 100 and 10,000 jobs of two minutes a minute come to, by arithmetic."""
    row = job_of_two_minutes()
    a_day = 24 * 60
    puts = costs.START_PUTS + costs.WORKER_PUTS + costs.WAIT_SECONDS / costs.RENEW_EVERY
    gets = row["s3Requests"] - puts
    polls = gets - costs.WORKER_GETS
    under_way = costs.WAIT_SECONDS / 60
    poll_dollars = polls * costs.CALL_SECONDS * costs.MEMORY_GB * costs.GIGABYTE_SECOND_DOLLARS
    amounts: list[tuple[str, Callable[[int], float], str]] = [
        ("jobs under way", lambda jobs: jobs * under_way, ""),
        ("starts a second", lambda jobs: jobs / 60, ""),
        ("status calls a second", lambda jobs: jobs * polls / 60, ""),
        ("S3 writes a second", lambda jobs: jobs * puts / 60, ""),
        ("S3 reads a second", lambda jobs: jobs * gets / 60, ""),
        ("with a daily limit: writes of its ledger a second", lambda jobs: jobs / 60, ""),
        ("into the bucket a day", lambda jobs: jobs * a_day * (PHOTO_MB + VIDEO_MB) / 1000, " GB"),
        (
            "functions alone: dollars a day",
            lambda jobs: jobs * a_day * row["functionDollarsPerThousand"] / 1000,
            "",
        ),
        ("with a queue: workers", lambda jobs: costs.workers(jobs * under_way), ""),
        (
            "with a queue: dollars a day for status calls, workers and SQS",
            lambda jobs: (
                jobs * a_day * (poll_dollars + costs.MESSAGE_REQUESTS * costs.MESSAGE_DOLLARS)
                + costs.workers(jobs * under_way) * costs.worker_day_dollars()
            ),
            "",
        ),
    ]
    return table(
        ["a minute", "1", "100", "10,000"],
        [[what, *(number(of(jobs)) + unit for jobs in (1, 100, 10_000))] for what, of, unit in amounts],
    )


def number(amount: float) -> str:
    """Return a number with two digits that count."""
    rounded = float(f"{amount:.2g}")
    return f"{rounded:,.0f}" if rounded.is_integer() else f"{rounded:g}"


def job_of_two_minutes() -> dict[str, Any]:
    """Return the bill of a job of two minutes."""
    return next(row for row in costs.bill() if (row["jobSeconds"], row["polls"]) == (120, "this site"))


def cost(_: dict[str, Any]) -> str:
    """Return what a video of two minutes costs beside the provider's price."""
    row = job_of_two_minutes()
    return table(
        ["what", "how much of it", "USD"],
        [
            ["the video", "one call of the model", "your provider's price, about a dollar"],
            [
                "functions",
                f"{row['gigabyteSeconds']:.0f} GB-seconds, {row['functionCalls']:.0f} calls",
                f"{row['functionDollarsPerThousand'] / 1000:.4f}",
            ],
            ["S3 requests", f"{row['s3Requests']:.0f}", f"{row['s3DollarsPerThousand'] / 1000:.5f}"],
        ],
    )


def speed(results: dict[str, Any]) -> str:
    """Return how soon a start is answered, half a processor included where that was measured."""
    if "latencyOnHalfAProcessor" not in results:
        return "How fast that is was not measured on this machine."

    def found(key: str, kind: str) -> dict[str, Any]:
        return next(
            row
            for row in results[key]
            if (row["function"], row["kind"], row["s3DelayMs"]) == ("start-video", kind, 40.0)
        )

    warm, cold = found("latency", "warm"), found("latency", "cold")
    halved = "latencyOnHalfAProcessor"
    slow, whole = (found(halved, kind) for kind in ("cold", "cold whole"))
    return (
        f"With 40 ms for each S3 request `start-video` answers in {warm['pythonMs']:.0f} ms warm "
        f"({warm['ratio']:.2f} times a Node function doing the same), and in\n"
        f"{cold['pythonMs']:.0f} ms cold ({cold['ratio']:.2f} times). On half a processor cold is "
        f"{slow['pythonMs']:.0f} ms ({slow['ratio']:.2f} times), or {whole['pythonMs']:.0f} ms with the\n"
        "start of Node and the sandbox."
    )


FIGURES: dict[str, Callable[[dict[str, Any]], str]] = {
    each.__name__: each
    for each in (
        machine,
        latency,
        imports,
        worker,
        bill,
        throughput,
        waiting,
        many,
        cost,
        speed,
    )
} | {
    "hello": lambda results: latency(results, "hello"),
    "latency_halved": lambda results: latency(results, "latencyOnHalfAProcessor"),
}


if __name__ == "__main__":
    main()
