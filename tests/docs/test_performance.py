"""The figures in the pages are those that `make bench` wrote."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import bill as costs
import figures
import pytest
import run

from support.example_jobs import queued
from support.scripted_worker import ScriptedWorker
from videogen import jobs, photos, spending, videos
from videogen.jobs import Estimate, Limits
from videogen.limits import MAX_PHOTO_BYTES, MAX_PHOTOS, MAX_PROMPT_CHARACTERS
from videogen.settings import SiteSettings

if TYPE_CHECKING:
    from pathlib import Path

FUNCTIONS = figures.HERE.parent / "netlify/functions"


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
def test_a_machine_is_busy_above_half_a_load_for_each_processor(
    load: float, processors: int, *, busy: bool
) -> None:
    assert figures.is_busy(load, processors) == busy


def test_measuring_waits_until_the_set_up_s_own_load_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    loads = iter([2.4, 1.6, 0.9])

    assert run.quiet_load(2, lambda: next(loads), lambda _: None) == 0.9
    assert capsys.readouterr().out == "the load is 2.4: waiting until the machine is quiet\n"


def test_nothing_is_measured_on_a_machine_that_stays_busy() -> None:
    waited: list[float] = []

    with pytest.raises(SystemExit, match=r"The load is 1\.1 on 2 processors.*try again below 1\."):
        run.quiet_load(2, lambda: 1.1, waited.append)

    assert sum(waited) == 300


def test_each_table_names_interpreter_and_load() -> None:
    results = json.loads(figures.RESULTS.read_text(encoding="utf-8"))
    on = results["machine"] | {"bundledPython": "3.13.1", "node": "v24.0.0", "load": 0.4, "processors": 4}

    for name in ("latency", "latency_halved", "imports", "worker"):
        figure = figures.FIGURES[name]
        assert figure(results | {"machine": on}).endswith(
            "\n\nCPython 3.13.1, Node 24.0.0, load 0.4 on 4 processors."
        )
        assert figure(results | {"machine": on | {"load": 2.1}}).endswith("on 4 processors, a busy machine.")


def test_a_waiting_job_costs_no_more_than_it_may() -> None:
    """4 MB, and a fiftieth of what a function costs that waits for the same video."""
    rows = json.loads(figures.RESULTS.read_text(encoding="utf-8"))["waitingJobs"]["rows"]

    assert [row["jobs"] for row in rows] == [1, 50, 200]
    assert figures.megabytes_each(rows) <= 4
    assert [figures.price_ratio(row) >= 50 for row in rows[1:]] == [True, True]


def test_the_bill_counts_the_requests_that_a_worker_makes() -> None:
    worker = ScriptedWorker()
    worker.add(queued(estimate=Estimate(60, 90)))
    worker.bucket.requests.clear()
    worker.run()
    asked = Counter(method for method, _ in worker.bucket.requests)

    assert asked == {"PUT": costs.WORKER_PUTS, "GET": costs.WORKER_GETS}


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    page = (figures.HERE.parent / "docs/scale.md").read_text(encoding="utf-8")
    site, job = SiteSettings(), Limits()
    rates = [
        int(re.search(r"windowLimit: (\d+)", path.read_text(encoding="utf-8"))[1])  # type: ignore[index]  # each has one
        for path in (FUNCTIONS / "start-video.mjs", FUNCTIONS / "check-video-status.mjs")
    ]
    sizes = photos.MAX_MEGAPIXELS

    for line in (
        f"| {MAX_PHOTOS}, {MAX_PHOTO_BYTES // 10**6} MB together, ",
        f" JPEG up to {sizes['image/jpeg']} megapixels, PNG and WebP up to {sizes['image/png']} |",
        f"| {MAX_PROMPT_CHARACTERS:,} characters |",
        f"| {videos.MAX_BYTES // 10**6} MB |",
        f"| {site.daily_limit}, and three starts for each,",
        f"| {rates[0]} and {rates[1]} a minute |",
        f"| {job.end / 60:.0f} minutes; its paid call begins within {job.paid_call / 60:.0f} |",
        f"| {site.keep_days} days, ",
    ):
        assert line in page
    assert {jobs.MAX_CALLS, jobs.MAX_DISPATCHES, jobs.MAX_RESCUES, spending.STARTS_A_VIDEO} == {3}
    assert sizes["image/webp"] == sizes["image/png"]
