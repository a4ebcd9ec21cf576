"""Runs unpacked zips as a site without a network, and lets a test do to it what a visitor cannot."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from builds import REPOSITORY
from sandbox import loopback_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builds import Built

STAND_INS = [sys.executable, "-m", "videogen.local"]


class RunningSite:
    """A site whose zips run without a network; see lambda_site.py."""

    def __init__(self, client: httpx.Client, log: Path) -> None:
        self.client = client
        self._log = log

    def control(self, word: str, argument: str) -> Any:
        """Ask for what a visitor cannot."""
        response = self.client.get(f"/__control/{word}?{argument}")
        response.raise_for_status()
        return response.json()

    def log(self) -> str:
        """What the functions have printed so far."""
        return self._log.read_text()


@contextlib.contextmanager
def run_site(
    built: Built,
    folders: dict[str, Path],
    *,
    stand_ins: bool = False,
    environment: dict[str, str] | None = None,
) -> Iterator[RunningSite]:
    """Run the functions whose unpacked zips are in `folders`; see lambda_site.py."""
    manifest = built.manifest
    # Not below pytest's folder: the name of a Unix socket may have about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        settings = {
            "functions": {name: str(path) for name, path in folders.items()},
            "routes": [
                [route.get("expression") or f"^{re.escape(route['literal'])}$", name]
                for name in folders
                for route in manifest[name].get("routes", [])
            ],
            "background": [name for name in folders if manifest[name]["invocationMode"] == "background"],
            "stand_ins": STAND_INS if stand_ins else [],
            "environment": environment or {},
            "unix_socket": f"{folder}/site",
            "log": f"{folder}/log",
        }
        Path(folder, "settings.json").write_text(json.dumps(settings))
        process = subprocess.Popen(
            loopback_alone(
                [sys.executable, str(Path(__file__).with_name("lambda_site.py")), f"{folder}/settings.json"]
            ),
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": f"{REPOSITORY}/netlify/plugin:{REPOSITORY}/netlify/emulator:{REPOSITORY}/src",
                "VIDEOGEN_SIMULATOR_DELAY": "0",
                "VIDEOGEN_STORE": "memory",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        client = httpx.Client(
            transport=httpx.HTTPTransport(uds=f"{folder}/site"), base_url="http://127.0.0.1:8888", timeout=60
        )
        with process, client:
            assert process.stdin
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            try:
                yield RunningSite(client, Path(folder, "log"))
            finally:
                process.stdin.close()
