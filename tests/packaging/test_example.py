"""The two folders in netlify/ are a product of their own: the example needs nothing else from here."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from builds import REPOSITORY, BuildFailed, Built, netlify_build, write_files
from sandbox import unpack
from support.running import run_site

if TYPE_CHECKING:
    from pathlib import Path

SECOND_HANDLER = """
import json, os, pathlib, sys
def handler(event, context):
    python = {"environment": sorted(os.environ), "executable": sys.executable, "flags": sys.flags.isolated}
    return {"statusCode": 200, "body": json.dumps(python | {"tmp": os.listdir("/tmp")})}
"""
SECOND_ENTRY = """
import { python } from '../python/bridge.mjs'
export default python('package.second.handler', { timeoutSeconds: 10 })
export const config = { path: '/api/second' }
"""


def lay_out(folder: Path) -> Path:
    """Do what the example's netlify.toml says: copy three folders."""
    for name in ("python", "plugin"):
        shutil.copytree(REPOSITORY / "netlify" / name, folder / "netlify" / name)
    shutil.copytree(REPOSITORY / "examples/hello", folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def example(interpreter: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The example with a second function added to it: one .py, one entry."""
    folder = lay_out(tmp_path_factory.mktemp("example"))
    write_files(
        folder, {"src/package/second.py": SECOND_HANDLER, "netlify/functions/second.mjs": SECOND_ENTRY}
    )
    return netlify_build(folder, interpreter)


def test_it_answers_where_there_is_no_python(example: Built, tmp_path: Path) -> None:
    folders = {name: unpack(example.zip(name), tmp_path / name) for name in ("hello", "second")}
    with run_site(example, folders) as site:
        greeting = site.client.get("/api/hello?name=Zo%C3%AB")
        assert (greeting.status_code, greeting.json()["hello"]) == (200, "Zoë")
        assert "greeting Zoë\n" in site.log()
        second = site.client.get("/api/second").json()
        assert second == {
            "environment": sorted({"LANG", "PATH", "TZ"} | ({"LC_CTYPE"} & set(second["environment"]))),
            "executable": "/var/task/.netlify/python/bundle/python/bin/python3",
            "flags": 1,
            "tmp": [],
        }


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("python/bin/python3", "Python did not start: spawn"),
        ("source/hello.py", "Python ended with status 1"),
    ],
)
def test_a_zip_without_what_it_needs_does_not_answer(
    example: Built, tmp_path: Path, fault: str, reason: str
) -> None:
    folder = unpack(example.zip("hello"), tmp_path / "hello")
    damaged = folder / ".netlify/python/bundle" / fault
    if fault.endswith("python3"):
        damaged.chmod(0o644)
    else:
        damaged.unlink()
        shutil.rmtree(damaged.parent / "__pycache__")
    with run_site(example, {"hello": folder}) as site:
        assert site.client.get("/api/hello").status_code == 500
        assert reason in site.log()


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (
            {"src/second.py": "def handler(event, context): ..."},
            "src/second.py: no function's entry says python('second.handler')",
        ),
        (
            {"netlify/functions/second.mjs": SECOND_ENTRY},
            "the function second names package.second.handler, which is not in src",
        ),
        (
            {"netlify/functions/second.mjs": SECOND_ENTRY.replace("'package.second.handler'", "NAME")},
            "second.mjs does not say python('package.module.handler', …)",
        ),
        (
            {"src/hello.py": "import nothing_such\ndef handler(event, context): ..."},
            "No module named 'nothing_such'",
        ),
        (
            {"src/hello.py": "def handler(event, context):\nreturn"},
            "src/hello.py:2: expected an indented block",
        ),
    ],
    ids=[
        "handler without entry",
        "entry without handler",
        "entry that names none",
        "missing package",
        "syntax",
    ],
)
def test_what_cannot_work_fails_the_build_with_one_line(
    interpreter: dict[str, str], tmp_path: Path, files: dict[str, str], line: str
) -> None:
    folder = write_files(lay_out(tmp_path), files)
    with pytest.raises(BuildFailed) as failure:
        netlify_build(folder, interpreter)
    assert line in str(failure.value)
    assert "Traceback" not in str(failure.value)
