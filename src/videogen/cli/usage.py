"""A site's use by day, hour, model or way to the worker: jobs, failures, durations, money. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from videogen.cli.money import spent
from videogen.jobs import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from videogen.jobs import Job

By = Literal["day", "hour", "model", "dispatch"]


@dataclass(frozen=True, slots=True)
class Usage:
    """One day, hour, model or dispatch (call or queue), or all of them.

    Durations in seconds, of completed jobs that bought their video; money in USD.

    `wait` is within how many seconds of its creation a worker had claimed a job, of nine in ten that were
    claimed. `unpriced` counts jobs that cost something and whose model has no price in BLACKBOX_MODELS.
    """

    name: str
    jobs: int
    completed: int
    running: int
    failures: dict[str, int]
    wait: float | None
    median: float | None
    p90: float | None
    spent: float
    maybe_spent: float
    unpriced: int


def grouped(jobs: Iterable[Job], prices: Mapping[str, float | None], by: By = "day") -> list[Usage]:
    """Return one entry for each UTC day, hour or model with jobs, in order, and one for all, called "all"."""
    groups: defaultdict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        groups[_KEYS[by](job)].append(job)
    everything = [job for group in groups.values() for job in group]
    return [_usage(name, groups[name], prices) for name in sorted(groups)] + [
        _usage("all", everything, prices)
    ]


def day_of(moment: float) -> str:
    """Return the UTC day of a moment (seconds since 1970), as 2026-11-22."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def hour_of(moment: float) -> str:
    """Return the UTC hour of a moment (seconds since 1970), as 2026-11-22 14h."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %Hh}"


_KEYS: Mapping[By, Callable[[Job], str]] = {
    "day": lambda job: day_of(job.created_at),
    "hour": lambda job: hour_of(job.created_at),
    "model": lambda job: job.model,
    "dispatch": lambda job: job.dispatch,
}


def _usage(name: str, jobs: list[Job], prices: Mapping[str, float | None]) -> Usage:
    failures = Counter(job.failure.code for job in jobs if job.failure is not None)
    durations = sorted(
        job.completed_at - job.created_at
        for job in jobs
        if job.status is Status.COMPLETED and job.completed_at is not None and not job.rescues
    )
    waits = sorted(job.started_at - job.created_at for job in jobs if job.started_at is not None)
    sure, maybe, unpriced = spent(jobs, prices)
    return Usage(
        name=name,
        jobs=len(jobs),
        completed=sum(job.status is Status.COMPLETED for job in jobs),
        running=sum(not job.has_ended for job in jobs),
        failures=dict(sorted(failures.items())),
        wait=_rank(waits, 90),
        median=_rank(durations, 50),
        p90=_rank(durations, 90),
        spent=sure,
        maybe_spent=maybe,
        unpriced=unpriced,
    )


def _rank(ranked: list[float], percent: int) -> float | None:
    """Return a percentile by nearest rank."""
    return round(ranked[-(-percent * len(ranked) // 100) - 1], 1) if ranked else None
