"""GET /api/check-video-status: what the page sees, and what a poll heals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from support.functions_under_test import at, claimed, completed, saving
from videogen.functions.job_view import failure_view
from videogen.jobs import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.functions_under_test import SiteUnderTest


def test_a_queued_job(site: SiteUnderTest) -> None:
    started = site.start().body

    answer = site.status(started["jobId"])

    assert answer.status == 200
    assert answer.body == {
        "jobId": started["jobId"],
        "status": "queued",
        "stage": None,
        "prompt": "slow pan over the lake",
        "photosCount": 1,
        "createdAt": started["createdAt"],
        "startedAt": None,
        "completedAt": None,
        "elapsedSeconds": answer.body["elapsedSeconds"],
        "estimatedSeconds": None,
        "pollAfterMs": answer.body["pollAfterMs"],
        "videoUrl": None,
        "downloadUrl": None,
        "videoUrlExpiresAt": None,
        "keptUntil": None,
        "deletedAt": None,
        "error": None,
        "failure": None,
    }
    assert 0 <= answer.body["elapsedSeconds"] < 5
    assert 100 <= answer.body["pollAfterMs"] <= 4000
    assert answer.headers["Retry-After"] == str(math.ceil(answer.body["pollAfterMs"] / 1000))


def test_a_completed_job_has_links_that_play_and_download(site: SiteUnderTest) -> None:
    job_id = site.start().body["jobId"]
    completed(site, job_id)

    view = site.status(job_id).body

    assert (view["status"], view["pollAfterMs"], view["elapsedSeconds"]) == ("completed", None, 70.0)
    played = httpx.get(view["videoUrl"], headers={"Range": "bytes=2-4"})
    assert (played.status_code, played.content, played.headers["content-type"]) == (206, b"234", "video/mp4")
    assert parse_qs(urlsplit(view["videoUrl"]).query)["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    disposition = parse_qs(urlsplit(view["downloadUrl"]).query)["response-content-disposition"][0]
    assert disposition.startswith(f'attachment; filename="video-{view["createdAt"][:10]}-')


@pytest.mark.parametrize("job_id", ["A" * 22, "../../etc/passwd", "job_1_abc", "ä", "A" * 5000])
def test_an_unknown_id_is_404(site: SiteUnderTest, job_id: str) -> None:
    answer = site.status(job_id)

    assert (answer.status, answer.body["detail"]) == (404, "Job not found.")
    assert answer.body["message"] == "Job may have expired or does not exist."


def test_no_id_is_400(site: SiteUnderTest) -> None:
    answer = site.status("")

    assert answer.status == 400
    assert answer.body["errors"] == [{"field": "jobId", "message": "jobId parameter is required."}]


def test_a_queued_job_whose_call_was_lost_is_called_again_three_times(site: SiteUnderTest) -> None:
    job_id = site.start().body["jobId"]
    site.calls.clear()

    for seconds in range(0, 300, 5):
        at(site, seconds)
        site.status(job_id)

    assert site.calls == [(job_id, 1), (job_id, 2), (job_id, 3)]


@pytest.mark.parametrize(
    ("prepare", "seconds", "lease_age", "failure"),
    [
        (None, 301, 0, Failure.of("expired")),
        (claimed, 120, 91, Failure.of("outcome_unknown")),
        (claimed, 961, 10, Failure.of("outcome_unknown")),
        (saving, 961, 10, Failure.of("save_failed")),
    ],
)
def test_the_end_that_is_due_is_written_first_and_then_shown(
    site: SiteUnderTest,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[SiteUnderTest, str], None] | None,
    seconds: float,
    lease_age: float,
    failure: Failure,
) -> None:
    job_id = site.start().body["jobId"]
    if prepare:
        prepare(site, job_id)
    at(site, seconds)
    store: Any = site.deps.store
    read = store.read
    monkeypatch.setattr(store, "read", lambda one, **options: replace(read(one, **options), age=lease_age))

    view = site.status(job_id).body

    assert (view["status"], view["failure"]) == ("failed", failure_view(failure))
    assert view["error"] == failure.detail
    assert read(job_id).job.failure == failure


def test_a_living_lease_is_left_alone(site: SiteUnderTest) -> None:
    job_id = site.start().body["jobId"]
    claimed(site, job_id)
    at(site, 170)
    site.calls.clear()

    view = site.status(job_id).body

    assert (view["status"], view["stage"], site.calls) == ("processing", "rendering", [])


def test_a_dead_lease_in_saving_is_released_for_the_next_worker(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = site.start().body["jobId"]
    saving(site, job_id)
    site.calls.clear()
    store: Any = site.deps.store
    read = store.read
    monkeypatch.setattr(store, "read", lambda one, **options: replace(read(one, **options), age=91.0))
    at(site, 151)

    view = site.status(job_id).body

    assert (view["status"], view["stage"], site.calls) == ("processing", "saving", [(job_id, 1)])
    assert read(job_id).job.lease_released


def test_an_unknown_outcome_is_asked_about_once_a_minute_while_it_may_improve(site: SiteUnderTest) -> None:
    job_id = site.start().body["jobId"]
    claimed(site, job_id)
    at(site, 961)
    site.status(job_id)

    at(site, 600)
    early = site.status(job_id).body
    at(site, 961)
    late = site.status(job_id).body

    assert (early["pollAfterMs"], late["pollAfterMs"]) == (60_000, None)
