"""Something between the operator and a service: it changes requests, answers them, tells another time."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import httpx

from videogen.local.http_server import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.terminal import Operator

Reply = tuple[int, dict[str, str], bytes]


class Passed:
    """A request on its way; header names in lower case."""

    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body


class Between(LoopbackServer):
    """Answers by a function of the request."""

    def __init__(self, answer: Callable[[Passed], Reply]) -> None:
        super().__init__(_Handler)
        self.answer = answer


class _Handler(BaseHTTPRequestHandler):
    server: Between

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, answered, content = self.server.answer(Passed(self.command, self.path, headers, body))
        self.send_response_only(status)
        for name, value in {**answered, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815 - http.server's names


def s3_error(status: int, code: str) -> Reply:
    return (
        status,
        {"Content-Type": "application/xml"},
        f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode(),
    )


@contextmanager
def answering(answer: Callable[[Passed], Reply]) -> Iterator[Between]:
    with Between(answer) as server:
        yield server


@contextmanager
def before(
    operator: Operator, change: Callable[[Passed], Reply | None], *, clock: float = 0.0
) -> Iterator[None]:
    """Put something before the operator's store that changes a request, answers it, or tells another time."""
    store = operator.environ["S3_ENDPOINT_URL"]
    with httpx.Client(trust_env=False) as http:

        def answer(request: Passed) -> Reply:
            reply = change(request)
            if reply is not None:
                return reply
            kept = {name: value for name, value in request.headers.items() if name != "host"}
            passed = http.request(request.method, store + request.path, headers=kept, content=request.body)
            headers = {
                name: value
                for name, value in passed.headers.items()
                if name not in {"content-length", "connection", "transfer-encoding"}
            }
            if clock:
                headers["date"] = format_datetime(datetime.now(UTC) + timedelta(seconds=clock), usegmt=True)
            return passed.status_code, headers, passed.content

        with Between(answer) as server:
            operator.environ["S3_ENDPOINT_URL"] = server.url
            yield
