"""When the page is told to ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.example_jobs import CREATED_AT, completed, given_up, queued, rendering
from support.memory_objects import MemoryObjects
from videogen.functions.job_view import job_view
from videogen.jobs import Estimate

if TYPE_CHECKING:
    from videogen.jobs import Job


def poll_after_ms(job: Job, age: float) -> object:
    objects = MemoryObjects(lambda: CREATED_AT)
    return job_view(job, objects, now=CREATED_AT + age, keep_days=30)["pollAfterMs"]


@pytest.mark.parametrize("estimate", [None, Estimate(p10=80, p50=90, p90=100), Estimate(p50=90, p90=100)])
def test_a_new_job_is_asked_about_at_1_5_and_4_seconds(estimate: Estimate | None) -> None:
    job = queued(estimate=estimate)
    assert [poll_after_ms(job, age) for age in (0.25, 1.5, 1.75)] == [1250, 2500, 2250]
    assert poll_after_ms(rendering(job), 1.75) == 2250


def test_a_page_that_is_told_the_time_is_not_early() -> None:
    # 4 s and a bit: rounded down, the poll would come a moment early and be one too many.
    assert poll_after_ms(queued(), 1.50061) == 2500


def test_an_end_is_asked_about_only_while_it_may_improve() -> None:
    assert poll_after_ms(given_up(), 600.0) == 60_000
    assert poll_after_ms(given_up(), 961.0) is None
    assert poll_after_ms(completed(), 66.0) is None
