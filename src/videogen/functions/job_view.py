"""A job as the page sees it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from videogen import jobs
from videogen.job_store import MP4
from videogen.jobs import Status
from videogen.polling import poll_after

if TYPE_CHECKING:
    from videogen.jobs import Failure, Job
    from videogen.objects import Objects

VIDEO_URL_SECONDS = 60 * 60
IMPROVABLE_POLL_SECONDS = 60.0
DAY_SECONDS = 24 * 60 * 60


def job_view(job: Job, objects: Objects, *, now: float, keep_days: int) -> dict[str, Any]:
    """Return the wire form of a job; a completed one carries fresh links to its video."""
    view: dict[str, Any] = {
        "jobId": job.id,
        "status": job.status.value,
        "stage": job.stage.value if job.stage else None,
        "prompt": job.prompt,
        "photosCount": 0 if job.deleted_at else len(job.photos),
        "createdAt": jobs.timestamp(job.created_at),
        "startedAt": _timestamp(job.started_at),
        "completedAt": _timestamp(job.completed_at),
        "elapsedSeconds": round(max(0.0, (job.completed_at or now) - job.created_at), 1),
        "estimatedSeconds": (
            {"p50": round(job.estimate.p50), "p90": round(job.estimate.p90)} if job.estimate else None
        ),
        "pollAfterMs": _poll_after_ms(job, now),
        "videoUrl": None,
        "downloadUrl": None,
        "videoUrlExpiresAt": None,
        "keptUntil": None,
        "deletedAt": _timestamp(job.deleted_at),
        "error": job.failure.detail if job.failure else None,
        "failure": failure_view(job.failure) if job.failure else None,
    }
    if job.status is Status.COMPLETED and job.video is not None:
        name = f"video-{jobs.timestamp(job.created_at)[:10]}-{job.id[:6].replace('-', '_')}.mp4"
        for field, disposition in (("videoUrl", "inline"), ("downloadUrl", f'attachment; filename="{name}"')):
            view[field] = objects.presign(
                job.video.key, seconds=VIDEO_URL_SECONDS, content_type=MP4, disposition=disposition
            )
        view["videoUrlExpiresAt"] = jobs.timestamp(now + VIDEO_URL_SECONDS)
        view["keptUntil"] = jobs.timestamp((job.completed_at or now) + keep_days * DAY_SECONDS)
    return view


def failure_view(failure: Failure) -> dict[str, Any]:
    """Return the wire form of a failure: its note is the operator's."""
    return {
        "code": failure.code,
        "retryable": failure.retryable,
        "charged": failure.charged,
        "detail": failure.detail,
    }


def _poll_after_ms(job: Job, now: float) -> int | None:
    age = now - job.created_at
    if not job.has_ended:
        # Rounded up: a poll that came a moment early would be told to come again at once.
        return math.ceil(1000 * poll_after(age, job.estimate))
    if job.is_improvable and now < job.ends_by:
        return round(1000 * IMPROVABLE_POLL_SECONDS)
    return None


def _timestamp(seconds: float | None) -> str | None:
    return None if seconds is None else jobs.timestamp(seconds)
