"""What is installed for each way to write requirements down, with a uv that only says what it was asked."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import bundle
import requirements
from builds import write_files

if TYPE_CHECKING:
    from collections.abc import Callable

HASH = "--hash=sha256:" + "0" * 64
DOCOPT = "49b3a825280bd66b3aa83585ef59c4a8c82f2c8a522dbe754a8bc8d08c85c491"
EMPTY = "--hash=sha256:" + hashlib.sha256().hexdigest()
"""Of the wheels that `Uv` builds."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Uv:
    """Answers as uv does; `resolves` is what a project's requirements mean today."""

    def __init__(self, resolves: str = "six==1.17.0\n") -> None:
        self.resolves = resolves
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, *arguments: str, **_: str) -> str:
        self.asked.append(arguments)
        if arguments[0] == "build":
            Path(arguments[3], f"{Path(arguments[4]).name}-1-{self.tag}.whl").touch()
        return self.resolves

    tag = "py3-none-any"


def lock(uv: Callable[..., str]) -> requirements.Locked:
    """Lock the current folder's project."""
    Path("scratch").mkdir(exist_ok=True)
    return requirements.lock(requirements.find(None), uv, [], Path("scratch").resolve())


@pytest.mark.parametrize(
    ("file", "text", "names"),
    [
        ("requirements.txt", "-r base.txt\nidna", ["idna", "six"]),
        ("requirements.txt", "--requirement=base.txt", ["six"]),
        ("requirements.txt", "-rbase.txt", ["six"]),
        ("requirements.txt", "-r deep/more.txt", ["anyio", "six"]),
        ("requirements.txt", "-c base.txt\nflask>=3 # web", ["flask"]),
        ("requirements.txt", "--constraint=base.txt\n-cbase.txt\nidna", ["idna"]),
        ("requirements.txt", "\ufeffidna\r\nsix ==1.17 ; python_version<'3'\r\n", ["idna"]),
        ("requirements.txt", f"six==1.17.0 \\\n    {HASH} \\\n    {HASH}\n", ["six"]),
        ("requirements.txt", "uvicorn[standard]>=1\nflask @ https://host/flask.whl", ["flask", "uvicorn"]),
        ("requirements.txt", "-e .\n./pkg\nhttps://host/a.whl\n--index-url https://host/simple\n", []),
        ("requirements.txt", "-r requirements.txt\nsix", ["six"]),
        ("requirements.txt", "-r ${APP_FOLDER}/more.txt", ["anyio", "six"]),
        ("requirements.txt", "-r 'base.txt'\n--requirement \"other base.txt\"", ["idna", "six"]),
    ],
)
def test_the_names_of_what_is_required(
    folder: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, names: list[str]
) -> None:
    monkeypatch.setenv("APP_FOLDER", "deep")
    write_files(
        folder,
        {file: text, "base.txt": "six", "other base.txt": "idna", "deep/more.txt": "-r ../base.txt\nanyio"},
    )
    assert sorted(requirements.names(Path(file))) == names


VIA = f"httpx==1 \\\n    {HASH}\n    # via{{}}\nidna==3 ; python_version > '3'\n    # via{{}}\n"


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (
            {"requirements.txt": "-r base.txt\nidna ; python_version > '3'", "base.txt": "six"},
            {"idna", "six"},
        ),
        ({"requirements.txt": VIA.format(" -r a.in", " httpx")}, {"httpx"}),
        ({"requirements.txt": VIA.format(" -r a.in", "\n    #   -r a.in\n    #   httpx")}, {"httpx", "idna"}),
        ({"requirements.txt": VIA.format(" site (pyproject.toml)", "\n    #   httpx")}, {"httpx"}),
        (
            {"requirements.txt": "httpx==1  # via -r a.in\nidna==3  # via httpx\nh11==1 # via httpx, idna"},
            {"httpx"},
        ),
        ({"requirements.txt": VIA.replace("# via{}", "").replace("{{}}", "")}, {"httpx", "idna"}),
        ({"pyproject.toml": "[project]\ndependencies = ['httpx[http2]>=1', \"idna\"]"}, {"httpx", "idna"}),
        ({"uv.lock": "", "pyproject.toml": '[project]\ndependencies = ["httpx"]'}, {"httpx"}),
        ({"uv.lock": ""}, set()),
    ],
)
def test_what_the_project_itself_requires_is_told_apart(
    folder: Path, files: dict[str, str], names: set[str]
) -> None:
    write_files(folder, files)
    found = requirements.find(None)
    assert found
    assert requirements.required(found) == names


@pytest.mark.parametrize("syntax", ["-r base.txt", "-rbase.txt", "--requirement base.txt", "-c base.txt"])
def test_an_included_file_counts_where_all_is_hashed(folder: Path, syntax: str) -> None:
    write_files(folder, {"requirements.txt": f"{syntax}\nidna==3.1 {HASH}", "base.txt": f"six==1.1 {HASH}"})
    before = lock(Uv())
    write_files(folder, {"base.txt": f"six==1.2 {HASH}"})
    after = lock(Uv())
    assert (before.is_hashed, after.is_hashed, before.note) == (True, True, "")
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize("line", ["-e ./pkg", "./pkg", "pkg @ file:pkg", "./pkg ; sys_platform != 'win32'"])
def test_a_folder_beside_hashes_gets_its_wheels_own(folder: Path, line: str) -> None:
    """`uv pip compile --generate-hashes` writes it so, and pip refuses it, since a folder has no hash."""
    write_files(
        folder,
        {
            "requirements.txt": f"{line}\n-r base.txt\n-c deep/pins.txt\n-f own",
            "base.txt": f"six==1.1 {HASH}",
            "deep/pins.txt": f"idna==3.1 {HASH}\n-f own",
            "pkg/a.py": "1",
        },
    )
    locked = lock(Uv())
    marker = line.partition(" ;")[2]
    wheel = f"{folder}/scratch/pkg-1-py3-none-any.whl{marker and ' ;' + marker} {EMPTY}"
    assert (locked.is_hashed, locked.note) == (True, "")
    assert Path(locked.file).read_text() == (
        f"{wheel}\n--find-links {folder.as_uri()}/own\nsix==1.1 {HASH}\n-c {folder}/scratch/constraints.txt\n"
    )
    assert Path("scratch/constraints.txt").read_text() == (
        f"idna==3.1 {HASH}\n--find-links {folder.as_uri()}/deep/own\n"
    )
    write_files(folder, {"pkg/a.py": "2"})
    assert lock(Uv()).fingerprint != locked.fingerprint


@pytest.mark.parametrize("name", ["base.txt", "${APP_NOT_SET}/base.txt"])
def test_an_include_that_is_missing_is_named(folder: Path, name: str) -> None:
    write_files(folder, {"requirements.txt": f"-r {name}"})
    included = re.escape(name)
    with pytest.raises(
        requirements.RequirementsError, match=rf"^requirements\.txt includes {included}, which"
    ):
        lock(Uv())


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_that_is_no_utf_8_is_named(folder: Path, encoding: str) -> None:
    """What `>` of an older PowerShell writes, and an older editor."""
    (folder / "requirements.txt").write_text("six  # Zoë\n", encoding=encoding)
    with pytest.raises(requirements.RequirementsError, match=r"^requirements\.txt is no text in UTF-8: save"):
        lock(Uv())


@pytest.mark.parametrize(
    "text", ["six", "six>=1", "-r base.txt", "-r https://host/base.txt", "-c base.txt\nsix"]
)
def test_without_hashes_what_it_resolves_to_counts(folder: Path, text: str) -> None:
    write_files(folder, {"requirements.txt": text, "base.txt": "six"})
    locked = [lock(Uv(resolves)) for resolves in ("six==1.1\n", "six==1.1\n", "six==1.2\n")]
    assert locked[0].fingerprint == locked[1].fingerprint != locked[2].fingerprint
    assert Path(locked[2].file).read_text() == "six==1.2\n"
    assert locked[0].note == (
        "requirements.txt has no hashes: what is installed may change from build to build. "
        "To lock it: uv pip compile requirements.txt --generate-hashes"
    )


@pytest.mark.parametrize(
    "line",
    [
        "-e ./pkg", "./pkg", "pkg @ file:pkg", "-e file:pkg", "pkg[extra] @ ./pkg", "-e pkg",
        "-e ${APP_FOLDER}/pkg", "pkg @ file://${APP_FOLDER}/pkg",
        "-e ./pkg#egg=own", "./pkg#egg=own", "-e file:pkg#egg=own",
        "-e ./my pkg", "./my pkg", "own @ ./my pkg", "own @ file:my%20pkg", "-e file:./my%20pkg#egg=own",
        "--editable=${APP_FOLDER}/my pkg", "own @ file://${APP_FOLDER}/my%20pkg", "${APP_FOLDER}/my pkg",
    ],
)  # fmt: skip
def test_a_folder_is_built_as_a_wheel_and_its_files_count(
    folder: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("APP_FOLDER", str(folder))
    name = "my pkg" if "my" in line else "pkg"
    write_files(folder, {"requirements.txt": line, f"{name}/a.py": "1", f"{name}/.venv/b.py": "1"})
    uv = Uv(f"{line}\nsix==1.1\n")
    before = lock(uv)
    wheel = f"{folder}/scratch/{name}-1-py3-none-any.whl"
    assert Path(before.file).read_text() == f"{wheel} {EMPTY}\nsix==1.1\n"
    write_files(folder, {f"{name}/.venv/b.py": "2"})
    assert lock(uv).fingerprint == before.fingerprint
    write_files(folder, {f"{name}/a.py": "2"})
    assert lock(uv).fingerprint != before.fingerprint


def test_a_file_whose_name_is_no_utf_8_counts_in_a_folder(folder: Path) -> None:
    write_files(folder, {"requirements.txt": "./pkg", "pkg/a.py": "1"})
    file = Path(os.fsdecode(b"pkg/caf\xe9.txt"))
    found = []
    for text in ("1", "2"):
        file.write_text(text)
        found.append(lock(Uv("./pkg\n")).fingerprint)
    assert found[0] != found[1]


def test_a_folder_named_like_a_package_is_not_taken_for_it(folder: Path) -> None:
    write_files(folder, {"requirements.txt": "six", "six/a.py": "1"})
    assert Path(lock(Uv("six==1.1\n")).file).read_text() == "six==1.1\n"


@pytest.mark.parametrize(
    "line", [f"own @ https://host/own.whl{f' {HASH}' * 90}", f"own @ https://host/own.whl?key={'0' * 5000}"]
)
def test_an_address_longer_than_any_path_is_no_folder(line: str) -> None:
    assert requirements.own_folder(line) is None


def test_a_folder_that_compiles_for_this_machine_is_refused(folder: Path) -> None:
    write_files(folder, {"requirements.txt": "./pkg", "pkg/a.c": "1"})
    uv = Uv("./pkg")
    uv.tag = "cp313-cp313-macosx_11_0_arm64"
    with pytest.raises(
        requirements.RequirementsError, match=r"^pkg builds pkg-1-cp313.*for this machine alone"
    ):
        lock(uv)


@pytest.mark.parametrize(
    ("files", "command"),
    [
        (["requirements.txt", "uv.lock", "pyproject.toml"], "pip"),
        (["uv.lock", "pyproject.toml"], "export"),
        (["pyproject.toml"], "pip"),
    ],
)
def test_the_first_that_is_there_counts(folder: Path, files: list[str], command: str) -> None:
    write_files(folder, dict.fromkeys(files, "[project]"))
    uv = Uv()
    lock(uv)
    assert [asked[0] for asked in uv.asked] == [command]
    assert files[0] in uv.asked[0] or command == "export"


@pytest.mark.parametrize(
    "table", ["\ufeff[project]", "[ project ]", "  [project] # us", "[tool.x]\n\t[project]"]
)
def test_a_project_in_any_form_of_toml_counts(folder: Path, table: str) -> None:
    write_files(folder, {"pyproject.toml": table})
    uv = Uv()
    lock(uv)
    assert [asked[0] for asked in uv.asked] == ["pip"]


@pytest.mark.parametrize(
    "files", [{}, {"pyproject.toml": "[tool.ruff]\nline-length = 80\n"}, {"Pipfile": ""}]
)
def test_nothing_may_be_required(folder: Path, files: dict[str, str]) -> None:
    write_files(folder, files)
    uv = Uv()
    assert (lock(uv), uv.asked) == (requirements.Locked("", ""), [])


def test_an_input_that_names_no_file_is_an_error() -> None:
    with pytest.raises(
        requirements.RequirementsError, match=r"^no file other\.txt: correct the plugin's input"
    ):
        requirements.find("other.txt")


# --- With the real uv --------------------------------------------------------------------------------------


def real_uv(*arguments: str, **variables: str) -> str:
    return bundle.run(["uv", "-q", *arguments], "uv failed", **variables)


@pytest.mark.parametrize("file", ["uv.lock", "requirements.txt"])
@pytest.mark.parametrize("name", ["UV_PROJECT", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY", "UV_PYTHON"])
def test_the_project_is_this_one_whatever_uv_is_set_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str
) -> None:
    project = '[project]\nname="site"\nversion="1"\nrequires-python=">=3.11"\ndependencies=["six"]\n'
    write_files(folder, {"pyproject.toml": project, "elsewhere/pyproject.toml": project})
    real_uv("lock")
    write_files(folder, {file: Path("uv.lock").read_text() if file == "uv.lock" else "six"})
    monkeypatch.setenv(name, str(folder / "elsewhere"))

    assert "six" in Path(lock(real_uv).file).read_text()


SOURCES = "[tool.uv.sources]\nlib={workspace=true}\n"
WORKSPACE = '[tool.uv.workspace]\nmembers=["lib", "site"]\n'


@pytest.mark.parametrize("root", ["", '[project]\nname="root"\nversion="1"\ndependencies=["lib", "idna"]\n'])
@pytest.mark.parametrize("place", [".", "site"])
def test_a_uv_workspace_is_installed_from_its_one_lock(
    folder: Path, monkeypatch: pytest.MonkeyPatch, root: str, place: str
) -> None:
    project = '[project]\nname="{}"\nversion="1"\nrequires-python=">=3.9"\ndependencies={}\n'
    write_files(
        folder,
        {
            "pyproject.toml": root.replace("\ndep", '\nrequires-python=">=3.9"\ndep') + WORKSPACE + SOURCES,
            "site/pyproject.toml": project.format("site", '["lib", "idna"]') + SOURCES,
            "lib/pyproject.toml": '[build-system]\nrequires=["setuptools>=77"]\n'
            'build-backend="setuptools.build_meta"\n' + project.format("lib", '["six"]'),
            "lib/lib.py": "",
        },
    )
    real_uv("lock")
    monkeypatch.chdir(folder / place)
    locked = lock(real_uv)
    text = Path(locked.file).read_text()
    assert (re.findall('(?m)^name = "(.+)"', text), locked.note) == (["idna", "lib", "six"], "")
    assert re.findall('path = "(.+?)"', text) == [f"{folder / place}/scratch/lib-1-py3-none-any.whl"]


def test_a_lock_above_counts_for_its_members_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = 'source = { virtual = "site" }'
    write_files(
        folder, {"uv.lock": source, "site/pyproject.toml": "[project]", "x/pyproject.toml": "[project]"}
    )
    asked = {}
    for name in ("site", "x"):
        uv = Uv()
        monkeypatch.chdir(folder / name)
        lock(uv)
        asked[name] = uv.asked[0][0]
    assert asked == {"site": "export", "x": "pip"}


def test_uv_lock_is_installed_with_the_projects_folders(folder: Path) -> None:
    write_files(
        folder,
        {
            "pyproject.toml": '[project]\nname="app"\nversion="1"\nrequires-python=">=3.9"\n'
            'dependencies=["lib"]\n[dependency-groups]\ndev=["ruff"]\nlint=["six"]\n'
            '[tool.uv]\ndefault-groups=["dev", "lint"]\n[tool.uv.sources]\nlib={path="lib", editable=true}\n',
            "lib/pyproject.toml": '[build-system]\nrequires=["setuptools>=77"]\n'
            'build-backend="setuptools.build_meta"\n[project]\nname="lib"\nversion="1"\n',
            "lib/lib.py": "",
        },
    )
    real_uv("lock")
    text = Path(lock(real_uv).file).read_text()
    assert re.findall('name = ".+|path = ".+?"', text) == [
        'name = "lib"',
        f'path = "{folder}/scratch/lib-1-py3-none-any.whl"',
    ]
    write_files(
        folder, {"pyproject.toml": Path("pyproject.toml").read_text().replace('"lib"]', '"lib", "six"]')}
    )
    with pytest.raises(bundle.BundleError, match=r"(?s)uv failed: .*lockfile.*needs to be updated"):
        lock(real_uv)


def index(folder: Path, says: str, version: str = "1") -> str:
    """Make an index of one package, `acme`; return its address."""
    about = f"Metadata-Version: 2.1\nName: acme\nVersion: {version}\n"
    files = {
        "acme.py": says,
        f"acme-{version}.dist-info/METADATA": about,
        f"acme-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"acme-{version}.dist-info/RECORD": "",
    }
    (folder / "acme").mkdir(parents=True, exist_ok=True)
    wheel = folder / f"acme/acme-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    write_files(folder, {"acme/index.html": f'<a href="{wheel.name}">{wheel.name}</a>'})
    return folder.as_uri()


def installed(monkeypatch: pytest.MonkeyPatch, given: str | None, module: str = "acme.py") -> str:
    """Install the project in the current folder as a build does; return what a module of it says."""
    out = Path("out").resolve()
    whole = bundle.Bundle(bundle.Plan({}, "src", "3.13", requirements=given), out / "bundle", "2.34")
    monkeypatch.setattr(whole, "uv", real_uv)
    for name in ("packages", "scratch"):
        (out / name).mkdir(parents=True)
    whole.build_packages(out / "packages", whole.locked(out / "scratch"))
    return (out / "packages" / module).read_text()


PROJECT = '[project]\nname="site"\nversion="1"\nrequires-python=">=3.9"\ndependencies=["acme"]\n'
EXPLICIT = (
    '[tool.uv.sources]\nacme={index="own"}\n[[tool.uv.index]]\nname="own"\nexplicit=true\nurl="{OWN}"\n'
)


@pytest.mark.parametrize(
    ("files", "given"),
    [
        ({"requirements.txt": "--extra-index-url {OWN}\nacme"}, None),
        ({"requirements.txt": "-r deep/base.txt", "deep/base.txt": "--find-links=own/acme\nacme"}, None),
        ({"requirements.txt": '-f "${APP_FOLDER}/own/my wheels"\nacme'}, None),
        ({"requirements.txt": "--find-links {OWN}/acme\nacme"}, None),
        ({"requirements.txt": "./deep/own/acme/acme-1-py3-none-any.whl"}, None),
        ({"pyproject.toml": PROJECT + EXPLICIT}, None),
        ({"pyproject.toml": PROJECT + EXPLICIT, "uv.lock": ""}, None),
        ({"deep/pyproject.toml": PROJECT + EXPLICIT, "deep/uv.lock": ""}, "deep/uv.lock"),
        (
            {
                "pyproject.toml": PROJECT
                + '[tool.uv.sources]\nacme={path="deep/own/acme/acme-1-py3-none-any.whl"}\n'
            },
            None,
        ),
    ],
    ids=[
        "extra index",
        "folder of wheels",
        "folder of wheels by a variable in quotes, with a space",
        "address of wheels",
        "wheel",
        "pyproject.toml",
        "uv.lock",
        "uv.lock elsewhere",
        "path",
    ],
)
def test_a_package_comes_from_where_it_was_resolved(
    folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], given: str | None
) -> None:
    """A stranger may have one of the same name and version in the public index."""
    own = index(folder / "deep/own", "own")
    (folder / "deep/own/my wheels").symlink_to("acme")
    monkeypatch.setenv("APP_FOLDER", str(folder / "deep"))
    monkeypatch.setenv("UV_DEFAULT_INDEX", index(folder / "public", "a stranger's"))
    write_files(folder, {name: text.replace("{OWN}", own) for name, text in files.items() if text})
    for name in files:
        if name.endswith("uv.lock"):
            real_uv("lock", "--directory", str(Path(name).parent))
    assert installed(monkeypatch, given) == "own"


def test_a_wheel_that_is_built_anew_under_its_name_counts(folder: Path) -> None:
    found = []
    for says in ("1", "2"):
        index(folder / "own", says)
        write_files(folder, {"requirements.txt": "./own/acme/acme-1-py3-none-any.whl"})
        found.append(lock(real_uv).fingerprint)
    assert found[0] != found[1]


def test_an_own_folder_beside_hashes_is_installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = '[build-system]\nrequires=["setuptools>=77"]\nbuild-backend="setuptools.build_meta"\n'
    project += '[project]\nname="acme"\nversion="1"\n'
    write_files(
        folder, {"lib/pyproject.toml": project, "lib/acme.py": "own", "requirements.in": "six\n-e ./lib"}
    )
    real_uv("pip", "compile", "requirements.in", "--generate-hashes", "--universal", "-o", "requirements.txt")
    assert installed(monkeypatch, None) == "own"
    assert (folder / "out/packages/six.py").exists()


def test_what_an_earlier_build_of_a_folder_left_is_not_installed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pip install ./lib` leaves `build` and a list of files there, and setuptools takes both for its own."""
    project = '[build-system]\nrequires=["setuptools>=77"]\nbuild-backend="setuptools.build_meta"\n'
    project += '[project]\nname="acme"\nversion="1"\n'
    write_files(
        folder,
        {
            "requirements.txt": "./lib",
            "lib/pyproject.toml": project,
            "lib/src/acme.py": "own",
            "lib/src/data/__init__.py": "",
            "lib/build/lib/stale.py": "",
            "lib/build/lib/data/stale.py": "",
            "lib/src/acme.egg-info/SOURCES.txt": "src/data/old.txt",
            "lib/src/data/old.txt": "",
        },
    )
    before = sorted(Path("lib").rglob("*"))
    assert installed(monkeypatch, None) == "own"
    assert sorted(path.name for path in Path("out/packages").rglob("*") if path.is_file()) == [
        "METADATA", "WHEEL", "__init__.py", "acme.py", "top_level.txt",
    ]  # fmt: skip
    assert sorted(Path("lib").rglob("*")) == before


BACKEND = '[build-system]\nrequires=["setuptools>=77"]\nbuild-backend="setuptools.build_meta"\n'
SETUP = "from setuptools import setup\nsetup(name='acme', version='1', py_modules=['acme'])"


DYNAMIC = {
    "pyproject.toml": BACKEND + '[project]\nname="acme"\ndynamic=["version"]\n'
    '[tool.setuptools]\npy-modules=["acme"]\n[tool.setuptools.dynamic]\nversion={file="v.txt"}',
    "v.txt": "2.5",
}


@pytest.mark.parametrize(
    ("requires", "lib"),
    [
        ({"requirements.txt": "-e ./lib"}, DYNAMIC),
        ({"requirements.txt": "./lib\n-r more.txt", "more.txt": "six"}, {"setup.py": SETUP}),
        ({"requirements.txt": "-e ./lib"}, {"setup.py": SETUP, "pyproject.toml": BACKEND}),
        ({"pyproject.toml": PROJECT + '[tool.uv.sources]\nacme = { path = "lib" }\n'}, DYNAMIC),
    ],
    ids=["dynamic", "setup.py", "setup.py and pyproject.toml", "dynamic, of a pyproject.toml"],
)
def test_a_folder_says_its_version_when_it_is_built(
    folder: Path, monkeypatch: pytest.MonkeyPatch, requires: dict[str, str], lib: dict[str, str]
) -> None:
    write_files(folder, requires | {f"lib/{name}": text for name, text in (lib | {"acme.py": "own"}).items()})
    assert installed(monkeypatch, None) == "own"
    assert sorted(path.name for path in Path("lib").iterdir()) == sorted([*lib, "acme.py"])


def test_a_link_to_a_folder_of_the_build_machine_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the line looks like that led there."""
    monkeypatch.setattr(requirements, "own_folder", lambda _: None)
    write_files(
        folder, {"requirements.txt": "-e ./lib", "lib/pyproject.toml": BACKEND, "lib/setup.py": SETUP}
    )
    write_files(folder, {"lib/acme.py": "own"})
    with pytest.raises(
        bundle.BundleError, match=r"^acme-1 is a link to .*/lib, which no function has: write"
    ):
        installed(monkeypatch, None)


@pytest.mark.parametrize("hashes", ["", f" --hash=sha256:{DOCOPT}"])
def test_a_package_without_wheels_is_built_where_it_is_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch, hashes: str
) -> None:
    package = "docopt==0.6.2"
    write_files(
        folder, {"requirements.txt": f"-r base.txt\n{package}{hashes}", "base.txt": "--no-binary docopt"}
    )
    assert "docopt" in installed(monkeypatch, None, "docopt.py")
    write_files(folder, {"requirements.txt": package + hashes})
    shutil.rmtree("out")
    with pytest.raises(bundle.BundleError, match="has no usable wheels"):
        installed(monkeypatch, None)


@pytest.mark.parametrize(
    ("file", "counts"), [("build/lib/a.py", False), ("dist/a.whl", False), ("pkg/build/a.py", True)]
)
def test_a_package_may_have_a_part_called_build(folder: Path, file: str, *, counts: bool) -> None:
    write_files(folder, {file: "1"})
    before = requirements.contents(folder)
    write_files(folder, {file: "2"})
    assert (requirements.contents(folder) != before) is counts


@pytest.mark.parametrize("line", ["six==1.17.0", f"six==1.17.0 {HASH}"])
def test_a_hash_that_is_missing_or_wrong_ends_the_build(folder: Path, line: str) -> None:
    write_files(folder, {"requirements.txt": f"idna==3.10 {HASH}\n{line}"})
    whole = bundle.Bundle(bundle.Plan({}, "src", "3.13"), folder / "out/bundle", "2.34")
    (folder / "out/packages").mkdir(parents=True)
    with pytest.raises(bundle.BundleError, match=r"(?i)hash"):
        whole.build_packages(folder / "out/packages", lock(real_uv))


# --- Where uv comes from -----------------------------------------------------------------------------------


def test_uv_comes_without_pip_in_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`uv venv` makes environments without pip; python3 or a uv on the PATH installs the pinned one."""
    venv.create(folder / "bare", with_pip=False, symlinks=True)
    monkeypatch.setattr(sys, "executable", str(folder / "bare/bin/python"))
    lock_file = bundle.HERE / "uv.txt"
    uv = shutil.which("uv")
    assert uv
    (folder / "with-pip").mkdir()
    (folder / "with-uv").mkdir()
    Path("with-pip/python3").symlink_to(Path(sys._base_executable))  # type: ignore[attr-defined] # noqa: SLF001 - the interpreter behind the environment
    Path("with-uv/uv").symlink_to(uv)
    for path in ("with-pip", "with-uv"):
        monkeypatch.setenv("PATH", f"{folder / path}")
        bundle.install_pinned(lock_file, str(folder / path / "target"))
        version = subprocess.run(
            [folder / path / "target/bin/uv", "--version"], capture_output=True, text=True, check=True
        ).stdout
        assert version.split()[1] in lock_file.read_text()
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(
        bundle.BundleError, match=r"^uv cannot be installed: it takes a Python with pip, or a uv"
    ):
        bundle.install_pinned(lock_file, str(folder / "target"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIP_REQUIRE_VIRTUALENV", "1"),
        ("PIP_USER", "1"),
        ("PIP_PREFIX", "x"),
        ("PIP_ROOT", "x"),
        ("PIP_TARGET", "x"),
    ],
)
def test_uv_comes_whatever_pip_is_set_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    base = Path(sys._base_executable)  # type: ignore[attr-defined] # noqa: SLF001 - as above
    monkeypatch.setattr(sys, "executable", str(base))
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.setenv(name, value)

    bundle.install_pinned(bundle.HERE / "uv.txt", str(folder / "target"))

    assert (folder / "target/bin/uv").is_file()
