"""POST /api/notify-video: which browser is to be told when a job has ended, or none any more."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from videogen import service
from videogen.errors import InvalidInput, PushOff
from videogen.functions import wiring
from videogen.functions.field_errors import field_errors
from videogen.functions.http import Request, Response, endpoint
from videogen.jobs import Subscription
from videogen.subscriptions import check_endpoint, check_key

if TYPE_CHECKING:
    from videogen.functions.wiring import Deps

WHOLE = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class Keys(BaseModel):
    """What a message is encrypted with: https://www.w3.org/TR/push-api/#dom-pushsubscription-getkey."""

    model_config = WHOLE

    p256dh: Annotated[str, AfterValidator(lambda text: check_key(text, length=65)), Field(repr=False)]
    auth: Annotated[str, AfterValidator(lambda text: check_key(text, length=16)), Field(repr=False)]


class PushSubscription(BaseModel):
    """A browser's subscription as `PushSubscription.toJSON()` writes it."""

    model_config = WHOLE

    endpoint: Annotated[str, AfterValidator(check_endpoint), Field(repr=False)]
    keys: Keys


class NotifyRequest(BaseModel):
    """The body of a request."""

    model_config = WHOLE

    jobId: str  # noqa: N815 - the wire's name
    ownerToken: Annotated[str, Field(repr=False)]  # noqa: N815 - the wire's name
    subscription: PushSubscription | None


def answer(request: Request, deps: Deps) -> Response:
    """Put a subscription into a job's record, or take it out; the same request again changes nothing."""
    if deps.settings.push_public_key is None:
        raise PushOff
    try:
        wanted = NotifyRequest.model_validate(request.json_object())
    except ValidationError as error:
        raise InvalidInput(list(field_errors(error))) from None
    found = wanted.subscription
    subscription = (
        None
        if found is None
        else Subscription(endpoint=found.endpoint, p256dh=found.keys.p256dh, auth=found.keys.auth)
    )
    service.subscribe(deps, wanted.jobId, wanted.ownerToken, subscription)
    return Response(HTTPStatus.NO_CONTENT)


handler = endpoint(answer, methods=("POST",), deps=wiring.deps)
