"""The download of a video, against real sockets and real TLS."""

from __future__ import annotations

import gzip
import hashlib
import logging
import socket
import ssl
import struct
import time
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from videogen.errors import JobError, VideoGone, VideoInterrupted, VideoIsText, VideoRefused
from videogen.videos import PART_BYTES, Video, check_head, is_public, open_video

if TYPE_CHECKING:
    import ipaddress
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Serve = Callable[..., Any]
    Behave = Callable[[Any, socket.socket], None]

FTYP = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41"
TRUSTING = ssl.create_default_context()
MP4 = FTYP + b"\0\0\0\x08free" + bytes(range(256)) * 4


def replying(body: bytes = MP4, status: str = "200 OK", *headers: str, length: int | None = None) -> Behave:
    size = len(body) if length is None else length
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {size}", *headers]).encode() + b"\r\n\r\n"
    return raw(head + body)


def raw(answer: bytes) -> Behave:
    def behave(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(answer)

    return behave


def download(url: str, *, seconds: float = 20, **options: Any) -> tuple[list[bytes], int, str]:
    if "hosts" not in options:
        options["hosts"] = (url[: url.index("/", 8)],)
    options.setdefault("ssl_context", TRUSTING)  # to load the authorities takes longer than most tests
    with open_video(url, deadline=time.monotonic() + seconds, **options) as video:
        parts = list(video)
    return parts, video.length, video.sha256


def failure(url: str, **options: Any) -> JobError:
    with pytest.raises(JobError) as caught:
        download(url, **options)
    assert "secret" not in f"{caught.value!r} {caught.value.note}"
    return caught.value


def to(*addresses: str) -> Callable[..., list[tuple[Any, ...]]]:
    """Return a resolver that knows these addresses for every name."""

    def resolve(_host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


def test_a_video_comes_with_its_length_and_hash(serve: Serve) -> None:
    server = serve(replying())
    assert download(f"{server.origin}/a/v.mp4?sig=1%2F2") == (
        [MP4],
        len(MP4),
        hashlib.sha256(MP4).hexdigest(),
    )
    assert sorted(server.requests[0].decode().split("\r\n")) == sorted(
        [
            "GET /a/v.mp4?sig=1%2F2 HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            "Accept: video/mp4, */*;q=0.1",
            "Accept-Encoding: identity",
            "User-Agent: videogen",
            "Connection: keep-alive",
            "",
            "",
        ]
    )


@pytest.mark.parametrize(
    "size", [PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 2 * PART_BYTES + 12345]
)
def test_parts_are_of_exactly_8_mib_but_for_the_last(serve: Serve, size: int) -> None:
    body = (MP4 * (size // len(MP4) + 1))[:size]
    parts, length, sha256 = download(serve(replying(body)).origin + "/")
    assert [len(part) for part in parts] == [PART_BYTES] * (size // PART_BYTES) + [size % PART_BYTES] * (
        size % PART_BYTES > 0
    )
    assert (b"".join(parts) == body, length, sha256) == (True, size, hashlib.sha256(body).hexdigest())


def test_chunks_of_any_size_make_the_same_parts() -> None:
    body = MP4 + bytes(2 * PART_BYTES)
    assert [len(part) for part in Video(iter([body[:5], body[5:]]), len(body))] == [
        PART_BYTES,
        PART_BYTES,
        len(MP4),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(MP4), MP4),
        b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n" + MP4,
        b"HTTP/1.0 200 OK\r\nContent-Encoding: identity\r\n\r\n" + MP4,
    ],
    ids=["chunked", "until it closes", "identity"],
)
def test_a_missing_length_is_no_obstacle(serve: Serve, answer: bytes) -> None:
    assert download(serve(raw(answer)).origin + "/")[0] == [MP4]


def box(kind: bytes, content: bytes = b"") -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


MOOV = box(b"free") + box(b"moov", bytes(50))
UNCUT = {
    "index last": FTYP + box(b"mdat", bytes(3000)) + MOOV,
    "index first": FTYP + MOOV + b"\0\0\0\x01mdat" + (16 + 3000).to_bytes(8, "big") + bytes(3000),
    "to the end": FTYP + MOOV + b"\0\0\0\0mdat" + bytes(3000),
    "padding": FTYP + MOOV + box(b"mdat", bytes(3000)) + b"\xff" * 40,
    "malformed": FTYP + MOOV + b"\0\0\0\x05mdat" + bytes(3000),
}


@pytest.mark.parametrize("body", UNCUT.values(), ids=UNCUT)
def test_what_comes_until_the_connection_closes_is_whole(serve: Serve, body: bytes) -> None:
    assert download(serve(raw(b"HTTP/1.0 200 OK\r\n\r\n" + body)).origin + "/")[0] == [body]


@pytest.mark.parametrize("left_out", [1, 70, 3000])
@pytest.mark.parametrize("name", ["index last", "index first"])
def test_a_connection_closed_in_the_middle_cuts_the_file(serve: Serve, name: str, left_out: int) -> None:
    body = UNCUT[name][:-left_out]
    error = failure(serve(raw(b"HTTP/1.0 200 OK\r\n\r\n" + body)).origin + "/")
    assert isinstance(error, VideoInterrupted)
    assert (error.note, error.received) == ("the file is cut", len(body))


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_boxes_are_followed_through_pieces_of_any_size(serve: Serve, piece: int) -> None:
    cut = UNCUT["index last"][:-1]

    def behave(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        for at in range(0, len(cut), piece):
            connection.sendall(cut[at : at + piece])

    assert failure(serve(behave).origin + "/").note == "the file is cut"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_file_that_is_no_longer_there_is_gone(serve: Serve, status: int) -> None:
    error = failure(serve(replying(b"<Error/>", f"{status} X")).origin + "/?secret")
    assert (type(error), error.note, error.charged) == (VideoGone, f"status {status}", "yes")


@pytest.mark.parametrize("status", [204, 300, 304, 408, 429, 500, 502, 503, 504, 524])
def test_a_file_that_cannot_be_had_now_may_be_tried_again(serve: Serve, status: int) -> None:
    error = failure(serve(replying(b"", f"{status} X")).origin + "/?secret")
    assert (type(error), error.note, error.retryable) == (VideoInterrupted, f"status {status}", True)


def resets(server: Any, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + MP4)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize(
    "behave",
    [
        replying(length=len(MP4) + 1),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(MP4), MP4)),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n" % (b"9" * 5000) + MP4),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + MP4),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" + MP4),
        raw(b""),
        raw(b"garbage\r\n\r\n"),
        resets,
        replying(b""),
    ],
    ids=["short", "chunks cut", "absurd", "negative", "encoding", "nothing", "garbage", "reset", "empty"],
)
def test_a_download_that_breaks_off_is_never_taken_for_a_whole_file(serve: Serve, behave: Behave) -> None:
    assert type(failure(serve(behave).origin + "/?secret")) is VideoInterrupted


def test_nobody_there_and_no_address_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(f"http://127.0.0.1:{port}/").note == "no connection"

    def unknown(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "secret")

    error = failure("https://h.example/", hosts=(), resolve=unknown)
    assert (type(error), error.note) == (VideoInterrupted, "the link's host has no address")


def test_the_next_address_is_tried_where_the_first_does_not_answer(serve: Serve) -> None:
    server = serve(replying())
    url = f"http://h.example:{server.port}/"
    # Nothing listens on 127.0.0.2 at this port.
    assert download(url, resolve=to("127.0.0.2", "127.0.0.1"))[1] == len(MP4)


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (b"\0\0\0\x20ftyp", "the file is no MP4"),
        (b"\1" * 9_000_000, "the file is no MP4"),
        (b"\0\0\0\x08free\0\0\0\x10ftypheic\0\0\0\0" + MP4, "the file is a picture or sound, no video"),
        (b"\0\0\0\x08free\0\0\0\x08junk" + MP4, "the file is no MP4"),
        (b"\0\0\0\0free\0\0\0\0free" + MP4, "the file is no MP4"),
        (b"\0\0\0\0ftypisom\0\0\0\0" + MP4, "the file is no MP4: its first box is malformed"),
        (b"\0\0\0\x01ftypisom\0\0\0\0" + MP4, "the file is no MP4: its first box is malformed"),
        (b"\0\0\0\x11ftypisom\0\0\0\0" + MP4, "the file is no MP4: its first box is malformed"),
        (b"\x7f\0\0\0ftypisom\0\0\0\0" + MP4, "the file is no MP4: its first box is malformed"),
        (b"\0\0\0\x10ftyp\0\x01\x02\x03\0\0\0\0" + MP4, "the file is no MP4: its first box is malformed"),
        (b"\0\0\0\x10ftypheic\0\0\0\0" + MP4, "the file is a picture or sound, no video"),
        (b"\0\0\0\x10ftypM4A \0\0\0\0" + MP4, "the file is a picture or sound, no video"),
    ],
)
def test_what_is_no_mp4_is_refused_before_a_part_is_handed_out(serve: Serve, body: bytes, note: str) -> None:
    error = failure(serve(replying(body)).origin + "/")
    assert (type(error), error.note, error.charged) == (VideoRefused, note, "yes")


@pytest.mark.parametrize("brand", [b"isom", b"mp42", b"avc1", b"iso5", b"M4V ", b"dash", b"qt  "])
def test_the_brands_of_videos_are_taken(brand: bytes) -> None:
    check_head(b"\0\0\0\x10ftyp" + brand + b"\0\0\0\0")


@pytest.mark.parametrize(
    "body",
    [
        box(b"free") + MP4,
        box(b"free", bytes(4000)) + MP4,
        box(b"skip", bytes(8)) + box(b"free") + MP4,
        box(b"styp", b"msdh\0\0\0\0msdhmsix") + MP4,
        box(b"wide") + box(b"mdat", bytes(500)) + box(b"moov", bytes(50)),
        box(b"moov", bytes(500)) + box(b"mdat", bytes(50)),
        b"\0\0\0\1mdat" + (516).to_bytes(8, "big") + bytes(500) + box(b"moov", bytes(50)),
    ],
    ids=["free", "a large free", "two", "styp", "wide", "moov", "a 64-bit mdat"],
)
def test_a_video_may_begin_with_another_box(serve: Serve, body: bytes) -> None:
    assert download(serve(replying(body)).origin + "/")[0] == [body]


@given(st.binary(max_size=64) | st.binary(max_size=30).map(lambda tail: b"\0\0\0\x10ftyp" + tail))
@example(b"\0\0\0\x10ftypisom\0\0\0")
def test_any_first_bytes_are_an_mp4_or_refused(head: bytes) -> None:
    try:
        check_head(head)
    except (VideoRefused, VideoInterrupted):
        return
    assert head[4:8] in {b"ftyp", b"styp", b"free", b"skip", b"wide", b"moov", b"mdat"}


@pytest.mark.parametrize(
    "label", ["aws-chunked", "gzip", "none", "UTF-8", "br", "aws-chunked,gzip", "identity", "x" * 5000]
)
def test_a_wrong_label_does_not_cost_a_video(serve: Serve, label: str) -> None:
    server = serve(replying(MP4, "200 OK", f"Content-Encoding: {label}", "Content-Type: text/html"))
    assert download(server.origin + "/")[0] == [MP4]


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(MP4),
        gzip.compress(MP4[:99]) + gzip.compress(MP4[99:]),
        gzip.compress(MP4) + bytes(512),
        gzip.compress(MP4) + b"trailing bytes",
        gzip.compress(gzip.compress(MP4)),
        zlib.compress(MP4),
        zlib.compress(MP4, 1),
    ],
    ids=["one member", "two members", "padded", "with a tail", "twice", "deflate", "deflate, fast"],
)
@pytest.mark.parametrize("label", ["gzip", "identity"])
def test_a_gzipped_video_is_unpacked(serve: Serve, packed: bytes, label: str) -> None:
    server = serve(replying(packed, "200 OK", f"Content-Encoding: {label}"))
    digest = hashlib.sha256(MP4).hexdigest()
    assert download(server.origin + "/") == ([MP4], len(MP4), digest)


def test_gzip_that_comes_byte_by_byte_is_unpacked() -> None:
    packed = gzip.compress(MP4)
    assert list(Video(iter([packed[at : at + 1] for at in range(len(packed))]), len(MP4))) == [MP4]


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><title>Sign in</title>",
        b"\xef\xbb\xbf\r\n<html>",
        b"<?xml version='1.0'?><Error><Code>SlowDown</Code></Error>",
        b'{"detail": "The file is not ready yet"}',
        b"[]",
        b"Not Found",
        b"PENDING",
        "Die Datei wird gerade für Sie vorbereitet, bitte warten.\r\n".encode(),
        "ファイルを準備しています。しばらくお待ちください。".encode(),
        b"x" * 9_000_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_page_in_place_of_the_file_is_tried_again(serve: Serve, body: bytes) -> None:
    found = failure(serve(replying(body)).origin + "/")
    assert isinstance(found, VideoIsText)
    assert (found.code, found.note, found.received) == ("save_failed", "a page in place of the file", 0)


@pytest.mark.parametrize(
    ("packed", "error", "note"),
    [
        (gzip.compress(MP4)[:-9], VideoInterrupted, "the file is cut gzip"),
        (gzip.compress(b"<html>"), VideoIsText, "a page in place of the file"),
        (b"\x1f\x8b" + bytes(60), VideoRefused, "the file is damaged gzip"),
        (gzip.compress(bytes(50_000_000)), VideoRefused, "the file is no MP4"),
        (gzip.compress(MP4 + bytes(200_000)), VideoRefused, "the file is too large"),
    ],
    ids=["cut", "a page", "damaged", "a bomb", "too large inside"],
)
def test_gzip_that_holds_no_video(serve: Serve, packed: bytes, error: type[JobError], note: str) -> None:
    found = failure(serve(replying(packed)).origin + "/", max_bytes=400_000_000 if "MP4" in note else 100_000)
    assert (type(found), found.note) == (error, note)


@pytest.mark.parametrize(
    "pack", [gzip.compress, zlib.compress, lambda body: gzip.compress(gzip.compress(body))]
)
def test_a_gzip_bomb_stays_small(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(MP4 + bytes(60_000_000))
    tracemalloc.start()
    with pytest.raises(VideoRefused):
        for _ in Video(iter([packed]), 50_000_000):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * PART_BYTES


WHOLE = f"bytes 0-{len(MP4) - 1}/{len(MP4)}"


@pytest.mark.parametrize(
    ("status", "content_range"),
    [
        ("206 Partial Content", WHOLE),
        ("206 Partial Content", f"bytes 0-{len(MP4) - 1}/*"),
        ("206 Partial Content", WHOLE.replace(" ", "=")),
        ("206 Partial Content", f"bytes 0-{len(MP4)}/{len(MP4)}"),
        ("206 Partial Content", ""),
        ("206 Partial Content", "bytes */x"),
        ("203 Non-Authoritative Information", "bytes 5-6/7"),
    ],
)
def test_a_whole_file_is_taken_under_another_status(serve: Serve, status: str, content_range: str) -> None:
    server = serve(replying(MP4, status, f"Content-Range: {content_range}"))
    assert download(server.origin + "/")[0] == [MP4]


@pytest.mark.parametrize("content_range", ["bytes 0-99/1000", "bytes 100-1000/1001", "bytes 1-99/*"])
def test_a_part_of_a_file_is_no_whole_one(serve: Serve, content_range: str) -> None:
    server = serve(replying(MP4, "206 Partial Content", f"Content-Range: {content_range}"))
    assert failure(server.origin + "/").note == "a part of the file"


@pytest.mark.parametrize(
    ("behave", "received"),
    [
        (replying(b""), 0),
        (replying(MP4, length=2000), len(MP4)),
        (replying(MP4, "206 Partial Content", "Content-Range: bytes 0-99/5000"), 0),
        *((replying(b"", f"{status} X"), 0) for status in (402, 405, 406, 416, 451)),
        *((replying(b"", f"{status} X"), None) for status in (408, 409, 423, 425, 429, 500, 503)),
    ],
)
def test_an_interruption_says_where_the_file_ended(
    serve: Serve, behave: Behave, received: int | None
) -> None:
    error = failure(serve(behave).origin + "/")
    assert isinstance(error, VideoInterrupted)
    assert error.received == received


def endless(server: Any, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + FTYP)
    while not server.stopped.is_set():
        connection.sendall(bytes(65536))


@pytest.mark.parametrize(
    "behave", [endless, replying(bytes(100_001))], ids=["while streaming", "from its header"]
)
def test_a_file_that_is_too_large_is_refused(serve: Serve, behave: Behave) -> None:
    error = failure(serve(behave).origin + "/", max_bytes=100_000)
    assert (type(error), error.note) == (VideoRefused, "the file is too large")


def test_a_file_of_just_the_largest_size_is_taken(serve: Serve) -> None:
    assert download(serve(replying()).origin + "/", max_bytes=len(MP4))[1] == len(MP4)


def trickle(head: bytes, pause: float) -> Behave:
    def behave(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(head)
        while not server.stopped.wait(pause):
            connection.sendall(b" ")

    return behave


@pytest.mark.parametrize(
    ("head", "pause"),
    [
        (b"", 60),
        (b"HTTP/1.1 200 OK\r\nX: ", 0.02),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + FTYP, 0.02),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + FTYP, 60),
    ],
    ids=["silence", "endless header", "slow body", "half a file"],
)
def test_the_deadline_ends_a_download_however_it_dawdles(serve: Serve, head: bytes, pause: float) -> None:
    began = time.monotonic()
    assert type(failure(serve(trickle(head, pause)).origin + "/", seconds=0.3)) is VideoInterrupted
    assert 0.25 < time.monotonic() - began < 5


def test_the_deadline_is_looked_at_with_each_chunk(serve: Serve) -> None:
    now = [0.0]

    def monotonic() -> float:
        now[0] += 100
        return now[0]

    origin = serve(endless).origin
    with (
        open_video(origin + "/", hosts=(origin,), deadline=1000.0, monotonic=monotonic) as video,
        pytest.raises(VideoInterrupted) as caught,
    ):
        list(video)
    assert (caught.value.note, now[0]) == ("no time left", 1100.0)


def test_nothing_is_asked_for_after_the_deadline(serve: Serve) -> None:
    server = serve(replying())
    assert failure(server.origin + "/", seconds=-1).note == "no time left"
    assert server.requests == []


def test_leaving_early_leaves_nothing_open(serve: Serve) -> None:
    origin = serve(endless).origin
    with open_video(origin + "/", hosts=(origin,), deadline=time.monotonic() + 20) as video:
        assert len(next(iter(video))) == PART_BYTES


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "fec0::1",
        "ff02::1",
        "",
        "localhost",
        "127.1",
        "0x7f.1",
    ],
)
def test_an_address_that_is_not_public_is_never_called(address: str) -> None:
    assert not is_public(address)
    error = failure("https://h.example/", hosts=(), resolve=to("8.8.8.8", address))
    assert (type(error), error.note) == (VideoRefused, "the link's host has an address that is not public")


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "172.15.255.255",
        "172.32.0.1",
        "100.128.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
    ],
)
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_no_address_that_python_calls_private_is_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(str(address)):
        assert address.is_global
        assert not address.is_multicast


# Links


@pytest.mark.parametrize(
    ("url", "note"),
    [
        ("http://h.example/v.mp4", "the link is not https"),
        ("ftp://h.example/v.mp4", "the link is not https"),
        ("file:///etc/passwd", "the link is not https"),
        ("https:///v.mp4", "the link is not https"),
        ("https://user:secret@h.example/v.mp4", "the link is not https"),
        ("/v.mp4", "the link is not https"),
        ("", "the link is not https"),
        ("https://h.example:x/", "the link is malformed"),
        ("https://[::1/", "the link is malformed"),
        ("https://h.example/\n", "the link is malformed"),
        ("https://\udc00/", "the link is malformed"),
    ],
)
def test_a_link_that_is_not_https_is_refused(url: str, note: str) -> None:
    error = failure(url, hosts=(), resolve=to("8.8.8.8"))
    assert (type(error), error.note) == (VideoRefused, note)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://localhost/",
        "https://127.0.0.1./",
        "https://①②⑦.⓪.⓪.①/",
    ],
)
def test_no_spelling_of_a_local_address_is_called(url: str) -> None:
    assert type(failure(url, hosts=())) in {VideoRefused, VideoInterrupted}


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", ".example"])
def test_a_name_that_cannot_be_one_is_refused(host: str) -> None:
    error = failure(f"https://{host}/", hosts=())
    assert (type(error), error.note) == (VideoRefused, "the link's host is malformed")


@given(st.text(max_size=40).map(lambda text: "https://" + text) | st.text(max_size=20))
def test_any_link_is_refused_or_tried(url: str) -> None:
    def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        return []

    with pytest.raises((VideoRefused, VideoInterrupted)):
        download(url, hosts=(), resolve=resolve, ssl_context=TRUSTING)


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("replicate.delivery", True),
        ("pbxt.replicate.delivery", True),
        ("REPLICATE.delivery", True),
        ("replicate.delivery.", True),
        ("evilreplicate.delivery", False),
        ("replicate.delivery.evil.example", False),
        ("delivery", False),
    ],
)
def test_only_listed_hosts_and_their_subdomains_are_asked(host: str, is_allowed: bool) -> None:  # noqa: FBT001 - a case of the parameters
    error = failure(f"https://{host}/", hosts=("fal.media", "replicate.delivery"), resolve=to("10.0.0.1"))
    assert error.note == (
        "the link's host has an address that is not public"
        if is_allowed
        else "the link's host is not allowed"
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9001/",
        "https://127.0.0.1:9000/",
        "http://localhost:9000/",
        "http://x@127.0.0.1:9000/",
        "http://127.0.0.1:9000@h.example/",
    ],
)
def test_an_allowed_origin_allows_nothing_beside_it(url: str) -> None:
    assert type(failure(url, hosts=("http://127.0.0.1:9000",))) is VideoRefused


# Redirects


def test_a_redirect_is_followed_from_one_allowed_place_to_another(serve: Serve) -> None:
    last = serve(replying())
    first = serve(replying(b"", "302 Found", f"Location: {last.origin}/other/v.mp4"))
    assert download(first.origin + "/", hosts=(first.origin, last.origin))[1] == len(MP4)
    assert last.requests[0].startswith(b"GET /other/v.mp4 HTTP/1.1\r\nHost: 127.0.0.1:%d" % last.port)


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
@pytest.mark.parametrize(
    ("location", "note"),
    [
        ("http://169.254.169.254/latest/meta-data", "the link is not https"),
        ("https://other.example/", "the link's host is not allowed"),
        ("file:///etc/passwd", "the link is not https"),
        ("https://xn--/x", "the link is malformed"),
        ("//xn--a/x", "the link is malformed"),
        ("mailto:somebody@h.example", "the link is malformed"),
    ],
)
def test_a_redirect_is_checked_like_the_first_link(
    serve: Serve, status: str, location: str, note: str
) -> None:
    server = serve(replying(b"", f"{status} X", f"Location: {location}"))
    error = failure(server.origin + "/", hosts=(server.origin, "h.example"))
    assert (type(error), error.note) == (VideoRefused, note)


@pytest.mark.parametrize(
    ("location", "received"), [("https://h.example:x/", None), ("https://[::1/", None), ("", 0), ("/", 0)]
)
def test_a_redirect_to_nowhere_may_be_tried_again(serve: Serve, location: str, received: int | None) -> None:
    error = failure(serve(replying(b"", "302 Found", f"Location: {location}")).origin + "/")
    assert isinstance(error, VideoInterrupted)
    assert (error.received, error.retryable) == (received, True)


@pytest.mark.parametrize("cookie", ["a=b", f"a=b; expires=Thu, 01-Jan-{'9' * 5000} 00:00:00 GMT"])
def test_a_cookie_is_neither_read_nor_sent_back(serve: Serve, cookie: str) -> None:
    last = serve(replying(MP4, "200 OK", f"Set-Cookie: {cookie}"))
    first = serve(replying(b"", "302 Found", f"Location: {last.origin}/", f"Set-Cookie: {cookie}"))

    download(first.origin + "/", hosts=(first.origin, last.origin))

    assert b"cookie" not in last.requests[0].lower()


def test_a_redirect_to_a_private_address_is_refused(serve: Serve) -> None:
    server = serve(replying(b"", "302 Found", "Location: https://h.example/"))

    def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        return to("10.0.0.1" if host == "h.example" else host)(host, port)

    error = failure(server.origin + "/", hosts=(server.origin, "h.example"), resolve=resolve)
    assert error.note == "the link's host has an address that is not public"


def test_three_redirects_are_followed_and_no_fourth(serve: Serve) -> None:
    def behave(server: Any, connection: socket.socket) -> None:
        path = server.read_request(connection).split()[1].decode()
        answer = "200 OK" if len(path) == 5 else "302 Found"
        body = MP4 if len(path) == 5 else b""
        head = f"HTTP/1.1 {answer}\r\nLocation: {path}x\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    server = serve(behave)
    assert download(server.origin + "/x")[1] == len(MP4)
    assert failure(server.origin + "/").note == "too many redirects"
    assert len(server.requests) == 8


# TLS


class Authority:
    """A certificate authority of this test alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        own = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = self._certificate(self._name, self._key.public_key(), own)
        self.client = ssl.create_default_context(cadata=self.certificate)

    def server(self, name: str, seen: list[str | None] | None = None) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        pem = self._certificate(subject, key.public_key(), x509.SubjectAlternativeName([x509.DNSName(name)]))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self._folder / f"{name}.pem"
        path.write_text(pem + private.decode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        context.sni_callback = lambda _socket, sni, _context: (seen if seen is not None else []).append(sni)
        return context

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, extension: x509.ExtensionType
    ) -> str:
        now = datetime.now(UTC)
        usage = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .add_extension(usage, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return built.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_the_connection_goes_to_the_checked_address_and_tls_to_the_name(
    serve: Serve, authority: Authority
) -> None:
    seen: list[str | None] = []
    server = serve(replying(), authority.server("videos.example", seen))
    asked: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        # A name that changes its address with each question: only the first answer counts.
        asked.append(host)
        return to("127.0.0.1" if len(asked) == 1 else "127.0.0.9")(host, port)

    origin = f"https://videos.example:{server.port}"
    assert download(origin + "/v.mp4", resolve=resolve, ssl_context=authority.client)[0] == [MP4]
    assert (asked, seen) == (["videos.example"], ["videos.example"])
    assert f"Host: videos.example:{server.port}\r\n".encode() in server.requests[0]


def test_a_certificate_for_another_name_is_refused(serve: Serve, authority: Authority) -> None:
    server = serve(replying(), authority.server("other.example"))
    origin = f"https://videos.example:{server.port}"
    error = failure(origin + "/", resolve=to("127.0.0.1"), ssl_context=authority.client)
    assert (error.note, server.requests) == ("no connection", [])


def test_a_certificate_that_nobody_vouches_for_is_refused(serve: Serve, authority: Authority) -> None:
    server = serve(replying(), authority.server("videos.example"))
    error = failure(f"https://videos.example:{server.port}/", resolve=to("127.0.0.1"))
    assert (error.note, server.requests) == ("no connection", [])


def test_the_deadline_holds_over_tls_too(serve: Serve, authority: Authority) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + FTYP
    server = serve(trickle(head, 60), authority.server("videos.example"))
    began = time.monotonic()
    error = failure(
        f"https://videos.example:{server.port}/",
        resolve=to("127.0.0.1"),
        ssl_context=authority.client,
        seconds=0.5,
    )
    assert type(error) is VideoInterrupted
    assert time.monotonic() - began < 5


def test_proxies_and_certificates_of_the_environment_are_not_used(
    serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy, server = serve(replying()), serve(replying())
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy.origin)
    download(server.origin + "/")
    assert (len(server.requests), proxy.requests) == (1, [])
    server = serve(replying(), authority.server("videos.example"))
    (tmp_path / "authority.pem").write_text(authority.certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    assert failure(f"https://videos.example:{server.port}/", resolve=to("127.0.0.1")).note == "no connection"


def test_the_link_does_not_reach_the_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    download(serve(replying()).origin + "/?signature=secret")
    assert caplog.text == ""


def test_a_video_is_read_once() -> None:
    chunks: Iterator[bytes] = iter([MP4])
    video = Video(chunks, len(MP4))
    assert (list(video), list(video)) == ([MP4], [])
