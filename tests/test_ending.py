"""A job's end is told once, whoever writes it: a log line, the ledger, the durations."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from support.example_jobs import (
    CREATED_AT,
    JOB_ID,
    RUN_ID,
    URL,
    VIDEO,
    canceled,
    completed,
    failed,
    given_up,
    queued,
    rendering,
    rescue,
    saving,
)
from support.memory_objects import Trouble
from support.service_under_test import ServiceUnderTest, logged
from videogen import ending, jobs
from videogen.job_store import photo_key
from videogen.jobs import Failure, Job

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[Job], Job | None]

ENDS = ("job.completed", "job.failed", "job.canceled")
AT = 100.0
"""When the end comes, in seconds since the job's creation."""
NOW = CREATED_AT + AT

CHANGES: dict[str, tuple[Job, Change, dict[str, Any]]] = {
    "a video": (
        saving(),
        lambda job: jobs.complete(job, RUN_ID, 1, now=NOW, video=VIDEO),
        {"level": "info", "action": "job.completed", "epoch": 1, "charged": "yes"},
    ),
    "a saved rescue": (
        rescue(),
        lambda job: jobs.complete(_taken(job), RUN_ID, 1, now=NOW, video=VIDEO),
        {"level": "info", "action": "job.completed", "epoch": 1, "charged": "no"},
    ),
    "a refusal": (
        rendering(),
        lambda job: jobs.fail(job, RUN_ID, 1, now=NOW, failure=Failure.of("content_refused")),
        {"level": "error", "action": "job.failed", "epoch": 1, "code": "content_refused", "charged": "no"},
    ),
    "a photo": (
        queued(),
        lambda job: jobs.fail_queued(job, now=NOW, failure=Failure.of("photo_unreadable")),
        {"level": "error", "action": "job.failed", "epoch": 0, "code": "photo_unreadable", "charged": "no"},
    ),
    "nobody reached": (
        queued(),
        lambda job: jobs.fail_unreached(job, now=NOW, failure=Failure.of("worker_unreachable")),
        {"level": "error", "action": "job.failed", "epoch": 0, "code": "worker_unreachable", "charged": "no"},
    ),
    "time": (
        rendering(),
        lambda job: jobs.end_due(job, now=NOW, lease_age=90),
        {
            "level": "error",
            "action": "job.failed",
            "epoch": 1,
            "code": "outcome_unknown",
            "charged": "unknown",
        },
    ),
    "the operator": (
        saving(),
        lambda job: jobs.give_up(job, now=NOW),
        {"level": "error", "action": "job.failed", "epoch": 1, "code": "save_failed", "charged": "yes"},
    ),
    "a cancel": (
        rendering(),
        lambda job: jobs.cancel(job, now=NOW),
        {"level": "info", "action": "job.canceled", "epoch": 1, "code": "canceled", "charged": "unknown"},
    ),
    "an erasure": (
        saving(),
        lambda job: jobs.erase(job, now=NOW),
        {"level": "info", "action": "job.canceled", "epoch": 1, "code": "canceled", "charged": "yes"},
    ),
    "the late truth": (
        given_up(),
        lambda job: jobs.fail(job, RUN_ID, 1, now=NOW, failure=Failure.of("provider_account")),
        {"level": "error", "action": "job.failed", "epoch": 1, "code": "provider_account", "charged": "no"},
    ),
    "the late video": (
        given_up(),
        lambda job: jobs.complete(job, RUN_ID, 1, now=NOW, video=VIDEO),
        {"level": "info", "action": "job.completed", "epoch": 1, "charged": "yes"},
    ),
}


def _taken(job: Job) -> Job:
    taken = jobs.resume_saving(job, RUN_ID, 1, now=NOW, lease_age=0)
    assert taken is not None
    return taken


@pytest.fixture
def site(caplog: pytest.LogCaptureFixture) -> ServiceUnderTest:
    caplog.set_level(logging.INFO, logger="videogen")
    return ServiceUnderTest(limit=5)


def swap(site: ServiceUnderTest, change: Change) -> bool:
    stored = site.deps.store.read(JOB_ID)
    return ending.swap(site.deps, stored, lambda it: change(it.job)) is not None


@pytest.mark.parametrize(
    "trouble", [None, Trouble.REPLY_LOST, Trouble.CONFLICT_REPORTED, Trouble.NOT_APPLIED]
)
@pytest.mark.parametrize("end", CHANGES)
def test_every_end_is_logged_once(
    end: str, trouble: Trouble | None, site: ServiceUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    job, change, line = CHANGES[end]
    site.put(job)
    site.objects.plan = [("PUT", trouble)] if trouble else []

    assert swap(site, change)

    assert logged(caplog, *ENDS) == [{**line, "jobId": JOB_ID, "durationMs": 1000 * AT}]


def test_an_end_s_line_carries_its_note(site: ServiceUnderTest, caplog: pytest.LogCaptureFixture) -> None:
    site.put(rendering())
    failure = Failure.of("no_video")._replace(note="status 200, no link")

    swap(site, lambda job: jobs.fail(job, RUN_ID, 1, now=NOW, failure=failure))

    assert [line["note"] for line in logged(caplog, *ENDS)] == ["status 200, no link"]


@pytest.mark.parametrize("end", CHANGES)
def test_what_an_end_did_not_cost_is_given_back(end: str, site: ServiceUnderTest) -> None:
    job, change, line = CHANGES[end]
    site.deps.ledger.reserve(JOB_ID, CREATED_AT)
    site.put(job)

    swap(site, change)

    is_free = line["charged"] == "no" and line["action"] != "job.completed"
    assert site.reserved() == (set() if is_free else {JOB_ID})


@pytest.mark.parametrize("end", CHANGES)
def test_the_durations_learn_of_bought_videos_alone(end: str, site: ServiceUnderTest) -> None:
    job, change, _ = CHANGES[end]
    site.put(job)

    swap(site, change)

    learned = [json.loads(held.body) for key, held in site.bucket.held.items() if key.startswith("stats/")]
    is_bought = end in {"a video", "the late video"}
    assert [document["seconds"] for document in learned] == ([[AT]] if is_bought else [])


@pytest.mark.parametrize("end", CHANGES)
def test_originals_are_gone_and_clean_photos_stay(end: str, site: ServiceUnderTest) -> None:
    job, change, line = CHANGES[end]
    site.put(job)
    site.deps.store.put_photo(photo_key(JOB_ID, 1), b"with GPS", "image/jpeg")

    swap(site, change)

    # The worker cleans before it claims, and a claim counts the epoch.
    assert photos_kept(site) == ([] if line["epoch"] == 0 else [b"with GPS"])


def photos_kept(site: ServiceUnderTest) -> list[bytes]:
    return [held.body for key, held in site.bucket.held.items() if key.startswith("photos/")]


@pytest.mark.parametrize(
    "change",
    [
        lambda job: jobs.cancel(job, now=NOW),
        lambda job: jobs.give_up(job, now=NOW),
        lambda job: jobs.erase(job, now=NOW),
        lambda job: jobs.end_due(job, now=CREATED_AT + 400, lease_age=0),
        lambda job: jobs.fail_queued(job, now=NOW, failure=Failure.of("misconfigured")),
        lambda job: jobs.fail_queued(job, now=NOW, failure=Failure.of("store_unsafe")),
    ],
    ids=["cancel", "operator", "erase", "expired", "misconfigured", "unsafe store"],
)
def test_originals_are_gone_after_every_early_end(change: Change, site: ServiceUnderTest) -> None:
    site.put(queued())
    site.deps.store.put_photo(photo_key(JOB_ID, 1), b"with GPS", "image/jpeg")

    assert swap(site, change)

    if site.deps.store.read(JOB_ID).job.deleted_at is None:  # an erasure takes its photos itself
        assert photos_kept(site) == []


def test_a_store_that_keeps_an_original_is_asked_again(
    site: ServiceUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    site.put(queued())
    site.deps.store.put_photo(photo_key(JOB_ID, 1), b"with GPS", "image/jpeg")
    site.objects.plan = [("DELETE", Trouble.NOT_APPLIED)] * 9

    assert swap(site, lambda job: jobs.cancel(job, now=NOW))
    assert photos_kept(site) == [b"with GPS"]
    assert [line["jobId"] for line in logged(caplog, "job.originals_left")] == [JOB_ID]

    site.objects.plan = []
    assert swap(site, lambda job: jobs.cancel(job, now=NOW))
    assert photos_kept(site) == []


NO_ENDS: dict[str, tuple[Job, Change]] = {
    "a claim": (queued(), lambda job: jobs.claim(job, RUN_ID, 1, now=NOW)),
    "a renewal": (saving(), lambda job: jobs.renew(job, RUN_ID, 1, now=NOW)),
    "a second cancel": (canceled(), lambda job: jobs.cancel(job, now=NOW)),
    "erasing what has failed": (
        failed(Failure.of("no_video")),
        lambda job: jobs.erase(job, now=NOW),
    ),
    "erasing what was given up": (given_up(), lambda job: jobs.erase(job, now=NOW)),
    "erasing a video": (completed(), lambda job: jobs.erase(job, now=NOW)),
    "a late link": (
        given_up(),
        lambda job: jobs.record_url(job, RUN_ID, 1, now=NOW, url=URL, request_id=None),
    ),
    "what may not happen": (completed(), lambda job: jobs.cancel(job, now=NOW)),
}


@pytest.mark.parametrize("change", NO_ENDS)
def test_what_is_no_end_is_not_told(
    change: str, site: ServiceUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    job, act = NO_ENDS[change]
    site.put(job)

    swap(site, act)

    assert logged(caplog, *ENDS) == []
    assert not any(key.startswith("stats/") for key in site.bucket.held)


def test_of_two_who_end_a_job_one_tells_it(site: ServiceUnderTest, caplog: pytest.LogCaptureFixture) -> None:
    site.put(rendering())
    site.objects.before = [("PUT", lambda: swap(site, lambda job: jobs.cancel(job, now=NOW)))]

    assert swap(site, lambda job: jobs.erase(job, now=NOW))

    assert [line["action"] for line in logged(caplog, *ENDS)] == ["job.canceled"]


def test_a_repeated_cancel_gives_back_what_the_first_did_not(site: ServiceUnderTest) -> None:
    """The first one died between its write and the ledger's."""
    site.deps.ledger.reserve(JOB_ID, CREATED_AT)
    site.put(canceled())

    swap(site, lambda job: jobs.cancel(job, now=NOW))

    assert site.reserved() == set()
