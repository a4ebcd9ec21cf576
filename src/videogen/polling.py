"""When the page should ask again about a job of some age. Pure.

A job's age runs through stretches with an interval each, and the next question comes when the age has used up
one whole interval. So the answer depends on the age alone: nothing is remembered of earlier questions, and
one that comes late or early changes no more than the next one's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN = (4.0, 4.0, 30.0, 22.0, 60.0, 1000.0, 180.0, 6.75)
"""While nothing is known: most jobs should take one to three minutes, some half a one."""
SHORTEST = 1.0
TAIL = 10.0
TAIL_SHARE = 1 / 20
"""The interval after the last stretch, at least, and its share of the age."""


def poll_after(age: float, stretches: Sequence[float] = UNKNOWN) -> float:
    """Return the seconds until the next question about a job of this age, at least SHORTEST.

    `stretches` are end and interval of each, in turn, in seconds.
    """
    age = max(age, 0.0)
    at = age
    left = 1.0
    for end, interval in zip(stretches[::2], stretches[1::2], strict=False):
        if at >= end:
            continue
        share = (end - at) / max(interval, SHORTEST)
        if share >= left:
            return max(SHORTEST, at + left * interval - age)
        left -= share
        at = end
    return max(SHORTEST, at + left * max(TAIL, at * TAIL_SHARE) - age)
