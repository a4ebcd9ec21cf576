"""TLS to the store and to the site itself: one context for all, and connections that are opened early.

A cold start spends more than 100 ms on imports. A handshake with a store at a distance takes as long, and
loading the authorities some 40 ms: neither needs the interpreter. So both begin first, in threads, and the
first requests find their connections open.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from contextlib import closing, suppress
from urllib.parse import urlsplit

from videogen.botocore_data import botocore_file

CONNECT_SECONDS = 2
SOCKET_OPTIONS = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
FRESH_SECONDS = 4.0
"""A connection that has waited longer may have been given up by the other side: it is not used."""

_lock = threading.Lock()
_contexts: dict[str, ssl.SSLContext] = {}
_opening: dict[tuple[str, int], list[Opening]] = {}


class Opening:
    """A connection on its way."""

    def __init__(self, host: str, port: int) -> None:
        self._begun = time.monotonic(), time.time()
        self._socket: ssl.SSLSocket | None = None
        self._thread = threading.Thread(target=self._open, args=(host, port), daemon=True)
        self._thread.start()

    def _open(self, host: str, port: int) -> None:
        # What fails is told by the request that connects anew. ValueError: the name is none.
        with suppress(OSError, ValueError):
            plain = socket.create_connection((host, port), CONNECT_SECONDS)
            with closing(plain):  # of one that is wrapped nothing is left to close
                for option in SOCKET_OPTIONS:
                    plain.setsockopt(*option)
                self._socket = context().wrap_socket(plain, server_hostname=host)

    def result(self) -> ssl.SSLSocket | None:
        """Wait for the connection; return it, or None where there is none that can be used."""
        self._thread.join()
        # A machine that was frozen meanwhile shows that in one of its clocks.
        monotonic, wall = self._begun
        waited = max(time.monotonic() - monotonic, time.time() - wall)
        if self._socket is not None and (waited > FRESH_SECONDS or not _is_quiet(self._socket)):
            self._socket.close()
            return None
        return self._socket


def _is_quiet(connection: ssl.SSLSocket) -> bool:
    """Whether the other side has sent nothing yet, not even its end; session tickets are taken in."""
    timeout = connection.gettimeout()
    connection.setblocking(False)
    try:
        connection.recv(1)
    except ssl.SSLWantReadError:
        return True
    except OSError:
        return False
    finally:
        connection.settimeout(timeout)
    return False


def context() -> ssl.SSLContext:
    """Return the context of every connection. To load its authorities takes some 40 ms: that is done once."""
    with _lock:
        authorities = authorities_file()
        if authorities not in _contexts:
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            made.load_verify_locations(authorities)
            made.set_alpn_protocols(["http/1.1"])
            _contexts[authorities] = made
        return _contexts[authorities]


def authorities_file() -> str:
    """Return the file of the authorities to trust: SSL_CERT_FILE, if a store has its own, or botocore's."""
    return os.environ.get("SSL_CERT_FILE") or str(botocore_file("cacert.pem"))


def open_early(url: str, count: int) -> None:
    """Begin to open so many connections to an origin; one that fails is opened again when it is needed."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        port = parts.port or 443
        _opening[parts.hostname, port] = [Opening(parts.hostname, port) for _ in range(count)]


def take(host: str, port: int) -> ssl.SSLSocket | None:
    """Return a connection that was opened early, None where there is none (any more)."""
    with suppress(KeyError, IndexError):
        return _opening[host, port].pop().result()
    return None
