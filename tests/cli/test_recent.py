"""`videogen doctor --since`: what is worth waking somebody for, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.example_jobs import CREATED_AT, RUN_ID, completed, failed, queued, rendering, saving
from videogen import jobs
from videogen.cli.findings import Finding
from videogen.cli.recent import examine, seconds_of
from videogen.jobs import Failure, Job

if TYPE_CHECKING:
    from videogen.errors import FailureCode

NOW = CREATED_AT + 300


def levels(*found: Job, now: float = NOW) -> list[tuple[str, str]]:
    return [(finding.level, finding.detail) for finding in examine(found, since="1h", now=now)]


def refused(code: FailureCode = "provider_account") -> Job:
    return failed(Failure.of(code))


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1h", 3600), ("2d", 172_800), ("999999s", 999_999)]
)
def test_a_while_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "1", "h", "0h", "-1h", "1.5h", "1 h", "1h30m", "1w", "٣h"])
def test_what_is_no_while_is_said_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time: write it as 30m, 1h or 2d$"):
        seconds_of(text)


def test_twelve_of_fourteen_are_a_failure() -> None:
    assert levels(*12 * [refused()], *2 * [completed()]) == [
        ("failure", "12 of 14 jobs in 1h: 12 provider_account")
    ]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([], ("ok", "none of 0 that ended in 1h failed")),
        ([completed(), queued()], ("ok", "none of 1 that ended in 1h failed")),
        ([refused()], ("warning", "1 of 1 jobs in 1h: 1 provider_account")),
        ([refused(), refused("no_video")], ("failure", "2 of 2 jobs in 1h: 1 provider_account, 1 no_video")),
        (
            [refused(), refused(), *3 * [completed()]],
            ("warning", "2 of 5 jobs in 1h: 2 provider_account"),
        ),
        (9 * [refused("content_refused")], ("ok", "none of 0 that ended in 1h failed")),
        (9 * [refused("photo_unreadable")], ("ok", "none of 0 that ended in 1h failed")),
    ],
)
def test_few_failures_and_those_of_visitors_wake_nobody(given: list[Job], found: tuple[str, str]) -> None:
    assert levels(*given) == [found]


def test_a_paid_video_that_was_not_saved_is_a_failure_with_its_rescue() -> None:
    lost = failed(Failure.of("save_failed"), saving())

    assert list(examine([lost], since="1h", now=NOW))[1:] == [
        Finding("failure", "paid, not saved", lost.id, f"at once, it is free: videogen rescue {lost.id}")
    ]


def test_jobs_that_no_worker_takes_from_the_queue_are_told_with_the_oldest() -> None:
    waiting = [queued(dispatch="queue", created_at=CREATED_AT + later) for later in (0, 30, 250)]
    requeued = jobs.back_to_queue(
        rendering(queued(dispatch="queue")), RUN_ID, 1, now=CREATED_AT + 2, retry_at=CREATED_AT + 250
    )
    assert requeued is not None

    assert list(examine([*waiting, requeued, queued()], since="1h", now=NOW))[1:] == [
        Finding(
            "warning",
            "queue",
            "waiting for a worker: 3, the oldest for 300 s",
            "is `videogen worker` running? its /healthz says; or start another one",
        )
    ]
    assert list(examine(waiting[2:], since="1h", now=NOW))[1:] == []


def test_a_job_past_its_end_is_named() -> None:
    stuck = rendering()

    assert list(examine([stuck], since="1h", now=stuck.ends_by + 1))[1:] == [
        Finding("warning", "running", f"past their end: 1, such as {stuck.id}", f"videogen fail {stuck.id}")
    ]
