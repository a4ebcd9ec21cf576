"""HTTP as the functions see it: Lambda proxy events in, responses and RFC 9457 problems out.

`endpoint` makes a handler of a function from a Request and its deps to a Response. Whatever goes wrong
becomes a problem with a stable `code`; what nobody expected is a 500 that says nothing but where to look.
"""

from __future__ import annotations

import base64
import json
import math
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from videogen import log, timing
from videogen.errors import (
    DailyLimitReached,
    FieldError,
    InputTooLarge,
    InvalidInput,
    JobEnded,
    JobErased,
    JobNotFound,
    JobRunning,
    KeyReused,
    MalformedRecord,
    NotOwner,
    PhotosGone,
    PushOff,
    RequestRefused,
    RescuesUsedUp,
    SettingsError,
    StoreError,
    StoreUnavailable,
    UnsafeStore,
    UnsupportedPhoto,
    VideogenError,
    WorkerUnreachable,
)
from videogen.jobs import timestamp
from videogen.limits import MAX_BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SLOW_SECONDS = 1.0
MAX_JSON_BRACKETS = 100_000
"""More than any prompt has; millions of empty lists would take seconds of processor time to read."""

SECURITY_HEADERS = {
    # Netlify applies netlify.toml's headers to files only, so functions send their own.
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}

Event = dict[str, Any]
DepsT = TypeVar("DepsT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request: lower-case header names, decoded body, and what the platform says of the site.

    What the client sent is not in the repr: codes, keys, tokens, prompts and photos are among it.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    netlify: Mapping[str, Any]
    seconds_left: Callable[[], float]

    def json_object(self) -> dict[str, Any]:
        """Return the body as a JSON object; raises Problem, InputTooLarge, InvalidInput."""
        media_type = self.headers.get("content-type", "").split(";", 1)[0].strip().lower()
        if media_type != "application/json":
            raise Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Send JSON with the header Content-Type: application/json.",
            )
        if len(self.body) > MAX_BODY_BYTES:
            raise InputTooLarge(
                [FieldError("", f"The request is larger than {MAX_BODY_BYTES} bytes: send smaller photos.")]
            )
        if self.body.count(b"[") + self.body.count(b"{") > MAX_JSON_BRACKETS:
            raise InvalidInput([FieldError("", "The request body is not what this address takes.")])
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise InvalidInput([FieldError("", "The request body is not valid JSON.")]) from None
        if not isinstance(found, dict):
            raise InvalidInput([FieldError("", "The request body must be a JSON object.")])
        return found


@dataclass(frozen=True, slots=True)
class Response:
    """A JSON answer, or one without a body; what it holds, a token or a signed link, is not in the repr."""

    status: int
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class Problem(VideogenError):
    """An answer that is an error: status, stable code, a sentence for people, and further members."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        self.status = status
        self.code = code
        self.errors = errors
        self.headers = headers or {}
        self.members = members
        super().__init__(detail)


def endpoint(
    answer: Callable[[Request, DepsT], Response], *, methods: Sequence[str], deps: Callable[[], DepsT]
) -> Callable[[Event, Any], dict[str, Any]]:
    """Return a function's Lambda handler; `deps` is asked for at each call, so that its errors answer."""

    def handler(event: Event, context: Any) -> dict[str, Any]:  # noqa: ANN401 - the platform's own object
        begun = time.perf_counter()
        request_id = str(context.aws_request_id)
        with log.bound(requestId=request_id), timing.collected() as parts:
            try:
                request = read_request(event, context)
                check_method(request, methods)
                response = answer(request, deps())
                content_type = "application/json"
            except Exception as error:  # noqa: BLE001 - the one place where everything becomes an answer
                response = _problem_response(as_problem(error))
                content_type = "application/problem+json"
            seconds = time.perf_counter() - begun
            is_problem = response.status >= HTTPStatus.BAD_REQUEST
            if is_problem or seconds > SLOW_SECONDS:
                log.warning(
                    "http.problem" if is_problem else "http.slow",
                    status=int(response.status),
                    code=(response.body or {}).get("code"),
                    durationMs=1000 * seconds,
                )
        return {
            "statusCode": int(response.status),
            "headers": {
                **SECURITY_HEADERS,
                "Content-Type": content_type,
                "X-Request-Id": request_id,
                "Server-Timing": timing.header(parts, 1000 * seconds),
                **response.headers,
            },
            "body": ""
            if response.body is None
            else json.dumps(response.body, ensure_ascii=False, separators=(",", ":")),
        }

    return handler


def check_method(request: Request, methods: Sequence[str]) -> None:
    """Raise a 405 Problem for a method that is not among these."""
    if request.method not in methods:
        raise Problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method_not_allowed",
            f"This address takes {' and '.join(methods)} only.",
            headers={"Allow": ", ".join(methods)},
        )


def read_request(event: Event, context: Any) -> Request:  # noqa: ANN401 - the platform's own object
    """Read a Lambda proxy event; raises Problem for a body that is none."""
    request_context = event.get("requestContext") or {}
    netlify = request_context.get("netlify") or {}
    return Request(
        method=str(event.get("httpMethod", "")).upper(),
        url=str(netlify.get("url") or ""),
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        query=event.get("queryStringParameters") or {},
        body=_body_of(event),
        netlify=netlify,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
    )


def _body_of(event: Event) -> bytes:
    body = event.get("body") or ""
    try:
        if event.get("isBase64Encoded"):
            return base64.b64decode(body, validate=True)
        return bytes(body.encode("utf-8", "surrogatepass"))
    except (ValueError, TypeError, AttributeError):
        detail = "The request body cannot be decoded."
        raise Problem(
            HTTPStatus.BAD_REQUEST, "invalid_input", detail, errors=[FieldError("", detail)]
        ) from None


STATUSES: Mapping[type[InvalidInput | RequestRefused], HTTPStatus] = {
    UnsupportedPhoto: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    InputTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    InvalidInput: HTTPStatus.BAD_REQUEST,
    NotOwner: HTTPStatus.FORBIDDEN,
    JobNotFound: HTTPStatus.NOT_FOUND,
    JobErased: HTTPStatus.GONE,
    JobRunning: HTTPStatus.CONFLICT,
    JobEnded: HTTPStatus.CONFLICT,
    PhotosGone: HTTPStatus.GONE,
    PushOff: HTTPStatus.NOT_FOUND,
    RescuesUsedUp: HTTPStatus.CONFLICT,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    DailyLimitReached: HTTPStatus.TOO_MANY_REQUESTS,
    WorkerUnreachable: HTTPStatus.BAD_GATEWAY,
}
"""What each error is on the wire; its `code` goes along."""


def as_problem(error: Exception) -> Problem:
    """Turn any error into the problem that is answered; what nobody expected is logged with its place."""
    match error:
        case Problem():
            return error
        case InvalidInput():
            detail = " ".join(wrong.message for wrong in error.errors)
            return Problem(STATUSES[type(error)], error.code, detail, errors=error.errors)
        case RequestRefused():
            return _refusal(error)
        case SettingsError():
            log.error("site.misconfigured", error=error.detail)
            return Problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "misconfigured",
                "This site is not set up completely; its function log says what is missing.",
            )
        case StoreError():
            return _store_problem(error)
        case _:
            log.crash(error)
            return Problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "internal_error",
                "Something went wrong here. Please try again.",
            )


def _store_problem(error: StoreError) -> Problem:
    """Return what a visitor reads of trouble with the storage; what it is stands in the log."""
    log.error("store.unavailable", error=error.detail)
    code, headers = "storage_unavailable", {}
    match error:
        case UnsafeStore():
            code = "store_unsafe"
            detail = (
                "This site's storage has no conditional writes, so no video can be made safely here. "
                "Please tell its operator."
            )
        case StoreUnavailable(transient=False) | MalformedRecord():
            detail = "The storage of this site does not work as it should. Please tell its operator."
        case _:
            detail = "The storage of this site does not answer. Please try again."
            headers = {"Retry-After": "5"}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, code, detail, headers=headers)


def _refusal(error: RequestRefused) -> Problem:
    """Return a refusal with what its reader needs next."""
    members: dict[str, Any] = {"jobId": error.job_id} if error.job_id else {}
    headers: dict[str, str] = {}
    match error:
        case JobNotFound():
            members["message"] = "Job may have expired or does not exist."
        case DailyLimitReached():
            members["opensAt"] = timestamp(error.opens_at)
            headers["Retry-After"] = str(math.ceil(error.wait))
        case WorkerUnreachable():
            members["ownerToken"] = error.owner_token
    return Problem(STATUSES[type(error)], error.code, error.detail, headers=headers, **members)


def _problem_response(problem: Problem) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": int(problem.status),
        "detail": problem.detail,
        "code": problem.code,
        # For clients of the first version, which knew no other error shape.
        "success": False,
        "error": problem.detail,
        **problem.members,
    }
    if problem.errors:
        body["errors"] = [{"field": error.field, "message": error.message} for error in problem.errors]
    return Response(problem.status, body, problem.headers)
