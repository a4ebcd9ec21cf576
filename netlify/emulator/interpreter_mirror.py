"""A mirror of interpreters with one in it, made from the Python that runs this; for Linux x86-64.

uv reads the list and unpacks the archive as it would a python-build-standalone, so that a machine which
cannot download one takes the same path. The copy brings its shared libraries along and needs the glibc of
this machine: it runs on machines like this one only. patchelf (https://github.com/NixOS/patchelf), which must
be on the PATH, makes it look for its libraries beside itself.

    python interpreter_mirror.py FOLDER

prints the variables that make bundle.py use it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

import bundle

RELEASES = "https://github.com/astral-sh/python-build-standalone/releases/latest"


def variables(folder: Path) -> dict[str, str]:
    """Return the variables with which bundles can be built here: none, or those of a mirror in `folder`."""
    return {} if can_download() else make(folder)


def can_download() -> bool:
    """Whether this machine reaches the place that interpreters come from."""
    try:
        with urllib.request.urlopen(RELEASES, timeout=10):
            return True
    except OSError:
        return False


def make(folder: Path) -> dict[str, str]:
    """Write the archive and its list unless they are there; return the environment that selects them."""
    number = platform.python_version()
    minor = ".".join(number.split(".")[:2])
    key = f"cpython-{number}-linux-x86_64-gnu"
    archive, listed = folder / f"{key}.tar.gz", folder / "downloads.json"
    # The list of a folder that was moved names the archive at its old place.
    is_made = archive.exists() and listed.exists() and f'"{archive.as_uri()}"' in listed.read_text("utf-8")
    if not is_made:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            copy_interpreter(Path(scratch), f"python{minor}")
            with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
                tar.add(scratch, "python")
        major, minor_number, patch = map(int, number.split("."))
        entry = {
            "name": "cpython",
            "arch": {"family": "x86_64", "variant": None},
            "os": "linux",
            "libc": "gnu",
            "major": major,
            "minor": minor_number,
            "patch": patch,
            "prerelease": "",
            "url": archive.as_uri(),
            "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
            "variant": None,
            "build": None,
        }
        listed.write_text(json.dumps({key: entry}), encoding="utf-8")
    return {
        "UV_PYTHON_DOWNLOADS_JSON_URL": str(listed),
        "BUNDLE_PYTHON_VERSION": number,
        "BUNDLE_GLIBC": os.confstr("CS_GNU_LIBC_VERSION").split()[1],  # type: ignore[union-attr]  # there with glibc, which this needs
    }


def copy_interpreter(target: Path, name: str) -> None:
    """Copy bin/pythonX.Y, its standard library and every shared library that these load."""
    source = Path(sys.base_prefix)
    modules = Path("lib", name)
    bundle.copy_files(source / modules, target / modules, bundle.matcher(bundle.INTERPRETER_LEFT_OUT))
    (target / "bin").mkdir()
    executable = target / "bin" / name
    shutil.copyfile(source / "bin" / name, executable)
    executable.chmod(0o755)
    for path in list(bundle.elf_files(target)):
        origin = source / path.relative_to(target)
        for library, found in loaded_libraries(origin).items():
            if library not in bundle.BASE_LIBRARIES and not (target / "lib" / library).exists():
                shutil.copyfile(found, target / "lib" / library)
    if shutil.which("strip"):  # distributed interpreters come without symbols
        subprocess.run(["strip", "--strip-unneeded", *bundle.elf_files(target)], check=True)
    for path in bundle.elf_files(target):
        # An RPATH holds also for what the file loads, a RUNPATH would not: ld.so(8).
        beside = "$ORIGIN/" + os.path.relpath(target / "lib", path.parent)
        subprocess.run(["patchelf", "--force-rpath", "--set-rpath", beside, path], check=True)


def loaded_libraries(path: Path) -> dict[str, Path]:
    """Return the shared libraries that the loader takes for an ELF file, by name."""
    listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
    return {match[1]: Path(match[2]) for match in re.finditer(r"^\s*(\S+) => (/\S+)", listed, re.MULTILINE)}


if __name__ == "__main__":
    for variable, value in make(Path(sys.argv[1]).resolve()).items():
        print(f"{variable}={value}")
