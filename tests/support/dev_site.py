"""A real `netlify dev` on a copy of this project, started by `make dev`'s script or as a person types it."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
import venv
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from builds import clone
from videogen.cas import Cas
from videogen.job_store import JobStore
from videogen.local.ports import free_ports
from videogen.local.seaweed import kept_in
from videogen.objects import S3Objects
from videogen.settings import S3Settings, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0
END_SECONDS = 60.0
LISTEN = "0A"
"""State of a socket: https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html"""
READY = re.compile(r"Local dev server ready: (http://localhost:\d+)")
CANARY = "canary-that-must-not-leave"
STORY = [
    "job.created",
    "worker.called",
    "job.claimed",
    "blackbox.called",
    "blackbox.answered",
    "video.saved",
    "job.completed",
]
"""What the log tells of a job that gets its video, in this order."""


class DevSite:
    """`netlify dev` from `with` until its end; `folder` is the copy, with an empty HOME beside it.

    `typed` is the command; None is what `make dev` runs, on a free port.
    """

    def __init__(
        self,
        folder: Path,
        *,
        environ: Mapping[str, str],
        simulator_delay: float = 2.0,
        typed: Sequence[str] | None = None,
    ) -> None:
        self.folder = folder / "site"
        self.log = folder / "netlify-dev.log"
        self._home = folder / "home"
        self._environ = {
            **environ,
            "HOME": str(self._home),
            "VIDEOGEN_SIMULATOR_DELAY": str(simulator_delay),
        }
        self._typed = typed
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def copy(self) -> Self:
        """Copy what git tracks or would track, and link what is installed."""
        self._home.mkdir(parents=True)
        clone(self.folder)
        for name in (".venv", "node_modules"):
            (self.folder / name).symlink_to(ROOT / name)
        # Outside a repository the CLI looks for a project further up.
        subprocess.run(["git", "init", "-q"], cwd=self.folder, check=True)
        return self

    def __enter__(self) -> Self:
        if not self.folder.exists():
            self.copy()
        [port] = free_ports(1)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._typed or [sys.executable, "scripts/dev.py", str(port)],
                cwd=self.folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while (ready := READY.search(self.output())) is None:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise RuntimeError(f"netlify dev did not start:\n{self.output()}")
            time.sleep(0.1)
        self.url = ready[1]
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

    def wait_for_end(self, job_id: str) -> dict[str, Any]:
        """Poll as the page does, when the server says, until the job has ended."""
        address = f"{self.url}/api/check-video-status?jobId={job_id}"
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            with urllib.request.urlopen(address) as answer:
                view: dict[str, Any] = json.load(answer)
            if view["status"] in {"completed", "failed", "canceled"}:
                return view
            time.sleep(min(view["pollAfterMs"] / 1000, 1.0))
        raise RuntimeError(f"the job did not end:\n{self.output()}")

    def ledger(self) -> list[dict[str, Any]]:
        """Return the simulator's purchases."""
        address = re.search(r"Its purchases: (\S+)", self.output())
        if address is None:
            raise RuntimeError(f"no simulator:\n{self.output()}")
        with urllib.request.urlopen(address[1]) as answer:
            purchases: list[dict[str, Any]] = json.load(answer)["purchases"]
            return purchases

    def listening(self) -> Iterator[str]:
        """Yield the address of each TCP socket that its processes listen on, by Linux's /proc."""
        sockets = set()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if str(self.folder) in str((process / "cwd").readlink()):
                    sockets |= {str(link.readlink()) for link in (process / "fd").iterdir()}
        for table in ("tcp", "tcp6"):
            for line in Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTEN and f"socket:[{fields[9]}]" in sockets:
                    words = re.findall("." * 8, fields[1].partition(":")[0])
                    address = b"".join(bytes.fromhex(word)[::-1] for word in words)
                    yield str(ipaddress.ip_address(address))

    def store(self) -> JobStore:
        """Return the jobs in the site's own S3."""
        with urllib.request.urlopen(self.url) as answer:
            policy = answer.headers["Content-Security-Policy"]
        origin = policy.partition("media-src ")[2].partition(";")[0].split()[-1]
        kept = kept_in(self.folder / ".store")
        settings = S3Settings(
            bucket=kept.bucket,
            region="us-east-1",
            access_key_id=Secret(kept.access_key_id),
            secret_access_key=Secret(kept.secret_access_key),
            endpoint_url=origin,
        )
        return JobStore(Cas(objects=S3Objects(settings)))


def make_venv(folder: Path, *locks: str) -> None:
    """Make a virtual environment of the packages that these locks name, out of those installed here."""
    venv.create(folder, symlinks=True)
    site_packages = next((folder / "lib").glob("python*/site-packages"))
    for lock in locks:
        for name in required(ROOT / lock):
            for file in metadata.files(name) or ():
                if ".." not in file.parts and not (site_packages / file.parts[0]).exists():
                    top = Path(str(metadata.distribution(name).locate_file(file.parts[0])))
                    (site_packages / file.parts[0]).symlink_to(top)


def required(lock: Path) -> Iterator[str]:
    """Yield the packages of a lock that are installed here: it names some for other platforms alone."""
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE):
        with contextlib.suppress(metadata.PackageNotFoundError):
            metadata.version(name)
            yield name
