"""The command tells what it lacks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from videogen import cli

if TYPE_CHECKING:
    from pathlib import Path


def test_without_its_libraries_it_says_how_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "videogen.cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "typer", None)

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == (
        "videogen: typer is not installed: use .venv/bin/videogen after `make dev`, or from this folder: "
        "pipx install '.[cli]'"
    )


def test_help_names_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["videogen", "--help"])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 0
    told = capsys.readouterr().out
    names = ("doctor", "jobs", "show", "retry", "rescue", "fail", "usage", "generate", "purge")
    assert [name for name in names if f"│ {name} " not in told] == []


def test_an_unknown_command_is_wrong_usage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["videogen", "docter"])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 2
