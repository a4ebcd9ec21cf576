"""The one way in which a job ends: whoever's write ends it, its end is told once.

The log gets a line, `job.completed`, `job.failed` or `job.canceled`, the day's ledger gets back what was not
spent, the durations learn what a video took, and photos that were never cleaned are deleted. Every change of
a stored job goes through `swap`, so no end can be silent. A process that is killed just after its write
leaves a reservation, which is reclaimed, and such photos, which the platform's next delivery deletes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from videogen import jobs, log
from videogen.errors import StoreError, SubscriptionEnded, VideogenError
from videogen.job_store import photo_keys
from videogen.jobs import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from videogen.clock import Clock
    from videogen.durations import Durations
    from videogen.job_store import JobStore, StoredJob
    from videogen.jobs import Job
    from videogen.spending import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """What it takes to write jobs and to tell of their ends."""

    store: JobStore
    ledger: Ledger
    durations: Durations
    clock: Clock
    told: Callable[[Job], None] = lambda _job: None
    """Told of each end too: the counters of a worker that has some."""
    notify: Callable[[Job], None] = lambda _job: None
    """Tells a job's subscriber; raises SubscriptionEnded. Only a worker has one that does something."""


def swap(
    deps: Deps,
    stored: StoredJob,
    change: Callable[[StoredJob], Job | None],
    *,
    patience: float | None = None,
) -> StoredJob | None:
    """Apply a change to a job, as `JobStore.swap` does, and tell of the end that it makes of it."""
    before: Job | None = None

    def observed(there: StoredJob) -> Job | None:
        nonlocal before
        changed = change(there)
        if changed is not None and changed is not there.job:
            before = there.job
        return changed

    swapped = deps.store.swap(stored, observed, patience=patience)
    if swapped is not None and swapped.job.has_ended:
        is_end = before is not None and _is_end(before, swapped.job)
        if is_end:
            _tell(deps, swapped.job)
        # Also where the end was there already: whoever wrote it may have died before this.
        deps.ledger.settle(swapped.job)
        drop_originals(deps.store, swapped.job)
        if is_end and swapped.job.subscription:
            _notify(deps, swapped)
    return swapped


def _notify(deps: Deps, stored: StoredJob) -> None:
    """Tell who asked to be told. Whatever becomes of it, the job has ended as it has."""
    job_id = stored.job.id
    try:
        deps.notify(stored.job)
    except SubscriptionEnded:
        log.info("push.subscription_ended", jobId=job_id)
        try:
            deps.store.swap(stored, lambda it: jobs.subscribe(it.job, None))
        except StoreError as error:
            log.warning("push.subscription_kept", jobId=job_id, error=error.detail)
    except VideogenError as error:
        log.warning("push.not_delivered", jobId=job_id, note=error.detail)
    except Exception as error:  # noqa: BLE001 - nothing about a notification may fail a job
        log.crash(error)


def drop_originals(store: JobStore, job: Job) -> None:
    """Delete the photos of an ended job that no worker has cleaned: they may say where they were taken.

    Where the store does not do it, whoever meets the ended job next tries again, and at last its expiry rule.
    """
    if not job.has_ended or not job.has_originals:
        return
    try:
        store.delete(photo_keys(job))
    except StoreError as error:
        log.warning("job.originals_left", jobId=job.id, error=error.detail)


def _is_end(before: Job, job: Job) -> bool:
    """Whether a change ended a job, or told how one ended whose outcome was unknown."""
    return not before.has_ended or (job.settled and not before.settled)


def _tell(deps: Deps, job: Job) -> None:
    seconds = (job.completed_at or job.created_at) - job.created_at
    (log.error if job.status is Status.FAILED else log.info)(
        f"job.{job.status}",
        jobId=job.id,
        epoch=job.epoch,
        code=job.failure.code if job.failure else None,
        charged=job.charged,
        note=(job.failure.note or None) if job.failure else None,
        durationMs=1000 * seconds,
    )
    deps.told(job)
    # A rescue fetches what was made before: its time says nothing of how long a video takes.
    if job.status is Status.COMPLETED and not job.rescues:
        deps.durations.record(job.model, seconds)
