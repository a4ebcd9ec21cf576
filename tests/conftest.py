"""What several tests share: the stand-ins, and an HTTP server whose every byte is the test's own."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import socket
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from dev import OF_ACCOUNTS
from support.dev_site import CANARY, DevSite
from support.functions_under_test import SIGNING_SECRET, SiteUnderTest, make_site
from videogen.local.blackbox import Simulator
from videogen.local.s3 import S3Server

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from xdist.remote import Producer


# Long enough for a machine under load, short enough to show what takes quadratic time.
hypothesis.settings.register_profile("patient", deadline=5000)
hypothesis.settings.load_profile("patient")

ROOT = Path(__file__).resolve().parents[1]


class OneDevSite(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Keeps a file's tests in one process, and the tests of all files that use `dev_site`, slow to start."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "dev_site" if uses_dev_site(file) else file


@cache
def uses_dev_site(file: str) -> bool:
    return "dev_site: DevSite" in (ROOT / file).read_text(encoding="utf-8")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneDevSite:
    return OneDevSite(config, log)


def pytest_collection_finish() -> None:
    # What the tests' modules hold stays to the end: looked through at each collection, it is a tenth of their
    # processor time.
    gc.collect()
    gc.freeze()


class RawServer:
    """Gives each connection to `behave`, which reads and writes the bare socket.

    A fault such as a reset in the middle of a body is what it is only on a real connection.
    """

    def __init__(
        self, behave: Callable[[RawServer, socket.socket], None], tls: ssl.SSLContext | None
    ) -> None:
        self.requests: list[bytes] = []
        self.stopped = threading.Event()
        self._behave = behave
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.origin = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def read_request(self, connection: socket.socket) -> bytes:
        """Read one request to the end of its body and keep it."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += _receive(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if b"content-length" in line]
        while lengths and len(body) < int(lengths[0]):
            body += _receive(connection)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]

    def stop(self) -> None:
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self._tls is None:
                self._behave(self, connection)
                return
            with self._tls.wrap_socket(connection, server_side=True) as wrapped:
                self._behave(self, wrapped)


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the client went away")
    return data


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(limits=limits, timeout=5, trust_env=False) as client:
        yield client


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    """Return a function that starts a `RawServer`; all of them end with the test."""
    servers: list[RawServer] = []

    def start(
        behave: Callable[[RawServer, socket.socket], None], tls: ssl.SSLContext | None = None
    ) -> RawServer:
        servers.append(RawServer(behave, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture(scope="session")
def dev_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevSite]:
    """A real `netlify dev` for all who need no other. Its `.env` holds a key and a bucket not to be used."""
    environ = {name: value for name, value in os.environ.items() if name not in OF_ACCOUNTS}
    environ["VIDEOGEN_DAILY_LIMIT"] = "0"  # the tests make more videos than a day's default
    running = DevSite(tmp_path_factory.mktemp("dev"), environ=environ).copy()
    (running.folder / ".env").write_text(f"BLACKBOX_API_KEY={CANARY}\nS3_BUCKET={CANARY}\n")
    with running:
        yield running


@pytest.fixture
def site(s3_server: S3Server, simulator: Simulator, request: pytest.FixtureRequest) -> SiteUnderTest:
    """A site of the test's own, over the one bucket and the one simulator."""
    environ = {
        **s3_server.environment,
        "S3_PREFIX": hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16],
        "VIDEOGEN_DAILY_LIMIT": "0",
        "VIDEOGEN_SIGNING_SECRET": SIGNING_SECRET,
        "BLACKBOX_API_KEY": "simulator",
        "BLACKBOX_BASE_URL": simulator.url,
        "VIDEOGEN_VIDEO_HOSTS": simulator.url,
    }
    return make_site(environ, s3_server, simulator)
