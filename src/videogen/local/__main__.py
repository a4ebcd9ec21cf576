"""`python -m videogen.local`: start what stands in for the services that the environment does not name.

Prints one line of JSON, {"env": {NAME: value}, "notes": [text]}, and serves until its standard input ends or
it gets SIGINT or SIGTERM. With BLACKBOX_API_KEY set Blackbox is the real one, with S3_BUCKET set S3 is.
Only a stand-in that is started is imported: with both set, requirements.txt is enough.
VIDEOGEN_SIMULATOR_DELAY (seconds; 8) is how long the simulator takes for a video, VIDEOGEN_STORE (.store) the
folder in which the S3 server keeps its objects, or `memory`.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from videogen import settings
from videogen.cas import Cas
from videogen.durations import Durations
from videogen.errors import SettingsError
from videogen.objects import S3Objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from videogen.local.blackbox import Simulator
    from videogen.local.sqs import SqsServer
    from videogen.local.stand_in import S3StandIn

DEFAULT_DELAY = "8"
DEFAULT_STORE = ".store"
IN_MEMORY = "memory"
MAX_DELAY = 840.0
"""Seconds; the worker gives up before."""
BESIDE = (0.6, 0.8, 1.0, 1.5, 3.0)
"""Seconds that a job takes beside the simulator's delay, on quick machines and slow ones."""


def main(environment: Mapping[str, str]) -> None:
    """Start what is missing, say what it is, wait for the end of standard input, stop it."""
    added: dict[str, str] = {}
    notes: list[str] = []
    delay = seconds(environment.get("VIDEOGEN_SIMULATOR_DELAY") or DEFAULT_DELAY)
    with contextlib.ExitStack() as running:
        if settings.value(environment, "BLACKBOX_API_KEY"):
            notes.append("Blackbox: REAL, spends money")
        else:
            simulator = running.enter_context(blackbox_stand_in(delay))
            notes += ["Blackbox: simulator", f"Its purchases: {simulator.url}/_ledger"]
            added |= {
                "BLACKBOX_API_KEY": "simulator",
                "BLACKBOX_BASE_URL": simulator.url,
                "VIDEOGEN_VIDEO_HOSTS": simulator.url,
                "VIDEOGEN_SIMULATED": "1",
            }
        signing_secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        if bucket := settings.value(environment, "S3_BUCKET"):
            notes.append(f"S3: bucket {bucket}")
        else:
            stand_in, kept_secret, note = s3_stand_in(environment, running)
            added |= stand_in.environment
            signing_secret = kept_secret or signing_secret
            notes.append(f"S3: {note}")
        if not settings.value(environment, "VIDEOGEN_SIGNING_SECRET"):
            added["VIDEOGEN_SIGNING_SECRET"] = signing_secret
        if environment.get("VIDEOGEN_LOCAL_QUEUE") == "1":
            added |= running.enter_context(queue_stand_in()).environment
            notes.append("Queue: SQS stand-in, with `videogen worker` beside it")
            running.enter_context(queue_worker({**environment, **added}))
        if {"VIDEOGEN_SIMULATED", "S3_BUCKET"} <= added.keys():
            remember({**environment, **added}, delay)
        print(json.dumps({"env": added, "notes": notes}), flush=True)  # noqa: T201 - its interface
        sys.stdin.buffer.read()


def blackbox_stand_in(delay: float) -> Simulator:
    """Return the simulator of Blackbox; exits with a line for the person where its packages are missing."""
    with naming_the_lock("Blackbox", unless="BLACKBOX_API_KEY"):
        from videogen.local.blackbox import Simulator  # noqa: PLC0415 - it may be missing
    return Simulator(delay=delay)


def s3_stand_in(
    environment: Mapping[str, str], running: contextlib.ExitStack
) -> tuple[S3StandIn, str | None, str]:
    """Start an S3 server; return it, the signing secret that it keeps, and a note that says where it is.

    A real one on disk; in memory where that is wanted or the real one has no wheel. Exits with a line for the
    person where its packages are missing, or it does not start.
    """
    with naming_the_lock("S3", unless="S3_BUCKET"):
        from videogen.local.seaweed import (  # noqa: PLC0415 - it may be missing
            PAGE,
            SeaweedError,
            SeaweedServer,
            locked,
            program,
        )
    store = settings.value(environment, "VIDEOGEN_STORE") or DEFAULT_STORE
    if store == IN_MEMORY or program() is None:
        with naming_the_lock("S3", unless="S3_BUCKET"):
            from videogen.local.s3 import S3Server  # noqa: PLC0415 - it may be missing
        why = "" if store == IN_MEMORY else " (SeaweedFS, which keeps videos, has no wheel for this machine)"
        return running.enter_context(S3Server()), None, f"in memory, empty at each start{why}"
    page = settings.value(environment, "VIDEOGEN_SITE") or PAGE
    folder = Path(store)
    try:
        if not running.enter_context(locked(folder)):
            note = f"SeaweedFS, empty at each start: another `netlify dev` has {folder}"
            return running.enter_context(SeaweedServer(page=page)), None, note
        server = running.enter_context(SeaweedServer(folder, page=page))
    except (OSError, SeaweedError) as error:
        sys.exit(f"the S3 stand-in does not start: {error}")
    return server, server.kept.signing_secret, f"SeaweedFS; jobs and videos are kept in {folder}"


def queue_stand_in() -> SqsServer:
    """Return an SQS server; exits with a line for the person where its packages are missing."""
    with naming_the_lock("SQS", unless="VIDEOGEN_QUEUE_URL"):
        from videogen.local.sqs import SqsServer  # noqa: PLC0415 - it may be missing
    return SqsServer()


@contextlib.contextmanager
def queue_worker(environment: Mapping[str, str]) -> Iterator[None]:
    """Run `videogen worker` meanwhile; its log goes where this module's errors go."""
    command = [sys.executable, "-m", "videogen.cli", "worker", "--drain", "0"]
    with subprocess.Popen(command, env=dict(environment), stdout=sys.stderr) as worker:  # noqa: S603 - our own
        try:
            yield
        finally:
            worker.kill()


@contextlib.contextmanager
def naming_the_lock(service: str, *, unless: str) -> Iterator[None]:
    """Exit with one line that says what to install where a package cannot be imported."""
    try:
        yield
    except ModuleNotFoundError as error:
        sys.exit(
            f"{unless} is not set, and the stand-in for {service} needs {error.name}: "
            f"install it with .venv/bin/pip install -r locks/local.txt, or set {unless}"
        )


def remember(environment: Mapping[str, str], delay: float) -> None:
    """Store how long the simulator takes, as a site knows that has made videos: the page asks in time."""
    try:
        read = settings.read(environment)
    except SettingsError:
        return  # the functions name what is wrong
    known = Durations(Cas(objects=S3Objects(read.s3)))
    for model in read.site.models:
        if known.estimate(model.id) is not None:
            continue  # by an earlier start
        for beside in BESIDE:
            known.record(model.id, delay + beside)


def seconds(text: str) -> float:
    """Return a number of seconds; exits with a line for the person where it is none."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number <= MAX_DELAY:
        sys.exit(f"VIDEOGEN_SIMULATOR_DELAY is not a number of seconds from 0 to {MAX_DELAY:.0f}: {text}")
    return number


if __name__ == "__main__":
    # moto makes sessions of its own, which fail where these name a profile that is not there.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: sys.exit(0))
    main(os.environ)
