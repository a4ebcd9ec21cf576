"""Builds projects as Netlify would, each once for all tests."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import interpreter_mirror
from builds import REPOSITORY, Built, clone, netlify_build, write_files
from sandbox import unpack
from support.pythons import EVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

if (sys.platform, platform.machine()) != ("linux", "x86_64"):
    collect_ignore_glob = ["test_*"]
    sys.stderr.write(
        "tests/packaging: the zips hold Linux x86-64 programs, which do not start on this machine\n"
    )


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the processes of pytest-xdist have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process is in here, for the same folder."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def interpreter(shared: Path) -> dict[str, str]:
    """Return the variables with which bundles can be built here: none, or those of a mirror."""
    with alone(shared):
        return interpreter_mirror.variables(shared / "mirror")


@pytest.fixture(scope="session")
def build_bundle(interpreter: dict[str, str]) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """Builds the bundle of a folder that has one function, with the oldest Python that is here."""
    passed = ("PATH", "HOME", "PIP_", "UV_", "SSL")
    kept = {name: value for name, value in os.environ.items() if name.startswith(passed)}
    plan = {"functions": {"hello": "hello.py"}, "functions_folder": "functions", "source": "src"}
    command = [next(iter(EVERY.values())), REPOSITORY / "netlify/plugin/bundle.py", ".netlify/python/bundle"]

    def build_bundle(folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder,
            env=kept | interpreter,
            input=json.dumps(plan),
            capture_output=True,
            text=True,
            check=False,
        )

    return build_bundle


@pytest.fixture(scope="session")
def first_bundle(shared: Path, build_bundle: Callable[[Path], subprocess.CompletedProcess[str]]) -> Path:
    """The folder with the first bundle that is built, out of nothing, and with the uv that built it."""
    folder = shared / "first"
    with alone(shared):
        if not (folder / "built").exists():
            function = {"functions/hello.py": "from idna import encode as handler"}
            write_files(folder, function | {"requirements.txt": "idna"})
            built = build_bundle(folder)
            assert (built.returncode, built.stderr) == (0, "")
            (folder / "built").touch()
    return folder / ".netlify/python"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the npm package as a registry would give it out."""
    folder = tmp_path_factory.mktemp("package")
    pack = ["npm", "pack", "--silent", "--pack-destination", str(folder)]
    name = subprocess.run(
        pack, cwd=REPOSITORY / "netlify", capture_output=True, text=True, check=True
    ).stdout.strip()
    subprocess.run(["tar", "-xzf", folder / name, "-C", folder], check=True)
    return folder / "package"


@pytest.fixture(scope="session")
def build(interpreter: dict[str, str], first_bundle: Path) -> Callable[..., Built]:
    """Builds a folder, with more variables. It finds the first bundle, as a second build does."""

    def build(folder: Path, **variables: str) -> Built:
        shutil.copytree(first_bundle, folder / ".netlify/python")
        return netlify_build(folder, interpreter | variables)

    return build


@pytest.fixture(scope="session")
def project(build: Callable[..., Built], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build this very project in a folder of its own, by hand on a machine with Netlify's variables."""
    variables = {"NETLIFY": "true", "CONTEXT": "production", "URL": "https://videos.example.com"}
    return build(clone(tmp_path_factory.mktemp("project")), **variables)


@pytest.fixture(scope="session")
def unpacked(project: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Unpack the project's zips; return the folder of each function."""
    return {name: unpack(project.zip(name), tmp_path_factory.mktemp(name)) for name in project.manifest}
