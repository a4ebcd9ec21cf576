"""What keeps `make test` from spending money."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import run_tests
from run_tests import blank

from videogen.variables import VARIABLES

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_key_in_the_shell_is_gone_and_a_blank_one_masks_dotenv() -> None:
    environment = blank(
        {"BLACKBOX_API_KEY": "canary", "AWS_ACCESS_KEY_ID": "canary", "S3_NEW": "canary", "HOME": "/"}
    )

    assert environment == dict.fromkeys(VARIABLES, "") | {"HOME": "/"}


@pytest.mark.parametrize(
    ("failed", "alone", "code"),
    [
        (["tests/browser/test_a.py::test_one"], 0, 0),
        (["tests/browser/test_a.py::test_one", "tests/dev/test_b.py::test_two"], 0, 0),
        (["tests/dev/test_a.py::test_one"], 1, 1),
        (["tests/browser/test_a.py::test_one"] * 3, None, 1),
        (["tests/test_spending.py::test_one"], None, 1),
        (["tests/lab/test_simulation.py::test_one"], None, 1),
        (["tests/device/test_a.py::test_one"], None, 1),
        (["tests/test_dev/browser.py::test_one"], None, 1),
        (["tests/browser/test_a.py::test_one", "tests/test_spending.py::test_two"], None, 1),
        ([], None, 1),
    ],
)
def test_only_browser_and_dev_failures_are_run_once_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failed: list[str], alone: int | None, code: int
) -> None:
    ran: list[list[str]] = []
    codes = iter([0, 1, alone])

    def run(command: list[str], _: dict[str, str]) -> int | None:
        ran.append(command)
        return next(codes)

    monkeypatch.setattr(run_tests, "LAST_FAILED", tmp_path / "none")
    monkeypatch.setattr(run_tests, "run", run)
    monkeypatch.setattr(run_tests, "last_failed", lambda: failed)

    assert run_tests.main() == code
    assert [command[len(run_tests.PYTEST) :] for command in ran[2:]] == ([] if alone is None else [failed])


def test_what_failed_is_known_from_pytest_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run_tests, "LAST_FAILED", tmp_path / "lastfailed")
    assert run_tests.last_failed() == []
    run_tests.LAST_FAILED.write_text('{"tests/test_a.py::test_one": true}', encoding="utf-8")
    assert run_tests.last_failed() == ["tests/test_a.py::test_one"]


def test_this_very_run_has_no_key() -> None:
    assert [name for name in VARIABLES if os.environ.get(name)] == []
