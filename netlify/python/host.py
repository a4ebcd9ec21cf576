"""Runs one Python function for the bridge: reads events, calls the function, writes answers.

    python host.py FUNCTION [folder for sys.path ...]

FUNCTION is `package.module.handler`, or a file with `handler` or `app` in it, see `load`.

The bridge (bridge.mjs) is the parent. It writes requests to standard input and reads answers and log lines
from file descriptor 3, both as frames: two big-endian 32-bit lengths, a JSON header, a raw body. So nothing
that a handler prints can be taken for an answer. The handler has the shape of AWS Lambda's:
`handler(event, context)`, a coroutine function or not. The event is that of API Gateway's proxy integration
in format 1.0, the response may have either format
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
"""

from __future__ import annotations

import binascii
import contextlib
import functools
import gc
import importlib
import importlib.machinery
import importlib.util
import io
import json
import os
import queue
import struct
import sys
import threading
import time

# Not typing, logging, traceback or signal: they take as long as all of these together.
# https://typing.python.org/en/latest/spec/directives.html#type-checking
TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType
    from typing import Any, BinaryIO

PREFIX = struct.Struct(">II")
SIGKILL = 9
ANSWERS = 3  # the file descriptor that the bridge reads
LONGEST_ANSWER = 20_000_000
"""Bytes that Netlify carries at most: https://docs.netlify.com/build/functions/configuration"""
LOG_PIECE = 16_384
"""Characters of one log entry; what is longer comes in several."""
LONGEST_FRAME = LONGEST_ANSWER + 1_000_000
"""Bytes of the buffer that each frame fits into; what was never used of it takes no memory."""
IS_EDITED = not sys.dont_write_bytecode
"""Whether somebody is editing the project: only `netlify dev` lets this process write bytecode. It is that of
packages, since each request there is a new process."""
FUNCTION_NAMES = ("handler", "lambda_handler", "app", "application")
"""What a file of its own may call its function, the first of them counts."""
ASGI = ("scope", "receive", "send")
CONTEXT = ("context", "ctx")
"""How the name of a second parameter ends where the first is an event, though it be called `env`."""
TAKES_ALL = 0x04
COROUTINE = 0x80
"""The flags of `*args` and `async def` in co_flags; the module inspect would cost 10 ms of a cold start."""


class Context:
    """What the handler gets beside the event: AWS Lambda's context object.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    identity = None
    client_context = None
    function_version = "$LATEST"

    def __init__(self, fields: dict[str, Any]) -> None:
        self.aws_request_id: str = fields["requestId"]
        self.function_name: str = fields["functionName"]
        self.memory_limit_in_mb: int = fields["memoryMb"]
        self.invoked_function_arn = f"arn:aws:lambda:us-east-2:000000000000:function:{self.function_name}"
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = "netlify"
        self._deadline: float = fields["deadlineMs"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the bridge kills this process; never below zero."""
        return max(0, round(self._deadline - time.time() * 1000))


class Channel:
    """Writes whole frames, from any thread of this process and from none that a handler forks.

    A signal's handler and a destructor may write too, in the midst of any line here, and the first may raise.
    So one call puts a frame into a buffer of CPython's own, and another writes that. If a handler's exception
    ends it early, the rest stays in the buffer for the next.
    """

    def __init__(self, descriptor: int) -> None:
        self._raw = io.FileIO(descriptor, "wb")
        self._buffer = io.BufferedWriter(self._raw, LONGEST_FRAME)
        self._nested: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._is_forked = False
        os.register_at_fork(after_in_child=self._leave)

    def _leave(self) -> None:
        # Two processes that write frames would cut into each other's.
        self._raw.close()
        self._is_forked = True

    def write(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Write one frame; raises OSError when the bridge is gone, TypeError or ValueError if no JSON.

        A forked process ends here: the request is its parent's to answer.
        """
        if self._is_forked:
            os._exit(int("failed" in header))
        text = json.dumps(header, allow_nan=False).encode()
        frame = PREFIX.pack(len(text), len(body)) + text + body
        try:
            self._buffer.write(frame)
            self._buffer.flush()
        except RuntimeError as error:
            if not str(error).startswith("reentrant call"):
                raise
            # This interrupts such a call, in its very thread, which sends it as soon as it can.
            self._nested.put(frame)
            return
        while not self._nested.empty():
            with contextlib.suppress(queue.Empty):  # another thread was faster
                self._buffer.write(self._nested.get_nowait())
            self._buffer.flush()

    def log(self, level: str, text: str) -> None:
        """Write log text, in pieces if it is long; `level` is one of debug, info, warn, error."""
        if self._is_forked:
            line = text if text.endswith("\n") else f"{text}\n"
            os.write(2 if level == "error" else 1, line.encode("utf-8", "backslashreplace"))
            return
        for start in range(0, len(text), LOG_PIECE):
            piece = text[start : start + LOG_PIECE]
            self.write({"log": level}, piece.encode("utf-8", "backslashreplace"))


class PrintedLines(io.RawIOBase):
    """The binary side of sys.stdout and sys.stderr: what is printed becomes log lines."""

    def __init__(self, channel: Channel, level: str, descriptor: int) -> None:
        self._channel = channel
        self._level = level
        self._descriptor = descriptor
        self._is_line_open = False

    def writable(self) -> bool:
        """Tell io that this can be written to."""
        return True

    def fileno(self) -> int:
        """Return the plain descriptor, for subprocess and faulthandler; the bridge relays it as well."""
        return self._descriptor

    def write(self, data: Any) -> int:  # noqa: ANN401 -- typeshed's buffer type is not importable at run time
        """Send what was printed as one log entry."""
        text = bytes(data)
        # print() writes the end of its line by itself. After text of several lines, which came here at once,
        # that would be an empty entry.
        if not (self._is_line_open and text == b"\n"):
            self._channel.log(self._level, text.decode("utf-8", "replace"))
        self._is_line_open = not text.endswith(b"\n")
        return len(text)


class LoggingFinder:
    """Finds the standard library's `logging` when it is imported, and sends its records from then on."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._standard_library = list(sys.path)  # nothing of the project's is in it yet

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 -- the protocol of finders
        target: ModuleType | None = None,  # noqa: ARG002 -- as above
    ) -> Any:  # noqa: ANN401 -- a module's spec, whose loader is one of the standard library's
        """Return how logging is loaded; None for all else.

        https://docs.python.org/3/reference/import.html#the-meta-path
        """
        if name != "logging":
            return None
        # Not a module of the project's that has this name: its libraries mean the other.
        spec: Any = importlib.machinery.PathFinder.find_spec(name, self._standard_library)
        execute = spec.loader.exec_module

        def execute_and_attach(module: ModuleType) -> None:
            execute(module)
            send_records(self._channel)

        spec.loader.exec_module = execute_and_attach
        return spec


def send_records(channel: Channel) -> None:
    """Send log records with their level; the text is the formatted message alone."""
    import logging  # noqa: PLC0415 -- somebody has just imported it

    def level_name(number: int) -> str:
        """Return the name of the console method that prints a record of this level."""
        if number >= logging.ERROR:
            return "error"
        if number >= logging.WARNING:
            return "warn"
        return "info" if number >= logging.INFO else "debug"

    class LogRecords(logging.Handler):
        def handle(self, record: logging.LogRecord) -> bool:
            # Without a handler's usual lock. Before Python 3.12 a destructor may run while its thread
            # writes. If it logs, it would wait for a thread that holds that lock and waits to write.
            kept = self.filter(record)
            if kept:
                self.emit(kept if isinstance(kept, logging.LogRecord) else record)
            return bool(kept)

        def emit(self, record: logging.LogRecord) -> None:
            try:
                text = self.format(record)
            except Exception:  # noqa: BLE001 -- a log call never raises, as in every handler of the standard library
                return self.handleError(record)
            # Nor does this by itself, but a time-out that a signal's handler raises shall pass through.
            return channel.log(level_name(record.levelno), text)

    logging.getLogger().addHandler(LogRecords())


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
    os.kill(0 if os.getpgrp() == os.getpid() else os.getpid(), SIGKILL)


def complete_event(event: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Add the body to an event: as text, or as base64 where the bytes are no UTF-8."""
    try:
        event["body"] = body.decode() if body else None
        event["isBase64Encoded"] = False
    except UnicodeDecodeError:
        event["body"] = binascii.b2a_base64(body, newline=False).decode()
        event["isBase64Encoded"] = True
    return event


def read_response(returned: Any) -> tuple[dict[str, Any], bytes]:  # noqa: ANN401 -- whatever a handler returns
    """Return a response as header and body of its frame; raises TypeError, ValueError or KeyError.

    Without a status it is the body itself, as in format 2.0: text as it is, all else as JSON.
    """
    if returned is None:
        return {}, b""
    if isinstance(returned, str):
        returned = {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": returned}
    elif isinstance(returned, list) or (
        isinstance(returned, dict) and not RESPONSE_MEMBERS & returned.keys()
    ):
        text = json.dumps(returned, allow_nan=False)
        returned = {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": text}
    if not isinstance(returned, dict):
        raise TypeError(f"a handler returns a dict, a list, text or None, not {type(returned).__name__}")
    status = read_status(returned.get("statusCode"))
    headers: dict[str, list[Any]] = {}
    for fields in (
        returned.get("multiValueHeaders"),
        {"Set-Cookie": returned.get("cookies")},
        returned.get("headers"),
    ):
        add_headers(headers, fields)
    body = read_body(returned.get("body"), encoded=bool(returned.get("isBase64Encoded")))
    if len(body) > LONGEST_ANSWER:
        raise ValueError(f"an answer of {len(body)} bytes: Netlify carries at most {LONGEST_ANSWER}")
    return {"statusCode": status, "headers": headers}, body


def read_status(status: Any) -> int:  # noqa: ANN401 -- whatever a handler returns
    """Return a status; raises TypeError or ValueError. API Gateway takes it as text as well."""
    if isinstance(status, bool) or not isinstance(status, (int, float, str)) or int(status) != float(status):
        raise TypeError(f"the statusCode of a response is a whole number, not {status!r}")
    return int(status)


def add_headers(
    found: dict[str, list[Any]],
    fields: Any,  # noqa: ANN401 -- whatever a handler returns
) -> None:
    """Add headers, of a mapping or of pairs, each with a value or several; None is no value.

    A value that is there is not repeated: adapters put one header into both dicts of format 1.0.
    """
    for name, value in fields.items() if hasattr(fields, "items") else fields or ():
        values = found.get(str(name).lower(), [])
        for each in value if isinstance(value, (list, tuple)) else [value]:
            # As text: JavaScript's whole numbers end at 2**53.
            is_whole = isinstance(each, int) and not isinstance(each, bool)
            sent = str(int(each)) if is_whole else each
            if sent is not None and sent not in values:
                values.append(sent)
        if values:
            found[str(name).lower()] = values


RESPONSE_MEMBERS = {"statusCode", "headers", "multiValueHeaders", "cookies", "body", "isBase64Encoded"}


def read_body(body: Any, *, encoded: bool) -> bytes:  # noqa: ANN401 -- whatever a handler returns
    """Return a response's body as bytes; raises TypeError or ValueError."""
    if body is None:
        return b""
    if not isinstance(body, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"the body of a response is text or bytes, not {type(body).__name__}: json.dumps it")
    if encoded:
        return binascii.a2b_base64(body)
    return body.encode() if isinstance(body, str) else bytes(body)


def load(name: str) -> Callable[[dict[str, Any], Context], Any]:
    """Return the function `package.module.attribute`, or that of the file if the name ends in .py.

    An ASGI or WSGI application is put behind its adapter, which the project's requirements name. Raises
    ImportError that says what is missing, and what importing the module raises.
    """
    # What is imported stays: to look through it for garbage would take a tenth of a cold start.
    gc.disable()
    found = function_of_file(name) if name.endswith(".py") else attribute(name)
    if not callable(found):
        # To the build, too, this is a handler that is not there.
        raise ImportError(f"{name} is no function but {type(found).__name__}")  # noqa: TRY004 -- the import failed, whatever the type
    handler = adapted(found)
    gc.freeze()
    gc.enable()
    return handler


def folders_beside(name: str) -> list[str]:
    """Return where a function's file may import from: its folder, and for NAME/NAME.py the one above."""
    if not name.endswith(".py"):
        return []
    folder, _, file = name.rpartition("/")
    above, _, own = folder.rpartition("/")
    return [folder, above] if file in {f"{own}.py", "index.py"} and above else [folder]


def attribute(name: str) -> Any:  # noqa: ANN401 -- whatever the project calls so
    """Import `package.module.attribute`."""
    module_name, _, attribute_name = name.rpartition(".")
    module = importlib.import_module(module_name)
    try:
        return getattr(module, attribute_name)
    except AttributeError:
        raise ImportError(f"{module_name} has no {attribute_name}") from None


def function_of_file(path: str) -> Any:  # noqa: ANN401 -- whatever the project calls so
    """Return the first callable of a file that is named as one of FUNCTION_NAMES."""
    file = path.rpartition("/")[2]
    name = file[:-3]
    # Under the name by which the modules beside it import it, where they get this very file and no copy.
    # Under one of its own where it is called flask.py or email.py.
    can_be_imported = name.isidentifier() and name not in sys.modules
    found = importlib.util.find_spec(name) if can_be_imported else None
    if not found or found.origin != path:
        name = "function_" + "".join(char if char.isalnum() else "_" for char in name)
    loader = EditedModule(name, path) if IS_EDITED else None
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if not spec or not spec.loader:
        raise ImportError(f"no file {path}")
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    for each in FUNCTION_NAMES:
        if callable(function := getattr(module, each, None)):
            return function
    raise ImportError(f"{file} defines no handler(event, context) and no app")


class EditedModule(importlib.machinery.SourceFileLoader):
    """Loads a module that somebody is editing: its bytecode is neither read nor written.

    Bytecode knows its source by length and time, and so cannot tell two edits within one second apart.
    """

    def path_stats(self, path: Any) -> Any:  # noqa: ANN401 -- the base class's own
        """Have no time of the last change, without which there is no bytecode.

        https://docs.python.org/3/library/importlib.html#importlib.abc.SourceLoader.path_stats
        """
        raise OSError(path)


def expect_edits(folders: list[str]) -> None:
    """Load the modules in these folders as edited ones, but for those of an environment among them."""
    extensions = (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES)
    sources = (EditedModule, importlib.machinery.SOURCE_SUFFIXES)

    def finder(path: str) -> importlib.machinery.FileFinder:
        if not path.startswith(tuple(folders)) or path.startswith(sys.prefix + os.sep):
            raise ImportError(path)
        return importlib.machinery.FileFinder(path, extensions, sources)

    sys.path_hooks.insert(0, finder)


def adapted(function: Any) -> Callable[[dict[str, Any], Context], Any]:  # noqa: ANN401 -- found by its protocol
    """Return a Lambda handler for a function or an application."""
    kind = protocol(function)
    if kind == "ASGI":
        event_loop()  # Mangum looks for one
        handler: Callable[[dict[str, Any], Context], Any] = adapter("mangum", "Mangum", kind)(function)
        return handler
    if kind == "WSGI":
        make = adapter("apig_wsgi", "make_lambda_handler", kind)
        # Text too goes as base64: it may be in another encoding than UTF-8.
        made: Callable[[dict[str, Any], Context], Any] = make(
            function, binary_support=True, non_binary_content_type_prefixes=()
        )
        return made
    called: Callable[[dict[str, Any], Context], Any] = function
    return called


def protocol(function: Any) -> str:  # noqa: ANN401 -- found by its protocol
    """Return ASGI, WSGI or Lambda, by the parameters of a function or of an object's `__call__`.

    Of a wrapper that passes on whatever it gets, by those of what it wraps.
    """
    called = function if hasattr(function, "__code__") else type(function).__call__
    bound = called is not function or hasattr(function, "__self__")
    if not hasattr(called, "__code__") and not isinstance(function, type):
        # A class may keep `__call__` in a slot, for each of its objects.
        called = function.__call__
        bound = hasattr(called, "__self__")
    code = getattr(called, "__code__", None)
    if hasattr(function, "__wrapped__") and (not code or code.co_flags & TAKES_ALL):
        return protocol(function.__wrapped__)
    if not code:
        return "Lambda"
    parameters = code.co_varnames[int(bound) : code.co_argcount]
    # https://asgi.readthedocs.io/en/latest/specs/main.html
    takes_three = len(parameters) == len(ASGI) and not called.__defaults__
    if parameters == ASGI or (takes_three and code.co_flags & COROUTINE):
        return "ASGI"
    # https://peps.python.org/pep-3333/ names the parameters by example alone.
    second = parameters[1] if len(parameters) > 1 else "_"
    is_context = second.startswith("_") or second.endswith(CONTEXT)
    names_environ = parameters[:1] in (("environ",), ("env",)) and not is_context
    return "WSGI" if second == "start_response" or names_environ else "Lambda"


def adapter(module: str, name: str, kind: str) -> Any:  # noqa: ANN401 -- the adapters' own types
    """Import what turns an application into a Lambda handler; raises ImportError."""
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        distribution = module.replace("_", "-")
        raise ImportError(
            f"this is an application of {kind}: require {distribution}, which adapts it"
        ) from None


@functools.lru_cache(maxsize=None)
def event_loop() -> asyncio.AbstractEventLoop:
    """Return this process's one event loop: what a handler keeps open belongs to it."""
    import asyncio  # noqa: PLC0415 -- 40 ms, which only functions that await shall pay

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


def awaited(returned: Any) -> Any:  # noqa: ANN401 -- whatever a handler returns
    """Return what a handler returned, awaited if it is a coroutine."""
    return event_loop().run_until_complete(returned) if hasattr(returned, "__await__") else returned


def place_of(error: BaseException, own: list[str]) -> str | None:
    """Return file and line of the project's own code that an exception came through last."""
    for file, line, _ in reversed(list(steps(error))):
        for folder in own:
            if file.startswith(folder + os.sep):
                return f"{file[len(folder) + 1 :]}:{line}"
    return None


def steps(error: BaseException) -> Iterator[tuple[str, int, str]]:
    """Yield file, line and function of each step that an exception came through, the outermost first."""
    step = error.__traceback__
    while step:
        code = step.tb_frame.f_code
        yield code.co_filename, step.tb_lineno, code.co_name
        step = step.tb_next


def told(error: BaseException) -> str:
    """Return an exception with its traceback, as Python prints it."""
    try:
        import traceback  # noqa: PLC0415 -- see above

        return "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip()
    except Exception:  # noqa: BLE001 -- no descriptor is left to read it by, or the project has one of its name
        places = "".join(f'  File "{file}", line {line}, in {name}\n' for file, line, name in steps(error))
        return f"Traceback (most recent call last):\n{places}{type(error).__name__}: {error}"


def prepare(name: str) -> None:
    """Call `before_import(name)` of the handler's package, if it has that: to begin what only takes time."""
    package = "" if name.endswith(".py") else name.rpartition(".")[0].rpartition(".")[0]
    if package:
        getattr(importlib.import_module(package), "before_import", lambda _: None)(name)


def print_to(channel: Channel) -> None:
    """Send everything that is printed or logged from here on beside the answers."""
    for name, level, descriptor in (("stdout", "info", 1), ("stderr", "error", 2)):
        lines: Any = PrintedLines(channel, level, descriptor)
        stream = io.TextIOWrapper(lines, encoding="utf-8", errors="backslashreplace", line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.meta_path.insert(0, LoggingFinder(channel))
    if "logging" in sys.modules:
        # Something of a virtual environment's has imported it while Python started.
        send_records(channel)


def flush_printed() -> None:
    """Send what was printed without an end of line."""
    for stream in (sys.stdout, sys.stderr):
        # A handler may have closed the stream, or put something else in its place.
        with contextlib.suppress(Exception):
            stream.flush()


def wait_for_debugger(channel: Channel) -> None:
    """Under `netlify dev` with DEBUGPY_PORT set: wait until a debugger is attached to that port."""
    port = os.environ.pop("DEBUGPY_PORT", "")
    if not port:
        return
    import debugpy  # noqa: PLC0415, T100 -- only where a debugger is asked for

    debugpy.listen(("127.0.0.1", int(port)))  # noqa: T100 -- it is what was asked for
    channel.log("warn", f"waiting for a debugger on 127.0.0.1:{port}")
    debugpy.wait_for_client()  # noqa: T100 -- it is what was asked for


def close_inherited() -> None:
    """Close what Node lets through of the platform's descriptors, such as that of Lambda's log."""
    # Not os.closerange: where a process may have a billion, some builds of Python try each.
    with contextlib.suppress(FileNotFoundError):
        for descriptor in map(int, os.listdir("/dev/fd")):  # noqa: PTH208 -- pathlib would cost a cold start
            if descriptor > ANSWERS:
                with contextlib.suppress(OSError):  # that of the listing is closed already
                    os.close(descriptor)


def receive() -> queue.SimpleQueue[tuple[dict[str, Any], bytes]]:
    """Return the queue that requests come into from here on."""
    # They move to a descriptor that no subprocess of a handler inherits.
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    frames: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
    threading.Thread(target=read_frames, args=(requests, frames), name="requests", daemon=True).start()
    return frames


def main() -> None:
    """Answer requests one after another until standard input ends."""
    close_inherited()
    os.set_inheritable(ANSWERS, False)
    channel = Channel(ANSWERS)
    print_to(channel)
    name, *folders = sys.argv[1:]
    sys.argv = [name]
    sys.path[:0] = folders
    # The project's own folder comes first, those of files of their own after all else.
    beside = folders_beside(name)
    sys.path += beside
    own = folders[:1] + beside
    if IS_EDITED:
        expect_edits(own)
    frames = receive()
    try:
        wait_for_debugger(channel)
        prepare(name)
        handler = load(name)
    except BaseException as error:  # noqa: BLE001 -- SystemExit while importing is a failure as well
        channel.log("error", told(error))
        os._exit(1)
    while True:
        fields, body = frames.get()
        try:
            returned = handler(complete_event(fields["event"], body), Context(fields))
            header, answer = read_response(awaited(returned))
            flush_printed()
            channel.write({"answer": fields["id"], **header}, answer)
        except BaseException as error:  # noqa: BLE001 -- sys.exit() in a handler must not end the process for the next request
            flush_printed()
            channel.log("error", told(error))
            failure = {"error": type(error).__name__, "place": place_of(error, own)}
            channel.write({"answer": fields["id"], "failed": failure})


if __name__ == "__main__":
    main()
