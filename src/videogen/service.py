"""What can be done with a site's jobs: start, cancel, erase, look. Knows no HTTP.

Plain values come in, jobs and domain errors go out, and the worker is called through a `Dispatch` that is
handed in. What may happen to a job is decided in `videogen.jobs`, and its end is told in `videogen.ending`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self

from videogen import ending, jobs, log, signing, timing
from videogen.cas import Cas
from videogen.durations import Durations
from videogen.errors import (
    Conflict,
    DailyLimitReached,
    FieldError,
    InvalidInput,
    JobEnded,
    JobErased,
    JobNotFound,
    JobRunning,
    KeyReused,
    NoSuchObject,
    NotOwner,
    PhotosGone,
    RescuesUsedUp,
    StoreError,
    StoreUnavailable,
    UnsafeStore,
    WorkerUnreachable,
)
from videogen.job_store import JobStore, digest_of, photo_key, photo_keys, video_key
from videogen.jobs import Failure, Job, Limits, Photo, Transition
from videogen.limits import MAX_PHOTOS
from videogen.spending import Ledger, ledger_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from videogen.clock import Clock
    from videogen.errors import FailureCode
    from videogen.job_store import StoredJob
    from videogen.jobs import AspectRatio, DispatchKind, Estimate, Subscription
    from videogen.objects import Objects
    from videogen.settings import Model, Secret, Settings


class DispatchResult(Enum):
    """What is known after a call of the worker."""

    REACHED = "the platform took the call"
    REFUSED = "the platform did not take it, and never will"
    UNCLEAR = "a poll will heal it if it was lost"


class Dispatch(Protocol):
    """Calls the worker for a job. Never raises: whatever happens is in the result and in the log.

    `attempt` tells the calls of a job apart: 0 is the first one, polls send 1, 2 and 3.
    """

    def __call__(self, job_id: str, attempt: int, /) -> DispatchResult: ...  # noqa: D102 - said above


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps(ending.Deps):
    """What the use cases work with. The first key signs, each of them counts.

    `limits` and `dispatch_kind` are what a job is made with.
    """

    keys: Sequence[Secret]
    limits: Limits = field(default_factory=Limits)
    dispatch_kind: DispatchKind = "call"
    random_bytes: Callable[[int], bytes] = os.urandom

    @classmethod
    def over(cls, objects: Objects, read: Settings, *, clock: Clock, **more: Any) -> Self:  # noqa: ANN401 - a subclass's own fields
        """Put them together over a bucket."""
        cas = Cas(objects=objects, clock=clock)
        store = JobStore(cas)
        return cls(
            store=store,
            ledger=Ledger(store, limit=read.site.daily_limit),
            durations=Durations(cas),
            clock=clock,
            keys=read.signing_keys,
            limits=Limits.of(read.site.job_minutes),
            dispatch_kind="queue" if read.queue else "call",
            **more,
        )


@dataclass(frozen=True, slots=True)
class Upload:
    """A photo's bytes and their MIME type."""

    body: bytes = field(repr=False)
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A video that is wanted, of new photos or, with `retry_of`, of that job's and by its owner's token.

    `price` is the model's, in USD. A retry with `model` None takes that of its job, and buys only where that
    is `offered`. `key` is the client's idempotency key, and `fingerprint` the digest of everything that was
    asked for. `only_rescues` lets it save a paid video and buy none.
    """

    prompt: str = field(repr=False)
    model: str | None
    price: float | None = None
    offered: Sequence[Model] = ()
    aspect_ratio: AspectRatio = "auto"
    uploads: tuple[Upload, ...] = ()
    retry_of: str | None = None
    owner_token: str = field(default="", repr=False)
    key: str | None = field(default=None, repr=False)
    fingerprint: str = ""
    only_rescues: bool = False


# --- The use cases -----------------------------------------------------------------------------------------


def start(deps: Deps, order: Order, dispatch: Dispatch) -> Job:
    """Make a job and call its worker, or find the one that the same idempotency key has made already.

    One that was found is healed as by a look, so that however often a start is repeated, its worker is called
    no more often than by polls.

    Raises NotOwner, JobNotFound, JobErased, JobRunning, JobEnded, PhotosGone and RescuesUsedUp about the job
    to be retried, KeyReused, DailyLimitReached, WorkerUnreachable, StoreError; InvalidInput where that job's
    model is to be bought and is not offered.
    """
    old = None
    if order.retry_of is not None:
        old = _owned(deps, order.retry_of, order.owner_token, "try it again").job
    now = deps.clock.now()
    job = Job(
        id=_job_id(deps, order.key),
        prompt=order.prompt,
        model=order.model or (old.model if old else ""),
        aspect_ratio=order.aspect_ratio,
        photos=(),
        created_at=now,
        limits=deps.limits,
        dispatch=deps.dispatch_kind,
        fingerprint=order.fingerprint,
        price=order.price,
        history=(Transition(at=now, epoch=0, action="job.created"),),
    )
    make = partial(_make_of_job, old=old) if old else _make_of_uploads
    with ThreadPoolExecutor(max_workers=1) as meanwhile:
        estimate = meanwhile.submit(copy_context().run, deps.durations.estimate, job.model).result
        try:
            stored, is_new = make(deps, job, order, estimate)
        except (DailyLimitReached, InvalidInput):
            made = _made_by(deps, order.key)
            if made is None:
                raise
            stored, is_new = made, False
    if is_new:
        log.info("job.created", jobId=stored.job.id, photos=len(stored.job.photos), model=job.model)
        return _call_worker(deps, stored, dispatch).job
    _give_back(deps, stored.job, now)
    ending.drop_originals(deps.store, stored.job)
    if job.id in {stored.job.id, stored.job.key_id}:
        _check_same(stored.job, order.fingerprint)
    return _found_again(deps, stored, dispatch)


def offered_model(offered: Sequence[Model], model_id: str) -> Model:
    """Return a model by its id; raises InvalidInput where the operator does not offer it."""
    for model in offered:
        if model.id == model_id:
            return model
    choices = " or ".join(model.id for model in offered)
    raise InvalidInput([FieldError("model", f"This model is not offered here: choose {choices}.")])


def find_started(deps: Deps, key: str, fingerprint: str) -> Job | None:
    """Return the job that a start with this key has made, None if there was none.

    Raises JobErased, KeyReused, StoreError.
    """
    stored = _made_by(deps, key)
    if stored is None:
        return None
    _check_same(stored.job, fingerprint)
    return stored.job


def find(deps: Deps, job_id: str, *, is_ours: bool = False) -> StoredJob:
    """Read a job; raises JobNotFound, StoreError.

    `is_ours` says that a token or a signature proves that it was made here.
    """
    # What is no id is not repeated: anything at all may stand in its place, megabytes of it.
    if not signing.is_job_id(job_id):
        raise JobNotFound
    try:
        return deps.store.read(job_id, is_ours=is_ours)
    except NoSuchObject:
        raise JobNotFound(job_id) from None


def heal(deps: Deps, job_id: str, dispatch: Dispatch) -> Job:
    """Return a job, with the end that is due, or after one more call of its worker. Raises as `find` does."""
    return _healed(deps, find(deps, job_id), dispatch)


def cancel(deps: Deps, job_id: str, owner_token: str) -> Job:
    """End a job for its owner; raises NotOwner, JobNotFound, JobEnded, StoreError."""
    stored = _owned(deps, job_id, owner_token)
    canceled = ending.swap(deps, stored, lambda it: jobs.cancel(it.job, now=deps.clock.now()))
    if canceled is None:
        raise JobEnded(job_id)
    return canceled.job


def erase(deps: Deps, job_id: str, owner_token: str) -> Job:
    """End a job if need be, and leave a tombstone of it; raises NotOwner, JobNotFound, StoreError.

    First the record, so that no worker adds to the job any more, then its objects.
    """
    stored = _owned(deps, job_id, owner_token)
    erased = ending.swap(deps, stored, lambda it: jobs.erase(it.job, now=deps.clock.now()))
    if erased is None:
        raise JobEnded(job_id)
    # Tombstones of older versions do not name their photos, which had no digest.
    keys = photo_keys(erased.job) or [photo_key(job_id, number) for number in range(1, MAX_PHOTOS + 1)]
    deps.store.delete([*keys, *(video_key(job_id, epoch) for epoch in range(1, erased.job.epoch + 1))])
    log.info("job.deleted", jobId=job_id)
    return erased.job


def subscribe(deps: Deps, job_id: str, owner_token: str, subscription: Subscription | None) -> None:
    """Note which browser is to be told of a job's end, None for none any more.

    Raises NotOwner, JobNotFound, JobErased, StoreError.
    """
    stored = _owned(deps, job_id, owner_token, "be told of its end")
    if ending.swap(deps, stored, lambda it: jobs.subscribe(it.job, subscription)) is None:
        raise JobErased(job_id)


def give_up(deps: Deps, job_id: str) -> Job:
    """End a job at its operator's word, as time would have; raises JobNotFound, JobEnded, StoreError."""
    ended = ending.swap(deps, find(deps, job_id), lambda it: jobs.give_up(it.job, now=deps.clock.now()))
    if ended is None:
        raise JobEnded(job_id)
    return ended.job


def fail_queued(deps: Deps, job_id: str, code: FailureCode) -> None:
    """End the job of a signed call, if nobody has claimed it; raises StoreError."""
    with suppress(JobNotFound):
        failure = Failure.of(code)
        ending.swap(
            deps,
            find(deps, job_id, is_ours=True),
            lambda it: jobs.fail_queued(it.job, now=deps.clock.now(), failure=failure),
        )


# --- How a job is made -------------------------------------------------------------------------------------


def _job_id(deps: Deps, key: str | None) -> str:
    """Return the id of the job that a key stands for, or a new one.

    A job made under an older secret keeps its key for as long as that secret counts.
    """
    if key is None:
        return signing.new_job_id(deps.random_bytes)
    newest, *older = _ids_for(deps, key)
    made = _first_there(deps, older, surely=True)
    return made.job.id if made else newest


def _made_by(deps: Deps, key: str | None) -> StoredJob | None:
    """Return the job that a start with this key has made, if there was one."""
    return _first_there(deps, _ids_for(deps, key)) if key is not None else None


def _ids_for(deps: Deps, key: str) -> list[str]:
    """Return the ids that a key stands for, under the newest secret first."""
    return [signing.job_id_for(secret, key) for secret in deps.keys]


def _first_there(deps: Deps, job_ids: list[str], *, surely: bool = False) -> StoredJob | None:
    for job_id in job_ids:
        with suppress(NoSuchObject):
            return deps.store.read(job_id, surely=surely)
    return None


def _make_of_uploads(
    deps: Deps, job: Job, order: Order, estimate: Callable[[], Estimate | None]
) -> tuple[StoredJob, bool]:
    """Store the photos, all at once, and then the job; return it and whether it is new.

    `estimate` waits for what is known of durations, which is read meanwhile.

    A job with an idempotency key may be there already, with the clean photos that its worker made, or erased.
    So its photos are written only where there are none.
    """
    deps.ledger.reserve(job.id, job.created_at)
    photos = tuple(
        Photo(type=upload.type, bytes=len(upload.body), digest=digest_of(upload.body))
        for upload in order.uploads
    )
    record = replace(job, photos=photos)

    def put(one: tuple[str, Upload]) -> None:
        key, upload = one
        try:
            deps.store.put_photo(key, upload.body, upload.type, if_absent=order.key is not None)
        except Conflict:
            # Not every 412 is the store's own, so what is said to be there is looked at.
            try:
                deps.store.get_photo(key)
            except NoSuchObject:
                deps.store.put_photo(key, upload.body, upload.type)

    with _photos_taken_back(deps, record, order, StoreUnavailable):
        _in_parallel(put, list(zip(photo_keys(record), order.uploads, strict=True)))
    return _store_record(deps, replace(record, estimate=estimate()), order)


def _make_of_job(
    deps: Deps, job: Job, order: Order, estimate: Callable[[], Estimate | None], *, old: Job
) -> tuple[StoredJob, bool]:
    """Make a job of an old one's photos, or of its paid video if that was never saved."""
    if old.deleted_at is not None:
        raise JobErased(old.id)
    if not old.has_ended:
        raise JobRunning(old.id)
    is_rescue = (old.prompt, old.model) == (job.prompt, job.model) and old.is_rescuable
    if order.only_rescues and not is_rescue:
        raise JobEnded(old.id)
    if is_rescue:
        # The old job may have become rescuable after this very start has bought another.
        found = _made_by(deps, order.key)
        if found is not None:
            return found, False
        key_id = job.id if order.key is not None else None
        job_id, found = _rescue_of(deps, old, key_id)
        if found is not None:
            return found, False
        job = jobs.as_rescue(replace(job, id=job_id, key_id=key_id), old)
    elif order.model is None:
        job = replace(job, price=offered_model(order.offered, job.model).price)
    deps.ledger.reserve(job.id, job.created_at, buys=not is_rescue)
    record = replace(job, photos=old.photos)
    try:
        with _photos_taken_back(deps, record, order, StoreUnavailable):
            _copy_photos(deps, old, record)
    except NoSuchObject:
        if not is_rescue:
            return _take_back(deps, record, old), False
        _delete_photos(deps, record)
        record = replace(record, photos=())  # what is saved was made of them long ago
    return _store_record(deps, replace(record, estimate=estimate()), order)


def _copy_photos(deps: Deps, old: Job, record: Job) -> None:
    """Give a job the photos of one that has ended; raises NoSuchObject where they are gone, or should be."""
    if old.has_originals:
        raise NoSuchObject
    _in_parallel(
        lambda keys: deps.store.copy_photo(*keys),
        list(zip(photo_keys(old), photo_keys(record), strict=True)),
    )


def _rescue_of(deps: Deps, old: Job, key_id: str | None) -> tuple[str, StoredJob | None]:
    """Return the id of the next job that saves an old one's paid video, and that job where it is under way.

    The ids follow from the job that has paid, so that whoever asks at once, and however often, has one rescue
    at a time. Whoever repeats a request has the one that it has started. Raises RescuesUsedUp after three.
    """
    paid = old.rescues or old.id
    for number in range(1, jobs.MAX_RESCUES + 1):
        # A space stands in no idempotency key.
        job_ids = _ids_for(deps, f"rescue {number} of {paid}")
        stored = _first_there(deps, job_ids)
        if stored is None:
            return job_ids[0], None
        job = stored.job
        if not job.has_ended or job.video is not None or (key_id is not None and job.key_id == key_id):
            return job.id, stored
    raise RescuesUsedUp(old.id)


@contextmanager
def _photos_taken_back(deps: Deps, record: Job, order: Order, error: type[StoreError]) -> Iterator[None]:
    """Take away the photos of a start that ends with this error, without a job: nobody could erase them.

    Those of a start with a key stay for its repetition, and may be those of a job that it has made already.
    """
    try:
        yield
    except error:
        if order.key is None:
            with suppress(StoreError):
                _delete_photos(deps, record)
        raise


def _store_record(deps: Deps, record: Job, order: Order) -> tuple[StoredJob, bool]:
    """Store the job of photos that are stored; return it and whether it is new.

    Where another one is there already, the photos that are not its own are taken away again.
    """
    # Any other error leaves open whether the job was stored.
    with _photos_taken_back(deps, record, order, UnsafeStore):
        stored, is_new = deps.store.create(record)
    if not is_new:
        _delete_photos(deps, record, stored.job)
    return stored, is_new


def _take_back(deps: Deps, record: Job, old: Job) -> StoredJob:
    """Take back what was stored for a job whose photos are gone; return it where an earlier start made it.

    Raises PhotosGone about the job that had them.
    """
    try:
        stored = deps.store.read(record.id)
    except NoSuchObject:
        deps.ledger.release(record.id, record.created_at)
        _delete_photos(deps, record)
        raise PhotosGone(old.id) from None
    _delete_photos(deps, record, stored.job)
    if stored.job.deleted_at is not None:
        raise PhotosGone(old.id)
    return stored


def _delete_photos(deps: Deps, record: Job, there: Job | None = None) -> None:
    """Delete the photos that were stored for a record, but for those of the job that is there."""
    kept = photo_keys(there) if there and there.deleted_at is None else []
    deps.store.delete(key for key in photo_keys(record) if key not in kept)


def _give_back(deps: Deps, found: Job, now: float) -> None:
    """Undo a reservation that was made anew for a job of another day, or for one that has ended for free."""
    if ledger_key(now) != ledger_key(found.created_at):
        deps.ledger.release(found.id, now)
    deps.ledger.settle(found)


def _check_same(job: Job, fingerprint: str) -> None:
    """Raise where a key belongs to another order, or to a job that was erased."""
    if job.deleted_at is not None:
        raise JobErased(job.id)
    if job.fingerprint != fingerprint:
        raise KeyReused


def _healed(deps: Deps, stored: StoredJob, dispatch: Dispatch) -> Job:
    job_id, now = stored.job.id, deps.clock.now()
    if jobs.due_end(stored.job, now=now, lease_age=stored.age):
        ended = ending.swap(deps, stored, lambda it: jobs.end_due(it.job, now=now, lease_age=it.age))
        return (ended or deps.store.read(job_id, is_ours=True)).job
    if jobs.needs_dispatch(stored.job, now=now, lease_age=stored.age):
        counted = ending.swap(deps, stored, lambda it: jobs.count_dispatch(it.job, now=now, lease_age=it.age))
        if counted is None:
            return deps.store.read(job_id, is_ours=True).job
        dispatch(job_id, counted.job.dispatches)
        return counted.job
    return stored.job


def _found_again(deps: Deps, stored: StoredJob, dispatch: Dispatch) -> Job:
    """Heal the job of a start that was repeated; raises JobErased where it was erased meanwhile."""
    if stored.job.dispatch == "queue":
        # The start before may have died between its job and the message.
        stored = _noted_unclear(deps, stored)
    job = _healed(deps, stored, dispatch)
    if job.deleted_at is not None:
        raise JobErased(job.id)
    return job


def _call_worker(deps: Deps, stored: StoredJob, dispatch: Dispatch) -> StoredJob:
    """Call the worker for a job that waits for it; a refusal ends the job and raises WorkerUnreachable."""
    job = stored.job
    if not job.awaits_worker:
        return stored
    with timing.measured("worker"):
        result = dispatch(job.id, 0)
    if result is DispatchResult.UNCLEAR and job.dispatch == "queue":
        return _noted_unclear(deps, stored)
    if result is not DispatchResult.REFUSED:
        return stored
    failure = Failure.of("worker_unreachable")
    ended = ending.swap(
        deps, stored, lambda it: jobs.fail_unreached(it.job, now=deps.clock.now(), failure=failure)
    )
    if ended is None:
        current = deps.store.read(job.id, is_ours=True)
        # Another answer to the same key may have had it erased meanwhile.
        _check_same(current.job, job.fingerprint)
        return current
    raise WorkerUnreachable(job.id, owner_token=signing.owner_token(deps.keys[0], job.id))


def _noted_unclear(deps: Deps, stored: StoredJob) -> StoredJob:
    """Note that a job's message may be lost, so that polls send it again; no start fails for want of it."""
    with suppress(StoreError):
        noted = ending.swap(deps, stored, lambda it: jobs.note_unclear(it.job, now=deps.clock.now()))
        return noted or stored
    return stored


def _owned(deps: Deps, job_id: str, owner_token: str, action: str = "cancel or erase it") -> StoredJob:
    """Read a job for its owner; raises NotOwner, JobNotFound, StoreError."""
    if not signing.check_owner_token(deps.keys, job_id, owner_token):
        raise NotOwner(detail=f"Only whoever started this video can {action}.")
    return find(deps, job_id, is_ours=True)


def _in_parallel(work: Any, items: list[Any]) -> None:  # noqa: ANN401 - a function over any items
    """Do a piece of work for each item, all at once; the first error is raised after all have ended."""
    if len(items) == 1:
        work(items[0])
        return
    contexts = [copy_context() for _ in items]
    with ThreadPoolExecutor(max_workers=len(items) or 1) as pool:
        done = pool.map(lambda context, item: context.run(work, item), contexts, items)
    # A future that a frame of its own error names would keep the photos until a garbage collection.
    list(done)
