"""A bucket: what every kind must do, and what the client of S3 makes of what stores do differently."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from conftest import RawServer
from support.buckets import KINDS, Buckets, buckets, s3_settings
from support.fake_clock import FakeClock
from support.memory_objects import MemoryObjects
from videogen.errors import Conflict, NoSuchObject, StoreError, StoreUnavailable, VideoInterrupted
from videogen.objects import Objects, S3Objects
from videogen.settings import S3Settings, Secret

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

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
        ("409 Conflict", "ConditionalRequestConflict", StoreUnavailable, True),
        ("409 Conflict", "ConcurrentModification", StoreUnavailable, True),
        ("429 Too Many Requests", "TooManyRequests", StoreUnavailable, True),
        ("400 Bad Request", "RequestTimeout", StoreUnavailable, True),
        ("500 Internal Server Error", "UnknownError", StoreUnavailable, True),
        ("501 Not Implemented", "NotImplemented", StoreUnavailable, True),
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
    ("status", "code", "error"),
    [
        ("403 Forbidden", "AccessDenied", NoSuchObject),
        ("403 Forbidden", "SignatureDoesNotMatch", StoreUnavailable),
        ("404 Not Found", "NoSuchKey", NoSuchObject),
        ("404 Not Found", "NoSuchBucket", StoreUnavailable),
        ("500 Internal Server Error", "InternalError", StoreUnavailable),
    ],
)
def test_what_a_read_has_met(wire: Wire, status: str, code: str, error: type[StoreError]) -> None:
    # Without s3:ListBucket AWS answers 403 for a key that is not there.
    wire.behave = answering(status, error_body(code))

    with pytest.raises(error):
        wire.client.get("key")


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


@pytest.mark.parametrize(
    ("headers", "age"),
    [
        (
            "Date: Thu, 01 Jan 2026 00:01:30 GMT\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n",
            90.0,
        ),
        ("Date: Wed, 31 Dec 2025 23:59:59 GMT\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n", 0.0),
        ("Last-Modified: Thu, 01 Jan 2020 00:00:00 GMT\r\n", 0.0),
    ],
    ids=["90 s old", "from the future", "no date"],
)
def test_an_object_s_age_is_told_by_the_store_s_clock_alone(wire: Wire, headers: str, age: float) -> None:
    wire.behave = answering("200 OK", b"body", headers + 'ETag: "e"\r\nContent-Type: text/plain\r\n')

    found = wire.client.get("key")

    assert (found.body, found.etag, found.age, found.content_type) == (b"body", "e", age, TEXT)


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
