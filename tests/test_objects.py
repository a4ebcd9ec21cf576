"""A bucket: what every kind must do, and what the client of S3 makes of what stores do differently."""

from __future__ import annotations

import gzip
import re
import ssl
import time
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from conftest import RawServer
from support.buckets import KINDS, Buckets, buckets, s3_settings
from support.fake_clock import FakeClock
from support.memory_objects import MemoryObjects
from videogen.errors import (
    Conflict,
    NoSuchObject,
    StoreError,
    StoreForbidden,
    StoreUnavailable,
    UnsafeStore,
    VideoInterrupted,
)
from videogen.objects import MAX_UNPACKED_BYTES, Objects, S3Objects, boto3_session
from videogen.settings import S3Settings, Secret

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from botocore.awsrequest import AWSPreparedRequest

TEXT = "text/plain"


@pytest.fixture(scope="module")
def all_buckets() -> Iterator[Buckets]:
    with buckets() as given:
        yield given


@pytest.fixture(params=KINDS)
def bucket(request: pytest.FixtureRequest, all_buckets: Buckets) -> Objects:
    return all_buckets.bucket(request.param, FakeClock(1_800_000_000.0).now)


# --- Every kind of bucket ----------------------------------------------------------------------------------


def test_an_object_comes_back_as_it_was_written(bucket: Objects) -> None:
    etag = bucket.put("a/b.txt", "grüß".encode(), content_type=TEXT)

    found = bucket.get("a/b.txt")

    assert (found.body, found.etag, found.content_type) == ("grüß".encode(), etag, TEXT)
    assert found.age is not None
    assert 0 <= found.age <= 5
    assert '"' not in etag


def test_what_is_not_there(bucket: Objects) -> None:
    with pytest.raises(NoSuchObject):
        bucket.get("nothing")


def test_create_twice(bucket: Objects) -> None:
    bucket.put("key", b"first", content_type=TEXT, if_absent=True)

    with pytest.raises(Conflict):
        bucket.put("key", b"second", content_type=TEXT, if_absent=True)

    assert bucket.get("key").body == b"first"


def test_swap_with_the_latest_etag(bucket: Objects) -> None:
    first = bucket.put("key", b"first", content_type=TEXT)

    second = bucket.put("key", b"second", content_type=TEXT, if_match=first)

    assert bucket.get("key").etag == second != first
    assert bucket.put("key", b"third", content_type=TEXT, if_match=second) != second
    assert bucket.get("key").body == b"third"


def test_swap_with_a_stale_etag(bucket: Objects) -> None:
    first = bucket.put("key", b"first", content_type=TEXT)
    bucket.put("key", b"second", content_type=TEXT, if_match=first)

    with pytest.raises(Conflict):
        bucket.put("key", b"third", content_type=TEXT, if_match=first)

    assert bucket.get("key").body == b"second"


def test_swap_of_a_missing_key(bucket: Objects) -> None:
    with pytest.raises((NoSuchObject, Conflict)):
        bucket.put("key", b"first", content_type=TEXT, if_match="0" * 32)

    with pytest.raises(NoSuchObject):
        bucket.get("key")


def test_an_etag_is_its_content_s_so_a_body_that_returns_brings_it_back(bucket: Objects) -> None:
    # Why a record carries a version and a nonce.
    first = bucket.put("key", b"A", content_type=TEXT)
    bucket.put("key", b"B", content_type=TEXT, if_match=first)
    bucket.put("key", b"A", content_type=TEXT)

    assert bucket.put("key", b"C", content_type=TEXT, if_match=first) == bucket.get("key").etag


def test_delete_twice(bucket: Objects) -> None:
    bucket.put("key", b"first", content_type=TEXT)

    bucket.delete("key")
    bucket.delete("key")

    with pytest.raises(NoSuchObject):
        bucket.get("key")


def test_copy(bucket: Objects) -> None:
    bucket.put("photos/old/1", b"photo", content_type="image/png")

    bucket.copy("photos/old/1", "photos/new/1")

    found = bucket.get("photos/new/1")
    assert (found.body, found.content_type) == (b"photo", "image/png")
    with pytest.raises(NoSuchObject):
        bucket.copy("photos/old/2", "photos/new/2")


@pytest.mark.parametrize("sizes", [[], [0], [5], [5 << 20, 7], [5 << 20, 5 << 20, 1]], ids=str)
def test_an_object_is_put_together_from_its_parts(bucket: Objects, sizes: list[int]) -> None:
    parts = [bytes([number + 65]) * size for number, size in enumerate(sizes)]
    bucket.put("video", b"an earlier try", content_type=TEXT)

    bucket.put_parts("video", iter(parts), content_type="video/mp4")

    found = bucket.get("video")
    assert found.body == b"".join(parts)
    assert found.content_type == "video/mp4"


@pytest.mark.parametrize("parts_before", [0, 1, 2])
def test_parts_that_break_off_leave_nothing(bucket: Objects, parts_before: int) -> None:
    def broken() -> Iterator[bytes]:
        for _ in range(parts_before):
            yield bytes(5 << 20)
        raise VideoInterrupted

    with pytest.raises(VideoInterrupted):
        bucket.put_parts("video", broken(), content_type="video/mp4")

    with pytest.raises(NoSuchObject):
        bucket.get("video")


@pytest.mark.parametrize("what", ["create", "swap"])
def test_of_many_at_once_one_wins(bucket: Objects, what: str) -> None:
    condition: dict[str, Any] = {"if_absent": True}
    if what == "swap":
        condition = {"if_match": bucket.put("key", b"first", content_type=TEXT)}

    def write(number: int) -> str:
        try:
            bucket.put("key", b"%d" % number, content_type=TEXT, **condition)
        except StoreError as error:
            return type(error).__name__
        return "won"

    with ThreadPoolExecutor(8) as pool:
        outcomes = Counter(pool.map(write, range(8)))

    # A store may answer a loser with a 409 or a 500 instead of a 412: it has to ask again.
    assert outcomes["won"] == 1
    assert outcomes["Conflict"] + outcomes["StoreUnavailable"] == 7


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "memory"])
def test_a_link_gives_any_part_of_its_object_alone(all_buckets: Buckets, kind: str) -> None:
    bucket = all_buckets.bucket(kind, time.time)
    for key in ("videos/1.mp4", "videos/2.mp4"):
        bucket.put(key, b"0123456789", content_type="video/mp4")
    saved = 'attachment; filename="lake.mp4"'
    link = bucket.presign("videos/1.mp4", seconds=60, content_type="video/mp4", disposition=saved)
    tampered = {
        "another key": link.replace("1.mp4", "2.mp4"),
        "a longer life": link.replace("Expires=60", "Expires=600"),
        "another type": link.replace("video%2Fmp4", "text%2Fhtml"),
        "another signature": link[:-1] + ("0" if link[-1] != "0" else "1"),
        "no signature": link.partition("?")[0],
    }

    with httpx.Client(verify=ssl.create_default_context(), trust_env=False) as http:
        parts = [
            http.get(link, headers={"Range": f"bytes={wanted}"}) for wanted in ("0-", "2-4", "8-20", "-3")
        ]
        beyond = http.get(link, headers={"Range": "bytes=10-"})
        answers = {what: http.get(other).status_code for what, other in tampered.items()}

    assert [(part.status_code, part.content, part.headers["Content-Range"]) for part in parts] == [
        (206, b"0123456789", "bytes 0-9/10"),
        (206, b"234", "bytes 2-4/10"),
        (206, b"89", "bytes 8-9/10"),
        (206, b"789", "bytes 7-9/10"),
    ]
    assert {(part.headers["Content-Type"], part.headers["Content-Disposition"]) for part in parts} == {
        ("video/mp4", saved)
    }
    assert beyond.status_code == 416
    # moto takes any signature.
    assert answers == {what: 200 if kind == "moto" and "?" in tampered[what] else 403 for what in tampered}


# --- The bucket in memory ----------------------------------------------------------------------------------


def test_the_age_of_an_object_is_in_whole_seconds_of_the_store_s_clock() -> None:
    clock = FakeClock(1_800_000_000.6)
    bucket = MemoryObjects(clock.now)
    bucket.put("key", b"first", content_type=TEXT)

    clock.advance(90)

    assert bucket.get("key").age == 90


# --- The client of S3 --------------------------------------------------------------------------------------


def closing(server: RawServer, connection: socket.socket) -> None:
    server.read_request(connection)


class Wire:
    """A client of S3, and the server whose answers are the test's own."""

    def __init__(self) -> None:
        self.behave: Callable[[RawServer, socket.socket], None] = closing
        self.server = RawServer(self._answer, None)
        self.client = S3Objects(
            S3Settings(
                bucket="bucket",
                region="us-east-1",
                access_key_id=Secret("id"),
                secret_access_key=Secret("secret"),
                endpoint_url=self.server.origin,
                prefix="site/",
            )
        )

    @property
    def requests(self) -> list[bytes]:
        return self.server.requests

    def _answer(self, server: RawServer, connection: socket.socket) -> None:
        self.behave(server, connection)


@pytest.fixture(scope="module")
def one_wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.server.stop()


@pytest.fixture
def wire(one_wire: Wire) -> Wire:
    one_wire.requests.clear()
    return one_wire


def answering(
    status: str, body: bytes = b"", headers: str = ""
) -> Callable[[RawServer, socket.socket], None]:
    def behave(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
        connection.sendall(head.encode() + body)

    return behave


def error_body(code: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>secret words</Message></Error>".encode()


@pytest.mark.parametrize(
    ("status", "code", "error", "transient"),
    [
        ("412 Precondition Failed", "PreconditionFailed", Conflict, None),
        ("412 Precondition Failed", "", Conflict, None),
        ("404 Not Found", "NoSuchKey", NoSuchObject, None),
        ("404 Not Found", "NoSuchBucket", StoreUnavailable, False),
        ("404 Not Found", "", StoreUnavailable, True),
        ("409 Conflict", "ConditionalRequestConflict", StoreUnavailable, True),
        ("409 Conflict", "ConcurrentModification", StoreUnavailable, True),
        ("429 Too Many Requests", "TooManyRequests", StoreUnavailable, True),
        ("400 Bad Request", "RequestTimeout", StoreUnavailable, True),
        ("500 Internal Server Error", "UnknownError", StoreUnavailable, True),
        ("503 Slow Down", "SlowDown", StoreUnavailable, True),
        ("503 Service Unavailable", "", StoreUnavailable, True),
        ("403 Forbidden", "AccessDenied", StoreUnavailable, False),
        ("403 Forbidden", "InvalidAccessKeyId", StoreUnavailable, False),
    ],
)
def test_the_status_decides_what_a_write_has_met(
    wire: Wire, status: str, code: str, error: type[StoreError], *, transient: bool | None
) -> None:
    wire.behave = answering(status, error_body(code) if code else b"")

    with pytest.raises(error) as raised:
        wire.client.put("key", b"body", content_type=TEXT, if_match="e")

    assert getattr(raised.value, "transient", None) is transient
    assert "secret" not in str(raised.value)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("code", "transient"),
    [
        ("NoSuchKey", True),
        ("NoSuchUpload", True),
        ("TenantNotFound", True),
        ("", True),
        ("NoSuchBucket", False),
        ("BucketNotFound", False),
    ],
)
@pytest.mark.parametrize("how", ["plain", "if absent", "in parts"])
def test_a_write_that_needs_nothing_there_misses_nothing(
    wire: Wire, code: str, how: str, *, transient: bool
) -> None:
    wire.behave = answering("404 Not Found", error_body(code) if code else b"")
    acts: dict[str, Callable[[], object]] = {
        "plain": lambda: wire.client.put("key", b"", content_type=TEXT),
        "if absent": lambda: wire.client.put("key", b"", content_type=TEXT, if_absent=True),
        "in parts": lambda: wire.client.put_parts("key", iter([b"1", b"2"]), content_type=TEXT),
    }

    with pytest.raises(StoreUnavailable, match=f"the storage answered 404 ?{code}") as raised:
        acts[how]()

    assert raised.value.transient is transient


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        ("403 Forbidden", "AccessDenied", StoreForbidden),
        ("403 Forbidden", "SignatureDoesNotMatch", StoreUnavailable),
        ("404 Not Found", "NoSuchKey", NoSuchObject),
        ("404 Not Found", "NoSuchBucket", StoreUnavailable),
        ("500 Internal Server Error", "InternalError", StoreUnavailable),
    ],
)
@pytest.mark.parametrize("is_packed", [False, True], ids=["", "gzip"])
def test_what_a_read_has_met(
    wire: Wire, status: str, code: str, error: type[StoreError], *, is_packed: bool
) -> None:
    # Without s3:ListBucket AWS answers 403 for a key that is not there.
    body = error_body(code)
    wire.behave = answering(status, gzip.compress(body) if is_packed else body)

    with pytest.raises(error):
        wire.client.get("key")


@pytest.mark.parametrize(
    "code",
    [
        "NoSuchBucket",
        "nosuchbucket",
        "BucketNotFound",
        "InvalidBucketName",
        "NoSuchTenant",
        "NoSuchUser",
        "NoSuchUpload",
        "KMS.NotFoundException",
    ],
)
def test_a_404_that_names_no_object_tells_nothing_of_one(wire: Wire, code: str) -> None:
    wire.behave = answering("404 Not Found", error_body(code))

    for act in (
        lambda: wire.client.get("key"),
        lambda: wire.client.delete("key"),
        lambda: wire.client.copy("a", "b"),
        lambda: wire.client.put("key", b"", content_type=TEXT, if_match="e"),
    ):
        with pytest.raises(
            StoreUnavailable, match=rf"^the storage answered 404 {re.escape(code)}$"
        ) as raised:
            act()
        assert raised.value.transient is ("bucket" not in code.lower())


@pytest.mark.parametrize(
    "code", ["NoSuchKey", "nosuchkey", "NoSuchVersion", "ObjectNotFound", "NotFound", "ErrNotFound", "404"]
)
def test_a_404_that_names_the_object_says_it_is_missing(wire: Wire, code: str) -> None:
    wire.behave = answering("404 Not Found", error_body(code))

    with pytest.raises(NoSuchObject):
        wire.client.get("key")
    wire.client.delete("key")


@pytest.mark.parametrize(
    "form",
    [
        "<Error>\n  <Code>\n    {}\n  </Code>\n</Error>",
        "<Error><Code> {} </Code></Error>",
        "<ns0:Error xmlns:ns0='http://s3.amazonaws.com/doc/2006-03-01/'><ns0:Code>{}</ns0:Code></ns0:Error>",
        "<Error><Code xml:space='preserve'>{}</Code></Error>",
        "<Error><Code><![CDATA[{}]]></Code></Error>",
        "<Error><Code>\n<![CDATA[ {} ]]>\n</Code></Error>",
    ],
)
def test_an_error_code_is_read_however_its_xml_is_written(wire: Wire, form: str) -> None:
    wire.behave = answering("404 Not Found", form.format("NoSuchKey").encode())
    with pytest.raises(NoSuchObject):
        wire.client.get("key")

    wire.behave = answering("404 Not Found", form.format("NoSuchBucket").encode())
    with pytest.raises(StoreUnavailable, match=r"^the storage answered 404 NoSuchBucket$"):
        wire.client.get("key")

    wire.behave = answering("200 OK", form.format("SlowDown").encode(), 'ETag: "e"\r\n')
    with pytest.raises(StoreUnavailable, match=r"^the storage answered 500 SlowDown$"):
        wire.client.get("key")


@pytest.mark.parametrize(
    ("begin", "repeated"),
    [("", "<a:Code "), ("", "<Code "), ("<Code>", " "), ("<Code>", "\n<"), ("<Code><![CDATA[", " ")],
)
def test_a_hostile_error_body_takes_no_time(wire: Wire, begin: str, repeated: str) -> None:
    body = f"<Error>{begin}{repeated * (200_000 // len(repeated))}".encode()
    wire.behave = answering("500 Oops", body)

    begun = time.process_time()
    with pytest.raises(StoreUnavailable, match=r"^the storage answered 500$"):
        wire.client.get("key")
    assert time.process_time() - begun < 1


def cutting(server: RawServer, connection: socket.socket) -> None:
    server.read_request(connection)
    dates = 'Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nETag: "e"\r\n'
    connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n{dates}\r\n".encode() + b"half")


@pytest.mark.parametrize("behave", [closing, cutting])
def test_an_answer_that_breaks_off_or_is_none_leaves_it_open(
    wire: Wire, behave: Callable[[RawServer, socket.socket], None]
) -> None:
    wire.behave = behave

    with pytest.raises(StoreUnavailable) as raised:
        wire.client.get("key")

    assert raised.value.transient
    assert len(wire.requests) == 1


def test_nobody_listening() -> None:
    with pytest.raises(StoreUnavailable) as raised:
        S3Objects(
            S3Settings(
                bucket="bucket",
                region="us-east-1",
                access_key_id=Secret("id"),
                secret_access_key=Secret("secret"),
                endpoint_url="http://127.0.0.1:9",
            )
        ).put("key", b"", content_type=TEXT)

    assert raised.value.transient


NEW_YEAR = "Thu, 01 Jan 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "age"),
    [
        (f"Date: Thu, 01 Jan 2026 00:01:30 GMT\r\nLast-Modified: {NEW_YEAR}\r\n", 90.0),
        (f"Date: Wed, 31 Dec 2025 23:59:59 GMT\r\nLast-Modified: {NEW_YEAR}\r\n", -1.0),
        ("Date: 2026-01-01T00:01:30Z\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 -0000\r\n", 90.0),
        (f"DATE: {NEW_YEAR}\r\nDate: {NEW_YEAR}\r\nLAST-MODIFIED: {NEW_YEAR}\r\n", 0.0),
        (f"Last-Modified: {NEW_YEAR}\r\n", None),
        (f"Date: {NEW_YEAR}\r\n", None),
        (f"Date: soon\r\nLast-Modified: {NEW_YEAR}\r\n", None),
        (f"Date: {NEW_YEAR}\r\nLast-Modified: \r\n", None),
    ],
    ids=["90 s", "from the future", "ISO", "doubled", "no date", "never written", "garbage", "empty"],
)
def test_an_object_s_age_is_told_by_the_store_s_clock(wire: Wire, headers: str, age: float | None) -> None:
    wire.behave = answering("200 OK", b"body", headers + 'ETag: "e"\r\nContent-Type: text/plain\r\n')

    found = wire.client.get("key")

    assert (found.body, found.etag, found.age, found.content_type) == (b"body", "e", age, TEXT)


@pytest.mark.parametrize(
    ("act", "signed"),
    [
        (lambda it: it.get("key"), "host;x-amz-content-sha256;x-amz-date"),
        (lambda it: it.delete("key"), "host;x-amz-content-sha256;x-amz-date"),
        (
            lambda it: it.put("key", b"", content_type=TEXT, if_match="e"),
            "content-type;host;if-match;x-amz-content-sha256;x-amz-date",
        ),
        (
            lambda it: it.put("key", b"", content_type=TEXT, if_absent=True),
            "content-type;host;if-none-match;x-amz-content-sha256;x-amz-date",
        ),
        (lambda it: it.copy("a", "b"), "host;x-amz-content-sha256;x-amz-copy-source;x-amz-date"),
    ],
    ids=["read", "delete", "swap", "create", "copy"],
)
def test_nothing_that_a_proxy_touches_is_signed(
    wire: Wire, act: Callable[[S3Objects], object], signed: str
) -> None:
    wire.behave = answering("200 OK", b"<ETag>", 'ETag: "e"\r\n')

    act(wire.client)

    assert f"SignedHeaders={signed}, ".encode() in wire.requests[0]


@pytest.mark.parametrize(
    "headers",
    ["", "ETag: \r\n", 'ETag: ""\r\n', "ETag: W/\r\n", 'ETag: W/""\r\n', 'ETag: "a", "b"\r\n'],
    ids=["none", "blank", "empty", "weak", "weak and empty", "two"],
)
def test_a_write_or_a_read_without_an_etag_is_none(wire: Wire, headers: str) -> None:
    wire.behave = answering("200 OK", b"body", headers)

    for act in (lambda: wire.client.put("key", b"", content_type=TEXT), lambda: wire.client.get("key")):
        with pytest.raises(StoreUnavailable, match="S3_ENDPOINT_URL") as raised:
            act()
        assert not raised.value.transient


@pytest.mark.parametrize(
    "written",
    [
        '"abc"',
        "abc",
        'W/"abc"',
        'w/"abc"',
        '""abc""',
        '"abc", "abc"',
        '"abc",W/"abc-gzip"',
        '"abc-gzip"',
        'W/"abc-gzip"',
        '"abc;gzip"',
        '"abc--gzip"',
        '"abc-GZIP"',
        '"abc-br"',
        '"abc"-gzip',
        'W/"abc"-br',
        '"abc;gz"',
        '"abc;br"',
        '"abc-zst"',
        '"abc-zstd"',
        '"abc-gzip-gzip"',
        '"abc--gzip;br"',
        '"abc-gzip"-gzip',
    ],
)
def test_an_etag_is_the_store_s_whatever_a_proxy_makes_of_it(wire: Wire, written: str) -> None:
    wire.behave = answering("200 OK", b"body", f"ETag: {written}\r\n")

    assert wire.client.get("key").etag == "abc"


@pytest.mark.parametrize(
    "etag", ["abc-12", "abc-2", "a-1000", "CJ+gz", "abcgzip", "a-gzip-12", "a==", "a" * 993]
)
@pytest.mark.parametrize("added", ["", "-gzip", ";gz"])
def test_what_belongs_to_an_etag_stays(wire: Wire, etag: str, added: str) -> None:
    """As the number of parts of an upload does."""
    wire.behave = answering("200 OK", b"body", f'ETag: "{etag}{added}"\r\n')

    assert wire.client.get("key").etag == etag


@pytest.mark.parametrize("unit", ["-gzip", "-", ";br-", '"', '"-gz', "a, -gzip"])
def test_an_etag_of_60_kb_is_none_and_takes_no_time(wire: Wire, unit: str) -> None:
    wire.behave = answering("200 OK", b"body", f"ETag: {unit * (60_000 // len(unit))}x\r\n")

    begun = time.process_time()
    with pytest.raises(StoreUnavailable, match=r"^the storage's answer has no ETag"):
        wire.client.get("key")
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("content_type", ["text/html", "text/html; charset=utf-8", "TEXT/HTML"])
def test_a_web_page_is_no_store(wire: Wire, content_type: str) -> None:
    wire.behave = answering("200 OK", b"<html>ETag", f'ETag: "e"\r\nContent-Type: {content_type}\r\n')

    for act in (
        lambda: wire.client.put("key", b"", content_type=TEXT),
        lambda: wire.client.get("key"),
        lambda: wire.client.delete("key"),
        lambda: wire.client.copy("a", "b"),
    ):
        with pytest.raises(StoreUnavailable, match="web page: is S3_ENDPOINT_URL") as raised:
            act()
        assert not raised.value.transient


@pytest.mark.parametrize(
    "status", [202, 203, 204, 206, 226, 300, 301, 302, 304, 307, 308, 400, 405, 418, 451, 999]
)
def test_a_status_that_no_one_expects_is_a_clear_error(wire: Wire, status: int) -> None:
    wire.behave = answering(f"{status} What", b"", 'ETag: "e"\r\nLocation: http://127.0.0.1:9/\r\n')

    with pytest.raises(StoreUnavailable, match=str(status)) as raised:
        wire.client.get("key")

    assert raised.value.transient is (status == 999)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("501 Not Implemented", "NotImplemented"),
        ("501 Not Implemented", ""),
        ("400 Bad Request", "NotImplemented"),
        ("400 Bad Request", "UnsupportedArgument"),
        ("405 Method Not Allowed", "HeaderNotSupported"),
    ],
)
def test_a_store_without_conditions_is_unsafe(wire: Wire, status: str, code: str) -> None:
    wire.behave = answering(status, error_body(code) if code else b"")

    for condition in ({"if_match": "e"}, {"if_absent": True}):
        with pytest.raises(UnsafeStore, match="conditional write"):
            wire.client.put("key", b"", content_type=TEXT, **condition)
    with pytest.raises(StoreUnavailable):
        wire.client.put("key", b"", content_type=TEXT)


def test_what_a_proxy_compresses_is_unpacked(wire: Wire) -> None:
    packed = gzip.compress(b"body")
    wire.behave = answering("200 OK", packed, 'ETag: W/"e"\r\nContent-Encoding: gzip\r\n')
    assert wire.client.get("key").body == b"body"

    wire.behave = answering("200 OK", b"body", 'ETag: "e"\r\nContent-Encoding: gzip\r\n')
    assert wire.client.get("key").body == b"body"

    for damaged in (packed[:-4], b"\x1f\x8b" + bytes(20), gzip.compress(bytes(MAX_UNPACKED_BYTES + 1))):
        wire.behave = answering("200 OK", damaged, 'ETag: "e"\r\nContent-Encoding: gzip\r\n')
        with pytest.raises(StoreUnavailable):
            wire.client.get("key")


@pytest.mark.parametrize("label", ["Content-Encoding: deflate", "Content-Encoding: GZIP", "X: y"])
def test_what_is_compressed_its_bytes_say(wire: Wire, label: str) -> None:
    packed = zlib.compress(b"body") if "deflate" in label else gzip.compress(b"body")
    wire.behave = answering("200 OK", packed, f'ETag: "e"\r\n{label}\r\n')

    assert wire.client.get("key").body == b"body"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Error><Code>InternalError</Code></Error>",
        b'<?xml version="1.0"?>\n<Error xmlns="x"><Code>SlowDown</Code></Error>',
        b"<!DOCTYPE html><title>Sign in</title>",
        b"\n <html><body>Sign in",
    ],
)
def test_what_no_object_holds_is_trouble_of_the_store(wire: Wire, body: bytes) -> None:
    """A photo that is read so is not called unreadable."""
    wire.behave = answering("200 OK", body, 'ETag: "e"\r\n')

    with pytest.raises(StoreUnavailable):
        wire.client.get("key")
    if body:
        with pytest.raises(StoreUnavailable):
            wire.client.delete("key")


def test_a_length_beside_chunks_counts_for_nothing(wire: Wire) -> None:
    """https://www.rfc-editor.org/rfc/rfc9112#section-6.3."""

    def behave(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        head = b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\nETag: "e"\r\n'
        connection.sendall(head + b"Connection: close\r\n\r\n4;x=y\r\nbody\r\n0\r\n\r\n")

    wire.behave = behave

    assert wire.client.get("key").body == b"body"


@pytest.mark.parametrize("length", ["4", "4, 4", "4,4"])
def test_a_length_that_is_there_twice_is_read(wire: Wire, length: str) -> None:
    def behave(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        head = f'HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\nETag: "e"\r\n\r\n'
        connection.sendall(head.encode() + b"body")

    wire.behave = behave

    assert wire.client.get("key").body == b"body"


@pytest.mark.parametrize("at", ["begin", "part", "complete"])
def test_an_upload_in_parts_of_which_something_is_missing(wire: Wire, at: str) -> None:
    def behave(server: RawServer, connection: socket.socket) -> None:
        line = server.read_request(connection).split(b"\r\n", 1)[0]
        step = "begin" if b"?uploads" in line else "part" if line.startswith(b"PUT") else "complete"
        body, headers = b"", ""
        if step != at:
            body = {"begin": b"<R><UploadId>u</UploadId></R>", "complete": b"<R><ETag>e</ETag></R>"}.get(
                step, b""
            )
            headers = 'ETag: "e"\r\n' if step == "part" else ""
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
        connection.sendall(head.encode() + body)

    wire.behave = behave

    with pytest.raises(StoreUnavailable):
        wire.client.put_parts("video", iter([bytes(10), bytes(10)]), content_type="video/mp4")


def test_what_a_conditional_write_looks_like_on_the_wire(wire: Wire) -> None:
    wire.behave = answering("200 OK", b"", 'ETag: "new"\r\n')

    assert wire.client.put("jobs/1.json", b"{}", content_type=TEXT, if_match="old") == "new"

    head, _, body = wire.requests[0].partition(b"\r\n\r\n")
    request, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    assert request == "PUT /bucket/site/jobs/1.json HTTP/1.1"
    assert (headers["if-match"], headers["content-type"], body) == ("old", TEXT, b"{}")
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
    # Other stores refuse the checksums and the chunked bodies that boto3 adds by default.
    assert not {"x-amz-checksum-crc32", "x-amz-trailer", "content-encoding"} & set(headers)
    assert "x-amz-sdk-checksum-algorithm" not in headers
    # One more round trip for each write.
    assert "expect" not in headers


def test_a_create_asks_that_nothing_be_there(wire: Wire) -> None:
    wire.behave = answering("200 OK", b"", 'ETag: "new"\r\n')

    wire.client.put("key", b"", content_type=TEXT, if_absent=True)

    assert b"\r\nIf-None-Match: *\r\n" in wire.requests[0]


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_link_is_signed_by_the_fourth_version_everywhere(region: str) -> None:
    settings = S3Settings(
        bucket="bucket", region=region, access_key_id=Secret("id"), secret_access_key=Secret("secret")
    )

    link = S3Objects(settings).presign(
        "videos/1.mp4", seconds=60, content_type="video/mp4", disposition="inline"
    )

    parts = urlsplit(link)
    query = parse_qs(parts.query)
    assert parts.path == "/videos/1.mp4"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["60"]
    assert query["response-content-type"] == ["video/mp4"]
    assert query["response-content-disposition"] == ["inline"]
    assert query["X-Amz-SignedHeaders"] == ["host"]


def test_an_upload_in_parts_is_asked_for_once_and_at_once(wire: Wire) -> None:
    def behave(server: RawServer, connection: socket.socket) -> None:
        request = server.read_request(connection)
        is_begin = b"?uploads" in request.split(b"\r\n", 1)[0]
        started = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
        status, body = ("200 OK", started) if is_begin else ("503 Slow Down", error_body("SlowDown"))
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    wire.behave = behave

    with pytest.raises(StoreUnavailable):
        wire.client.put_parts("video", iter([bytes(10), bytes(10)]), content_type="video/mp4")

    # Begun, one part, given up: boto3 repeats nothing, and asks for no leave to send a body.
    assert [request.split(b" ", 1)[0] for request in wire.requests] == [b"POST", b"PUT", b"DELETE"]
    assert not any(b"100-continue" in request for request in wire.requests)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirected_upload_in_parts_is_a_clear_error(wire: Wire, status: int) -> None:
    wire.behave = answering(f"{status} What", b"", "Location: http://127.0.0.1:9/\r\n")

    with pytest.raises(StoreUnavailable, match=f"{status}: are S3_REGION and S3_ENDPOINT_URL") as raised:
        wire.client.put_parts("video", iter([bytes(10), bytes(10)]), content_type="video/mp4")

    assert not raised.value.transient
    assert len(wire.requests) == 1


@pytest.mark.parametrize("at", ["upload", "complete"])
def test_an_upload_that_is_gone_is_trouble_and_no_missing_object(wire: Wire, at: str) -> None:
    def behave(server: RawServer, connection: socket.socket) -> None:
        request = server.read_request(connection)
        started = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
        if request.startswith(b"POST") and b"uploads" in request.split(b"\r\n", 1)[0]:
            status, body, headers = "200 OK", started, ""
        elif request.startswith(b"PUT") and at == "complete":
            status, body, headers = "200 OK", b"", 'ETag: "part"\r\n'
        else:
            status, body, headers = "404 Not Found", error_body("NoSuchUpload"), ""
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
        connection.sendall(head.encode() + body)

    wire.behave = behave

    with pytest.raises(StoreUnavailable) as raised:
        wire.client.put_parts("video", iter([bytes(10), bytes(10)]), content_type="video/mp4")

    assert raised.value.transient
    assert wire.requests[-1].startswith(b"DELETE")


@pytest.mark.parametrize(
    "variables",
    [
        {"AWS_PROFILE": "work"},
        {"AWS_DEFAULT_PROFILE": "work"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"},
        {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:4566"},
        {"AWS_RETRY_MODE": "bogus", "AWS_DEFAULTS_MODE": "bogus", "AWS_MAX_ATTEMPTS": "many"},
        {"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "bogus", "AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_REQUEST_CHECKSUM_CALCULATION": "bogus", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_CA_BUNDLE": "/nowhere", "AWS_DATA_PATH": "/nowhere", "BOTOCORE_TCP_KEEPALIVE": "bogus"},
        {"~/.aws/config": "[default"},
        {"~/.aws/config": "[default]\nuse_fips_endpoint = true\ns3 =\n  use_accelerate_endpoint = true"},
        {"~/.aws/config": "[default]\nendpoint_url = http://127.0.0.1:4566"},
        {"~/.aws/credentials": "[default"},
    ],
    ids=str,
)
def test_only_its_settings_say_where_the_store_is(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    for name, value in variables.items():
        if name.startswith("~"):
            (tmp_path / name.removeprefix("~/")).write_text(value, encoding="utf-8")
        else:
            monkeypatch.setenv(name, value)
    asked: list[str] = []

    def send(_: object, request: AWSPreparedRequest) -> None:
        asked.append(request.url)
        raise ConnectionClosedError(endpoint_url=request.url)

    monkeypatch.setattr(URLLib3Session, "send", send)
    boto3_session.cache_clear()
    bucket = S3Objects(
        S3Settings(
            bucket="bucket",
            region="us-east-1",
            access_key_id=Secret("id"),
            secret_access_key=Secret("secret"),
        )
    )

    with pytest.raises(StoreUnavailable):
        bucket.put_parts("video", iter([bytes(10), bytes(10)]), content_type="video/mp4")

    boto3_session.cache_clear()
    assert asked == ["https://bucket.s3.amazonaws.com/video?uploads"]


def test_buckets_are_addressed_by_path_where_there_is_an_endpoint_and_by_name_at_aws() -> None:
    environment = {
        "S3_BUCKET": "bucket",
        "S3_REGION": "us-east-1",
        "S3_ACCESS_KEY_ID": "id",
        "S3_SECRET_ACCESS_KEY": "secret",
        "S3_ENDPOINT_URL": "http://127.0.0.1:9000",
    }
    own = S3Objects(s3_settings(environment))
    aws = S3Objects(s3_settings(environment | {"S3_ENDPOINT_URL": ""}))

    assert [urlsplit(own.presign("k", seconds=1, content_type=TEXT, disposition="inline"))[1:3]] == [
        ("127.0.0.1:9000", "/bucket/k")
    ]
    assert [urlsplit(aws.presign("k", seconds=1, content_type=TEXT, disposition="inline"))[1:3]] == [
        ("bucket.s3.amazonaws.com", "/k")
    ]
