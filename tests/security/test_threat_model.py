"""SECURITY.md names a test for each control; each of them is there."""

from __future__ import annotations

import re

import pytest

from support.wsgi_site import ROOT
from videogen.variables import VARIABLES

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("**/test_*.py"))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", PAGE))))
def test_a_test_that_the_threat_model_names_is_there(name: str) -> None:
    assert re.search(rf"^def {name}\(", TESTS, re.MULTILINE)


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:tests|locks|netlify|scripts)/[\w./-]*)`", PAGE)))
)
def test_a_path_that_the_threat_model_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def section(title: str) -> str:
    """Return a section of the guide to deploying."""
    guide = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    return guide.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_guide_says_what_becomes_of_old_deploys() -> None:
    assert re.search(r"secret or limit, delete the deploys before it", section("4. Old deploys"))


def test_the_guide_gives_previews_values_of_their_own() -> None:
    own = {name for name, variable in VARIABLES.items() if variable.is_secret and variable.is_needed}
    named = set(re.findall(r"`([A-Z0-9_]+)`", section("5. Previews")))

    assert own | {"S3_BUCKET", "VIDEOGEN_DAILY_LIMIT"} <= named
    assert "Require approval" in section("5. Previews")
