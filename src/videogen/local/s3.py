"""An S3 server on loopback: moto's, with one empty bucket.

moto checks no signature and never answers 409; its objects live in this process' memory and are shared by
all servers of the process, so each server makes a bucket of its own.
"""

from __future__ import annotations

import secrets
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

REGION = "us-east-1"
ACCESS_KEY_ID = "local"
SECRET_ACCESS_KEY = "local"  # noqa: S105 - moto takes any


class _QuietHandler(WSGIRequestHandler):
    """Keeps connections open, as S3 does, and prints nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ANN401 - werkzeug's signature
        """Print nothing."""


class S3Server:
    """A moto S3 server that serves from `with` until its end; `bucket` exists then and is empty."""

    def __init__(self) -> None:
        self._server = make_server(
            "127.0.0.1", 0, create_backend_app("s3"), threaded=True, request_handler=_QuietHandler
        )
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="S3", daemon=True
        )
        self.endpoint_url = f"http://127.0.0.1:{self._server.server_port}"
        self.bucket = f"videogen-{secrets.token_hex(4)}"

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings that lead the project to this server."""
        return {
            "S3_BUCKET": self.bucket,
            "S3_ENDPOINT_URL": self.endpoint_url,
            "S3_REGION": REGION,
            "S3_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "S3_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        }

    def __enter__(self) -> Self:
        self._thread.start()
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            config=Config(proxies={}),  # loopback is never reached through a proxy
        )
        client.create_bucket(Bucket=self.bucket)
        client.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
