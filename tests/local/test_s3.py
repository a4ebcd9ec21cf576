"""The S3 stand-in has what the project and a browser need of S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from videogen.local.s3 import S3Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def s3(server: S3Server) -> S3Client:
    environment = server.environment
    return boto3.client(
        "s3",
        endpoint_url=environment["S3_ENDPOINT_URL"],
        region_name=environment["S3_REGION"],
        aws_access_key_id=environment["S3_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["S3_SECRET_ACCESS_KEY"],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, proxies={}),
    )


def test_its_bucket_exists_and_is_empty(server: S3Server, s3: S3Client) -> None:
    assert server.environment["S3_BUCKET"] == server.bucket
    assert s3.list_objects_v2(Bucket=server.bucket)["KeyCount"] == 0


def test_two_servers_of_one_process_have_different_buckets(server: S3Server) -> None:
    with S3Server() as other:
        assert other.bucket != server.bucket


def test_writes_are_conditional(server: S3Server, s3: S3Client) -> None:
    s3.put_object(Bucket=server.bucket, Key="conditional", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=server.bucket, Key="conditional", Body=b"2", IfNoneMatch="*")


def test_a_page_can_play_a_presigned_link_from_anywhere(
    http: httpx.Client, server: S3Server, s3: S3Client, clip: bytes
) -> None:
    s3.put_object(Bucket=server.bucket, Key="videos/1.mp4", Body=clip, ContentType="video/mp4")
    request = {
        "Bucket": server.bucket,
        "Key": "videos/1.mp4",
        "ResponseContentDisposition": 'attachment; filename="lake.mp4"',
    }
    link = s3.generate_presigned_url("get_object", Params=request)

    part = http.get(link, headers={"Range": "bytes=4-7", "Origin": "http://localhost:8888"})

    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["Content-Type"] == "video/mp4"
    assert part.headers["Content-Range"] == f"bytes 4-7/{len(clip)}"
    assert part.headers["Content-Disposition"] == 'attachment; filename="lake.mp4"'
    assert part.headers["Access-Control-Allow-Origin"] in ("*", "http://localhost:8888")


def test_it_prints_nothing(server: S3Server, http: httpx.Client, capfd: pytest.CaptureFixture[str]) -> None:
    http.get(server.endpoint_url)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://rebind.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.rebind.example:8888"},
        {"Host": "rebind.example", "Origin": "http://rebind.example"},
        {"Host": "rebind.example:9000"},
        {"Host": ""},
    ],
    ids=str,
)
def test_a_page_of_another_site_gets_nothing(
    http: httpx.Client, server: S3Server, headers: dict[str, str]
) -> None:
    for method in ("GET", "OPTIONS", "PUT"):
        answer = http.request(method, f"{server.endpoint_url}/{server.bucket}/kept", headers=headers)

        assert (answer.status_code, answer.content) == (403, b"")
        assert not [name for name in answer.headers if name.startswith("access-control-")]
