"""An HTTP server on loopback that can be closed without leaving a thread or a connection behind."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event, Thread
from typing import Any, Self


class LoopbackServer(ThreadingHTTPServer):
    """Serves on 127.0.0.1 and a free port from `with` until its end, one thread per connection."""

    daemon_threads = False  # so that closing waits for them
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.closing = Event()
        self._connections: set[socket.socket] = set()
        self._thread = Thread(target=self._serve, name=handler.__name__)

    @property
    def url(self) -> str:
        """The server's origin, without a slash at its end."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        socket.create_connection(
            ("127.0.0.1", self.server_port)
        ).close()  # wakes `_serve`, which does not poll
        self._thread.join()
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # wakes a handler that reads or writes
        self.server_close()

    def _serve(self) -> None:
        while not self.closing.is_set():
            self.handle_request()

    def server_bind(self) -> None:
        """Bind without HTTPServer's reverse look-up of the address, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]  # an address of IPv4 has a host and a port

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's own types
        """Remember a connection, and give it a thread."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - socketserver's own type
        """Close a connection and forget it."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's own types
        """Say nothing of a client that went away; print anything else."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


def reset(connection: socket.socket) -> None:
    """End a connection by a TCP reset, at once: socketserver would send an orderly end first."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # on, for no time
    os.close(connection.detach())
