"""The job: its record, its states, and who may change what. Pure: no clock, no I/O.

    queued ── claim ──▶ rendering ── record_url ──▶ saving ── complete ──▶ completed
       ▲                    │                          ▲
       └── back_to_queue ───┘   (nothing had started)  └── resume_saving (a dead lease, a new epoch)

    fail, cancel and end_due lead from any of them to failed or canceled.

Each change is a function from a job to a job. It returns the very same job where the change is there
already (a lost reply), and None where it may not happen any more: the caller then stops. So whoever swaps a
record can apply its change again on whatever record it finds, and the rules are all here.

Times are seconds since 1970 (UTC). A lease's age is measured by the store's clock and handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from videogen.errors import FAILURES, Charged, FailureCode

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = 1
LEASE_SECONDS = 60.0
"""How long a holder may act on its claim without having renewed it, by its own monotonic clock."""
LEASE_DEAD_SECONDS = 90.0
"""The age at which others hold a lease for dead. The gap to LEASE_SECONDS is for clocks and slow requests."""
NO_IDS: Mapping[str, str] = MappingProxyType({})
NOTHING_UNKNOWN: Mapping[str, Any] = MappingProxyType({})
MAX_CALLS = 3
CALL_PAUSE = 2.0
"""Seconds before the second paid call are twice as many, before the third one four times."""
MAX_DISPATCHES = 3
MAX_RESCUES = 3
"""How often a paid video that was never saved is tried to be saved by a new job."""
DISPATCH_EVERY = 45.0
UNCLEAR = "worker.unclear"
"""The step of a job whose message the queue has perhaps never taken."""


class Status(StrEnum):
    """Where a job stands. The last three are ends: nothing leads out of them, but see `Job.is_improvable`."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


class Stage(StrEnum):
    """What a processing job is doing."""

    RENDERING = "rendering"
    """The paid call may have been made; it is never made again."""
    SAVING = "saving"
    """The provider's link is recorded; fetching it is free and may be repeated."""


AspectRatio = Literal["auto", "16:9", "9:16"]
DispatchKind = Literal["call", "queue"]
"""Whether the worker is called, or takes its jobs from a queue, which hands them out until they are done."""


# The parts of a job that every function reads are named tuples: a frozen dataclass takes 0.4 ms more to make,
# in every cold start.


class Photo(NamedTuple):
    """A stored photo as it was received: its MIME type, its size, and the digest that is part of its key."""

    type: str
    bytes: int
    digest: str = ""
    unknown: Mapping[str, Any] = NOTHING_UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Where a browser is told of a job's end, and the keys, in base64url, that encrypt what it is told."""

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    unknown: Mapping[str, Any] = field(default_factory=dict)


class Video(NamedTuple):
    """A stored and checked video. `host` is where it came from, for the operator."""

    key: str
    bytes: int
    sha256: str
    host: str
    unknown: Mapping[str, Any] = NOTHING_UNKNOWN


class Failure(NamedTuple):
    """Why a job ended without a video, and what that cost.

    `detail` is one line for people, `note` a short diagnostic for the operator that quotes nobody.
    """

    code: FailureCode
    retryable: bool
    charged: Charged
    detail: str
    note: str = ""
    unknown: Mapping[str, Any] = NOTHING_UNKNOWN

    @classmethod
    def of(cls, code: FailureCode) -> Self:
        """Return the usual failure of a code."""
        meaning = FAILURES[code]
        return cls(code=code, retryable=meaning.retryable, charged=meaning.charged, detail=meaning.detail)


class Estimate(NamedTuple):
    """How long the site's recent jobs with this model took, in seconds: the percentiles.

    `p10` is 0 in records of an earlier version.
    """

    p50: float
    p90: float
    p10: float = 0.0
    unknown: Mapping[str, Any] = NOTHING_UNKNOWN


class Limits(NamedTuple):
    """How long the parts of a job may take, in seconds after its creation.

    No paid call begins later than `paid_call`, all work stops by `work`, and whoever reads the job after
    `end` finds it ended. The defaults are those of a job of 16 minutes, whose record may not name any: the
    platform kills a called worker at 15 minutes.
    """

    paid_call: float = 5 * 60.0
    work: float = 14 * 60.0
    end: float = 16 * 60.0
    unknown: Mapping[str, Any] = NOTHING_UNKNOWN

    @classmethod
    def of(cls, minutes: float) -> Self:
        """Return the limits of a job whose whole life is so long."""
        sixteenth = 60.0 * minutes / 16
        return cls(paid_call=5 * sixteenth, work=14 * sixteenth, end=16 * sixteenth)


class Transition(NamedTuple):
    """One step of a job's story."""

    at: float
    epoch: int
    action: str
    unknown: Mapping[str, Any] = NOTHING_UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The record under jobs/<id>.json.

    `epoch` is the fencing token: each claim raises it. `run_id` names the run that holds it, since the nonce
    of its claim may be overwritten by a later writer before it reads back. `lease_released` lets the next run
    take over at once, `renewed_at` is when its holder last said that it lives. `calls` counts POSTs to the
    provider, `dispatches` the extra calls that polls sent. `retry_at` is the earliest time of the next POST.
    `limits` and `dispatch` are the site's as they were when the job was made. `settled` says that the run
    whose call it was has told how it ended. `rescues` names the job whose paid video this one saves.
    `estimate` is what was known of durations when the job was made, so that a poll needs no second read.
    `fingerprint` is the digest of the request that made the job. `key_id` is the id that its idempotency key
    stands for, where the job has another: a rescue's follows from the job that has paid.
    `price` is what the model cost when the job was made, in USD, where the operator had said it.
    `link_in_doubt` says that `provider_url` may lead to something else than a video: it stood in a sentence.
    `call_ids` are the provider's names for the latest call, by header or field: what a question to it names.
    `unknown` holds fields of a newer version, here and in every nested object: they are carried along unread.
    """

    id: str
    prompt: str = field(repr=False)
    model: str
    aspect_ratio: AspectRatio
    photos: tuple[Photo, ...]
    created_at: float
    schema: int = SCHEMA
    version: int = 1
    limits: Limits = field(default_factory=Limits)
    dispatch: DispatchKind = "call"
    epoch: int = 0
    status: Status = Status.QUEUED
    stage: Stage | None = None
    run_id: str | None = None
    lease_released: bool = False
    renewed_at: float | None = None
    calls: int = 0
    retry_at: float | None = None
    dispatches: int = 0
    dispatched_at: float | None = None
    started_at: float | None = None
    completed_at: float | None = None
    deleted_at: float | None = None
    provider_url: str | None = field(default=None, repr=False)
    provider_request_id: str | None = None
    link_in_doubt: bool = False
    call_ids: Mapping[str, str] = field(default_factory=dict)
    video: Video | None = None
    failure: Failure | None = None
    settled: bool = False
    rescues: str | None = None
    estimate: Estimate | None = None
    fingerprint: str = ""
    key_id: str | None = None
    subscription: Subscription | None = field(default=None, repr=False)
    price: float | None = None
    history: tuple[Transition, ...] = ()
    unknown: Mapping[str, Any] = field(default_factory=dict)

    @property
    def paid_call_by(self) -> float:
        """The moment after which no paid call begins."""
        return self.created_at + self.limits.paid_call

    @property
    def work_ends_by(self) -> float:
        """The moment by which all work stops."""
        return self.created_at + self.limits.work

    @property
    def ends_by(self) -> float:
        """The moment after which whoever reads the job finds it ended."""
        return self.created_at + self.limits.end

    @property
    def has_ended(self) -> bool:
        """Whether nothing but an improvement can change this job."""
        return self.status in {Status.COMPLETED, Status.FAILED, Status.CANCELED}

    @property
    def has_originals(self) -> bool:
        """Whether its photos may be as they came: its worker cleans them before the first claim."""
        return self.epoch == 0 and self.rescues is None

    @property
    def awaits_worker(self) -> bool:
        """Whether no run has it and the next one could go on."""
        return self.status is Status.QUEUED or (self.stage is Stage.SAVING and self.epoch == 0)

    @property
    def is_unconfirmed(self) -> bool:
        """Whether start-video got no clear answer when it handed the job over, or was repeated."""
        return any(step.action == UNCLEAR for step in self.history)

    @property
    def charged(self) -> Charged:
        """Whether this job has bought a video, as far as is known now."""
        if self.rescues:
            return "no"
        if self.failure is not None:
            return self.failure.charged
        if self.status is Status.COMPLETED:
            return "yes"
        if self.stage is Stage.SAVING:
            return "unknown" if self.link_in_doubt else "yes"
        return "unknown" if self.stage is Stage.RENDERING else "no"

    @property
    def is_improvable(self) -> bool:
        """Whether the run whose call went unanswered may still say, once, how it really ended."""
        return (
            self.status is Status.FAILED
            and self.failure is not None
            and self.failure.code == "outcome_unknown"
            and not self.settled
            and self.deleted_at is None
        )

    @property
    def is_rescuable(self) -> bool:
        """Whether the job has ended with a paid video that was never saved, and may still be there.

        A file that was refused is tried once more, since its host may have been allowed by now, and so is a
        link that led to a page.
        """
        if not self.has_ended or self.provider_url is None or self.video is not None:
            return False
        code = self.failure.code if self.failure else None
        return code != "video_gone" and not (code in {"video_refused", "no_video"} and self.rescues)

    def is_held_by(self, run_id: str, epoch: int) -> bool:
        """Whether a run's claim is still the latest one."""
        return self.run_id == run_id and self.epoch == epoch


# --- What is due -------------------------------------------------------------------------------------------


def lease_is_dead(job: Job, *, now: float, lease_age: float) -> bool:
    """Whether a processing job's holder must be taken for gone.

    The store's clock and the record's own times must both say so: a proxy may write dates of its own, and
    some stores tell the time of an object and of their answer by two clocks.
    """
    silence = now - max(job.renewed_at or job.created_at, job.history[-1].at if job.history else 0.0)
    return job.lease_released or min(lease_age, silence) >= LEASE_DEAD_SECONDS


def due_end(job: Job, *, now: float, lease_age: float) -> Failure | None:
    """Return the failure that a job has come to by the mere passing of time, None while there is hope."""
    if job.has_ended:
        return None
    if job.status is Status.QUEUED:
        return Failure.of("expired") if now >= job.paid_call_by else None
    if job.stage is Stage.RENDERING:
        return (
            Failure.of("outcome_unknown")
            if lease_is_dead(job, now=now, lease_age=lease_age) or now >= job.ends_by
            else None
        )
    out_of_tries = (
        job.dispatch == "call"  # a queue keeps what was sent
        and job.dispatches >= MAX_DISPATCHES
        and lease_is_dead(job, now=now, lease_age=lease_age)
        and now - (job.dispatched_at or job.created_at) >= LEASE_DEAD_SECONDS
    )
    return charged_to(job, Failure.of("save_failed")) if out_of_tries or now >= job.ends_by else None


_CANCELED: Mapping[Charged, str] = {
    "no": "This video was canceled. Nothing was charged.",
    "unknown": "This video was canceled while the provider was making it. It may still be charged.",
    "yes": "This video was canceled. It had been made already, and it was charged.",
}
_RESCUE_FAILED: Mapping[FailureCode, str] = {
    "no_video": "There is still no video behind the provider's link. This try was not charged.",
    "save_failed": "The video could not be saved this time either. This try was not charged.",
    "video_gone": "The provider has deleted the video meanwhile. This try was not charged.",
    "video_refused": "The provider's file is still none that this site can keep. This try was not charged.",
}


def charged_to(job: Job, failure: Failure) -> Failure:
    """Return a failure as it is for this job.

    A link in doubt proves no video, and so no charge. A rescue buys nothing, so it charges nothing. One that
    could not save what may be a video leaves that to the next.
    """
    if job.link_in_doubt and failure.charged == "yes" and not (job.rescues and failure.code == "save_failed"):
        failure = Failure.of("no_video")._replace(note=failure.note)
    if not job.rescues or failure.charged == "no":
        return failure
    return failure._replace(charged="no", detail=_RESCUE_FAILED.get(failure.code, failure.detail))


def needs_dispatch(job: Job, *, now: float, lease_age: float) -> bool:
    """Whether a poll should send the worker one more call, or the queue one more message.

    Once a run has come to a job of a queue, no message may be left: whoever is given a copy deletes it.
    """
    if job.dispatches >= MAX_DISPATCHES or now >= job.work_ends_by:
        return False
    if job.dispatch == "queue" and job.epoch == 0 and not job.is_unconfirmed:
        # The queue has its message, however long others wait there before it.
        return False
    if now - max(job.created_at, job.dispatched_at or 0.0, job.retry_at or 0.0) < DISPATCH_EVERY:
        return False
    return job.status is Status.QUEUED or (
        job.stage is Stage.SAVING and lease_is_dead(job, now=now, lease_age=lease_age)
    )


def next_call_at(job: Job, *, now: float, retry_after: float = 0.0) -> float | None:
    """Return when a paid call that was not started may be made again, None where it may not.

    `retry_after` is how many seconds the provider asks to wait.
    """
    at = now + max(retry_after, CALL_PAUSE * 2**job.calls)
    is_in_time = at < job.paid_call_by
    return at if job.calls < MAX_CALLS and is_in_time else None


# --- Changes -----------------------------------------------------------------------------------------------


def claim(job: Job, run_id: str, epoch: int, *, now: float) -> Job | None:
    """Mark the paid call as being made: the one exclusive step. `epoch` is the seen one plus 1."""
    if job.is_held_by(run_id, epoch) and job.stage is Stage.RENDERING:
        return job
    if (
        job.status is not Status.QUEUED
        or job.epoch != epoch - 1
        or job.calls >= MAX_CALLS
        or now >= job.paid_call_by
        or now < (job.retry_at or 0.0)
    ):
        return None
    return _step(
        job,
        "job.claimed",
        now,
        epoch=epoch,
        run_id=run_id,
        lease_released=False,
        status=Status.PROCESSING,
        stage=Stage.RENDERING,
        calls=job.calls + 1,
        started_at=job.started_at or now,
    )


def resume_saving(job: Job, run_id: str, epoch: int, *, now: float, lease_age: float) -> Job | None:
    """Go on saving where a run that is gone has left off."""
    if job.is_held_by(run_id, epoch) and job.stage is Stage.SAVING:
        return job
    if (
        job.stage is not Stage.SAVING
        or job.epoch != epoch - 1
        or not lease_is_dead(job, now=now, lease_age=lease_age)
    ):
        return None
    return _step(
        job,
        "job.taken_over",
        now,
        epoch=epoch,
        run_id=run_id,
        lease_released=False,
        started_at=job.started_at or now,
    )


def renew(job: Job, run_id: str, epoch: int, *, now: float) -> Job | None:
    """Keep the lease: the write tells the store's clock, and the record says it by the holder's."""
    if job.status is not Status.PROCESSING or not job.is_held_by(run_id, epoch):
        return None
    return replace(job, lease_released=False, renewed_at=now, version=job.version + 1)


def back_to_queue(
    job: Job,
    run_id: str,
    epoch: int,
    *,
    now: float,
    retry_at: float,
    call_ids: Mapping[str, str] = NO_IDS,
) -> Job | None:
    """Undo a claim, after an answer that proves that nothing was started."""
    if job.stage is not Stage.RENDERING or not job.is_held_by(run_id, epoch):
        return job if job.status is Status.QUEUED and job.is_held_by(run_id, epoch) else None
    return _step(
        job,
        "job.requeued",
        now,
        status=Status.QUEUED,
        stage=None,
        retry_at=retry_at,
        call_ids={**call_ids},
    )


def record_url(
    job: Job,
    run_id: str,
    epoch: int,
    *,
    now: float,
    url: str,
    request_id: str | None,
    call_ids: Mapping[str, str] = NO_IDS,
    link_in_doubt: bool = False,
) -> Job | None:
    """Keep the provider's link before anything is done with it; a call given up for lost may do so too."""
    if not job.is_held_by(run_id, epoch):
        return None
    if job.provider_url == url:
        return job
    if job.stage is not Stage.RENDERING and not job.is_improvable:
        return None
    return _step(
        job,
        "blackbox.answered",
        now,
        stage=Stage.SAVING if job.stage is Stage.RENDERING else job.stage,
        provider_url=url,
        provider_request_id=request_id,
        link_in_doubt=link_in_doubt,
        call_ids={**call_ids},
    )


def complete(job: Job, run_id: str, epoch: int, *, now: float, video: Video) -> Job | None:
    """Point to the stored and checked video."""
    if not job.is_held_by(run_id, epoch):
        return None
    if job.status is Status.COMPLETED:
        return job if job.video == video else None
    if job.stage is not Stage.SAVING and not job.is_improvable:
        return None
    return _end(job, Status.COMPLETED, now, failure=None, video=video, settled=True)


def fail(
    job: Job,
    run_id: str,
    epoch: int,
    *,
    now: float,
    failure: Failure,
    call_ids: Mapping[str, str] = NO_IDS,
) -> Job | None:
    """End the holder's job without a video; also the late true end of a call whose outcome was unknown."""
    if not job.is_held_by(run_id, epoch):
        return None
    failure = charged_to(job, failure)
    if job.status is Status.FAILED and job.failure == failure and job.settled:
        return job
    if job.status is Status.PROCESSING or job.is_improvable:
        ids = {**job.call_ids, **call_ids}
        return _end(job, Status.FAILED, now, failure=failure, settled=True, call_ids=ids)
    return None


def fail_queued(job: Job, *, now: float, failure: Failure) -> Job | None:
    """End a job that nobody has claimed: nothing was spent on it."""
    if job.status is Status.FAILED and job.failure == failure:
        return job
    return _end(job, Status.FAILED, now, failure=failure) if job.status is Status.QUEUED else None


def fail_unreached(job: Job, *, now: float, failure: Failure) -> Job | None:
    """End a job whose worker could not be called; None where one has come to it all the same."""
    if job.epoch == 0 and not job.has_ended:
        return _end(job, Status.FAILED, now, failure=failure)
    return job if job.status is Status.FAILED and job.failure == failure else None


def as_rescue(job: Job, old: Job) -> Job:
    """Make of a new job one that only saves what an old one has paid for: any run may take it over."""
    return replace(
        job,
        status=Status.PROCESSING,
        stage=Stage.SAVING,
        lease_released=True,
        provider_url=old.provider_url,
        provider_request_id=old.provider_request_id,
        link_in_doubt=old.link_in_doubt,
        call_ids=old.call_ids,
        rescues=old.rescues or old.id,
    )


def end_due(job: Job, *, now: float, lease_age: float) -> Job | None:
    """Write the end that has come by the passing of time; anybody may."""
    failure = due_end(job, now=now, lease_age=lease_age)
    return _end(job, Status.FAILED, now, failure=failure) if failure else None


def give_up(job: Job, *, now: float) -> Job | None:
    """End a job at its operator's word, with the failure that time would have brought; None where it ended.

    A worker whose paid call is still under way may improve that end as it may any other.
    """
    failure = due_end(job, now=job.ends_by, lease_age=LEASE_DEAD_SECONDS)
    return _end(job, Status.FAILED, now, failure=failure) if failure else None


def cancel(job: Job, *, now: float) -> Job | None:
    """End a job for its owner, saying truly what it cost; None where it ended otherwise."""
    if job.status is Status.CANCELED:
        return job
    if job.has_ended:
        return None
    failure = Failure.of("canceled")._replace(charged=job.charged, detail=_CANCELED[job.charged])
    return _end(job, Status.CANCELED, now, failure=failure)


def erase(job: Job, *, now: float) -> Job | None:
    """Leave a tombstone: ended if need be, without prompt, link, video or subscription.

    It still names its photos: where a start that was repeated has stored one again, erasing again finds it.
    """
    if job.deleted_at is not None:
        return job
    ended = job if job.has_ended else cancel(job, now=now)
    if ended is None:
        return None
    erased = replace(
        ended,
        prompt="",
        provider_url=None,
        provider_request_id=None,
        call_ids={},
        video=None,
        fingerprint="",
        subscription=None,
    )
    return _step(replace(erased, version=job.version), "job.deleted", now, deleted_at=now)


def subscribe(job: Job, subscription: Subscription | None) -> Job | None:
    """Note who is to be told of the job's end; None where it is a tombstone, which tells nobody."""
    if job.deleted_at is not None and subscription is not None:
        return None
    if job.subscription == subscription:
        return job
    return replace(job, version=job.version + 1, subscription=subscription)


def note_unclear(job: Job, *, now: float) -> Job | None:
    """Note that the queue may not have a job's message; None where a run has come, or the job has ended."""
    if job.epoch > 0 or job.has_ended:
        return None
    return job if job.is_unconfirmed else _step(job, UNCLEAR, now)


def count_dispatch(job: Job, *, now: float, lease_age: float) -> Job | None:
    """Count a poll's call to the worker before it is sent; a dead lease is released for the one who comes."""
    if not needs_dispatch(job, now=now, lease_age=lease_age):
        return None
    return _step(
        job,
        "worker.called",
        now,
        dispatches=job.dispatches + 1,
        dispatched_at=now,
        lease_released=job.stage is Stage.SAVING,
    )


def _step(job: Job, action: str, now: float, **changes: Any) -> Job:  # noqa: ANN401 - the fields' own types
    changed = replace(job, version=job.version + 1, **changes)
    return replace(changed, history=(*job.history, Transition(at=now, epoch=changed.epoch, action=action)))


def _end(job: Job, status: Status, now: float, **changes: Any) -> Job:  # noqa: ANN401 - as in _step
    ended = {"status": status, "stage": None, "completed_at": now, "lease_released": False, "retry_at": None}
    return _step(job, f"job.{status}", now, **ended, **changes)


def timestamp(seconds: float) -> str:
    """Return a time as RFC 3339 in UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
