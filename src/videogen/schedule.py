"""How often to ask about a job at each age, from how long earlier jobs took. Pure.

So many questions bring the least mean delay where their rate follows the square root of the density of
durations: at a rate r what ends is seen 1/(2r) later on average, and the sum of density/(2r) for a given sum
of r is least there. Where that shows less than half of the videos soon, the densest ages are asked about
more often, just enough that it does, and the others share what is left. Soon is 2.5 seconds, or a little
more than the least median delay that so many questions can bring, whichever is longer: that optimum leaves
half of the videos unasked for, this schedule does not. tests/test_schedule.py holds it beside the optimum
and beside fixed intervals, for durations of many kinds.
"""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CALLS = 19.9
"""Questions by HORIZON; with the one that sees the end they are at most 20."""
HORIZON = 180.0
LONGEST_JOB = 960.0
"""Whoever reads after 16 minutes finds a job ended."""
SOON = 2.5
SLACK = 1.12
"""How much longer than the optimum the median may be, so that the other half need not wait for it."""
HALF = 0.5
FIRST = 4.0
"""The first question finds the job claimed, or refused at once."""
SHORTEST = 2.0
"""Asking more often would be of no use to anybody: half the videos are then seen within a second."""
SPARSEST = 60.0
"""The interval while no job is expected to end; a lost worker is still called again in good time."""

CELLS = 32
"""Stretches between the shortest and the longest job: enough to tell two humps apart."""
BANDWIDTH = 0.6
"""The share of Silverman's bandwidth (Density Estimation, 3.4) that is used: the whole smooths humps away."""
SURPRISES = 0.01
"""The share of jobs that may take any time at all, whatever the last ones took."""
MARGIN = 2.5  # bandwidths beyond the shortest and the longest job in which others are thought to end
NARROWEST = 1.0  # second: no two jobs take the same time to less than that


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch of a job's age, in seconds, and the share of jobs that end in it."""

    start: float
    end: float
    share: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start

    @property
    def density(self) -> float:
        """The share of jobs that end in a second of it."""
        return self.share / self.seconds


def stretches(durations: Sequence[float]) -> tuple[float, ...]:
    """Return end and interval of each stretch of a job's age, in turn, in seconds.

    `durations` holds at least one.
    """
    cells = density(durations)
    densest = sorted(cells, key=lambda cell: cell.density, reverse=True)
    soon = max(SOON, SLACK * half_of(densest) / CALLS)
    while True:
        for count in range(len(cells) + 1):
            found = intervals(cells, dict.fromkeys(densest[:count], soon))
            if found is None:
                break
            if seen_within(soon, cells, found) >= HALF:
                return joined(cells, found)
        soon *= SLACK


def density(durations: Sequence[float]) -> list[Cell]:
    """Return the shares of jobs by age, to HORIZON at least: a kernel estimate on a logarithmic scale."""
    logs = sorted(math.log(min(max(each, 1.0), LONGEST_JOB)) for each in durations)
    silverman = 0.9 * statistics.pstdev(logs) * len(logs) ** -0.2
    bandwidth = max(BANDWIDTH * silverman, NARROWEST / math.exp(statistics.median(logs)))
    first, last = logs[0] - MARGIN * bandwidth, logs[-1] + MARGIN * bandwidth
    inner = [math.exp(first + (last - first) * number / CELLS) for number in range(CELLS + 1)]
    end = min(max(HORIZON, inner[-1]), LONGEST_JOB)
    cuts = sorted({0.0, FIRST, HORIZON, end, *(cut for cut in inner if cut < end)})

    def ended_by(age: float) -> float:
        if age <= 0:
            return 0.0
        at = math.log(age)
        known = sum(math.erfc((log - at) / (bandwidth * math.sqrt(2))) for log in logs) / (2 * len(logs))
        return (1 - SURPRISES) * known + SURPRISES * age / end

    shares = [ended_by(cut) for cut in cuts]
    return [
        Cell(start, stop, after - before)
        for (start, stop), (before, after) in zip(
            itertools.pairwise(cuts), itertools.pairwise(shares), strict=True
        )
    ]


def half_of(densest: Sequence[Cell]) -> float:
    """Return the seconds of the densest cells that hold half of all jobs: so short is no other half.

    Over CALLS this is the least median delay, as no more is seen within d than ended in the d seconds before
    each question.
    """
    share = seconds = 0.0
    for cell in densest:
        part = min(1.0, (HALF - share) / cell.share) if cell.share else 0.0
        share += part * cell.share
        seconds += part * cell.seconds
    return seconds


def intervals(cells: Sequence[Cell], at_most: dict[Cell, float]) -> list[float] | None:
    """Return the interval in each cell that brings the least mean delay, None where CALLS are too few.

    `at_most` holds the longest interval that a cell may have.
    """

    def at(level: float) -> list[float]:
        """Return the intervals where a density of `level` is asked about once a second."""
        return [
            max(
                SHORTEST,
                min(at_most.get(cell, SPARSEST), math.sqrt(level / cell.density) if cell.share else SPARSEST),
            )
            for cell in cells
        ]

    return least(at, lambda found: is_within_calls(cells, found))


def least(at: Callable[[float], list[float]], fits: Callable[[list[float]], bool]) -> list[float] | None:
    """Return what comes of the least level that fits, None where none does. What fits, fits above as well."""
    low, high = 1e-6, 1e9
    if not fits(at(high)):
        return None
    while high > 1.01 * low:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if fits(at(middle)) else (middle, high)
    return at(high)


def is_within_calls(cells: Sequence[Cell], found: Sequence[float]) -> bool:
    """Whether both the first three minutes and the whole keep to CALLS in each three minutes."""
    calls = [cell.seconds / interval for cell, interval in zip(cells, found, strict=True)]
    early = sum(count for count, cell in zip(calls, cells, strict=True) if cell.end <= HORIZON)
    return early <= CALLS and sum(calls) <= CALLS * cells[-1].end / HORIZON


def seen_within(seconds: float, cells: Sequence[Cell], found: Sequence[float]) -> float:
    """Return the share of jobs whose end is seen within so many seconds."""
    return sum(cell.share * min(1.0, seconds / each) for cell, each in zip(cells, found, strict=True))


def joined(cells: Sequence[Cell], found: Sequence[float]) -> tuple[float, ...]:
    """Return ends and intervals, with neighbours of the same interval in one."""
    flat: list[float] = []
    for cell, interval in zip(cells, found, strict=True):
        rounded = math.ceil(100 * interval) / 100
        if flat and flat[-1] == rounded:
            flat[-2] = round(cell.end, 1)
        else:
            flat += [round(cell.end, 1), rounded]
    return tuple(flat)
