"""What `make dev` uses, says and shows. What it serves is in tests/dev."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import dev
from videogen.local.__main__ import DEFAULT_STORE
from videogen.local.ports import free_ports
from videogen.local.seaweed import locked

if TYPE_CHECKING:
    from pathlib import Path

NOT_USED = "set and not used: make dev REAL=1 uses what is set, and spends money"
BOTH_NOT_USED = f"BLACKBOX_API_KEY and S3_BUCKET are {NOT_USED}"
EVERYBODY = "HOST: everybody in this network can open the site and start videos"
BOX = ["   ╭──╮\n", "   │ Local dev server ready: http://localhost:8888 │\n", "   ╰──╯\n"]


@pytest.fixture
def clone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, []),
        ({"BLACKBOX_API_KEY": "sk-1", "S3_BUCKET": "b"}, [BOTH_NOT_USED]),
        ({"S3_BUCKET": "b"}, [f"S3_BUCKET is {NOT_USED}"]),
        ({"BLACKBOX_API_KEY": " "}, []),
        ({"BLACKBOX_API_KEY": "sk-1", "REAL": "1"}, []),
    ],
)
def test_a_key_that_is_not_used_is_said(clone: Path, environ: dict[str, str], said: list[str]) -> None:
    assert not list(clone.iterdir())
    assert list(dev.warnings(environ)) == said


@pytest.mark.parametrize("file", dev.ENV_FILES)
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("BLACKBOX_API_KEY=sk-1", True),
        ("export BLACKBOX_API_KEY = 'sk-1' # mine", True),
        ('  BLACKBOX_API_KEY: "sk-1"', True),
        ("BLACKBOX_API_KEY=", False),
        ("BLACKBOX_API_KEY= # none yet", False),
        ('BLACKBOX_API_KEY=""', False),
        ('BLACKBOX_API_KEY="\nsk-1"', True),
        ("BLACKBOX_API_KEY=#none", False),
        ("#BLACKBOX_API_KEY=sk-1", False),
        ("MY_BLACKBOX_API_KEY=sk-1", False),
    ],
)
def test_a_key_in_a_file_is_found_as_the_cli_does(clone: Path, file: str, line: str, *, found: bool) -> None:
    (clone / file).write_text(f"# mine\n{line}\nOTHER=1\n")

    assert dev.is_set("BLACKBOX_API_KEY", {}) is found
    assert dev.is_set("BLACKBOX_API_KEY", {"BLACKBOX_API_KEY": ""}) is False


def test_a_file_of_variables_that_cannot_be_read_ends_it(clone: Path) -> None:
    (clone / ".env").mkdir()

    with pytest.raises(SystemExit, match=r"/\.env cannot be read \(Is a directory\): make it a file"):
        list(dev.warnings({}))


def test_minutes_of_a_queue_go_with_the_queue() -> None:
    minutes = {"VIDEOGEN_JOB_MINUTES": "60"}
    seen = [
        dev.child_environment(minutes | more, 8888)["VIDEOGEN_JOB_MINUTES"]
        for more in ({}, {"QUEUE": "1"}, {"REAL": "1"})
    ]
    assert seen == ["", "60", "60"]


def test_without_real_every_account_is_masked(clone: Path) -> None:
    environ = dict.fromkeys(dev.OF_ACCOUNTS, "canary") | {"VIDEOGEN_DAILY_LIMIT": "3"}

    masked = dev.child_environment(environ, 8888)
    real = dev.child_environment(environ | {"REAL": "1"}, 8888)

    preload = f"--import={(clone / 'scripts/loopback.mjs').as_uri()}?port=8888&host=127.0.0.1"
    assert masked == dict.fromkeys(dev.OF_ACCOUNTS, "") | {
        "VIDEOGEN_DAILY_LIMIT": "3",
        "VIDEOGEN_JOB_MINUTES": "",
        "VIDEOGEN_SITE": "http://localhost:8888",
        "NODE_OPTIONS": preload,
    }
    assert real == environ | {
        "REAL": "1",
        "VIDEOGEN_SITE": "http://localhost:8888",
        "NODE_OPTIONS": preload,
    }


def test_reset_empties_the_store(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = clone / dev.STORE
    dev.reset(store)
    with locked(store):
        (store / "kept.json").write_text("{}")
        with pytest.raises(SystemExit) as ending:
            dev.reset(store)
    assert ending.value.code == "RESET=1 cannot empty .store: end the other make dev of this folder first"
    assert (store / "kept.json").exists()

    (store / "volumes").mkdir()
    dev.reset(store)

    assert list(store.iterdir()) == []
    assert capsys.readouterr().out == "==> .store is emptied: jobs and videos of earlier runs are gone\n"


def test_reset_empties_what_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/kept.json").touch()
    (tmp_path / "link").symlink_to("disk")

    dev.reset(tmp_path / "link")

    assert list((tmp_path / "link").iterdir()) == []


def test_reset_leaves_a_store_elsewhere_alone(clone: Path) -> None:
    (clone / dev.STORE).mkdir()
    with pytest.raises(SystemExit, match="VIDEOGEN_STORE names another place: empty that by hand"):
        dev.main(str(free_ports(1)[0]), {"RESET": "1", "VIDEOGEN_STORE": "/elsewhere"})
    assert (clone / dev.STORE).is_dir()


def test_both_sides_know_the_store_by_one_name() -> None:
    assert dev.STORE == DEFAULT_STORE


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"REAL": "1"}, []),
        ({"HOST": ""}, []),
        ({"HOST": "localhost"}, []),
        (
            {"HOST": "laptop"},
            ["HOST=laptop is not used: the site answers this machine alone, HOST=0.0.0.0 opens it"],
        ),
        ({"HOST": dev.OPEN[0]}, [EVERYBODY]),
        (
            {"HOST": "::", "BLACKBOX_API_KEY": "sk-1", "REAL": "1"},
            [f"{EVERYBODY}, and each one spends your money"],
        ),
    ],
)
@pytest.mark.usefixtures("clone")
def test_an_open_site_says_what_that_means(environ: dict[str, str], said: list[str]) -> None:
    assert list(dev.warnings(environ)) == said


def test_what_serves_is_said_again_below_the_box() -> None:
    dump = ['Netlify configuration property "headers" value changed to [\n', "  {\n", "    a: 'b.'\n", "].\n"]
    short = ["Netlify configuration property \"headers\" value changed to [ { for: '/*' } ].\n"]
    notes = ["Blackbox: simulator\n", "S3: in memory\n"]

    assert list(dev.shown(["a\n", *notes, *dump, *short, *BOX, "b\n"])) == [
        "a\n",
        *notes,
        *BOX,
        *notes,
        "b\n",
    ]


def test_colours_hide_no_line_from_it() -> None:
    lines = ["\x1b[32mBlackbox: simulator\x1b[39m\n", "\x1b[2m   ╰──╯\x1b[22m\n"]

    assert list(dev.shown(lines)) == [*lines, lines[0]]


@pytest.mark.parametrize(
    ("encoding", "shown"), [("utf-8", "╭ für 🎬"), ("latin-1", "? für ?"), ("ascii", "? f?r ?")]
)
def test_a_terminal_shows_what_its_encoding_can(tmp_path: Path, encoding: str, shown: str) -> None:
    (tmp_path / "netlify").write_text("#!/bin/sh\necho '╭ für 🎬'\n", encoding="utf-8")
    (tmp_path / "netlify").chmod(0o755)
    port = str(free_ports(1)[0])
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONIOENCODING": encoding}

    done = subprocess.run(
        [sys.executable, dev.__file__, port],
        env=os.environ | environ,
        capture_output=True,
        encoding=encoding,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == shown


@pytest.mark.parametrize("text", ["abc", "", "80", "65536", "8888.5", "-8888", "٨٨٨٨", "8888 9999"])
def test_what_is_no_port_is_said_in_one_line(text: str) -> None:
    done = subprocess.run(
        [sys.executable, dev.__file__, text], capture_output=True, text=True, check=False, cwd="/"
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"PORT={text} is not a port: choose a number from 1024 to 65535, as in: make dev PORT=8889\n"
    )


@pytest.mark.parametrize(
    ("host", "named"), [("", "127.0.0.1"), ("laptop", "127.0.0.1"), (dev.OPEN[0], "::")], ids=str
)
def test_the_cli_listens_on_loopback_unless_opened(host: str, named: str) -> None:
    """The CLI calls `listen` with and without an object of options."""
    program = """
        const { createServer } = require('node:net')
        const print = server => server.on('listening', () => {
          console.log(server.address().address)
          server.close()
        })
        print(createServer()).listen({ port: +process.argv[1] })
        print(createServer()).listen({ port: 0 })
        print(createServer()).listen(0, () => {})
        print(createServer()).listen({ port: 0, host: '127.0.0.2' })
    """
    port = free_ports(1)[0]
    environ = dev.child_environment({"PATH": os.environ["PATH"], "HOST": host}, port)

    printed = subprocess.run(
        ["node", "-e", program, str(port)], env=environ, capture_output=True, text=True, check=True
    ).stdout

    assert sorted(printed.split()) == sorted([named, "127.0.0.1", "127.0.0.1", "127.0.0.2"])
