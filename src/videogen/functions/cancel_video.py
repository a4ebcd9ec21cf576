"""POST /api/cancel-video: end a job at its owner's wish, or erase it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from videogen import jobs, log, signing
from videogen.errors import InvalidInput
from videogen.functions import wiring
from videogen.functions.check_video_status import find
from videogen.functions.field_errors import field_errors
from videogen.functions.http import Problem, Request, Response, endpoint
from videogen.functions.job_view import job_view

if TYPE_CHECKING:
    from videogen.functions.wiring import Site
    from videogen.job_store import StoredJob


class CancelRequest(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    jobId: str  # noqa: N815 - the wire's name
    ownerToken: Annotated[str, Field(repr=False)]  # noqa: N815 - the wire's name
    delete: bool = False


def answer(request: Request, site: Site) -> Response:
    """Cancel or erase a job, and answer with it; the same request again gives the same answer."""
    try:
        wanted = CancelRequest.model_validate(request.json_object())
    except ValidationError as error:
        raise InvalidInput(list(field_errors(error))) from None
    if not signing.check_owner_token(site.keys, wanted.jobId, wanted.ownerToken):
        raise Problem(
            HTTPStatus.FORBIDDEN, "owner_token", "Only whoever started this video can cancel or erase it."
        )
    stored = find(wanted.jobId, site)
    stored = erase(site, stored) if wanted.delete else cancel(site, stored)
    view = job_view(stored.job, site.store.objects, now=site.clock.now(), keep_days=site.settings.keep_days)
    return Response(HTTPStatus.OK, view)


def cancel(site: Site, stored: StoredJob) -> StoredJob:
    """Cancel a job; raises a 409 Problem where it has ended otherwise."""
    canceled = site.store.swap(stored, lambda it: jobs.cancel(it.job, now=site.clock.now()))
    if canceled is None:
        raise Problem(HTTPStatus.CONFLICT, "job_ended", "This video has ended already.", jobId=stored.job.id)
    site.ledger.settle(canceled.job)
    failure = canceled.job.failure
    log.info("job.canceled", jobId=canceled.job.id, charged=failure.charged if failure else None)
    return canceled


def erase(site: Site, stored: StoredJob) -> StoredJob:
    """Erase a job: first the record, so that no worker adds to it any more, then its objects."""
    photos, epochs = len(stored.job.photos), stored.job.epoch
    erased = site.store.swap(stored, lambda it: jobs.erase(it.job, now=site.clock.now()))
    if erased is None:
        raise Problem(HTTPStatus.CONFLICT, "job_ended", "This video cannot be erased.", jobId=stored.job.id)
    site.ledger.settle(erased.job)
    # A repeated request finds no photos in the record, but the first one may have died half way.
    site.store.erase_objects(erased.job.id, photos=photos or 4, epochs=max(epochs, erased.job.epoch))
    log.info("job.deleted", jobId=erased.job.id)
    return erased


handler = endpoint(answer, methods=("POST",), site=wiring.site)
