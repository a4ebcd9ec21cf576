"""HTTP as the functions see it: events in, answers out, and a problem with a stable code for every error."""

from __future__ import annotations

import base64
import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from support.functions_under_test import Context
from support.service_under_test import logged
from videogen import errors
from videogen.errors import (
    DailyLimitReached,
    FieldError,
    InputTooLarge,
    InvalidInput,
    JobNotFound,
    MalformedRecord,
    NotOwner,
    RequestRefused,
    SettingsError,
    StoreUnavailable,
    WorkerUnreachable,
)
from videogen.functions import http
from videogen.functions.http import STATUSES, Problem, Response, endpoint, read_request

if TYPE_CHECKING:
    from videogen.functions.http import Request

DETAIL = "The words for the person."


def answered(given: Response | Exception, event: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what a handler answers whose function returns or raises this."""

    def answer(request: Request, deps: str) -> Response:
        assert (request.method, deps) == ("GET", "deps")
        if isinstance(given, Exception):
            raise given
        return given

    handler = endpoint(answer, methods=("GET",), deps=lambda: "deps")
    return handler({"httpMethod": "GET"} | (event or {}), Context())


def problem(error: Exception) -> dict[str, Any]:
    """Return the problem that an error becomes, without what every problem has."""
    sent = answered(error)
    body: dict[str, Any] = json.loads(sent["body"])
    assert sent["headers"]["Content-Type"] == "application/problem+json"
    assert (body.pop("type"), body.pop("success"), body.pop("error")) == (
        "about:blank",
        False,
        body["detail"],
    )
    assert body.pop("title") == HTTPStatus(sent["statusCode"]).phrase
    assert body["status"] == sent["statusCode"]
    return body


def subclasses(of: type[Any]) -> set[type[Any]]:
    return {each for kind in of.__subclasses__() for each in ({kind} | subclasses(kind))}


def test_an_answer_carries_the_headers_of_all() -> None:
    sent = answered(Response(HTTPStatus.ACCEPTED, {"city": "Zürich"}, {"Location": "/here"}))

    assert (sent["statusCode"], sent["body"]) == (202, '{"city":"Zürich"}')
    assert sent["headers"] == {
        **http.SECURITY_HEADERS,
        "Content-Type": "application/json",
        "X-Request-Id": "request-1",
        "Server-Timing": sent["headers"]["Server-Timing"],
        "Location": "/here",
    }


def test_every_refusal_has_a_status_and_its_own_code() -> None:
    refusals = subclasses(RequestRefused)

    assert refusals <= STATUSES.keys()
    assert len({kind.code for kind in refusals}) == len(refusals)
    assert all(400 <= STATUSES[kind] < 600 for kind in refusals)


def test_every_wrong_input_has_a_status() -> None:
    assert {InvalidInput, *subclasses(InvalidInput)} <= STATUSES.keys()


@pytest.mark.parametrize(
    ("error", "body"),
    [
        (NotOwner(detail=DETAIL), {"status": 403, "code": "owner_token", "detail": DETAIL}),
        (
            JobNotFound("A" * 22),
            {
                "status": 404,
                "code": "job_not_found",
                "detail": "Job not found.",
                "jobId": "A" * 22,
                "message": "Job may have expired or does not exist.",
            },
        ),
        (
            DailyLimitReached("20 videos", opens_at=1_800_057_600.0, wait=30.2),
            {
                "status": 429,
                "code": "daily_limit",
                "detail": "Today's 20 videos of this site are used up. It opens again at 00:00 UTC.",
                "opensAt": "2027-01-16T00:00:00.000Z",
            },
        ),
        (
            WorkerUnreachable("A" * 22, owner_token="token"),
            {
                "status": 502,
                "code": "worker_unreachable",
                "detail": errors.FAILURES["worker_unreachable"].detail,
                "jobId": "A" * 22,
                "ownerToken": "token",
            },
        ),
        (
            InputTooLarge([FieldError("photos", "Too much."), FieldError("prompt", "Too long.")]),
            {
                "status": 413,
                "code": "too_large",
                "detail": "Too much. Too long.",
                "errors": [
                    {"field": "photos", "message": "Too much."},
                    {"field": "prompt", "message": "Too long."},
                ],
            },
        ),
        (
            StoreUnavailable("the storage answered 503"),
            {
                "status": 503,
                "code": "storage_unavailable",
                "detail": "The storage of this site does not answer. Please try again.",
            },
        ),
        (
            MalformedRecord("a day's ledger in the storage cannot be read"),
            {
                "status": 503,
                "code": "storage_unavailable",
                "detail": "The storage of this site does not work as it should. Please tell its operator.",
            },
        ),
        (
            SettingsError("S3_BUCKET is not set"),
            {
                "status": 500,
                "code": "misconfigured",
                "detail": "This site is not set up completely; its function log says what is missing.",
            },
        ),
        (
            ZeroDivisionError("a secret"),
            {
                "status": 500,
                "code": "internal_error",
                "detail": "Something went wrong here. Please try again.",
            },
        ),
        (
            Problem(HTTPStatus.UNAUTHORIZED, "access_code", DETAIL, hint=1),
            {"status": 401, "code": "access_code", "detail": DETAIL, "hint": 1},
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_becomes_its_problem(error: Exception, body: dict[str, Any]) -> None:
    assert problem(error) == body


def test_a_full_day_says_when_to_come_again() -> None:
    sent = answered(DailyLimitReached("20 videos", opens_at=1_800_057_600.0, wait=30.2))

    assert sent["headers"]["Retry-After"] == "31"


def test_a_crash_is_logged_with_its_place_and_no_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="videogen")

    answered(ZeroDivisionError("a secret"))

    (line,) = logged(caplog, "function.crashed")
    assert line["error"] == "ZeroDivisionError"
    assert line["place"].startswith("test_http.py:")
    assert "a secret" not in caplog.text


@pytest.mark.parametrize(("simulated", "is_whole"), [("1", True), ("", False), ("0", False), (None, False)])
def test_where_simulated_a_crash_has_its_traceback(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    simulated: str | None,
    *,
    is_whole: bool,
) -> None:
    caplog.set_level(logging.INFO, logger="videogen")
    monkeypatch.delenv("VIDEOGEN_SIMULATED", raising=False)
    if simulated is not None:
        monkeypatch.setenv("VIDEOGEN_SIMULATED", simulated)
    error = KeyError("of a photo")
    error.__cause__ = ValueError("its cause")

    answered(error)

    whole = caplog.messages[-2]
    assert ("Traceback" in caplog.text) is is_whole
    assert (whole.endswith("KeyError: 'of a photo'") and "ValueError: its cause" in whole) is is_whole


@pytest.mark.parametrize(
    ("given", "seconds", "actions"),
    [
        (Response(HTTPStatus.OK, {}), 0.9, []),
        (Response(HTTPStatus.OK, {}), 1.1, ["http.slow"]),
        (NotOwner(), 0.1, ["http.problem"]),
        (NotOwner(), 1.1, ["http.problem"]),
    ],
)
def test_problems_and_slow_answers_are_logged(
    given: Response | Exception,
    seconds: float,
    actions: list[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO, logger="videogen")
    moments = iter([0.0, seconds])
    monkeypatch.setattr("videogen.functions.http.time.perf_counter", lambda: next(moments))

    answered(given)

    lines = logged(caplog, "http.slow", "http.problem")
    assert [line["action"] for line in lines] == actions
    assert all(line["durationMs"] == 1000 * seconds for line in lines)


@pytest.mark.parametrize("method", ["POST", "get", "", "PROPFIND"])
def test_only_its_methods_reach_a_function(method: str) -> None:
    sent = answered(Response(HTTPStatus.OK, {}), {"httpMethod": method})

    assert sent["statusCode"] == (200 if method == "get" else 405)
    assert sent["headers"].get("Allow") == (None if method == "get" else "GET")


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ({}, b""),
        ({"body": None}, b""),
        ({"body": "ä"}, "ä".encode()),
        ({"body": "\ud800"}, b"\xed\xa0\x80"),
        ({"body": base64.b64encode(b"\xff\x00").decode(), "isBase64Encoded": True}, b"\xff\x00"),
    ],
)
def test_a_body_arrives_as_its_bytes(event: dict[str, Any], body: bytes) -> None:
    assert read_request(event, Context()).body == body


@pytest.mark.parametrize("body", ["*", "YQ", 5])
def test_a_body_that_cannot_be_decoded_is_a_400(body: Any) -> None:
    sent = answered(Response(HTTPStatus.OK, {}), {"body": body, "isBase64Encoded": True})

    assert (sent["statusCode"], json.loads(sent["body"])["code"]) == (400, "invalid_input")


def test_a_request_shows_nothing_of_what_was_sent() -> None:
    event = {
        "httpMethod": "GET",
        "headers": {"X-Access-Code": "canary"},
        "queryStringParameters": {"jobId": "canary"},
        "body": "canary",
        "requestContext": {"netlify": {"url": "https://site.example/?canary"}},
    }

    request = read_request(event, Context())

    assert (request.headers, request.query) == ({"x-access-code": "canary"}, {"jobId": "canary"})
    assert "X-Access-Code" not in repr(request)
