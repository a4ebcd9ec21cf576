"""The worker: at most one purchase and a true end, whatever is delivered, killed, lost or canceled."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from support.example_jobs import (
    CREATED_AT,
    JOB_ID,
    OLD_ID,
    URL,
    canceled,
    completed,
    erased,
    failed,
    given_up,
    queued,
    rendering,
    rescue,
    saving,
)
from support.memory_objects import IF_MATCH, LAX, Trouble, in_words
from support.scripted_worker import FILM, UNREADABLE, After, Call, Made, ScriptedWorker, is_gone
from videogen import jobs
from videogen.errors import (
    Conflict,
    NoSuchObject,
    ProviderNotStarted,
    ProviderNoVideo,
    ProviderOutcomeUnknown,
    ProviderRefused,
    StoreError,
    StoreUnavailable,
    UnsafeStore,
    VideoGone,
    VideoInterrupted,
    VideoIsText,
    VideoRefused,
)
from videogen.generation import RENEW_EVERY, Resumable, next_fetch_after
from videogen.job_store import photo_key
from videogen.jobs import Estimate, Failure, Job, Limits, Photo, Stage, Status, Transition, Video

if TYPE_CHECKING:
    from collections.abc import Callable

    from videogen.errors import FailureCode, JobError

NOT_APPLIED, REPLY_LOST, CONFLICT_REPORTED, DENIED = Trouble
SAVED = Video(
    key=f"videos/{JOB_ID}/1.mp4",
    bytes=len(FILM),
    sha256=hashlib.sha256(FILM).hexdigest(),
    host="provider.example",
)
STEPS = ["photo", "probe", "second probe", "claim", "link", "video", "end"]
"""A run's writes."""
BUSY = ProviderNotStarted("provider_busy")


@pytest.fixture
def worker() -> ScriptedWorker:
    return ScriptedWorker()


def code(job: Job) -> str | None:
    return job.failure.code if job.failure else None


# --- All goes well -----------------------------------------------------------------------------------------


def test_a_queued_job_becomes_a_stored_video(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.at(2)
    worker.provider.script = [After(61, Made())]
    worker.downloads = [After(4, None)]

    worker.run()

    assert worker.job == queued(
        version=6,
        epoch=1,
        status=Status.COMPLETED,
        run_id="run 1",
        renewed_at=CREATED_AT + 62,
        calls=1,
        started_at=CREATED_AT + 2,
        completed_at=CREATED_AT + 67,
        provider_url=URL,
        provider_request_id="chatcmpl-1",
        video=SAVED,
        settled=True,
        history=(
            Transition(at=CREATED_AT, epoch=0, action="job.created"),
            Transition(at=CREATED_AT + 2, epoch=1, action="job.claimed"),
            Transition(at=CREATED_AT + 63, epoch=1, action="blackbox.answered"),
            Transition(at=CREATED_AT + 67, epoch=1, action="job.completed"),
        ),
    )
    assert worker.stored_videos() == {SAVED.key: FILM}
    assert worker.fetched == [(63, URL)]
    assert [job.status for job in worker.ended] == [Status.COMPLETED]


def test_a_short_job_of_one_photo_asks_the_store_eleven_times(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.bucket.requests.clear()

    worker.run()

    job, photo, video = f"jobs/{JOB_ID}.json", f"photos/{JOB_ID}/1", f"videos/{JOB_ID}/1.mp4"
    assert worker.bucket.requests == [
        ("GET", job),
        ("GET", photo),
        ("PUT", photo),
        ("PUT", job),  # the probe of If-Match
        ("PUT", job),  # and of If-None-Match, both once for all jobs of a process
        ("PUT", job),  # the claim
        ("PUT", job),  # the link
        ("PUT", video),
        ("PUT", job),  # the end
        ("GET", "stats/blackboxai_google_veo-3-fast.json"),
        ("PUT", "stats/blackboxai_google_veo-3-fast.json"),
    ]


def test_where_videos_have_been_made_before_it_is_ten_times(worker: ScriptedWorker) -> None:
    worker.add(queued(estimate=Estimate(p50=60, p90=90)))
    worker.bucket.requests.clear()

    worker.run()

    assert (len(worker.bucket.requests), worker.job.status) == (10, Status.COMPLETED)


def test_the_lease_is_renewed_every_30_seconds(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [After(170, Made())]

    worker.run()

    assert (worker.job.status, worker.job.version) == (Status.COMPLETED, 4 + 5)
    assert worker.story == [
        "0 0 job.created",
        "0 1 job.claimed",
        "170 1 blackbox.answered",
        "170 1 job.completed",
    ]


def test_the_photos_are_sent_and_stored_clean(worker: ScriptedWorker) -> None:
    photos = [b"red", b"green", b"blue"]
    worker.add(queued(photos=tuple(Photo(type="image/png", bytes=3) for _ in photos)), *photos)

    worker.run()

    clean = (b"clean red", b"clean green", b"clean blue")
    body = {"model": "blackboxai/google/veo-3-fast", "prompt": "slow pan over the lake", "photos": clean}
    assert worker.provider.calls == [Call(0, body)]
    assert [worker.store.get_photo(photo_key(JOB_ID, number)).body for number in (1, 2, 3)] == [*clean]


# --- Deliveries --------------------------------------------------------------------------------------------


def test_a_job_that_is_not_there_is_left_alone(worker: ScriptedWorker) -> None:
    worker.run()

    assert worker.provider.calls == []


def test_a_record_that_cannot_be_read_is_left_alone(worker: ScriptedWorker) -> None:
    worker.bucket.put(f"jobs/{JOB_ID}.json", b"{}", content_type="application/json")

    worker.run()

    assert worker.provider.calls == []


def test_deliveries_after_the_end_change_nothing(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.run()
    done = worker.job

    for number in (2, 3):
        worker.run(f"run {number}")

    assert (worker.job, len(worker.provider.calls)) == (done, 1)
    assert worker.stored_videos() == {SAVED.key: FILM}


@pytest.mark.parametrize("at", [0, 60, 170])
def test_a_delivery_beside_a_living_call_does_nothing(worker: ScriptedWorker, at: float) -> None:
    worker.add(queued())
    worker.provider.script = [After(at, Made(), lambda: worker.run("run 2"))]

    worker.run()

    assert (worker.job.status, worker.job.run_id, len(worker.provider.calls)) == (
        Status.COMPLETED,
        "run 1",
        1,
    )


@pytest.mark.parametrize("request_number", range(6))
def test_of_two_deliveries_at_once_one_buys(worker: ScriptedWorker, request_number: int) -> None:
    # The second one runs whole just before one of the first one's writes: photo, probes, claim, link, video.
    worker.add(queued())
    worker.meanwhile("PUT", lambda: _run_beside(worker), skip=request_number)

    _run_beside(worker, "run 1")

    assert (worker.job.status, len(worker.provider.calls)) == (Status.COMPLETED, 1)


def _run_beside(worker: ScriptedWorker, run_id: str = "run 2") -> None:
    try:
        worker.run(run_id)
    except Resumable:
        return


def test_a_delivery_beside_a_living_saver_asks_to_be_delivered_again(worker: ScriptedWorker) -> None:
    worker.add(queued())
    second: list[type] = []

    def deliver() -> None:
        with pytest.raises(Resumable) as raised:
            worker.run("run 2")
        second.append(raised.type)

    worker.downloads = [After(10, None, deliver)]

    worker.run()

    assert second == [Resumable]
    assert (worker.job.status, worker.job.epoch, len(worker.fetched)) == (Status.COMPLETED, 1, 1)


def test_a_dead_rendering_is_never_called_again(worker: ScriptedWorker) -> None:
    worker.add(rendering())
    worker.at(91)

    worker.run("run 2")

    assert worker.provider.calls == []
    assert (worker.job.status, worker.job.failure) == (Status.FAILED, Failure.of("outcome_unknown"))
    assert worker.story[-1] == "91 1 job.failed"


def test_a_rendering_whose_lease_lives_is_left_alone(worker: ScriptedWorker) -> None:
    worker.add(rendering())
    worker.at(89)

    worker.run("run 2")

    assert worker.job.stage is Stage.RENDERING


def test_a_dead_saving_is_taken_over_and_not_bought_again(worker: ScriptedWorker) -> None:
    worker.add(saving())
    worker.at(170)

    worker.run("run 2")

    assert worker.provider.calls == []
    assert (worker.job.status, worker.job.epoch, worker.job.run_id) == (Status.COMPLETED, 2, "run 2")
    assert worker.stored_videos() == {f"videos/{JOB_ID}/2.mp4": FILM}


def test_what_a_killed_run_had_stored_is_deleted_when_another_completes(worker: ScriptedWorker) -> None:
    worker.add(saving())
    worker.bucket.put(f"videos/{JOB_ID}/1.mp4", FILM, content_type="video/mp4")
    worker.at(170)

    worker.run("run 2")

    assert worker.stored_videos() == {f"videos/{JOB_ID}/2.mp4": FILM}


@pytest.mark.parametrize(
    "job",
    [
        completed(),
        failed(Failure.of("no_video")),
        canceled(),
        erased(),
        failed(Failure.of("outcome_unknown")),
    ],
    ids=["completed", "failed", "canceled", "erased", "unknown"],
)
def test_an_ended_job_stays_as_it_is(worker: ScriptedWorker, job: Job) -> None:
    worker.add(job)
    before = worker.job

    worker.run()

    assert (worker.job, worker.provider.calls, worker.fetched) == (before, [], [])


# --- Before the call ---------------------------------------------------------------------------------------


def test_a_photo_that_cannot_be_read_ends_the_job_in_its_own_words(worker: ScriptedWorker) -> None:
    worker.add(queued(photos=(Photo(type="image/png", bytes=1),) * 2), b"photo", UNREADABLE)

    worker.run()

    assert worker.provider.calls == []
    assert worker.job.failure == Failure.of("photo_unreadable")._replace(
        detail="The second photo is none.", note="no image"
    )
    assert [code(job) for job in worker.ended] == ["photo_unreadable"]


def test_a_photo_that_is_gone_ends_the_job(worker: ScriptedWorker) -> None:
    worker.add(queued(photos=(Photo(type="image/png", bytes=1),) * 2), b"photo")

    worker.run()

    assert (code(worker.job), worker.provider.calls) == ("photo_unreadable", [])


@pytest.mark.parametrize("ignored", LAX, ids=in_words)
def test_a_store_that_ignores_a_condition_ends_the_job_uncharged(
    worker: ScriptedWorker, ignored: frozenset[str]
) -> None:
    worker.add(queued())
    worker.objects.ignored = ignored

    worker.run()

    assert worker.provider.calls == []
    assert worker.job.failure == Failure.of("store_unsafe")


@pytest.mark.parametrize("answer", [UnsafeStore, Conflict, NoSuchObject])
def test_a_store_that_never_takes_if_match_ends_the_job(
    worker: ScriptedWorker, answer: type[StoreError]
) -> None:
    worker.add(queued())
    worker.objects.answers = {IF_MATCH: answer}

    worker.run()

    assert worker.provider.calls == []
    assert worker.job.failure == Failure.of("store_unsafe")


def test_a_job_of_five_minutes_has_expired(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.at(300)

    worker.run()

    assert (worker.job.failure, worker.provider.calls) == (Failure.of("expired"), [])


def test_a_run_frozen_before_its_claim_until_the_five_minutes_are_over_buys_nothing(
    worker: ScriptedWorker,
) -> None:
    worker.add(queued())
    worker.at(290)
    worker.meanwhile("PUT", lambda: worker.freeze(10), skip=1)

    worker.run()

    assert (worker.job.failure, worker.provider.calls) == (Failure.of("expired"), [])


def test_a_run_frozen_after_its_claim_until_the_five_minutes_are_over_buys_nothing(
    worker: ScriptedWorker,
) -> None:
    worker.add(queued())
    worker.at(290)
    freeze_after_claim(worker, 10)

    worker.run()

    assert (worker.job.failure, worker.provider.calls) == (Failure.of("expired"), [])


def freeze_after_claim(worker: ScriptedWorker, seconds: float) -> None:
    """Freeze the process between the claim's reply and the call."""
    swap = worker.store.swap

    def swap_and_freeze(*args: Any, **options: Any) -> Any:
        swapped = swap(*args, **options)
        if swapped and swapped.job.stage is Stage.RENDERING and swapped.job.calls == 1:
            worker.store.swap = swap  # type: ignore[method-assign]  # in the place of the real one
            worker.freeze(seconds)
        return swapped

    worker.store.swap = swap_and_freeze  # type: ignore[method-assign]  # in the place of the real one


def test_a_run_frozen_between_claim_and_call_does_not_call_on_a_lease_that_is_over(
    worker: ScriptedWorker,
) -> None:
    worker.add(queued())
    freeze_after_claim(worker, 60)

    worker.run()

    # It knows that it sent nothing, so it may claim again.
    assert [call.at for call in worker.provider.calls] == [64]
    assert worker.story == [
        "0 0 job.created",
        "0 1 job.claimed",
        "60 1 job.requeued",
        "64 2 job.claimed",
        "64 2 blackbox.answered",
        "64 2 job.completed",
    ]


def test_a_run_frozen_between_claim_and_call_finds_its_job_ended_and_sends_nothing(
    worker: ScriptedWorker,
) -> None:
    worker.add(queued())
    swap = worker.store.swap

    def swap_then_others_act(*args: Any, **options: Any) -> Any:
        swapped = swap(*args, **options)
        if swapped and swapped.job.stage is Stage.RENDERING:
            worker.store.swap = swap  # type: ignore[method-assign]  # in the place of the real one
            worker.freeze(91)
            assert code(worker.poll()) == "outcome_unknown"
        return swapped

    worker.store.swap = swap_then_others_act  # type: ignore[method-assign]  # in the place of the real one

    worker.run()

    assert worker.provider.calls == []
    # The true worker alone may say better, once: nothing was started.
    assert worker.job.failure == Failure.of("provider_unreachable")._replace(note="the lease is over")
    assert worker.job.settled


# --- The provider says no ----------------------------------------------------------------------------------


def test_a_call_that_was_not_started_is_made_again_with_growing_pauses(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [BUSY, BUSY, After(60, Made())]
    worker.bucket.requests.clear()

    worker.run()

    assert worker.story == [
        "0 0 job.created",
        "0 1 job.claimed",
        "0 1 job.requeued",
        "4 2 job.claimed",
        "4 2 job.requeued",
        "12 3 job.claimed",
        "72 3 blackbox.answered",
        "72 3 job.completed",
    ]
    assert (worker.job.calls, worker.job.video and worker.job.video.key) == (3, f"videos/{JOB_ID}/3.mp4")
    assert [method for method, key in worker.bucket.requests if key.startswith("photos/")] == ["GET", "PUT"]


def test_the_third_call_that_was_not_started_is_the_last(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [BUSY, ProviderNotStarted("provider_unreachable"), BUSY]

    worker.run()

    assert (len(worker.provider.calls), worker.job.failure) == (3, Failure.of("provider_busy"))


def test_the_provider_s_wish_to_wait_is_kept(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [ProviderNotStarted("provider_busy", retry_after=30.0), Made()]

    worker.run()

    assert [call.at for call in worker.provider.calls] == [0, 30]


def test_a_wish_beyond_the_five_minutes_ends_the_job_at_once(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.at(250)
    worker.provider.script = [ProviderNotStarted("provider_busy", retry_after=50.0)]

    worker.run()

    assert (worker.job.failure, worker.clock.passed) == (Failure.of("provider_busy"), 250)


def test_another_delivery_may_make_the_next_call(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [ProviderNotStarted("provider_busy", retry_after=30.0), Made(), Made()]
    worker.clock.during_sleep = [lambda: worker.run("run 2")]

    worker.run()

    assert [call.at for call in worker.provider.calls] == [0, 30]
    assert (worker.job.status, worker.job.run_id, worker.job.epoch) == (Status.COMPLETED, "run 2", 2)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (
            ProviderRefused("content_refused", note="status 403"),
            Failure.of("content_refused")._replace(note="status 403"),
        ),
        (ProviderRefused("provider_account"), Failure.of("provider_account")),
        (
            ProviderRefused("provider_rejected", charged="unknown"),
            Failure.of("provider_rejected")._replace(charged="unknown"),
        ),
        (
            ProviderRefused("provider_rejected", detail="This model is unknown."),
            Failure.of("provider_rejected")._replace(detail="This model is unknown."),
        ),
        (ProviderOutcomeUnknown(), Failure.of("outcome_unknown")),
        (ProviderNoVideo(), Failure.of("no_video")),
        (ZeroDivisionError(), Failure.of("outcome_unknown")._replace(note="ZeroDivisionError")),
    ],
    ids=["content", "account", "begun", "own words", "unknown", "no video", "a defect of ours"],
)
def test_every_other_failure_of_the_call_is_final(
    worker: ScriptedWorker, error: Exception, failure: Failure
) -> None:
    worker.add(queued())
    worker.provider.script = [After(5, error)]

    worker.run()
    worker.run("run 2")

    assert (len(worker.provider.calls), worker.job.failure, worker.job.settled) == (1, failure, True)


IDS = {"x-litellm-call-id": "5f1d", "cf-ray": "8f1e-FRA"}


def with_ids(error: JobError) -> JobError:
    error.call_ids = IDS
    return error


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ([Made(call_ids=IDS)], Status.COMPLETED),
        ([with_ids(ProviderRefused("provider_account"))], Status.FAILED),
        ([with_ids(ProviderOutcomeUnknown())], Status.FAILED),
        ([with_ids(ProviderNoVideo())], Status.FAILED),
        ([with_ids(ProviderNotStarted("provider_busy"))] * 3, Status.FAILED),
    ],
    ids=["video", "refused", "unknown", "no video", "busy"],
)
def test_the_calls_ids_are_kept_for_every_outcome(
    worker: ScriptedWorker, script: list[Any], status: Status
) -> None:
    worker.add(queued())
    worker.provider.script = script

    worker.run()

    assert (worker.job.status, worker.job.call_ids) == (status, IDS)


def test_a_requeued_job_has_the_ids_of_its_last_call(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [
        with_ids(ProviderNotStarted("provider_busy")),
        Made(call_ids={"cf-ray": "second"}),
    ]

    worker.run()

    assert (worker.job.status, worker.job.call_ids) == (Status.COMPLETED, {"cf-ray": "second"})


def test_an_erased_job_keeps_no_ids(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [with_ids(ProviderNoVideo())]
    worker.run()

    assert worker.erase().call_ids == {}


def test_a_video_in_the_answer_is_saved(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [Made(url="data:video/mp4;sha256=x", video=b"the film itself")]

    worker.run()

    assert worker.job.status is Status.COMPLETED
    assert list(worker.stored_videos().values()) == [b"the film itself"]


def test_a_run_that_may_not_buy_leaves_the_job(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.may_buy = False

    with pytest.raises(Resumable):
        worker.run()

    assert (worker.job.status, worker.job.epoch, worker.provider.calls) == (Status.QUEUED, 0, [])


def test_each_renewal_of_the_lease_is_a_beat(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [After(95, Made())]

    worker.run()

    assert worker.beats == [30, 60, 90]


@pytest.mark.parametrize("trouble", [NOT_APPLIED, DENIED])
@pytest.mark.parametrize(
    ("outcome", "write"),
    [(Made(), "link"), (Made(), "end"), (BUSY, "link"), (ProviderOutcomeUnknown(), "link")],
)
def test_whoever_waits_for_the_store_keeps_beating(
    worker: ScriptedWorker, outcome: object, write: str, trouble: Trouble
) -> None:
    worker.add(queued(limits=Limits.of(120)))

    def store_goes_down() -> None:
        worker.trouble(*[("PUT", trouble), ("GET", NOT_APPLIED)] * 100)

    worker.provider.script = [After(5, outcome)]
    # Whatever the answer is, it is written in the place of the link.
    worker.meanwhile("PUT", store_goes_down, skip=STEPS.index(write))
    with suppress(StoreUnavailable):
        worker.run(seconds=math.inf)

    moments = [0.0, *worker.beats, worker.clock.passed]
    assert max(after - before for before, after in pairwise(moments)) <= 2 * RENEW_EVERY


# --- The lease ---------------------------------------------------------------------------------------------


def test_one_renewal_that_fails_is_made_up_for(worker: ScriptedWorker) -> None:
    worker.add(queued())
    seen: list[Job] = []

    def store_is_down() -> None:
        worker.trouble(*[("PUT", NOT_APPLIED), ("GET", NOT_APPLIED)] * 8)

    worker.provider.script = [
        After(120, Made(), lambda: seen.append(worker.poll())),
    ]
    worker.meanwhile("PUT", store_is_down, skip=STEPS.index("claim") + 1)

    worker.run()

    assert [job.stage for job in seen] == [Stage.RENDERING]
    assert worker.job.status is Status.COMPLETED


def test_a_video_that_comes_after_the_call_was_given_up_is_saved_and_told(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [After(0, Made(), lambda: lose_the_lease(worker))]

    worker.run()

    assert worker.story == [
        "0 0 job.created",
        "0 1 job.claimed",
        "100 1 job.failed",
        "100 1 blackbox.answered",
        "100.05 1 job.completed",
    ]
    assert (worker.job.status, worker.job.failure, worker.job.video) == (Status.COMPLETED, None, SAVED)


def lose_the_lease(worker: ScriptedWorker) -> None:
    """Freeze the worker in its call until a reader has given it up."""
    worker.freeze(100)
    assert code(worker.poll()) == "outcome_unknown"


def test_a_failure_that_comes_after_the_call_was_given_up_is_told(worker: ScriptedWorker) -> None:
    worker.add(queued())
    refused = ProviderRefused("content_refused")
    worker.provider.script = [After(0, refused, lambda: lose_the_lease(worker))]

    worker.run()

    assert (worker.job.failure, worker.job.settled) == (Failure.of("content_refused"), True)


def test_a_call_that_was_given_up_goes_on_and_its_beats_do_not_end_it(worker: ScriptedWorker) -> None:
    worker.add(queued())

    def wait_on() -> None:
        lose_the_lease(worker)
        worker.pass_time(300)

    worker.provider.script = [After(0, Made(), wait_on)]
    worker.downloads = [After(40, None)]

    worker.run()

    assert not worker.provider.is_closed
    assert (worker.job.status, worker.story[-1]) == (Status.COMPLETED, "440 1 job.completed")


def test_nobody_else_may_say_how_a_call_that_was_given_up_ended(worker: ScriptedWorker) -> None:
    worker.add(given_up(rendering(run_id="run 1")))
    worker.at(210)
    before = worker.job

    worker.run("run 2")

    assert (worker.job, worker.provider.calls) == (before, [])


def test_a_delivery_that_finds_a_call_given_up_leaves_the_true_worker_s_file_alone(
    worker: ScriptedWorker,
) -> None:
    worker.add(queued())
    worker.provider.script = [After(0, Made(), lambda: lose_the_lease(worker))]
    stored_then: list[dict[str, bytes]] = []

    def deliver_again() -> None:
        worker.run("run 2")
        stored_then.append(worker.stored_videos())

    # Photo, both probes, claim, the link (twice, since a reader has written) and the video have been written.
    worker.meanwhile("PUT", deliver_again, skip=7)

    worker.run()

    assert stored_then == [{SAVED.key: FILM}]
    assert (worker.job.status, worker.stored_videos()) == (Status.COMPLETED, {SAVED.key: FILM})


def test_a_late_video_that_cannot_be_saved_says_that_it_was_charged(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [After(0, Made(), lambda: lose_the_lease(worker))]
    worker.downloads = [VideoInterrupted()] * 100

    worker.run()

    assert (worker.job.failure, worker.job.provider_url) == (Failure.of("save_failed"), URL)
    assert worker.job.is_rescuable


# --- Recording the link ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "trouble"),
    [
        (write, trouble)
        for write in STEPS
        for trouble in (NOT_APPLIED, REPLY_LOST, CONFLICT_REPORTED)
        if (write, trouble) != ("video", CONFLICT_REPORTED)  # it carries no condition
    ],
)
def test_a_write_that_meets_trouble_is_made_good(
    worker: ScriptedWorker, write: str, trouble: Trouble
) -> None:
    worker.add(queued())
    worker.meanwhile("PUT", lambda: worker.objects.plan.append(("PUT", trouble)), skip=STEPS.index(write))
    worker.run()

    assert (worker.job.status, len(worker.provider.calls)) == (Status.COMPLETED, 1)
    assert worker.stored_videos() == {SAVED.key: FILM}


def test_the_link_outlasts_minutes_without_a_store(worker: ScriptedWorker) -> None:
    worker.add(queued())

    def store_goes_down() -> None:
        worker.trouble(*[("PUT", NOT_APPLIED), ("GET", NOT_APPLIED)] * 200)

    worker.provider.script = [After(60, Made(), store_goes_down)]

    worker.run()

    assert (worker.job.status, len(worker.provider.calls)) == (Status.COMPLETED, 1)
    assert 300 <= worker.clock.passed <= 420


@pytest.mark.parametrize("misses", [1, 3, 40])
def test_a_store_that_misses_the_record_for_a_while_loses_no_video(
    worker: ScriptedWorker, misses: int
) -> None:
    def miss() -> None:
        raise NoSuchObject

    def misses_begin() -> None:
        for method in ("PUT", "GET"):
            worker.objects.before += [(method, miss)] * misses

    def misses_begin_twice() -> None:
        misses_begin()
        worker.pass_time(60)
        misses_begin()

    worker.add(queued())
    worker.provider.script = [After(0, Made(), misses_begin_twice)]

    worker.run()

    assert (worker.job.status, len(worker.provider.calls)) == (Status.COMPLETED, 1)
    assert worker.stored_videos() == {SAVED.key: FILM}


@pytest.mark.parametrize("refusals", [1, 3, 9])
def test_the_link_outlasts_a_store_that_refuses(worker: ScriptedWorker, refusals: int) -> None:
    worker.add(queued())

    def store_refuses() -> None:
        worker.trouble(*[("PUT", Trouble.DENIED)] * refusals)

    worker.provider.script = [After(20, Made(), store_refuses)]

    worker.run()

    assert (worker.job.status, len(worker.provider.calls)) == (Status.COMPLETED, 1)


def test_a_link_recorded_after_a_reader_gave_up_still_brings_the_video(worker: ScriptedWorker) -> None:
    worker.add(queued())

    def store_goes_down() -> None:
        worker.trouble(*[("PUT", NOT_APPLIED), ("GET", NOT_APPLIED)] * 100)
        worker.meanwhile("PUT", worker.poll, skip=80)

    worker.provider.script = [After(60, Made(), store_goes_down)]

    worker.run()

    assert worker.job.status is Status.COMPLETED
    assert "job.failed" in [step.action for step in worker.job.history]


def test_a_store_that_never_comes_back_leaves_the_truth_to_the_next_reader(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.provider.script = [
        After(60, Made(), lambda: worker.trouble(*[("PUT", NOT_APPLIED), ("GET", NOT_APPLIED)] * 1000))
    ]

    with pytest.raises(StoreUnavailable):
        worker.run()

    assert worker.clock.passed <= 840
    worker.objects.plan.clear()
    worker.at(961)
    assert worker.poll().failure == Failure.of("outcome_unknown")
    worker.run("run 2")
    assert len(worker.provider.calls) == 1


# --- Saving ------------------------------------------------------------------------------------------------


def test_a_download_that_breaks_off_is_made_again(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.downloads = [
        VideoInterrupted(),
        After(0, VideoInterrupted()),
        After(0, StoreUnavailable()),
    ]

    worker.run()

    assert [at for at, _ in worker.fetched] == [0, 2, 6, 14]
    assert (worker.job.status, worker.stored_videos()) == (Status.COMPLETED, {SAVED.key: FILM})


CUT, CUT_LATER = VideoInterrupted(received=1000), VideoInterrupted(received=1001)


@pytest.mark.parametrize(
    ("failures", "pause"),
    [
        ([VideoInterrupted()], 2.0),
        ([VideoInterrupted()] * 2, 4.0),
        ([VideoInterrupted()] * 50, 20.0),
        ([VideoGone()], 15.0),
        ([VideoGone()] * 2, 15.0),
        ([VideoGone()] * 3, None),
        ([VideoGone(), VideoInterrupted(), VideoGone(), VideoInterrupted(), VideoGone()], None),
        ([VideoRefused()], None),
        ([CUT] * 5, 20.0),
        ([CUT] * 6, None),
        ([VideoInterrupted(received=0)] * 6, None),
        ([CUT] * 5 + [CUT_LATER], 20.0),
        ([CUT, CUT_LATER] * 10, 20.0),
        ([CUT] * 5 + [VideoInterrupted()], 20.0),
        ([CUT] * 5 + [VideoInterrupted(), CUT], 20.0),
        ([CUT_LATER] * 10 + [CUT] * 6, None),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, list) else str(value),
)
def test_a_fetch_is_repeated_while_something_changes(failures: list[JobError], pause: float | None) -> None:
    assert next_fetch_after(failures) == pause


@pytest.mark.parametrize("answer", ["413 EntityTooLarge", "403 QuotaExceeded", "404 NoSuchBucket"])
def test_a_video_that_the_store_refuses_is_not_fetched_for_ever(worker: ScriptedWorker, answer: str) -> None:
    worker.add(queued())
    worker.downloads = [After(0, StoreUnavailable(answer, transient=False))] * 100

    worker.run()

    assert worker.job.failure == Failure.of("save_failed")._replace(note=answer)
    assert (worker.job.is_rescuable, len(worker.fetched), worker.clock.passed) == (True, 6, 50)


def test_a_store_that_is_away_for_a_while_is_waited_for(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.downloads = [After(0, StoreUnavailable("503"))] * 20

    worker.run()

    assert (worker.job.status, len(worker.fetched)) == (Status.COMPLETED, 21)


def test_a_file_that_always_ends_early_ends_the_job(worker: ScriptedWorker) -> None:
    worker.add(saving())
    worker.at(152)
    worker.downloads = [VideoInterrupted(received=5)] * 100

    worker.run("run 2")

    assert (worker.job.failure, len(worker.fetched)) == (Failure.of("save_failed"), 6)
    assert worker.clock.passed < 152 + 180


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://www.blackbox.ai/pricing", "no_video"),
        ("https://h.example/v.mp4", "save_failed"),
        ("https://h.example/get?file=v.mp4&sig=1", "save_failed"),
    ],
)
@pytest.mark.parametrize("pages", [6, 400])
def test_a_link_of_no_videos_name_to_a_page_was_no_video(
    worker: ScriptedWorker, url: str, code: FailureCode, pages: int
) -> None:
    worker.add(queued())
    worker.provider.script = [Made(url=url)]
    # Interruptions between the pages keep the run at it until its time is over.
    worker.downloads = [VideoIsText()] * 6 if pages == 6 else [VideoIsText(), VideoInterrupted()] * 200

    worker.run()
    worker.run("run 2")

    assert worker.job.failure is not None
    assert (worker.job.failure.code, worker.job.charged) == (code, Failure.of(code).charged)
    assert (len(worker.provider.calls), worker.job.is_rescuable) == (1, True)


@pytest.mark.parametrize(
    ("failure", "fetches"),
    [
        (VideoGone(note="status 404"), 3),
        (VideoRefused(note="the file is no MP4"), 1),
        (VideoInterrupted(note="status 429", received=0), 6),
        (VideoInterrupted(), 44),  # until the run's time is over
    ],
    ids=str,
)
def test_a_link_in_doubt_proves_no_charge_however_it_ends(
    worker: ScriptedWorker, failure: JobError, fetches: int
) -> None:
    worker.add(queued())
    worker.provider.script = [Made(url="https://provider.example/policies", link_in_doubt=True)]
    worker.downloads = [failure] * 400

    worker.run()

    assert (worker.job.failure, worker.job.charged) == (
        Failure.of("no_video")._replace(note=failure.note),
        "unknown",
    )
    assert (len(worker.provider.calls), len(worker.fetched)) == (1, fetches)


def test_a_link_that_is_gone_is_asked_three_times_over_half_a_minute(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.downloads = [VideoGone()] * 3

    worker.run()

    assert [at for at, _ in worker.fetched] == [0, 15, 30]
    assert (worker.job.failure, worker.job.is_rescuable) == (Failure.of("video_gone"), False)


def test_a_link_that_was_only_late_is_saved(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.downloads = [VideoGone(), VideoGone()]

    worker.run()

    assert worker.job.status is Status.COMPLETED


def test_a_file_that_is_refused_is_asked_for_once(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.downloads = [VideoRefused()]

    worker.run()

    assert len(worker.fetched) == 1
    assert (worker.job.failure, worker.job.is_rescuable) == (Failure.of("video_refused"), True)


def test_a_run_out_of_time_with_the_job_s_time_left_asks_to_be_delivered_again(
    worker: ScriptedWorker,
) -> None:
    worker.add(saving())
    worker.at(170)
    worker.downloads = [VideoInterrupted()] * 100

    with pytest.raises(Resumable):
        worker.run("run 2", seconds=120)

    assert worker.job.stage is Stage.SAVING
    assert 270 <= worker.clock.passed <= 290


def test_a_job_out_of_time_has_failed_to_save_what_it_bought(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.downloads = [VideoInterrupted()] * 100

    worker.run()

    assert worker.job.failure == Failure.of("save_failed")
    assert 810 <= worker.clock.passed <= 840


def test_a_delivery_after_the_fourteenth_minute_only_ends_the_job(worker: ScriptedWorker) -> None:
    worker.add(saving())
    worker.at(850)

    worker.run("run 2")

    assert (worker.job.failure, worker.stored_videos()) == (Failure.of("save_failed"), {})


def test_a_saver_that_was_taken_over_writes_nothing_and_takes_its_file_away(worker: ScriptedWorker) -> None:
    worker.add(queued())

    def freeze_and_lose() -> None:
        worker.freeze(91)
        worker.run("run 2")

    worker.downloads = [After(0, None, freeze_and_lose)]

    worker.run()

    assert (worker.job.status, worker.job.run_id, worker.job.epoch) == (Status.COMPLETED, "run 2", 2)
    assert worker.story[-1] == "91 2 job.completed"
    assert worker.stored_videos() == {f"videos/{JOB_ID}/2.mp4": FILM}


# --- Cancel and erase --------------------------------------------------------------------------------------

CHARGED = {
    "photo": "no",
    "probe": "no",
    "second probe": "no",
    "claim": "no",
    "link": "unknown",
    "video": "yes",
    "end": "yes",
}


@pytest.mark.parametrize("what", ["cancel", "erase"])
@pytest.mark.parametrize("before", STEPS)
def test_a_job_canceled_or_erased_before_any_step_stays_so(
    worker: ScriptedWorker, before: str, what: str
) -> None:
    worker.add(queued())
    act: Callable[[], Job] = worker.cancel if what == "cancel" else worker.erase
    worker.meanwhile("PUT", act, skip=STEPS.index(before))

    worker.run()

    job = worker.job
    assert (job.status, job.failure and job.failure.charged) == (Status.CANCELED, CHARGED[before])
    assert worker.stored_videos() == {}
    assert len(worker.provider.calls) == (0 if CHARGED[before] == "no" else 1)
    if what == "erase":
        assert (job.prompt, job.provider_url, job.video) == ("", None, None)
        assert is_gone(worker.bucket, f"photos/{JOB_ID}/1")


@pytest.mark.parametrize("what", ["cancel", "erase"])
def test_a_job_canceled_while_the_provider_works_is_noticed_with_the_next_beat(
    worker: ScriptedWorker, what: str
) -> None:
    worker.add(queued())
    act = worker.cancel if what == "cancel" else worker.erase

    def cancel_then_wait() -> None:
        act()
        worker.pass_time(100)

    worker.provider.script = [After(40, Made(), cancel_then_wait)]

    worker.run()

    assert worker.provider.is_closed
    assert worker.clock.passed == pytest.approx(60, abs=0.5)
    assert (worker.job.status, worker.fetched) == (Status.CANCELED, [])


def test_a_job_erased_in_the_middle_of_its_upload_does_not_come_back(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.downloads = [After(5, None, worker.erase)]

    worker.run()

    assert worker.stored_videos() == {}
    assert (worker.job.status, worker.job.video, worker.job.prompt) == (Status.CANCELED, None, "")


def test_a_job_erased_while_a_killed_run_had_its_video_stored_is_cleaned_by_the_next_delivery(
    worker: ScriptedWorker,
) -> None:
    worker.add(erased(saving()))
    worker.bucket.put(f"videos/{JOB_ID}/1.mp4", FILM, content_type="video/mp4")

    worker.run("run 2")

    assert worker.stored_videos() == {}


def test_a_job_erased_after_it_was_completed_stays_erased(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.run()
    worker.erase()
    gone = worker.job

    worker.run("run 2")

    assert (worker.job, worker.stored_videos()) == (gone, {})


# --- Rescue ------------------------------------------------------------------------------------------------


def test_a_rescue_saves_what_was_paid_for_and_buys_nothing(worker: ScriptedWorker) -> None:
    worker.add(rescue())
    worker.at(3)

    worker.run()

    assert (worker.provider.calls, worker.fetched) == ([], [(3, URL)])
    assert (worker.job.status, worker.job.started_at, worker.job.rescues) == (
        Status.COMPLETED,
        CREATED_AT + 3,
        OLD_ID,
    )
    assert worker.stored_videos() == {SAVED.key: FILM}


def test_a_rescue_that_comes_too_late_says_so_and_costs_nothing(worker: ScriptedWorker) -> None:
    worker.add(rescue())
    worker.downloads = [VideoGone()] * 3

    worker.run()

    assert worker.job.failure == Failure(
        code="video_gone",
        retryable=True,
        charged="no",
        detail="The provider has deleted the video meanwhile. This try was not charged.",
    )
    assert not worker.job.is_rescuable


def test_a_failed_job_is_rescued_by_another(worker: ScriptedWorker) -> None:
    worker.add(queued())
    worker.downloads = [VideoRefused()]
    worker.run()
    old = worker.job
    assert old.is_rescuable

    saver = ScriptedWorker()
    saver.add(jobs.as_rescue(queued(), replace(old, id=OLD_ID)))
    saver.run()

    assert (len(worker.provider.calls), saver.provider.calls) == (1, [])
    assert saver.job.status is Status.COMPLETED


# --- The log -----------------------------------------------------------------------------------------------


def test_the_log_tells_the_story_and_no_secret(
    worker: ScriptedWorker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "videogen")
    worker.add(queued())
    worker.provider.script = [BUSY, After(60, Made())]
    worker.downloads = [VideoInterrupted(note="status 503")]

    worker.run()

    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [line["action"] for line in lines] == [
        "job.claimed",
        "blackbox.called",
        "blackbox.answered",
        "job.requeued",
        "job.claimed",
        "blackbox.called",
        "blackbox.answered",
        "video.retried",
        "video.saved",
        "job.completed",
    ]
    assert {line["jobId"] for line in lines} == {JOB_ID}
    assert [line["epoch"] for line in lines] == [1] * 4 + [2] * 6
    assert lines[6]["host"] == "provider.example"
    assert not any("signature" in line or "lake" in line for line in caplog.messages)
