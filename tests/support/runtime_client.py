"""A function in the sandbox, driven by AWS Lambda's own runtime client for Node, and a Runtime API for that.

Real is the client's JavaScript: the npm package aws-lambda-ric as it is published, in Lambda's place for it
(/var/runtime/index.mjs). It loads the handler, patches the console, fetches invocations, streams answers,
reports errors, and ends Node when something is wrong. Not real are its native addon (see rapid_client.cjs),
what starts it, and the server on the other side, which is this module:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import queue
import re
import select
import signal
import socket
import struct
import threading
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builds import REPOSITORY
from sandbox import Sandbox, like_lambda

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENT = {
    "/var/runtime/index.mjs": REPOSITORY / "tests/node_modules/aws-lambda-ric/index.mjs",
    "/var/runtime/rapid-client.node.js": Path(__file__).with_name("rapid_client.cjs"),
}
PATHS = "/2018-06-01/runtime"
FRAME = struct.Struct(">IiQ")
"""The start of a log entry: kind, bytes, microseconds since 1970; see TelemetryLogger in the client."""
PRELUDE_END = bytes(8)
SECONDS = 30
"""How long an answer is waited for."""


@dataclass(frozen=True)
class Line:
    """An entry of the log."""

    request_id: str
    level: str
    text: str


@dataclass(frozen=True)
class Answer:
    """What the client has posted."""

    path: str
    """Below `PATHS`."""
    headers: Mapping[str, str]
    """Names in lower case, as in `trailers`."""
    body: bytes
    trailers: Mapping[str, str]
    logged: int
    """How long the log was, in bytes, when the first line of this came."""

    def response(self) -> tuple[dict[str, Any], bytes]:
        """Return prelude and body of an HTTP response."""
        kind = "application/vnd.awslambda.http-integration-response"
        seen = [self.headers["content-type"], self.headers["lambda-runtime-function-response-mode"]]
        assert (seen, self.trailers) == ([kind, "streaming"], {})
        prelude, end, body = self.body.partition(PRELUDE_END)
        assert end
        return json.loads(prelude), body

    def error(self) -> dict[str, Any]:
        """Return the error that a streaming handler has ended with."""
        found: dict[str, Any] = json.loads(
            base64.b64decode(self.trailers["lambda-runtime-function-error-body"])
        )
        assert (self.body, self.trailers["lambda-runtime-function-error-type"]) == (b"", found["errorType"])
        return found


class Request(BaseHTTPRequestHandler):
    """A request of the client. What it begins and does not end, as it was killed, is nobody's."""

    server: RuntimeApi
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write for each answer
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.server.connections.append(self.connection)
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        assert self.path == f"{PATHS}/invocation/next"
        self.server.is_asked.set()
        invocation = self.server.invocations.get()
        self.server.is_asked.clear()
        if invocation is None:
            self.close_connection = True
            return
        self.wfile.write(invocation)
        self.wfile.flush()
        self.server.delivered.put(None)

    def do_POST(self) -> None:
        logged = self.server.log.stat().st_size
        body, trailers = self.read_chunks()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        self.wfile.flush()
        self.server.posted.put(Answer(self.path.removeprefix(PATHS), headers, body, trailers, logged))

    def read_chunks(self) -> tuple[bytes, dict[str, str]]:
        """Read a body and its trailers (https://www.rfc-editor.org/rfc/rfc9112#section-7.1)."""
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"])), {}
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        trailers = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(": ")
            trailers[name.lower()] = value
        return b"".join(chunks), trailers

    def log_message(self, *_: object) -> None:
        pass


class RuntimeApi(ThreadingHTTPServer):
    """Hands invocations to one client, one at a time, and takes what it posts."""

    daemon_threads = True

    def __init__(self, log: Path) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.address = f"127.0.0.1:{self.server_address[1]}"
        self.log = log
        self.connections: list[socket.socket] = []
        self.is_asked = threading.Event()
        """Whether the client waits for an invocation."""
        self.invocations: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.delivered: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.posted: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    def send(self, event: Mapping[str, Any], request_id: str, seconds: float) -> None:
        """Give the client an invocation that has so many seconds; returns when its socket has it."""
        body = json.dumps(event).encode()
        head = {
            "Content-Type": "application/json",
            "Content-Length": len(body),
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": round((time.time() + seconds) * 1000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-2:000000000000:function:function",
            "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
        }
        lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        self.invocations.put("\r\n".join(lines).encode() + body)
        self.delivered.get(timeout=SECONDS)

    def close(self) -> None:
        """Be gone, the client's connections included."""
        self.invocations.put(None)
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in self.connections:
            # One that the client has left already is not connected any more.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class RuntimeClient(Sandbox):
    """A function's instance on Lambda's client; what it logs and prints is below `scratch`."""

    def __init__(self, folder: Path, environment: Mapping[str, str], scratch: Path) -> None:
        self.sent: list[str] = []
        """The ids of the invocations so far."""
        self._log, self._printed = scratch / "log", scratch / "printed"
        with self._log.open("wb") as log, self._printed.open("wb") as printed:
            self.api = RuntimeApi(self._log)
            # Beyond the first 16, which Node closes for its children.
            descriptor = fcntl.fcntl(log, fcntl.F_DUPFD, 64)
            variables = {
                "AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1": "true",
                "AWS_LAMBDA_RUNTIME_API": self.api.address,
                "_LAMBDA_TELEMETRY_LOG_FD": str(descriptor),
            }
            command = like_lambda(folder, variables | dict(environment), CLIENT, ["/var/runtime/index.mjs"])
            super().__init__(command, printed, [descriptor])
            os.close(descriptor)
        self.wait_until_idle()

    def invoke(self, path: str = "", body: bytes = b"", seconds: float = 60) -> Answer:
        """Run one invocation of a function."""
        self.send(path, body, seconds)
        return self.receive()

    def send(self, path: str, body: bytes = b"", seconds: float = 60) -> None:
        """Begin an invocation, as Netlify would for a request to a path below the function's."""
        request_id = str(uuid.uuid4())
        self.sent.append(request_id)
        event = {
            "httpMethod": "POST" if body else "GET",
            "rawUrl": f"https://site.example/.netlify/functions/function/{path}",
            "headers": {"host": "site.example", "x-nf-request-id": f"netlify-{request_id}"},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        self.api.send(event, request_id, seconds)

    def wait_until_idle(self) -> None:
        """Return when the client has asked for the next invocation: Lambda may freeze it then."""
        assert self.api.is_asked.wait(SECONDS), self.printed()

    def receive(self) -> Answer:
        """Wait for the answer to the last invocation."""
        answer = self.api.posted.get(timeout=SECONDS)
        assert answer.path == f"/invocation/{self.sent[-1]}/response"
        return answer

    def log(self, answer: Answer | None = None) -> list[Line]:
        """Return what was logged, or what was under an answer's id before it began to come."""
        data = self._log.read_bytes()[: answer.logged if answer else None]
        lines, start = [], 0
        # The client may be in the midst of its last entry.
        while len(data) >= start + FRAME.size:
            _, size, _ = FRAME.unpack_from(data, start)
            start += FRAME.size + size
            if start <= len(data):
                lines.append(entry(data[start - size : start].decode()))
        return [line for line in lines if answer is None or f"/{line.request_id}/" in answer.path]

    def printed(self) -> str:
        """Return what Node has printed beside its log: nothing, or why it has ended."""
        return self._printed.read_text()

    def freeze(self) -> None:
        """Stop Node and Python where Lambda does; returns when they stand still."""
        self.wait_until_idle()
        self.signal(signal.SIGSTOP)
        for pid in (self.node(), self.python()):
            while state(pid) != "T":
                time.sleep(0)

    def close(self) -> None:
        """End it and wait until it is gone."""
        super().close()
        self.api.close()


def entry(text: str) -> Line:
    """Read an entry, in either of the client's formats."""
    if text.startswith("{"):
        fields = json.loads(text)
        return Line(fields["requestId"], fields["level"], fields["message"])
    _, request_id, level, message = text.split("\t", 3)
    return Line(request_id, level, message.removesuffix("\n"))


def state(pid: int) -> str:
    """Return a process's state as a letter (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)."""
    return re.sub(r".*\) ", "", Path(f"/proc/{pid}/stat").read_text(), flags=re.DOTALL)[0]


def ends(pid: int) -> bool:
    """Wait for a process to end; False if it has not within ten seconds."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)
