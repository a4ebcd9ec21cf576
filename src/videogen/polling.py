"""When the page should ask again: often while most jobs end, seldom while hardly any does. Pure.

A job's age runs through stretches with an interval each, and the next question comes when the age has used up
one whole interval. So the answer depends on the age alone: nothing is remembered of earlier questions, and
one that comes late or early changes no more than the next one's time.

The median delay until a video is seen is least when all questions fall where the density of durations is
highest, as far as half of all jobs; the rest get enough for nobody to wait long. How near this comes to the
computed optimum is in tests/test_polling.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from videogen.jobs import Estimate

CALLS = 19.9
"""Questions by HORIZON; with the one that sees the end they are at most 20."""
HORIZON = 180.0
SHORTEST = 2.0
"""Asking more often would be of no use to anybody: half the videos are then seen within a second or so."""
NARROWEST = 4.0
"""The least length of a likely stretch: two questions fall into it even if all jobs took the same time."""
FIRST = 4.0
"""The first question finds the job claimed, or refused at once."""
SPARSE = 60.0
"""The interval while no job is expected to end; a lost worker is still called again in good time."""
SHOULDER = 30.0
"""The interval while some jobs end, but not most."""
TAIL = 10.0
TAIL_SHARE = 1 / 20
"""The interval after HORIZON, at least, and its share of the age: 15 minutes take some 30 questions more."""
UNKNOWN = ((3.0, 3.0), (10.0, 7.0), (60.0, 25.0), (HORIZON, 7.6))
"""(end, interval) while nothing is known: quick jobs are seen soon, most should take 1 to 3 minutes."""

WIDEST = 1.0
"""The spread (of the logarithms) beyond which two percentiles say nothing of where jobs end."""

HALF = 0.674  # standard deviations to either side of a normal distribution's mean that hold half of it
P90 = 1.282  # standard deviations from the median to the 90th percentile
P95 = 1.645


def poll_after(age: float, estimate: Estimate | None = None) -> float:
    """Return the seconds until the next question about a job of this age, at least 1."""
    age = max(age, 0.0)
    at = age
    left = 1.0
    for end, interval in stretches(estimate):
        if at >= end:
            continue
        share = (end - at) / interval
        if share >= left:
            return max(1.0, at + left * interval - age)
        left -= share
        at = end
    return max(1.0, at + left * max(TAIL, at * TAIL_SHARE) - age)


def stretches(estimate: Estimate | None) -> Sequence[tuple[float, float]]:
    """Return end and interval of each stretch of a job's age, in seconds."""
    if estimate is None or not 0 < estimate.p50 <= estimate.p90 < math.inf:
        return UNKNOWN
    spread = math.log(estimate.p90 / estimate.p50) / P90
    likely = [
        widened(start, stop) for start, stop in zip(estimate.likely[::2], estimate.likely[1::2], strict=False)
    ]
    if not likely and spread > WIDEST:
        return UNKNOWN
    if not likely:
        likely = [log_normal_half(estimate.p50, spread)]
    first, last = (estimate.p50 * math.exp(sign * P95 * spread) for sign in (-1, 1))
    horizon = max(HORIZON, likely[-1][1])
    cuts = sorted({FIRST, first, last, HORIZON, horizon, *(cut for pair in likely for cut in pair)})
    plan: list[tuple[float, float, float | None]] = []
    begin = 0.0
    for end in (cut for cut in cuts if 0 < cut <= horizon):
        middle = (begin + end) / 2
        interval = FIRST if end <= FIRST else SHOULDER if first <= middle < last else SPARSE
        is_likely = any(start <= middle < stop for start, stop in likely)
        plan.append((begin, end, None if is_likely else interval))
        begin = end
    # Both the first three minutes and the whole keep to the budget.
    paces = [pace(plan, until) for until in (HORIZON, horizon)]
    short = max(each[0] for each in paces)
    factor = max(each[1] for each in paces)
    return [(end, short if interval is None else max(short, interval * factor)) for _, end, interval in plan]


def pace(plan: Sequence[tuple[float, float, float | None]], until: float) -> tuple[float, float]:
    """Return the interval where jobs are likely to end (None in the plan), and a factor for the others.

    Together they make CALLS questions per HORIZON. Likely stretches get what the others leave, and where
    that is more than they can use, the others get the rest.
    """
    calls = CALLS * until / HORIZON
    planned = [each for each in plan if each[1] <= until]
    likely = sum(end - begin for begin, end, interval in planned if interval is None)
    others = sum((end - begin) / interval for begin, end, interval in planned if interval is not None)
    short = max(SHORTEST, likely / (calls - others))
    return short, others / (calls - likely / short) if others and short == SHORTEST else 1.0


def widened(start: float, stop: float) -> tuple[float, float]:
    """Return a stretch that is no shorter than NARROWEST."""
    missing = max(0.0, NARROWEST - (stop - start)) / 2
    return start - missing, stop + missing


def log_normal_half(median: float, spread: float) -> tuple[float, float]:
    """Return the shortest interval with about half of a log-normal distribution.

    Its density is highest `spread` standard deviations below the median (of the logarithms), and lower there
    by exp(-spread²/2) than at a normal distribution's mean, so the interval is wider by as much.
    """
    half = HALF * math.exp(spread * spread / 2)
    return median * math.exp(spread * (-spread - half)), median * math.exp(spread * (-spread + half))
