"""moto's servers on loopback, and the one of S3, with one empty bucket.

moto checks no signature and never answers 409; its objects live in this process' memory and are shared by
all servers of the process, so each server makes a bucket of its own.
"""

from __future__ import annotations

from contextlib import nullcontext
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from videogen.local.stand_in import S3StandIn

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

OURS = {"localhost", "127.0.0.1"}
"""Hosts that this server and the page are reached at."""


class QuietHandler(WSGIRequestHandler):
    """Keeps connections open, as S3 does, and prints nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ANN401 - werkzeug's signature
        """Print nothing."""


def loopback_only(app: WSGIApplication) -> WSGIApplication:
    """Refuse what a page of another site asks moto for, which checks no signature and allows every origin.

    Writes are made one at a time: between the look at an ETag and its write, moto lets another one through.
    """
    writing = Lock()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = (f"//{environ['HTTP_HOST']}", environ.get("HTTP_ORIGIN", "//localhost"))
        if all(urlsplit(address).hostname in OURS for address in asked):
            with writing if environ["REQUEST_METHOD"] == "PUT" else nullcontext():
                return app(environ, start_response)
        start_response("403 Forbidden", [("Content-Length", "0")])
        return []

    return answer


class MotoServer:
    """moto's server of one service, which serves from `with` until its end."""

    def __init__(self, service: Literal["s3", "sqs"]) -> None:
        self._server = make_server(
            "127.0.0.1",
            0,
            loopback_only(create_backend_app(service)),
            threaded=True,
            request_handler=QuietHandler,
        )
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class S3Server(MotoServer, S3StandIn):
    """A moto S3 server; `bucket` exists from `with` on and is empty."""

    def __init__(self) -> None:
        MotoServer.__init__(self, "s3")
        S3StandIn.__init__(
            self,
            endpoint_url=self.url,
            access_key_id="local",
            secret_access_key="local",  # noqa: S106 - moto takes any
        )

    def __enter__(self) -> Self:
        super().__enter__()
        self.create_bucket()
        return self
