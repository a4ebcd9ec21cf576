"""How soon a page sees an end and how often it asks, for sites whose jobs take from 8 to 300 seconds."""

from __future__ import annotations

import bisect
import itertools
import math
import random
import statistics
from typing import TYPE_CHECKING, Any

import pytest

from videogen.durations import KEPT, estimate_of
from videogen.jobs import Estimate
from videogen.polling import HORIZON, LATE, SELDOM, UNKNOWN, poll_after

if TYPE_CHECKING:
    from collections.abc import Callable

CALL_SECONDS = 0.1
"""What a status call is billed; see bench/bill.py."""


def normal(*humps: tuple[float, float]) -> Callable[[random.Random], float]:
    """Jobs that lie about one of some ages, each as often as the others."""
    return lambda rng: rng.gauss(*rng.choice(humps))


def log_normal(p50: float, p90: float) -> Callable[[random.Random], float]:
    """Jobs with a long tail."""
    spread = math.log(p90 / p50) / statistics.NormalDist().inv_cdf(0.9)
    return lambda rng: p50 * math.exp(rng.gauss(0, spread))


def uniform(start: float, end: float) -> Callable[[random.Random], float]:
    return lambda rng: rng.uniform(start, end)


SITES = {
    "narrow, seconds": normal((9, 0.4)),
    "narrow, half a minute": log_normal(30, 36),
    "narrow, a minute": log_normal(60, 84),
    "narrow, two minutes": log_normal(120, 130),
    "narrow, five minutes": normal((290, 4)),
    "wide, a minute": uniform(8, 60),
    "wide, one to three minutes": uniform(60, 180),
    "wide, anything": uniform(8, 300),
    "wide, a long tail": log_normal(60, 180),
    "wide, slow": log_normal(180, 270),
    "two humps": normal((60, 10), (150, 20)),
    "two humps far apart": normal((12, 1.5), (280, 10)),
    "two humps, most late": normal((20, 3), (150, 10), (150, 10), (150, 10)),
}


def durations(name: str, count: int, seed: int) -> list[float]:
    rng = random.Random(seed)  # noqa: S311 - a sample
    return [min(max(SITES[name](rng), 8.0), 300.0) for _ in range(count)]


KNOWN = {name: estimate_of(durations(name, KEPT, seed=1)) for name in SITES} | {"unknown": None}


def polls(known: Estimate | None, *, until: float = 1000.0, late: float = 0.0) -> list[float]:
    """Return the ages at which a page asks that does as it is told, each time so many seconds late."""
    age = 0.3
    asked: list[float] = []
    while age <= until:
        age += poll_after(age, known) + late
        asked.append(age)
    return asked


def delays(taken: list[float], asked: list[float]) -> tuple[float, float]:
    """Return after how many seconds half and nine tenths of the ends are seen."""
    found = sorted(asked[bisect.bisect_left(asked, each)] - each for each in taken)
    return found[len(found) // 2], found[9 * len(found) // 10]


def calls(asked: list[float], taken: float) -> int:
    """Return the polls of a job, the one that sees its end included."""
    return bisect.bisect_left(asked, taken) + 1


@pytest.mark.parametrize("name", SITES)
def test_ends_are_seen_soon_with_history(name: str) -> None:
    asked = polls(KNOWN[name])
    median, most = delays(durations(name, 4000, seed=2), asked)
    assert median <= 1.2
    assert most <= 2.5


@pytest.mark.parametrize("name", SITES)
def test_ends_are_seen_soon_without_history(name: str) -> None:
    median, most = delays(durations(name, 4000, seed=2), polls(None))
    assert median <= 1.5
    assert most <= 3.0


def test_jobs_that_take_the_same_time_are_seen_at_once() -> None:
    for seconds in range(80, 3000, 7):
        asked = polls(estimate_of([seconds / 10] * 5), until=seconds / 10)
        assert delays([seconds / 10], asked)[0] <= 1.2, seconds / 10


@pytest.mark.parametrize("late", [0.0, 0.2, 0.7])
def test_three_minutes_take_at_most_75_polls(late: float) -> None:
    for name, known in KNOWN.items():
        assert calls(polls(known, late=late), HORIZON) <= 75, name


def test_whatever_is_known_polls_keep_to_their_number() -> None:
    for p10, p90 in itertools.product(range(0, 400, 24), repeat=2):
        for share in (0.0, 0.4, 1.0):
            asked = polls(Estimate(p10=p10, p50=p10 + share * (p90 - p10), p90=p90), until=HORIZON)
            assert calls(asked, HORIZON) <= 75, (p10, share, p90)


def test_polls_are_at_most_8_percent_of_the_functions_bill() -> None:
    for name, known in KNOWN.items():
        asked = polls(known)
        for taken in range(8, 301):
            polling = CALL_SECONDS * calls(asked, taken)
            assert polling <= 0.08 * (taken + CALL_SECONDS + polling), (name, taken)


def test_every_job_is_asked_about_at_1_5_and_4_seconds() -> None:
    for name, known in KNOWN.items():
        first, second, third, *_ = polls(known)
        assert (first, second) == pytest.approx((1.5, 4.0)), name
        assert third - second <= SELDOM + 1e-6, name


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-5.0, 1.5),
        (0.0, 1.5),
        (1.3, 0.2),
        # A poll a moment early is not told to come again at once.
        (1.45, 2.55),
        (3.999, 4.001),
        (4.0, 4.0),
        (8.7, 1.3),
    ],
)
def test_the_next_poll_follows_from_the_age_alone(age: float, expected: float) -> None:
    assert poll_after(age, None) == pytest.approx(expected)


def test_a_late_poll_moves_no_other() -> None:
    assert 50.0 + poll_after(50.0, UNKNOWN) == pytest.approx(50.9 + poll_after(50.9, UNKNOWN))


def test_polls_become_rare_when_a_job_takes_unusually_long() -> None:
    assert poll_after(600.0, estimate_of([60.0] * 5)) <= 600 / LATE
    gaps = [after - before for before, after in itertools.pairwise(polls(estimate_of([60.0] * 5)))]
    assert max(gaps) == pytest.approx(1000 / LATE, rel=0.05)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -1.0, 0.0, 1e300])
def test_odd_numbers_in_a_record_have_an_answer(number: float) -> None:
    usual: dict[str, Any] = {"p10": 50.0, "p50": 60.0, "p90": 90.0}
    for field, age in itertools.product(usual, (0.0, 100.0, 1e6)):
        assert 0 < poll_after(age, Estimate(**(usual | {field: number}))) <= max(SELDOM, age / LATE)


def test_a_record_of_an_earlier_version_is_asked_about_in_time() -> None:
    known = Estimate(p50=100.0, p90=130.0)
    median, most = delays(durations("narrow, two minutes", 4000, seed=2), polls(known))
    assert median <= 1.5
    assert most <= 3.0
