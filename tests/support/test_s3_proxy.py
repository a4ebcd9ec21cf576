"""The proxy does to a request exactly what a rule says, and tells the truth about it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    IncompleteReadError,
    SSLError,
)

from support.certificates import loopback_tls
from support.s3_proxy import (
    FAULTS,
    Answer,
    Call,
    Delay,
    Drop,
    IgnoreConditions,
    S3Proxy,
    Throttle,
    Truncate,
)
from videogen.local.s3 import S3Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def proxy(server: S3Server) -> Iterator[S3Proxy]:
    with S3Proxy(server.endpoint_url) as proxy:
        yield proxy


def client(server: S3Server, endpoint_url: str, *, trust: Path | None = None) -> S3Client:
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
        verify=str(trust) if trust else None,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            proxies={},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@pytest.fixture
def s3(server: S3Server, proxy: S3Proxy) -> S3Client:
    return client(server, proxy.url)


@pytest.fixture
def stored(server: S3Server) -> S3Client:
    """A client that goes past the proxy, and sees what was applied."""
    return client(server, server.endpoint_url)


def body(s3: S3Client, bucket: str, key: str) -> bytes | None:
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None


def test_without_a_rule_everything_passes(proxy: S3Proxy, s3: S3Client, server: S3Server) -> None:
    bucket = server.bucket
    etag = s3.put_object(Bucket=bucket, Key="pass/a b.json", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="pass/a b.json", Body=b"2", IfNoneMatch="*")
    got = s3.get_object(Bucket=bucket, Key="pass/a b.json")
    head = s3.head_object(Bucket=bucket, Key="pass/a b.json")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="pass/")
    s3.delete_object(Bucket=bucket, Key="pass/a b.json")

    assert (got["Body"].read(), got["ETag"], head["ContentLength"]) == (b"1", etag, 1)
    assert head["ResponseMetadata"]["HTTPHeaders"]["date"]
    assert [one["Key"] for one in listed["Contents"]] == ["pass/a b.json"]
    assert [(one.method, one.key, one.query, one.status, one.applied) for one in proxy.seen] == [
        ("PUT", "pass/a b.json", "", 200, 200),
        ("PUT", "pass/a b.json", "", 412, 412),
        ("GET", "pass/a b.json", "", 200, 200),
        ("HEAD", "pass/a b.json", "", 200, 200),
        ("GET", "", "list-type=2&prefix=pass%2F&encoding-type=url", 200, 200),
        ("DELETE", "pass/a b.json", "", 204, 204),
    ]
    assert proxy.seen[0].headers["if-none-match"] == "*"


@pytest.mark.parametrize("status", [409, 412, 429, 500, 503])
@pytest.mark.parametrize("applied", [False, True])
def test_an_error_instead_of_the_answer(
    proxy: S3Proxy, s3: S3Client, stored: S3Client, server: S3Server, status: int, *, applied: bool
) -> None:
    key = f"answer/{status}/{applied}"
    proxy.play(Answer(status, applied=applied))

    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=server.bucket, Key=key, Body=b"1")

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert body(stored, server.bucket, key) == (b"1" if applied else None)
    assert [(one.status, one.applied) for one in proxy.seen] == [(status, 200 if applied else None)]


@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("applied", [False, True])
def test_a_reply_is_lost_before_or_after_the_write(
    proxy: S3Proxy, s3: S3Client, stored: S3Client, server: S3Server, *, resets: bool, applied: bool
) -> None:
    key = f"drop/{resets}/{applied}"
    proxy.play(Drop(applied=applied, resets=resets))

    with pytest.raises(ConnectionClosedError):
        s3.put_object(Bucket=server.bucket, Key=key, Body=b"1")

    assert body(stored, server.bucket, key) == (b"1" if applied else None)
    assert [(one.status, one.applied) for one in proxy.seen] == [(None, 200 if applied else None)]


def test_a_reply_is_cut_in_half(proxy: S3Proxy, s3: S3Client, stored: S3Client, server: S3Server) -> None:
    stored.put_object(Bucket=server.bucket, Key="truncate", Body=bytes(1000))
    proxy.play(Truncate())

    with pytest.raises((IncompleteReadError, HTTPClientError)):
        s3.get_object(Bucket=server.bucket, Key="truncate")["Body"].read()
    assert proxy.seen[0].applied == 200


def test_a_request_is_held_back(proxy: S3Proxy, s3: S3Client, server: S3Server) -> None:
    waits: list[float | None] = []

    class Closing(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            return False

    proxy.closing = Closing()
    proxy.play(Delay(30))
    s3.put_object(Bucket=server.bucket, Key="delay", Body=b"1")
    assert waits == [30]


@pytest.mark.parametrize(("applied", "found"), [(False, None), (True, b"1")])
def test_a_function_is_called_before_or_after_the_write(
    proxy: S3Proxy, s3: S3Client, stored: S3Client, server: S3Server, *, applied: bool, found: bytes | None
) -> None:
    key, bodies = f"call/{applied}", []
    proxy.play(Call(lambda: bodies.append(body(stored, server.bucket, key)), applied=applied))

    s3.put_object(Bucket=server.bucket, Key=key, Body=b"1")

    assert bodies == [found]
    assert body(stored, server.bucket, key) == b"1"


def test_a_store_without_conditional_writes(proxy: S3Proxy, s3: S3Client, server: S3Server) -> None:
    proxy.play(IgnoreConditions())
    s3.put_object(Bucket=server.bucket, Key="unsafe", Body=b"1")
    s3.put_object(Bucket=server.bucket, Key="unsafe", Body=b"2", IfNoneMatch="*")
    s3.put_object(Bucket=server.bucket, Key="unsafe", Body=b"3", IfMatch='"stale"')
    assert body(s3, server.bucket, "unsafe") == b"3"


def test_a_store_that_ignores_one_condition_keeps_the_other(
    proxy: S3Proxy, s3: S3Client, server: S3Server
) -> None:
    proxy.play(IgnoreConditions(frozenset({"if-none-match"})))
    s3.put_object(Bucket=server.bucket, Key="half", Body=b"1")
    s3.put_object(Bucket=server.bucket, Key="half", Body=b"2", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=server.bucket, Key="half", Body=b"3", IfMatch='"stale"')
    assert body(s3, server.bucket, "half") == b"2"


def test_a_store_that_takes_one_write_a_second_for_one_key(server: S3Server, stored: S3Client) -> None:
    now = 100.0
    with S3Proxy(server.endpoint_url, clock=lambda: now) as proxy:
        s3 = client(server, proxy.url)
        proxy.play(Throttle())
        s3.put_object(Bucket=server.bucket, Key="slow/1", Body=b"1")
        s3.put_object(Bucket=server.bucket, Key="slow/2", Body=b"1")
        assert body(s3, server.bucket, "slow/1") == b"1"
        now = 100.9
        with pytest.raises(ClientError, match="TooManyRequests"):
            s3.put_object(Bucket=server.bucket, Key="slow/1", Body=b"2")
        now = 101.0
        s3.put_object(Bucket=server.bucket, Key="slow/1", Body=b"3")
    assert body(stored, server.bucket, "slow/1") == b"3"


def test_a_rule_is_for_a_method_a_key_and_a_turn(proxy: S3Proxy, s3: S3Client, server: S3Server) -> None:
    proxy.play(Answer(503), method="PUT", key="jobs/*", nth=[2])

    s3.put_object(Bucket=server.bucket, Key="jobs/a", Body=b"1")
    s3.put_object(Bucket=server.bucket, Key="photos/a", Body=b"1")
    s3.get_object(Bucket=server.bucket, Key="jobs/a")
    with pytest.raises(ClientError, match="SlowDown"):
        s3.put_object(Bucket=server.bucket, Key="jobs/b", Body=b"1")
    s3.put_object(Bucket=server.bucket, Key="jobs/b", Body=b"1")

    assert [one.status for one in proxy.seen] == [200, 200, 200, 503, 200]
    assert (proxy.count(), proxy.count(method="PUT"), proxy.count(method="PUT", key="jobs/*")) == (5, 4, 3)


def test_the_first_of_several_rules_has_a_request_and_all_count_it(
    proxy: S3Proxy, s3: S3Client, server: S3Server
) -> None:
    proxy.play(Answer(503), nth=[1])
    proxy.play(Answer(500), nth=[1, 2])

    for code in ("SlowDown", "InternalError"):
        with pytest.raises(ClientError, match=code):
            s3.put_object(Bucket=server.bucket, Key="rules", Body=b"1")
    s3.put_object(Bucket=server.bucket, Key="rules", Body=b"1")

    proxy.play(Answer(503))
    proxy.stop_playing()
    s3.put_object(Bucket=server.bucket, Key="rules", Body=b"1")


def test_a_server_that_is_down_is_a_closed_connection(server: S3Server) -> None:
    with S3Proxy("http://127.0.0.1:1") as proxy:
        with pytest.raises(ConnectionClosedError):
            client(server, proxy.url).put_object(Bucket=server.bucket, Key="down", Body=b"1")
        assert [(one.status, one.applied) for one in proxy.seen] == [(None, None)]


def test_over_tls(server: S3Server, stored: S3Client, tmp_path: Path) -> None:
    tls, trust = loopback_tls(tmp_path)
    with S3Proxy(server.endpoint_url, tls=tls) as proxy:
        assert proxy.url.startswith("https://127.0.0.1:")
        client(server, proxy.url, trust=trust).put_object(Bucket=server.bucket, Key="tls", Body=b"1")
        assert body(stored, server.bucket, "tls") == b"1"
        assert "x-amz-trailer" not in proxy.seen[0].headers
        with pytest.raises(SSLError):
            client(server, proxy.url).put_object(Bucket=server.bucket, Key="tls", Body=b"1")
        proxy.play(Drop(applied=True, resets=True))
        with pytest.raises(ConnectionClosedError):
            client(server, proxy.url, trust=trust).put_object(Bucket=server.bucket, Key="tls", Body=b"2")
    assert body(stored, server.bucket, "tls") == b"2"


def test_shows_what_boto3_sends_over_tls_unless_told_otherwise(
    server: S3Server, stored: S3Client, tmp_path: Path
) -> None:
    tls, trust = loopback_tls(tmp_path)
    with S3Proxy(server.endpoint_url, tls=tls) as proxy:
        boto3.client(
            "s3",
            endpoint_url=proxy.url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            verify=str(trust),
            config=Config(proxies={}, s3={"addressing_style": "path"}),
        ).put_object(Bucket=server.bucket, Key="chunked", Body=b"1")
        assert proxy.seen[0].headers["content-encoding"] == "aws-chunked"
        assert proxy.seen[0].headers["transfer-encoding"] == "chunked"
        assert proxy.seen[0].headers["x-amz-trailer"].startswith("x-amz-checksum-")
    assert body(stored, server.bucket, "chunked") == b"1"


def test_the_faults_by_name() -> None:
    assert list(FAULTS) == [
        *("409", "412", "429", "500", "503", "500-applied", "503-applied"),
        *("closed", "reset", "closed-applied", "reset-applied", "truncated"),
    ]
