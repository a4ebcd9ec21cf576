"""How soon a video is seen and how many questions that takes, for every kind of site, beside the optimum."""

from __future__ import annotations

import bisect
import itertools
import math
import random
import statistics
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest

from videogen.durations import KEPT
from videogen.polling import UNKNOWN, poll_after
from videogen.schedule import HORIZON, SHORTEST, SPARSEST, stretches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STEP = 0.25
AGES = [STEP * (number + 0.5) for number in range(3600)]
CALLS = 20
WAIT = 180.0
FIXED = WAIT / CALLS


@dataclass(frozen=True)
class Distribution:
    """Durations of jobs, as masses on a fine grid of ages."""

    masses: list[float]

    @classmethod
    def of(cls, *parts: tuple[float, Callable[[float], float]]) -> Distribution:
        raw = [sum(share * density(age) for share, density in parts) for age in AGES]
        return cls([mass / sum(raw) for mass in raw])

    def quantiles(self, count: int) -> list[float]:
        return [self.at((number + 0.5) / count) for number in range(count)]

    def sample(self, count: int, seed: int) -> list[float]:
        rng = random.Random(seed)  # noqa: S311 - a sample
        return [self.at(rng.random()) for _ in range(count)]

    def at(self, share: float) -> float:
        cumulative = list(itertools.accumulate(self.masses))
        return round(AGES[min(bisect.bisect(cumulative, share), len(AGES) - 1)], 1)

    def optimum(self, calls: int) -> float:
        """Return the least median delay that so many questions can bring.

        A question shows within d what ended in the d seconds before it. So a median of d takes questions
        that cover half of the mass, and least of them where the density is highest.
        """
        covered = seconds = 0.0
        for mass in sorted(self.masses, reverse=True):
            covered += mass
            seconds += STEP
            if covered >= 0.5:
                break
        return seconds / calls


def normal(mean: float, deviation: float) -> Callable[[float], float]:
    return lambda age: math.exp(-(((age - mean) / deviation) ** 2) / 2) / deviation


def log_normal(p50: float, p90: float) -> Callable[[float], float]:
    spread = math.log(p90 / p50) / 1.2815515655446004
    return lambda age: math.exp(-((math.log(age / p50) / spread) ** 2) / 2) / (age * spread)


def uniform(start: float, end: float) -> Callable[[float], float]:
    return lambda age: float(start <= age < end)


NARROW = {
    "very narrow": Distribution.of((1, log_normal(100, 105))),
    "quick": Distribution.of((1, log_normal(20, 26))),
    "narrow, one minute": Distribution.of((1, log_normal(60, 84))),
    "narrow": Distribution.of((1, log_normal(100, 130))),
    "narrow as far as that goes": Distribution.of((1, log_normal(100, 140))),
}
WIDE = {
    "one to three minutes": Distribution.of((1, uniform(60, 180))),
    "wide": Distribution.of((1, log_normal(100, 180))),
    "slow": Distribution.of((1, log_normal(180, 270))),
    "very wide": Distribution.of((1, log_normal(60, 180))),
    "two humps": Distribution.of((0.5, normal(60, 10)), (0.5, normal(150, 20))),
    "two narrow humps": Distribution.of((0.5, normal(60, 6)), (0.5, normal(150, 10))),
    "a hump and a small one": Distribution.of((0.7, normal(40, 5)), (0.3, normal(120, 15))),
}
BOTH = NARROW | WIDE
USUAL = "one to three minutes"


def ages_of_calls(known: Sequence[float], *, begin: float = 0.3, until: float = 1000.0) -> list[float]:
    """Return when a page asks that does as it is told."""
    age = begin
    asked: list[float] = []
    while age <= until:
        age += poll_after(age, known)
        asked.append(age)
    return asked


def at_fixed_intervals(begin: float) -> list[float]:
    return [begin + FIXED * number for number in range(1, 120)]


@dataclass(frozen=True)
class Delays:
    """How long after their end videos are seen, each with its share of all."""

    sorted: list[tuple[float, float]]

    @classmethod
    def of(cls, distribution: Distribution, schedule: Callable[[float], list[float]]) -> Delays:
        """Pages begin at slightly different times."""
        found: list[tuple[float, float]] = []
        for number in range(10):
            asked = schedule(0.2 + number / 10)
            found += [
                (asked[bisect.bisect_left(asked, age)] - age, mass)
                for age, mass in zip(AGES, distribution.masses, strict=True)
                if mass > 1e-9
            ]
        return cls(sorted(found))

    @property
    def mean(self) -> float:
        return sum(delay * mass for delay, mass in self.sorted) / sum(mass for _, mass in self.sorted)

    @property
    def median(self) -> float:
        half = sum(mass for _, mass in self.sorted) / 2
        passed = itertools.accumulate(mass for _, mass in self.sorted)
        return next(delay for (delay, _), so_far in zip(self.sorted, passed, strict=True) if so_far >= half)


def told(distribution: Distribution, known: Sequence[float]) -> Delays:
    return Delays.of(distribution, lambda begin: ages_of_calls(known, begin=begin))


@cache
def known(name: str) -> tuple[float, ...]:
    """Return what a site says whose latest jobs were typical."""
    return stretches(BOTH[name].quantiles(KEPT))


def best(name: str) -> float:
    """Return the longest median delay that is good enough: what is seen within 2.5 s is soon enough."""
    return max(2.5, 1.15 * BOTH[name].optimum(CALLS))


@pytest.mark.parametrize("name", NARROW)
def test_where_durations_differ_little_half_the_videos_are_seen_within_2_5_seconds(name: str) -> None:
    assert told(BOTH[name], known(name)).median <= 2.5


@pytest.mark.parametrize("name", WIDE)
def test_where_durations_differ_much_the_median_is_within_15_percent_of_the_optimum(name: str) -> None:
    assert told(BOTH[name], known(name)).median <= best(name)


def test_with_no_history_the_median_is_within_15_percent_of_the_optimum_for_one_to_three_minutes() -> None:
    assert told(BOTH[USUAL], UNKNOWN).median <= best(USUAL)


@pytest.mark.parametrize("name", BOTH)
def test_asking_at_fixed_intervals_shows_half_the_videos_later(name: str) -> None:
    assert told(BOTH[name], known(name)).median < 0.8 * Delays.of(BOTH[name], at_fixed_intervals).median


@pytest.mark.parametrize("name", [*NARROW, USUAL, "slow", "two narrow humps", "a hump and a small one"])
def test_asking_at_fixed_intervals_shows_videos_later_on_average(name: str) -> None:
    assert told(BOTH[name], known(name)).mean < 0.85 * Delays.of(BOTH[name], at_fixed_intervals).mean


@pytest.mark.parametrize(
    "name", [USUAL, "wide", "slow", "narrow", "narrow as far as that goes", "two humps", "two narrow humps"]
)
def test_with_no_history_half_the_videos_are_seen_sooner_than_at_fixed_intervals(name: str) -> None:
    assert told(BOTH[name], UNKNOWN).median < Delays.of(BOTH[name], at_fixed_intervals).median


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("count", [10, 50, KEPT])
def test_chance_in_what_is_known_costs_little(name: str, count: int) -> None:
    medians = [told(BOTH[name], stretches(BOTH[name].sample(count, seed))).median for seed in range(5)]
    assert statistics.median(medians) <= (1.2 if count >= 50 else 1.5) * best(name)


@pytest.mark.parametrize("name", [*BOTH, None])
def test_a_job_of_three_minutes_takes_at_most_20_calls(name: str | None) -> None:
    for begin in (0.0, 0.3, 1.0, 3.0):
        asked = ages_of_calls(known(name) if name else UNKNOWN, begin=begin)
        assert sum(age <= WAIT for age in asked) + 1 <= CALLS


@pytest.mark.parametrize("p50", [1, 5, 20, 60, 100, 170, 200, 400, 800, 3000])
@pytest.mark.parametrize("ratio", [1, 1.02, 1.4, 2, 5, 30])
def test_whatever_is_known_three_minutes_take_at_most_20_calls_and_nobody_waits_for_long(
    p50: float, ratio: float
) -> None:
    normal = statistics.NormalDist(math.log(p50), math.log(ratio) / 1.28 + 1e-9)
    asked = ages_of_calls(stretches([math.exp(each) for each in normal.quantiles(20)]))
    assert sum(age <= WAIT for age in asked) + 1 <= CALLS
    assert max(after - before for before, after in itertools.pairwise(asked)) <= 61


@pytest.mark.parametrize("name", [*BOTH, None])
def test_nobody_waits_longer_than_a_minute_and_the_longest_job_takes_few_calls(name: str | None) -> None:
    asked = ages_of_calls(known(name) if name else UNKNOWN, until=16 * 60)
    assert max(after - before for before, after in itertools.pairwise(asked)) <= 61
    assert len(asked) <= 75


@pytest.mark.parametrize("name", [*BOTH, None])
def test_a_page_that_asks_at_other_times_asks_no_more_often(name: str | None) -> None:
    rng = random.Random(1)  # noqa: S311 - a sample
    age = 0.3
    calls = 0
    while age <= WAIT:
        # Timers fire a little early; networks, hidden tabs and sleeping phones are late.
        age += poll_after(age, known(name) if name else UNKNOWN) * rng.uniform(0.97, 1.2) + rng.uniform(
            0, 0.5
        )
        calls += 1
    assert calls <= CALLS


@pytest.mark.parametrize(
    "durations", [[100.0], [100.0] * 20, [0.0] * 5, [-1.0, 1e300, 5.0], [800.0] * 100, [1.0, 900.0] * 50]
)
def test_odd_durations_have_a_schedule(durations: list[float]) -> None:
    found = stretches(durations)
    ends, intervals = found[::2], found[1::2]
    assert list(ends) == sorted(set(ends))
    assert ends[-1] >= HORIZON
    assert all(SHORTEST <= interval <= SPARSEST for interval in intervals)


def test_jobs_that_all_take_the_same_time_are_seen_at_once() -> None:
    asked = ages_of_calls(stretches([100.0] * 20))
    assert asked[bisect.bisect_left(asked, 100.0)] - 100.0 <= 2.0
