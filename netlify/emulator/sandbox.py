"""A place like Lambda's: the zip's files read-only, a fresh /tmp, loopback alone, glibc, Node, and no Python.

Made by bubblewrap (https://github.com/containers/bubblewrap): `apt-get install bubblewrap`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import stat
import subprocess
import threading
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bundle import BASE_LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TASK = "/var/task"
HARNESS = Path(__file__).with_name("harness.mjs")

LAMBDA = {
    "_HANDLER": "___netlify-entry-point.handler",
    "AWS_ACCESS_KEY_ID": "role-key",
    "AWS_SECRET_ACCESS_KEY": "role-secret",
    "AWS_SESSION_TOKEN": "role-token",
    "AWS_REGION": "us-east-2",
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
    "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/26/[$LATEST]0",
    "LAMBDA_TASK_ROOT": TASK,
    "LANG": "en_US.UTF-8",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime",
    "NETLIFY_BLOBS_CONTEXT": "token",
    "NODE_PATH": "/opt/nodejs/node_modules",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
    "TZ": ":UTC",
}
"""What Lambda and Netlify's bootstrap put into the environment (names from the two vendors' documents,
Lambda's from https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)."""


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a zip with the modes and dates that it states, as Lambda does; return the folder."""
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            mode = info.external_attr >> 16
            assert stat.S_ISREG(mode), f"{info.filename} is no plain file"
            target = folder / info.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(opened.read(info))
            target.chmod(stat.S_IMODE(mode))
            os.utime(target, (315532800, 315532800))  # 1980-01-01, where a zip's dates begin
    return folder


def loopback_alone(command: list[str]) -> list[str]:
    """Return a command with all of this machine's files and no network but a loopback of its own."""
    return [bwrap(), "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent", "--", *command]


def like_lambda(
    folder: Path, environment: Mapping[str, str], files: Mapping[str, Path], arguments: Sequence[str]
) -> list[str]:
    """Return the command that runs Node beside an unpacked zip; it shares the caller's network.

    `files` are what else is there, each by its path in the sandbox; `arguments` are Node's.
    """
    node = Path(
        subprocess.run(
            ["node", "-p", "process.execPath"], capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    loaded = subprocess.run(["ldd", node], capture_output=True, text=True, check=True).stdout
    libraries = {Path(found) for found in re.findall(r"(/\S+) \(0x", loaded)}
    libc = next(path for path in libraries if path.name == "libc.so.6")
    libraries |= {libc.with_name(name) for name in BASE_LIBRARIES if libc.with_name(name).exists()}
    command = [bwrap(), "--unshare-user", "--uid", "993", "--gid", "990", "--die-with-parent", "--clearenv"]
    for path in sorted(libraries):
        command += ["--ro-bind", str(path), str(path)]
    for place, path in ({"/node": node} | dict(files)).items():
        command += ["--ro-bind", str(path), place]
    command += [
        "--ro-bind",
        str(folder),
        TASK,
        "--tmpfs",
        "/tmp",  # noqa: S108 -- a fresh one
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--chdir",
        "/",
    ]
    for name, value in (LAMBDA | dict(environment)).items():
        command += ["--setenv", name, value]
    return [*command, "--", "/node", *arguments]


def bwrap() -> str:
    """Return bubblewrap's path; fails where it is not installed."""
    found = shutil.which("bwrap")
    assert found, "install bubblewrap: apt-get install bubblewrap"
    return found


class Sandbox:
    """One running function, as one sandbox of Lambda's."""

    def __init__(self, command: Sequence[str], log: IO[bytes], pass_fds: Sequence[int]) -> None:
        """Start what `like_lambda` returned; what Node prints goes to the log."""
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=pass_fds,
            start_new_session=True,
        )

    def descendants(self) -> dict[int, str]:
        """Return the ids of the processes in the sandbox with the path of each one's program there."""
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        return {pid: Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0] for pid in found}

    def node(self) -> int:
        """Return the id of the function's Node."""
        return next(pid for pid, program in self.descendants().items() if program == "/node")

    def python(self) -> int:
        """Return the id of the function's Python."""
        return next(pid for pid, program in self.descendants().items() if program.endswith("/python3"))

    def signal(self, number: int) -> None:
        """Send a signal to Node and Python alike, as Lambda freezes and thaws both."""
        for pid, program in self.descendants().items():
            # Node, thawed, takes note of a Python that has been killed.
            if program.startswith("/"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def close(self) -> None:
        """End it and wait until it is gone."""
        assert self.process.stdin
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()


class Instance(Sandbox):
    """A function that the harness runs: it handles one invocation at a time."""

    def __init__(self, folder: Path, environment: Mapping[str, str], log: IO[bytes]) -> None:
        outcomes, write_end = os.pipe()
        arguments = ["/harness.mjs", TASK, str(write_end)]
        command = like_lambda(folder, environment, {"/harness.mjs": HARNESS}, arguments)
        super().__init__(command, log, [write_end])
        os.close(write_end)
        self._outcomes = os.fdopen(outcomes, "rb")
        self._lock = threading.Lock()

    def invoke(self, event: Mapping[str, Any], request_id: str) -> dict[str, Any]:
        """Run one invocation; return what the harness says of it."""
        assert self.process.stdin
        with self._lock:
            self.process.stdin.write(json.dumps({"event": event, "requestId": request_id}).encode() + b"\n")
            self.process.stdin.flush()
            line = self._outcomes.readline()
        assert line, "the function's process ended"
        outcome: dict[str, Any] = json.loads(line)
        return outcome

    def close(self) -> None:
        """End it and wait until it is gone."""
        super().close()
        self._outcomes.close()
