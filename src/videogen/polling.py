"""When the page should ask again about a job of some age. Pure.

The server names the ages at which to ask: the same for every poll of a job, so that one that comes late moves
none of the others. How long the site's last jobs took says when an end is likely. It is asked about
every 2 seconds then, and every 4 seconds before and after. Where that would take more than CALLS in the first
three minutes, the half of the likely time in which ends lie less dense is asked about more slowly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from videogen.jobs import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST = (1.5, 4.0)
"""Asked at these ages always: the first finds the job claimed, the second most calls that were refused."""
CALLS = 75
HORIZON = 180.0
"""A job that takes so long is asked about at most CALLS times."""
QUICK, OFTEN, SLOWER, SELDOM = 1.2, 2.0, 2.8, 4.0
"""Intervals: where all ends are likely to lie within FEW seconds, where an end is likely, and less so."""
FEW = 40.0
LATE = 60
"""After the likely end the interval is at least this part of the age."""
SOONEST = 0.1
"""A moment closer than this is left out."""

UNKNOWN = Estimate(p10=16.0, p50=60.0, p90=200.0)
"""While nothing is known of a site's jobs."""


def poll_after(age: float, known: Estimate | None) -> float:
    """Return the seconds until the next poll of a job of this age."""
    age = max(age, 0.0)
    return next(at for at in moments(known or UNKNOWN) if at >= age + SOONEST) - age


def moments(known: Estimate) -> Iterator[float]:
    """Yield the ages at which to ask, in seconds, without an end."""
    p10, p50, p90 = known.p10, known.p50, known.p90
    spread = p90 - p10 + 2.0
    before = (max(FIRST[-1], p10 / 2, p10 - spread / 2) - FIRST[-1]) // SELDOM
    start, end = FIRST[-1] + SELDOM * before, p90 + spread
    often = QUICK if end - start <= FEW else OFTEN
    after = max(0.0, HORIZON - end) / SELDOM
    calls = CALLS - len(FIRST) - before - after - 1
    likely = min(end, HORIZON) - start
    slow = max(0.0, (likely / OFTEN - calls) / (1 / OFTEN - 1 / SLOWER))
    slow_from = start + likely - slow if p50 - p10 < p90 - p50 else start
    yield from FIRST
    at = FIRST[-1]
    while True:
        if at < start:
            at += SELDOM
        elif at < end:
            at += SLOWER if slow_from <= at < slow_from + slow else often
        else:
            at += max(SELDOM, at / LATE)
        yield at
