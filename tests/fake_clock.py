"""Time that passes when a test says so, or when somebody sleeps."""

from __future__ import annotations

import time

from videogen.clock import Clock


class FakeClock:
    """Wall and monotonic time, started at `start` seconds since 1970."""

    def __init__(self, start: float) -> None:
        self.passed = 0.0
        self._start = start
        self.clock = Clock(now=self.now, monotonic=lambda: self.passed, sleep=self.advance)

    def now(self) -> float:
        return self._start + self.passed

    def advance(self, seconds: float) -> None:
        assert seconds >= 0
        self.passed += seconds


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
