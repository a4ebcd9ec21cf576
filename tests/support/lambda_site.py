"""A deployed site in small: routes requests to the unpacked zips, each running in a sandbox like Lambda's.

    python lambda_site.py SETTINGS

SETTINGS is a JSON file, see `Settings`. Meant to run where there is no network but loopback; whoever tests
it reaches it through a Unix socket, which is a file and so not a matter of networks. Besides the site, that
socket serves `/__control/<word>`, see `Site.control`.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import itertools
import json
import os
import queue
import re
import signal
import socketserver
import subprocess
import sys
import threading
import urllib.request
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import Instance

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Settings:
    """What runs and where."""

    functions: dict[str, str]
    """Folder of each function's unpacked zip."""
    routes: list[tuple[str, str]]
    """Regular expressions of paths, each with its function; those with none are called at
    /.netlify/functions/<name>."""
    background: list[str]
    stand_ins: list[str]
    """Command that prints {"env": …} as its first line and lives until its input ends; empty for none."""
    environment: dict[str, str]
    unix_socket: str
    log: str


class Relay:
    """A TCP port that leads to another one; its connections can be cut, as a frozen instance finds them."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._pairs: list[tuple[Any, Any]] = []
        pairs = self._pairs

        class Connection(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                upstream = http.client.HTTPConnection(*target)
                upstream.connect()
                pairs.append((self.request, upstream.sock))
                back = threading.Thread(target=pump, args=(upstream.sock, self.request))
                back.start()
                pump(self.request, upstream.sock)
                back.join()

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def cut(self) -> None:
        """End every connection."""
        while self._pairs:
            for side in self._pairs.pop():
                end(side)


def pump(source: Any, target: Any) -> None:
    """Copy bytes until one side ends, then end the other."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    end(source)
    end(target)


def end(connection: Any) -> None:
    """Shut a socket down, be it gone already or not."""
    with contextlib.suppress(OSError):
        connection.shutdown(2)


class Site:
    """The functions, and what the tests may do to them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ids = itertools.count(1)
        self.outcomes = {name: queue.SimpleQueue[dict[str, Any]]() for name in settings.functions}
        self.relays: dict[str, Relay] = {}
        self.environment = dict(settings.environment)
        if settings.stand_ins:
            self.stand_ins = subprocess.Popen(
                settings.stand_ins, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert self.stand_ins.stdout
            self.environment |= json.loads(self.stand_ins.stdout.readline())["env"]
            if endpoint := self.environment.get("S3_ENDPOINT_URL"):
                host, _, port = endpoint.removeprefix("http://").partition(":")
                relay = self.relays["s3"] = Relay((host, int(port)))
                self.environment["S3_ENDPOINT_URL"] = f"http://{host}:{relay.server.server_address[1]}"
        log = Path(settings.log).open("ab")  # noqa: SIM115 -- as long as the instances
        self.instances = {
            name: Instance(Path(folder), self.environment, log) for name, folder in settings.functions.items()
        }

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """Answer a request to the site as Netlify would."""
        path = url.partition("?")[0]
        matching = (name for expression, name in self.settings.routes if re.search(expression, path))
        name = next(matching, path.removeprefix("/.netlify/functions/"))
        if name not in self.instances:
            return {"statusCode": 404, "headers": {}, "body": ""}
        request_id = f"request-{next(self.ids)}"
        event = {
            "httpMethod": method,
            "rawUrl": f"http://{headers.get('Host', 'localhost')}{url}",
            "headers": {name.lower(): value for name, value in headers.items()}
            | {"x-nf-request-id": request_id},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        if name in self.settings.background:
            threading.Thread(target=self.invoke, args=(name, event, request_id)).start()
            return {"statusCode": 202, "headers": {}, "body": ""}
        outcome = self.invoke(name, event, request_id)
        return outcome if "statusCode" in outcome else {"statusCode": 502, "headers": {}, "body": ""}

    def invoke(self, name: str, event: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Run a function and remember how it ended."""
        outcome = self.instances[name].invoke(event, request_id)
        self.outcomes[name].put(outcome)
        return outcome

    def control(self, word: str, argument: str) -> Any:
        """Do what a test asks for: see the branches."""
        if word == "outcome":  # of the first run that nobody has asked after; waits for it
            return self.outcomes[argument].get(timeout=60)
        if word == "fetch":
            with urllib.request.urlopen(argument) as response:
                return base64.b64encode(response.read()).decode()
        instance = self.instances[argument]
        if word == "freeze":
            instance.signal(signal.SIGSTOP)
            for relay in self.relays.values():
                relay.cut()
        elif word == "thaw":
            instance.signal(signal.SIGCONT)
        elif word == "kill-python":
            os.kill(instance.python(), signal.SIGKILL)
        elif word == "python":
            pid = instance.python()
            names = Path(f"/proc/{pid}/environ").read_text().split("\0")
            return {"pid": pid, "environment": sorted(name.partition("=")[0] for name in names if name)}
        return None


def server(site: Site, address: Any, *, unix: bool) -> ThreadingHTTPServer:
    """Return an HTTP server for the site, on a port or a Unix socket."""

    class Request(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if unix and self.path.startswith("/__control/"):
                word, _, argument = self.path.removeprefix("/__control/").partition("?")
                payload = json.dumps(site.control(word, argument)).encode()
                status, headers = 200, {"Content-Type": "application/json"}
            else:
                outcome = site.answer(self.command, self.path, dict(self.headers), body)
                status, headers = outcome["statusCode"], outcome["headers"]
                payload = base64.b64decode(outcome["body"])
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 -- BaseHTTPRequestHandler's names

        def address_string(self) -> str:
            return "client"

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def server_bind(self) -> None:
            socketserver.TCPServer.server_bind(self)

    Server.address_family = 1 if unix else 2
    return Server(address, Request)


def main() -> None:
    """Serve until standard input ends."""
    settings = Settings(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    site = Site(settings)
    for each in (
        server(site, ("127.0.0.1", 8888), unix=False),
        server(site, settings.unix_socket, unix=True),
    ):
        threading.Thread(target=each.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    for instance in site.instances.values():
        instance.close()
    os._exit(0)


if __name__ == "__main__":
    main()
