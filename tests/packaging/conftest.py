"""Builds projects as Netlify would, once for all tests."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import interpreter_mirror
from builds import REPOSITORY, Built, clone, netlify_build
from sandbox import unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

if (sys.platform, platform.machine()) != ("linux", "x86_64"):
    collect_ignore_glob = ["test_*"]
    sys.stderr.write(
        "tests/packaging: the zips hold Linux x86-64 programs, which do not start on this machine\n"
    )


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables with which bundles can be built here: none, or those of a mirror."""
    return interpreter_mirror.variables(tmp_path_factory.mktemp("mirror"))


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
def build(interpreter: dict[str, str]) -> Callable[[Path], Built]:
    """Builds a folder. Each after the first finds that one's interpreter, as a second build does."""
    first: list[Path] = []

    def build(folder: Path) -> Built:
        for built in first:
            shutil.copytree(built / ".netlify/python", folder / ".netlify/python")
        project = netlify_build(folder, interpreter)
        if not first:
            first.append(folder)
        return project

    return build


@pytest.fixture(scope="session")
def project(interpreter: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build this very project in a folder of its own, by hand on a machine with Netlify's variables."""
    variables = {"NETLIFY": "true", "CONTEXT": "production", "URL": "https://videos.example.com"}
    return netlify_build(clone(tmp_path_factory.mktemp("project")), interpreter | variables)


@pytest.fixture(scope="session")
def unpacked(project: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Unpack the project's zips; return the folder of each function."""
    return {name: unpack(project.zip(name), tmp_path_factory.mktemp(name)) for name in project.manifest}
