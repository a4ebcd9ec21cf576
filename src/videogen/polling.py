"""When the page should ask again. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from videogen.jobs import Estimate

FIRST_INTERVALS = (2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
LATER_INTERVAL = 11.0
"""With the first ones above: 20 calls for a job of 180 seconds."""


def poll_after(age: float, estimate: Estimate | None = None) -> float:
    """Return the seconds until the next question about a job of this age."""
    del estimate
    asked = 0.0
    for interval in FIRST_INTERVALS:
        asked += interval
        if age < asked:
            return interval
    return LATER_INTERVAL
