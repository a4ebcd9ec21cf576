"""Every error of this package, and what each says about money.

    VideogenError
    ├── SettingsError              a variable is missing or malformed            nothing was spent
    ├── InvalidInput               a request's fields are wrong                  nothing was spent
    │   ├── UnsupportedPhoto       a photo of a type or make we do not take      nothing was spent
    │   └── InputTooLarge          more bytes or pixels than we take             nothing was spent
    ├── StoreError
    │   ├── StoreUnavailable       S3 did not answer, or with an error: the write may have been applied
    │   ├── NoSuchObject           the key is not there
    │   │   └── StoreForbidden     or may not be read: whoever knows that it was written must not say "gone"
    │   ├── Conflict               another writer's version is there now
    │   ├── MalformedRecord        a document was damaged, or written by a newer version
    │   └── UnsafeStore            the store ignores conditional writes
    ├── RequestRefused             what is asked of a job cannot be done         nothing was spent
    │   ├── NotOwner               the token is not this job's
    │   ├── JobNotFound            there is no such job
    │   ├── JobErased, JobRunning, JobEnded, PhotosGone   the job is not, or no longer, what it takes
    │   ├── KeyReused              the idempotency key belongs to another order
    │   ├── PushOff                the site sends no notifications
    │   ├── RescuesUsedUp          a paid video could not be saved again and again
    │   ├── DailyLimitReached      the day's videos or starts are used up
    │   └── WorkerUnreachable      the job was made, and has ended since nobody can work on it
    ├── SubscriptionEnded          a browser wants no notifications any more
    ├── NotDelivered               a push service did not take a notification
    ├── QueueError
    │   ├── QueueUnavailable       SQS did not answer, or asks to slow down: the message may have been taken
    │   └── QueueRefused           SQS refuses the request for good: wrong queue, key or rights
    └── JobError                   ends or delays a job; names a failure code
        ├── PhotoUnreadable        found before the paid call                    not charged
        ├── ProviderNotStarted     the answer proves that nothing began          not charged, may be repeated
        ├── ProviderRefused        a final no                                    as `charged` says
        ├── ProviderOutcomeUnknown no answer that tells                          unknown
        ├── ProviderNoVideo        an answer without a usable video              unknown
        ├── VideoGone              the provider no longer has the file           charged
        ├── VideoRefused           the file is not one that we may store         charged
        └── VideoInterrupted       the download broke off; it may be repeated    charged
            └── VideoIsText        a page or a message lies there instead        charged

The message of an error is for the person who can do something about it. It never holds a key, a token, a
prompt, or a provider's own words.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Charged = Literal["no", "yes", "unknown"]
FailureCode = Literal[
    "expired",
    "worker_unreachable",
    "photo_unreadable",
    "store_unsafe",
    "misconfigured",
    "provider_busy",
    "provider_unreachable",
    "content_refused",
    "provider_account",
    "provider_rejected",
    "outcome_unknown",
    "no_video",
    "video_gone",
    "video_refused",
    "save_failed",
    "canceled",
]


class FailureMeaning(NamedTuple):
    """What a failure code means: its usual charge, whether to try again, and one line for people."""

    charged: Charged
    retryable: bool
    detail: str


FAILURES: Mapping[FailureCode, FailureMeaning] = {
    "expired": FailureMeaning(
        "no", True, "The video could not be started in time. Nothing was charged. Please try again."
    ),
    "worker_unreachable": FailureMeaning(
        "no",
        True,
        "The video service of this site could not be reached. Nothing was charged. Please try again.",
    ),
    "photo_unreadable": FailureMeaning(
        "no", False, "A photo could not be read. Nothing was charged. Please try another photo."
    ),
    "store_unsafe": FailureMeaning(
        "no",
        False,
        "This site's storage is not set up safely. Nothing was charged. Please tell its operator.",
    ),
    "misconfigured": FailureMeaning(
        "no", False, "This site is not set up completely. Nothing was charged. Please tell its operator."
    ),
    "provider_busy": FailureMeaning(
        "no", True, "The video provider is busy. Nothing was charged. Please try again in a few minutes."
    ),
    "provider_unreachable": FailureMeaning(
        "no", True, "The video provider could not be reached. Nothing was charged. Please try again later."
    ),
    "content_refused": FailureMeaning(
        "no", False, "The video provider refused this photo or prompt. Please change one of them."
    ),
    "provider_account": FailureMeaning(
        "no", False, "This site's account at the video provider does not work now. Please tell its operator."
    ),
    "provider_rejected": FailureMeaning(
        "no",
        False,
        "The video provider could not make a video from this. Please change the photo or the prompt.",
    ),
    "outcome_unknown": FailureMeaning(
        "unknown", True, "The video provider gave no clear answer. The video may have been charged."
    ),
    "no_video": FailureMeaning(
        "unknown", True, "The video provider answered without a video. It may have been charged."
    ),
    "video_gone": FailureMeaning(
        "yes", True, "The video was made, but the provider had deleted it before it could be saved."
    ),
    "video_refused": FailureMeaning(
        "yes", False, "The provider sent a file that is not a video this site can keep. It was charged."
    ),
    "save_failed": FailureMeaning(
        "yes",
        True,
        "The video was made, but it could not be saved. It was charged; trying again may be free.",
    ),
    "canceled": FailureMeaning("no", True, "This video was canceled."),
}


class VideogenError(Exception):
    """The root of this package's errors. Its text is the class's docstring unless one is given."""

    def __init__(self, detail: str = "") -> None:
        self.detail = detail or (type(self).__doc__ or "").split("\n", 1)[0]
        super().__init__(self.detail)


class SettingsError(VideogenError):
    """Variables of the environment are missing or malformed; each problem names one and the remedy."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class FieldError(NamedTuple):
    """One wrong field of a request: its JSON path, and what to do about it."""

    field: str
    message: str


class InvalidInput(VideogenError):
    """The request has fields that are wrong."""

    code: ClassVar[str] = "invalid_input"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in self.errors))


class UnsupportedPhoto(InvalidInput):
    """A photo is not a JPEG, PNG or WebP that we can take."""

    code: ClassVar[str] = "unsupported_photo"


class InputTooLarge(InvalidInput):
    """The request, its photos or their pixels are more than we take."""

    code: ClassVar[str] = "too_large"


class StoreError(VideogenError):
    """The S3 store did not do what was asked."""


class StoreUnavailable(StoreError):
    """The storage did not answer as it should; the write may or may not have been applied.

    `transient` is False where trying again cannot help: wrong keys, no bucket. `code` is the store's own word
    for it, "" without one.
    """

    def __init__(self, detail: str = "", *, transient: bool = True, code: str = "") -> None:
        self.transient = transient
        self.code = code
        super().__init__(detail)


class NoSuchObject(StoreError):
    """There is no object under this key."""


class StoreForbidden(NoSuchObject):
    """The access key may not read this object, or there is none: without s3:ListBucket AWS says the same."""


class Conflict(StoreError):
    """Another writer's version is there now; nothing was written."""


class MalformedRecord(StoreError):
    """A document in the storage cannot be read; it was written by something else or by a newer version."""


class UnsafeStore(StoreError):
    """The storage ignores conditional writes, so nothing could keep a job from being bought twice."""


class RequestRefused(VideogenError):
    """What is asked of a job cannot be done; nothing was spent.

    `job_id` is the job's, where it has one, and `words` are for the person unless others are given.
    """

    code: ClassVar[str]
    words: ClassVar[str] = ""

    def __init__(self, job_id: str = "", *, detail: str = "") -> None:
        self.job_id = job_id
        super().__init__(detail or self.words)


class NotOwner(RequestRefused):
    """The token is not this job's."""

    code = "owner_token"


class JobNotFound(RequestRefused):
    """There is no such job."""

    code = "job_not_found"
    words = "Job not found."


class JobErased(RequestRefused):
    """The job is a tombstone."""

    code = "job_erased"
    words = "This video has been erased."


class JobRunning(RequestRefused):
    """The job has not ended, so it cannot be tried again."""

    code = "job_running"
    words = "This video is still being made."


class JobEnded(RequestRefused):
    """The job has ended otherwise."""

    code = "job_ended"
    words = "This video has ended already."


class PhotosGone(RequestRefused):
    """The photos of the job to be tried again are not stored any more."""

    code = "photos_gone"
    words = "The photos are no longer kept: please add them again."


class KeyReused(RequestRefused):
    """The idempotency key belongs to another order."""

    code = "idempotency_key_reused"
    words = "This Idempotency-Key belongs to another request: use a new one."


class PushOff(RequestRefused):
    """The site has no key for Web Push."""

    code = "push_off"
    words = "This site sends no notifications."


class RescuesUsedUp(RequestRefused):
    """The paid video was fetched for the last time: it is not asked for without end."""

    code = "rescues_used_up"
    words = "This video could not be saved several times. Please start a new one."


class DailyLimitReached(RequestRefused):
    """The day's videos, or its starts, are used up.

    `what` is how many of what, such as "20 videos", `opens_at` the next midnight (UTC, seconds since 1970),
    and `wait` the seconds until then.
    """

    code = "daily_limit"

    def __init__(self, what: str, *, opens_at: float, wait: float) -> None:
        self.what = what
        self.opens_at = opens_at
        self.wait = wait
        super().__init__(detail=f"Today's {what} of this site are used up. It opens again at 00:00 UTC.")


class WorkerUnreachable(RequestRefused):
    """The job was made and has ended, uncharged, since its worker could not be called."""

    code = "worker_unreachable"
    words = FAILURES["worker_unreachable"].detail

    def __init__(self, job_id: str, *, owner_token: str) -> None:
        self.owner_token = owner_token
        super().__init__(job_id)


class SubscriptionEnded(VideogenError):
    """The browser that was to be told of a job's end has taken its push subscription back."""


class NotDelivered(VideogenError):
    """A push service did not take a message; the detail is a short reason for the log."""


class QueueError(VideogenError):
    """The queue did not do what was asked."""


class QueueUnavailable(QueueError):
    """The queue did not answer as it should; the message may or may not be in it."""


class QueueRefused(QueueError):
    """The queue refuses the request, and will again: look at its URL, region, keys and policy."""


class JobError(VideogenError):
    """Something that ends or delays a job.

    `detail` is one line for people. `note` is a short, redacted diagnostic for the log alone. `call_ids` are
    the provider's names for the call, by header or field, for the operator's question to the provider.
    """

    call_ids: Mapping[str, str] = MappingProxyType({})
    answer_shape: str = ""
    """Names and types of the provider's answer, without values."""

    def __init__(
        self,
        code: FailureCode,
        *,
        charged: Charged | None = None,
        retryable: bool | None = None,
        detail: str = "",
        note: str = "",
    ) -> None:
        meaning = FAILURES[code]
        self.code: FailureCode = code
        self.charged: Charged = charged or meaning.charged
        self.retryable = meaning.retryable if retryable is None else retryable
        self.note = note
        super().__init__(detail or meaning.detail)


class PhotoUnreadable(JobError):
    """A photo cannot be decoded; found before anything is bought."""

    def __init__(self, *, detail: str = "", note: str = "") -> None:
        super().__init__("photo_unreadable", detail=detail, note=note)


class ProviderNotStarted(JobError):
    """The answer proves that no generation began, so the call may be repeated.

    `retry_after` is how many seconds the provider asks to wait, None without one.
    """

    def __init__(
        self,
        code: Literal["provider_busy", "provider_unreachable"],
        *,
        retry_after: float | None = None,
        note: str = "",
    ) -> None:
        self.retry_after = retry_after
        super().__init__(code, note=note)


class ProviderRefused(JobError):
    """A final no: account, content or parameters."""


class ProviderOutcomeUnknown(JobError):
    """The provider may be making the video, or may have made it: never call again."""

    def __init__(self, *, note: str = "") -> None:
        super().__init__("outcome_unknown", note=note)


class ProviderNoVideo(JobError):
    """An answer that says success and holds no usable link to a video."""

    def __init__(self, *, note: str = "") -> None:
        super().__init__("no_video", note=note)


class VideoGone(JobError):
    """The provider no longer has the file (403, 404, 410)."""

    def __init__(self, *, note: str = "") -> None:
        super().__init__("video_gone", note=note)


class VideoRefused(JobError):
    """The link or the file is not one that we may fetch and store."""

    def __init__(self, *, note: str = "") -> None:
        super().__init__("video_refused", note=note)


class VideoInterrupted(JobError):
    """The download broke off; the file is still there, so it may be fetched again.

    `received` is the number of bytes after which an answer ended that had begun, None where none began: the
    same number again and again means that the file itself is short.
    """

    def __init__(self, *, note: str = "", received: int | None = None) -> None:
        self.received = received
        super().__init__("save_failed", note=note)


class VideoIsText(VideoInterrupted):
    """A page or a message lies where the video should; there may never have been one."""

    def __init__(self) -> None:
        super().__init__(note="a page in place of the file", received=0)
