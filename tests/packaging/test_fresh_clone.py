"""What `make bundle` finds in a fresh clone, and in one that was moved."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import setup

import interpreter_mirror
from builds import REPOSITORY

if TYPE_CHECKING:
    import pytest


def test_make_bundle_copies_a_python_with_its_own_lock(tmp_path: Path) -> None:
    """In a fresh clone nothing is there but what its own set-up installs."""
    steps = subprocess.run(
        ["make", "-n", "bundle"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    target = re.search(r"scripts/setup\.py (\w+)", steps.stdout)
    assert target
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    lock = REPOSITORY / setup.NEEDS[target[1]][0]
    subprocess.run([python, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock], check=True)
    script = "import pathlib, zip_report; print(zip_report.interpreter_mirror.make(pathlib.Path.cwd()))"
    made = subprocess.run(
        [python, "-c", script],
        cwd=tmp_path,
        env={
            "PATH": f"{python.parent}:/usr/bin:/bin",
            "PYTHONPATH": ":".join(
                str(REPOSITORY / name) for name in ("netlify/emulator", "netlify/plugin", "scripts")
            ),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert "UV_PYTHON_DOWNLOADS_JSON_URL" in made.stdout


def test_a_mirror_is_made_anew_unless_it_can_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copies: list[Path] = []
    monkeypatch.setattr(interpreter_mirror, "copy_interpreter", lambda target, _: copies.append(target))

    def made(folder: Path) -> tuple[int, Path]:
        """Make a mirror; return the number of copies that this took, and the archive that it names."""
        before = len(copies)
        listed = json.loads(Path(interpreter_mirror.make(folder)["UV_PYTHON_DOWNLOADS_JSON_URL"]).read_text())
        (entry,) = listed.values()
        return len(copies) - before, Path(unquote(urlsplit(entry["url"]).path))

    first, second = tmp_path / "a clone/mirror", tmp_path / "moved/mirror"
    copied, archive = made(first)
    assert (copied, archive.parent, archive.is_file()) == (1, first, True)
    assert made(first) == (0, archive)

    first.parent.rename(second.parent)
    assert made(second) == (1, second / archive.name)
    (second / archive.name).unlink()
    assert made(second) == (1, second / archive.name)
    (second / "downloads.json").write_text("{")
    assert made(second) == (1, second / archive.name)
