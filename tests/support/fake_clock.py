"""Time that passes when a test says so, or when somebody sleeps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from videogen.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeClock:
    """Wall and monotonic time, started at `start` seconds since 1970."""

    def __init__(self, start: float) -> None:
        self.passed = 0.0
        self.during_sleep: list[Callable[[], object]] = []
        """What others do while the next sleepers sleep."""
        self._start = start
        self.clock = Clock(now=self.now, monotonic=lambda: self.passed, sleep=self._sleep)

    def now(self) -> float:
        return self._start + self.passed

    def advance(self, seconds: float) -> None:
        assert seconds >= 0
        self.passed += seconds

    def _sleep(self, seconds: float) -> None:
        end = self.passed + seconds
        if self.during_sleep:
            self.during_sleep.pop(0)()
        self.advance(max(0.0, end - self.passed))


class SkippingClock:
    """Real time for sockets, to which every sleep adds its seconds at once."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self.clock = Clock(now=self.now, monotonic=self.monotonic, sleep=self.skip)

    def now(self) -> float:
        return time.time() + self.skipped

    def monotonic(self) -> float:
        return time.monotonic() + self.skipped

    def skip(self, seconds: float) -> None:
        self.skipped += max(0.0, seconds)
