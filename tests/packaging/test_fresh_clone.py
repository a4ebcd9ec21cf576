"""What `make bundle` finds where nothing is there but what its own set-up installs."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import setup

from builds import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path


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
