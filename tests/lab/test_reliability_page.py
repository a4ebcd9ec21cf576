"""docs/reliability.md names tests that there are."""

from __future__ import annotations

import re

from support.markdown_pages import ROOT

TESTS = ROOT / "tests"


def test_every_test_that_the_page_names_exists() -> None:
    page = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    sources = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))

    named = set(re.findall(r"`(test_\w+)`", page))

    assert len(named) > 30
    assert named <= set(re.findall(r"^def (test_\w+)\(", sources, re.MULTILINE))


def test_every_file_that_the_page_names_exists() -> None:
    page = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")

    assert [
        name for name in re.findall(r"`((?:tests|src)/[\w/.]+)`", page) if not (ROOT / name).exists()
    ] == []
