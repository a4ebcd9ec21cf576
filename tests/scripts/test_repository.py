"""What a well-kept repository promises about itself."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = {path.name: path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml")}
PYTHON = "Programming Language :: Python :: "


def test_every_action_is_pinned_by_its_commit() -> None:
    used = re.findall(r"uses: *(.*)", "".join(WORKFLOWS.values()))

    assert used
    assert [
        use for use in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)
    ] == []


def test_there_is_one_version() -> None:
    released = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    described = json.loads((ROOT / "docs/openapi.json").read_text())["info"]["version"]

    assert (described, released[0]) == (PROJECT["version"], PROJECT["version"])


def test_each_python_that_is_promised_is_tested() -> None:
    promised = [name.removeprefix(PYTHON) for name in PROJECT["classifiers"] if name.startswith(PYTHON)]
    (matrix,) = re.findall(r"python: \[(.*)\]", WORKFLOWS["ci.yml"])

    assert promised == json.loads(f"[{matrix}]")
    assert PROJECT["requires-python"] == f">={promised[0]}"
    assert "macos-" in WORKFLOWS["ci.yml"]


def test_audit_and_lab_run_every_night() -> None:
    assert set(re.findall(r"run: (make \w+)", WORKFLOWS["nightly.yml"])) == {"make audit", "make lab"}
    assert re.search(r'cron: "\d+ \d+ \* \* \*"', WORKFLOWS["nightly.yml"])


def test_no_lock_names_where_it_came_from() -> None:
    locks = [*(ROOT / "locks").glob("*.txt"), ROOT / "requirements.txt"]

    assert [lock.name for lock in locks if re.search(r"https?://|--index-url|file:", lock.read_text())] == []
