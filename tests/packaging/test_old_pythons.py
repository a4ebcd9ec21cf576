"""What runs on the build machine's or the project's own Python runs on each one here, from 3.8 on."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builds import REPOSITORY, write_files

PLUGIN = REPOSITORY / "netlify/plugin"
HOST = REPOSITORY / "netlify/python/host.py"


def pythons() -> dict[str, str]:
    """Return this machine's Pythons by version, as 3.8; those that are too old are not among them."""
    found = {f"3.{sys.version_info.minor}": sys.executable}
    for placed in Path.home().glob(".pyenv/versions/3.*/bin/python3"):
        found.setdefault(".".join(placed.parts[-3].split(".")[:2]), str(placed))
    for version in (f"3.{minor}" for minor in range(8, 20)):
        path = shutil.which(f"python{version}")
        # pyenv has a name for each of its own, and starts none but the chosen one by it.
        if path and version not in found and subprocess.run([path, "-V"], check=False).returncode == 0:
            found[version] = path
    minors = {int(version.split(".")[1].split("-")[0]): version for version in found}
    return {found_as: found[found_as] for minor, found_as in sorted(minors.items()) if minor >= 8}


EVERY = pythons()
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


@pytest.mark.parametrize("version", list(EVERY)[:1])
def test_the_oldest_builds_a_whole_bundle(tmp_path: Path, interpreter: dict[str, str], version: str) -> None:
    write_files(
        tmp_path, {"functions/hello.py": "from idna import encode as handler", "requirements.txt": "idna"}
    )
    plan = {"functions": {"hello": "hello.py"}, "functions_folder": "functions", "source": "src"}
    built = run(
        EVERY[version],
        "bundle.py",
        ".netlify/python/bundle",
        cwd=tmp_path,
        env={
            name: value
            for name, value in os.environ.items()
            if name.startswith(("PATH", "HOME", "PIP_", "UV_", "SSL"))
        }
        | interpreter,
        input=json.dumps(plan),
    )
    assert (built.returncode, built.stderr) == (0, "")
    bundle = tmp_path / ".netlify/python/bundle"
    made = [
        "functions/hello.py",
        "host/host.pyc",
        "packages/idna/core.pyc",
        "python/bin/python3",
        "python.json",
    ]
    assert [name for name in made if not (bundle / name).is_file()] == []


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
