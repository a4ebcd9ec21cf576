"""How `netlify dev` begins and ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

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


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are found through Linux's /proc")
def test_an_interrupt_leaves_no_process_though_a_worker_is_busy(tmp_path: Path) -> None:
    with DevSite(tmp_path, environ=os.environ, simulator_delay=120.0) as site:
        job_id = httpx.post(f"{site.url}/api/start-video", json=start_body(), timeout=30).json()["jobId"]
        deadline = time.monotonic() + 30
        while "blackbox.called" not in site.output() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert job_id in site.output()

    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    while (left := list(processes_in(site.folder))) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def test_videos_tokens_and_history_outlive_a_restart(tmp_path: Path) -> None:
    running = DevSite(tmp_path, environ=os.environ, simulator_delay=0.0)
    with running as site:
        started = httpx.post(f"{site.url}/api/start-video", json=start_body(), timeout=30).json()
        assert site.wait_for_end(started["jobId"])["status"] == "completed"

    with running as site:
        view = httpx.get(
            f"{site.url}/api/check-video-status", params={"jobId": started["jobId"]}, timeout=30
        ).json()
        part = httpx.get(view["videoUrl"], headers={"Range": "bytes=4-7", "Origin": site.url}, timeout=30)
        erased = httpx.post(
            f"{site.url}/api/cancel-video",
            json={"jobId": started["jobId"], "ownerToken": started["ownerToken"], "delete": True},
            timeout=30,
        )
        policy = httpx.get(site.url, timeout=30).headers["content-security-policy"]
        gone = httpx.get(view["videoUrl"], timeout=30)

    assert (part.status_code, part.content, view["status"]) == (206, b"ftyp", "completed")
    assert part.headers["access-control-allow-origin"] == site.url
    assert view["videoUrl"].partition("/videogen-")[0] in policy
    assert (erased.status_code, gone.status_code) == (200, 404)


def test_two_runs_in_one_folder_have_their_own_page(tmp_path: Path) -> None:
    """The paid site must not say "simulator", nor lose its prices, because of a second run or a build."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    real = {
        **plain,
        "REAL": "1",
        "BLACKBOX_API_KEY": "sk-canary",
        "BLACKBOX_BASE_URL": "http://127.0.0.1:9",
        "BLACKBOX_MODELS": "blackboxai/google/veo-3-fast=0.80",
    }
    paid = DevSite(tmp_path, environ=real)
    with paid:
        (paid.folder / "public/config.json").write_text('{"simulated": true}')  # what a build leaves
        second = DevSite(tmp_path, environ=plain)
        second.log = tmp_path / "second.log"
        with second:
            shown = [httpx.get(f"{site.url}/config.json", timeout=30).json() for site in (paid, second)]

    assert [(one["simulated"], one["models"][0]["price"]) for one in shown] == [(False, 0.8), (True, None)]


def test_nothing_generated_lies_in_the_published_folder(tmp_path: Path) -> None:
    with DevSite(tmp_path, environ=os.environ) as site:
        assert httpx.get(f"{site.url}/config.json", timeout=30).status_code == 200
        assert not (site.folder / "public/config.json").exists()
