"""What every S3 stand-in is: a server on loopback with a bucket, and the settings that lead to it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from botocore.config import Config

from videogen.objects import boto3_client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"
TIED_TO_STDIN = 'exec 3<&0; "$@" <&- & program=$!; { read -r _ <&3; kill -KILL $program; } & wait $program'
"""A shell's program that runs its arguments till they end, or standard input: its parent may be killed."""


class S3StandIn:
    """An S3 server on this machine, with a bucket of its own name."""

    def __init__(
        self, *, endpoint_url: str, access_key_id: str, secret_access_key: str, bucket: str = ""
    ) -> None:
        self.endpoint_url = endpoint_url
        self.bucket = bucket or f"videogen-{secrets.token_hex(4)}"
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings that lead the project to this server."""
        return {
            "S3_BUCKET": self.bucket,
            "S3_ENDPOINT_URL": self.endpoint_url,
            "S3_REGION": REGION,
            "S3_ACCESS_KEY_ID": self.access_key_id,
            "S3_SECRET_ACCESS_KEY": self.secret_access_key,
        }

    def client(self) -> S3Client:
        """Return boto3's client of this server."""
        return boto3_client(
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            # Loopback is never reached through a proxy.
            config=Config(proxies={}, s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    def create_bucket(self) -> None:
        """Create the bucket."""
        client = self.client()
        client.create_bucket(Bucket=self.bucket)
        client.close()
