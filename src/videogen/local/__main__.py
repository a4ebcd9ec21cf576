"""`python -m videogen.local`: start what stands in for the services that the environment does not name.

Prints one line of JSON, {"env": {NAME: value}, "notes": [text]}, and serves until its standard input ends or
it gets SIGINT or SIGTERM. With BLACKBOX_API_KEY set Blackbox is the real one, with S3_BUCKET set S3 is.
VIDEOGEN_SIMULATOR_DELAY (seconds; 8) is how long the simulator takes for a video.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import signal
import sys
from typing import TYPE_CHECKING

from videogen.local.blackbox import Simulator
from videogen.local.s3 import S3Server

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_DELAY = "8"
MAX_DELAY = 840.0
"""Seconds; the worker gives up before."""


def main(environment: Mapping[str, str]) -> None:
    """Start what is missing, say what it is, wait for the end of standard input, stop it."""
    added: dict[str, str] = {}
    notes: list[str] = []
    with contextlib.ExitStack() as running:
        if environment.get("BLACKBOX_API_KEY"):
            notes.append("Blackbox: REAL, spends money")
        else:
            delay = seconds(environment.get("VIDEOGEN_SIMULATOR_DELAY") or DEFAULT_DELAY)
            simulator = running.enter_context(Simulator(delay=delay))
            notes += ["Blackbox: simulator", f"Its purchases: {simulator.url}/_ledger"]
            added |= {
                "BLACKBOX_API_KEY": "simulator",
                "BLACKBOX_BASE_URL": simulator.url,
                "VIDEOGEN_VIDEO_HOSTS": simulator.url,
                "VIDEOGEN_SIMULATED": "1",
            }
        if environment.get("S3_BUCKET"):
            notes.append(f"S3: bucket {environment['S3_BUCKET']}")
        else:
            added |= running.enter_context(S3Server()).environment
            notes.append("S3: in memory, empty at each start")
        if not environment.get("VIDEOGEN_SIGNING_SECRET"):
            added["VIDEOGEN_SIGNING_SECRET"] = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        print(json.dumps({"env": added, "notes": notes}), flush=True)  # noqa: T201 - its interface
        sys.stdin.buffer.read()


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
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: sys.exit(0))
    main(os.environ)
