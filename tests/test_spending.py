"""The daily limit: exact under a rush, and given back by whatever ends for free."""

from __future__ import annotations

import json
import random
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from videogen import jobs
from videogen.cas import Cas
from videogen.clock import Clock
from videogen.errors import DailyLimitReached, MalformedRecord, StoreUnavailable
from videogen.job_store import JobStore
from videogen.jobs import Failure, Job, Limits
from videogen.objects import S3Objects
from videogen.settings import S3Settings, Secret
from videogen.spending import RECLAIM_AT_MOST, Ledger, ledger_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from videogen.local.s3 import S3Server

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC).timestamp()


class Day:
    """A ledger over a bucket of its own, at a time that the test sets."""

    def __init__(self, s3_server: S3Server, limit: int) -> None:
        self.now = NOON
        self.draw: Callable[[], float] = random.random
        given = s3_server.environment
        objects = S3Objects(
            S3Settings(
                bucket=given["S3_BUCKET"],
                region=given["S3_REGION"],
                access_key_id=Secret(given["S3_ACCESS_KEY_ID"]),
                secret_access_key=Secret(given["S3_SECRET_ACCESS_KEY"]),
                endpoint_url=given["S3_ENDPOINT_URL"],
                prefix=f"{secrets.token_hex(6)}/",
            )
        )
        cas = Cas(objects=objects, clock=Clock(now=lambda: self.now), random=self.random)
        self.store = JobStore(cas)
        self.ledger = Ledger(self.store, limit=limit)

    def random(self) -> float:
        return self.draw()

    def reserve(self, job_id: str, *, buys: bool = True) -> None:
        self.ledger.reserve(job_id, self.now, buys=buys)

    def reserved(self) -> set[str]:
        return set(json.loads(self.store.objects.get(ledger_key(self.now)).body)["jobs"])

    def job(self, job_id: str, failure: Failure | None = None) -> Job:
        """Store a job, ended if a failure is given."""
        job = Job(
            id=job_id,
            prompt="p",
            model="m",
            aspect_ratio="auto",
            photos=(),
            created_at=self.now,
        )
        stored, _ = self.store.create(job)
        if failure:
            ended = self.store.swap(
                stored, lambda it: jobs.fail_queued(it.job, now=self.now, failure=failure)
            )
            assert ended is not None
            return ended.job
        return job


@pytest.fixture
def day(s3_server: S3Server) -> Callable[[int], Day]:
    return lambda limit: Day(s3_server, limit)


def test_the_limit_is_met_and_says_when_it_opens_again(day: Callable[[int], Day]) -> None:
    today = day(2)
    today.reserve("a")
    today.reserve("b")

    with pytest.raises(DailyLimitReached) as caught:
        today.reserve("c")

    assert (caught.value.what, caught.value.opens_at) == ("2 videos", MIDNIGHT)
    assert today.reserved() == {"a", "b"}


def test_reserving_and_releasing_count_a_job_once(day: Callable[[int], Day]) -> None:
    today = day(2)
    free = today.job("a", Failure.of("expired"))

    for _ in range(3):
        today.reserve("a")
    today.reserve("b")
    for _ in range(3):
        today.ledger.settle(free)
    today.reserve("c")

    assert today.reserved() == {"b", "c"}


def test_only_an_end_that_cost_nothing_gives_back(day: Callable[[int], Day]) -> None:
    today = day(3)
    for name, failure in (
        ("a", Failure.of("outcome_unknown")),
        ("b", Failure.of("save_failed")),
        ("c", None),
    ):
        today.reserve(name)
        today.ledger.settle(today.job(name, failure))

    assert today.reserved() == {"a", "b", "c"}


@pytest.mark.parametrize(("limit", "starts"), [(1, 10), (3, 10), (4, 12), (7, 21)])
def test_a_day_has_three_starts_a_video(day: Callable[[int], Day], limit: int, starts: int) -> None:
    today = day(limit)
    for number in range(starts):
        today.reserve(f"job {number}")
        today.ledger.settle(today.job(f"job {number}", Failure.of("expired")))

    with pytest.raises(DailyLimitReached) as caught:
        today.reserve("one more")

    assert (caught.value.what, today.reserved()) == (f"{starts} starts", set())
    today.now = MIDNIGHT + 1
    today.reserve("tomorrow's")


def test_what_buys_nothing_counts_as_a_start_alone(day: Callable[[int], Day]) -> None:
    today = day(1)
    today.reserve("video")
    for number in range(9):
        today.reserve(f"rescue {number}", buys=False)
        today.reserve(f"rescue {number}", buys=False)

    with pytest.raises(DailyLimitReached, match="Today's 10 starts of this site are used up"):
        today.reserve("rescue 10", buys=False)

    assert today.reserved() == {"video"}


def test_a_start_that_is_known_counts_once(day: Callable[[int], Day]) -> None:
    """What died before its record is reclaimed, and counts as a video again when it is repeated."""
    today = day(1)
    today.reserve("repeated")
    today.now += 61
    today.reserve("other")
    today.ledger.settle(today.job("other", Failure.of("expired")))
    for number in range(8):
        today.reserve(f"rescue {number}", buys=False)

    today.reserve("repeated")

    assert today.reserved() == {"repeated"}


def test_a_job_that_was_not_made_counts_as_nothing(day: Callable[[int], Day]) -> None:
    today = day(1)
    for number in range(20):
        today.reserve(f"job {number}")
        today.ledger.release(f"job {number}", today.now)

    today.reserve("the first")

    assert today.reserved() == {"the first"}


def test_a_ledger_of_an_older_version_is_read(day: Callable[[int], Day]) -> None:
    today = day(1)
    body = json.dumps({"jobs": {"a": today.now}, "nonce": "n"}).encode()
    today.store.objects.put(ledger_key(today.now), body, content_type="application/json")

    with pytest.raises(DailyLimitReached):
        today.reserve("b")


def test_the_next_day_has_its_own(day: Callable[[int], Day]) -> None:
    today = day(1)
    today.reserve("a")
    today.now = MIDNIGHT + 1

    today.reserve("b")

    assert today.reserved() == {"b"}


def test_a_start_counts_on_the_day_it_was_made(day: Callable[[int], Day]) -> None:
    today = day(1)
    before, today.now = MIDNIGHT - 0.1, MIDNIGHT + 0.1

    today.ledger.reserve("a", before)
    today.reserve("b")

    assert today.reserved() == {"b"}


def test_what_killed_functions_left_is_reclaimed_after_a_minute(day: Callable[[int], Day]) -> None:
    today = day(3)
    for name in ("never stored", "ended for free", "running"):
        today.reserve(name)
    today.job("ended for free", Failure.of("worker_unreachable"))
    today.job("running")

    with pytest.raises(DailyLimitReached):
        today.reserve("early")
    today.now += 61
    today.reserve("late")

    assert today.reserved() == {"running", "late"}


def test_a_job_that_nobody_looked_at_gives_back_in_time(day: Callable[[int], Day]) -> None:
    """Its call was lost, and its page is closed: its end is due and not written."""
    today = day(1)
    today.reserve("lost")
    today.job("lost")
    today.now += Limits().end - 1
    with pytest.raises(DailyLimitReached):
        today.reserve("early")
    today.now += 1

    today.reserve("late")

    assert today.reserved() == {"late"}


def test_a_reservation_that_is_used_again_is_not_taken_for_abandoned(day: Callable[[int], Day]) -> None:
    """A start that died may be repeated with its key much later, while others find the ledger full."""
    today = day(1)
    today.reserve("repeated")
    today.now += 61

    today.reserve("repeated")
    with pytest.raises(DailyLimitReached):
        today.reserve("other")

    assert today.reserved() == {"repeated"}


def test_a_reservation_renewed_during_reclaiming_stays(day: Callable[[int], Day]) -> None:
    today = day(1)
    today.reserve("repeated")
    today.now += 61
    read = today.store.read

    def renewed_meanwhile(job_id: str, **how: bool) -> Any:
        today.store.read = read  # type: ignore[method-assign]  # in the place of the real one
        today.reserve("repeated")
        return read(job_id, **how)

    today.store.read = renewed_meanwhile  # type: ignore[method-assign]  # in the place of the real one
    with pytest.raises(DailyLimitReached):
        today.reserve("other")

    assert today.reserved() == {"repeated"}


def test_what_is_abandoned_is_found_behind_many_living_jobs(day: Callable[[int], Day]) -> None:
    today = day(RECLAIM_AT_MOST + 1)
    for number in range(RECLAIM_AT_MOST):
        today.reserve(f"living {number}")
        today.job(f"living {number}")
    today.reserve("abandoned")
    today.now += 61
    today.draw = lambda: 0.99

    today.reserve("late")

    assert "late" in today.reserved()
    assert "abandoned" not in today.reserved()


def test_no_limit_keeps_no_ledger(day: Callable[[int], Day]) -> None:
    today = day(0)
    today.reserve("a")

    with pytest.raises(Exception, match="no object"):
        today.reserved()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"jobs": []}',
        b'{"jobs": null}',
        b'{"jobs": {"a": "noon"}}',
        b'{"jobs": {"a": true}}',
        b'{"jobs": {"a": -1}}',
        b'{"jobs": {"a": NaN}}',
        b'{"jobs": {"a": %s}}' % (b"9" * 400),
        b'{"jobs": {}, "others": {}}',
        b'{"jobs": {}, "others": [5]}',
    ],
)
def test_a_damaged_ledger_refuses_every_start(day: Callable[[int], Day], body: bytes) -> None:
    today = day(2)
    today.store.objects.put(ledger_key(today.now), body, content_type="application/json")

    with pytest.raises(MalformedRecord):
        today.reserve("a")

    assert today.store.objects.get(ledger_key(today.now)).body == body


def test_an_unreadable_job_keeps_its_reservation(day: Callable[[int], Day]) -> None:
    today = day(1)
    today.reserve("damaged")
    today.store.objects.put("jobs/damaged.json", b"{", content_type="application/json")
    today.now += 61

    with pytest.raises(DailyLimitReached):
        today.reserve("other")

    assert today.reserved() == {"damaged"}


def test_fifty_at_once_are_exactly_the_limit(day: Callable[[int], Day]) -> None:
    today = day(7)

    def start(number: int) -> str:
        try:
            today.reserve(f"job {number}")
        except DailyLimitReached:
            return "limit"
        except StoreUnavailable:
            return "busy"
        return "started"

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(start, range(50)))

    assert outcomes.count("started") == len(today.reserved()) == 7
    assert set(outcomes) <= {"started", "limit", "busy"}
