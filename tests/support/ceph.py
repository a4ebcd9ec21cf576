"""A real S3 server on loopback: Ceph's gateway, with one monitor and one store in memory.

moto is lenient where real servers are not (signatures, quoted ETags, the losers of a race), so the store's
tests run on this one too. Debian's packages `ceph-mon ceph-osd radosgw ceph-common` bring all that it needs.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Self

from videogen.local.ports import free_ports
from videogen.local.stand_in import TIED_TO_STDIN, S3StandIn

if TYPE_CHECKING:
    from types import TracebackType

PROGRAMS = ("ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
START_SECONDS = 60.0

_CONFIGURATION = """
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{monitor_port}
public addr = 127.0.0.1
ms bind msgr1 = false
# No keys anywhere on loopback; without `crc` the gateway waits for a secure monitor for ever.
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
keyring = /dev/null
# One store, one copy, in memory, and no waiting for changes to gather or for a next try.
osd objectstore = memstore
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 0
paxos propose interval = 0.01
paxos min wait = 0.01
objecter tick interval = 0.2
mon client hunt interval = 0.2
mon data = {folder}/monitor
osd data = {folder}/store
rgw data = {folder}/gateway
rgw frontends = beast endpoint=127.0.0.1:{gateway_port}
run dir = {folder}
admin socket =
pid file =
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
"""


class CephError(RuntimeError):
    """The gateway did not start; the text holds what its programs said."""


def missing_programs() -> tuple[str, ...]:
    """Return which of the programs are not installed; empty: a gateway can be started here."""
    return tuple(program for program in PROGRAMS if shutil.which(program) is None)


class CephGateway(S3StandIn):
    """A Ceph gateway that serves from `with` until its end, in about a second; `bucket` exists then.

    Raises CephError.
    """

    def __init__(self) -> None:
        monitor_port, gateway_port = free_ports(2)
        super().__init__(
            endpoint_url=f"http://127.0.0.1:{gateway_port}",
            access_key_id=secrets.token_hex(10),
            secret_access_key=secrets.token_hex(20),
        )
        self._monitor = f"[v2:127.0.0.1:{monitor_port}]"
        self._gateway_port = gateway_port
        self._fsid = str(uuid.uuid4())
        self._stack = contextlib.ExitStack()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ceph-")))
        for name in ("monitor", "store", "gateway"):
            (self._folder / name).mkdir()
        self._configuration = self._folder / "ceph.conf"
        self._configuration.write_text(
            _CONFIGURATION.format(
                fsid=self._fsid, monitor_port=monitor_port, gateway_port=gateway_port, folder=self._folder
            ),
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _start(self) -> None:
        ceph = ("-c", str(self._configuration))
        monitor, store = ("ceph-mon", *ceph, "-i", "a"), ("ceph-osd", *ceph, "-i", "0")
        self._run("monmaptool", "--create", "--addv", "a", self._monitor, "--fsid", self._fsid, "monmap")
        self._run(*monitor, "--mkfs", "--monmap", "monmap")
        self._run(*store, "--mkfs", "--no-mon-config", "--monmap", "monmap", "--osd-uuid", str(uuid.uuid4()))
        self._serve(*monitor, "-f")
        self._serve(*store, "-f")
        self._run(
            *("radosgw-admin", *ceph, "user", "create", "--uid=videogen", "--display-name=videogen"),
            *(f"--access-key={self.access_key_id}", f"--secret={self.secret_access_key}"),
        )
        # Not beside the former: two that make the same pools can wait for each other for five seconds.
        self._serve("radosgw", *ceph, "-f", "-n", "client.gateway")
        self._wait_for_gateway()
        self.create_bucket()

    def _run(self, *command: str) -> None:
        """Run a program to its end."""
        try:
            subprocess.run(
                command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=True,
                timeout=START_SECONDS,
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or b""
            raise CephError(f"{error}\n{said.decode(errors='replace')}") from error

    def _serve(self, *command: str) -> None:
        """Start a program that runs until the end of `with`."""
        program = subprocess.Popen(
            ("/bin/sh", "-c", TIED_TO_STDIN, "sh", *command),
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._stack.callback(program.communicate)  # closes its standard input and waits

    def _wait_for_gateway(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", self._gateway_port)).close()
                return
            if time.monotonic() > deadline:
                raise CephError((self._folder / "client.gateway.log").read_text(encoding="utf-8")[-2000:])
            time.sleep(0.02)
