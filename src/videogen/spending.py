"""The daily limit: a ledger of one JSON document a UTC day, which names the jobs that were started.

A day has so many videos, and three times as many starts, however those end: a start that costs no video still
stores photos and calls a worker. A place is reserved before anything is stored, and an end that cost nothing
gives it back for another video. What a killed function leaves behind is reclaimed when the limit is met:
reservations older than a minute whose job does not exist, or has ended for free, or is due to. All is
idempotent by job.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from videogen import log
from videogen.cas import Codec
from videogen.errors import DailyLimitReached, MalformedRecord, NoSuchObject, StoreError
from videogen.job_record import SECONDS
from videogen.job_store import JOBS_FOLDER
from videogen.jobs import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from videogen.cas import Stored
    from videogen.job_store import JobStore
    from videogen.jobs import Job

UNREADABLE = "a day's ledger in the storage cannot be read"
PATIENCE = 3.0
"""Seconds of contention after which a start is refused rather than kept waiting."""
ABANDONED_AFTER = 60.0
"""A start that has reserved and not stored its job by then is dead: its function may run for 10 seconds."""
RECLAIM_AT_MOST = 20
"""Jobs looked at in one reclaiming: a start must answer in time."""
STARTS_A_VIDEO = 3
LEAST_STARTS = 10
"""A day has three starts for each video, and at least ten: a person may try a photo again."""


@dataclass(frozen=True, slots=True)
class Day:
    """The jobs of a day: those that count as a video, by the time of their reservation, and all others."""

    videos: Mapping[str, float] = field(default_factory=dict)
    others: tuple[str, ...] = ()

    def knows(self, job_id: str) -> bool:
        """Whether a job is counted already."""
        return job_id in self.videos or job_id in self.others


class Ledger:
    """The reservations of one site; a limit of 0 keeps none."""

    def __init__(self, store: JobStore, *, limit: int) -> None:
        self._store = store
        self._cas = store.cas
        self._limit = limit
        self._starts = max(STARTS_A_VIDEO * limit, LEAST_STARTS)

    def reserve(self, job_id: str, now: float, *, buys: bool = True) -> None:
        """Count a job that is made now against today's limits. Raises DailyLimitReached, StoreError.

        One that buys nothing counts as a start alone. A reservation that is there already is renewed well
        before it passes for abandoned: otherwise it could be reclaimed between this call and the storing of
        its job, and that job would not be counted.
        """
        if not self._limit:
            return
        met = ""

        def add(day: Day) -> Day | None:
            nonlocal met
            met = ""
            if not day.knows(job_id) and len(day.videos) + len(day.others) >= self._starts:
                met = "starts"
                return None
            if not buys:
                return None if day.knows(job_id) else Day(day.videos, (*day.others, job_id))
            if job_id not in day.videos and len(day.videos) >= self._limit:
                met = "videos"
                return None
            if now - day.videos.get(job_id, -math.inf) < ABANDONED_AFTER / 2:
                return None
            return Day({**day.videos, job_id: now}, tuple(other for other in day.others if other != job_id))

        self._swap(now, add)
        if met == "videos" and self._reclaim(now):
            self._swap(now, add)
        if met:
            count = self._limit if met == "videos" else self._starts
            opens_at = next_midnight(now)
            raise DailyLimitReached(f"{count} {met}", opens_at=opens_at, wait=opens_at - now)

    def settle(self, job: Job) -> None:
        """Give back the place of a job that has ended for free. Never raises: reclaiming follows."""
        if is_free(job):
            self._write(job.created_at, job.id, lambda day: _as_other(day, {job.id}))

    def release(self, job_id: str, reserved_at: float) -> None:
        """Forget a job that was not made. Never raises."""

        def forget(day: Day) -> Day:
            videos = {known: at for known, at in day.videos.items() if known != job_id}
            return Day(videos, tuple(other for other in day.others if other != job_id))

        self._write(reserved_at, job_id, forget)

    def _write(self, moment: float, job_id: str, change: Callable[[Day], Day]) -> None:
        if not self._limit:
            return
        try:
            self._swap(moment, lambda day: changed if (changed := change(day)) != day else None)
        except StoreError as error:
            log.warning("ledger.not_released", jobId=job_id, error=error.detail)

    def _reclaim(self, now: float) -> bool:
        """Give back what killed functions have left; return whether anything was."""
        stored = self._cas.read(ledger_key(now), LEDGER)
        videos = stored.value.videos if stored else {}
        old = [(job_id, at) for job_id, at in videos.items() if now - at >= ABANDONED_AFTER]
        # Begins anywhere, so that the living of a long ledger never hide the abandoned behind them.
        first = int(self._cas.random() * len(old))
        looked_at = (old[first:] + old[:first])[:RECLAIM_AT_MOST]
        abandoned = {job_id: at for job_id, at in looked_at if self._is_abandoned(job_id, now)}
        if abandoned:
            # Where reading is forbidden for a moment, each job would pass for one that was never made.
            self._cas.check_reads(JOBS_FOLDER)
            # One that was renewed meanwhile belongs to a start that is under way.
            self._swap(
                now,
                lambda day: _as_other(
                    day, {job_id for job_id, at in abandoned.items() if day.videos.get(job_id) == at}
                ),
            )
            log.info("ledger.reclaimed", count=len(abandoned))
        return bool(abandoned)

    def _is_abandoned(self, job_id: str, now: float) -> bool:
        try:
            job = self._store.read(job_id).job
        except NoSuchObject:
            return True
        except StoreError:
            return False
        # Nobody may have looked at a job whose call was lost, and so its end is not written yet.
        return is_free(job) or (job.status is Status.QUEUED and now >= job.ends_by)

    def _swap(self, moment: float, change: Callable[[Day], Day | None]) -> None:
        key = ledger_key(moment)
        seen = self._cas.patiently(lambda: self._cas.read(key, LEDGER), patience=PATIENCE)

        def changed(there: Stored[Day] | None) -> Day | None:
            return change(there.value if there else Day())

        self._cas.swap(key, LEDGER, seen, changed, patience=PATIENCE)


def is_free(job: Job) -> bool:
    """Whether a job has ended without costing anything."""
    return job.failure is not None and job.failure.charged == "no"


def ledger_key(moment: float) -> str:
    """Return the key of a day's ledger."""
    return f"ledger/{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}.json"


def next_midnight(moment: float) -> float:
    """Return when the UTC day of a moment is over."""
    day = datetime.fromtimestamp(moment, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (day + timedelta(days=1)).timestamp()


def _as_other(day: Day, job_ids: Collection[str]) -> Day:
    """Return a day on which these jobs, where they are known, count as starts alone."""
    videos = {job_id: at for job_id, at in day.videos.items() if job_id not in job_ids}
    return Day(videos, (*day.others, *(job_id for job_id in day.videos if job_id in job_ids)))


def _read(document: Mapping[str, Any]) -> Day:
    """Read a ledger. A damaged one must not pass for an empty one: the limit would be open."""
    videos, others = document.get("jobs"), document.get("others", [])
    if (
        not isinstance(videos, dict)
        or not isinstance(others, list)
        or not all(isinstance(job_id, str) for job_id in others)
    ):
        raise MalformedRecord(UNREADABLE)
    try:
        return Day({job_id: SECONDS.read(at) for job_id, at in videos.items()}, tuple(others))
    except (TypeError, ValueError):
        raise MalformedRecord(UNREADABLE) from None


LEDGER: Codec[Day] = Codec(_read, lambda day: {"jobs": dict(day.videos), "others": list(day.others)})
