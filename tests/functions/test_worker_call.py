"""The signed call of the worker: where it goes, and what each answer proves."""

from __future__ import annotations

import errno
import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from support.certificates import loopback_tls
from support.functions_under_test import SIGNING_SECRET
from videogen import signing
from videogen.clock import Clock
from videogen.functions.http import Request
from videogen.functions.worker_call import HttpDispatch, worker_origin
from videogen.service import DispatchResult
from videogen.settings import Secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = 1_800_000_000.0
KEYS = (Secret(SIGNING_SECRET),)
JOB_ID = "AAAAAAAAAAAAAAAAAAAAAA"

HOSTED = {"site": {"url": "https://videos.example", "name": "our-site"}, "deploy": {"id": "5ab"}}
DEV = {"site": {"url": "http://localhost:8888", "name": None}, "deploy": {"id": "0"}}
NOTHING: dict[str, Any] = {"site": {"url": None, "name": None}, "deploy": {"id": None}}


@pytest.mark.parametrize(
    ("url", "netlify", "origin"),
    [
        ("https://videos.example/api/start-video", HOSTED, "https://videos.example"),
        ("http://videos.example/api/start-video", HOSTED, "https://videos.example"),
        ("http://VIDEOS.example/api/start-video", HOSTED, "https://videos.example"),
        ("http://our-site.netlify.app/api/start-video", HOSTED, "https://our-site.netlify.app"),
        ("http://evil.example/api/start-video", HOSTED, "https://5ab--our-site.netlify.app"),
        ("https://our-site.netlify.app/api/start-video", HOSTED, "https://our-site.netlify.app"),
        (
            "https://deploy-preview-7--our-site.netlify.app/x",
            HOSTED,
            "https://deploy-preview-7--our-site.netlify.app",
        ),
        ("https://DEPLOY--our-site.netlify.app/x", HOSTED, "https://deploy--our-site.netlify.app"),
        # A host that the client made up, or another site's, is never called.
        ("https://evil.example/api/start-video", HOSTED, "https://5ab--our-site.netlify.app"),
        ("https://evil-our-site.netlify.app/x", HOSTED, "https://5ab--our-site.netlify.app"),
        ("https://our-site.netlify.app.evil.example/x", HOSTED, "https://5ab--our-site.netlify.app"),
        ("https://videos.example:444/x", HOSTED, "https://5ab--our-site.netlify.app"),
        ("https://videos.example@evil.example/x", HOSTED, "https://5ab--our-site.netlify.app"),
        ("http://localhost:8888/api/start-video", DEV, "http://localhost:8888"),
        ("http://evil.example/api/start-video", DEV, "http://localhost:8888"),
        # Only a platform that says nothing leaves the request's own host.
        ("http://127.0.0.1:9/x", NOTHING, "http://127.0.0.1:9"),
        ("http://127.0.0.1:9/x", {}, "http://127.0.0.1:9"),
    ],
)
def test_only_this_very_site_is_called(url: str, netlify: dict[str, Any], origin: str) -> None:
    assert worker_origin(url, netlify) == origin


def dispatch_to(origin: str) -> HttpDispatch:
    request = Request(
        method="POST",
        url=f"{origin}/api/start-video",
        headers={},
        query={},
        body=b"",
        netlify={},
        seconds_left=lambda: 10.0,
    )
    return HttpDispatch(request, KEYS, Clock(now=lambda: NOW))


def answering(status_line: bytes, headers: bytes = b"") -> Callable[[Any, socket.socket], None]:
    def behave(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 " + status_line + b"\r\nContent-Length: 0\r\n" + headers + b"\r\n")

    return behave


@pytest.mark.parametrize(
    ("status_line", "headers", "result"),
    [
        (b"202 Accepted", b"", DispatchResult.REACHED),
        (b"200 OK", b"", DispatchResult.REFUSED),
        (b"401 Unauthorized", b"", DispatchResult.REFUSED),
        (b"404 Not Found", b"", DispatchResult.REFUSED),
        (b"302 Found", b"Location: /elsewhere\r\n", DispatchResult.REFUSED),
        (b"405 Method Not Allowed", b"", DispatchResult.REFUSED),
        (b"413 Payload Too Large", b"", DispatchResult.REFUSED),
        (b"204 No Content", b"", DispatchResult.REFUSED),
        (b"408 Request Timeout", b"", DispatchResult.UNCLEAR),
        (b"425 Too Early", b"", DispatchResult.UNCLEAR),
        (b"429 Too Many Requests", b"Retry-After: 1\r\n", DispatchResult.UNCLEAR),
        (b"500 Internal Server Error", b"", DispatchResult.UNCLEAR),
        (b"503 Service Unavailable", b"", DispatchResult.UNCLEAR),
        (b"504 Gateway Timeout", b"", DispatchResult.UNCLEAR),
    ],
)
def test_exactly_202_means_reached(
    serve: Callable[..., Any], status_line: bytes, headers: bytes, result: DispatchResult
) -> None:
    server = serve(answering(status_line, headers))

    assert dispatch_to(server.origin)(JOB_ID, 0) is result
    assert len(server.requests) == 1


def test_a_connection_that_is_refused_proves_that_nobody_was_called() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        origin = f"http://127.0.0.1:{closed.getsockname()[1]}"

    assert dispatch_to(origin)(JOB_ID, 0) is DispatchResult.REFUSED


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "try again"), DispatchResult.UNCLEAR),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), DispatchResult.REFUSED),
        (socket.gaierror(socket.EAI_FAIL, "failed"), DispatchResult.REFUSED),
        (TimeoutError(), DispatchResult.UNCLEAR),
        (ConnectionResetError(), DispatchResult.UNCLEAR),
        (OSError(errno.EHOSTUNREACH, "no route"), DispatchResult.UNCLEAR),
    ],
    ids=["DNS busy", "no such name", "DNS failed", "time-out", "reset", "no route"],
)
def test_a_connection_that_fails_for_now_proves_nothing(
    monkeypatch: pytest.MonkeyPatch, error: OSError, result: DispatchResult
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    assert dispatch_to("http://127.0.0.1:9")(JOB_ID, 0) is result


def test_a_certificate_that_nobody_vouches_for_is_refused(serve: Callable[..., Any], tmp_path: Path) -> None:
    server = serve(answering(b"202 Accepted"), tls=loopback_tls(tmp_path)[0])

    assert dispatch_to(server.origin)(JOB_ID, 0) is DispatchResult.REFUSED
    assert server.requests == []


def test_a_connection_that_breaks_proves_nothing(serve: Callable[..., Any]) -> None:
    server = serve(lambda own, connection: own.read_request(connection))

    assert dispatch_to(server.origin)(JOB_ID, 0) is DispatchResult.UNCLEAR


def test_the_call_carries_the_job_and_a_signature_and_nothing_else(serve: Callable[..., Any]) -> None:
    server = serve(answering(b"202 Accepted"))

    dispatch_to(server.origin)(JOB_ID, 2)

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    assert lines[0] == "POST /.netlify/functions/generate-video-background HTTP/1.1"
    assert json.loads(body) == {"jobId": JOB_ID}
    signing.verify(KEYS, headers, body, now=NOW)
    assert headers.keys() == {
        "host",
        "accept-encoding",
        "content-length",
        "content-type",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    }
