"""The signed call of the background function: where it goes, and what its answer proves."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from enum import Enum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from videogen import log, signing
from videogen.errors import VideogenError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from videogen.functions.http import Request
    from videogen.settings import Secret

PATH = "/.netlify/functions/generate-video-background"
TIMEOUT_SECONDS = 5.0
MESSAGE_PREFIX = "job_"
_PASSING = frozenset({408, 425, 429})
"""Refusals for now, of a platform that is busy: a later call may be taken."""


class Reached(Enum):
    """What is known after the call."""

    YES = "the platform took the call"
    NO = "the platform did not take it, and never will"
    UNCLEAR = "a poll will heal it if it was lost"


class NotSent(VideogenError):
    """Nothing was sent, nor would be the next time: nobody listens, no such name, a wrong certificate."""


class WorkerCall(Protocol):
    """Calls the worker for a job. Never raises: whatever happens is in the answer and in the log.

    `attempt` tells a poll's calls apart from the first, in the message's id.
    """

    def __call__(  # noqa: D102 - said above
        self, request: Request, job_id: str, *, keys: Sequence[Secret], now: float, attempt: int = 0
    ) -> Reached: ...


def call_worker(
    request: Request, job_id: str, *, keys: Sequence[Secret], now: float, attempt: int = 0
) -> Reached:
    """Call the worker over HTTP."""
    origin = worker_origin(request.url, request.netlify)
    body = json.dumps({"jobId": job_id}).encode()
    headers = signing.sign(keys, f"{MESSAGE_PREFIX}{job_id}_{attempt}", int(now), body)
    headers["Content-Type"] = "application/json"
    try:
        status = _post(origin, body, headers)
    except NotSent as error:
        reached, status_or_error = Reached.NO, error.detail
    except (OSError, http.client.HTTPException) as error:
        reached, status_or_error = Reached.UNCLEAR, type(error).__name__
    else:
        reached, status_or_error = _meaning(status), str(status)
    write = log.info if reached is Reached.YES else log.error
    write(
        "worker.called", jobId=job_id, attempt=attempt, reached=reached.name.lower(), answer=status_or_error
    )
    return reached


def worker_origin(url: str, netlify: Mapping[str, Mapping[str, str | None] | str | None]) -> str:
    """Return the origin of this very site to call: scheme and host.

    The request's own host is the client's choice among all that are routed here, so it counts only where it
    is the site's; otherwise the deploy's own address is taken. Only where the platform names neither (a local
    harness) is the request believed.
    """
    site = netlify.get("site")
    deploy = netlify.get("deploy")
    site_url = site.get("url") if isinstance(site, dict) else None
    name = site.get("name") if isinstance(site, dict) else None
    deploy_id = deploy.get("id") if isinstance(deploy, dict) else None
    asked = urlsplit(url)
    host = asked.netloc.lower()
    own = f"{name}.netlify.app" if name else None
    if site_url and host == urlsplit(site_url).netloc.lower():
        # A visitor may come by http to a site that is https, and the call is not to follow in clear text.
        return f"{urlsplit(site_url).scheme}://{host}"
    if own and (host == own or host.endswith(f"--{own}")):
        return f"https://{host}"
    if own and deploy_id:
        return f"https://{deploy_id}--{own}"
    if site_url:
        parts = urlsplit(site_url)
        return f"{parts.scheme}://{parts.netloc}"
    return f"{asked.scheme}://{host}"


def _meaning(status: int) -> Reached:
    if status == http.HTTPStatus.ACCEPTED:
        return Reached.YES
    passes = status >= http.HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING
    return Reached.UNCLEAR if passes else Reached.NO


def _post(origin: str, body: bytes, headers: Mapping[str, str]) -> int:
    """POST without following redirects: exactly 202 means reached. Raises NotSent, OSError, HTTPException."""
    parts = urlsplit(origin)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.netloc, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        _connect(connection)
        connection.request("POST", PATH, body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def _connect(connection: http.client.HTTPConnection) -> None:
    """Open the connection; raises NotSent where there is none to be had, OSError where a later try may do."""
    try:
        connection.connect()
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise
        raise NotSent(type(error).__name__) from None
    except ssl.SSLEOFError:
        raise  # the connection broke: another may not
    except (ConnectionRefusedError, ssl.SSLError) as error:
        raise NotSent(type(error).__name__) from None
