"""The figures in the pages are those that `make bench` wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import figures
import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("page", figures.PAGES, ids=lambda page: page.name)
def test_a_page_shows_the_figures_of_the_last_benchmarks(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert figures.filled(text, json.loads(figures.RESULTS.read_text(encoding="utf-8"))) == text


def test_every_figure_has_a_place() -> None:
    placed = {
        place[2]
        for page in figures.PAGES
        for place in figures.PLACE.finditer(page.read_text(encoding="utf-8"))
    }
    assert placed == set(figures.FIGURES)
