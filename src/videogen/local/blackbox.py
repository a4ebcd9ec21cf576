"""A Blackbox video API on loopback: the documented wire format, real videos, and faults on request.

    POST /chat/completions, /v1/chat/completions   makes a video of the first photo, answers with a link to it
    GET  /v1/models                                the models
    GET  /videos/...                               the video, with Range, for an hour
    GET  /_ledger                                  the purchases so far

What the real API refuses is refused: no key (401), a model without its prefix, malformed messages or parts, a
photo that is none or cannot be fetched (400), a body over 20 MB (413). A photo may come as a data URI or as a
link in an `image_url` part, or either of them in the top-level field `image`.

Words in the prompt choose what happens:

    [fault:NAME]    plays that row of `faults.FAULTS`; an answer and a download can be combined
    [delay:70]      answers after 70 seconds
    [times:1]       plays the faults once only: at this very prompt's first POST, its video's first GET
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import json
import re
import secrets
import struct
import threading
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from videogen.local import clips
from videogen.local.faults import (
    FAULTS,
    Ending,
    Fault,
    Order,
    Reply,
    invalid_model,
    problem,
    success,
    too_large,
)
from videogen.local.http_server import LoopbackServer, reset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

MODELS = (
    "blackboxai/google/veo-2",
    "blackboxai/google/veo-3",
    "blackboxai/google/veo-3-fast",
    "blackboxai/veo-3.1",
    "blackboxai/veo-3.1-fast",
)
MAX_BODY_BYTES = 20_000_000
LINK_SECONDS = 3600.0
"""How long a link lives. The documented ones lead to Replicate, which deletes outputs after an hour:
https://replicate.com/docs/topics/predictions/data-retention"""

_WORD = re.compile(r"\[(fault|delay|times):([\w.-]+)\]")
_DATA_URI = re.compile(r"data:image/[\w.+-]+;base64,(.*)", re.DOTALL)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CHUNK = 65536


@dataclass(frozen=True)
class Purchase:
    """A POST that was accepted, and that the real API would charge for, or might."""

    model: str
    prompt_sha256: str
    photo_transport: str | None
    """data, url or field; None without a photo."""
    photos: int
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Request:
    """A request as it arrived; prompt and photos only where they could be read."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    prompt: str | None = None
    photos: tuple[str, ...] = ()
    """SHA-256 of each image's bytes, in the order of the message."""


@dataclass(frozen=True)
class _Ask:
    """A well-formed body."""

    model: str
    prompt: str
    photo_transport: str | None
    photos: tuple[bytes, ...]
    key: str = field(repr=False)


@dataclass(frozen=True)
class _Script:
    """What the words of a prompt ask for."""

    names: tuple[str, ...] = ()
    delay: float | None = None
    times: int | None = None

    @classmethod
    def read(cls, prompt: str) -> _Script:
        """Read a prompt; raises _RejectedError for an unknown fault, lest a test pass on a typing error."""
        words = _WORD.findall(prompt)
        names = tuple(value for key, value in words if key == "fault")
        if unknown := set(names) - set(FAULTS):
            raise _RejectedError(problem(400, f"The simulator knows no fault {', '.join(sorted(unknown))}."))
        numbers = {key: value for key, value in words if key != "fault"}
        try:
            delay = float(numbers["delay"]) if "delay" in numbers else None
            times = int(numbers["times"]) if "times" in numbers else None
        except ValueError as error:
            raise _RejectedError(problem(400, f"The simulator cannot read a number: {error}.")) from error
        return cls(names, delay, times)

    def faults(self, nth: int) -> list[Fault]:
        """Return what to play at the nth time, from 1."""
        return [] if self.times is not None and nth > self.times else [FAULTS[name] for name in self.names]


@dataclass
class _Video:
    """A video, and what its link needs and does."""

    clip: bytes
    size: int
    query: str
    expires: float
    script: _Script
    requests: int = 0

    @functools.cached_property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.clip).hexdigest()[:32]}-{self.size}"'

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from start to stop: the clip, then an MP4 `free` box that fills it up to `size`."""
        head = self.clip + _free_box(self.size - len(self.clip))
        while start < stop:
            end = min(stop, start + _CHUNK)
            yield head[start:end].ljust(end - start, b"\0")
            start = end


class _RejectedError(Exception):
    """The request is refused with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply)
        self.reply = reply


class Simulator(LoopbackServer):
    """The server, from `with` until its end.

    `delay` and the delays of the faults are seconds, times `time_scale`. A link lives for `link_seconds` of
    `clock` (monotonic seconds). `render` makes an MP4 of a photo's bytes, or of None.
    `purchases` is the ledger, `posts` counts the requests for a video, refused ones too, and `requests` keeps
    the last thousand requests of any kind.
    """

    def __init__(
        self,
        *,
        delay: float = 0.0,
        time_scale: float = 1.0,
        link_seconds: float = LINK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        render: Callable[[bytes | None], bytes] = clips.render,
    ) -> None:
        super().__init__(_Handler)
        self.delay = delay
        self.time_scale = time_scale
        self.purchases: list[Purchase] = []
        self.posts = 0
        self.requests: deque[Request] = deque(maxlen=1000)
        self._link_seconds = link_seconds
        self._clock = clock
        self._render = render
        self._lock = threading.Lock()
        self._prompts: Counter[str] = Counter()
        self._videos: dict[str, _Video] = {}

    def count_post(self) -> None:
        """Count a request for a video, whatever becomes of it."""
        with self._lock:
            self.posts += 1

    def take_order(self, ask: _Ask) -> tuple[Reply, float]:
        """Enter a well-formed POST in the ledger; return its answer and the seconds to hold it back."""
        script = _Script.read(ask.prompt)
        digest = hashlib.sha256(ask.prompt.encode()).hexdigest()
        with self._lock:
            self._prompts[digest] += 1
            faults = script.faults(self._prompts[digest])
        make_video = functools.partial(self._publish, ask, script, faults)
        make_file = functools.partial(self._film, ask)
        order = Order(ask.model, ask.prompt, int(time.time()), make_video, make_file, ask.key)
        answer = next((fault.answer for fault in faults if fault.answer), success)
        reply = answer(order)
        if all(fault.purchase for fault in faults):
            self.purchases.append(
                Purchase(ask.model, digest, ask.photo_transport, len(ask.photos), script.names)
            )
        delays = [script.delay, *(fault.delay for fault in faults), self.delay]
        return reply, next(delay for delay in delays if delay is not None) * self.time_scale

    def _publish(self, ask: _Ask, script: _Script, faults: list[Fault]) -> str:
        """Render the video; return its new, unguessable link."""
        clip = self._film(ask)
        size = next((fault.size for fault in faults if fault.size), len(clip))
        tail = next((fault.link for fault in faults if fault.link is not None), "/output.mp4")
        token = secrets.token_urlsafe(24)
        now = self._clock()
        with self._lock:
            for key in [key for key, video in self._videos.items() if video.expires <= now]:
                del self._videos[key]
            query = tail.partition("?")[2]
            self._videos[token] = _Video(clip, size, query, now + self._link_seconds, script)
        return f"{self.url}/videos/{token}{tail}"

    def _film(self, ask: _Ask) -> bytes:
        try:
            return self._render(ask.photos[0] if ask.photos else None)
        except clips.NotAPhotoError as error:
            raise _RejectedError(problem(400, f"The image cannot be read: {error}")) from error

    def find_video(self, path: str, query: str) -> tuple[_Video, list[Fault]]:
        """Return a link's video and what to play; raises _RejectedError for a dead or a mutilated link."""
        token = path.split("/")[2]
        with self._lock:
            video = self._videos.get(token)
            if video is None or video.expires <= self._clock():
                raise _RejectedError(Reply(404, b"Not Found", content_type="text/plain"))
            if query != video.query:
                raise _RejectedError(_FORBIDDEN)
            video.requests += 1
            return video, video.script.faults(video.requests)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Simulator

    def do_POST(self) -> None:
        """Make a video."""
        url = urlsplit(self.path)
        if url.path not in ("/chat/completions", "/v1/chat/completions"):
            self._record()
            self.close_connection = True  # its body is still to come
            self._send(problem(404, "Not Found"))
            return
        started = time.monotonic()
        self.server.count_post()
        ask: _Ask | None = None
        try:
            ask = _check(self.headers.get("Authorization", ""), self._read_body())
            reply, delay = self.server.take_order(ask)
        except _RejectedError as rejected:
            reply, delay = rejected.reply, 0.0
        self._record(ask)
        if not self.server.closing.wait(delay - (time.monotonic() - started)):
            self._send(reply)

    def do_GET(self) -> None:
        """Answer with the models, the ledger or a video."""
        self._record()
        url = urlsplit(self.path)
        if url.path == "/v1/models":
            self._send(_MODEL_LIST)
        elif url.path == "/_ledger":
            ledger = {
                "posts": self.server.posts,
                "purchases": [asdict(purchase) for purchase in self.server.purchases],
            }
            self._send(Reply(200, json.dumps(ledger).encode()))
        elif url.path.startswith("/videos/"):
            try:
                self._send(self._video(url.path, url.query))
            except _RejectedError as rejected:
                self._send(rejected.reply)
        else:
            self._send(problem(404, "Not Found"))

    def do_HEAD(self) -> None:
        """Answer as to a GET, without the body."""
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Print nothing: prompts and links are not for a log."""

    def _record(self, ask: _Ask | None = None) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers)
        if ask:
            digests = tuple(hashlib.sha256(photo).hexdigest() for photo in ask.photos)
            request = replace(request, prompt=ask.prompt, photos=digests)
        self.server.requests.append(request)

    def _read_body(self) -> bytes:
        """Return the body; raises _RejectedError where it is too large, or a fault leaves it unread."""
        length = int(self.headers.get("Content-Length", "-1"))
        if not 0 <= length <= MAX_BODY_BYTES:
            self.close_connection = True
            raise _RejectedError(problem(411, "Length Required") if length < 0 else too_large())
        start = self.rfile.read1(min(length, _CHUNK))
        for name in re.findall(rb"\[fault:([\w.-]+)\]", start):
            fault = FAULTS.get(name.decode())
            if fault and fault.unread:
                raise _RejectedError(Reply(ending=Ending.RESET, sends=-1))
        return start + self.rfile.read(length - len(start))

    def _video(self, path: str, query: str) -> Reply:
        """Return the answer to a GET of a video, which may be for a range of it."""
        video, faults = self.server.find_video(path, query)
        headers = {"ETag": video.etag, "Accept-Ranges": "bytes"}
        status, start, stop = 200, 0, video.size
        wanted = _RANGE.fullmatch(self.headers.get("Range", ""))
        if wanted and self.headers.get("If-Range", video.etag) == video.etag and any(wanted.groups()):
            first, last = wanted.groups()
            start = int(first) if first else max(0, video.size - int(last))
            stop = min(video.size, int(last) + 1) if first and last else video.size
            if start >= stop:
                raise _RejectedError(Reply(416, headers={"Content-Range": f"bytes */{video.size}"}))
            status = 206
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{video.size}"
        body = video.read(start, stop)
        reply = Reply(status, body, "video/mp4", headers, length=stop - start)
        for fault in faults:
            if fault.download:
                reply = fault.download(reply, f"http://{self.headers['Host']}{self.path}")
        return reply

    def _send(self, reply: Reply) -> None:
        """Send a reply, with all that is wrong with it."""
        if reply.sends != -1:
            self._send_head(reply)
            if self.command != "HEAD":
                self._send_body(reply)
        if reply.ending is Ending.SILENCE:
            self.connection.recv(1)  # returns when the client leaves, or the server closes
        if reply.ending is Ending.RESET:
            reset(self.connection)
        if reply.ending:
            self.close_connection = True

    def _send_head(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        headers = {"Date": self.date_time_string(), "Server": "uvicorn", "Content-Type": reply.content_type}
        if reply.length is not None:
            headers["Content-Length"] = str(reply.length)
        elif isinstance(reply.body, bytes):
            headers["Content-Length"] = str(len(reply.body))
        else:
            headers["Transfer-Encoding"] = "chunked"
        for name, value in (headers | dict(reply.headers)).items():
            self.send_header(name, value)
        self.end_headers()

    def _send_body(self, reply: Reply) -> None:
        chunked = reply.length is None and not isinstance(reply.body, bytes)
        for piece in _pieces(reply):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if reply.seconds_per_byte and self.server.closing.wait(
                reply.seconds_per_byte * len(piece) * self.server.time_scale
            ):
                return
        if chunked and not reply.ending:
            self.wfile.write(b"0\r\n\r\n")


_MODEL_LIST = Reply(
    200,
    json.dumps(
        {
            "object": "list",
            "data": [
                {"id": model, "object": "model", "created": 1677610602, "owned_by": "openai"}
                for model in MODELS
            ],
        }
    ).encode(),
)
_FORBIDDEN = Reply(
    403,
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SignatureDoesNotMatch</Code></Error>',
    "application/xml",
)


def _free_box(size: int) -> bytes:
    """Return the head of an MP4 box that players skip; from 4 GiB on its length stands after its name."""
    if not size:
        return b""
    return struct.pack(">I4s", size, b"free") if size < 1 << 32 else struct.pack(">I4sQ", 1, b"free", size)


def _pieces(reply: Reply) -> Iterator[bytes]:
    """Yield what goes out of a reply's body, byte by byte where it is slow."""
    body: Iterable[bytes] = [reply.body] if isinstance(reply.body, bytes) else reply.body
    if reply.seconds_per_byte:
        body = (bytes([byte]) for piece in body for byte in piece)
    left = reply.sends
    for piece in body:
        if left is not None:
            piece = piece[:left]  # noqa: PLW2901 - what is left of it
            left -= len(piece)
        if piece:
            yield piece
        if left == 0:
            return


def _check(authorization: str, body: bytes) -> _Ask:
    """Return what a POST asks for; raises _RejectedError as the real API would refuse it."""
    if not re.fullmatch(r"Bearer \S+", authorization):
        raise _RejectedError(problem(401, "No API key, or an invalid one."))
    try:
        ask = json.loads(body)
    except ValueError as error:
        raise _RejectedError(problem(400, f"The body is not JSON: {error}")) from error
    if not isinstance(ask, dict):
        raise _RejectedError(problem(400, "The body is not a JSON object."))
    model = ask.get("model")
    if not isinstance(model, str) or not re.fullmatch(r"blackboxai/\S+", model):
        raise _RejectedError(invalid_model(model))
    texts: list[str] = []
    links: list[str] = []
    messages = ask.get("messages")
    if not isinstance(messages, list) or not messages:
        raise _RejectedError(problem(400, "messages: a list with at least one message is required."))
    for message in messages:
        _read_message(message, texts, links)
    prompt = "\n".join(texts)
    if not prompt.strip():
        raise _RejectedError(problem(400, "messages: a prompt is required."))
    transport = ("data" if links[0].startswith("data:") else "url") if links else None
    if "image" in ask:
        if not isinstance(ask["image"], str):
            raise _RejectedError(problem(400, "image: a string is required."))
        transport = "field"
        links.insert(0, ask["image"])
    return _Ask(model, prompt, transport, tuple(_photo(link) for link in links), authorization.split()[1])


def _read_message(message: Any, texts: list[str], links: list[str]) -> None:  # noqa: ANN401 - JSON
    """Add a message's texts and the links to its images; raises _RejectedError."""
    match message:
        case {"role": "system" | "user" | "assistant", "content": str(text)}:
            texts.append(text)
            return
        case {"role": "system" | "user" | "assistant", "content": [*parts]}:
            pass
        case _:
            raise _RejectedError(
                problem(400, "messages: a role, and a string or a list of parts are required.")
            )
    for part in parts:
        match part:
            case {"type": "text", "text": str(text)}:
                texts.append(text)
            case {"type": "image_url", "image_url": {"url": str(link)}}:
                links.append(link)
            case _:
                raise _RejectedError(problem(400, "messages: a part is neither a text nor an image_url."))


def _photo(link: str) -> bytes:
    """Return an image's bytes from its data URI or from where its link leads; raises _RejectedError."""
    try:
        if data := _DATA_URI.fullmatch(link):
            photo = base64.b64decode(data[1], validate=True)
        else:
            # An HTTP proxy of the environment is for the outside, never for a stand-in on this machine.
            outside = urlsplit(link).hostname not in ("127.0.0.1", "localhost")
            photo = httpx.get(link, timeout=10, trust_env=outside).raise_for_status().content
        clips.check_photo(photo)
    except (binascii.Error, ValueError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise _RejectedError(
            problem(400, f"image_url: {type(error).__name__}, no image could be read.")
        ) from error
    return photo
