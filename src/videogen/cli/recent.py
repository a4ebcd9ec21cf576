"""`videogen doctor --since`: whether the jobs of the last while went well. For cron and CI. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from videogen.cli.findings import Finding
from videogen.jobs import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from videogen.jobs import Job

UNITS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}
OF_VISITORS = frozenset({"content_refused", "photo_unreadable", "canceled"})
"""Failures that a visitor's own photo, prompt or action causes: they say nothing of the site."""
FEW = 2
"""So many failures may be chance."""
NAMED = 5
"""Ids of one kind are named up to so many."""
LONG_WAIT = 60.0
"""Seconds in a queue after which a worker with free slots would have come."""


def seconds_of(text: str) -> float:
    """Return how many seconds a text such as 1h means; raises ValueError with the form that is wanted."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", text)
    if found is None:
        raise ValueError(f"{text} is no time: write it as 30m, 1h or 2d")
    return float(found[1]) * UNITS[found[2]]


def named(ids: Sequence[str]) -> str:
    """Return the first few of many ids."""
    return ", ".join(ids[:NAMED]) + (", …" if len(ids) > NAMED else "")


def examine(
    jobs: Sequence[Job], *, since: str, now: float, unreadable: Sequence[str] = ()
) -> Iterator[Finding]:
    """Yield what the jobs created since then came to; a failure among them is worth waking somebody.

    `unreadable` are the ids of records that say nothing, which is one.
    """
    if unreadable:
        yield Finding(
            "failure",
            "records",
            f"{len(unreadable)} of {len(unreadable) + len(jobs)} cannot be read: {named(unreadable)}",
            "bring them back from a version or a copy of the bucket: docs/runbook.md",
        )
    ended = [job for job in jobs if job.has_ended and not _is_of_visitors(job)]
    failed = Counter(job.failure.code for job in ended if job.status is Status.FAILED and job.failure)
    count, told = failed.total(), ", ".join(f"{number} {code}" for code, number in failed.most_common())
    share = f"{count} of {len(ended)} jobs in {since}: {told}"
    if count >= FEW and 2 * count >= len(ended):
        yield Finding(
            "failure", "jobs", share, "look at one of them: videogen jobs --status failed --limit 5"
        )
    elif count:
        yield Finding("warning", "jobs", share, "look whether it goes on: videogen jobs --status failed")
    else:
        yield Finding("ok", "jobs", f"none of {len(ended)} that ended in {since} failed")
    saved = {job.rescues for job in jobs if job.status is Status.COMPLETED}
    for job in jobs:
        if job.is_rescuable and not job.is_improvable and job.id not in saved:
            yield Finding(
                "failure", "paid, not saved", job.id, f"at once, it is free: videogen rescue {job.id}"
            )
    waits = [
        now - job.created_at
        for job in jobs
        if job.dispatch == "queue" and job.awaits_worker and not job.calls
    ]
    if waits and max(waits) >= LONG_WAIT:
        yield Finding(
            "warning",
            "queue",
            f"waiting for a worker: {len(waits)}, the oldest for {max(waits):.0f} s",
            "is `videogen worker` running? its /healthz says; or start another one",
        )
    stuck = [job.id for job in jobs if not job.has_ended and now > job.ends_by]
    if stuck:
        yield Finding(
            "warning",
            "running",
            f"past their end: {len(stuck)}, such as {stuck[0]}",
            f"videogen fail {stuck[0]}",
        )


def _is_of_visitors(job: Job) -> bool:
    return job.status is Status.CANCELED or (job.failure is not None and job.failure.code in OF_VISITORS)
