"""POST /api/cancel-video: end a job for its owner, or erase it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from videogen import service
from videogen.errors import InvalidInput
from videogen.functions import wiring
from videogen.functions.field_errors import field_errors
from videogen.functions.http import Request, Response, endpoint
from videogen.functions.job_view import job_view

if TYPE_CHECKING:
    from videogen.functions.wiring import Deps


class CancelRequest(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    jobId: str  # noqa: N815 - the wire's name
    ownerToken: Annotated[str, Field(repr=False)]  # noqa: N815 - the wire's name
    delete: bool = False


def answer(request: Request, deps: Deps) -> Response:
    """Cancel or erase a job, and answer with it; the same request again gives the same answer."""
    try:
        wanted = CancelRequest.model_validate(request.json_object())
    except ValidationError as error:
        raise InvalidInput(list(field_errors(error))) from None
    act = service.erase if wanted.delete else service.cancel
    job = act(deps, wanted.jobId, wanted.ownerToken)
    view = job_view(job, deps.store.objects, now=deps.clock.now(), keep_days=deps.settings.keep_days)
    return Response(HTTPStatus.OK, view)


handler = endpoint(answer, methods=("POST",), deps=wiring.deps)
