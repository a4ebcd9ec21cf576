"""POST /api/start-video: check the request, store photos and job, call the worker, answer within a second."""

from __future__ import annotations

import hashlib
import hmac
import re
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, get_args

from pydantic_core import SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from videogen import photos, service, signing
from videogen.errors import FieldError, InputTooLarge, InvalidInput, RequestRefused
from videogen.functions import wiring
from videogen.functions.field_errors import field_errors
from videogen.functions.http import Problem, Request, Response, endpoint
from videogen.functions.job_view import job_view
from videogen.jobs import AspectRatio
from videogen.limits import MAX_PHOTO_BYTES, MAX_PHOTOS, MAX_PROMPT_CHARACTERS
from videogen.service import Order, Upload
from videogen.settings import Model

if TYPE_CHECKING:
    from videogen.functions.wiring import Deps
    from videogen.jobs import Job

IDEMPOTENCY_KEY = re.compile(r"[!-~]{16,255}")


@dataclass(slots=True)
class PhotoInput:
    """A photo as a data URI. Its name is accepted and not used: nothing of it may reach a key or a header."""

    name: str | None = field(repr=False)
    data: str = field(repr=False)


@dataclass(slots=True)
class StartRequest:
    """The body of a request."""

    prompt: str = field(repr=False)
    photos: list[PhotoInput]
    aspectRatio: AspectRatio  # noqa: N815 - the wire's name
    model: str | None
    retryOf: str | None  # noqa: N815 - the wire's name
    ownerToken: str | None = field(repr=False)  # noqa: N815 - the wire's name


def _object(cls: type, **checks: cs.CoreSchema) -> cs.CoreSchema:
    fields = [cs.dataclass_field(name, check, kw_only=True) for name, check in checks.items()]
    args = cs.dataclass_args_schema(cls.__name__, fields)
    # The object itself is not strict: it comes as a dict.
    return cs.dataclass_schema(cls, args, list(checks), slots=True, strict=False)


_TEXT_OR_NONE = cs.with_default_schema(cs.nullable_schema(cs.str_schema()), default=None)
SCHEMA = _object(
    StartRequest,
    prompt=cs.str_schema(strip_whitespace=True, min_length=1, max_length=MAX_PROMPT_CHARACTERS),
    photos=cs.with_default_schema(
        cs.list_schema(_object(PhotoInput, name=_TEXT_OR_NONE, data=cs.str_schema()), max_length=MAX_PHOTOS),
        default=[],
    ),
    aspectRatio=cs.with_default_schema(
        cs.literal_schema(list(get_args(AspectRatio))),
        default="auto",
        # For the description of the API.
        metadata={
            "pydantic_js_updates": {
                "description": "What the first photo is cropped to, around its centre: `auto` is the nearer "
                "shape, 16:9 for a square one."
            }
        },
    ),
    model=_TEXT_OR_NONE,
    retryOf=_TEXT_OR_NONE,
    ownerToken=_TEXT_OR_NONE,
)
"""What a body must be, for pydantic's core: a model says it in fewer words, and takes 50 ms longer to import,
which whoever presses the button after a quiet hour waits for."""
CHECK = SchemaValidator(SCHEMA, cs.CoreConfig(strict=True, hide_input_in_errors=True))

PAUSED_RETRY_SECONDS = 15 * 60
MESSAGES = {
    ("prompt", "missing"): "Prompt is required.",
    ("prompt", "string_too_short"): "Prompt is required.",
    (
        "prompt",
        "string_too_long",
    ): f"The prompt is longer than {MAX_PROMPT_CHARACTERS} characters: shorten it.",
    ("photos", "too_long"): f"At most {MAX_PHOTOS} photos can be sent: leave some out.",
    ("aspectRatio", "literal_error"): 'The aspect ratio must be "auto", "16:9" or "9:16".',
}


def answer(request: Request, deps: Deps) -> Response:
    """Start a video, or find the one that the same Idempotency-Key has started already."""
    try:
        wanted, key = parse(request.json_object()), idempotency_key(request)
    except (Problem, InvalidInput):
        check_allowed(request, deps)
        raise
    try:
        check_allowed(request, deps)
        model = choose_model(wanted, deps)
    except (Problem, InvalidInput):
        job = buy_nothing(wanted, key, request, deps)
        if job is None:
            raise
        return accepted(deps, job)
    order = order_of(wanted, key, model, deps)
    return accepted(deps, service.start(deps, order, deps.dispatcher(request)))


def check_allowed(request: Request, deps: Deps) -> None:
    """Raise a Problem where this request may start nothing, whatever it asks for."""
    check_open(deps)
    check_access_code(request, deps)


def order_of(
    wanted: StartRequest, key: str | None, model: Model | None, deps: Deps, *, only_rescues: bool = False
) -> Order:
    """Return the order that a request is; raises InvalidInput, UnsupportedPhoto, InputTooLarge."""
    return Order(
        prompt=wanted.prompt,
        model=model.id if model else None,
        price=model.price if model else None,
        offered=deps.settings.models,
        aspect_ratio=wanted.aspectRatio,
        uploads=read_photos(wanted),
        retry_of=wanted.retryOf,
        owner_token=wanted.ownerToken or "",
        key=key,
        fingerprint=digest(wanted),
        only_rescues=only_rescues,
    )


def buy_nothing(wanted: StartRequest, key: str | None, request: Request, deps: Deps) -> Job | None:
    """Return the job that this very request has started before, or one that saves a video that was paid for.

    A site that has closed since, or offers the model no longer, stops neither. None where there is no such
    job. Raises JobErased, KeyReused, StoreError.
    """
    started = None if key is None else service.find_started(deps, key, digest(wanted))
    if started is not None or wanted.retryOf is None:
        return started
    with suppress(Problem, RequestRefused):
        check_access_code(request, deps)
        model = Model(wanted.model) if wanted.model else None
        order = order_of(wanted, key, model, deps, only_rescues=True)
        return service.start(deps, order, deps.dispatcher(request))
    return None


def check_open(deps: Deps) -> None:
    """Raise a 503 Problem with the operator's sentence while nothing may be started."""
    if deps.settings.paused:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "paused",
            deps.settings.paused,
            headers={"Retry-After": str(PAUSED_RETRY_SECONDS)},
        )


def check_access_code(request: Request, deps: Deps) -> None:
    """Raise a 401 Problem where the site wants an access code and this is not it."""
    code = deps.settings.access_code
    given = request.headers.get("x-access-code", "")
    if code is not None and not hmac.compare_digest(
        given.encode(errors="surrogatepass"), code.reveal().encode()
    ):
        raise Problem(HTTPStatus.UNAUTHORIZED, "access_code", "This site asks for an access code.")


def parse(body: dict[str, Any]) -> StartRequest:
    """Check the fields of a request; raises InvalidInput with every wrong one."""
    try:
        wanted: StartRequest = CHECK.validate_python(body)
    except ValidationError as error:
        raise InvalidInput(list(field_errors(error, MESSAGES))) from None
    if wanted.retryOf is None and not wanted.photos:
        raise InvalidInput([FieldError("photos", "At least one photo is required.")])
    if wanted.retryOf is not None and wanted.photos:
        raise InvalidInput([FieldError("photos", "A retry takes the photos of its job: send none.")])
    return wanted


def idempotency_key(request: Request) -> str | None:
    """Return the Idempotency-Key, None without one; raises InvalidInput."""
    key = request.headers.get("idempotency-key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidInput(
            [FieldError("Idempotency-Key", "The Idempotency-Key must be 16 to 255 visible ASCII characters.")]
        )
    return key


def choose_model(wanted: StartRequest, deps: Deps) -> Model | None:
    """Return the model to use, None for that of a retried job.

    Raises InvalidInput for one that the operator does not offer.
    """
    offered = deps.settings.models
    if wanted.model is not None:
        return service.offered_model(offered, wanted.model)
    return offered[0] if wanted.retryOf is None else None


def digest(wanted: StartRequest) -> str:
    """Return a digest of what was asked for, to tell a repeated request from another one."""
    whole = hashlib.sha256()
    for part in (
        wanted.prompt,
        wanted.aspectRatio,
        wanted.model or "",
        wanted.retryOf or "",
        *(photo.data for photo in wanted.photos),
    ):
        whole.update(hashlib.sha256(part.encode()).digest())
    return whole.hexdigest()


def read_photos(wanted: StartRequest) -> tuple[Upload, ...]:
    """Decode and look at the photos; raises InvalidInput, UnsupportedPhoto, InputTooLarge."""
    uploads: list[Upload] = []
    for index, photo in enumerate(wanted.photos):
        field = f"photos[{index}].data"
        body = photos.decode_data_uri(photo.data, field)
        uploads.append(Upload(body, photos.sniff(body, field=field).type))
    if sum(len(upload.body) for upload in uploads) > MAX_PHOTO_BYTES:
        megabytes = MAX_PHOTO_BYTES // 1_000_000
        raise InputTooLarge(
            [FieldError("photos", f"The photos are larger than {megabytes} MB together: send smaller ones.")]
        )
    return tuple(uploads)


def accepted(deps: Deps, job: Job) -> Response:
    """Return the 202 for a job."""
    view = job_view(job, deps.store.objects, now=deps.clock.now(), keep_days=deps.settings.keep_days)
    status_url = f"/api/check-video-status?jobId={job.id}"
    poll_after_ms = view["pollAfterMs"] or 0
    return Response(
        HTTPStatus.ACCEPTED,
        {
            "success": True,
            "jobId": job.id,
            "ownerToken": signing.owner_token(deps.keys[0], job.id),
            "status": view["status"],
            "statusUrl": status_url,
            "pollAfterMs": poll_after_ms,
            "estimatedSeconds": view["estimatedSeconds"],
            "createdAt": view["createdAt"],
            "message": "Your video is being made.",
        },
        {"Location": status_url, "Retry-After": str(max(1, -(-poll_after_ms // 1000)))},
    )


handler = endpoint(answer, methods=("POST",), deps=wiring.deps)
