"""The figures in the pages are those that `make bench` wrote."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import figures
import pytest
import run

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


@pytest.mark.parametrize(
    ("load", "processors", "busy"),
    [(0.9, 2, False), (1.0, 2, False), (1.1, 2, True), (0.6, 1, True), (3.9, 8, False), (4.1, 8, True)],
)
def test_nothing_is_measured_on_a_busy_machine(
    monkeypatch: pytest.MonkeyPatch, load: float, processors: int, *, busy: bool
) -> None:
    begun = False

    def build(_: Path) -> None:
        nonlocal begun
        begun = True
        sys.exit("building")

    monkeypatch.setattr("sys.argv", ["run.py"])
    monkeypatch.setattr("os.getloadavg", lambda: (load, load, load))
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    monkeypatch.setattr("run.build", build)

    with pytest.raises(SystemExit) as ended:
        run.main()

    assert (str(ended.value) != "building", not begun) == (busy, busy)


def test_each_table_names_interpreter_and_load() -> None:
    results = json.loads(figures.RESULTS.read_text(encoding="utf-8"))
    on = results["machine"] | {"bundledPython": "3.13.1", "node": "v24.0.0", "load": 0.4, "processors": 4}

    for figure in (figures.latency, figures.latency_halved, figures.imports, figures.worker):
        assert figure(results | {"machine": on}).endswith(
            "\n\nCPython 3.13.1, Node 24.0.0, load 0.4 on 4 processors."
        )
        assert figure(results | {"machine": on | {"load": 2.1}}).endswith("on 4 processors, a busy machine.")
