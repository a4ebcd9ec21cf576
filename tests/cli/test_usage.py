"""Days are UTC days, durations are those of bought videos, percentiles are real ones."""

from __future__ import annotations

from support.example_jobs import CREATED_AT, completed, failed, queued, rendering, rescue, saving
from videogen import jobs
from videogen.cli.usage import Usage, day_of, grouped
from videogen.jobs import Failure, Job

DAY = 24 * 60 * 60.0


def test_each_day_and_all_of_them() -> None:
    tomorrow = queued(created_at=CREATED_AT + DAY)
    found = grouped([tomorrow, *took(60, 70, 80), failed(Failure.of("content_refused"))], {})

    first, second = day_of(CREATED_AT), day_of(CREATED_AT + DAY)
    assert found == [
        Usage(first, 4, 3, 0, {"content_refused": 1}, 1.0, 70.0, 80.0, 0.0, 0.0, 3),
        Usage(second, 1, 0, 1, {}, None, None, None, 0.0, 0.0, 0),
        Usage("all", 5, 3, 1, {"content_refused": 1}, 1.0, 70.0, 80.0, 0.0, 0.0, 3),
    ]


def test_percentiles_are_by_nearest_rank() -> None:
    total = grouped(took(*range(65, 165, 10)), {})[-1]

    assert (total.median, total.p90) == (105.0, 145.0)


def test_a_rescue_says_nothing_about_how_long_a_video_takes() -> None:
    taken = jobs.resume_saving(rescue(), "run", 1, now=CREATED_AT + 1, lease_age=0)
    assert taken is not None

    total = grouped([completed(taken, at=3)], {})[-1]

    assert (total.completed, total.median, total.unpriced) == (1, None, 0)


def test_no_jobs_are_a_total_of_nothing() -> None:
    assert grouped([], {}) == [Usage("all", 0, 0, 0, {}, None, None, None, 0.0, 0.0, 0)]


def test_jobs_of_a_queue_have_their_own_row_and_waits() -> None:
    waited = [rendering(queued(dispatch="queue"), at=number) for number in (2.0, 5.0, 9.0)]
    by_dispatch = grouped([queued(dispatch="queue"), *waited, rendering()], {}, "dispatch")

    assert [(one.name, one.jobs, one.wait) for one in by_dispatch] == [
        ("call", 1, 1.0),
        ("queue", 4, 9.0),
        ("all", 5, 9.0),
    ]


def test_a_day_ends_at_midnight_utc() -> None:
    assert [day_of(moment) for moment in (DAY - 0.001, DAY)] == ["1970-01-01", "1970-01-02"]


def took(*seconds: float) -> list[Job]:
    return [completed(saving(rendering()), at=number) for number in seconds]
