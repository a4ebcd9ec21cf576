"""The signed call of the background function: where it goes, and what its answer proves."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from videogen import log, signing, tls
from videogen.errors import VideogenError
from videogen.service import DispatchResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from videogen.clock import Clock
    from videogen.functions.http import Request
    from videogen.settings import Secret

PATH = "/.netlify/functions/generate-video-background"
TIMEOUT_SECONDS = 5.0
MESSAGE_PREFIX = "job_"
_PASSING = frozenset({408, 425, 429})
"""Refusals for now, of a platform that is busy: a later call may be taken."""


class NotSent(VideogenError):
    """Nothing was sent, nor would be the next time: nobody listens, no such name, a wrong certificate."""


@dataclass(frozen=True, slots=True)
class HttpDispatch:
    """Calls the worker over HTTP, as a function of the very site that a request came to."""

    request: Request
    keys: Sequence[Secret]
    clock: Clock

    def __call__(self, job_id: str, attempt: int) -> DispatchResult:
        """Call the worker for a job; see `videogen.service.Dispatch`."""
        origin = worker_origin(self.request.url, self.request.netlify)
        body = json.dumps({"jobId": job_id}).encode()
        message_id = f"{MESSAGE_PREFIX}{job_id}_{attempt}"
        headers = signing.sign(self.keys, message_id, int(self.clock.now()), body)
        headers["Content-Type"] = "application/json"
        try:
            status = _post(origin, body, headers)
        except NotSent as error:
            result, answer = DispatchResult.REFUSED, error.detail
        except (OSError, http.client.HTTPException) as error:
            result, answer = DispatchResult.UNCLEAR, type(error).__name__
        else:
            result, answer = _meaning(status), str(status)
        write = log.info if result is DispatchResult.REACHED else log.error
        write("worker.called", jobId=job_id, attempt=attempt, result=result.name.lower(), answer=answer)
        return result


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


def _meaning(status: int) -> DispatchResult:
    if status == http.HTTPStatus.ACCEPTED:
        return DispatchResult.REACHED
    passes = status >= http.HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING
    return DispatchResult.UNCLEAR if passes else DispatchResult.REFUSED


def _post(origin: str, body: bytes, headers: Mapping[str, str]) -> int:
    """POST without following redirects: exactly 202 means reached. Raises NotSent, OSError, HTTPException."""
    parts = urlsplit(origin)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT_SECONDS, context=tls.context())
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
