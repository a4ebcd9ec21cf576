"""What keeps `make test` from spending money."""

from __future__ import annotations

import os
import re
from pathlib import Path

from run_tests import VARIABLES, blank

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_variable_of_the_project_is_blanked() -> None:
    named = set()
    for source in (ROOT / "src").rglob("*.py"):
        named |= set(re.findall(r'"((?:BLACKBOX|S3|VIDEOGEN)_[A-Z_]+)"', source.read_text(encoding="utf-8")))

    assert named == set(VARIABLES)


def test_a_key_in_the_shell_is_gone_and_a_blank_one_masks_dotenv() -> None:
    environment = blank(
        {"BLACKBOX_API_KEY": "canary", "AWS_ACCESS_KEY_ID": "canary", "S3_NEW": "canary", "HOME": "/"}
    )

    assert environment == dict.fromkeys(VARIABLES, "") | {"HOME": "/"}


def test_this_very_run_has_no_key() -> None:
    assert [name for name in VARIABLES if os.environ.get(name)] == []
