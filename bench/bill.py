"""What one job costs and how late its video is seen, by arithmetic: this schedule beside fixed intervals."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any

from videogen.polling import UNKNOWN, poll_after
from videogen.schedule import stretches

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY_GB = 1.0
"""Netlify's functions have 1024 MB: https://docs.netlify.com/build/functions/overview/"""
CALL_SECONDS = 0.1
"""A warm status with 40 ms for its S3 request, rounded up."""
RENEW_EVERY = 30.0
START_S3 = 2
WORKER_S3 = 9
PUT_DOLLARS, GET_DOLLARS = 0.005 / 1000, 0.0004 / 1000
"""S3 Standard in us-east-1: https://aws.amazon.com/s3/pricing/"""


def bill() -> list[dict[str, Any]]:
    """Return the bill of jobs of three lengths, on sites where that is usual, for four schedules."""
    rows = []
    for seconds in (30, 120, 300):
        ages = [
            seconds * math.exp(0.2 * statistics.NormalDist().inv_cdf((n + 0.5) / 100)) for n in range(100)
        ]
        known = stretches(ages)
        schedules: dict[str, Callable[[float], float]] = {
            "this one": lambda age, known=known: poll_after(age, known),  # type: ignore[misc]
            "this one, nothing known": lambda age: poll_after(age, UNKNOWN),
            "every 2 s": lambda _: 2.0,
            "every 20 s": lambda _: 20.0,
        }
        for name, schedule in schedules.items():
            calls, delays = zip(
                *(asked(schedule, age, phase / 5) for age in ages for phase in range(5)), strict=True
            )
            count = statistics.mean(calls)
            puts = START_S3 + 5 + seconds / RENEW_EVERY
            gets = count + WORKER_S3 - 5
            rows.append(
                {
                    "jobSeconds": seconds,
                    "schedule": name,
                    "functionCalls": round(count + 2, 1),
                    "medianDelaySeconds": round(statistics.median(delays), 1),
                    "meanDelaySeconds": round(statistics.mean(delays), 1),
                    "gigabyteSeconds": round(MEMORY_GB * (seconds + CALL_SECONDS * (count + 1)), 1),
                    "ofThemPolling": round(MEMORY_GB * CALL_SECONDS * count, 1),
                    "s3Requests": round(puts + gets, 1),
                    "s3DollarsPerThousand": round(1000 * (puts * PUT_DOLLARS + gets * GET_DOLLARS), 3),
                }
            )
            print(f"  {rows[-1]}", flush=True)
    return rows


def asked(schedule: Callable[[float], float], job_seconds: float, begin: float) -> tuple[int, float]:
    """Return how often a page asks about a job, and how late it sees the end."""
    age, calls = begin, 0
    while age < job_seconds:
        age += schedule(age)
        calls += 1
    return calls, age - job_seconds
