"""A job's record told to its operator: what happened, when, and whether money was spent. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from videogen import job_record, jobs
from videogen.cli.money import verdict

if TYPE_CHECKING:
    from videogen.jobs import Job, Transition

MEANINGS = {
    "job.created": "start-video stored the photos and this record",
    "worker.unclear": "the message may not have reached the queue: polls send it again",
    "job.claimed": "a worker took the job for itself, just before the paid call",
    "job.requeued": "the provider's answer proved that nothing had started: back to the queue",
    "blackbox.answered": "the provider answered with a link to the finished video",
    "job.taken_over": "another worker went on saving where one had gone",
    "worker.called": "a poll called the worker once more, or sent the queue another message",
    "job.completed": "the video was stored and checked",
    "job.failed": "the job ended without a video",
    "job.canceled": "its owner canceled the job",
    "job.deleted": "its owner erased prompt, photos and video",
}


def told(job: Job) -> list[tuple[str, str, str]]:
    """Return the time line: seconds since the job's creation, the action, and what it means."""
    return [(f"+{step.at - job.created_at:.1f} s", step.action, _meaning(job, step)) for step in job.history]


def summary(job: Job) -> dict[str, str]:
    """Return the facts that an operator asks for first."""
    facts = {
        "job": job.id,
        "status": f"{job.status}" + (f", {job.stage}" if job.stage else ""),
        "created": jobs.timestamp(job.created_at),
        "ended": jobs.timestamp(job.completed_at) if job.completed_at is not None else "not yet",
        "handed over": _handed_over(job),
        "waited": f"{job.started_at - job.created_at:.1f} s until a worker claimed it"
        if job.started_at is not None
        else "no worker has claimed it",
        "deadlines": f"no paid call after {jobs.timestamp(job.paid_call_by)}, "
        f"ended by {jobs.timestamp(job.ends_by)}",
        "model": job.model,
        "prompt": job.prompt or "erased",
        "photos": ", ".join(f"{photo.type} {photo.bytes} bytes" for photo in job.photos) or "none",
        "paid calls": str(job.calls),
        "money": verdict(job),
    }
    if job.failure is not None:
        facts["failure"] = f"{job.failure.code}: {job.failure.detail}"
    if job.failure is not None and job.failure.note:
        facts["diagnostic"] = job.failure.note
    names = {**({"id": job.provider_request_id} if job.provider_request_id else {}), **job.call_ids}
    if names:
        facts["provider's ids"] = ", ".join(f"{name} {value}" for name, value in names.items())
    if job.price is not None:
        facts["price"] = f"{job.price:.2f} USD at the start"
    if job.video is not None:
        facts["video"] = f"{job.video.bytes} bytes from {job.video.host}"
    if job.is_rescuable:
        facts["next"] = f"videogen rescue {job.id} saves the paid video, free of charge"
    elif job.is_improvable:
        facts["next"] = "should the worker whose call it was come back, this end is corrected"
    return facts


def as_json(job: Job) -> dict[str, Any]:
    """Return the record as stored, with `charged` as far as is known."""
    return {**job_record.to_object(job), "charged": job.charged}


def _handed_over(job: Job) -> str:
    """Return how the job was given to its worker, and when."""
    first = "over the queue, by a message" if job.dispatch == "queue" else "by a call"
    again = f", and {job.dispatches} more by polls" if job.dispatches else ""
    last = f", the last {jobs.timestamp(job.dispatched_at)}" if job.dispatched_at else ""
    return f"{first} sent {jobs.timestamp(job.created_at)}{again}{last}"


def _meaning(job: Job, step: Transition) -> str:
    if step.action == "job.failed" and job.failure is not None:
        return f"{MEANINGS[step.action]}: {job.failure.code}"
    return MEANINGS.get(step.action, "written by a newer version")
