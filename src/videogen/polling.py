"""When the page should ask again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_INTERVALS = (2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
LATER_INTERVAL = 11.0
"""With the first ones above: 20 calls for a job of 180 seconds."""


@dataclass(frozen=True, slots=True)
class Durations:
    """How long this site's recent jobs took, in seconds: the median and the ninetieth percentile."""

    p50: float
    p90: float

    def as_estimate(self) -> dict[str, int]:
        """Return what the page shows: whole seconds."""
        return {"p50": round(self.p50), "p90": round(self.p90)}


def poll_after(age: float, durations: Durations | None = None) -> float:
    """Return the seconds until the next question about a job of this age."""
    del durations
    asked = 0.0
    for interval in FIRST_INTERVALS:
        asked += interval
        if age < asked:
            return interval
    return LATER_INTERVAL
