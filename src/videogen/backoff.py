"""Trying again for a while, with pauses that grow and jitter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from videogen.clock import Clock

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.5
"""Some stores take one write a second for one key, so a pause must be able to outlast that."""


def tries(clock: Clock, random: Callable[[], float], patience: float) -> Iterator[bool]:
    """Yield until so many seconds are over, pausing in between; True marks the last try.

    `random` gives a float in [0, 1) for the jitter.
    """
    deadline = clock.monotonic() + patience
    pause = FIRST_PAUSE
    while True:
        wait = pause * (0.5 + random())
        last = clock.monotonic() + wait >= deadline
        yield last
        if last:
            return
        clock.sleep(wait)
        pause = min(pause * 2, LONGEST_PAUSE)
