"""The functions as one WSGI application over a bucket in memory: what the bridge does, without Node."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from support.functions_under_test import SIGNING_SECRET, Context
from support.memory_objects import MemoryObjects
from videogen import push, settings
from videogen.clock import Clock
from videogen.functions import cancel_video, check_video_status, notify_video, start_video
from videogen.functions.http import endpoint
from videogen.functions.wiring import Deps
from videogen.service import DispatchResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from videogen.objects import Objects

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION = "/openapi.json"
PUSH_KEYS = push.new_keys()
ENVIRON = {
    "S3_BUCKET": "videos",
    "S3_REGION": "us-east-2",
    "S3_ACCESS_KEY_ID": "key",
    "S3_SECRET_ACCESS_KEY": "secret",
    "VIDEOGEN_SIGNING_SECRET": SIGNING_SECRET,
    "VIDEOGEN_DAILY_LIMIT": "0",
    "VIDEOGEN_VAPID_PUBLIC_KEY": PUSH_KEYS[0],
    "VIDEOGEN_VAPID_PRIVATE_KEY": PUSH_KEYS[1],
}
ENDPOINTS = {
    "start-video": (start_video.answer, "POST"),
    "check-video-status": (check_video_status.answer, "GET"),
    "cancel-video": (cancel_video.answer, "POST"),
    "notify-video": (notify_video.answer, "POST"),
}
"""What the page asks, and by which method."""


def memory_site(
    environ: Mapping[str, str] = ENVIRON, *, objects: Objects | None = None, clock: Clock | None = None
) -> Deps:
    """Return a site whose bucket is in memory and whose worker is never called."""
    read = settings.read(environ)
    return Deps.over(
        objects or MemoryObjects(time.time),
        read,
        clock=clock or Clock(),
        settings=read.site,
        dispatcher=lambda _: lambda *_: DispatchResult.REACHED,
    )


class SiteOverWsgi:
    """Hands each request to the handler of its path, as an event of the Lambda proxy."""

    def __init__(self, deps: Deps) -> None:
        self._handlers = {
            f"/api/{name}": endpoint(answer, methods=(method,), deps=lambda: deps)
            for name, (answer, method) in ENDPOINTS.items()
        }

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        if request.path == DESCRIPTION:
            described = (ROOT / "docs/openapi.json").read_text(encoding="utf-8")
            return Response(described, mimetype="application/json")(environ, start_response)
        answer = self._handlers[request.path](event(request), Context())
        return Response(answer["body"], answer["statusCode"], answer["headers"])(environ, start_response)


def event(request: Request) -> dict[str, Any]:
    """Return a request as the bridge hands it over."""
    body = request.get_data()
    try:
        given: dict[str, Any] = {"body": body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        given = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return {
        "httpMethod": request.method,
        "path": request.path,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in request.args.lists()} or None,
        "requestContext": {"netlify": {"url": request.url, "site": {}, "deploy": {}}},
        **given,
    }
