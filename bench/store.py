"""All that a function speaks to, on one loopback port: bucket, worker's address, Blackbox and its videos.

One asyncio thread and no signature checks, so that its own processor time hardly shows in what is measured.
Every answer of the bucket waits for a set delay. At `far_url` the same speaks TLS from a distance: each round
trip, that of opening a connection and those of the handshake included, takes DISTANCE more.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import ssl
import subprocess
import threading
from collections import Counter
from email.utils import formatdate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1_000_000
DISTANCE = 0.04
"""Seconds of a round trip to `far_url`."""


class Store:
    """Serves on a free loopback port from a thread of its own; `delay` is in seconds and may be changed."""

    def __init__(self, folder: Path) -> None:
        """Serve; the certificate of `far_url` will be in `folder`."""
        self.certificate = folder / "store.pem"
        self.objects: dict[str, bytes] = {}
        self.requests: Counter[str] = Counter()
        self.bytes_in = 0
        self.delay = 0.0
        self.video_megabytes = 5
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self.port = self._tls_port = self._far_port = 0
        threading.Thread(target=self._run, daemon=True).start()
        self._started.wait()

    @property
    def url(self) -> str:
        """The origin."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def far_url(self) -> str:
        """The origin at a distance."""
        return f"https://127.0.0.1:{self._far_port}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._loop.run_forever()

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        tls = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20, ssl=self._tls())
        self._tls_port = tls.sockets[0].getsockname()[1]
        far = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self._far_port = far.sockets[0].getsockname()[1]
        self._started.set()

    def _tls(self) -> ssl.SSLContext:
        key = self.certificate.with_suffix(".key")
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ]
        command += ["-subj", "/CN=store", "-addext", "subjectAltName=IP:127.0.0.1"]
        subprocess.run([*command, "-keyout", key, "-out", self.certificate], capture_output=True, check=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        return context

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_store, to_store = await asyncio.open_connection("127.0.0.1", self._tls_port)
        await asyncio.sleep(DISTANCE)  # the round trip that opens a connection
        await asyncio.gather(self._carry(reader, to_store), self._carry(from_store, writer))

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while chunk := await source.read(1 << 16):
                self._loop.call_later(DISTANCE / 2, sink.write, chunk)
        self._loop.call_later(DISTANCE / 2, sink.close)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *rest = head.decode("latin-1").split("\r\n")
                method, target, _ = line.split(" ")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (entry.partition(":") for entry in rest if entry)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                path, _, query = target.partition("?")
                if path.startswith("/video/"):
                    await self._send_video(writer, int(path.removeprefix("/video/").removesuffix(".mp4")))
                    continue
                status, extra, answer = self._answer(method, path, query, headers, body)
                if self.delay and path.startswith("/bucket/"):
                    await asyncio.sleep(self.delay)
                head_lines = f"Date: {formatdate(usegmt=True)}\r\nContent-Length: {len(answer)}\r\n{extra}"
                writer.write(f"HTTP/1.1 {status}\r\n{head_lines}\r\n".encode() + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _send_video(self, writer: asyncio.StreamWriter, megabytes: int) -> None:
        head = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
        size = megabytes * MEGABYTE
        answer = f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {size}\r\n\r\n"
        writer.write(answer.encode())
        writer.write(head + bytes(MEGABYTE - len(head)))
        for _ in range(megabytes - 1):
            await writer.drain()
            writer.write(bytes(MEGABYTE))
        await writer.drain()

    def _answer(  # noqa: PLR0911 -- one for each kind of request
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> tuple[str, str, bytes]:
        if path.startswith("/.netlify/"):
            return "202 Accepted", "", b""
        if path == "/chat/completions":
            link = f"{self.url}/video/{self.video_megabytes}.mp4"
            bought = {"id": "1", "choices": [{"message": {"role": "assistant", "content": link}}]}
            return "200 OK", "Content-Type: application/json\r\n", json.dumps(bought).encode()
        self.requests[method] += 1
        self.bytes_in += len(body)
        if method == "POST":
            answer = "<Result><UploadId>1</UploadId><ETag>1</ETag></Result>"
            return "200 OK", "Content-Type: application/xml\r\n", answer.encode()
        if method == "PUT" and "partNumber" in query:
            return "200 OK", 'ETag: "part"\r\n', b""
        if method == "PUT":
            held = self.objects.get(path)
            etag = hashlib.md5(held, usedforsecurity=False).hexdigest() if held is not None else None
            wanted = headers.get("if-match", etag)
            if ("if-none-match" in headers and held is not None) or (wanted or "").strip('"') != (etag or ""):
                return "412 Precondition Failed", "", b""
            self.objects[path] = body
            return "200 OK", f'ETag: "{hashlib.md5(body, usedforsecurity=False).hexdigest()}"\r\n', b""
        found = self.objects.get(path)
        if found is None:
            return (
                "404 Not Found",
                "Content-Type: application/xml\r\n",
                b"<Error><Code>NoSuchKey</Code></Error>",
            )
        etag = hashlib.md5(found, usedforsecurity=False).hexdigest()
        dates = f'Last-Modified: {formatdate(usegmt=True)}\r\nETag: "{etag}"\r\n'
        return "200 OK", f"{dates}Content-Type: application/json\r\n", found
