"""What runs on the build machine's or the project's own Python runs on each one here, from 3.8 on."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from builds import REPOSITORY, write_files
from support.pythons import EVERY

if TYPE_CHECKING:
    from collections.abc import Callable

PLUGIN = REPOSITORY / "netlify/plugin"
HOST = REPOSITORY / "netlify/python/host.py"


ANSWERS_ON_3 = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execv(sys.argv[2], sys.argv[2:])"


def run(python: str, script: str, *arguments: str, **given: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, PLUGIN / script, *arguments], capture_output=True, text=True, check=False, **given
    )


@pytest.mark.parametrize("version", EVERY)
def test_the_plugin_reads_a_project(tmp_path: Path, version: str) -> None:
    write_files(
        tmp_path,
        {
            "hello.py": "async def handler(event, context): ...\nconfig = {'path': '/x'}",
            "requirements.txt": "-r base.txt",
            "base.txt": "no-such\npip",
            ".python-version": "3.13.1",
        },
    )
    described = run(EVERY[version], "function_files.py", "hello.py", cwd=tmp_path)
    assert json.loads(described.stdout) == {
        "hello.py": {"defines": "handler", "config": {"path": "/x"}, "error": None}
    }
    write_files(tmp_path, {"infinite.py": "def handler(event, context): ...\nconfig = {'a': 1e999}"})
    (tmp_path / "utf_16.py").write_text("app = 1", encoding="utf-16")
    odd = json.loads(
        run(EVERY[version], "function_files.py", "infinite.py", "utf_16.py", cwd=tmp_path).stdout
    )
    assert odd["infinite.py"]["error"].startswith("infinite.py:2: config is a dict of literals")
    assert odd["utf_16.py"]["error"].startswith("utf_16.py")
    write_files(tmp_path, {"newer.py": "x = 1 +"})
    (tmp_path / "gone.py").symlink_to("nowhere")
    odd = odd | json.loads(
        run(EVERY[version], "function_files.py", "newer.py", "gone.py", cwd=tmp_path).stdout
    )
    advice = (
        f"(so says Python {version} of the build; for a newer one set PYTHON_VERSION in [build.environment])"
    )
    assert odd["newer.py"]["error"].endswith(advice)
    assert odd["gone.py"]["error"] == "gone.py cannot be read: No such file or directory"
    assert ":None" not in odd["utf_16.py"]["error"]
    checked = json.loads(run(EVERY[version], "dev_check.py", "", "", cwd=tmp_path, env={}).stdout)
    assert (checked["missing"][0], Path(checked["executable"]).exists()) == ("no-such", True)
    differs = f"netlify dev runs Python {version}, the deployed functions 3.13"
    assert checked["note"] == ("" if version == "3.13" else differs)


@pytest.mark.parametrize("version", EVERY)
def test_a_package_with_a_dot_in_its_name_is_found(tmp_path: Path, version: str) -> None:
    about = "Metadata-Version: 2.1\nName: dotted.name\nVersion: 1\n"
    write_files(
        tmp_path,
        {"requirements.txt": "dotted.name", "packages/dotted_name-1.dist-info/METADATA": about},
    )
    environment = {"PYTHONPATH": str(tmp_path / "packages")}
    checked = json.loads(run(EVERY[version], "dev_check.py", "", "", cwd=tmp_path, env=environment).stdout)
    assert checked["missing"] == []


@pytest.mark.parametrize(
    ("plan", "line"),
    [
        ({"functions": {"a": "a.b"}, "source": "none"}, "no folder none: set the plugin's input `source`"),
        (
            {"functions": {}, "source": ".", "python": "2.7"},
            "the plugin's input `python` says 2.7: functions run",
        ),
    ],
)
@pytest.mark.parametrize("version", EVERY)
def test_the_build_ends_with_one_line(tmp_path: Path, version: str, plan: dict[str, Any], line: str) -> None:
    ended = run(EVERY[version], "bundle.py", "out/bundle", cwd=tmp_path, env={}, input=json.dumps(plan))
    assert (ended.returncode, ended.stderr.startswith(line), ended.stderr.count("\n")) == (1, True, 1)


def test_the_oldest_builds_a_whole_bundle(first_bundle: Path) -> None:
    made = [
        "functions/hello.py",
        "host/host.pyc",
        "packages/idna/core.pyc",
        "python/bin/python3",
        "python.json",
    ]
    assert [name for name in made if not (first_bundle / "bundle" / name).is_file()] == []


def test_the_oldest_says_in_one_line_what_cannot_be_imported(
    tmp_path: Path, first_bundle: Path, build_bundle: Callable[[Path], subprocess.CompletedProcess[str]]
) -> None:
    shutil.copytree(first_bundle, tmp_path / ".netlify/python")
    write_files(tmp_path, {"functions/hello.py": "import nothing_such\napp = 1"})
    ended = build_bundle(tmp_path)
    line = "hello.py cannot be imported as hello would: ModuleNotFoundError: No module named 'nothing_such' "
    assert (ended.returncode, ended.stderr.startswith(f"{line}(hello.py:1)")) == (1, True)
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("version", EVERY)
def test_the_host_answers(tmp_path: Path, version: str) -> None:
    """`netlify dev` runs it with the project's own Python."""
    write_files(
        tmp_path,
        {"hello.py": "async def handler(event, context):\n    return {'statusCode': 200, 'body': b'hi'}"},
    )
    header = json.dumps(
        {"id": 1, "event": {}, "requestId": "r", "functionName": "hello", "memoryMb": 1, "deadlineMs": 0}
    ).encode()
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as answers:
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                ANSWERS_ON_3,
                str(write_end),
                EVERY[version],
                HOST,
                tmp_path / "hello.py",
                tmp_path,
            ],
            stdin=subprocess.PIPE,
            pass_fds=[write_end],
            start_new_session=True,
        )
        os.close(write_end)
        assert child.stdin
        child.stdin.write(struct.pack(">II", len(header), 0) + header)
        child.stdin.flush()
        sizes = struct.unpack(">II", answers.read(8))
        answer, body = json.loads(answers.read(sizes[0])), answers.read(sizes[1])
        child.stdin.close()
        child.wait()
    assert (answer, body) == ({"answer": 1, "statusCode": 200, "headers": {}}, b"hi")
