"""What the bundle takes, leaves out and refuses, on folders made here; the whole is built in test_zips."""

from __future__ import annotations

import errno
import fcntl
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import bundle
import elf
from builds import REPOSITORY, write_files
from python_version import PYTHON

_pydantic_core = importlib.util.find_spec("pydantic_core._pydantic_core")
assert _pydantic_core
assert _pydantic_core.origin
EXTENSION = Path(_pydantic_core.origin)
"""A real extension module from a manylinux wheel, to be damaged."""


def plan(folder: Path, **given: Any) -> bundle.Plan:
    return bundle.Plan(**({"functions": {}, "source": str(folder), "python": "3.13"} | given))


@pytest.mark.parametrize(
    ("globs", "taken"),
    [
        (["*.py"], ["a.py"]),
        (["**/*.py"], ["a.py", "d/b.py", "d/e/c.py"]),
        (["d/**"], ["d/b.py", "d/e/c.py", "d/e/f.json"]),
        (["d/*/*"], ["d/e/c.py", "d/e/f.json"]),
        (["**", "!d/e/**"], ["a.py", "d/b.py"]),
        (["**", "!d/**", "d/e/?.py"], ["a.py", "d/e/c.py"]),
    ],
)
def test_globs(globs: list[str], taken: list[str]) -> None:
    matches = bundle.matcher(globs)
    assert [name for name in ("a.py", "d/b.py", "d/e/c.py", "d/e/f.json") if matches(name)] == taken


def test_elf_needs_are_those_that_the_loader_reads() -> None:
    needs = elf.needs(EXTENSION)
    listed = subprocess.run(["ldd", EXTENSION], capture_output=True, text=True, check=True).stdout
    assert set(needs.libraries) <= {Path(line.split()[0]).name for line in listed.splitlines()}
    assert (2, 3) < needs.glibc <= (2, 34)


def test_a_good_elf_file_passes(tmp_path: Path) -> None:
    shutil.copyfile(EXTENSION, tmp_path / "good.so")
    bundle.check_elf_files(tmp_path, (2, 34))


def test_an_elf_file_for_a_newer_glibc_is_named(tmp_path: Path) -> None:
    data = EXTENSION.read_bytes()
    assert b"GLIBC_2.14\0" in data
    (tmp_path / "new.so").write_bytes(data.replace(b"GLIBC_2.14\0", b"GLIBC_2.39\0"))
    with pytest.raises(
        bundle.BundleError, match=r"^new\.so needs glibc 2\.39, functions run on 2\.34: pin a release"
    ):
        bundle.check_elf_files(tmp_path, (2, 34))


def test_a_library_that_is_nowhere_is_named(tmp_path: Path) -> None:
    data = EXTENSION.read_bytes()
    assert b"libc.so.6\0" in data
    (tmp_path / "lost.so").write_bytes(data.replace(b"libc.so.6\0", b"libq.so.6\0"))
    with pytest.raises(
        bundle.BundleError, match=r"^lost\.so needs libq\.so\.6, which is neither in the bundle nor"
    ):
        bundle.check_elf_files(tmp_path, (2, 34))
    (tmp_path / "libq.so.6").write_bytes(data)
    bundle.check_elf_files(tmp_path, (2, 34))


def check(folder: Path) -> None:
    bundle.check_elf_files(folder, (2, 34))


@pytest.mark.parametrize(("place", "byte"), [(4, 1), (18, 183)], ids=["32 bits", "Arm"])
def test_an_elf_file_for_another_machine_is_named(tmp_path: Path, place: int, byte: int) -> None:
    data = bytearray(EXTENSION.read_bytes())
    data[place] = byte
    (tmp_path / "other.so").write_bytes(data)
    for look in (check, bundle.remove_unneeded_libraries):
        with pytest.raises(bundle.BundleError, match=r"^other\.so is not for x86-64 Linux: leave it out"):
            look(tmp_path)


@pytest.mark.parametrize("length", [4, 40, 1000, "half", "all but the last byte"])
def test_an_elf_file_that_is_cut_is_named(tmp_path: Path, length: int | str) -> None:
    data = EXTENSION.read_bytes()
    whole = len(data)
    size = {"half": whole // 2, "all but the last byte": whole - 1}.get(str(length), length)
    (tmp_path / "cut.so").write_bytes(data[: int(size)])
    for look in (check, bundle.remove_unneeded_libraries):
        with pytest.raises(
            bundle.BundleError, match=r"^cut\.so is cut or damaged: leave it out with `exclude`"
        ):
            look(tmp_path)


def test_libraries_that_nothing_loads_any_more_are_removed(tmp_path: Path) -> None:
    data = EXTENSION.read_bytes()
    (tmp_path / "package.libs").mkdir()
    (tmp_path / "module.so").write_bytes(data.replace(b"libc.so.6\0", b"liba.so.1\0"))
    (tmp_path / "package.libs/liba.so.1").write_bytes(data.replace(b"libc.so.6\0", b"libb.so.1\0"))
    (tmp_path / "package.libs/libb.so.1").write_bytes(data)
    # Two that need each other, and nobody else them.
    (tmp_path / "package.libs/libx.so.1").write_bytes(data.replace(b"libc.so.6\0", b"liby.so.1\0"))
    (tmp_path / "package.libs/liby.so.1").write_bytes(data.replace(b"libc.so.6\0", b"libx.so.1\0"))
    bundle.remove_unneeded_libraries(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("package.libs/*")) == ["liba.so.1", "libb.so.1"]


@pytest.mark.parametrize(
    "source", ["def handler(e, c): ...", "async def handler(e, c): ...", "handler = make()"]
)
def test_a_handler_that_no_function_names_is_a_note(tmp_path: Path, source: str) -> None:
    """It may be a logging.StreamHandler, or a function whose entry is yet to come."""
    write_files(tmp_path, {"package/one.py": source})
    (note,) = bundle.handlers_without_function(plan(tmp_path))
    assert (
        note == f"note: {tmp_path}/package/one.py defines handler, and no function names package.one.handler"
    )
    for other in (
        plan(tmp_path, functions={"one": "package.one.handler"}),
        plan(tmp_path, exclude=["package/**"]),
    ):
        assert list(bundle.handlers_without_function(other)) == []


@pytest.mark.parametrize("source", ["type X = = str", "\0\5", "config = make()\nhandler = 1"])
def test_source_that_the_builds_python_cannot_read_is_a_note(tmp_path: Path, source: str) -> None:
    """It may be older than the functions', whose compiler decides."""
    write_files(tmp_path, {"one.py": source})
    (note,) = bundle.handlers_without_function(plan(tmp_path))
    assert note.startswith(f"note: {tmp_path}/one.py")


def test_a_function_that_exclude_removes_ends_the_build(tmp_path: Path) -> None:
    write_files(tmp_path, {"functions/hello.py": "def handler(e, c): ..."})
    functions = {"functions": {"hello": "hello.py"}, "functions_folder": str(tmp_path / "functions")}
    whole = bundle.Bundle(plan(tmp_path, exclude=["*.py"], **functions), tmp_path / "out", "2.34")
    with pytest.raises(
        bundle.BundleError, match=r"^`exclude` in netlify\.toml leaves hello\.py out, which is"
    ):
        whole.function_files()


def imported(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str],
    handler: str,
    distributions: dict[str, Any] | None = None,
    **given: Any,
) -> None:
    """Import a handler as a build does, with the Python that runs this."""
    write_files(tmp_path / "out" / ("functions" if handler.endswith(".py") else "source"), files)
    whole = bundle.Bundle(
        plan(tmp_path, functions={"one": handler}, arguments=["-I"], **given), tmp_path / "out", "2.34"
    )
    whole.state["distributions"] = distributions or {}
    monkeypatch.setattr(whole, "runner", lambda: Path(sys.executable))
    whole.check_imports()


@pytest.mark.parametrize(
    ("files", "handler"),
    [
        ({"one.py": "def handler(e, c): ..."}, "one.handler"),
        ({"one.py": "async def handler(e, c): ..."}, "one.handler"),
        ({"one.py": "from two import handler", "two.py": "def handler(e, c): ..."}, "one.handler"),
        ({"one.py": "import sys\nif sys.platform:\n    def handler(e, c): ..."}, "one.handler"),
        ({"one.py": "try:\n    import x\nexcept ImportError:\n    handler = print"}, "one.handler"),
        ({"one.py": "globals()['handler'] = print"}, "one.handler"),
        ({"one.py": "from two import *", "two.py": "handler = print"}, "one.handler"),
        ({"one.py": "class Two:\n    def __call__(self, e, c): ...\ntwo = Two()"}, "one.two"),
        ({"one/__init__.py": "from .two import handler", "one/two.py": "handler = print"}, "one.handler"),
        ({"one.py": "def app(e, c): ..."}, "one.py"),
        ({"one/one.py": "from two import handler", "one/two.py": "handler = print"}, "one/one.py"),
        ({"one/index.py": "from two import handler", "one/two.py": "handler = print"}, "one/index.py"),
        ({"one/one.py": "from two import handler", "two.py": "handler = print"}, "one/one.py"),
        ({"one/index.py": "from two import handler", "two.py": "handler = print"}, "one/index.py"),
        # What the host has imported already is the standard library's, here as there.
        ({"one.py": "from logging import getLogger\nhandler = print", "logging.py": ""}, "one.handler"),
    ],
)
def test_a_handler_in_any_form_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], handler: str
) -> None:
    imported(tmp_path, monkeypatch, files, handler)


@pytest.mark.parametrize(
    ("files", "handler", "reason"),
    [
        ({"one.py": ""}, "one.handler", "ImportError: one has no handler"),
        ({}, "one.handler", "ModuleNotFoundError: No module named 'one'; is it required,"),
        ({"one.py": "\nimport two"}, "one.handler", r"No module named 'two' \(one.py:2\); is it required"),
        (
            {"one.py": "from json import two"},
            "one.handler",
            "ImportError: cannot import name 'two' from 'json'",
        ),
        ({"one.py": "handler = 1"}, "one.handler", "ImportError: one.handler is no function but int"),
        (
            {"one.py": "raise ModuleNotFoundError(\"No module named 'distutils'\")"},
            "one.handler",
            r"No module named 'distutils' \(one.py:1\); it comes with setuptools: require that, and",
        ),
        ({"one.py": "def handler("}, "one.py", "SyntaxError: '\\(' was never closed"),
        ({"one.py": "x = 1"}, "one.py", "ImportError: one.py defines no handler"),
        (
            {"one.py": "from queue import push\nhandler = print", "queue.py": "push = 1"},
            "one.handler",
            "ImportError: cannot import name 'push' from 'queue'",
        ),
    ],
)
def test_what_cannot_be_imported_ends_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], handler: str, reason: str
) -> None:
    with pytest.raises(bundle.BundleError, match=f"^{handler} cannot be imported as one would: .*{reason}"):
        imported(tmp_path, monkeypatch, files, handler)


READS_A_KEY = {"one.py": "import os\nKEY = os.environ['APP_KEY']\ndef handler(e, c): ..."}


def test_a_module_reads_its_variables_in_the_import_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(tmp_path, monkeypatch, READS_A_KEY, "one.handler", variables={"*": {"APP_KEY": "value"}})
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("files", "environment", "said"),
    [
        (READS_A_KEY, ["APP_*"], "KeyError: 'APP_KEY' (one.py:2); the build has no variable APP_KEY"),
        (
            READS_A_KEY,
            ["APP"],
            "KeyError: 'APP_KEY' (one.py:2); name APP_KEY in the plugin's input `environment`",
        ),
        ({"one.py": "{}['a b']"}, [], "KeyError: 'a b' (one.py:1)"),
        (
            {"one.py": "from http import HTTPMethod\n{}[HTTPMethod]"},
            [],
            "KeyError: <enum 'HTTPMethod'> (one.py:2)",
        ),
        ({"one.py": "{}[b'APP_KEY']"}, [], "KeyError: b'APP_KEY' (one.py:1)"),
        ({"one.py": "{}[frozenset({1})]"}, [], "KeyError: frozenset({1}) (one.py:1)"),
        ({"one.py": "raise OSError('no database')"}, [], "OSError: no database (one.py:1)"),
        ({"one.py": "import sys\nsys.exit('set APP_KEY')"}, [], "SystemExit: set APP_KEY (one.py:2)"),
        ({"one.py": "exit('set APP_KEY')"}, [], "SystemExit: set APP_KEY (one.py:1)"),
        ({"one.py": "import os\nos._exit(3)"}, [], "Python ended"),
    ],
)
def test_what_the_build_alone_may_lack_is_a_warning(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    environment: list[str],
    said: str,
) -> None:
    imported(tmp_path, monkeypatch, files, "one.handler", environment={"*": environment})
    assert capsys.readouterr().out == f"WARNING: one.handler cannot be imported as one would: {said}\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("raise ValueError(KEY)", "ValueError: ${APP_KEY} (one.py:3)"),
        ("raise ValueError({'key': KEY})", "ValueError: {'key': '${APP_KEY}'} (one.py:3)"),
        ("raise ValueError(f'{KEY}-2')", "ValueError: ${APP_KEY_2} (one.py:3)"),
        ("raise ValueError(os.environ['APP_PEM'])", "ValueError: ${APP_PEM} (one.py:3)"),
        ("raise ValueError([os.environ['APP_PEM']])", "ValueError: ['${APP_PEM}'] (one.py:3)"),
        ("raise ValueError('on ' + os.environ['HOME'])", "ValueError: on /root (one.py:3)"),
        ("{}[KEY]", "KeyError: '${APP_KEY}' (one.py:3)"),
        ("os.write(2, KEY.encode()); os._exit(1)", "${APP_KEY}"),
        (
            "class Long(BaseModel):\n    n: bool\nLong(n=KEY * 9)",
            "ValidationError: 1 validation error for Long\nn\n  Input should be a valid boolean, ",
        ),
    ],
)
def test_the_builds_log_has_no_values_of_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    variables = {
        "APP_KEY": "SKLIVE51",
        "APP_KEY_2": "SKLIVE51-2",
        "APP_PEM": "-----\nMII\n",
        "APP_ON": "on",
        "HOME": "/root",
    }
    if "BaseModel" in line:
        line = f"sys.path[:0] = {sys.path}\nfrom pydantic import BaseModel\n{line}"
    source = {"one.py": f"import os, sys\nKEY = os.environ['APP_KEY']\n{line}\nhandler = print"}
    for name in ("one.handler", "one.py"):
        imported(
            tmp_path, monkeypatch, source, name, variables={"*": variables}, environment={"*": ["APP_*"]}
        )
        warning = f"WARNING: {name} cannot be imported as one would: {said}"
        assert capsys.readouterr().out.startswith(warning)


@pytest.mark.parametrize(
    "line",
    [
        "import threading\nthreading.Thread(target=threading.Event().wait).start()",
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)'])",
        "import atexit, threading\natexit.register(threading.Event().wait)",
    ],
    ids=["thread", "process", "at exit"],
)
def test_what_a_module_starts_holds_no_build_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    monkeypatch.setattr(bundle, "LONGEST_IMPORT", 10)
    imported(tmp_path, monkeypatch, {"one.py": f"{line}\ndef handler(e, c): ..."}, "one.handler")
    assert capsys.readouterr().out == ""


def test_an_import_that_does_not_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "LONGEST_IMPORT", 0.5)
    source = "import threading\nthreading.Event().wait()\ndef handler(e, c): ..."
    with pytest.raises(bundle.BundleError, match=r"^one\.py: its import does not end within 0\.5 seconds: "):
        imported(tmp_path, monkeypatch, {"one.py": source}, "one.py")


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("distutils/util.py", True),
        ("lib2to3/pytree.py", True),
        ("lib2to3/Grammar.txt", True),
        ("distutils/command/wininst-14.0-amd64.exe", False),
        ("distutils/tests/test_util.py", False),
        ("curses/__init__.py", False),
        ("ensurepip/__init__.py", False),
    ],
)
def test_of_the_standard_library_functions_have_what_they_use(name: str, *, stays: bool) -> None:
    """Up to CPython 3.11 it has distutils, up to 3.12 lib2to3."""
    assert bundle.matcher(bundle.INTERPRETER_LEFT_OUT)(name) is not stays


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("skimage/__init__.pyi", True),  # lazy_loader.attach_stub reads it
        ("skimage/io.pyi", False),
        ("django/test/client.py", True),
        ("numpy/_core/tests/_natype.py", True),
        ("my_package/tests/__init__.py", True),
        ("sqlalchemy/testing/suite.py", True),
        ("pandas/tests/frame/test_api.py", False),
        ("scipy/linalg/tests/test_basic.py", False),
        ("Crypto/SelfTest/__main__.py", False),
        ("tornado/test/web_test.py", False),
    ],
)
def test_only_what_nobody_imports_or_reads_is_left_out(name: str, *, stays: bool) -> None:
    assert bundle.matcher(bundle.PACKAGES_LEFT_OUT)(name) is not stays


def test_what_can_be_run_can_be_run_in_the_zip(tmp_path: Path) -> None:
    write_files(tmp_path, {"from/tool": "", "from/data": ""})
    (tmp_path / "from/tool").chmod(0o700)
    (tmp_path / "from/data").chmod(0o666)
    bundle.copy_files(tmp_path / "from", tmp_path / "packages", lambda _: False)
    files = {tmp_path / "from" / name: Path(name) for name in ("tool", "data")}
    bundle.copy_into(tmp_path / "source", files)
    for folder in ("packages", "source"):
        bundle.set_modes(tmp_path / folder)
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / folder).iterdir()}
        assert modes == {"tool": "0o755", "data": "0o644"}


def test_a_linked_folder_is_deployed_and_a_circle_ends(tmp_path: Path) -> None:
    write_files(tmp_path, {"src/own.py": "", "lib/deep/shared.py": ""})
    (tmp_path / "src/shared").symlink_to("../lib")
    (tmp_path / "lib/back").symlink_to("../src")
    (tmp_path / "src/gone").symlink_to("nowhere")
    whole = bundle.Bundle(plan(tmp_path / "src"), tmp_path / "out", "2.34")
    assert list(map(str, whole.source_files().values())) == ["own.py", "shared/deep/shared.py"]


def test_a_whole_project_as_the_source_goes_without_what_tools_keep(tmp_path: Path) -> None:
    names = [
        "own.py",
        "data/env.json",
        "node_modules/x/x.py",
        "page/node_modules/x.js",
        ".venv/lib/a.py",
        "env/pyvenv.cfg",
        "env/lib/site-packages/a.py",
        ".git/HEAD",
        ".netlify/python/bundle/x.py",
        "own.egg-info/PKG-INFO",
        "__pycache__/own.cpython-313.pyc",
        "deep/__pycache__/own.cpython-313.pyc",
    ]
    write_files(tmp_path, dict.fromkeys(names, ""))
    whole = bundle.Bundle(plan(tmp_path, exclude=["!**/node_modules/**"]), tmp_path / "out", "2.34")
    assert list(map(str, whole.source_files().values())) == ["data/env.json", "own.py"]


@pytest.mark.parametrize("name", [b"caf\xe9.txt", b"caf\xe9/own.py", b"deep/\xff.py"])
def test_a_file_whose_name_is_no_utf_8_is_named(tmp_path: Path, name: bytes) -> None:
    """Such a name comes out of an archive of another age; JSON, and the packager, have none for it."""
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/src/" + name))
    file.parent.mkdir(parents=True)
    file.touch()
    shown = name.decode("utf-8", "backslashreplace")
    reason = (
        f"^{re.escape(f'{tmp_path}/src/{shown}')} has a name that is no UTF-8: rename it, or leave it out"
    )
    whole = bundle.Bundle(plan(tmp_path / "src"), tmp_path / "out", "2.34")
    with pytest.raises(bundle.BundleError, match=reason):
        whole.source_files()
    whole = bundle.Bundle(plan(tmp_path / "src", exclude=["caf*", "**/*.py"]), tmp_path / "out", "2.34")
    assert whole.source_files() == {}


def test_scripts_are_left_out_only_where_they_are_entries(tmp_path: Path) -> None:
    names = [
        "hello.py",
        "index.mjs",
        "mail/mail.ts",
        "static/app.js",
        "static/js/app.js",
        "node_modules/x/y.txt",
    ]
    write_files(tmp_path / "functions", dict.fromkeys(names, ""))
    functions = {"functions": {"hello": "hello.py"}, "functions_folder": str(tmp_path / "functions")}
    whole = bundle.Bundle(plan(tmp_path, **functions), tmp_path / "out", "2.34")
    found = [str(name) for name in whole.function_files().values()]
    assert found == ["hello.py", "static/app.js", "static/js/app.js"]


def test_a_distribution_that_only_absent_ones_require_is_absent_too(tmp_path: Path) -> None:
    whole = bundle.Bundle(
        plan(tmp_path, functions={"with": "a.b", "without": "a.c"}, only={"HTTPx": ["with"]}),
        tmp_path / "out",
        "2.34",
    )
    requires: dict[str, list[str]] = {
        "httpx": ["httpcore", "idna"],
        "httpcore": ["h11"],
        "h11": [],
        "idna": [],
        "boto3": ["idna"],
    }
    whole.state["distributions"] = {
        name: {"requires": each, "paths": [name]} for name, each in requires.items()
    }
    assert (whole.absent("with"), whole.absent("without")) == (set(), {"httpx", "httpcore", "h11"})


@pytest.mark.parametrize(
    ("only", "required", "absent"),
    [
        ({"requests": ["a"]}, [], {"requests", "idna"}),
        ({"requests": ["a"]}, ["idna"], {"requests"}),
        ({"requests": ["a"], "idna": ["a", "b"]}, [], {"requests"}),
        ({"requests": ["a"], "idna": ["a"]}, ["idna"], {"requests", "idna"}),
    ],
)
def test_only_takes_nothing_that_a_function_is_granted(
    tmp_path: Path, only: dict[str, list[str]], required: list[str], absent: set[str]
) -> None:
    whole = bundle.Bundle(
        plan(tmp_path, functions={"a": "m.a", "b": "m.b"}, only=only), tmp_path / "out", "2.34"
    )
    whole.state["required"] = required
    whole.state["distributions"] = {
        "requests": {"requires": ["idna"], "paths": []},
        "idna": {"requires": [], "paths": []},
    }
    assert (whole.absent("a"), whole.absent("b")) == (set(), absent)


def install(folder: Path, name: str, files: str) -> None:
    """Lay a distribution down as an installer does."""
    info = f"{name.replace('.', '_')}-1.dist-info"
    listed = [*files.split(), f"{info}/METADATA", f"{info}/RECORD", "../../bin/tool"]
    write_files(
        folder,
        {
            **dict.fromkeys(files.split(), ""),
            f"{info}/METADATA": f"Name: {name}\n",
            f"{info}/RECORD": "".join(f'"{path}",sha256=x,1\n' for path in listed),
        },
    )


def test_a_distributions_paths_are_its_own_alone(tmp_path: Path) -> None:
    """Many share a folder at the top, such as `google`, `azure` and `zope`."""
    install(tmp_path, "zope.event", "zope/__init__.py zope/event/__init__.py zope/event/x.py zope/old.py")
    install(tmp_path, "zope.interface", "zope/__init__.py zope/interface/__init__.py")
    install(tmp_path, "six", "six.py")
    found = bundle.distributions(tmp_path)
    assert {name: each["paths"] for name, each in found.items()} == {
        "six": ["six-1.dist-info", "six.pyc"],
        "zope-event": ["zope/event", "zope/old.pyc", "zope_event-1.dist-info"],
        "zope-interface": ["zope/interface", "zope_interface-1.dist-info"],
    }


def test_metadata_that_is_no_utf_8_is_read(tmp_path: Path) -> None:
    install(tmp_path, "six", "six.py")
    (tmp_path / "six-1.dist-info/METADATA").write_bytes("Name: six\nAuthor: Zoë\n".encode("latin-1"))
    assert bundle.distributions(tmp_path) == {
        "six": {"requires": [], "paths": ["six-1.dist-info", "six.pyc"]}
    }


def test_bytecode_without_its_source_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path / "packages", {"closed.pyc": "", "open.py": ""})
    whole = bundle.Bundle(plan(tmp_path), tmp_path / "out", "2.34")
    monkeypatch.setattr(whole, "runner", lambda: Path(sys.executable))
    whole.compile(tmp_path / "packages")
    assert sorted(path.name for path in (tmp_path / "packages").iterdir()) == ["closed.pyc", "open.pyc"]


@pytest.mark.parametrize(
    ("wheel", "is_taken"), [("2_17", True), ("2_28", True), ("2_34", True), ("2_35", False)]
)
def test_wheels_are_taken_for_the_glibc_that_functions_have(
    tmp_path: Path, wheel: str, *, is_taken: bool
) -> None:
    """Amazon Linux 2023 has 2.34."""
    tag = f"cp313-cp313-manylinux_{wheel}_x86_64"
    about = {
        "METADATA": "Metadata-Version: 2.1\nName: acme\nVersion: 1\n",
        "WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(tmp_path / f"acme-1-{tag}.whl", "w") as archive:
        for name, text in about.items():
            archive.writestr(f"acme-1.dist-info/{name}", text)
    command = ["uv", "-q", "pip", "install", "--python", sys.executable, "--target", str(tmp_path / "to"),
               "--no-index", "--find-links", str(tmp_path), "acme"]  # fmt: skip
    target = bundle.Bundle(plan(tmp_path), tmp_path / "out", "2.34").target()
    if is_taken:
        bundle.run([*command, *target], "uv failed")
    else:
        with pytest.raises(bundle.BundleError, match=r"(?s)no wheels with a matching platform tag"):
            bundle.run([*command, *target], "uv failed")


def with_uv(folder: Path) -> bundle.Bundle:
    """Return a bundle in a folder, for which the uv on the PATH is the pinned one."""
    uv = shutil.which("uv")
    assert uv
    name = f"uv-{bundle.digest((bundle.HERE / 'uv.txt').read_bytes())[:12]}"
    (folder / name / "bin").mkdir(parents=True)
    (folder / name / "bin/uv").symlink_to(uv)
    return bundle.Bundle(plan(folder / "src"), folder / "out", "2.34")


@pytest.mark.parametrize("state", [b"", b'{"parts": {"python": {"fing', b"\xff\xfe"])
def test_a_state_that_cannot_be_read_is_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = bundle.Bundle(plan(tmp_path / "src"), tmp_path / "out", "2.34")
    begun_with: list[object] = []
    monkeypatch.setattr(whole, "runner", lambda: Path(sys.executable))
    monkeypatch.setattr(whole, "build_python", lambda _: begun_with.append(dict(whole.state["parts"])))
    whole.state_file.write_bytes(state)

    whole.bring_up_to_date()

    assert begun_with == [{}]
    assert json.loads(whole.state_file.read_text())["parts"].keys() == set(whole.state["parts"])


def test_a_state_is_whole_however_its_writing_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bundle.Bundle(plan(tmp_path), tmp_path / "out", "2.34")
    whole.save()
    before = whole.state_file.read_bytes()
    whole.state["required"] = ["idna"]

    def cut(path: Path, text: str, **_: object) -> None:
        path.write_bytes(text.encode()[:9])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", cut)
    with pytest.raises(OSError, match="No space left"):
        whole.save()

    assert whole.state_file.read_bytes() == before


def test_a_second_build_of_a_folder_waits_for_the_first(tmp_path: Path) -> None:
    with_uv(tmp_path)
    (program,) = tmp_path.glob("uv-*/bin/uv")
    program.unlink()
    program.write_text("#!/bin/sh\necho it is its turn >&2; exit 1\n")
    program.chmod(0o755)
    asked = tmp_path / "plan.json"
    asked.write_text(json.dumps({"functions": {"hello": "hello.py"}, "source": "src"}))
    with (tmp_path / "lock").open("w") as first, asked.open() as stdin:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, bundle.__file__, str(tmp_path / "out")],
            cwd=tmp_path,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert second.stdout
        said = second.stdout.readline()
    _, errors = second.communicate(timeout=60)

    assert said == "another build of this folder is under way: waiting for it\n"
    assert (second.returncode, errors) == (1, "uv python failed: it is its turn\n")


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"UV_OFFLINE": "1"}, "Network connectivity is disabled"),
        ({"UV_PYTHON_DOWNLOADS": "never"}, "Python downloads are not allowed"),
    ],
)
def test_an_interpreter_that_cannot_be_had_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: dict[str, str], reason: str
) -> None:
    whole = with_uv(tmp_path)
    monkeypatch.delenv("UV_PYTHON_DOWNLOADS_JSON_URL", raising=False)
    for name, value in {"UV_CACHE_DIR": str(tmp_path), **setting}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(bundle.BundleError, match=f"(?s)^uv python failed: .*{reason}"):
        whole.build_python(tmp_path / "python")


@pytest.mark.parametrize("module", ["zope.event", "zope.old", "six", "speedups"])
def test_the_import_check_lacks_what_only_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    files = {
        "one.py": f"import zope.interface\nimport {module}\nhandler = print",
        **dict.fromkeys(["zope/event/__init__.py", "zope/old.py", "zope/interface.py", "six.py"], ""),
    }
    paths = [
        "six-1.dist-info",
        "six.pyc",
        "speedups.cpython-313-x86_64-linux-gnu.so",
        "zope/event",
        "zope/old.pyc",
    ]
    found = {"acme": {"requires": [], "paths": paths}}
    with pytest.raises(bundle.BundleError, match=f"ModuleNotFoundError: import of {module} halted"):
        imported(tmp_path, monkeypatch, files, "one.handler", distributions=found, only={"acme": []})


@pytest.mark.parametrize(
    ("only", "wrong"),
    [
        ({"pilow": ["one"]}, "names what is not required: pilow"),
        ({"six": ["one", "woker"]}, "names woker, which is no function in Python"),
    ],
)
def test_only_names_what_is_there(tmp_path: Path, only: dict[str, list[str]], wrong: str) -> None:
    whole = bundle.Bundle(plan(tmp_path, functions={"one": "a.b"}, only=only), tmp_path / "out", "2.34")
    whole.state["distributions"] = {"six": {"requires": [], "paths": ["six.py"]}}
    with pytest.raises(bundle.BundleError, match=wrong):
        whole.absent("one")


def test_the_locked_wheels_for_the_pinned_interpreter_load_on_lambda(tmp_path: Path) -> None:
    """A mirror's bundle has wheels for its own version, and libraries that the real one has not."""
    requirements = [
        "--target",
        str(tmp_path),
        "-r",
        str(REPOSITORY / "requirements.txt"),
        "--only-binary",
        ":all:",
    ]
    target = ["--python-platform", bundle.WHEELS, "--python-version", PYTHON]
    bundle.run(
        ["uv", "-q", "pip", "install", "--python", sys.executable, *requirements, *target], "uv failed"
    )
    assert list(bundle.elf_files(tmp_path))
    bundle.check_elf_files(tmp_path, (2, 34))
