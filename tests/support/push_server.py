"""A push service and a browser's half of a subscription to it, on loopback."""

from __future__ import annotations

import http.server
import threading
from dataclasses import dataclass, field
from typing import Any, Self

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from videogen.jobs import Subscription
from videogen.signing import base64url

AUTH = b"sixteen bytes ok"


@dataclass
class Received:
    """A message as the push service got it."""

    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)


class PushServer:
    """Takes messages and answers them with `status` and `headers`."""

    def __init__(self) -> None:
        self.status = 201
        self.headers: dict[str, str] = {}
        self.received: list[Received] = []
        self.key = ec.generate_private_key(ec.SECP256R1())
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.received.append(Received(self.path, headers, body))
                self.send_response(outer.status)
                self.send_header("Location", f"{outer.origin}/elsewhere")
                self.send_header("Content-Length", "0")
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing: the test's output is what matters."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def subscription(self) -> Subscription:
        """What the browser hands out."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Subscription(endpoint=f"{self.origin}/push/abc", p256dh=base64url(point), auth=base64url(AUTH))

    def opened(self, received: Received) -> bytes:
        """Return what a message says, read by another implementation."""
        plain: bytes = http_ece.decrypt(
            received.body, private_key=self.key, auth_secret=AUTH, version="aes128gcm"
        )
        return plain
