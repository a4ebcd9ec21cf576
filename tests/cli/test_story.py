"""What `videogen show` says of a job before its time line: how its worker got it, and until when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.example_jobs import CREATED_AT, queued, rendering
from videogen import jobs
from videogen.cli.story import summary
from videogen.jobs import Job, Limits

QUEUED = queued(dispatch="queue", limits=Limits.of(120))
CALLED_AGAIN = jobs.count_dispatch(queued(), now=CREATED_AT + 45, lease_age=0)
assert CALLED_AGAIN is not None


@pytest.mark.parametrize(
    ("job", "handed_over", "waited"),
    [
        (queued(), "by a call sent 2027-01-15T08:00:00.000Z", "no worker has claimed it"),
        (
            CALLED_AGAIN,
            "by a call sent 2027-01-15T08:00:00.000Z, and 1 more by polls, the last 2027-01-15T08:00:45.000Z",
            "no worker has claimed it",
        ),
        (
            rendering(QUEUED, at=7.5),
            "over the queue, by a message sent 2027-01-15T08:00:00.000Z",
            "7.5 s until a worker claimed it",
        ),
        (
            replace(QUEUED, dispatches=2, dispatched_at=CREATED_AT + 90),
            (
                "over the queue, by a message sent 2027-01-15T08:00:00.000Z, and 2 more by polls, "
                "the last 2027-01-15T08:01:30.000Z"
            ),
            "no worker has claimed it",
        ),
    ],
    ids=["called", "called again", "queue", "sent again"],
)
def test_how_the_worker_got_a_job_and_when(job: Job, handed_over: str, waited: str) -> None:
    told = summary(job)

    assert (told["handed over"], told["waited"]) == (handed_over, waited)


def test_the_deadlines_are_those_of_the_job() -> None:
    assert [summary(job)["deadlines"] for job in (queued(), QUEUED)] == [
        "no paid call after 2027-01-15T08:05:00.000Z, ended by 2027-01-15T08:16:00.000Z",
        "no paid call after 2027-01-15T08:37:30.000Z, ended by 2027-01-15T10:00:00.000Z",
    ]
