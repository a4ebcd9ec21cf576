"""The first hour, in an empty HOME and a path with all kinds of letters: `make dev` always serves.

For `make lab` alone: each clone installs everything, which takes a minute and needs a network.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import IO

import httpx
import pytest

from support.dev_site import ROOT, DevSite
from videogen.local.ports import free_ports

ENVIRON = {
    **{name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}},
    "PATH": os.pathsep.join(
        part for part in os.environ["PATH"].split(os.pathsep) if not Path(part).is_relative_to(ROOT)
    ),
}
SET_UP = ("make", "setup-dev")


def a_folder(place: Path, name: str) -> Path:
    """Make a folder with an empty HOME, for a clone that is called "site"."""
    folder = place / name
    (folder / "home").mkdir(parents=True)
    return folder


def set_up(folder: Path) -> subprocess.Popen[str]:
    """Begin to set up, in a process group of its own."""
    return subprocess.Popen(
        SET_UP,
        cwd=folder / "site",
        env=ENVIRON | {"HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def lines_until(output: IO[str] | None, word: str) -> list[str]:
    """Read lines up to the one with this word."""
    assert output
    found: list[str] = []
    while not found or word not in found[-1]:
        found.append(output.readline())
        assert found[-1], found
    return found


def serves(folder: Path) -> bool:
    """Whether `make dev` serves this very folder's site, and its command runs this folder's code."""
    done = subprocess.run(
        SET_UP, cwd=folder / "site", env=ENVIRON | {"HOME": str(folder / "home")}, check=False
    )
    assert done.returncode == 0
    [port] = free_ports(1)
    with DevSite(folder, environ=ENVIRON, typed=["make", "dev", f"PORT={port}"]) as site:
        config = httpx.get(f"{site.url}/config.json", timeout=30).json()
    code = subprocess.run(
        [folder / "site/.venv/bin/python", "-c", "import videogen; print(videogen.__file__)"],
        capture_output=True,
        check=True,
        text=True,
        cwd="/",
    ).stdout
    return config["simulated"] and Path(code).is_relative_to(folder / "site/src")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("first") / "Zoë's Filme 🎬 größer"


@pytest.fixture(scope="module")
def clone(place: Path) -> Path:
    folder = a_folder(place, "fresh clone")
    subprocess.run(["git", "clone", "-q", ROOT, folder / "site"], check=True)
    return folder


def test_a_killed_set_up_is_finished_by_two_at_once(clone: Path) -> None:
    with set_up(clone) as killed:
        lines_until(killed.stdout, "Python packages")
        os.killpg(killed.pid, signal.SIGKILL)
    with set_up(clone) as first:
        begun = lines_until(first.stdout, "Python packages")
        with set_up(clone) as second:
            waiting = lines_until(second.stdout, "waiting for it")
            second.communicate()
        first.communicate()

    assert (first.returncode, second.returncode) == (0, 0)
    assert (begun[-1], waiting) == (
        "==> Python packages of locks/local.txt\n",
        ["==> another set-up of this folder is under way: waiting for it\n"],
    )
    assert serves(clone)


def test_an_archive_without_git_serves(place: Path) -> None:
    folder = a_folder(place, "archive")
    (folder / "site").mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "x"], cwd=folder / "site", input=archive, check=True)

    assert serves(folder)


def test_a_copied_clone_and_a_moved_one_serve_their_own_code(place: Path, clone: Path) -> None:
    assert serves(Path(shutil.copytree(clone, place / "copied", symlinks=True)))
    assert serves(clone.rename(place / "moved"))
