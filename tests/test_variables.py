"""The one list of variables: it is whole, and what is written elsewhere agrees with it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

from videogen.cli.environment import read_dotenv
from videogen.variables import VARIABLES, Reader

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / ".env.example"
NAME = re.compile(r'"((?:BLACKBOX|S3|VIDEOGEN)_[A-Z0-9_]+)"')


def test_each_variable_that_is_read_is_in_the_list() -> None:
    named: set[str] = set()
    for source in (ROOT / "src").rglob("*.py"):
        if source.name != "variables.py":
            named |= set(NAME.findall(source.read_text(encoding="utf-8")))

    assert named - set(VARIABLES) == set()
    assert set(VARIABLES) - named <= {
        # Read under a name that is put together, or by what is not Python.
        "VIDEOGEN_SIMULATED",
    }


def test_each_variable_has_its_name_and_readers() -> None:
    for name, variable in VARIABLES.items():
        assert (name, bool(variable.read_by)) == (variable.name, True)
        assert variable.read_by <= set(get_args(Reader))


def test_what_the_page_shows_is_no_secret() -> None:
    assert [one.name for one in VARIABLES.values() if one.is_needed and one.default] == []
    in_page = {"S3_BUCKET", "S3_REGION", "S3_ENDPOINT_URL", "BLACKBOX_MODELS", "VIDEOGEN_VAPID_PUBLIC_KEY"}
    assert [name for name in sorted(in_page) if VARIABLES[name].is_secret] == []


def test_each_secret_is_kept_from_functions_without_need() -> None:
    unseen = {one.name for one in VARIABLES.values() if "check-video-status" not in one.read_by}

    assert {"BLACKBOX_API_KEY", "VIDEOGEN_ACCESS_CODE", "VIDEOGEN_VAPID_PRIVATE_KEY"} <= unseen
    assert [one.name for one in VARIABLES.values() if one.is_secret and "build" in one.read_by] == [
        "VIDEOGEN_ACCESS_CODE"  # the page is told that there is one, not which
    ]


def test_the_deploy_button_asks_for_what_is_needed() -> None:
    config = tomllib.loads((ROOT / "netlify.toml").read_text(encoding="utf-8"))

    assert set(config["template"]["environment"]) == {one.name for one in VARIABLES.values() if one.is_needed}


def test_env_example_is_the_list() -> None:
    lines = ["# Copy this file to .env and fill it in. Lines that begin with # say what counts without them."]
    for one in VARIABLES.values():
        if one.read_by == {"dev"} or one.name == "VIDEOGEN_SIMULATED":
            continue
        about = f"# {one.meaning[0].upper()}{one.meaning[1:]}.{' Secret.' if one.is_secret else ''}"
        form = [f"#   {one.form}"] if one.form != one.default else []
        lines += ["", about, *form, f"{'' if one.is_needed else '# '}{one.name}={one.default}"]

    assert EXAMPLE.read_text(encoding="utf-8").splitlines() == lines


def test_env_example_sets_nothing_as_it_stands() -> None:
    assert [name for name, value in read_dotenv(EXAMPLE).items() if value] == []
