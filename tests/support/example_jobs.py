"""Jobs in every state, as the rules of `videogen.jobs` lead to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from videogen import jobs
from videogen.jobs import Failure, Job, Photo, Transition, Video

if TYPE_CHECKING:
    from collections.abc import Callable

CREATED_AT = 1_800_000_000.0
RUN_ID = "the run"
URL = "https://provider.example/output.mp4?signature=s"
JOB_ID = "AAAAAAAAAAAAAAAAAAAAAA"
OLD_ID = "BBBBBBBBBBBBBBBBBBBBBA"
VIDEO = Video(key=f"videos/{JOB_ID}/1.mp4", bytes=5, sha256="ab" * 32, host="provider.example")


def queued(**changes: Any) -> Job:
    given: dict[str, Any] = {
        "id": JOB_ID,
        "prompt": "slow pan over the lake",
        "model": "blackboxai/google/veo-3-fast",
        "aspect_ratio": "auto",
        "photos": (Photo(type="image/jpeg", bytes=3),),
        "created_at": CREATED_AT,
        "fingerprint": "f" * 64,
        "history": (Transition(at=CREATED_AT, epoch=0, action="job.created"),),
    }
    return Job(**(given | changes))


def rendering(job: Job | None = None, *, at: float = 1.0, run_id: str = RUN_ID) -> Job:
    job = job or queued()
    claimed = jobs.claim(job, run_id, job.epoch + 1, now=CREATED_AT + at)
    assert claimed is not None
    return claimed


def saving(job: Job | None = None, *, at: float = 61.0) -> Job:
    job = job or rendering()
    recorded = jobs.record_url(
        job, job.run_id or "", job.epoch, now=CREATED_AT + at, url=URL, request_id="chatcmpl-1"
    )
    assert recorded is not None
    return recorded


def completed(job: Job | None = None, *, at: float = 65.0) -> Job:
    job = job or saving()
    done = jobs.complete(job, job.run_id or "", job.epoch, now=CREATED_AT + at, video=VIDEO)
    assert done is not None
    return done


def failed(failure: Failure, job: Job | None = None, *, at: float = 65.0) -> Job:
    """Return a job that its own run has ended."""
    job = job or rendering()
    ended = jobs.fail(job, job.run_id or "", job.epoch, now=CREATED_AT + at, failure=failure)
    assert ended is not None
    return ended


def given_up(job: Job | None = None, *, at: float = 200.0) -> Job:
    """Return a job whose lease a reader has found dead."""
    ended = jobs.end_due(job or rendering(), now=CREATED_AT + at, lease_age=90.0)
    assert ended is not None
    return ended


def canceled(job: Job | None = None, *, at: float = 2.0) -> Job:
    ended = jobs.cancel(job or queued(), now=CREATED_AT + at)
    assert ended is not None
    return ended


def erased(job: Job | None = None, *, at: float = 3.0) -> Job:
    gone = jobs.erase(job or queued(), now=CREATED_AT + at)
    assert gone is not None
    return gone


def rescue() -> Job:
    """Return a new job that saves what another one has paid for."""
    old = queued(id=OLD_ID, provider_url=URL, provider_request_id="chatcmpl-1")
    return jobs.as_rescue(queued(), old)


def requeued() -> Job:
    back = jobs.back_to_queue(rendering(), RUN_ID, 1, now=CREATED_AT + 2, retry_at=CREATED_AT + 6)
    assert back is not None
    return back


def given_up_with_link() -> Job:
    late = jobs.record_url(given_up(), RUN_ID, 1, now=CREATED_AT + 210, url=URL, request_id="chatcmpl-1")
    assert late is not None
    return late


STATES: dict[str, Callable[[], Job]] = {
    "queued": queued,
    "queued again": requeued,
    "rendering": rendering,
    "saving": saving,
    "rescue": rescue,
    "completed": completed,
    "failed": lambda: failed(Failure.of("no_video")),
    "failed, unknown": lambda: failed(Failure.of("outcome_unknown")),
    "given up": given_up,
    "given up, link known": given_up_with_link,
    "canceled": canceled,
    "erased": erased,
    "given up, erased": lambda: erased(given_up()),
}
