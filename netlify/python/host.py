"""Runs one Python handler for the bridge: reads events, calls the handler, writes answers.

    python host.py package.module.handler [folder for sys.path ...]

The bridge (bridge.mjs) is the parent. It writes requests to standard input and reads answers and log lines
from file descriptor 3, both as frames: two big-endian 32-bit lengths, a JSON header, a raw body. So nothing
that a handler prints can be taken for an answer. The handler has the shape of AWS Lambda's:
`handler(event, context)` with the event and response of the API Gateway proxy integration
(https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html#apigateway-example-event).
"""

from __future__ import annotations

import binascii
import contextlib
import gc
import importlib
import io
import json
import logging
import os
import queue
import signal
import struct
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = struct.Struct(">II")
ANSWERS = 3  # the file descriptor that the bridge reads


class Context:
    """What the handler gets beside the event; names as in AWS Lambda's context object."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.aws_request_id: str = fields["requestId"]
        self.function_name: str = fields["functionName"]
        self._deadline: float = fields["deadlineMs"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the bridge kills this process; never below zero."""
        return max(0, round(self._deadline - time.time() * 1000))


class Channel:
    """Writes whole frames, from any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def write(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Write one frame; raises OSError when the bridge is gone, TypeError or ValueError if no JSON."""
        text = json.dumps(header, allow_nan=False).encode()
        with self._lock:
            for part in (PREFIX.pack(len(text), len(body)) + text, body):
                rest = memoryview(part)
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]

    def log(self, level: str, text: str) -> None:
        """Write log text; `level` is one of debug, info, warn, error."""
        self.write({"log": level}, text.encode("utf-8", "backslashreplace"))


class PrintedLines(io.RawIOBase):
    """The binary side of sys.stdout and sys.stderr: what is printed becomes log lines."""

    def __init__(self, channel: Channel, level: str, descriptor: int) -> None:
        self._channel = channel
        self._level = level
        self._descriptor = descriptor

    def writable(self) -> bool:
        """Tell io that this can be written to."""
        return True

    def fileno(self) -> int:
        """Return the plain descriptor, for subprocess and faulthandler; the bridge relays it as well."""
        return self._descriptor

    def write(self, data: Any) -> int:  # noqa: ANN401 -- typeshed's buffer type is not importable at run time
        """Send what was printed as one log entry."""
        text = bytes(data)
        self._channel.log(self._level, text.decode("utf-8", "replace"))
        return len(text)


class LogRecords(logging.Handler):
    """Sends log records with their level."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; the text is the formatted message alone."""
        try:
            self._channel.log(level_name(record.levelno), self.format(record))
        except Exception:  # noqa: BLE001 -- a log call never raises, as in every handler of the standard library
            self.handleError(record)


def level_name(number: int) -> str:
    """Return the name of the console method that prints a record of this level."""
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warn"
    return "info" if number >= logging.INFO else "debug"


def read_frames(stream: BinaryIO, frames: queue.SimpleQueue[tuple[dict[str, Any], bytes]]) -> None:
    """Put every request into the queue; end this process and all that it started when the bridge is gone.

    Runs in its own thread, so that the end of standard input counts in the midst of a long request too.
    """
    while len(prefix := stream.read(PREFIX.size)) == PREFIX.size:
        header_size, body_size = PREFIX.unpack(prefix)
        header = stream.read(header_size)
        body = stream.read(body_size)
        if len(header) + len(body) < header_size + body_size:
            break
        frames.put((json.loads(header), body))
    # The bridge started this process as the leader of its own group.
    os.kill(0 if os.getpgrp() == os.getpid() else os.getpid(), signal.SIGKILL)


def complete_event(event: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Add the body to an event: as text, or as base64 where the bytes are no UTF-8."""
    try:
        event["body"] = body.decode() if body else None
        event["isBase64Encoded"] = False
    except UnicodeDecodeError:
        event["body"] = binascii.b2a_base64(body, newline=False).decode()
        event["isBase64Encoded"] = True
    return event


def split_response(response: Any) -> tuple[dict[str, Any], bytes]:  # noqa: ANN401 -- whatever a handler returns
    """Return a response as header and body of its frame; raises TypeError, ValueError or KeyError."""
    if response is None:
        return {}, b""
    if not isinstance(response, dict) or type(response["statusCode"]) is not int:
        raise TypeError("a handler returns a dict with a whole number as statusCode, or None")
    body = response.get("body") or ""
    encoded = binascii.a2b_base64(body) if response.get("isBase64Encoded") else body.encode()
    return {
        "statusCode": response["statusCode"],
        "headers": response.get("headers") or {},
        "multiValueHeaders": response.get("multiValueHeaders") or {},
    }, encoded


def load(name: str) -> Callable[[dict[str, Any], Context], Any]:
    """Import `package.module.handler`; raises what the import raises."""
    module, _, attribute = name.rpartition(".")
    # What is imported stays: to look through it for garbage would take a tenth of a cold start.
    gc.disable()
    handler: Callable[[dict[str, Any], Context], Any] = getattr(importlib.import_module(module), attribute)
    gc.freeze()
    gc.enable()
    return handler


def prepare(name: str) -> None:
    """Call `before_import(name)` of the handler's package, if it has that: to begin what only takes time."""
    package = name.rpartition(".")[0].rpartition(".")[0]
    if package:
        getattr(importlib.import_module(package), "before_import", lambda _: None)(name)


def print_to(channel: Channel) -> None:
    """Send everything that is printed or logged from here on beside the answers."""
    for name, level, descriptor in (("stdout", "info", 1), ("stderr", "error", 2)):
        lines: Any = PrintedLines(channel, level, descriptor)
        stream = io.TextIOWrapper(lines, encoding="utf-8", errors="backslashreplace", line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    logging.getLogger().addHandler(LogRecords(channel))


def flush_printed() -> None:
    """Send what was printed without an end of line; a handler may have closed the stream."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError):
            stream.flush()


def main() -> None:
    """Answer requests one after another until standard input ends."""
    name, *folders = sys.argv[1:]
    sys.argv = [name]
    sys.path[:0] = folders
    os.set_inheritable(ANSWERS, False)
    channel = Channel(ANSWERS)
    print_to(channel)
    # The requests move to a descriptor that no subprocess of a handler inherits.
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    frames: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
    threading.Thread(target=read_frames, args=(requests, frames), name="requests", daemon=True).start()
    try:
        prepare(name)
        handler = load(name)
    except BaseException:  # noqa: BLE001 -- SystemExit while importing is a failure as well
        channel.log("error", traceback.format_exc().rstrip())
        os._exit(1)
    while True:
        fields, body = frames.get()
        try:
            header, answer = split_response(handler(complete_event(fields["event"], body), Context(fields)))
            flush_printed()
            channel.write({"answer": fields["id"], **header}, answer)
        except BaseException:  # noqa: BLE001 -- sys.exit() in a handler must not end the process for the next request
            flush_printed()
            channel.log("error", traceback.format_exc().rstrip())
            channel.write({"answer": fields["id"], "failed": True})


if __name__ == "__main__":
    main()
