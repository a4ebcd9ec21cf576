"""The Ceph gateway is the strict server that moto is not, and goes when it is no longer wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from support import ceph
from support.certificates import loopback_tls
from support.s3_proxy import S3Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def gateway() -> Iterator[ceph.CephGateway]:
    with ceph.CephGateway() as gateway:
        yield gateway


def client(gateway: ceph.CephGateway, endpoint_url: str, trust: Path | None = None) -> S3Client:
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=gateway.environment["S3_REGION"],
        aws_access_key_id=gateway.access_key_id,
        aws_secret_access_key=gateway.secret_access_key,
        verify=str(trust) if trust else None,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            proxies={},
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def test_writes_are_conditional(gateway: ceph.CephGateway) -> None:
    s3 = client(gateway, gateway.endpoint_url)
    etag = s3.put_object(Bucket=gateway.bucket, Key="etag", Body=b"1", IfNoneMatch="*")["ETag"].strip('"')

    s3.put_object(Bucket=gateway.bucket, Key="etag", Body=b"2", IfMatch=etag)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=gateway.bucket, Key="etag", Body=b"3", IfMatch=etag)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=gateway.bucket, Key="etag", Body=b"3", IfNoneMatch="*")


def test_signatures_hold_through_the_proxy_and_over_tls(gateway: ceph.CephGateway, tmp_path: Path) -> None:
    tls, trust = loopback_tls(tmp_path)
    with S3Proxy(gateway.endpoint_url, tls=tls) as proxy:
        s3 = client(gateway, proxy.url, trust)
        s3.put_object(Bucket=gateway.bucket, Key="tls", Body=b"1")
        assert s3.get_object(Bucket=gateway.bucket, Key="tls")["Body"].read() == b"1"


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ceph.missing_programs() == ceph.PROGRAMS
    with pytest.raises(ceph.CephError, match="monmaptool"), ceph.CephGateway():
        pass
