"""The command tells what it lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from videogen import cli

VIDEOGEN = (sys.executable, "-m", "videogen.cli")


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


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_8_bit_locale_prints_every_text(encoding: str, tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}

    ran = subprocess.run([*VIDEOGEN, "doctor"], cwd=tmp_path, env=environ, capture_output=True, check=False)

    assert (ran.returncode, b"\\u2192 give it a value" in ran.stdout, ran.stderr) == (1, True, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("arguments", [["--version"], ["push-keys"], ["doctor", "--json"]])
def test_an_answer_that_cannot_be_written_is_said_in_one_line(arguments: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*VIDEOGEN, *arguments], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert (ran.returncode, ran.stderr) == (1, "videogen: [Errno 28] No space left on device\n")


def test_a_copy_of_the_sources_alone_has_no_version(tmp_path: Path) -> None:
    shutil.copytree(Path(cli.__file__).parents[1], tmp_path / "src/videogen")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}

    ran = subprocess.run(
        [*VIDEOGEN, "--version"], cwd=tmp_path, env=environ, capture_output=True, check=False
    )

    assert (ran.returncode, ran.stdout.decode(), ran.stderr) == (
        0,
        "videogen unknown: there is no pyproject.toml beside src\n",
        b"",
    )


def test_an_unknown_command_is_wrong_usage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["videogen", "docter"])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 2
