"""What a site knows of its jobs' durations, and that knowing nothing fails no job."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest

from support.memory_objects import MemoryObjects
from videogen.cas import Cas
from videogen.clock import Clock
from videogen.durations import CACHED_SECONDS, KEPT, Durations, estimate_of, stats_key
from videogen.errors import StoreUnavailable
from videogen.jobs import Estimate

if TYPE_CHECKING:
    from videogen.objects import StoredObject

MODEL = "blackboxai/google/veo-3-fast"


class Ticking:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def clock(self) -> Clock:
        return Clock(now=lambda: 1e9 + self.seconds, monotonic=lambda: self.seconds, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class NoStore(MemoryObjects):
    """A store that does not answer."""

    def get(self, key: str) -> StoredObject:
        del key
        raise StoreUnavailable("503")


def durations(objects: MemoryObjects, ticking: Ticking) -> Durations:
    numbers = itertools.count()
    return Durations(
        Cas(
            objects=objects,
            clock=ticking.clock(),
            random=lambda: 0.5,
            nonce=lambda: f"nonce-{next(numbers)}",
        )
    )


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
def objects(ticking: Ticking) -> MemoryObjects:
    return MemoryObjects(lambda: ticking.seconds)


def test_too_few_durations_say_nothing() -> None:
    assert estimate_of([60.0, 61.0, 62.0, 63.0]) is None


def test_enough_durations_give_percentiles() -> None:
    taken = [90.0, 60.0, 80.0, 70.0, 100.0]
    assert estimate_of(taken) == Estimate(p10=60.0, p50=80.0, p90=100.0)


def test_a_duration_is_recorded_and_the_oldest_is_forgotten(objects: MemoryObjects, ticking: Ticking) -> None:
    site = durations(objects, ticking)
    for number in range(KEPT + 2):
        site.record(MODEL, 60 + number)
    assert json.loads(objects.held[stats_key(MODEL)].body)["seconds"] == [
        60.0 + number for number in range(2, KEPT + 2)
    ]


def test_the_estimate_is_read_once_in_ten_minutes(objects: MemoryObjects, ticking: Ticking) -> None:
    site = durations(objects, ticking)
    assert site.estimate(MODEL) is None
    for _ in range(5):
        site.record(MODEL, 60)
    objects.requests.clear()
    assert site.estimate(MODEL) is None
    assert objects.requests == []
    ticking.seconds += CACHED_SECONDS
    assert site.estimate(MODEL) == Estimate(p10=60.0, p50=60.0, p90=60.0)
    assert objects.requests == [("GET", stats_key(MODEL))]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"seconds": 5}',
        b'{"seconds": {"60": 60}}',
        b'{"seconds": ["60", "60", "60", "60", "60"]}',
        b'{"seconds": [NaN, Infinity, 1e300, -60, null, [60], 60, 60, 60, 60]}',
    ],
)
def test_a_document_that_cannot_be_read_counts_as_none(
    objects: MemoryObjects, ticking: Ticking, body: bytes
) -> None:
    objects.put(stats_key(MODEL), body, content_type="application/json")
    assert durations(objects, ticking).estimate(MODEL) is None


def test_what_an_earlier_version_has_recorded_counts(objects: MemoryObjects, ticking: Ticking) -> None:
    body = b'{"seconds": [60, 70, 80.5, 90, 100], "estimate": {"p50": 80.5, "p90": 100, "stretches": [4, 4]}}'
    objects.put(stats_key(MODEL), body, content_type="application/json")
    assert durations(objects, ticking).estimate(MODEL) == Estimate(p10=60.0, p50=80.5, p90=100.0)


def test_a_store_that_does_not_answer_fails_no_job(ticking: Ticking) -> None:
    site = durations(NoStore(lambda: ticking.seconds), ticking)
    assert site.estimate(MODEL) is None
    site.record(MODEL, 60)


def test_a_model_has_a_key_of_its_own_without_slashes_in_its_name() -> None:
    assert stats_key(MODEL) == "stats/blackboxai_google_veo-3-fast.json"
