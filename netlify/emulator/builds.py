"""Runs `netlify build` on projects in folders of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path(__file__).resolve().parents[2]
NETLIFY = REPOSITORY / "node_modules/.bin/netlify"


@dataclass(frozen=True)
class Built:
    """A project that `netlify build` has built."""

    folder: Path
    printed: str

    @property
    def manifest(self) -> dict[str, dict[str, Any]]:
        """What the packager says of each function, by name."""
        listed = json.loads((self.folder / ".netlify/functions/manifest.json").read_text())["functions"]
        return {function["name"]: function for function in listed}

    def zip(self, name: str) -> Path:
        """Return the zip of one function."""
        return self.folder / ".netlify/functions" / f"{name}.zip"


def netlify_build(folder: Path, variables: Mapping[str, str]) -> Built:
    """Build the project in a folder as a person would by hand.

    Of this process's variables only what installers need is passed on.
    """
    passed = ("PATH", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in passed or name.startswith(("PIP_", "UV_"))
    }
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    built = subprocess.run(
        [NETLIFY, "build", "--offline"],
        cwd=folder,
        env=kept | dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout
    return Built(folder, built.stdout)


def lay_out(example: str, package: Path, folder: Path) -> Path:
    """Do what the example's netlify.toml says: install the npm package beside its files."""
    shutil.copytree(REPOSITORY / "examples" / example, folder, dirs_exist_ok=True)
    shutil.copytree(package, folder / "node_modules/netlify-plugin-python-functions")
    return folder


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Write text files into a folder; return it."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def files_of(repository: Path = REPOSITORY) -> list[Path]:
    """Return a repository's files as they stand, committed or not; paths are relative to it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [Path(name) for name in listed.split("\0") if name and (repository / name).is_file()]


def clone(folder: Path, repository: Path = REPOSITORY) -> Path:
    """Copy a repository's files."""
    for name in files_of(repository):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((repository / name).read_bytes())
    return folder
