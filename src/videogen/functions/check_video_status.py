"""GET /api/check-video-status: how a job stands. Also writes the end that is due, and wakes a lost worker."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from videogen import service
from videogen.errors import FieldError, InvalidInput
from videogen.functions import wiring
from videogen.functions.http import Request, Response, endpoint
from videogen.functions.job_view import job_view

if TYPE_CHECKING:
    from videogen.functions.wiring import Deps


def answer(request: Request, deps: Deps) -> Response:
    """Answer with the job, after writing whatever the passing of time has made of it."""
    job_id = request.query.get("jobId", "")
    if not job_id:
        raise InvalidInput([FieldError("jobId", "jobId parameter is required.")])
    job = service.heal(deps, job_id, deps.dispatcher(request))
    view = job_view(job, deps.store.objects, now=deps.clock.now(), keep_days=deps.settings.keep_days)
    headers = {}
    if view["pollAfterMs"] is not None:
        headers["Retry-After"] = str(max(1, -(-view["pollAfterMs"] // 1000)))
    return Response(HTTPStatus.OK, view, headers)


handler = endpoint(answer, methods=("GET",), deps=wiring.deps)
