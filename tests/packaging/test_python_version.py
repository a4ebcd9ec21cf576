"""Which CPython is taken for what people and their tools write into .python-version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from python_version import PYTHON, VersionError, python_version

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("3.12", "3.12"),
        ("3.12.4\n", "3.12.4"),
        ("\ufeff3.12\r\n", "3.12"),
        ("cpython-3.12", "3.12"),
        ("cpython@3.12.4", "3.12.4"),
        ("cpython-3.12.4-linux-x86_64-gnu", "3.12.4"),
        ("cpython-3.12.4-macos-aarch64-none", "3.12.4"),
        ("python-3.12.4", "3.12.4"),
        ("python3.12", "3.12"),
        ("3.12.*", "3.12"),
        ("# of the site\n\n3.12  # until spring\n", "3.12"),
        ("3.12# until spring", "3.12"),
        ("3.12.4\n3.11.9\n", "3.12.4"),
        ("3.12.4 3.11.9", "3.12.4"),
        ("", PYTHON),
        ("# nothing yet\n", PYTHON),
    ],
)
def test_a_python_version_file_is_taken(folder: Path, text: str, taken: str) -> None:
    (folder / ".python-version").write_bytes(text.encode())
    assert python_version(None, {}) == taken


def test_a_python_version_that_is_a_folder_is_named(folder: Path) -> None:
    (folder / ".python-version").mkdir()
    with pytest.raises(
        VersionError, match=r"^\.python-version cannot be read \(Is a directory\): it is a file"
    ):
        python_version(None, {})


PLAIN = "functions run CPython, say 3.13 or 3.13.1"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pypy3.10", PLAIN),
        ("pypy3.10-7.3.12", PLAIN),
        ("graalpy-24.0.0", PLAIN),
        ("system", PLAIN),
        ("my-env", PLAIN),
        ("3", PLAIN),
        ("3.15-dev", PLAIN),
        ("3.15.0rc1", PLAIN),
        (">=3.12", PLAIN),
        ("3.12.4/envs/site", PLAIN),
        ("/usr/bin/python3.12", PLAIN),
        ("3.13t", "functions run CPython with the GIL, say 3.13"),
        ("3.14.1t", "functions run CPython with the GIL, say 3.14.1"),
        ("3.13+freethreaded", "functions run CPython with the GIL, say 3.13"),
        ("cpython-3.13+freethreaded-linux-x86_64-gnu", "functions run CPython with the GIL, say 3.13"),
        ("3.7", "functions run CPython 3.8 or newer, say 3.13"),
        ("python-3.6.15", "functions run CPython 3.8 or newer, say 3.13"),
        ("2.7", PLAIN),
    ],
)
def test_what_functions_cannot_run_is_refused(folder: Path, text: str, reason: str) -> None:
    (folder / ".python-version").write_text(f"# of the site\n{text}\n")
    with pytest.raises(VersionError, match=f"^{re.escape(f'.python-version says {text}: {reason}')}$"):
        python_version(None, {})
    with pytest.raises(VersionError, match=r"^the plugin's input `python` says "):
        python_version(text, {})


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_version_file_that_is_no_utf_8_is_named(folder: Path, encoding: str) -> None:
    """What `>` of an older PowerShell writes, and an older editor."""
    (folder / ".python-version").write_text("3.12  # für Zoë\n", encoding=encoding)
    with pytest.raises(VersionError, match=r"^\.python-version is no text in UTF-8: save it as that$"):
        python_version(None, {})
