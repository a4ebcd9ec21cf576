"""A real `netlify dev` on a copy of this project, started as `make dev` starts it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from videogen.clock import Clock
from videogen.job_store import JobStore
from videogen.objects import S3Objects
from videogen.settings import S3Settings, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0
CANARY = "canary-that-must-not-leave"


class DevSite:
    """`netlify dev` from `with` until its end; `folder` is the copy, with an empty HOME beside it."""

    def __init__(self, folder: Path, *, environ: Mapping[str, str], simulator_delay: float = 2.0) -> None:
        self.folder = folder / "site"
        self.log = folder / "netlify-dev.log"
        self._home = folder / "home"
        self._environ = {
            **environ,
            "HOME": str(self._home),
            "VIDEOGEN_SIMULATOR_DELAY": str(simulator_delay),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def copy(self) -> Self:
        """Copy what git tracks or would track, and link what is installed."""
        self._home.mkdir(parents=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).is_file():
                target = self.folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target)
        for name in (".venv", "node_modules"):
            (self.folder / name).symlink_to(ROOT / name)
        # Outside a repository the CLI looks for a project further up.
        subprocess.run(["git", "init", "-q"], cwd=self.folder, check=True)
        return self

    def __enter__(self) -> Self:
        if not self.folder.exists():
            self.copy()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://localhost:{port}"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "scripts/dev.py", str(port)],
                cwd=self.folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while "Local dev server ready" not in self.output():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise RuntimeError(f"netlify dev did not start:\n{self.output()}")
            time.sleep(0.1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Interrupt it as Ctrl-C would."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._process = None

    def output(self) -> str:
        """Return everything that `netlify dev` has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def log_lines(self) -> list[dict[str, Any]]:
        """Return the functions' own log lines."""
        found = []
        for line in self.output().splitlines():
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, dict) and "action" in entry:
                    found.append(entry)
        return found

    def ledger(self) -> list[dict[str, Any]]:
        """Return the simulator's purchases."""
        address = re.search(r"Its purchases: (\S+)", self.output())
        if address is None:
            raise RuntimeError(f"no simulator:\n{self.output()}")
        with urllib.request.urlopen(address[1]) as answer:
            purchases: list[dict[str, Any]] = json.load(answer)["purchases"]
            return purchases

    def store(self) -> JobStore:
        """Return the jobs in the site's own S3."""
        with urllib.request.urlopen(self.url) as answer:
            policy = answer.headers["Content-Security-Policy"]
        origin = policy.partition("media-src ")[2].partition(";")[0].split()[-1]
        with urllib.request.urlopen(origin) as answer:
            bucket = answer.read().decode().partition("<Bucket><Name>")[2].partition("</Name>")[0]
        settings = S3Settings(
            bucket=bucket,
            region="us-east-1",
            access_key_id=Secret("local"),
            secret_access_key=Secret("local"),
            endpoint_url=origin,
        )
        return JobStore(
            S3Objects(settings),
            clock=Clock(),
            random=random.random,
            nonce=lambda: secrets.token_hex(16),
        )
