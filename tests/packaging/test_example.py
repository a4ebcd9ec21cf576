"""What a stranger does with the npm package: examples built by the real packager, and in `netlify dev`."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tomllib
import zipfile
from typing import TYPE_CHECKING

import httpx
import pytest

from builds import NETLIFY, REPOSITORY, Built, lay_out, write_files
from sandbox import unpack
from support.running import run_site
from videogen.local.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.running import RunningSite

NAMES = sorted(path.name for path in (REPOSITORY / "examples").iterdir())
BY_PATH = """
import { python } from '../python/bridge.mjs'
export default python('old.handler', { timeoutSeconds: 10 })
export const config = { path: '/older' }
"""
BY_NAME = BY_PATH.replace("../python/bridge.mjs", "netlify-plugin-python-functions/bridge").replace(
    "/older", "/old"
)


def add_functions(folder: Path, *examples: str) -> Path:
    """Add the functions of examples that have the same settings and no packages; return the folder."""
    for name in examples:
        functions = REPOSITORY / "examples" / name / "netlify/functions"
        shutil.copytree(functions, folder / "netlify/functions", dirs_exist_ok=True)
    return folder


@contextlib.contextmanager
def from_zips(project: Built, folder: Path) -> Iterator[RunningSite]:
    """Serve a project from its zips, where there is no Python; they are unpacked into a folder."""
    folders = {name: unpack(project.zip(name), folder / name) for name in project.manifest}
    with run_site(project, folders) as site:
        yield site


@contextlib.contextmanager
def in_dev(folder: Path) -> Iterator[httpx.Client]:
    """Serve a project with `netlify dev`, and with its packages in an environment of its own."""
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    for command in (["venv"], ["pip", "install", "-r", "requirements.txt"]):
        subprocess.run(["uv", "-q", *command], cwd=folder, check=True)
    [port] = free_ports(1)
    log = folder / "dev.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [NETLIFY, "dev", "--offline", "--internal-disable-edge-functions", "--no-open",
             "--skip-gitignore", "--port", str(port)],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "BROWSER": "none"},
            stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
    wanted = {path.stem.replace("_", "-") for path in (folder / "netlify/functions").glob("*.py")}
    retrying = httpx.HTTPTransport(retries=100)
    client = httpx.Client(base_url=f"http://localhost:{port}", timeout=60, transport=retrying)
    try:
        with client:
            wait_for_functions(log, wanted, process)
            yield client
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for_functions(log: Path, wanted: set[str], process: subprocess.Popen[str]) -> None:
    """Read the log until every function is loaded."""
    with subprocess.Popen(["tail", "-n", "+1", "-F", log], stdout=subprocess.PIPE, text=True) as tail:
        assert tail.stdout
        for line in tail.stdout:
            wanted -= set(re.findall(r"Loaded function (\S+)", line))
            if not wanted or process.poll() is not None:
                break
        tail.kill()
    assert process.poll() is None, log.read_text()


def ask_application(client: httpx.Client) -> None:
    """Ask for what FastAPI's and Flask's examples both answer."""
    photo = bytes(range(256)) * 1000
    read = client.get("/api/items/7", headers={"Cookie": "visits=3"})
    assert (read.status_code, read.json()) == (200, {"item": 7, "visits": 4})
    assert read.headers["set-cookie"].startswith("visits=4; ")
    sent = client.post("/api/uploads", files={"file": ("a.bin", photo)})
    assert (sent.status_code, sent.json()) == (200, {"name": "a.bin", "bytes": len(photo)})
    assert client.get("/api/items/x").status_code in {404, 422}


@pytest.mark.parametrize("framework", ["fastapi", "flask"])
def test_an_application_answers_from_its_zip(
    package: Path, build: Callable[[Path], Built], tmp_path: Path, framework: str
) -> None:
    with from_zips(build(lay_out(framework, package, tmp_path / "site")), tmp_path) as site:
        ask_application(site.client)


def test_fastapi_answers_in_dev(package: Path, tmp_path: Path) -> None:
    with in_dev(lay_out("fastapi", package, tmp_path)) as client:
        ask_application(client)


def test_all_other_examples_answer_in_dev(package: Path, tmp_path: Path) -> None:
    folder = add_functions(lay_out("flask", package, tmp_path), "hello", "background")
    hello = folder / "netlify/functions/hello.py"
    hello.write_text(hello.read_text().replace('"/api/hello"', '"/hello"'))  # all below /api is Flask's
    with in_dev(folder) as client:
        ask_application(client)
        answer = client.get("/hello?name=Zo%C3%AB")
        assert (answer.status_code, answer.json()["hello"]) == (200, "Zoë")
        assert client.post("/.netlify/functions/report-background", content="sales").status_code == 202
        assert client.post("/.netlify/functions/nightly").status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_an_example_can_be_deployed_and_ignores_its_output(name: str) -> None:
    """It pins its Python, and has the settings of all: one site here may have the functions of several."""
    folder = REPOSITORY / "examples" / name
    settings = tomllib.loads((folder / "netlify.toml").read_text())
    assert settings["build"]["environment"]["PYTHON_VERSION"] == "3.13"
    assert settings == tomllib.loads((REPOSITORY / "examples/hello/netlify.toml").read_text())
    assert ".netlify/" in (folder / ".gitignore").read_text().split()
    # `netlify deploy` takes no site without it.
    assert (folder / settings["build"]["publish"] / "index.html").is_file()


def test_the_package_has_what_runs_and_nothing_else(package: Path) -> None:
    files = sorted(path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file())
    assert files == [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "package.json",
        "plugin/bundle.js",
        "plugin/bundle.py",
        "plugin/dev_check.py",
        "plugin/dev_environment.js",
        "plugin/dev_files.js",
        "plugin/elf.py",
        "plugin/function_files.py",
        "plugin/functions.js",
        "plugin/index.js",
        "plugin/inputs.js",
        "plugin/interpreter.js",
        "plugin/manifest.yml",
        "plugin/page_environment.js",
        "plugin/python_version.py",
        "plugin/requirements.py",
        "plugin/uv.txt",
        "python/bridge.mjs",
        "python/environment.mjs",
        "python/host.py",
        "python/loopback.mjs",
        "python/types/netlify_functions.py",
    ]


# --- One project with what the examples have not -----------------------------------------------------------

CRASHES = """
import os
def handler(event, context):
    return deeper(event)
def deeper(event):
    raise LookupError("not said in the answer")
"""
TYPED = """
from __future__ import annotations
from netlify_functions import Context, Event, Response
import helper, json, os, sys
def lambda_handler(event: Event, context: Context) -> Response:
    seen = {"environment": sorted(os.environ), "executable": sys.executable, "tmp": os.listdir("/tmp")}
    return {"statusCode": 200, "cookies": ["a=1"], "body": json.dumps(seen | helper.SAYS)}
"""


@pytest.fixture(scope="module")
def mixed(package: Path, build: Callable[[Path], Built], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Two examples, with entries by hand, both imports of the bridge, and files that share a module."""
    folder = add_functions(lay_out("hello", package, tmp_path_factory.mktemp("mixed")), "background")
    shutil.copytree(REPOSITORY / "netlify/python", folder / "netlify/python")
    (folder / ".gitignore").unlink()
    with (folder / "netlify.toml").open("a") as settings:
        settings.write('[plugins.inputs]\npage_config = "said"\n')
    write_files(
        folder,
        {
            "src/said.py": """print('{"files": {"a/b.txt": "text\\\\n", "c.json": ["text"]}}')""",
            "src/old.py": "def handler(event, context): return event['path']",
            "netlify/functions/old.mjs": BY_NAME,
            "netlify/functions/older.mjs": BY_PATH,
            "netlify/functions/helper.py": "SAYS = {'helper': 1}",
            "netlify/functions/typed/typed.py": "import sys; sys.path.append(__file__[:-14])"
            + TYPED.replace("from __future__ import annotations\n", ""),
            "netlify/functions/crashes.py": CRASHES,
        },
    )
    return build(folder)


@pytest.fixture(scope="module")
def site(mixed: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """That project, served from its zips."""
    with from_zips(mixed, tmp_path_factory.mktemp("unpacked")) as site:
        yield site


def test_hello_answers_from_its_zip(site: RunningSite) -> None:
    answer = site.client.get("/api/hello?name=Zo%C3%AB")
    assert (answer.status_code, answer.json()["hello"]) == (200, "Zoë")


def test_the_background_example_runs_from_its_zips(mixed: Built, site: RunningSite) -> None:
    manifest = mixed.manifest
    assert (manifest["report-background"]["invocationMode"], manifest["nightly"]["schedule"]) == (
        "background",
        "0 2 * * *",
    )
    called = site.client.post("/.netlify/functions/report-background", content="sales")
    assert (called.status_code, called.content) == (202, b"")
    assert site.control("outcome", "report-background")["statusCode"] == 204
    assert "reporting on sales, 13 minutes left\nreported\n" in site.log()
    nightly = site.client.post("/.netlify/functions/nightly")
    assert (nightly.status_code, nightly.json()) == (200, {"done": True})


def test_entries_by_hand_and_files_live_side_by_side(mixed: Built, site: RunningSite) -> None:
    assert [site.client.get(path).text for path in ("/old", "/older")] == ["/old", "/older"]
    answer = site.client.get("/.netlify/functions/typed")
    seen = answer.json()
    assert (answer.headers["set-cookie"], seen["helper"], seen["tmp"]) == ("a=1", 1, [])
    assert set(seen["environment"]) - {"LC_CTYPE"} == {"LANG", "PATH", "TZ"}
    assert seen["executable"].endswith("/python/bundle/python/bin/python3")
    assert "netlify/functions/helper.py is no function: it defines no handler and no app" in mixed.printed
    assert (mixed.folder / ".gitignore").read_text() == ".netlify/\n"
    published = [(mixed.folder / "public" / name).read_text() for name in ("a/b.txt", "c.json")]
    assert published == ["text\n", '[\n  "text"\n]\n']


def test_a_crash_names_the_users_file_and_line(site: RunningSite) -> None:
    assert site.client.get("/.netlify/functions/crashes").status_code == 500
    log = site.log()
    assert re.search(
        r'File "/var/task/\S+/functions/crashes.py", line 6, in deeper\n\s+raise LookupError', log
    )
    assert '"error":"LookupError","place":"crashes.py:6"}' in log


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("python/bin/python3", "Python did not start: spawn"), ("host/host.pyc", "Python ended with status 2")],
)
def test_a_zip_without_what_it_needs_does_not_answer(
    mixed: Built, tmp_path: Path, fault: str, reason: str
) -> None:
    folder = unpack(mixed.zip("hello"), tmp_path / "hello")
    (damaged,) = folder.rglob(f"python/bundle/{fault}")
    if fault.endswith("python3"):
        damaged.chmod(0o644)
    else:
        damaged.unlink()
    with run_site(mixed, {"hello": folder}) as site:
        assert site.client.get("/api/hello").status_code == 500
        assert reason in site.log()


def test_a_function_in_its_own_file_ships_no_scripts(mixed: Built) -> None:
    with zipfile.ZipFile(mixed.zip("hello")) as opened:
        files = {
            name.partition("/functions/")[2] for name in opened.namelist() if "bundle/functions/" in name
        }
    assert {name for name in files if "__pycache__" not in name} == {
        "crashes.py",
        "hello.py",
        "helper.py",
        "nightly.py",
        "report_background.py",
        "typed/typed.py",
    }
