"""The daily limit: a ledger of one JSON document a UTC day, a map of job id to the time of its reservation.

A reservation is made before anything is stored and released at any end that cost nothing. What a killed
function leaves behind is reclaimed when the limit is met: reservations older than a minute whose job does not
exist, or has ended for free. Reserving and releasing are idempotent by job.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from videogen import log
from videogen.cas import Codec
from videogen.errors import DailyLimitReached, MalformedRecord, NoSuchObject, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from videogen.cas import Stored
    from videogen.job_store import JobStore
    from videogen.jobs import Job

Reserved = dict[str, float]
"""The time of each job's reservation."""

PATIENCE = 3.0
"""Seconds of contention after which a start is refused rather than kept waiting."""
ABANDONED_AFTER = 60.0
"""A start that has reserved and not stored its job by then is dead: its function may run for 10 seconds."""
RECLAIM_AT_MOST = 20
"""Jobs looked at in one reclaiming: a start must answer in time."""


class Ledger:
    """The reservations of one site; a limit of 0 keeps none."""

    def __init__(self, store: JobStore, *, limit: int) -> None:
        self._store = store
        self._cas = store.cas
        self._limit = limit

    def reserve(self, job_id: str) -> None:
        """Count a job against today's limit. Raises DailyLimitReached, StoreUnavailable.

        A reservation that is there already is renewed well before it passes for abandoned: otherwise it could
        be reclaimed between this call and the storing of its job, and that job would not be counted.
        """
        if not self._limit:
            return
        now = self._cas.clock.now()
        full = False

        def add(reserved: Reserved) -> Reserved | None:
            nonlocal full
            full = job_id not in reserved and len(reserved) >= self._limit
            is_young = now - reserved.get(job_id, -math.inf) < ABANDONED_AFTER / 2
            return None if full or is_young else {**reserved, job_id: now}

        self._swap(now, add)
        if full and self._reclaim(now):
            self._swap(now, add)
        if full:
            opens_at = next_midnight(now)
            raise DailyLimitReached(self._limit, opens_at=opens_at, wait=opens_at - now)

    def settle(self, job: Job) -> None:
        """Release the reservation of a job that has ended for free. Never raises: reclaiming follows."""
        if not self._limit or not job.has_ended or not is_free(job):
            return
        try:
            self._release(job.created_at, job.id)
        except StoreError as error:
            log.warning("ledger.not_released", jobId=job.id, error=error.detail)

    def release(self, job_id: str, reserved_at: float) -> None:
        """Take back the reservation of a job that was not made. Never raises."""
        if not self._limit:
            return
        try:
            self._release(reserved_at, job_id)
        except StoreError as error:
            log.warning("ledger.not_released", jobId=job_id, error=error.detail)

    def _reclaim(self, now: float) -> bool:
        """Release what killed functions have left; return whether anything was."""
        stored = self._cas.read(ledger_key(now), LEDGER)
        reserved = stored.value if stored else {}
        old = [(job_id, at) for job_id, at in reserved.items() if now - at >= ABANDONED_AFTER]
        # Begins anywhere, so that the living of a long ledger never hide the abandoned behind them.
        first = int(self._cas.random() * len(old))
        looked_at = (old[first:] + old[:first])[:RECLAIM_AT_MOST]
        abandoned = {job_id: at for job_id, at in looked_at if self._is_abandoned(job_id)}
        if abandoned:
            # One that was renewed meanwhile belongs to a start that is under way.
            self._keep(now, lambda job_id, at: abandoned.get(job_id) != at)
            log.info("ledger.reclaimed", count=len(abandoned))
        return bool(abandoned)

    def _is_abandoned(self, job_id: str) -> bool:
        try:
            job = self._store.read(job_id).job
        except NoSuchObject:
            return True
        except StoreError:
            return False
        return job.has_ended and is_free(job)

    def _release(self, moment: float, released: str) -> None:
        self._keep(moment, lambda job_id, _: job_id != released)

    def _keep(self, moment: float, is_kept: Callable[[str, float], bool]) -> None:
        def remove(reserved: Reserved) -> Reserved | None:
            left = {job_id: at for job_id, at in reserved.items() if is_kept(job_id, at)}
            return None if left == reserved else left

        self._swap(moment, remove)

    def _swap(self, moment: float, change: Callable[[Reserved], Reserved | None]) -> None:
        key = ledger_key(moment)
        seen = self._cas.patiently(lambda: self._cas.read(key, LEDGER), patience=PATIENCE)

        def changed(there: Stored[Reserved] | None) -> Reserved | None:
            return change(there.value if there else {})

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


def _read(document: Mapping[str, Any]) -> Reserved:
    """Read a ledger. A damaged one must not pass for an empty one: the limit would be open."""
    reserved = document.get("jobs")
    if not isinstance(reserved, dict) or not all(isinstance(at, int | float) for at in reserved.values()):
        raise MalformedRecord("a day's ledger in the storage cannot be read")
    return reserved


LEDGER: Codec[Reserved] = Codec(_read, lambda reserved: {"jobs": reserved})
