"""What can be done with a job, and what each request leaves in the store, the log and the ledger."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

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
    queued,
    rendering,
    saving,
)
from support.garbage import garbage_of
from support.memory_objects import IF_ABSENT, Trouble
from support.service_under_test import ServiceUnderTest, logged
from videogen import jobs, service
from videogen.errors import (
    DailyLimitReached,
    InvalidInput,
    JobEnded,
    JobErased,
    JobNotFound,
    JobRunning,
    KeyReused,
    NotOwner,
    PhotosGone,
    RescuesUsedUp,
    StoreForbidden,
    StoreUnavailable,
    UnsafeStore,
    WorkerUnreachable,
)
from videogen.job_store import digest_of, job_key, photo_key, photo_keys
from videogen.jobs import Failure, Job, Photo, Stage, Status
from videogen.service import DispatchResult
from videogen.settings import Model, Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from videogen.errors import FailureCode
    from videogen.jobs import DispatchKind
    from videogen.objects import StoredObject

KEY = "an-idempotency-key"
BEFORE_MIDNIGHT = 16 * 3600 - 10
"""Seconds from CREATED_AT until just before the next day."""
NEWER = Secret("whsec_" + "B" * 43 + "=")
UNSAVED = failed(Failure.of("save_failed"), saving())


class Killed(BaseException):
    """The function's process ends without another word."""


@pytest.fixture
def site(caplog: pytest.LogCaptureFixture) -> ServiceUnderTest:
    caplog.set_level(logging.INFO, logger="videogen")
    return ServiceUnderTest(limit=3)


def photos_of(site: ServiceUnderTest, job_id: str) -> list[bytes]:
    return [held.body for key, held in site.bucket.held.items() if key.startswith(f"photos/{job_id}/")]


# --- start -------------------------------------------------------------------------------------------------


def test_a_start_stores_photos_and_job_and_calls(
    site: ServiceUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    job = site.start(b"red", b"green", aspect_ratio="9:16", fingerprint="f")

    assert job == queued(
        id=job.id,
        aspect_ratio="9:16",
        photos=tuple(
            Photo(type="image/png", bytes=len(photo), digest=digest_of(photo)) for photo in (b"red", b"green")
        ),
        fingerprint="f",
    )
    assert site.job(job.id) == job
    assert photos_of(site, job.id) == [b"red", b"green"]
    assert (site.calls, site.reserved()) == ([(job.id, 0)], {job.id})
    assert logged(caplog, "job.created") == [
        {"level": "info", "action": "job.created", "jobId": job.id, "photos": 2, "model": job.model}
    ]


def test_a_key_stands_for_one_job(site: ServiceUnderTest) -> None:
    first = site.start(key=KEY, fingerprint="f")

    assert site.start(key=KEY, fingerprint="f") == first
    with pytest.raises(KeyReused):
        site.start(b"another", key=KEY, fingerprint="g")

    assert photos_of(site, first.id) == [b"photo"]
    assert site.reserved() == {first.id}


def test_the_fourth_of_three_is_refused(site: ServiceUnderTest) -> None:
    for _ in range(3):
        site.start()
    before = site.bucket.held.keys()

    with pytest.raises(DailyLimitReached) as refused:
        site.start()

    assert (refused.value.opens_at, refused.value.wait) == (CREATED_AT + 16 * 3600, 16 * 3600)
    assert site.bucket.held.keys() == before


def test_a_worker_that_refuses_ends_the_job(site: ServiceUnderTest, caplog: pytest.LogCaptureFixture) -> None:
    site.result = DispatchResult.REFUSED

    with pytest.raises(WorkerUnreachable) as refused:
        site.start()

    job = site.job(refused.value.job_id)
    assert job.failure == Failure.of("worker_unreachable")
    assert refused.value.owner_token == site.token(job.id)
    assert site.reserved() == set()
    assert [(line["epoch"], line["durationMs"]) for line in logged(caplog, "job.failed")] == [(0, 0.0)]


def test_a_worker_that_came_all_the_same_goes_on(site: ServiceUnderTest) -> None:
    def dispatch(job_id: str, _: int) -> DispatchResult:
        site.change(job_id, lambda it: jobs.claim(it.job, RUN_ID, 1, now=CREATED_AT))
        return DispatchResult.REFUSED

    order = service.Order(prompt="p", model="m", uploads=(service.Upload(b"photo", "image/png"),))

    assert service.start(site.deps, order, dispatch).stage is Stage.RENDERING


def test_a_start_whose_job_was_erased_meanwhile_says_so(site: ServiceUnderTest) -> None:
    def dispatch(job_id: str, _: int) -> DispatchResult:
        service.erase(site.deps, job_id, site.token(job_id))
        return DispatchResult.REFUSED

    order = service.Order(prompt="p", model="m", uploads=(service.Upload(b"photo", "image/png"),))

    with pytest.raises(JobErased):
        service.start(site.deps, order, dispatch)


@pytest.mark.parametrize(
    ("kind", "result", "noted"),
    [
        ("queue", DispatchResult.UNCLEAR, ["job.created", "worker.unclear"]),
        ("queue", DispatchResult.REACHED, ["job.created"]),
        ("call", DispatchResult.UNCLEAR, ["job.created"]),
    ],
)
def test_a_message_that_the_queue_did_not_confirm_is_noted(
    site: ServiceUnderTest, kind: DispatchKind, result: DispatchResult, noted: list[str]
) -> None:
    site.deps = replace(site.deps, dispatch_kind=kind)
    site.result = result

    job = site.start()

    assert [step.action for step in site.job(job.id).history] == noted
    assert site.job(job.id) == job


def test_a_note_that_cannot_be_written_fails_no_start(site: ServiceUnderTest) -> None:
    def dispatch(_id: str, _: int) -> DispatchResult:
        site.objects.plan += [("PUT", Trouble.DENIED)]
        return DispatchResult.UNCLEAR

    order = service.Order(prompt="p", model="m", uploads=(service.Upload(b"photo", "image/png"),))
    job = service.start(replace(site.deps, dispatch_kind="queue"), order, dispatch)

    assert (site.job(job.id), site.objects.plan) == (job, [])


def photo_of(site: ServiceUnderTest, job_id: str) -> bytes:
    (key,) = photo_keys(site.job(job_id))
    return site.deps.store.get_photo(key).body


@pytest.mark.parametrize("skip", range(4))
def test_of_two_starts_with_one_key_one_is_the_job(site: ServiceUnderTest, skip: int) -> None:
    """The other one, with another photo, comes just before one of the first one's writes."""
    others: list[Job | None] = []

    def nothing() -> None:
        """Let a write of the first one pass."""

    def other() -> None:
        try:
            others.append(site.start(b"another", key=KEY, fingerprint="b"))
        except KeyReused:
            others.append(None)

    site.objects.before = [*[("PUT", nothing)] * skip, ("PUT", other)]
    try:
        first = site.start(b"photo", key=KEY, fingerprint="a")
    except KeyReused:
        first = None

    (accepted,) = [job for job in (first, *others) if job]
    assert photo_of(site, accepted.id) == (b"photo" if accepted.fingerprint == "a" else b"another")
    assert photos_of(site, accepted.id) == [photo_of(site, accepted.id)]


def test_a_repeated_start_keeps_the_clean_photo(site: ServiceUnderTest) -> None:
    job = site.start(key=KEY)
    (key,) = photo_keys(job)
    site.deps.store.replace_photo(key, b"clean", site.deps.store.get_photo(key))

    site.start(key=KEY)

    assert photos_of(site, job.id) == [b"clean"]


def test_a_start_repeated_after_erasing_leaves_no_photo(site: ServiceUnderTest) -> None:
    job = site.start(key=KEY)
    service.erase(site.deps, job.id, site.token(job.id))

    for photo in (b"photo", b"another"):
        with pytest.raises(JobErased):
            site.start(photo, key=KEY)

    assert photos_of(site, job.id) == []


def test_erasing_again_finds_a_photo_that_a_start_left(site: ServiceUnderTest) -> None:
    """The start was repeated after the erasure, and died before it saw the tombstone."""
    job = site.start(key=KEY)
    service.erase(site.deps, job.id, site.token(job.id))
    site.deps.store.put_photo(photo_keys(job)[0], b"photo", "image/png")

    service.erase(site.deps, job.id, site.token(job.id))

    assert photos_of(site, job.id) == []


def test_photos_of_older_versions_are_found(site: ServiceUnderTest) -> None:
    old = site.put(canceled(rendering(queued(photos=(Photo(type="image/png", bytes=3),)))))
    site.deps.store.put_photo(photo_key(old.id, 1), b"old", "image/png")

    job = site.retry(old)
    service.erase(site.deps, old.id, site.token(old.id))

    assert (photos_of(site, job.id), photos_of(site, old.id)) == ([b"old"], [])


def test_an_erasure_that_died_half_way_is_finished(site: ServiceUnderTest) -> None:
    job = site.start(b"red", b"green")
    site.objects.plan = [("DELETE", Trouble.DENIED)] * 2
    with pytest.raises(StoreUnavailable):
        service.erase(site.deps, job.id, site.token(job.id))
    assert (site.job(job.id).prompt, len(photos_of(site, job.id))) == ("", 2)

    service.erase(site.deps, job.id, site.token(job.id))

    assert photos_of(site, job.id) == []


@pytest.mark.parametrize("again", ["the same day", "another day"])
def test_a_repeated_start_counts_once(site: ServiceUnderTest, again: str) -> None:
    if again == "another day":
        site.clock.advance(BEFORE_MIDNIGHT)
    job = site.start(key=KEY)
    site.clock.advance(20)

    site.start(key=KEY)

    assert site.reserved() == {job.id}
    ledgers = [held.body.count(job.id.encode()) for key, held in site.bucket.held.items() if "ledger" in key]
    assert sum(ledgers) == 1


@pytest.mark.parametrize("when", ["the day is full", "the next day is full", "another has its place"])
def test_a_repeated_start_is_its_job_on_a_full_day(when: str) -> None:
    site = ServiceUnderTest(limit=1)
    if when == "the next day is full":
        site.clock.advance(BEFORE_MIDNIGHT)
    job = site.start(key=KEY)
    site.clock.advance(20)
    if when == "the next day is full":
        site.start()
    if when == "another has its place":
        job = service.cancel(site.deps, job.id, site.token(job.id))
        site.start()
    reserved = site.reserved()

    assert site.start(key=KEY) == job
    with pytest.raises(DailyLimitReached):
        site.start(key="another-key-of-its-own")
    assert site.reserved() == reserved


def test_a_start_without_its_job_keeps_no_photos() -> None:
    """Nobody could erase them: whoever asked has no job, and no key to ask again."""
    site = ServiceUnderTest()
    site.objects.plan = [("PUT", Trouble.DENIED)]
    with pytest.raises(StoreUnavailable):
        site.start(b"red", b"green")
    site.objects.answers = {IF_ABSENT: UnsafeStore}
    with pytest.raises(UnsafeStore):
        site.start(b"red", b"green")

    assert site.bucket.held == {}


# --- retry -------------------------------------------------------------------------------------------------


def canceled_with_clean_photos(site: ServiceUnderTest) -> Job:
    job = site.start(b"red", b"green")
    site.change(job.id, lambda it: jobs.claim(it.job, RUN_ID, 1, now=CREATED_AT))
    return service.cancel(site.deps, job.id, site.token(job.id))


def test_a_retry_is_a_new_job_of_the_same_photos(site: ServiceUnderTest) -> None:
    old = canceled_with_clean_photos(site)

    job = site.retry(old)

    assert (job.id != old.id, job.status, job.rescues) == (True, Status.QUEUED, None)
    assert photos_of(site, job.id) == [b"red", b"green"]


def test_a_retry_without_its_job_keeps_no_photos(site: ServiceUnderTest) -> None:
    old = canceled_with_clean_photos(site)
    site.objects.plan = [("COPY", Trouble.DENIED)]

    with pytest.raises(StoreUnavailable):
        site.retry(old)

    assert [key for key in site.bucket.held if key.startswith("photos/")] == photo_keys(old)


@pytest.mark.parametrize("wish", ["of two photos", "a retry"])
def test_a_start_that_fails_leaves_memory_at_once(site: ServiceUnderTest, wish: str) -> None:
    old = site.put(failed(Failure.of("content_refused")))

    def deny() -> None:
        site.objects.plan = [("PUT", Trouble.DENIED)] * 2

    def start() -> None:
        if wish == "a retry":
            with pytest.raises(PhotosGone):
                site.retry(old)
            return
        site.objects.before = [("PUT", lambda: site.objects.before.append(("PUT", deny)))]
        with pytest.raises(StoreUnavailable):
            site.start(b"red", b"green")

    assert garbage_of(start) == 0


@pytest.mark.parametrize("key", [None, KEY])
def test_a_retry_before_any_worker_finds_no_photos(site: ServiceUnderTest, key: str | None) -> None:
    old = site.start(b"red", b"green", key=key)
    service.cancel(site.deps, old.id, site.token(old.id))
    assert photos_of(site, old.id) == []

    site.deps.store.put_photo(photo_key(old.id, 1), b"left by a store that did not delete it", "image/png")
    with pytest.raises(PhotosGone):
        site.retry(old)


def test_a_repeated_start_brings_no_original_back(site: ServiceUnderTest) -> None:
    job = site.start(b"red", b"green", key=KEY)
    service.cancel(site.deps, job.id, site.token(job.id))

    assert site.start(b"red", b"green", key=KEY).status is Status.CANCELED
    assert photos_of(site, job.id) == []


def test_a_retry_of_an_unsaved_video_only_saves_it(site: ServiceUnderTest) -> None:
    old = site.put(UNSAVED)
    site.deps.store.put_photo(photo_key(old.id, 1), b"photo", "image/png")

    job = site.retry(old)

    assert (job.stage, job.rescues, job.provider_url) == (Stage.SAVING, old.id, URL)
    assert (site.calls, site.reserved()) == ([(job.id, 0)], set())


def test_a_retry_with_another_prompt_buys_anew(site: ServiceUnderTest) -> None:
    old = site.put(UNSAVED)
    site.deps.store.put_photo(photo_key(old.id, 1), b"photo", "image/png")

    job = site.retry(old, prompt="another prompt")

    assert (job.status, job.rescues, site.reserved()) == (Status.QUEUED, None, {job.id})


@pytest.mark.parametrize(
    ("job", "error"),
    [
        (None, JobNotFound),
        (rendering(), JobRunning),
        (jobs.erase(canceled(), now=CREATED_AT + 3), JobErased),
        (canceled(), PhotosGone),
    ],
    ids=["gone", "running", "erased", "photos gone"],
)
def test_what_cannot_be_retried_leaves_nothing(
    site: ServiceUnderTest, job: Job | None, error: type[Exception]
) -> None:
    if job:
        site.put(job)
    before = dict(site.bucket.held)

    with pytest.raises(error):
        site.retry(queued())

    assert {key: held for key, held in site.bucket.held.items() if "ledger" not in key} == before
    assert (site.reserved(), site.calls) == (set(), [])


WISHES: dict[str, Callable[[ServiceUnderTest, Job, str], object]] = {
    "cancel": lambda site, job, token: service.cancel(site.deps, job.id, token),
    "erase": lambda site, job, token: service.erase(site.deps, job.id, token),
    "retry": lambda site, job, token: site.retry(job, owner_token=token),
}


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("token", ["", "another", "Ä"])
def test_without_its_token_a_job_stays_as_it_is(site: ServiceUnderTest, wish: str, token: str) -> None:
    job = site.put(completed())

    with pytest.raises(NotOwner):
        WISHES[wish](site, job, token)

    assert site.job(job.id) == job


def unsaved(site: ServiceUnderTest, job: Job = UNSAVED) -> Job:
    site.deps.store.put_photo(photo_key(job.id, 1), b"photo", "image/png")
    return site.put(job)


def lose(site: ServiceUnderTest, job: Job, code: FailureCode = "save_failed") -> Job:
    """Let a rescue's worker fail."""
    now = site.clock.now()
    site.change(job.id, lambda it: jobs.resume_saving(it.job, RUN_ID, it.job.epoch + 1, now=now, lease_age=0))
    return site.change(
        job.id, lambda it: jobs.fail(it.job, RUN_ID, it.job.epoch, now=now, failure=Failure.of(code))
    )


@pytest.mark.parametrize(
    "offered", [(), (Model("a/cheap"), Model(UNSAVED.model)), (Model("a/cheap"),)], ids=str
)
def test_a_retry_without_a_model_saves_a_paid_video(
    site: ServiceUnderTest, offered: tuple[Model, ...]
) -> None:
    old = unsaved(site)

    rescue = site.retry(old, model=None, offered=offered)

    assert (rescue.rescues, rescue.model) == (old.id, old.model)


def test_a_retry_without_a_model_buys_of_its_jobs(site: ServiceUnderTest) -> None:
    old = unsaved(site, failed(Failure.of("video_gone"), saving()))
    offered = (Model("a/cheap", 0.1), Model(old.model, 0.8))

    bought = site.retry(old, model=None, offered=offered, key=KEY)

    assert (bought.rescues, bought.model, bought.price) == (None, old.model, 0.8)
    with pytest.raises(InvalidInput, match="This model is not offered here: choose a/cheap"):
        site.retry(old, model=None, offered=offered[:1])
    assert site.retry(old, model=None, offered=offered[:1], key=KEY) == bought
    assert site.reserved() == {bought.id}


@pytest.mark.parametrize("key", [None, KEY])
def test_one_rescue_of_a_job_at_a_time(site: ServiceUnderTest, key: str | None) -> None:
    old = unsaved(site)

    first = site.retry(old, fingerprint="a", aspect_ratio="auto")
    again = [site.retry(old, key=key, fingerprint=one, aspect_ratio="9:16") for one in ("a", "b")]

    assert again == [first, first]
    assert len([key for key in site.bucket.held if key.startswith("jobs/")]) == 2


def test_three_rescues_of_a_job_in_all(site: ServiceUnderTest) -> None:
    old = unsaved(site)
    latest = old
    for _ in range(3):
        latest = lose(site, site.retry(latest))
        assert latest.rescues == old.id

    for each in (old, latest):
        with pytest.raises(RescuesUsedUp):
            site.retry(each)


def test_a_repeated_rescue_is_the_one_it_started(site: ServiceUnderTest) -> None:
    old = unsaved(site)
    lost = lose(site, site.retry(old, key=KEY))

    assert site.retry(old, key=KEY) == lost
    with pytest.raises(KeyReused):
        site.retry(old, key=KEY, fingerprint="another body")
    assert site.retry(old, key="another-key-of-its-own").id != lost.id
    service.erase(site.deps, lost.id, site.token(lost.id))
    with pytest.raises(JobErased):
        site.retry(old, key=KEY)


def test_a_repeated_retry_is_the_video_it_bought(site: ServiceUnderTest) -> None:
    """Meanwhile the old job's own video turned up, so that the same request would save that one."""
    old = unsaved(site, rendering())
    service.give_up(site.deps, old.id)
    bought = site.retry(old, key=KEY)
    now = site.clock.now()
    site.change(old.id, lambda it: jobs.record_url(it.job, RUN_ID, 1, now=now, url=URL, request_id=None))

    assert site.retry(old, key=KEY) == bought
    assert site.retry(old).rescues == old.id


def test_new_secrets_bring_no_new_rescues(site: ServiceUnderTest) -> None:
    old = unsaved(site)
    first = site.retry(old)
    site.deps = replace(site.deps, keys=[NEWER, *site.deps.keys])

    assert site.retry(old) == first
    for rescue in (first, None, None):
        lose(site, rescue or site.retry(old))
    with pytest.raises(RescuesUsedUp):
        site.retry(old)


def test_only_a_paid_video_is_saved_where_no_other_may_be(site: ServiceUnderTest) -> None:
    old = unsaved(site)
    rescue = site.retry(old, only_rescues=True)
    lose(site, rescue, "video_gone")

    assert rescue.rescues == old.id
    with pytest.raises(JobEnded):
        site.retry(rescue, only_rescues=True)


def test_a_saved_rescue_is_the_answer_to_the_next(site: ServiceUnderTest) -> None:
    old = unsaved(site)
    rescue = site.retry(old)
    now = site.clock.now()
    site.change(rescue.id, lambda it: jobs.resume_saving(it.job, RUN_ID, 1, now=now, lease_age=0))
    saved = site.change(rescue.id, lambda it: jobs.complete(it.job, RUN_ID, 1, now=now, video=VIDEO))

    assert site.retry(old) == saved


def test_a_rescue_needs_no_photos(site: ServiceUnderTest) -> None:
    job = site.retry(site.put(UNSAVED))

    assert (job.stage, job.rescues, job.photos) == (Stage.SAVING, UNSAVED.id, ())


def test_a_loop_of_killed_starts_is_stopped() -> None:
    """Their functions end between the photos and the record."""
    site = ServiceUnderTest(limit=7)
    for _ in range(21):
        site.deps.store.objects.delete(f"jobs/{site.start().id}.json")
        site.clock.advance(61)
    stored = set(site.bucket.held)

    with pytest.raises(DailyLimitReached, match="Today's 21 starts of this site are used up"):
        site.start()

    assert set(site.bucket.held) == stored
    assert len([key for key in stored if key.startswith("photos/")]) == 21


def test_rescues_count_as_starts() -> None:
    site = ServiceUnderTest(limit=1)
    for number in range(4):
        old = unsaved(site, replace(UNSAVED, id=chr(ord("B") + number) * 21 + "A"))
        for _ in range(3 if number < 3 else 1):
            lose(site, site.retry(old))

    with pytest.raises(DailyLimitReached, match="Today's 10 starts"):
        site.retry(old)


# --- cancel and erase --------------------------------------------------------------------------------------


def test_a_cancel_may_be_repeated_and_is_told_once(
    site: ServiceUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    job = site.start()

    first = service.cancel(site.deps, job.id, site.token(job.id))
    again = service.cancel(site.deps, job.id, site.token(job.id))

    assert (first.status, again) == (Status.CANCELED, first)
    assert [line["charged"] for line in logged(caplog, "job.canceled")] == ["no"]
    assert site.reserved() == set()


def test_what_ended_otherwise_is_not_canceled(site: ServiceUnderTest) -> None:
    job = site.put(completed())

    with pytest.raises(JobEnded):
        service.cancel(site.deps, job.id, site.token(job.id))

    assert site.job(job.id) == job


@pytest.mark.parametrize(
    ("job", "charged"), [(queued(), "no"), (rendering(), "unknown"), (saving(), "yes")], ids=str
)
def test_erasing_a_running_job_logs_what_it_cost(
    site: ServiceUnderTest, caplog: pytest.LogCaptureFixture, job: Job, charged: str
) -> None:
    site.put(job)
    site.clock.advance(70)

    service.erase(site.deps, job.id, site.token(job.id))

    assert logged(caplog, "job.canceled", "job.deleted") == [
        {
            "level": "info",
            "action": "job.canceled",
            "jobId": job.id,
            "epoch": job.epoch,
            "code": "canceled",
            "charged": charged,
            "durationMs": 70_000.0,
        },
        {"level": "info", "action": "job.deleted", "jobId": job.id},
    ]


@pytest.mark.parametrize("photos", [1, 0], ids=["today's", "an older version's tombstone"])
def test_erasing_leaves_the_tombstone_alone(site: ServiceUnderTest, photos: int) -> None:
    job = (
        completed()
        if photos
        else replace(jobs.erase(completed(), now=CREATED_AT + 70) or queued(), photos=())
    )
    site.put(job)
    for number in range(1, 1 + (photos or 4)):
        site.deps.store.put_photo(photo_key(job.id, number), b"photo", "image/png")
    site.deps.store.put_video(f"videos/{job.id}/1.mp4", iter([b"video"]))

    first = service.erase(site.deps, job.id, site.token(job.id))
    again = service.erase(site.deps, job.id, site.token(job.id))

    assert (first.prompt, first.video, again) == ("", None, first)
    assert list(site.bucket.held) == [f"jobs/{job.id}.json"]


# --- heal and other ends -----------------------------------------------------------------------------------


def test_a_look_writes_the_end_that_is_due(site: ServiceUnderTest, caplog: pytest.LogCaptureFixture) -> None:
    job = site.start()
    site.clock.advance(301)

    healed = site.heal(job.id)

    assert healed == site.job(job.id)
    assert healed.failure == Failure.of("expired")
    assert (site.reserved(), site.calls) == (set(), [(job.id, 0)])
    assert [(line["epoch"], line["durationMs"]) for line in logged(caplog, "job.failed")] == [(0, 301_000.0)]


def test_a_look_calls_a_lost_worker_three_times(site: ServiceUnderTest) -> None:
    job = site.start()
    for _ in range(290):
        site.clock.advance(1)
        site.heal(job.id)

    assert site.calls == [(job.id, attempt) for attempt in range(4)]


@pytest.mark.parametrize("kind", ["call", "queue"])
def test_a_repeated_start_calls_no_oftener_than_a_look(site: ServiceUnderTest, kind: DispatchKind) -> None:
    """Also where the first one was killed between its job and the call."""
    site.deps = replace(site.deps, dispatch_kind=kind)
    site.result = Killed
    with pytest.raises(Killed):
        site.start(key=KEY)
    site.result = DispatchResult.REACHED
    while site.clock.now() < CREATED_AT + 290:
        job = site.start(key=KEY)
        site.clock.advance(1)

    assert site.calls == [(job.id, attempt) for attempt in range(4)]
    calls = [step.at - CREATED_AT for step in job.history if step.action == "worker.called"]
    assert [at // jobs.DISPATCH_EVERY for at in calls] == [1, 2, 3]


@pytest.mark.parametrize("skip", range(4))
def test_a_start_erased_while_it_is_repeated_says_so(site: ServiceUnderTest, skip: int) -> None:
    job = site.start(key=KEY)
    site.clock.advance(45)
    site.objects.before = [
        *[("PUT", lambda: None)] * skip,
        ("PUT", lambda: service.erase(site.deps, job.id, site.token(job.id))),
    ]

    with pytest.raises(JobErased):
        site.start(key=KEY)

    assert (site.objects.before, site.calls) == ([], [(job.id, 0)])


@pytest.mark.parametrize("job_id", ["", "A" * 22, "../../etc/passwd", "ä", "A" * 5000])
def test_what_is_no_job_is_not_found(site: ServiceUnderTest, job_id: str) -> None:
    with pytest.raises(JobNotFound) as refused:
        service.find(site.deps, job_id)

    assert refused.value.job_id in {"", "A" * 22}


def test_a_job_nobody_can_make_is_told(site: ServiceUnderTest, caplog: pytest.LogCaptureFixture) -> None:
    job = site.start()

    service.fail_queued(site.deps, job.id, "misconfigured")

    assert site.job(job.id).failure == Failure.of("misconfigured")
    assert [(line["code"], line["charged"]) for line in logged(caplog, "job.failed")] == [
        ("misconfigured", "no")
    ]
    assert site.reserved() == set()


@pytest.mark.parametrize("job", [rendering(), completed(), None], ids=["claimed", "completed", "gone"])
def test_what_somebody_has_claimed_is_left_alone(site: ServiceUnderTest, job: Job | None) -> None:
    if job:
        site.put(job)

    service.fail_queued(site.deps, JOB_ID, "misconfigured")

    assert job is None or site.job(job.id) == job


def test_the_operator_ends_a_job_as_time_would(site: ServiceUnderTest) -> None:
    job = site.put(saving())

    ended = service.give_up(site.deps, job.id)

    assert ended == site.job(job.id)
    assert ended.failure == Failure.of("save_failed")
    with pytest.raises(JobEnded):
        service.give_up(site.deps, job.id)


def test_a_key_outlives_the_secret_it_was_made_with(site: ServiceUnderTest) -> None:
    first = site.start(key=KEY)
    site.deps = replace(site.deps, keys=[NEWER, *site.deps.keys])

    assert site.start(key=KEY).id == first.id
    assert site.start(key="another-key-of-its-own").id != first.id


# --- A store that forbids reads ----------------------------------------------------------------------------


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that forbids a site to read what is missing, or all in a folder."""

    def forbidden(site: ServiceUnderTest, folder: str | None = None) -> None:
        get = site.objects.get

        def checked(key: str) -> StoredObject:
            if key not in site.bucket.held or (folder is not None and key.startswith(folder)):
                raise StoreForbidden
            return get(key)

        monkeypatch.setattr(site.objects, "get", checked)

    return forbidden


@pytest.mark.parametrize("folder", ["", "jobs/"])
def test_a_key_whose_older_job_may_not_be_read_buys_nothing(forbid: Callable[..., None], folder: str) -> None:
    site = ServiceUnderTest()
    site.start(key=KEY)
    stored = dict(site.bucket.held)
    site.deps = replace(site.deps, keys=[NEWER, *site.deps.keys])
    forbid(site, folder)

    with pytest.raises(StoreUnavailable, match="s3:GetObject"):
        site.start(key=KEY)

    assert (site.bucket.held, len(site.calls)) == (stored, 1)


def test_a_new_key_needs_no_list_after_a_rotation(
    site: ServiceUnderTest, forbid: Callable[..., None]
) -> None:
    """Without s3:ListBucket AWS forbids to read what is missing."""
    site.deps = replace(site.deps, keys=[NEWER, *site.deps.keys])
    forbid(site)

    job = site.start(key=KEY)

    assert [key for key in site.bucket.held if key.startswith("jobs/")] == [job_key(job.id)]


def test_jobs_that_may_not_be_read_keep_their_places(forbid: Callable[..., None]) -> None:
    site = ServiceUnderTest(limit=2)
    living = {site.start().id, site.start().id}
    site.clock.advance(61)
    forbid(site, "jobs/")

    with pytest.raises(StoreUnavailable, match="s3:GetObject"):
        site.start()

    assert site.reserved() == living


def test_places_of_killed_starts_come_back_without_a_list(forbid: Callable[..., None]) -> None:
    site = ServiceUnderTest(limit=1)
    site.deps.ledger.reserve("killed", CREATED_AT)
    site.clock.advance(61)
    forbid(site)

    assert site.reserved() == {"killed"}
    assert {site.start().id} == site.reserved()
