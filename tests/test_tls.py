"""Connections are opened early, used once and only while they are good; the authorities are loaded once."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from support.certificates import loopback_tls
from videogen import functions, tls
from videogen.objects import S3Objects
from videogen.settings import S3Settings, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: 1\r\n\r\nok"


class TlsServer(socketserver.ThreadingTCPServer):
    """Answers every request alike; `handshakes` says how many connections came to be."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self.handshakes = 0
        self.hangs_up = False
        self.gone = threading.Semaphore(0)
        super().__init__(("127.0.0.1", 0), TlsRequests)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"


class TlsRequests(socketserver.BaseRequestHandler):
    """One connection."""

    server: TlsServer

    def handle(self) -> None:
        try:
            connection = self.server.context.wrap_socket(self.request, server_side=True)
        except OSError:
            return
        self.server.handshakes += 1
        if self.server.hangs_up:
            connection.close()
            self.server.gone.release()
            return
        while connection.recv(65536):
            connection.sendall(ANSWER)
        connection.close()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsServer]:
    context, trust = loopback_tls(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trust))
    monkeypatch.setattr(tls, "_opening", {})
    with TlsServer(context) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield serving
        serving.shutdown()


def take_all(server: TlsServer) -> int:
    """Return how many connections are open, and close them."""
    count = 0
    while ready := tls.take("127.0.0.1", server.port):
        ready.close()
        count += 1
    return count


def s3_objects(server: TlsServer) -> S3Objects:
    return S3Objects(
        S3Settings(
            bucket="bucket",
            region="us-east-1",
            access_key_id=Secret("id"),
            secret_access_key=Secret("secret"),
            endpoint_url=server.url,
        )
    )


def test_the_first_requests_find_their_connection_open(server: TlsServer) -> None:
    tls.open_early(server.url, 1)
    objects = s3_objects(server)

    assert [objects.get("a").body, objects.get("b").body] == [b"ok", b"ok"]
    assert server.handshakes == 1


def test_a_connection_is_used_once_and_then_the_usual_way_goes(server: TlsServer) -> None:
    tls.open_early(server.url, 2)

    assert take_all(server) == 2
    assert s3_objects(server).get("a").body == b"ok"
    assert server.handshakes == 3


def test_a_connection_that_the_store_has_closed_is_not_used(server: TlsServer) -> None:
    server.hangs_up = True
    tls.open_early(server.url, 1)
    assert server.gone.acquire(timeout=10)
    server.hangs_up = False

    assert s3_objects(server).get("a").body == b"ok"
    assert server.handshakes == 2


def test_a_connection_that_has_waited_is_not_used(server: TlsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    tls.open_early(server.url, 1)
    monkeypatch.setattr(tls, "FRESH_SECONDS", -1.0)

    assert take_all(server) == 0
    assert s3_objects(server).get("a").body == b"ok"


def test_a_certificate_that_is_not_trusted_is_no_connection(
    server: TlsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(loopback_tls(tmp_path / "other")[1]))
    tls.open_early(server.url, 1)

    assert take_all(server) == 0
    assert server.handshakes == 0


def test_a_name_that_the_certificate_lacks_is_no_connection(
    server: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: resolved)
    tls.open_early(f"https://store.example:{server.port}", 1)

    assert tls.take("store.example", server.port) is None


def test_a_store_that_is_not_there_costs_nothing(server: TlsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    port = server.port
    server.shutdown()
    server.server_close()
    tls.open_early(f"https://127.0.0.1:{port}", 1)

    assert tls.take("127.0.0.1", port) is None
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
    tls.open_early(f"https://127.0.0.1:{port}", 1)
    assert tls.take("127.0.0.1", port) is None


@pytest.mark.parametrize("host", ["a" * 64 + ".example", ".example", "a..example"])
def test_a_name_that_is_none_costs_nothing(server: TlsServer, host: str) -> None:
    tls.open_early(f"https://{host}:{server.port}", 1)

    assert tls.take(host, server.port) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/bucket", "https://", ""])
def test_what_is_no_https_is_not_opened_early(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_opening", {})
    tls.open_early(url, 1)
    assert tls._opening == {}  # noqa: SLF001 - what must not have begun


def test_the_authorities_are_loaded_once_for_all_connections(
    server: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    load = ssl.SSLContext.load_verify_locations

    def counted(context: ssl.SSLContext, file: str) -> None:
        loaded.append(file)
        load(context, file)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counted)
    tls.open_early(server.url, 2)
    for _ in range(3):
        assert s3_objects(server).get("a").body == b"ok"

    assert len(loaded) == 1


@pytest.mark.parametrize(
    ("handler", "count"), [("videogen.functions.start_video.handler", 2), ("videogen.functions.x.handler", 1)]
)
def test_a_function_connects_before_its_imports(
    server: TlsServer, monkeypatch: pytest.MonkeyPatch, handler: str, count: int
) -> None:
    for name, value in {
        "S3_BUCKET": "bucket",
        "S3_REGION": "us-east-1",
        "S3_ENDPOINT_URL": server.url,
        "S3_ACCESS_KEY_ID": "id",
        "S3_SECRET_ACCESS_KEY": "secret",
        "VIDEOGEN_SIGNING_SECRET": "whsec_" + 43 * "A" + "=",
    }.items():
        monkeypatch.setenv(name, value)

    functions.before_import(handler)

    assert take_all(server) == count


def test_settings_that_are_missing_stop_no_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("S3_BUCKET", raising=False)
    functions.before_import("videogen.functions.start_video.handler")


def test_without_an_own_file_the_authorities_are_botocore_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert tls.authorities_file().endswith("/botocore/cacert.pem")
    assert len(tls.context().get_ca_certs()) > 100
