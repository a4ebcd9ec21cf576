"""What the two outgoing HTTP clients share: the Blackbox call and the download of its result."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONNECT_SECONDS = 10.0

# httpx logs every URL, and a video's may carry a signature; httpcore logs headers, and ours carry the key.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Deadline:
    """Ends one HTTP exchange at a moment or on demand, whatever it is waiting for.

    httpx limits each wait but not their sum (https://www.python-httpx.org/advanced/timeouts/), so an answer
    that arrives byte by byte never ends. Pass `trace` as the request's `trace` extension; it learns the
    sockets from it, and `cut` shuts them down, which wakes the thread that reads or writes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of a new connection; the `trace` extension of httpcore calls this."""
        if event == "connection.connect_tcp.complete":
            # A duplicate, since wrapping a socket in TLS detaches the object that we are shown.
            copy = info["return_value"].get_extra_info("socket").dup()
            with self._lock:
                self._sockets.append(copy)
                if self._is_cut:
                    _shut_down(copy)

    def cut(self) -> None:
        """End the exchange now; from any thread, any number of times."""
        with self._lock:
            self._is_cut = True
            for connection in self._sockets:
                _shut_down(connection)

    @contextmanager
    def after(self, seconds: float) -> Iterator[None]:
        """Cut what is still going on when `seconds` have passed."""
        timer = threading.Timer(max(0.0, seconds), self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            with self._lock:
                for connection in self._sockets:
                    connection.close()
                self._sockets.clear()


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side may have ended it already
        connection.shutdown(socket.SHUT_RDWR)
