"""The job's rules: what each change makes of a job, and where it may not happen."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from support.example_jobs import (
    CREATED_AT,
    OLD_ID,
    RUN_ID,
    STATES,
    URL,
    VIDEO,
    canceled,
    completed,
    erased,
    failed,
    given_up,
    given_up_with_link,
    queued,
    rendering,
    requeued,
    rescue,
    saving,
)
from videogen import jobs
from videogen.jobs import Estimate, Failure, Job, Limits, Stage, Status, Transition

if TYPE_CHECKING:
    from collections.abc import Callable

    from videogen.errors import FailureCode

NOW = CREATED_AT + 160


def stepped(job: Job, action: str, *, at: float = NOW, **changes: Any) -> Job:
    """Return what a step makes of a job: one version on, its action in the history."""
    changed = replace(job, version=job.version + 1, **changes)
    return replace(changed, history=(*job.history, Transition(at=at, epoch=changed.epoch, action=action)))


def on_queue(job: Job, **changes: Any) -> Job:
    """Return the job as one of a site with a queue."""
    return replace(job, dispatch="queue", **changes)


def unconfirmed(job: Job, **changes: Any) -> Job:
    """Return it as one whose message the queue has perhaps never taken."""
    noted = jobs.note_unclear(on_queue(job), now=CREATED_AT)
    assert noted is not None
    return replace(noted, **changes)


# --- Every change in every state ---------------------------------------------------------------------------

OTHER_VIDEO = VIDEO._replace(sha256="cd" * 32)
LATER = CREATED_AT + 250
CHANGES: dict[str, tuple[Callable[[Job], Job | None], set[str]]] = {
    "claim": (
        lambda job: jobs.claim(job, "another", job.epoch + 1, now=NOW),
        {"queued", "queued again"},
    ),
    "take over": (
        lambda job: jobs.resume_saving(job, "another", job.epoch + 1, now=NOW, lease_age=90),
        {"saving", "rescue"},
    ),
    "renew": (lambda job: jobs.renew(job, RUN_ID, 1, now=NOW), {"rendering", "saving"}),
    "back to the queue": (
        lambda job: jobs.back_to_queue(job, RUN_ID, 1, now=NOW, retry_at=NOW + 4),
        {"rendering"},
    ),
    "record the link": (
        lambda job: jobs.record_url(job, RUN_ID, 1, now=NOW, url=URL + "2", request_id=None),
        {"rendering", "given up", "given up, link known"},
    ),
    "complete": (
        lambda job: jobs.complete(job, RUN_ID, 1, now=NOW, video=OTHER_VIDEO),
        {"saving", "given up", "given up, link known"},
    ),
    "fail": (
        lambda job: jobs.fail(job, RUN_ID, 1, now=NOW, failure=Failure.of("video_gone")),
        {"rendering", "saving", "given up", "given up, link known"},
    ),
    "fail while nobody holds it": (
        lambda job: jobs.fail_queued(job, now=NOW, failure=Failure.of("photo_unreadable")),
        {"queued", "queued again"},
    ),
    "fail, nobody was reached": (
        lambda job: jobs.fail_unreached(job, now=NOW, failure=Failure.of("worker_unreachable")),
        {"queued", "rescue"},
    ),
    "end by time": (
        lambda job: jobs.end_due(job, now=CREATED_AT + 960, lease_age=0),
        {"queued", "queued again", "rendering", "saving", "rescue"},
    ),
    "give up": (
        lambda job: jobs.give_up(job, now=NOW),
        {"queued", "queued again", "rendering", "saving", "rescue"},
    ),
    "end at the operator's word": (
        lambda job: jobs.give_up(job, now=NOW),
        {"queued", "queued again", "rendering", "saving", "rescue"},
    ),
    "count a call": (
        lambda job: jobs.count_dispatch(job, now=LATER, lease_age=90),
        {"queued", "queued again", "saving", "rescue"},
    ),
    "note an unclear call": (
        lambda job: jobs.note_unclear(job, now=NOW),
        {"queued", "rescue"},
    ),
    "cancel": (
        lambda job: jobs.cancel(job, now=NOW),
        {"queued", "queued again", "rendering", "saving", "rescue"},
    ),
    "erase": (lambda job: jobs.erase(job, now=NOW), set(STATES) - {"erased", "given up, erased"}),
}
ALREADY = {("cancel", "canceled"), ("cancel", "erased"), ("erase", "erased"), ("erase", "given up, erased")}
ALREADY |= {("back to the queue", "queued again")}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("state", STATES)
def test_each_change_happens_where_it_may_and_nowhere_else(change: str, state: str) -> None:
    job = STATES[state]()
    apply, allowed = CHANGES[change]

    changed = apply(job)

    if (change, state) in ALREADY:
        assert changed is job
    elif state in allowed:
        assert changed is not None
        assert changed.version == job.version + 1
        assert changed.epoch >= job.epoch
    else:
        assert changed is None


@pytest.mark.parametrize(
    ("run_id", "epoch"), [("another", 1), (RUN_ID, 0), (RUN_ID, 2)], ids=["name", "old epoch", "new epoch"]
)
@pytest.mark.parametrize("state", STATES)
def test_nothing_is_changed_by_a_run_that_does_not_hold_the_job(state: str, run_id: str, epoch: int) -> None:
    job = STATES[state]()

    assert [
        jobs.renew(job, run_id, epoch, now=NOW),
        jobs.back_to_queue(job, run_id, epoch, now=NOW, retry_at=NOW),
        jobs.record_url(job, run_id, epoch, now=NOW, url=URL, request_id=None),
        jobs.complete(job, run_id, epoch, now=NOW, video=VIDEO),
        jobs.fail(job, run_id, epoch, now=NOW, failure=Failure.of("no_video")),
    ] == [None] * 5


# --- Rendering ---------------------------------------------------------------------------------------------


def test_a_claim_marks_the_paid_call_as_being_made() -> None:
    assert jobs.claim(queued(), RUN_ID, 1, now=NOW) == stepped(
        queued(),
        "job.claimed",
        epoch=1,
        run_id=RUN_ID,
        status=Status.PROCESSING,
        stage=Stage.RENDERING,
        calls=1,
        started_at=NOW,
    )


def test_a_claim_after_a_refusal_counts_the_calls_and_keeps_the_first_start() -> None:
    assert jobs.claim(requeued(), "another", 2, now=CREATED_AT + 6) == stepped(
        requeued(),
        "job.claimed",
        at=CREATED_AT + 6,
        epoch=2,
        run_id="another",
        status=Status.PROCESSING,
        stage=Stage.RENDERING,
        calls=2,
        started_at=CREATED_AT + 1,
    )


def test_a_claim_is_known_again_by_the_run_that_made_it() -> None:
    job = rendering()

    assert jobs.claim(job, RUN_ID, 1, now=NOW) is job
    assert jobs.claim(job, "another", 1, now=NOW) is None


@pytest.mark.parametrize(
    ("job", "epoch", "now"),
    [
        (queued(), 2, NOW),
        (queued(epoch=1), 1, NOW),
        (queued(calls=3), 1, NOW),
        (queued(), 1, CREATED_AT + 300),
        (queued(retry_at=NOW + 0.1), 1, NOW),
    ],
    ids=["an epoch skipped", "an epoch passed", "three calls made", "five minutes old", "too early"],
)
def test_a_claim_is_refused(job: Job, epoch: int, now: float) -> None:
    assert jobs.claim(job, RUN_ID, epoch, now=now) is None


def test_a_renewal_changes_the_version_only() -> None:
    assert jobs.renew(rendering(), RUN_ID, 1, now=NOW) == replace(rendering(), version=3, renewed_at=NOW)


def test_a_renewal_takes_a_released_lease_back() -> None:
    released = jobs.count_dispatch(saving(), now=LATER, lease_age=90)
    assert released is not None

    assert jobs.renew(released, RUN_ID, 1, now=NOW) == replace(
        released, version=5, lease_released=False, renewed_at=NOW
    )


def test_back_to_the_queue_with_the_time_of_the_next_call() -> None:
    assert requeued() == stepped(
        rendering(),
        "job.requeued",
        at=CREATED_AT + 2,
        status=Status.QUEUED,
        stage=None,
        retry_at=CREATED_AT + 6,
    )


@pytest.mark.parametrize(
    ("calls", "age", "retry_after", "pause"),
    [
        (1, 10, 0, 4),
        (2, 20, 0, 8),
        (1, 10, 30, 30),
        (1, 10, 3, 4),
        (1, 295.9, 0, 4),
        (3, 20, 0, None),
        (1, 296, 0, None),
        (1, 10, 290, None),
        (1, 10, math.inf, None),
    ],
)
def test_when_a_call_may_be_made_again(
    calls: int, age: float, retry_after: float, pause: float | None
) -> None:
    now = CREATED_AT + age

    again = jobs.next_call_at(replace(rendering(), calls=calls), now=now, retry_after=retry_after)

    assert again == (None if pause is None else now + pause)


def test_the_link_is_recorded_before_anything_is_done_with_it() -> None:
    assert jobs.record_url(rendering(), RUN_ID, 1, now=NOW, url=URL, request_id="chatcmpl-1") == stepped(
        rendering(),
        "blackbox.answered",
        stage=Stage.SAVING,
        provider_url=URL,
        provider_request_id="chatcmpl-1",
    )
    assert jobs.record_url(saving(), RUN_ID, 1, now=NOW, url=URL, request_id=None) == saving()


# --- Saving ------------------------------------------------------------------------------------------------


def in_doubt(job: Job) -> Job:
    """Return a job whose link has stood in a sentence and names no video."""
    found = jobs.record_url(job, RUN_ID, 1, now=NOW, url=URL, request_id=None, link_in_doubt=True)
    assert found is not None
    return found


@pytest.mark.parametrize("code", ["video_gone", "video_refused", "save_failed", "no_video"])
def test_a_link_in_doubt_proves_no_charge(code: FailureCode) -> None:
    failure = Failure.of(code)._replace(note="status 404")

    ended = jobs.fail(in_doubt(rendering()), RUN_ID, 1, now=NOW, failure=failure)

    assert ended is not None
    assert ended.failure == Failure.of("no_video")._replace(note="status 404")
    assert jobs.fail(ended, RUN_ID, 1, now=LATER, failure=failure) is ended


def test_a_link_in_doubt_proves_none_to_anybody_else() -> None:
    job = in_doubt(rendering())
    again = jobs.as_rescue(queued(), replace(job, id=OLD_ID))

    assert job.charged == "unknown"
    assert jobs.due_end(job, now=job.ends_by, lease_age=0) == Failure.of("no_video")
    assert canceled(job).failure == canceled(rendering()).failure
    refused = jobs.charged_to(again, Failure.of("video_refused"))
    assert refused == Failure.of("no_video")._replace(
        charged="no", detail="There is still no video behind the provider's link. This try was not charged."
    )


def test_a_link_in_doubt_is_tried_again_until_it_has_answered() -> None:
    first = in_doubt(rendering())
    rescue_of_it = replace(first, rescues=OLD_ID)

    ended = [
        failed(Failure.of("save_failed"), first),
        failed(Failure.of("save_failed"), rescue_of_it),
        failed(Failure.of("video_gone"), rescue_of_it),
    ]

    assert [(job.failure and job.failure.code, job.charged, job.is_rescuable) for job in ended] == [
        ("no_video", "unknown", True),
        ("save_failed", "no", True),
        ("no_video", "no", False),
    ]


def test_a_dead_lease_in_saving_is_taken_over_with_a_new_epoch() -> None:
    taken = jobs.resume_saving(saving(), "another", 2, now=NOW, lease_age=90)

    assert taken == stepped(saving(), "job.taken_over", epoch=2, run_id="another")
    assert jobs.resume_saving(taken, "another", 2, now=NOW, lease_age=0) is taken


def test_a_living_lease_in_saving_is_not_taken_over() -> None:
    assert jobs.resume_saving(saving(), "another", 2, now=NOW, lease_age=89.9) is None


def test_a_released_lease_is_taken_over_at_once() -> None:
    released = replace(saving(), lease_released=True)

    assert jobs.resume_saving(released, "another", 2, now=NOW, lease_age=0) == stepped(
        released, "job.taken_over", epoch=2, run_id="another", lease_released=False
    )


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_takeover_is_refused_to_a_run_that_has_seen_another_epoch(epoch: int) -> None:
    assert jobs.resume_saving(saving(), "another", epoch, now=NOW, lease_age=90) is None


def test_a_job_is_completed_by_its_stored_video() -> None:
    assert jobs.complete(saving(), RUN_ID, 1, now=NOW, video=VIDEO) == stepped(
        saving(),
        "job.completed",
        status=Status.COMPLETED,
        stage=None,
        video=VIDEO,
        completed_at=NOW,
        settled=True,
    )
    assert jobs.complete(completed(), RUN_ID, 1, now=NOW, video=VIDEO) == completed()
    assert jobs.complete(completed(), RUN_ID, 1, now=NOW, video=OTHER_VIDEO) is None


# --- Ends --------------------------------------------------------------------------------------------------


def test_a_job_fails_with_what_its_run_says() -> None:
    failure = Failure.of("content_refused")

    assert jobs.fail(rendering(), RUN_ID, 1, now=NOW, failure=failure) == stepped(
        rendering(),
        "job.failed",
        status=Status.FAILED,
        stage=None,
        failure=failure,
        completed_at=NOW,
        settled=True,
    )


def test_the_same_failure_again_is_a_lost_reply_and_another_is_refused() -> None:
    job = failed(Failure.of("no_video"))

    assert jobs.fail(job, RUN_ID, 1, now=NOW, failure=Failure.of("no_video")) is job
    assert jobs.fail(job, RUN_ID, 1, now=NOW, failure=Failure.of("content_refused")) is None


@pytest.mark.parametrize(
    ("job", "age", "lease_age", "code"),
    [
        (queued(), 300, 0, "expired"),
        (queued(), 299.9, 299.9, None),
        (requeued(), 300, 0, "expired"),
        (rendering(), 120, 90, "outcome_unknown"),
        (rendering(), 120, 89.9, None),
        (rendering(), 960, 0, "outcome_unknown"),
        (saving(), 700, 600, None),
        (saving(), 960, 0, "save_failed"),
        (replace(saving(), dispatches=2, dispatched_at=CREATED_AT + 200), 700, 600, None),
        (replace(saving(), dispatches=3, dispatched_at=CREATED_AT + 200), 290, 90, "save_failed"),
        (replace(saving(), dispatches=3, dispatched_at=CREATED_AT + 200), 290, 89.9, None),
        (
            replace(saving(), dispatches=3, dispatched_at=CREATED_AT + 200, lease_released=True),
            289,
            0,
            None,
        ),
        # A queue keeps what polls have sent, however long others wait there before it.
        (on_queue(saving(), dispatches=3, dispatched_at=CREATED_AT + 200), 959, 600, None),
        (completed(), 1000, 1000, None),
    ],
)
def test_the_end_that_time_brings(job: Job, age: float, lease_age: float, code: str | None) -> None:
    failure = jobs.due_end(job, now=CREATED_AT + age, lease_age=lease_age)

    assert (failure and failure.code) == code


def test_an_end_by_time_is_written_by_anybody_and_settles_nothing() -> None:
    assert jobs.end_due(rendering(), now=NOW, lease_age=90) == stepped(
        rendering(),
        "job.failed",
        status=Status.FAILED,
        stage=None,
        failure=Failure.of("outcome_unknown"),
        completed_at=NOW,
    )


@pytest.mark.parametrize(
    ("job", "failure"),
    [
        (queued(), Failure.of("expired")),
        (rendering(), Failure.of("outcome_unknown")),
        (saving(), Failure.of("save_failed")),
        (rescue(), jobs.charged_to(rescue(), Failure.of("save_failed"))),
    ],
)
def test_a_job_that_is_given_up_ends_as_time_would_have_ended_it(job: Job, failure: Failure) -> None:
    # So what was being saved can be rescued, and a worker whose call was under way may bring the video.
    assert jobs.give_up(job, now=NOW) == stepped(
        job,
        "job.failed",
        status=Status.FAILED,
        stage=None,
        lease_released=False,
        failure=failure,
        completed_at=NOW,
    )


def test_nobody_may_end_a_job_as_unreached_once_a_worker_has_come_to_it() -> None:
    # Its worker is waiting for the time of the next call.
    assert jobs.fail_unreached(requeued(), now=NOW, failure=Failure.of("worker_unreachable")) is None


def test_an_unreached_end_is_known_again() -> None:
    failure = Failure.of("worker_unreachable")
    ended = jobs.fail_unreached(queued(), now=NOW, failure=failure)
    assert ended is not None

    assert jobs.fail_unreached(ended, now=NOW, failure=failure) is ended


@pytest.mark.parametrize(
    ("job", "charged", "detail"),
    [
        (queued(), "no", "This video was canceled. Nothing was charged."),
        (requeued(), "no", "This video was canceled. Nothing was charged."),
        (rescue(), "no", "This video was canceled. Nothing was charged."),
        (
            rendering(),
            "unknown",
            "This video was canceled while the provider was making it. It may still be charged.",
        ),
        (saving(), "yes", "This video was canceled. It had been made already, and it was charged."),
    ],
    ids=["queued", "queued again", "rescue", "rendering", "saving"],
)
def test_a_canceled_job_says_what_it_cost(job: Job, charged: Any, detail: str) -> None:
    failure = Failure(code="canceled", retryable=True, charged=charged, detail=detail)

    assert jobs.cancel(job, now=NOW) == stepped(
        job,
        "job.canceled",
        status=Status.CANCELED,
        stage=None,
        failure=failure,
        completed_at=NOW,
        lease_released=False,
        retry_at=None,
    )


def test_erasing_leaves_a_tombstone_that_tells_when_and_nothing_else() -> None:
    job = completed(saving(rendering(queued(estimate=Estimate(p50=60, p90=90)))))

    assert jobs.erase(job, now=NOW) == stepped(
        job,
        "job.deleted",
        prompt="",
        provider_url=None,
        provider_request_id=None,
        video=None,
        fingerprint="",
        deleted_at=NOW,
    )


def test_erasing_cancels_first() -> None:
    gone = jobs.erase(saving(), now=NOW)

    assert gone is not None
    assert (gone.status, gone.failure and gone.failure.charged) == (Status.CANCELED, "yes")
    assert [step.action for step in gone.history[-2:]] == ["job.canceled", "job.deleted"]
    assert gone.version == saving().version + 1


# --- The late truth ----------------------------------------------------------------------------------------


def test_a_call_given_up_for_lost_may_bring_its_video_once() -> None:
    late = given_up_with_link()
    assert late == stepped(
        given_up(),
        "blackbox.answered",
        at=CREATED_AT + 210,
        provider_url=URL,
        provider_request_id="chatcmpl-1",
    )

    done = jobs.complete(late, RUN_ID, 1, now=LATER, video=VIDEO)

    assert done == stepped(
        late,
        "job.completed",
        at=LATER,
        status=Status.COMPLETED,
        failure=None,
        video=VIDEO,
        completed_at=LATER,
        settled=True,
    )
    assert jobs.fail(done, RUN_ID, 1, now=LATER, failure=Failure.of("no_video")) is None


def test_a_call_given_up_for_lost_may_bring_its_true_failure_once() -> None:
    told = jobs.fail(given_up(), RUN_ID, 1, now=LATER, failure=Failure.of("content_refused"))

    assert told == stepped(
        given_up(),
        "job.failed",
        at=LATER,
        failure=Failure.of("content_refused"),
        completed_at=LATER,
        settled=True,
    )
    assert jobs.complete(told, RUN_ID, 1, now=LATER, video=VIDEO) is None


@pytest.mark.parametrize("state", STATES)
def test_only_an_end_that_a_reader_wrote_may_improve(state: str) -> None:
    assert STATES[state]().is_improvable is (state in {"given up", "given up, link known"})


def test_a_run_that_says_itself_that_it_does_not_know_has_settled_it() -> None:
    told = jobs.fail(given_up(), RUN_ID, 1, now=LATER, failure=Failure.of("outcome_unknown"))

    assert told is not None
    assert (told.settled, told.is_improvable) == (True, False)
    assert jobs.complete(told, RUN_ID, 1, now=LATER, video=VIDEO) is None


# --- Calls that polls send ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("job", "age", "lease_age", "expected"),
    [
        (queued(), 45, 45, True),
        (queued(), 44.9, 44.9, False),
        (replace(requeued(), retry_at=CREATED_AT + 60), 105, 99, True),
        (replace(requeued(), retry_at=CREATED_AT + 60), 104.9, 99, False),
        (queued(dispatches=1, dispatched_at=CREATED_AT + 50), 95, 45, True),
        (queued(dispatches=1, dispatched_at=CREATED_AT + 50), 94.9, 45, False),
        (queued(dispatches=3, dispatched_at=CREATED_AT + 50), 200, 150, False),
        (rendering(), 200, 199, False),
        (saving(), 151, 90, True),
        (saving(), 150, 89.9, False),
        (saving(), 840, 600, False),
        (rescue(), 45, 45, True),
        (rescue(), 44, 44, False),
        (completed(), 200, 100, False),
        # A queue has the message of a job that no run has come to, unless nobody knows whether it took it.
        (on_queue(queued()), 200, 200, False),
        (on_queue(rescue()), 200, 200, False),
        (unconfirmed(queued()), 45, 45, True),
        (unconfirmed(queued()), 44.9, 44.9, False),
        (unconfirmed(rescue()), 45, 45, True),
        (unconfirmed(queued(), dispatches=3, dispatched_at=CREATED_AT + 50), 200, 150, False),
        # Whoever came with a copy has deleted it, also where the run that held the job died later.
        (on_queue(requeued()), 51, 49, True),
        (on_queue(requeued()), 50.9, 48.9, False),
        (on_queue(rendering()), 200, 199, False),
        (on_queue(saving()), 151, 90, True),
        (on_queue(saving()), 150, 89.9, False),
    ],
)
def test_when_a_poll_calls_the_worker(job: Job, age: float, lease_age: float, *, expected: bool) -> None:
    assert jobs.needs_dispatch(job, now=CREATED_AT + age, lease_age=lease_age) is expected


def test_a_call_is_counted_before_it_is_sent() -> None:
    assert jobs.count_dispatch(queued(), now=NOW, lease_age=100) == stepped(
        queued(), "worker.called", dispatches=1, dispatched_at=NOW
    )


def test_an_unclear_call_is_noted_once() -> None:
    noted = jobs.note_unclear(queued(), now=NOW)

    assert noted == stepped(queued(), "worker.unclear")
    assert jobs.note_unclear(noted, now=LATER) is noted


def test_counting_releases_a_dead_lease_since_the_write_makes_it_look_young() -> None:
    assert jobs.count_dispatch(saving(), now=LATER, lease_age=90) == stepped(
        saving(), "worker.called", at=LATER, dispatches=1, dispatched_at=LATER, lease_released=True
    )


# --- Rescue ------------------------------------------------------------------------------------------------


def test_a_rescue_is_a_job_that_any_run_may_go_on_saving() -> None:
    assert rescue() == queued(
        status=Status.PROCESSING,
        stage=Stage.SAVING,
        lease_released=True,
        provider_url=URL,
        provider_request_id="chatcmpl-1",
        rescues=OLD_ID,
    )
    assert jobs.resume_saving(rescue(), RUN_ID, 1, now=NOW, lease_age=0) == stepped(
        rescue(), "job.taken_over", epoch=1, run_id=RUN_ID, lease_released=False, started_at=NOW
    )


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (queued(), False),
        (saving(), False),
        (completed(), False),
        (failed(Failure.of("no_video")), False),
        (given_up(), False),
        (given_up_with_link(), True),
        (canceled(saving()), True),
        (erased(saving()), False),
        (failed(Failure.of("save_failed"), saving()), True),
        (failed(Failure.of("video_gone"), saving()), False),
        (failed(Failure.of("video_refused"), saving()), True),
        (failed(Failure.of("video_refused"), replace(saving(), rescues=OLD_ID)), False),
        (failed(Failure.of("no_video"), saving()), True),
        (failed(Failure.of("no_video"), replace(saving(), rescues=OLD_ID)), False),
        (failed(Failure.of("save_failed"), replace(saving(), rescues=OLD_ID)), True),
    ],
)
def test_what_can_be_rescued(job: Job, *, expected: bool) -> None:
    assert job.is_rescuable is expected


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("no_video", "There is still no video behind the provider's link. This try was not charged."),
        ("save_failed", "The video could not be saved this time either. This try was not charged."),
        ("video_gone", "The provider has deleted the video meanwhile. This try was not charged."),
        (
            "video_refused",
            "The provider's file is still none that this site can keep. This try was not charged.",
        ),
    ],
)
def test_a_rescue_that_fails_says_that_it_cost_nothing(code: Any, detail: str) -> None:
    taken = jobs.resume_saving(rescue(), RUN_ID, 1, now=NOW, lease_age=0)
    assert taken is not None

    ended = jobs.fail(taken, RUN_ID, 1, now=NOW, failure=Failure.of(code))

    assert ended is not None
    assert ended.failure == Failure(
        code=code, retryable=Failure.of(code).retryable, charged="no", detail=detail
    )
    assert jobs.fail(ended, RUN_ID, 1, now=NOW, failure=Failure.of(code)) is ended


def test_a_rescue_that_time_ends_cost_nothing() -> None:
    failure = jobs.due_end(rescue(), now=CREATED_AT + 960, lease_age=0)

    assert failure is not None
    assert (failure.code, failure.charged) == ("save_failed", "no")


def test_times_are_rfc_3339() -> None:
    assert jobs.timestamp(0.5) == "1970-01-01T00:00:00.500Z"


# --- A job's own limits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "limits"),
    [(16, Limits()), (32, Limits(paid_call=600, work=1680, end=1920)), (120, Limits.of(120))],
)
def test_limits_follow_from_the_minutes_of_a_job(minutes: float, limits: Limits) -> None:
    assert Limits.of(minutes) == limits


@pytest.mark.parametrize("minutes", [10, 16, 61.5, 120])
def test_a_job_ends_by_its_own_limits(minutes: float) -> None:
    limits = Limits.of(minutes)
    waiting = queued(limits=limits)
    claimed = rendering(waiting)
    fresh = {"lease_age": 0.0}
    assert jobs.due_end(waiting, now=waiting.paid_call_by - 0.1, **fresh) is None
    assert jobs.due_end(waiting, now=waiting.paid_call_by, **fresh) == Failure.of("expired")
    assert jobs.claim(waiting, "run", 1, now=waiting.paid_call_by - 0.1) is not None
    assert jobs.claim(waiting, "run", 1, now=waiting.paid_call_by) is None
    assert jobs.due_end(claimed, now=claimed.ends_by - 0.1, **fresh) is None
    assert jobs.due_end(claimed, now=claimed.ends_by, **fresh) == Failure.of("outcome_unknown")


@pytest.mark.parametrize(
    ("silence", "lease_age", "is_dead"),
    [
        (2.0, 102.0, False),  # a proxy that writes its own Date, 100 s ahead
        (2.0, 10_800.0, False),  # two clocks of one store, three hours apart
        (89.9, 10_800.0, False),
        (90.0, 89.9, False),
        (10_800.0, 0.0, False),  # a store that does not tell its time
        (10_800.0, -100.0, False),
        (90.0, 90.0, True),
        (10_800.0, 10_800.0, True),
    ],
)
def test_a_lease_is_dead_where_both_clocks_say_so(silence: float, lease_age: float, *, is_dead: bool) -> None:
    claimed = rendering()
    renewed = jobs.renew(claimed, RUN_ID, 1, now=CREATED_AT + 200)
    assert renewed is not None

    for job, lived_at in (
        (claimed, CREATED_AT + 1),
        (saving(), CREATED_AT + 61),
        (renewed, CREATED_AT + 200),
    ):
        now = lived_at + silence
        assert jobs.lease_is_dead(job, now=now, lease_age=lease_age) is is_dead
        assert jobs.lease_is_dead(replace(job, lease_released=True), now=now, lease_age=lease_age)


def test_a_paid_call_is_not_given_up_for_the_store_s_clock() -> None:
    for lease_age in (90.0, 10_800.0, 1e12):
        assert jobs.due_end(rendering(), now=CREATED_AT + 3, lease_age=lease_age) is None
        assert jobs.resume_saving(saving(), "another", 2, now=CREATED_AT + 63, lease_age=lease_age) is None
