"""Builds projects as Netlify would, once for all tests."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

import pytest

import interpreter_mirror
from builds import Built, clone, netlify_build
from sandbox import unpack

if TYPE_CHECKING:
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
def project(interpreter: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build this very project in a folder of its own, by hand on a machine with Netlify's variables."""
    variables = {"NETLIFY": "true", "CONTEXT": "production", "URL": "https://videos.example.com"}
    return netlify_build(clone(tmp_path_factory.mktemp("project")), interpreter | variables)


@pytest.fixture(scope="session")
def unpacked(project: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Unpack the project's zips; return the folder of each function."""
    return {name: unpack(project.zip(name), tmp_path_factory.mktemp(name)) for name in project.manifest}
