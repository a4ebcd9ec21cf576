"""The benchmarks: Python behind the bridge beside the same work in Node, from built zips, in the same run.

    make bench

or bench/run.py with netlify/emulator, netlify/plugin and src on PYTHONPATH [--rounds N] [--build DIR],
prints a table and writes bench/results.json, and its figures into the pages. Every function runs as in
tests/packaging: unpacked zip, read only, no Python and no network but loopback, Lambda's environment. What is
compared runs in turn, round by round, so that a busy machine is busy for both. FOLDER is kept and used
again, to save the builds.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import datetime as dt
import io
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi
import figures
from imports import imports
from PIL import Image
from store import DISTANCE, MEGABYTE, Store
from waiting_jobs import waiting_jobs

import interpreter_mirror
from builds import Built, clone, lay_out, netlify_build
from sandbox import TASK, Instance, unpack
from videogen import signing
from videogen.settings import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes.....").decode()
CGROUP = Path("/sys/fs/cgroup/cpu")
HALF = "half a processor"
START, STATUS, WORKER = "start-video", "check-video-status", "generate-video-background"
HELLO = "hello"
KINDS = ("cold", "cold whole", "cold cpu", "warm")
"""From the function's import to its answer, from the start of the sandbox and Node, the processor time of
both processes until then, and a later answer."""
WARM_REQUESTS = 15
QUIET_LOOKS, QUIET_SECONDS = 60, 5.0


# --- Builds ------------------------------------------------------------------------------------------------


def build(folder: Path) -> dict[str, dict[str, Path]]:
    """Build the project, the example hello and their twins; return unpacked folders by side and function."""
    unpacked = folder / "unpacked"
    if not unpacked.exists():
        interpreter = interpreter_mirror.variables(folder / "mirror")
        hello_project = lay_out(HELLO, REPOSITORY / "netlify", folder / HELLO)
        built = [
            ("python", netlify_build(clone(folder / "project"), interpreter)),
            ("python", netlify_build(hello_project, interpreter)),
            ("node", twin(folder)),
        ]
        for side, project in built:
            for name in project.manifest:
                unpack(project.zip(name), unpacked / side / name)
    return {side.name: {each.name: each for each in side.iterdir()} for side in unpacked.iterdir()}


def twin(folder: Path) -> Built:
    """Build the Node twin: each function bundled and minified by esbuild with the AWS SDK in it."""
    functions = folder / "twin/netlify/functions"
    functions.mkdir(parents=True)
    subprocess.run(
        [
            REPOSITORY / "node_modules/.bin/esbuild",
            *(HERE / "twin" / f"{name}.js" for name in (START, STATUS, HELLO)),
            "--bundle",
            "--minify",
            "--platform=node",
            "--format=esm",
            "--target=node22",
            "--out-extension:.js=.mjs",
            "--banner:js=import{createRequire}from'module';const require=createRequire(import.meta.url);",
            f"--outdir={functions}",
            "--log-level=error",
        ],
        check=True,
    )
    (folder / "twin/netlify.toml").write_text(
        '[build]\n  publish = "."\n[functions]\n  directory = "netlify/functions"\n'
    )
    return netlify_build(folder / "twin", {})


# --- Running -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def processors(share: float | None) -> Iterator[None]:
    """Let what this thread starts have a share of one processor (cgroup v1, as root)."""
    if share is None:
        yield
        return
    group = CGROUP / "videogen-bench"
    group.mkdir(exist_ok=True)
    (group / "cpu.cfs_period_us").write_text("20000")
    (group / "cpu.cfs_quota_us").write_text(str(round(20000 * share)))
    thread = str(threading.get_native_id())
    (group / "tasks").write_text(thread)
    try:
        yield
    finally:
        (CGROUP / "tasks").write_text(thread)


class Functions:
    """Starts instances of either side against one store."""

    def __init__(self, folders: dict[str, dict[str, Path]], store: Store, log: Path) -> None:
        self.folders = folders
        self.store = store
        authority = store.certificate.read_text()
        for side, functions in folders.items():
            # As many authorities as at AWS, so that loading them takes as long; Node adds one to its own.
            usual = Path(certifi.where()).read_text() if side == "python" else ""
            for folder in functions.values():
                (folder / "authorities.pem").write_text(usual + authority)
        self.log = log.open("ab")
        self.environment = {
            "HOME": "/tmp",  # noqa: S108 -- the sandbox's own; the SDK for JavaScript looks for a configuration there
            "SSL_CERT_FILE": f"{TASK}/authorities.pem",
            "NODE_EXTRA_CA_CERTS": f"{TASK}/authorities.pem",
            "S3_BUCKET": "bucket",
            "S3_REGION": "us-east-1",
            "S3_ENDPOINT_URL": store.url,
            "S3_ACCESS_KEY_ID": "id",
            "S3_SECRET_ACCESS_KEY": "secret",
            "VIDEOGEN_SIGNING_SECRET": SECRET,
            "VIDEOGEN_DAILY_LIMIT": "0",
            "VIDEOGEN_VIDEO_HOSTS": store.url,
            "BLACKBOX_API_KEY": "key",
            "BLACKBOX_BASE_URL": store.url,
        }

    @contextlib.contextmanager
    def instance(self, side: str, function: str, share: float | None = None) -> Iterator[Instance]:
        """Run one instance."""
        with processors(share):
            running = Instance(self.folders[side][function], self.environment, self.log)
        try:
            yield running
        finally:
            running.close()

    def event(self, function: str, body: bytes = b"", query: str = "", **headers: str) -> dict[str, Any]:
        """Return an event as Netlify makes it."""
        return {
            "httpMethod": "POST" if body else "GET",
            "rawUrl": f"{self.store.url}/api/{function}{query}",
            "headers": {
                "content-type": "application/json",
                "host": self.store.url.removeprefix("http://"),
                **headers,
            },
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }


def ask(instance: Instance, event: dict[str, Any], status: int) -> dict[str, Any]:
    """Invoke, and insist on the status."""
    outcome = instance.invoke(event, "request")
    if outcome.get("statusCode") != status:
        raise SystemExit(f"unexpected answer: {str(outcome)[:500]}")
    return outcome


def jpeg(width: int, height: int, grain: int = 4) -> bytes:
    """Return a JPEG whose noise has a grain of so many pixels: the finer, the larger the file."""
    made = io.BytesIO()
    noise = Image.effect_noise((width // grain, height // grain), 80).resize((width, height)).convert("RGB")
    noise.save(made, "JPEG")
    return made.getvalue()


def start_body(photo: bytes) -> bytes:
    """Return the body of a start request."""
    data = "data:image/jpeg;base64," + base64.b64encode(photo).decode()
    return json.dumps(
        {"prompt": "slow pan over the lake", "photos": [{"name": "a.jpg", "data": data}]}
    ).encode()


# --- Cold and warm -----------------------------------------------------------------------------------------


def latency(functions: Functions, rounds: int, share: float | None) -> list[dict[str, Any]]:
    """Measure cold and warm answers of both sides in turn, with the store at hand and at a distance."""
    rows = []
    photo = jpeg(1280, 720)
    with functions.instance("python", START) as instance:
        started = ask(instance, functions.event(START, start_body(photo)), 202)
    job_id = json.loads(base64.b64decode(started["body"]))["jobId"]
    requests = {
        START: (functions.event(START, start_body(photo)), 202),
        STATUS: (functions.event(STATUS, query=f"?jobId={job_id}"), 200),
    }
    for delay, endpoint in ((0.0, functions.store.url), (DISTANCE, functions.store.far_url)):
        functions.environment["S3_ENDPOINT_URL"] = endpoint
        for function, request in requests.items():
            for row in in_turn(functions, function, request, rounds, share):
                rows.append({"function": function, "s3DelayMs": 1000 * delay, **row})
                print(row_text(rows[-1]), flush=True)
    functions.environment["S3_ENDPOINT_URL"] = functions.store.url
    return rows


def hello(functions: Functions, rounds: int) -> list[dict[str, Any]]:
    """Measure what Python itself costs: a function that greets, beside one in Node."""
    rows = []
    request = functions.event(HELLO, query="?name=you"), 200
    for row in in_turn(functions, HELLO, request, rounds, None):
        rows.append({"function": HELLO, "s3DelayMs": 0.0, **row})
        print(row_text(rows[-1]), flush=True)
    return rows


def in_turn(
    functions: Functions, function: str, request: tuple[dict[str, Any], int], rounds: int, share: float | None
) -> Iterator[dict[str, Any]]:
    """Start both sides of a function in turn, so many times; yield what came of each of KINDS.

    `request` is an event and the status that it is to be answered with.
    """
    times: dict[str, dict[str, list[float]]] = {
        side: {kind: [] for kind in KINDS} for side in ("python", "node")
    }
    for _ in range(rounds):
        for side, found in times.items():
            begun = time.perf_counter()
            with functions.instance(side, function, share) as instance:
                cold = ask(instance, *request)
                found["cold whole"].append(1000 * (time.perf_counter() - begun))
                found["cold"].append(cold["milliseconds"])
                found["cold cpu"].append(1000 * usage(instance)[1])
                found["warm"] += [ask(instance, *request)["milliseconds"] for _ in range(WARM_REQUESTS)]
    for kind in KINDS:
        yield {"kind": kind, **compared(times["python"][kind], times["node"][kind])}


def compared(python: Sequence[float], node: Sequence[float]) -> dict[str, Any]:
    """Return medians, and the median and the quartiles of the ratios of neighbours in time."""
    ratios = sorted(one / other for one, other in zip(python, node, strict=True))
    quarter = len(ratios) // 4
    return {
        "pythonMs": round(statistics.median(python), 1),
        "nodeMs": round(statistics.median(node), 1),
        "ratio": round(statistics.median(ratios), 2),
        "ratioLowerQuartile": round(ratios[quarter], 2),
        "ratioUpperQuartile": round(ratios[-1 - quarter], 2),
    }


def row_text(row: dict[str, Any]) -> str:
    """Return a line of the table."""
    low, high = row["ratioLowerQuartile"], row["ratioUpperQuartile"]
    return (
        f"  {row['function']:20}{row['kind']:12}{row['s3DelayMs']:4.0f} ms S3 "
        f"{row['pythonMs']:9.1f}{row['nodeMs']:9.1f}   {row['ratio']:.2f} ({low:.2f}-{high:.2f})"
    )


# --- The worker --------------------------------------------------------------------------------------------


def worker(functions: Functions) -> list[dict[str, Any]]:
    """Measure peak memory and processor time of the worker for small and large videos and photos."""
    rows = []
    largest = jpeg(8160, 6144, grain=32)
    cases = [
        ("5 MB video", 5, jpeg(1280, 720)),
        ("50 MB video", 50, jpeg(1280, 720)),
        ("200 MB video", 200, jpeg(1280, 720)),
    ]
    cases.append((f"50-megapixel photo ({len(largest) / MEGABYTE:.1f} MB)", 5, largest))
    for name, megabytes, photo in cases:
        with functions.instance("python", START) as instance:
            started = ask(instance, functions.event(START, start_body(photo)), 202)
        job_id = json.loads(base64.b64decode(started["body"]))["jobId"]
        functions.store.video_megabytes = megabytes
        functions.store.requests.clear()
        body = json.dumps({"jobId": job_id}).encode()
        headers = signing.sign([Secret(SECRET)], f"job_{job_id}_0", int(time.time()), body)
        with functions.instance("python", WORKER) as instance:
            begun = time.perf_counter()
            ask(instance, functions.event(WORKER, body, **headers), 200)
            seconds = time.perf_counter() - begun
            peaks, cpu = usage(instance)
        job = json.loads(functions.store.objects[f"/bucket/jobs/{job_id}.json"])
        if job["status"] != "completed":
            raise SystemExit(f"the worker failed: {job['failure']}")
        rows.append(
            {
                "case": name,
                "pythonPeakMB": round(peaks["python"]),
                "nodePeakMB": round(peaks["node"]),
                "sumMB": round(sum(peaks.values())),
                "cpuSeconds": round(cpu, 2),
                "seconds": round(seconds, 2),
                "s3Requests": dict(functions.store.requests),
            }
        )
        print(f"  {rows[-1]}", flush=True)
    return rows


def usage(instance: Instance) -> tuple[dict[str, float], float]:
    """Return each process's peak resident set in MB, and the processor seconds of both."""
    peaks: dict[str, float] = {}
    ticks = 0
    for pid, program in instance.descendants().items():
        kind = "python" if program.endswith("/python3") else "node" if program == "/node" else None
        if kind is None:
            continue
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        peaks[kind] = int(status.split("VmHWM:")[1].split()[0]) * 1024 / MEGABYTE
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return peaks, ticks / os.sysconf("SC_CLK_TCK")


# --- Throughput --------------------------------------------------------------------------------------------


def throughput(functions: Functions, counts: Sequence[int], seconds: float = 5.0) -> list[dict[str, Any]]:
    """Measure how many jobs a second so many instances start on one bucket, at 40 ms per S3 request."""
    rows = []
    event = functions.event(START, start_body(jpeg(640, 360)))
    functions.store.delay = 0.04
    for count in counts:
        with contextlib.ExitStack() as stack:
            instances = [stack.enter_context(functions.instance("python", START)) for _ in range(count)]
            with ThreadPoolExecutor(count) as pool:
                list(pool.map(lambda instance: ask(instance, event, 202), instances))
                end = time.perf_counter() + seconds

                def started(instance: Instance, end: float = end) -> list[float]:
                    times = []
                    while time.perf_counter() < end:
                        times.append(ask(instance, event, 202)["milliseconds"])
                    return times

                times = [each for found in pool.map(started, instances) for each in found]
        rows.append(
            {
                "instances": count,
                "jobsPerSecond": round(len(times) / seconds, 1),
                "medianMs": round(statistics.median(times), 1),
            }
        )
        print(f"  {rows[-1]}", flush=True)
    functions.store.delay = 0.0
    return rows


# --- The whole ---------------------------------------------------------------------------------------------


def machine(bundle: Path, load: float) -> dict[str, Any]:
    """Return what was measured on, under which load at the start, and with which Python in the zips."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "processor": models[0] if models else platform.machine(),
        "processors": os.cpu_count(),
        "load": round(load, 1),
        "kernel": platform.release(),
        "bundledPython": subprocess.run(
            [bundle / "python/bin/python3", "-c", "import platform; print(platform.python_version())"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip(),
        "node": node,
    }


def quiet_load(processors: int, load_now: Callable[[], float], sleep: Callable[[float], None]) -> float:
    """Return the load once it is low: set-up and builds have just kept the machine busy.

    Exits if other programs go on doing so.
    """
    for look in range(QUIET_LOOKS):
        load = load_now()
        if not figures.is_busy(load, processors):
            return load
        if not look:
            print(f"the load is {load:.1f}: waiting until the machine is quiet", flush=True)
        sleep(QUIET_SECONDS)
    sys.exit(
        f"The load is {load:.1f} on {processors} processors: figures of now would be those of the other "
        f"programs. Nothing was measured; try again below {figures.MOST_LOAD * processors:g}."
    )


def halved() -> bool:
    """Whether a share of a processor can be set here."""
    return os.geteuid() == 0 and (CGROUP / "cpu.cfs_quota_us").parent.joinpath("tasks").exists()


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--build", type=Path)
    arguments = parser.parse_args()
    folder = arguments.build or Path(tempfile.mkdtemp(prefix="bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        functions = Functions(build(folder), Store(folder), folder / "log")
        load = quiet_load(os.cpu_count() or 1, lambda: os.getloadavg()[0], time.sleep)
        results: dict[str, Any] = {
            "machine": machine(functions.folders["python"][START] / ".netlify/python/bundle", load)
        }
        parts: list[tuple[str, Callable[[], Any]]] = [
            (
                "imports",
                lambda: imports(
                    {name: functions.folders["python"][name] for name in (START, STATUS)},
                    functions.environment,
                ),
            ),
            ("hello", lambda: hello(functions, arguments.rounds)),
            ("latency", lambda: latency(functions, arguments.rounds, None)),
            ("worker", lambda: worker(functions)),
            ("throughput", lambda: throughput(functions, (1, 8, 32))),
            ("waitingJobs", lambda: waiting_jobs(load)),
        ]
        if halved():
            parts.insert(3, ("latencyOnHalfAProcessor", lambda: latency(functions, arguments.rounds, 0.5)))
        else:
            print("no cgroup v1 to write to: nothing is measured on half a processor")
        for name, measure in parts:
            print(f"{name}:", flush=True)
            results[name] = measure()
        (HERE / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        figures.main()
        print("written to bench/results.json and the pages")
    finally:
        if not arguments.build:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
