"""A job that its operator gives up ends as time would have ended it."""

from __future__ import annotations

import pytest

from example_jobs import CREATED_AT, canceled, completed, erased, given_up, queued, rendering, rescue, saving
from videogen import jobs
from videogen.jobs import Failure, Job, Status

NOW = CREATED_AT + 70


@pytest.mark.parametrize(
    ("job", "failure"),
    [
        (queued(), Failure.of("expired")),
        (rendering(), Failure.of("outcome_unknown")),
        (saving(), Failure.of("save_failed")),
        (rescue(), jobs.charged_to(rescue(), Failure.of("save_failed"))),
    ],
    ids=["queued", "rendering", "saving", "a rescue"],
)
def test_a_running_job_ends_with_the_failure_that_time_would_have_brought(job: Job, failure: Failure) -> None:
    ended = jobs.give_up(job, now=NOW)

    assert ended is not None
    assert (ended.status, ended.stage, ended.failure, ended.completed_at) == (
        Status.FAILED,
        None,
        failure,
        NOW,
    )
    assert ended.history[-1].action == "job.failed"


@pytest.mark.parametrize("job", [completed(), canceled(), erased(), given_up()], ids=lambda job: job.status)
def test_a_job_that_has_ended_stays_as_it_is(job: Job) -> None:
    assert jobs.give_up(job, now=NOW) is None


def test_a_worker_whose_call_was_under_way_may_still_bring_the_video() -> None:
    ended = jobs.give_up(rendering(), now=NOW)

    assert ended is not None
    assert ended.is_improvable


def test_a_video_that_was_being_saved_can_be_rescued() -> None:
    ended = jobs.give_up(saving(), now=NOW)

    assert ended is not None
    assert ended.is_rescuable
