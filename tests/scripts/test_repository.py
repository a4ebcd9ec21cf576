"""What a well-kept repository promises about itself."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, GROUPS = PYPROJECT["project"], PYPROJECT["dependency-groups"]
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


def test_each_lock_has_all_that_is_asked_for() -> None:
    own, cli = PROJECT["dependencies"], PROJECT["optional-dependencies"]["cli"]
    wanted = {
        "requirements.txt": own,
        "locks/cli.txt": [*own, *cli],
        "locks/local.txt": [*own, *cli, *GROUPS["local"]],
        "locks/dev.txt": [*own, *cli, *GROUPS["local"], *GROUPS["bundle"], *filter(is_text, GROUPS["dev"])],
        "locks/audit.txt": GROUPS["audit"],
        "locks/bundle.txt": GROUPS["bundle"],
        "locks/lab.txt": GROUPS["lab"],
        "locks/node.txt": GROUPS["node"],
    }
    locked = {
        name: set(re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(), re.MULTILINE)) for name in wanted
    }

    asked = {name: {re.split(r"[\[<>=;]", one)[0] for one in all_of} for name, all_of in wanted.items()}
    assert {name: missing for name in wanted if (missing := asked[name] - locked[name])} == {}


def is_text(requirement: object) -> bool:
    return isinstance(requirement, str)
