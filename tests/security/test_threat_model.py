"""SECURITY.md names a test for each control; each of them is there."""

from __future__ import annotations

import re

import pytest

from support.wsgi_site import ROOT

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
