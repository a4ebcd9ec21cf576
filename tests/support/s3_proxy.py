"""A proxy before an S3 server that records every request and does harm to the ones it is told to.

    with S3Proxy(server.endpoint_url) as proxy:
        proxy.play(Drop(applied=True), method="PUT", key="jobs/*", nth=[2])

The second PUT of a key under `jobs/` is now applied, and its reply lost. `proxy.seen` holds what was asked
and answered. The Host header goes through as it came, so signatures stay valid.
"""

from __future__ import annotations

import collections
import contextlib
import fnmatch
import http.client
import threading
import time
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from videogen.local.http_server import LoopbackServer, reset

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Collection, Mapping

UPSTREAM_SECONDS = 60.0
_WRITES = frozenset({"PUT", "POST", "DELETE"})
_CONDITIONS = frozenset({"if-match", "if-none-match"})
_HOP_BY_HOP = frozenset({"connection", "expect", "keep-alive", "transfer-encoding"})


@dataclass(frozen=True)
class Answer:
    """Answer with an error instead; where `applied`, after the server has done what was asked."""

    status: int
    applied: bool = False


@dataclass(frozen=True)
class Drop:
    """Send no reply, though where `applied` the server has done it; close, or send a TCP reset."""

    applied: bool
    resets: bool = False


@dataclass(frozen=True)
class Truncate:
    """Send half of the reply's body and close."""


@dataclass(frozen=True)
class Delay:
    """Hold the request back for some seconds."""

    seconds: float


@dataclass(frozen=True)
class Call:
    """Call a function before the server has the request, or when it has `applied` it, before the reply.

    For tests that must do something at just this moment: kill a process, let another writer through, wait.
    """

    function: Callable[[], object]
    applied: bool = False


@dataclass(frozen=True)
class IgnoreConditions:
    """Drop If-Match and If-None-Match, or one of them, as a store without conditional writes does.

    For moto alone: these headers are signed, and a server that checks signatures refuses the request.
    """

    headers: frozenset[str] = _CONDITIONS
    """Lower-case names."""


@dataclass(frozen=True)
class Throttle:
    """Answer 429 to a write of a key that was written less than so many seconds ago.

    https://developers.cloudflare.com/r2/platform/limits/: one a second.
    """

    seconds: float = 1.0


Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Rewrite:
    """Change a request's headers and its reply, or send another reply `instead` and ask nobody."""

    request: Callable[[Headers], Headers] = lambda headers: headers
    reply: Callable[[Reply], Reply] = lambda reply: reply
    instead: Reply | None = None


Action = Answer | Drop | Truncate | Delay | Call | IgnoreConditions | Throttle | Rewrite

FAULTS: Mapping[str, Action] = {
    "409": Answer(409),
    "412": Answer(412),
    "429": Answer(429),
    "500": Answer(500),
    "503": Answer(503),
    "500-applied": Answer(500, applied=True),
    "503-applied": Answer(503, applied=True),
    "closed": Drop(applied=False),
    "reset": Drop(applied=False, resets=True),
    "closed-applied": Drop(applied=True),
    "reset-applied": Drop(applied=True, resets=True),
    "truncated": Truncate(),
}
"""What can happen to any single request, by name."""

_CODES = {
    409: "ConditionalRequestConflict",
    412: "PreconditionFailed",
    429: "TooManyRequests",
    500: "InternalError",
    503: "SlowDown",
}


@dataclass(frozen=True)
class Seen:
    """A request, what was answered, and what the server had answered."""

    method: str
    key: str
    """Without the bucket; empty for the bucket itself."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    status: int | None
    """What the client got; None: nothing."""
    applied: int | None
    """What the server answered; None: it never had the request."""


@dataclass
class _Rule:
    action: Action
    method: str
    key: str
    nth: Collection[int]
    matched: int = 0

    def matches(self, method: str, key: str) -> bool:
        if not (fnmatch.fnmatchcase(method, self.method) and fnmatch.fnmatchcase(key, self.key)):
            return False
        self.matched += 1
        return not self.nth or self.matched in self.nth


class S3Proxy(LoopbackServer):
    """The proxy, from `with` until its end; on https with `tls`. `clock` is for Throttle, in seconds."""

    def __init__(
        self,
        upstream: str,
        *,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(_Handler)
        self.upstream = upstream
        self.seen: list[Seen] = []
        self._tls = tls
        self._clock = clock
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        self._written: dict[str, float] = collections.defaultdict(lambda: float("-inf"))

    @property
    def url(self) -> str:
        """The proxy's origin, without a slash at its end."""
        return super().url.replace("http:", "https:" if self._tls else "http:")

    def play(self, action: Action, *, method: str = "*", key: str = "*", nth: Collection[int] = ()) -> None:
        """Do this to the requests of a method and key (shell patterns); `nth` of them, from 1, or to all.

        Where several rules want the same request, the first one has it; each counts all that match it.
        """
        with self._lock:
            self._rules.append(_Rule(action, method, key, nth))

    def stop_playing(self) -> None:
        """Forget all rules: requests pass unharmed."""
        with self._lock:
            self._rules.clear()

    def count(self, *, method: str = "*", key: str = "*") -> int:
        """Return how many requests of a method and key (shell patterns) were made."""
        return sum(
            fnmatch.fnmatchcase(one.method, method) and fnmatch.fnmatchcase(one.key, key) for one in self.seen
        )

    def action_for(self, method: str, key: str) -> Action | None:
        """Return what to do to a request, which counts as made."""
        with self._lock:
            wanted = [rule.action for rule in self._rules if rule.matches(method, key)]
        return wanted[0] if wanted else None

    def is_too_early(self, key: str, seconds: float) -> bool:
        """Whether a key was written less than so many seconds ago; if not, it is now."""
        with self._lock:
            now = self._clock()
            if now - self._written[key] < seconds:
                return True
            self._written[key] = now
            return False

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; the TLS handshake is left to its own thread."""
        connection, address = super().get_request()
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out one by one: each would wait 40 ms for the other
    server: S3Proxy

    def handle_any(self) -> None:
        """Pass a request on, or do to it what a rule says."""
        url = urlsplit(self.path)
        key = unquote(url.path.removeprefix("/").partition("/")[2])
        action = self._action(key)
        body = self._read_body()
        if isinstance(action, Delay):
            self.server.closing.wait(action.seconds)
        if isinstance(action, Call) and not action.applied:
            action.function()
        is_stopped = isinstance(action, Answer | Drop) and not action.applied
        is_stopped |= isinstance(action, Rewrite) and action.instead is not None
        answer = None if is_stopped else self._ask_upstream(body, action)
        if isinstance(action, Call) and action.applied:
            action.function()
        reply = _error(action.status) if isinstance(action, Answer) else answer
        if isinstance(action, Drop):
            reply = None
        if isinstance(action, Rewrite):
            reply = action.instead or (action.reply(reply) if reply else None)
        self.server.seen.append(
            Seen(
                method=self.command,
                key=key,
                query=url.query,
                headers={name.lower(): value for name, value in self.headers.items()},
                status=reply.status if reply else None,
                applied=answer.status if answer else None,
            )
        )
        self._end(reply, action)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = handle_any  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Print nothing."""

    def _read_body(self) -> bytes:
        if "Transfer-Encoding" not in self.headers:
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _action(self, key: str) -> Action | None:
        """Return what to do, throttling decided."""
        action = self.server.action_for(self.command, key)
        if isinstance(action, Throttle):
            is_early = self.command in _WRITES and self.server.is_too_early(key, action.seconds)
            return Answer(429) if is_early else None
        return action

    def _ask_upstream(self, body: bytes, action: Action | None) -> Reply | None:
        """Return the server's answer; None where it gives none."""
        dropped = _HOP_BY_HOP | (action.headers if isinstance(action, IgnoreConditions) else frozenset())
        upstream = urlsplit(self.server.upstream)
        connection = http.client.HTTPConnection(
            upstream.hostname or "", upstream.port, timeout=UPSTREAM_SECONDS
        )
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            headers = [one for one in self.headers.items() if one[0].lower() not in dropped]
            for name, value in action.request(headers) if isinstance(action, Rewrite) else headers:
                connection.putheader(name, value)
            if "Transfer-Encoding" in self.headers:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Reply(answer.status, answer.getheaders(), answer.read())
        return None

    def _end(self, reply: Reply | None, action: Action | None) -> None:
        """Send a reply, or end the connection without one."""
        is_cut = isinstance(action, Truncate)
        if reply is None or is_cut:
            self.close_connection = True
        if isinstance(action, Drop) and action.resets:
            reset(self.connection)
        if reply is None:
            return
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        length = dict(reply.headers).get("Content-Length") if self.command == "HEAD" else len(reply.body)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if is_cut else reply.body)


def _error(status: int) -> Reply:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{_CODES[status]}</Code></Error>'
    return Reply(
        status, [("Content-Type", "application/xml"), ("Date", formatdate(usegmt=True))], body.encode()
    )
