"""How `netlify dev` begins and ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import pytest

from support.dev_site import ROOT, DevSite
from support.functions_under_test import start_body

if TYPE_CHECKING:
    from collections.abc import Iterator

GONE_WITHIN_SECONDS = 10.0
OURS = ("BLACKBOX_", "S3_", "VIDEOGEN_")


def test_a_taken_port_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "scripts/dev.py", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"port {port} is taken: end what listens there, or choose another with: make dev PORT={port + 1}\n"
    )


def processes_in(folder: Path) -> Iterator[str]:
    """Yield the command lines of the processes that work in a folder or name it."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = str((process / "cwd").readlink())
        except OSError:
            continue
        if str(folder) in command or where.startswith(str(folder)):
            yield command


class Runs(NamedTuple):
    """Three runs in one folder: one that makes a video, a paid one beside it, and one after them."""

    first: dict[str, Any]
    """A job of the first run, when it had ended."""
    configs: list[dict[str, Any]]
    """The first run's page and the paid one's, both at a time."""
    folder: Path
    url: str
    """The last run's."""
    again: dict[str, Any]
    """That job in the last run."""
    part: httpx.Response
    """Four bytes of its video, asked for from the page."""
    erased: httpx.Response
    gone: httpx.Response
    """The video, when its owner had erased it."""
    policy: str
    busy: bool
    """Whether a worker was waiting for Blackbox when the last run was interrupted."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("runs")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    real = {
        **plain,
        "REAL": "1",
        "BLACKBOX_API_KEY": "sk-canary",
        "BLACKBOX_BASE_URL": "http://127.0.0.1:9",
        "BLACKBOX_MODELS": "blackboxai/google/veo-3-fast=0.80",
    }
    with DevSite(folder, environ=plain, simulator_delay=0.0) as site:
        started = httpx.post(f"{site.url}/api/start-video", json=start_body(), timeout=30).json()
        first = site.wait_for_end(started["jobId"])
        (site.folder / "public/config.json").write_text('{"simulated": true}')  # what a build leaves
        paid = DevSite(folder, environ=real)
        paid.log = folder / "paid.log"
        with paid:
            configs = [httpx.get(f"{one.url}/config.json", timeout=30).json() for one in (site, paid)]

    with DevSite(folder, environ=plain, simulator_delay=120.0) as site:
        again = httpx.get(
            f"{site.url}/api/check-video-status", params={"jobId": started["jobId"]}, timeout=30
        ).json()
        part = httpx.get(again["videoUrl"], headers={"Range": "bytes=4-7", "Origin": site.url}, timeout=30)
        erased = httpx.post(
            f"{site.url}/api/cancel-video",
            json={"jobId": started["jobId"], "ownerToken": started["ownerToken"], "delete": True},
            timeout=30,
        )
        gone = httpx.get(again["videoUrl"], timeout=30)
        policy = httpx.get(site.url, timeout=30).headers["content-security-policy"]
        httpx.post(f"{site.url}/api/start-video", json=start_body(), timeout=30).raise_for_status()
        deadline = time.monotonic() + 30
        while not (busy := "blackbox.called" in site.output()) and time.monotonic() < deadline:
            time.sleep(0.1)
    return Runs(first, configs, site.folder, site.url, again, part, erased, gone, policy, busy)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are found through Linux's /proc")
def test_an_interrupt_leaves_no_process_though_a_worker_is_busy(runs: Runs) -> None:
    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    while (left := list(processes_in(runs.folder))) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert (runs.busy, left) == (True, [])


def test_videos_tokens_and_history_outlive_a_restart(runs: Runs) -> None:
    statuses = [runs.first["status"], runs.again["status"]]
    assert (statuses, runs.part.status_code, runs.part.content) == (["completed"] * 2, 206, b"ftyp")
    assert runs.part.headers["access-control-allow-origin"] == runs.url
    assert runs.again["videoUrl"].partition("/videogen-")[0] in runs.policy
    assert (runs.erased.status_code, runs.gone.status_code) == (200, 404)


def test_two_runs_in_one_folder_have_their_own_page(runs: Runs) -> None:
    """The paid site must not say "simulator", nor lose its prices, because of another run or a build."""
    shown = [(one["simulated"], one["models"][0]["price"]) for one in runs.configs]
    assert shown == [(True, None), (False, 0.8)]
