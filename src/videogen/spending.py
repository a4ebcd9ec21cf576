"""The daily limit: a ledger of one JSON document a UTC day, a map of job id to the time of its reservation.

A reservation is made before anything is stored and released at any end that cost nothing. What a killed
function leaves behind is reclaimed when the limit is met: reservations older than a minute whose job does not
exist, or has ended for free. Reserving and releasing are idempotent by job.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from videogen import cas, log
from videogen.backoff import tries
from videogen.errors import NoSuchObject, StoreError, StoreUnavailable, VideogenError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from videogen.clock import Clock
    from videogen.job_store import JobStore
    from videogen.jobs import Job

PATIENCE = 3.0
"""Seconds of contention after which a start is refused rather than kept waiting."""
ABANDONED_AFTER = 60.0
"""A start that has reserved and not stored its job by then is dead: its function may run for 10 seconds."""
RECLAIM_AT_MOST = 20
"""Jobs looked at in one reclaiming: a start must answer in time."""


class DailyLimitReached(VideogenError):
    """Today's videos are spent; `opens_at` is the next midnight (UTC, seconds since 1970)."""

    def __init__(self, limit: int, opens_at: float) -> None:
        self.limit = limit
        self.opens_at = opens_at
        super().__init__(f"Today's {limit} videos of this site are used up. It opens again at 00:00 UTC.")


class Ledger:
    """The reservations of one site; a limit of 0 keeps none."""

    def __init__(
        self,
        store: JobStore,
        *,
        limit: int,
        clock: Clock,
        random: Callable[[], float],
        nonce: Callable[[], str],
    ) -> None:
        self._store = store
        self._limit = limit
        self._clock = clock
        self._random = random
        self._nonce = nonce

    def reserve(self, job_id: str) -> None:
        """Count a job against today's limit. Raises DailyLimitReached, StoreUnavailable.

        A reservation that is there already is renewed well before it passes for abandoned: otherwise it could
        be reclaimed between this call and the storing of its job, and that job would not be counted.
        """
        if not self._limit:
            return
        now = self._clock.now()
        full = False

        def add(document: Mapping[str, Any]) -> dict[str, Any] | None:
            nonlocal full
            reserved = _reserved(document)
            full = job_id not in reserved and len(reserved) >= self._limit
            is_young = now - reserved.get(job_id, -math.inf) < ABANDONED_AFTER / 2
            return None if full or is_young else {"jobs": {**reserved, job_id: now}}

        self._swap(now, add)
        if full and self._reclaim(now):
            self._swap(now, add)
        if full:
            raise DailyLimitReached(self._limit, next_midnight(now))

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
        document, _ = cas.read(self._store.objects, ledger_key(now))
        old = [(job_id, at) for job_id, at in _reserved(document).items() if now - at >= ABANDONED_AFTER]
        # Begins anywhere, so that the living of a long ledger never hide the abandoned behind them.
        first = int(self._random() * len(old))
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
        except StoreUnavailable:
            return False
        return job.has_ended and is_free(job)

    def _release(self, moment: float, released: str) -> None:
        self._keep(moment, lambda job_id, _: job_id != released)

    def _keep(self, moment: float, is_kept: Callable[[str, float], bool]) -> None:
        def remove(document: Mapping[str, Any]) -> dict[str, Any] | None:
            reserved = _reserved(document)
            left = {job_id: at for job_id, at in reserved.items() if is_kept(job_id, at)}
            return None if left == reserved else {"jobs": left}

        self._swap(moment, remove)

    def _swap(self, moment: float, change: Callable[[Mapping[str, Any]], dict[str, Any] | None]) -> None:
        cas.swap(
            self._store.objects,
            ledger_key(moment),
            change,
            nonce=self._nonce(),
            tries=tries(self._clock, self._random, PATIENCE),
        )


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


def _reserved(document: Mapping[str, Any]) -> dict[str, float]:
    jobs = document.get("jobs")
    return dict(jobs) if isinstance(jobs, dict) else {}
