"""The download of a video from where the provider left it.

The link is text from outside, so it could lead into our own network: names are resolved here, every address
they have must be a public one, and the connection goes to the very address that was checked, while TLS still
checks the name (https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html).
The file comes in parts, counted, hashed and looked at on the way, so that it need not fit into memory.
What it is, its bytes say: stores label files with a `Content-Encoding` and a `Content-Type` that are wrong.
"""

from __future__ import annotations

import hashlib
import io
import ipaddress
import itertools
import re
import socket
import time
import zlib
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import httpx

from videogen.errors import VideoGone, VideoInterrupted, VideoIsText, VideoRefused
from videogen.outbound import CONNECT_SECONDS, Deadline

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Resolve = Callable[..., Sequence[tuple[Any, ...]]]

NONE: Mapping[str, str] = {}
HEADERS: Mapping[str, str] = {
    "Accept": "video/mp4, */*;q=0.1",
    "Accept-Encoding": "identity",
    "User-Agent": "videogen",
}
PART_BYTES = 8 * 1024 * 1024  # S3 takes multipart parts from 5 MiB on
MAX_BYTES = 300_000_000
MAX_REDIRECTS = 3
CHUNK_BYTES = 1024 * 1024
CHUNK_SECONDS = 30.0  # silence longer than this ends the download

_MAX_ADDRESSES = 4  # tried one after another
_GONE = frozenset({400, 401, 403, 404, 410})  # signed links expire with any of these
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WHOLE = frozenset({200, 203, 206})
_PARTIAL = 206
_PASSING = frozenset({408, 409, 423, 425, 429})
_GZIP = b"\x1f\x8b"
# And zlib (https://www.rfc-editor.org/rfc/rfc1950): neither a video nor a text begins so.
_PACKED = (_GZIP, b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")

# https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry. Of IPv6 only
# the global unicast block counts as public, less what is special in it: that leaves out ::1, IPv4-mapped and
# NAT64 addresses, link-local and site-local ones.
_SPECIAL_V4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
]
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_V6 = [
    ipaddress.IPv6Network(network)
    # protocol assignments with Teredo and ORCHID; documentation; 6to4; documentation
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]

# https://mp4ra.org/registered-types/brands: files that begin like an MP4 and are pictures or sound.
_NO_VIDEO_BRANDS = frozenset(
    {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"crx "}
    | {b"jp2 ", b"jpx ", b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "}
)
# HTML, JSON, a message: no box, whose size is no text.
_TEXT = re.compile(rb"[\t\n\f\r -\x7e\x80-\xff]+")
HEAD_BYTES = 64
_BOX_BYTES = 8  # size, kind
_FTYP_BYTES = 16  # size, "ftyp", brand, version
_MAX_FTYP_BYTES = 1024
# What may come before the file type, and what QuickTime begins with that has none
# (https://developer.apple.com/documentation/quicktime-file-format/movie_files).
_BEFORE_FTYP = frozenset({b"free", b"skip", b"wide", b"styp"})
_WITHOUT_FTYP = frozenset({b"moov", b"mdat"})


class Video:
    """An open download: iterate once over its parts, of exactly `PART_BYTES` but for the last.

    After the last part `length` (bytes) and `sha256` (hex) are those of the whole file. Iterating raises
    VideoRefused and VideoInterrupted.
    """

    def __init__(self, chunks: Iterator[bytes], max_bytes: int) -> None:
        self.length = 0
        self.sha256 = ""
        self._parts = self._read(chunks, max_bytes)

    def __iter__(self) -> Iterator[bytes]:
        return self._parts

    def _read(self, chunks: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
        digest = hashlib.sha256()
        # A BytesIO hands out what it holds without a copy: one part is in memory here and one at the caller.
        part = io.BytesIO()
        is_checked = False
        for chunk in unpacked(chunks):
            self.length += len(chunk)
            if self.length > max_bytes:
                raise VideoRefused(note="the file is too large")
            digest.update(chunk)
            rest = memoryview(chunk)
            while rest:
                room = PART_BYTES - part.tell()
                part.write(rest[:room])
                rest = rest[room:]
                if not is_checked and part.tell() >= HEAD_BYTES:
                    check_head(part.getbuffer()[:HEAD_BYTES].tobytes())
                    is_checked = True
                if part.tell() == PART_BYTES:
                    yield part.getvalue()
                    part = io.BytesIO()
        if not self.length:
            raise VideoInterrupted(note="the file is empty", received=0)
        if not is_checked:
            check_head(part.getvalue()[:HEAD_BYTES])
        self.sha256 = digest.hexdigest()
        if part.tell():
            yield part.getvalue()


def unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a file's bytes, those inside where it is gzip or deflate, once or twice.

    What was packed comes in pieces of at most CHUNK_BYTES, so that a bomb is counted while it is small.

    Raises VideoRefused where it is damaged and VideoInterrupted where it is cut.
    """
    return _unpacked(_unpacked(chunks))


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(_GZIP):
            break
    if not head.startswith(_PACKED):
        yield head
        yield from chunks
        return
    member = _member()
    for chunk in itertools.chain([head], chunks):
        packed = chunk
        while packed:
            if member.eof:  # a gzip file may have several members, and padding after the last
                if not packed.startswith(_GZIP[:1]):
                    break
                member = _member()
            try:
                yield member.decompress(packed, CHUNK_BYTES)
            except zlib.error:
                raise VideoRefused(note="the file is damaged gzip") from None
            packed = member.unconsumed_tail or member.unused_data
    if not member.eof:
        raise VideoInterrupted(note="the file is cut gzip")


def _member() -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | 32)  # either, by its header


def check_head(head: bytes) -> None:
    """Raise VideoRefused unless a file that begins with `head` can be an MP4.

    The file type box comes first: https://developer.apple.com/documentation/quicktime-file-format/file_type_compatibility_atom,
    or after boxes that say nothing; a file without one is QuickTime as it was before there were any.
    A page or a message in its place, which proxies and stores send with a 200 too, is VideoIsText: it
    tells nothing of the file.
    """
    if _TEXT.fullmatch(head):
        raise VideoIsText
    at, size, kind = 0, *_box(head)
    while kind in _BEFORE_FTYP and size >= _BOX_BYTES:
        at += size
        size, kind = _box(head[at:])
    if len(head) < _FTYP_BYTES:
        raise VideoRefused(note="the file is no MP4")
    if kind in _WITHOUT_FTYP or (at and at + _FTYP_BYTES > len(head)):
        return
    if kind != b"ftyp":
        raise VideoRefused(note="the file is no MP4")
    brand = head[at + 8 : at + 12]
    if not _FTYP_BYTES <= size <= _MAX_FTYP_BYTES or size % 4 or not all(32 <= byte < 127 for byte in brand):  # noqa: PLR2004 - printable ASCII
        raise VideoRefused(note="the file is no MP4: its first box is malformed")
    if brand in _NO_VIDEO_BRANDS:
        raise VideoRefused(note="the file is a picture or sound, no video")


def _box(head: bytes) -> tuple[int, bytes]:
    return int.from_bytes(head[:4], "big"), head[4:_BOX_BYTES]


@contextmanager
def open_video(
    url: str,
    *,
    hosts: Sequence[str],
    deadline: float,
    monotonic: Callable[[], float] = time.monotonic,
    resolve: Resolve = socket.getaddrinfo,
    max_bytes: int = MAX_BYTES,
    ssl_context: ssl.SSLContext | None = None,
    video: bytes | None = None,
) -> Iterator[Video]:
    """Open the file behind `url` for one reading; `deadline`, in `monotonic` seconds, ends it in any case.

    `hosts` are names whose subdomains count too, empty for any public host; an entry with a scheme, such as
    `http://127.0.0.1:9000`, allows that very origin as it stands, whatever address it has. Everything else
    must be https on a public address, and so must up to three redirects. `video` is the file where the
    provider's answer held it; it is then read from there, and its `data:` link leads nowhere without it.

    Raises VideoGone, VideoRefused (the link, or what lies there, is not for us) and VideoInterrupted
    (worth another try).
    """
    if video is not None:
        yield Video(iter([video]), max_bytes)
        return
    if url.startswith("data:"):
        raise VideoGone(note="the answer that held it is lost")
    download = _Download(hosts, deadline, monotonic, resolve)
    with (
        download.limit.after(deadline - monotonic()),
        _client(ssl_context, HEADERS) as client,
        closing(download.follow(client, _parsed(url))) as response,
    ):
        yield video_of(response, download.chunks(response), max_bytes)


def video_of(response: httpx.Response, chunks: Iterator[bytes], max_bytes: int = MAX_BYTES) -> Video:
    """Return the video that an answer holds, `chunks` being its body as it came, still unread.

    Raises VideoGone, VideoRefused and VideoInterrupted.
    """
    _check_response(response, max_bytes)
    return Video(chunks if _tells_its_end(response) else _up_to_a_whole_box(chunks), max_bytes)


def post(
    url: httpx.URL,
    body: bytes,
    headers: Mapping[str, str],
    *,
    hosts: Sequence[str],
    deadline: float,
    monotonic: Callable[[], float] = time.monotonic,
    resolve: Resolve = socket.getaddrinfo,
    ssl_context: ssl.SSLContext | None = None,
) -> int:
    """Send bytes to an address from outside, with the checks of `open_video`; return the answer's status.

    Redirects are not followed. Raises VideoRefused and VideoInterrupted.
    """
    download = _Download(hosts, deadline, monotonic, resolve)
    with (
        download.limit.after(deadline - monotonic()),
        _client(ssl_context) as client,
        closing(download.send(client, url, body, headers)) as response,
    ):
        return response.status_code


class _NoCookies(CookieJar):
    """Reads no cookie: none is needed, and of a malformed one the base class prints a traceback."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Do nothing."""


def _client(ssl_context: ssl.SSLContext | None, headers: Mapping[str, str] = NONE) -> httpx.Client:
    return httpx.Client(
        transport=httpx.HTTPTransport(
            verify=ssl_context or True, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        ),
        headers=headers,
        cookies=_NoCookies(),
        follow_redirects=False,
    )


def is_public(address: str) -> bool:
    """Whether an IP address, as text, is one of the public internet and embeds no other."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _SPECIAL_V4)
    return ip.scope_id is None and ip in _GLOBAL_V6 and not any(ip in network for network in _SPECIAL_V6)


@dataclass(frozen=True, slots=True)
class _Download:
    hosts: Sequence[str]
    deadline: float
    monotonic: Callable[[], float]
    resolve: Resolve
    limit: Deadline = field(default_factory=Deadline)

    def follow(self, client: httpx.Client, url: httpx.URL) -> httpx.Response:
        """Return the first answer that is no redirect, its body still unread."""
        for _ in range(1 + MAX_REDIRECTS):
            response = self.send(client, url)
            if response.status_code not in _REDIRECTS:
                return response
            response.close()
            url = _parsed(response.headers.get("location", ""), url)
        raise VideoInterrupted(note="too many redirects", received=0)

    def chunks(self, response: httpx.Response) -> Iterator[bytes]:
        received = 0
        try:
            for chunk in response.iter_raw():
                if self.monotonic() > self.deadline:
                    raise VideoInterrupted(note="no time left")
                received += len(chunk)
                yield chunk
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise VideoInterrupted(note=type(error).__name__, received=received) from None

    def send(
        self,
        client: httpx.Client,
        url: httpx.URL,
        body: bytes | None = None,
        headers: Mapping[str, str] = NONE,
    ) -> httpx.Response:
        """Return the answer to a GET, or to a POST of `body`, unread, from an address that was checked."""
        for address in self._addresses(url):
            remaining = self.deadline - self.monotonic()
            if remaining <= 0:
                raise VideoInterrupted(note="no time left")
            request = client.build_request(
                "GET" if body is None else "POST",
                url.copy_with(host=address),
                content=body,
                headers={**headers, "Host": url.netloc.decode("ascii")},
                timeout=httpx.Timeout(min(CHUNK_SECONDS, remaining), connect=min(CONNECT_SECONDS, remaining)),
                extensions={"sni_hostname": url.raw_host.decode("ascii"), "trace": self.limit.trace},
            )
            try:
                return client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            except httpx.HTTPError as error:
                raise VideoInterrupted(note=type(error).__name__) from None
            except (httpx.InvalidURL, UnicodeError):
                # httpx reads where a redirect leads to also where it is not to follow.
                raise VideoRefused(note="the link is malformed") from None
        raise VideoInterrupted(note="no connection")

    def _addresses(self, url: httpx.URL) -> list[str]:
        """Return the addresses of the host, all of them checked."""
        host = url.raw_host.decode("ascii").rstrip(".")
        is_allowed_origin = any(
            "://" in entry and _same_origin(httpx.URL(entry), url) for entry in self.hosts
        )
        if not is_allowed_origin:
            if url.scheme != "https" or not host or url.userinfo:
                raise VideoRefused(note="the link is not https")
            if self.hosts and not any(host == entry or host.endswith("." + entry) for entry in self.hosts):
                raise VideoRefused(note="the link's host is not allowed")
        port = url.port or {"https": 443, "http": 80}[url.scheme]
        try:
            found = self.resolve(host, port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise VideoRefused(note="the link's host is malformed") from None
        except OSError:
            raise VideoInterrupted(note="the link's host has no address") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not is_allowed_origin and not all(map(is_public, addresses)):
            raise VideoRefused(note="the link's host has an address that is not public")
        return addresses[:_MAX_ADDRESSES]


def _same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    return (one.scheme, one.netloc, b"") == (other.scheme, other.netloc, other.userinfo)


def _parsed(text: str, base: httpx.URL | None = None) -> httpx.URL:
    try:
        return base.join(text) if base else httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise VideoRefused(note="the link is malformed") from None


def _check_response(response: httpx.Response, max_bytes: int) -> None:
    status = response.status_code
    if status in _GONE:
        raise VideoGone(note=f"status {status}")
    if status not in _WHOLE:
        # What the store has against the request stays, but for what it says will pass.
        stays = 400 <= status < 500 and status not in _PASSING  # noqa: PLR2004 - HTTP's own range
        raise VideoInterrupted(note=f"status {status}", received=0 if stays else None)
    if status == _PARTIAL and not _is_whole(response.headers.get("content-range", "")):
        raise VideoInterrupted(note="a part of the file", received=0)
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise VideoRefused(note="the file is too large")


def _tells_its_end(response: httpx.Response) -> bool:
    """Whether an answer that was cut is known to be: any other looks whole when the connection closes."""
    encodings = response.headers.get("transfer-encoding", "").lower()
    return "content-length" in response.headers or encodings.endswith("chunked")


def _up_to_a_whole_box(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a file's bytes; raise VideoInterrupted after them if its last box is cut.

    https://developer.apple.com/documentation/quicktime-file-format/atoms: a size of 1 stands for one of 64
    bits after the kind, a size of 0 for all that follows. Only the frames and their index must be whole: what
    else stands at the end may be malformed.
    """
    received, end, header, kind = 0, 0, b"", b""
    for chunk in chunks:
        yield chunk
        start, received = received, received + len(chunk)
        while end < received:
            unread = max(end + len(header) - start, 0)
            header += chunk[unread : unread + 2 * _BOX_BYTES - len(header)]
            if len(header) < 2 * _BOX_BYTES:
                break
            size, kind = _box(header)
            size = int.from_bytes(header[_BOX_BYTES:], "big") if size == 1 else size
            if size < _BOX_BYTES:
                yield from chunks
                return
            end += size
            header = header[size:]
    if end > received and kind in _WITHOUT_FTYP:
        raise VideoInterrupted(note="the file is cut", received=received)


def _is_whole(content_range: str) -> bool:
    """Whether a Content-Range, where one can be read, is that of a whole file; nobody asked for a part."""
    found = re.fullmatch(r"\s*bytes[ =]([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)\s*", content_range)
    if found is None:
        return True
    first, last, length = found.groups()
    return int(first) == 0 and (length == "*" or int(last) + 1 >= int(length))
