"""The four functions over HTTP, as Netlify would serve them, on one bucket and one simulator."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from support.functions_under_test import SIGNING_SECRET, Context, start_body
from videogen import settings
from videogen.clock import Clock
from videogen.functions import (
    cancel_video,
    check_video_status,
    generate_video_background,
    notify_video,
    start_video,
    wiring,
)
from videogen.functions.http import endpoint
from videogen.functions.worker_call import PATH as WORKER_PATH
from videogen.generation import Resumable
from videogen.local.http_server import LoopbackServer
from videogen.page_config import page_config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from videogen.local.blackbox import Simulator
    from videogen.local.s3 import S3Server

WORKER_SECONDS = 840.0
DELIVERIES = 3
"""A call whose function threw is delivered twice more."""


@dataclass
class Answer:
    """What is sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ServedSite(LoopbackServer):
    """Serves from `with` until its end, which waits for the workers. `broken` answers everything with 500.

    With `loses_calls` the platform takes calls of the worker and forgets them.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(_Handler)
        self.environ = environ
        self.broken = False
        self.loses_calls = False
        self._workers: list[threading.Thread] = []
        made = wiring.make_worker(environ)
        deps = replace(made.deps, clock=skipping_clock())
        self._worker = replace(made, deps=deps)
        self._config = page_config(settings.read(environ).site)
        self._work = generate_video_background.make_handler(lambda: self._worker)
        self._functions: dict[str, Callable[..., dict[str, Any]]] = {
            "/api/start-video": endpoint(start_video.answer, methods=("POST",), deps=lambda: deps),
            "/api/check-video-status": endpoint(
                check_video_status.answer, methods=("GET",), deps=lambda: deps
            ),
            "/api/cancel-video": endpoint(cancel_video.answer, methods=("POST",), deps=lambda: deps),
            "/api/notify-video": endpoint(notify_video.answer, methods=("POST",), deps=lambda: deps),
        }

    def __exit__(self, *_: object) -> None:
        self.join()
        super().__exit__()

    def join(self) -> None:
        """Wait until every worker has ended."""
        for worker in self._workers:
            worker.join()

    def make(self, prompt: str, *, wait: bool = True) -> str:
        """Start a video as the page does and return its id, once its worker has ended."""
        answer = self.answer(
            "POST",
            "/api/start-video",
            {"Content-Type": "application/json"},
            json.dumps(start_body(prompt=prompt)).encode(),
        )
        if wait:
            self.join()
        job_id: str = json.loads(answer.body)["jobId"]
        return job_id

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        url = urlsplit(target)
        if self.broken:
            return Answer(500, {"Content-Type": "text/html"}, b"<h1>Internal Server Error</h1>")
        if url.path == "/config.json":
            return Answer(200, {"Content-Type": "application/json"}, json.dumps(self._config).encode())
        event = {
            "httpMethod": method,
            "path": url.path,
            "headers": {name.lower(): value for name, value in headers.items()},
            "queryStringParameters": dict(parse_qsl(url.query)) or None,
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
            "requestContext": {"netlify": {"url": self.url + target, "site": {}, "deploy": {}}},
        }
        if url.path == WORKER_PATH:
            if not self.loses_calls:
                self._start_worker(event)
            return Answer(202, {}, b"")
        if url.path not in self._functions:
            return Answer(404, {"Content-Type": "text/html"}, b"<h1>Page not found</h1>")
        answer = self._functions[url.path](event, Context())
        return Answer(answer["statusCode"], answer["headers"], answer["body"].encode())

    def _start_worker(self, event: dict[str, Any]) -> None:
        def work() -> None:
            for _ in range(DELIVERIES):
                with suppress(Resumable):
                    self._work(event, Context(aws_request_id="request-2", seconds=WORKER_SECONDS))
                    return

        self._workers.append(threading.Thread(target=work))
        self._workers[-1].start()


def skipping_clock() -> Clock:
    """Return a clock that puts itself forward instead of sleeping."""
    skipped = 0.0

    def sleep(seconds: float) -> None:
        nonlocal skipped
        skipped += seconds

    return Clock(now=lambda: time.time() + skipped, monotonic=lambda: time.monotonic() + skipped, sleep=sleep)


def environment(s3_server: S3Server, simulator: Simulator, prefix: str) -> dict[str, str]:
    """Return the variables of a site on these two, in a folder of its own."""
    return {
        **s3_server.environment,
        "S3_PREFIX": hashlib.sha256(prefix.encode()).hexdigest()[:16],
        "VIDEOGEN_DAILY_LIMIT": "5",
        "VIDEOGEN_SIGNING_SECRET": SIGNING_SECRET,
        "BLACKBOX_API_KEY": "simulator",
        "BLACKBOX_BASE_URL": simulator.url,
        "BLACKBOX_MODELS": "blackboxai/google/veo-3-fast=0.80",
        "VIDEOGEN_VIDEO_HOSTS": simulator.url,
        "VIDEOGEN_SIMULATED": "1",
    }


class _Handler(BaseHTTPRequestHandler):
    server: ServedSite

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Print nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server.answer(self.command, self.path, dict(self.headers.items()), body)
        self.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
