"""What a cold start waits for: which modules each function imports. And nothing imports from the tests."""

from __future__ import annotations

import ast
import json
import re
import resource
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from math import inf
from pathlib import Path

import pytest

from builds import files_of

SRC = "src"
ASK = """
import json, sys
bare = len(sys.modules)
sys.path.insert(0, {src!r})
from videogen.functions import {function}, wiring
{site}
json.dump({{"bare": bare, "modules": sorted(sys.modules)}}, sys.stdout)
"""
SITE = """
import os
os.environ.update({
    "S3_BUCKET": "bucket", "S3_REGION": "us-east-1", "S3_ENDPOINT_URL": "http://127.0.0.1:9",
    "S3_ACCESS_KEY_ID": "id", "S3_SECRET_ACCESS_KEY": "secret", "BLACKBOX_API_KEY": "key",
    "VIDEOGEN_SIGNING_SECRET": "whsec_" + 43 * "A" + "=",
})
wiring.deps()
"""
"""The first request makes the site; its client of S3 is part of the cold start."""

FUNCTIONS = ("start_video", "check_video_status", "cancel_video", "notify_video", "generate_video_background")
ROUNDS = 12
COUNTED = {"botocore", "dateutil", "jmespath", "pydantic", "urllib3", "videogen"}
STANDARD_LIBRARY = 165
"""Of all other modules, which are the standard library's: its own number differs between versions."""


ROOT = Path(__file__).resolve().parents[1]
OF_TESTS = {
    "tests",
    *(path.stem for path in (ROOT / "tests").iterdir() if path.is_dir() or path.suffix == ".py"),
} - sys.stdlib_module_names
IN_JAVASCRIPT = re.compile(r"""(?:from|import|require|import\.meta\.resolve)\s*\(?\s*["']([^"']+)["']""")


def imported(file: Path) -> set[str]:
    """Return the first names of what a Python file imports, or the first folders of a script's imports."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        targets = [
            (file.parent / target).resolve() for target in IN_JAVASCRIPT.findall(text) if "/" in target
        ]
        return {target.relative_to(ROOT).parts[0] for target in targets if target.is_relative_to(ROOT)}
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_nothing_outside_of_the_tests_imports_from_them() -> None:
    others = [
        file for file in files_of(ROOT) if file.suffix in {".py", ".js", ".mjs"} and file.parts[0] != "tests"
    ]

    assert {file.parts[0] for file in others} >= {"src", "scripts", "bench", "netlify", "public"}
    assert {str(file): found for file in others if (found := imported(ROOT / file) & OF_TESTS)} == {}


def test_what_is_imported_is_a_dependency_and_not_just_one_s_dependency() -> None:
    written = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = written["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["cli"]]
    stubs_and_stand_ins = ["mypy-boto3-s3", "werkzeug", *written["dependency-groups"]["local"]]
    of_stand_ins = {normal(name) for name in [*wanted, *stubs_and_stand_ins]}
    sources = (ROOT / "src").rglob("*.py")
    names = set().union(*map(imported, sources)) - sys.stdlib_module_names - {"videogen"}

    packages = {normal(package) for name in names for package in packages_distributions()[name]}

    assert packages - of_stand_ins == set()
    assert packages >= {normal(name) for name in wanted}


def normal(requirement: str) -> str:
    """Return the name of the package that a requirement names."""
    return re.split(r"[\[<>=;]", requirement)[0].lower().replace("_", "-")


@cache
def modules(function: str) -> tuple[frozenset[str], int]:
    """Return what is imported when a function's first request begins, and how many a bare interpreter has."""
    ask = ASK.format(src=SRC, function=function, site=SITE)
    found = subprocess.run([sys.executable, "-I", "-c", ask], capture_output=True, check=True)
    answer = json.loads(found.stdout)
    return frozenset(answer["modules"]), answer["bare"]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "package",
    [
        "boto3",
        "botocore.client",
        "s3transfer",
        "httpx",
        "PIL",
        "cryptography",
        "moto",
        "videogen.local",
        "videogen.queue",
    ],
)
def test_no_function_imports_what_its_first_request_does_not_need(function: str, package: str) -> None:
    assert package not in modules(function)[0]


@pytest.mark.parametrize("function", ["start_video", "check_video_status"])
def test_what_people_wait_for_makes_no_models(function: str) -> None:
    assert "pydantic" not in modules(function)[0]


@pytest.mark.parametrize("function", ["start_video", "check_video_status", "cancel_video", "notify_video"])
def test_what_the_page_waits_for_leaves_the_worker_s_modules_out(function: str) -> None:
    worker = {"videogen.generation", "videogen.blackbox", "videogen.photo_process", "videogen.videos"}
    assert not worker & modules(function)[0]


@pytest.mark.parametrize(
    ("function", "count"),
    [
        ("start_video", 88),
        ("check_video_status", 85),
        ("cancel_video", 127),
        ("notify_video", 126),
        ("generate_video_background", 84),
    ],
)
def test_the_number_of_modules_is_known_to_the_last_one(function: str, count: int) -> None:
    imported, bare = modules(function)
    counted = [name for name in imported if name.split(".")[0] in COUNTED]
    assert len(counted) == count
    assert len(imported) - bare - len(counted) <= STANDARD_LIBRARY


@pytest.mark.parametrize(
    ("function", "most"),
    [
        ("start_video", 22),
        ("check_video_status", 22),
        ("cancel_video", 30),
        ("notify_video", 30),
        ("generate_video_background", 22),
    ],
)
def test_processor_time_until_the_first_request_is_a_multiple_of_the_bare_interpreter_s(
    function: str, most: float
) -> None:
    least = {ASK.format(src=SRC, function=function, site=SITE): inf, "pass": inf}
    # A busy machine only adds to a run, and may for seconds: the two take turns, until one round was quiet.
    for _ in range(ROUNDS):
        for program, seconds in least.items():
            least[program] = min(seconds, processor_seconds(program))
        whole, bare = least.values()
        if whole / bare <= most:
            break
    assert whole / bare <= most


def processor_seconds(program: str) -> float:
    """Return the user and system time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
