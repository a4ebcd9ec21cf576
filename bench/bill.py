"""What one job costs and how late its video is seen, by arithmetic: the site's polls beside one every 2 s."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any

from videogen.durations import estimate_of
from videogen.polling import poll_after

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY_GB = 1.0
"""Netlify's functions have 1024 MB: https://docs.netlify.com/build/functions/overview/"""
CALL_SECONDS = 0.1
"""A warm status with 40 ms for its S3 request, rounded up."""
RENEW_EVERY = 30.0
START_PUTS = 2
WORKER_PUTS, WORKER_GETS = 7, 3
"""Of a job of one photo and a video of up to 8 MB, its durations included; renewals come on top."""
PUT_DOLLARS, GET_DOLLARS = 0.005 / 1000, 0.0004 / 1000
"""S3 Standard in us-east-1: https://aws.amazon.com/s3/pricing/"""
GIGABYTE_SECOND_DOLLARS = 0.0000166667
"""What AWS asks for a GB-second: https://aws.amazon.com/lambda/pricing/"""
WAIT_SECONDS = 120.0
"""How long the provider takes for a video, where a figure needs one number."""
TASK_GIGABYTE_DOLLARS, TASK_PROCESSOR_DOLLARS = 0.004445 / 3600, 0.04048 / 3600
"""A second of Fargate on Linux in us-east-1: https://aws.amazon.com/fargate/pricing/"""
MESSAGE_DOLLARS = 0.40 / 1_000_000
"""A request to a standard queue: https://aws.amazon.com/sqs/pricing/"""
MESSAGE_REQUESTS = 3 + WAIT_SECONDS / RENEW_EVERY
"""Of one job: sent, received, deleted, and hidden anew with each renewal."""


WORKER_JOBS = 200
"""Waiting jobs of one worker that runs as a task of half a processor and 1 GB."""


def workers(jobs: float) -> int:
    """Return how many workers hold so many jobs."""
    return math.ceil(jobs / WORKER_JOBS)


def worker_day_dollars() -> float:
    """Return what a worker's task costs a day, whether it has jobs or not."""
    return 24 * 60 * 60 * (0.5 * TASK_PROCESSOR_DOLLARS + TASK_GIGABYTE_DOLLARS)


def function_dollars() -> float:
    """Return what a background function costs that waits for one video."""
    return MEMORY_GB * WAIT_SECONDS * GIGABYTE_SECOND_DOLLARS


def waiting_dollars(jobs: int, megabytes: float, processor_seconds: float) -> float:
    """Return what one of so many jobs costs a worker that waits for all of them: memory, processor, queue."""
    return (
        megabytes / 1024 / jobs * WAIT_SECONDS * TASK_GIGABYTE_DOLLARS
        + processor_seconds / jobs * TASK_PROCESSOR_DOLLARS
        + MESSAGE_REQUESTS * MESSAGE_DOLLARS
    )


def bill() -> list[dict[str, Any]]:
    """Return the bill of jobs of four lengths, on sites where that is usual, for three ways to poll."""
    rows = []
    for seconds in (10, 30, 120, 300):
        ages = [
            seconds * math.exp(0.2 * statistics.NormalDist().inv_cdf((n + 0.5) / 100)) for n in range(100)
        ]
        known = estimate_of(ages)
        ways: dict[str, Callable[[float], float]] = {
            "this site": lambda age, known=known: poll_after(age, known),  # type: ignore[misc]  # mypy knows no type for a lambda's default
            "this site, nothing known": lambda age: poll_after(age, None),
            "every 2 s": lambda _: 2.0,
        }
        for name, wait in ways.items():
            calls, delays = zip(
                *(asked(wait, age, phase / 5) for age in ages for phase in range(5)), strict=True
            )
            count = statistics.mean(calls)
            puts = START_PUTS + WORKER_PUTS + seconds / RENEW_EVERY
            gets = count + WORKER_GETS
            polling = MEMORY_GB * CALL_SECONDS * count
            whole = MEMORY_GB * (seconds + CALL_SECONDS) + polling
            requests = puts * PUT_DOLLARS + gets * GET_DOLLARS
            rows.append(
                {
                    "jobSeconds": seconds,
                    "polls": name,
                    "functionCalls": round(count + 2, 1),
                    "medianDelaySeconds": round(statistics.median(delays), 1),
                    "p90DelaySeconds": round(statistics.quantiles(delays, n=10)[-1], 1),
                    "gigabyteSeconds": round(whole, 1),
                    "pollingShare": round(polling / whole, 3),
                    "s3Requests": round(puts + gets, 1),
                    "functionDollarsPerThousand": round(1000 * whole * GIGABYTE_SECOND_DOLLARS, 2),
                    "s3DollarsPerThousand": round(1000 * requests, 3),
                }
            )
    return rows


def asked(wait: Callable[[float], float], job_seconds: float, begin: float) -> tuple[int, float]:
    """Return how often a page asks about a job, and how late it sees the end."""
    age, calls = begin, 0
    while age < job_seconds:
        age += wait(age)
        calls += 1
    return calls, age - job_seconds
