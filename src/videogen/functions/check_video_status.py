"""GET /api/check-video-status: how a job stands. Also writes the end that is due, and wakes a lost worker."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from videogen import jobs, log, signing
from videogen.errors import FieldError, InvalidInput, NoSuchObject
from videogen.functions import wiring
from videogen.functions.http import Problem, Request, Response, endpoint
from videogen.functions.job_view import job_view

if TYPE_CHECKING:
    from videogen.functions.wiring import Site
    from videogen.job_store import StoredJob


def answer(request: Request, site: Site) -> Response:
    """Answer with the job, after writing whatever the passing of time has made of it."""
    stored = find(request.query.get("jobId", ""), site)
    stored = heal(request, site, stored)
    view = job_view(stored.job, site.store.objects, now=site.clock.now(), keep_days=site.settings.keep_days)
    headers = {}
    if view["pollAfterMs"] is not None:
        headers["Retry-After"] = str(max(1, -(-view["pollAfterMs"] // 1000)))
    return Response(HTTPStatus.OK, view, headers)


def find(job_id: str, site: Site) -> StoredJob:
    """Read a job; raises InvalidInput without an id, and a 404 Problem for one that is not there."""
    if not job_id:
        raise InvalidInput([FieldError("jobId", "jobId parameter is required.")])
    try:
        if signing.is_job_id(job_id):
            return site.store.read(job_id)
    except NoSuchObject:
        pass
    raise Problem(
        HTTPStatus.NOT_FOUND,
        "job_not_found",
        "Job not found.",
        message="Job may have expired or does not exist.",
    )


def heal(request: Request, site: Site, stored: StoredJob) -> StoredJob:
    """Write the end that is due, or count and send one more call of the worker."""
    now = site.clock.now()
    if jobs.due_end(stored.job, now=now, lease_age=stored.age):
        ended = site.store.swap(stored, lambda it: jobs.end_due(it.job, now=now, lease_age=it.age))
        if ended is None:
            return site.store.read(stored.job.id)
        failure = ended.job.failure
        if failure is not None:
            log.error("job.failed", jobId=ended.job.id, code=failure.code, charged=failure.charged)
        site.ledger.settle(ended.job)
        return ended
    if jobs.needs_dispatch(stored.job, now=now, lease_age=stored.age):
        counted = site.store.swap(stored, lambda it: jobs.count_dispatch(it.job, now=now, lease_age=it.age))
        if counted is None:
            return site.store.read(stored.job.id)
        site.call_worker(request, counted.job.id, keys=site.keys, now=now, attempt=counted.job.dispatches)
        return counted
    return stored


handler = endpoint(answer, methods=("GET",), site=wiring.site)
