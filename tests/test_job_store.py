"""Jobs in the store: each write happens once or not at all, and knows itself again without its reply."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from support.buckets import KINDS, Buckets, buckets
from support.example_jobs import CREATED_AT, JOB_ID, RUN_ID, URL, completed, queued, rendering, saving
from support.fake_clock import FakeClock
from support.memory_objects import IF_ABSENT, IF_MATCH, LAX, MemoryObjects, Trouble, TroubledObjects, in_words
from videogen import jobs
from videogen.cas import Cas
from videogen.errors import (
    Conflict,
    MalformedRecord,
    NoSuchObject,
    StoreError,
    StoreUnavailable,
    UnsafeStore,
)
from videogen.job_store import (
    RECORD,
    JobStore,
    StoredJob,
    digest_of,
    job_key,
    photo_key,
    photo_keys,
    video_key,
)
from videogen.jobs import Estimate, Job, Photo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Unpack

    from videogen.objects import Objects, PutOptions, StoredObject

NOW = CREATED_AT + 1
NONCES = ("nonce", "origin")
NOT_APPLIED, REPLY_LOST, CONFLICT_REPORTED, DENIED = Trouble
ONCE = [NOT_APPLIED, REPLY_LOST, CONFLICT_REPORTED]


@pytest.fixture(scope="module")
def all_buckets() -> Iterator[Buckets]:
    with buckets() as given:
        yield given


@dataclass
class Lab:
    """A store whose clock and trouble are the test's own, and another one over the same bucket."""

    clock: FakeClock
    bucket: Objects
    objects: TroubledObjects
    store: JobStore
    other: JobStore

    def meets(self, *troubles: tuple[str, Trouble]) -> None:
        """Let the next requests meet trouble."""
        self.objects.plan += troubles

    def meanwhile(self, method: str, act: Callable[[], object]) -> None:
        """Let somebody else do something just before the next request of a method arrives."""
        self.objects.before.append((method, act))

    def there(self) -> Job:
        return self.other.read(JOB_ID).job


@pytest.fixture(params=KINDS)
def lab(request: pytest.FixtureRequest, all_buckets: Buckets) -> Lab:
    clock = FakeClock(CREATED_AT)
    return make_lab(all_buckets.bucket(request.param, clock.now), clock)


def make_lab(bucket: Objects, clock: FakeClock) -> Lab:
    objects = TroubledObjects(bucket)
    numbers = count(1)

    def store(over: Objects) -> JobStore:
        return JobStore(
            Cas(objects=over, clock=clock.clock, random=lambda: 0.5, nonce=lambda: f"nonce {next(numbers)}")
        )

    return Lab(clock, bucket, objects, store(objects), store(bucket))


def by(run_id: str) -> Callable[[StoredJob], Job | None]:
    return lambda it: jobs.claim(it.job, run_id, 1, now=NOW)


def cancel(it: StoredJob) -> Job | None:
    return jobs.cancel(it.job, now=NOW)


# --- Create ------------------------------------------------------------------------------------------------


def test_a_job_is_created_once(lab: Lab) -> None:
    first, is_first = lab.store.create(queued())
    second, is_second = lab.other.create(queued(prompt="another"))

    assert (is_first, is_second) == (True, False)
    assert (first.job, first.nonces) == (queued(), ("nonce 1", "nonce 1"))
    assert second.job == lab.there() == first.job
    assert (second.etag, '"' in second.etag) == (first.etag, False)


@pytest.mark.parametrize("trouble", ONCE)
def test_a_create_knows_itself_again(lab: Lab, trouble: Trouble) -> None:
    lab.meets(("PUT", trouble))

    stored, created = lab.store.create(queued())

    assert (created, stored.job) == (True, lab.there())
    assert (stored.job, stored.nonces) == (queued(), ("nonce 1", "nonce 1"))


def test_a_create_knows_itself_again_though_a_worker_has_written_since(lab: Lab) -> None:
    lab.meets(("PUT", REPLY_LOST))
    lab.meanwhile("GET", lambda: lab.other.swap(lab.other.read(JOB_ID), by("a worker")))

    stored, created = lab.store.create(queued())

    assert (created, stored.job.run_id) == (True, "a worker")


def test_a_create_that_another_one_overtakes_is_told_so(lab: Lab) -> None:
    lab.meanwhile("PUT", lambda: lab.other.create(queued(prompt="another")))

    stored, created = lab.store.create(queued())

    assert (created, stored.job.prompt) == (False, "another")


def test_a_create_bears_an_answer_that_cannot_be_read_back_at_once(lab: Lab) -> None:
    lab.meets(("PUT", REPLY_LOST), ("GET", NOT_APPLIED), ("PUT", NOT_APPLIED))

    _, created = lab.store.create(queued())

    assert created


def test_a_create_gives_up(lab: Lab) -> None:
    lab.meets(*[("PUT", NOT_APPLIED), ("GET", NOT_APPLIED)] * 20)

    with pytest.raises(StoreUnavailable):
        lab.store.create(queued())

    assert 1.5 <= lab.clock.passed <= 3


def test_what_cannot_be_cured_is_not_tried_again(lab: Lab) -> None:
    lab.meets(("PUT", DENIED))

    with pytest.raises(StoreUnavailable):
        lab.store.create(queued())

    assert lab.clock.passed == 0
    with pytest.raises(NoSuchObject):
        lab.there()


# --- Read --------------------------------------------------------------------------------------------------


def test_a_job_that_is_not_there(lab: Lab) -> None:
    with pytest.raises(NoSuchObject):
        lab.store.read(JOB_ID)


def test_a_read_is_tried_again(lab: Lab) -> None:
    stored, _ = lab.store.create(queued())
    lab.meets(("GET", NOT_APPLIED), ("GET", REPLY_LOST))

    assert lab.store.read(JOB_ID).job == stored.job


@pytest.mark.parametrize("trouble", [NOT_APPLIED, DENIED])
def test_a_read_gives_up(lab: Lab, trouble: Trouble) -> None:
    lab.meets(*[("GET", trouble)] * 20)

    with pytest.raises(StoreUnavailable):
        lab.store.read(JOB_ID)

    assert lab.clock.passed <= 3


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"{}", b"\xff", b"[" * 100, b"[" * 9999])
def test_a_record_that_is_none(lab: Lab, body: bytes) -> None:
    lab.bucket.put(job_key(JOB_ID), body, content_type="application/json")

    with pytest.raises(MalformedRecord):
        lab.store.read(JOB_ID)


def test_a_record_under_another_job_s_key_is_refused_since_a_swap_would_write_that_job(lab: Lab) -> None:
    lab.bucket.put(
        job_key(JOB_ID), RECORD.encode(queued(id="another"), NONCES), content_type="application/json"
    )

    with pytest.raises(MalformedRecord):
        lab.store.read(JOB_ID)


def test_a_record_s_age_is_the_store_s(all_buckets: Buckets) -> None:
    clock = FakeClock(CREATED_AT)
    lab = make_lab(all_buckets.bucket("memory", clock.now), clock)
    lab.store.create(queued())

    clock.advance(90)

    assert lab.store.read(JOB_ID).age == 90


# --- Swap --------------------------------------------------------------------------------------------------


def test_a_change_is_written(lab: Lab) -> None:
    stored, _ = lab.store.create(queued())

    claimed = lab.store.swap(stored, by(RUN_ID))

    assert claimed is not None
    assert claimed.job == lab.there()
    assert (claimed.job, claimed.nonces) == (rendering(), ("nonce 2", "nonce 1"))
    assert claimed.etag == lab.store.read(JOB_ID).etag


@pytest.mark.parametrize("trouble", ONCE)
def test_a_change_is_written_once_and_knows_itself_again(lab: Lab, trouble: Trouble) -> None:
    stored, _ = lab.store.create(queued())
    lab.meets(("PUT", trouble))

    claimed = lab.store.swap(stored, by(RUN_ID))

    assert claimed is not None
    assert claimed.job == lab.there()
    assert (claimed.job.version, claimed.nonces[0], claimed.job.calls) == (2, "nonce 2", 1)


@pytest.mark.parametrize("trouble", [REPLY_LOST, CONFLICT_REPORTED])
def test_a_call_that_was_counted_is_told_so_though_its_reply_was_lost(lab: Lab, trouble: Trouble) -> None:
    # The change alone cannot tell: what it finds then is a call that somebody counted a moment ago.
    stored, _ = lab.store.create(queued())
    lab.meets(("PUT", trouble))

    counted = lab.store.swap(
        stored, lambda it: jobs.count_dispatch(it.job, now=CREATED_AT + 60, lease_age=it.age)
    )

    assert counted is not None
    assert counted.job.dispatches == 1


def test_a_change_that_lost_the_race_is_tried_on_what_is_there_now(lab: Lab) -> None:
    stored, _ = lab.store.create(queued())
    lab.other.swap(stored, by("another"))

    assert lab.store.swap(stored, by(RUN_ID)) is None
    canceled = lab.store.swap(stored, cancel)

    assert canceled is not None
    assert canceled.job == lab.there()
    assert (canceled.job.run_id, canceled.job.failure and canceled.job.failure.charged) == (
        "another",
        "unknown",
    )


def test_a_claim_knows_itself_again_though_somebody_has_written_since(lab: Lab) -> None:
    stored, _ = lab.store.create(queued())
    lab.meets(("PUT", REPLY_LOST))
    lab.meanwhile(
        "GET",
        lambda: lab.other.swap(
            lab.other.read(JOB_ID), lambda it: jobs.renew(it.job, RUN_ID, 1, now=CREATED_AT + 30)
        ),
    )

    claimed = lab.store.swap(stored, by(RUN_ID))

    assert claimed is not None
    assert (claimed.job.version, claimed.job.calls) == (3, 1)


def test_a_claim_that_was_canceled_before_its_reply_was_lost_is_none(lab: Lab) -> None:
    stored, _ = lab.store.create(queued())
    lab.meets(("PUT", REPLY_LOST))
    lab.meanwhile("GET", lambda: lab.other.swap(lab.other.read(JOB_ID), cancel))

    assert lab.store.swap(stored, by(RUN_ID)) is None


def test_a_change_that_may_not_happen_asks_the_store_nothing(lab: Lab) -> None:
    stored, _ = lab.store.create(queued())
    lab.meets(("PUT", DENIED), ("GET", DENIED))

    assert lab.store.swap(stored, lambda it: jobs.renew(it.job, RUN_ID, 1, now=CREATED_AT + 30)) is None
    assert lab.store.swap(stored, lambda it: it.job) == stored


def test_a_change_of_a_job_that_is_gone(lab: Lab) -> None:
    """Some stores say so while a disk is away: nobody deletes a record."""
    stored, _ = lab.store.create(queued())
    lab.bucket.delete(job_key(JOB_ID))

    with pytest.raises(StoreUnavailable, match="is missing now"):
        lab.store.swap(stored, cancel)

    with pytest.raises(NoSuchObject):
        lab.there()


def test_a_change_that_finds_an_unreadable_record_takes_nothing_for_its_own(lab: Lab) -> None:
    stored, _ = lab.store.create(queued())
    lab.bucket.put(job_key(JOB_ID), b"{}", content_type="application/json")

    with pytest.raises(MalformedRecord):
        lab.store.swap(stored, cancel)


@pytest.mark.parametrize("patience", [None, 60.0])
def test_a_change_goes_on_trying_for_as_long_as_it_was_told(lab: Lab, patience: float | None) -> None:
    stored, _ = lab.store.create(queued())
    lab.meets(*[("PUT", NOT_APPLIED), ("GET", NOT_APPLIED)] * 100)

    with pytest.raises(StoreUnavailable):
        lab.store.swap(stored, cancel, patience=patience)

    assert (patience or 3) - 2 <= lab.clock.passed <= (patience or 3)
    assert lab.there() == stored.job


def test_a_change_outlasts_a_minute_of_trouble(lab: Lab) -> None:
    stored, _ = lab.store.create(queued())
    lab.meets(*[("PUT", NOT_APPLIED), ("GET", NOT_APPLIED)] * 15, ("PUT", REPLY_LOST))

    canceled = lab.store.swap(stored, cancel, patience=60)

    assert canceled is not None
    assert canceled.job == lab.there()


def test_what_keeps_losing_gives_up(lab: Lab) -> None:
    stored, _ = lab.store.create(rendering())

    def renew_first() -> None:
        lab.other.swap(lab.other.read(JOB_ID), lambda it: jobs.renew(it.job, RUN_ID, 1, now=CREATED_AT + 30))

    for _ in range(20):
        lab.meanwhile("PUT", renew_first)

    with pytest.raises(StoreUnavailable):
        lab.store.swap(stored, cancel)


def test_a_denied_change_is_not_tried_again(lab: Lab) -> None:
    stored, _ = lab.store.create(queued())
    lab.meets(("PUT", DENIED))

    with pytest.raises(StoreUnavailable):
        lab.store.swap(stored, cancel)

    assert (lab.clock.passed, lab.there()) == (0, stored.job)


def test_a_body_that_returns_cannot_bring_an_etag_back(lab: Lab) -> None:
    # Renewed and released in turn, the record would be the same again but for its version and its nonce.
    stored, _ = lab.store.create(rendering())
    first = lab.store.swap(stored, lambda it: jobs.renew(it.job, RUN_ID, 1, now=CREATED_AT + 30))
    assert first is not None
    second = lab.store.swap(first, lambda it: jobs.renew(it.job, RUN_ID, 1, now=CREATED_AT + 30))
    assert second is not None

    assert len({stored.etag, first.etag, second.etag}) == 3
    assert len({stored.nonces, first.nonces, second.nonces}) == 3


class OneWriteASecond(TroubledObjects):
    """A store that takes one write a second for one key, as Cloudflare R2 does, and answers 429 else."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(MemoryObjects(clock.now))
        self._clock = clock
        self._written: dict[str, float] = {}

    def put(self, key: str, body: bytes, **options: Unpack[PutOptions]) -> str:
        if self._clock.passed - self._written.get(key, -1.0) < 1:
            raise StoreUnavailable("the storage answered 429")
        self._written[key] = self._clock.passed
        return super().put(key, body, **options)


def test_a_store_that_takes_one_write_a_second_only_makes_it_slower() -> None:
    clock = FakeClock(CREATED_AT)
    slow = make_lab(OneWriteASecond(clock), clock)

    stored, _ = slow.store.create(queued())
    slow.store.probe(stored)
    claimed = slow.store.swap(stored, by(RUN_ID))
    assert claimed is not None
    canceled = slow.store.swap(claimed, cancel)

    assert canceled is not None
    assert canceled.job == slow.there()
    assert 2 <= clock.passed <= 8


def test_of_many_runs_that_claim_at_once_one_wins(lab: Lab) -> None:
    stored, _ = lab.store.create(queued())

    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda number: lab.other.swap(stored, by(f"run {number}")), range(8)))

    winners = [claim.job.run_id for claim in claims if claim is not None]
    assert winners == [lab.there().run_id]


# --- A store that ignores conditions -----------------------------------------------------------------------


def test_a_store_that_keeps_conditions_is_asked_once(lab: Lab) -> None:
    stored, _ = lab.store.create(queued())

    lab.store.probe(stored)
    lab.meets(("PUT", DENIED))
    lab.store.probe(stored)

    assert lab.there() == stored.job


@pytest.mark.parametrize("ignored", LAX, ids=in_words)
def test_a_store_that_ignores_a_condition_is_found_out_and_the_record_stays(
    lab: Lab, ignored: frozenset[str]
) -> None:
    stored, _ = lab.store.create(saving())
    lab.objects.ignored = ignored

    for _ in range(2):
        with pytest.raises(UnsafeStore):
            lab.store.probe(stored)

    assert lab.there() == stored.job


@pytest.mark.parametrize("ignored", [only for only in LAX if IF_MATCH in only], ids=in_words)
def test_even_where_jobs_were_made_before_the_claim_s_condition_is_asked_for(
    lab: Lab, ignored: frozenset[str]
) -> None:
    stored, _ = lab.store.create(queued(estimate=Estimate(p50=60, p90=90)))
    lab.objects.ignored = ignored

    with pytest.raises(UnsafeStore):
        lab.store.probe(stored)


@pytest.mark.parametrize("ignored", LAX, ids=in_words)
@pytest.mark.parametrize("asked_before", [0, 1])
def test_trouble_does_not_pass_for_an_answer_to_the_probe(
    lab: Lab, ignored: frozenset[str], asked_before: int
) -> None:
    stored, _ = lab.store.create(queued())
    lab.objects.ignored = ignored
    for _ in range(asked_before):
        lab.meanwhile("PUT", lambda: None)
    lab.meanwhile("PUT", lambda: lab.meets(("PUT", NOT_APPLIED)))

    with pytest.raises(UnsafeStore):
        lab.store.probe(stored)

    lab.meets(*[("PUT", NOT_APPLIED)] * 20)
    with pytest.raises(StoreUnavailable):
        lab.store.probe(stored)


# --- A store that never takes a condition ------------------------------------------------------------------

NEVER = [UnsafeStore, Conflict, NoSuchObject]


@pytest.mark.parametrize("answer", NEVER)
def test_a_job_that_cannot_be_claimed_can_be_ended(lab: Lab, answer: type[StoreError]) -> None:
    stored, _ = lab.store.create(queued())
    lab.objects.answers = {IF_MATCH: answer}

    with pytest.raises(UnsafeStore):
        lab.store.swap(stored, by(RUN_ID))
    assert lab.there() == stored.job

    canceled = lab.store.swap(stored, cancel)
    assert canceled is not None
    assert canceled.job == lab.there() == jobs.cancel(stored.job, now=NOW)
    assert lab.store.swap(canceled, cancel) == canceled


@pytest.mark.parametrize("answer", NEVER)
@pytest.mark.parametrize("job", [rendering(), saving()], ids=["rendering", "saving"])
def test_a_claimed_job_is_written_on_its_condition_alone(
    lab: Lab, answer: type[StoreError], job: Job
) -> None:
    stored, _ = lab.store.create(job)
    lab.objects.answers = {IF_MATCH: answer}

    with pytest.raises(UnsafeStore):
        lab.store.swap(stored, cancel)

    assert lab.there() == job


def test_a_job_that_was_claimed_meanwhile_keeps_its_claim(lab: Lab) -> None:
    """Something on the way answers 501 to one and not to the other."""
    stored, _ = lab.store.create(queued())
    claimed = lab.other.swap(stored, by(RUN_ID))
    assert claimed is not None
    lab.objects.answers = {IF_MATCH: UnsafeStore}

    with pytest.raises(UnsafeStore):
        lab.store.swap(stored, cancel)

    assert lab.there() == claimed.job


def erase(it: StoredJob) -> Job | None:
    return jobs.erase(it.job, now=NOW)


def expire(it: StoredJob) -> Job | None:
    return jobs.end_due(it.job, now=CREATED_AT + 301, lease_age=it.age)


@pytest.mark.parametrize("change", [cancel, expire, erase])
@pytest.mark.parametrize("there", [rendering(), saving(), completed()], ids=["rendering", "saving", "done"])
def test_a_stale_read_ends_no_job_that_was_claimed(
    lab: Lab, change: Callable[[StoredJob], Job | None], there: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, _ = lab.store.create(queued())
    stale = {job_key(JOB_ID): lab.bucket.get(job_key(JOB_ID))}
    current = lab.other.swap(stored, lambda _: there)
    get = lab.objects.get
    monkeypatch.setattr(lab.objects, "get", lambda key: stale.get(key) or get(key))

    with pytest.raises(StoreUnavailable, match="lags behind"):
        lab.store.swap(stored, change)

    assert current is not None
    assert lab.there() == current.job


def test_a_stale_read_of_nothing_makes_no_second_job(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = lab.other.create(queued())

    def get(_: str) -> StoredObject:
        raise NoSuchObject

    monkeypatch.setattr(lab.objects, "get", get)
    with pytest.raises(StoreUnavailable, match="lags behind"):
        lab.store.create(queued(prompt="another"))

    assert lab.there() == first.job


def test_a_store_whose_etags_are_changed_on_the_way_is_unsafe(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.store.create(queued())
    get = lab.objects.get
    monkeypatch.setattr(lab.objects, "get", lambda key: replace(get(key), etag="of the way"))
    stored = lab.store.read(JOB_ID)

    with pytest.raises(UnsafeStore):
        lab.store.swap(stored, by(RUN_ID))
    canceled = lab.store.swap(stored, cancel)

    assert canceled is not None
    assert canceled.job == lab.there() == jobs.cancel(stored.job, now=NOW)


@pytest.mark.parametrize("answer", [UnsafeStore, Conflict])
def test_a_store_where_nothing_can_be_new_makes_no_job(lab: Lab, answer: type[StoreError]) -> None:
    lab.objects.answers = {IF_ABSENT: answer}

    with pytest.raises(UnsafeStore):
        lab.store.create(queued())


# --- Photos and videos -------------------------------------------------------------------------------------


def test_a_photo_is_stored_through_trouble(lab: Lab) -> None:
    lab.meets(("PUT", NOT_APPLIED), ("PUT", REPLY_LOST), ("GET", NOT_APPLIED))

    lab.store.put_photo(photo_key(JOB_ID, 1), b"photo", "image/png")

    found = lab.store.get_photo(photo_key(JOB_ID, 1))
    assert (found.body, found.content_type) == (b"photo", "image/png")


def test_a_photo_that_must_not_be_there(lab: Lab) -> None:
    lab.store.put_photo(photo_key(JOB_ID, 1), b"photo", "image/png", if_absent=True)

    with pytest.raises(Conflict):
        lab.store.put_photo(photo_key(JOB_ID, 1), b"another", "image/png", if_absent=True)

    assert lab.store.get_photo(photo_key(JOB_ID, 1)).body == b"photo"


@pytest.mark.parametrize("trouble", [None, *ONCE])
def test_a_photo_is_replaced_by_its_clean_jpeg(lab: Lab, trouble: Trouble | None) -> None:
    lab.store.put_photo(photo_key(JOB_ID, 1), b"photo", "image/png")
    original = lab.store.get_photo(photo_key(JOB_ID, 1))
    lab.meets(*([("PUT", trouble)] if trouble else []))

    lab.store.replace_photo(photo_key(JOB_ID, 1), b"clean", original)

    found = lab.store.get_photo(photo_key(JOB_ID, 1))
    assert (found.body, found.content_type) == (b"clean", "image/jpeg")


def test_a_photo_that_was_erased_meanwhile_does_not_come_back(lab: Lab) -> None:
    lab.store.put_photo(photo_key(JOB_ID, 1), b"photo", "image/png")
    original = lab.store.get_photo(photo_key(JOB_ID, 1))
    lab.store.delete([photo_key(JOB_ID, 1)])

    lab.store.replace_photo(photo_key(JOB_ID, 1), b"clean", original)

    with pytest.raises(NoSuchObject):
        lab.store.get_photo(photo_key(JOB_ID, 1))


def test_a_photo_is_copied_through_trouble(lab: Lab) -> None:
    lab.store.put_photo(photo_key(JOB_ID, 1), b"photo", "image/png")
    lab.meets(("COPY", NOT_APPLIED), ("COPY", REPLY_LOST))

    lab.store.copy_photo(photo_key(JOB_ID, 1), photo_key("another", 1))

    assert lab.store.get_photo(photo_key("another", 1)).body == b"photo"
    with pytest.raises(NoSuchObject):
        lab.store.copy_photo(photo_key(JOB_ID, 2), photo_key("another", 2))


def test_deleting_goes_on_through_trouble(lab: Lab) -> None:
    keys = [photo_key(JOB_ID, 1), photo_key(JOB_ID, 2, "ab"), video_key(JOB_ID, 1)]
    for key in keys:
        lab.store.put_photo(key, b"body", "image/png")

    lab.meets(("DELETE", NOT_APPLIED), ("DELETE", REPLY_LOST))
    for _ in range(2):
        lab.store.delete(keys)

    for key in keys:
        with pytest.raises(NoSuchObject):
            lab.bucket.get(key)


def test_a_photo_s_key_carries_its_digest_where_it_has_one() -> None:
    photos = (Photo(type="image/png", bytes=3), Photo(type="image/png", bytes=3, digest=digest_of(b"red")))

    assert photo_keys(queued(id="id", photos=photos)) == ["photos/id/1", "photos/id/2-b1f51a511f1da0cd"]


def test_a_video_s_key_carries_the_epoch_so_no_two_runs_write_the_same() -> None:
    assert [video_key("id", 1), video_key("id", 2), photo_key("id", 1), job_key("id")] == [
        "videos/id/1.mp4",
        "videos/id/2.mp4",
        "photos/id/1",
        "jobs/id.json",
    ]


def test_a_record_is_compact_json_in_utf_8() -> None:
    body = RECORD.encode(queued(prompt="Grüße 🎬", provider_url=URL), NONCES)

    assert json.loads(body)["prompt"] == "Grüße 🎬"
    assert "Grüße 🎬".encode() in body
    assert b": " not in body
