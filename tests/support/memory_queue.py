"""A queue in memory that promises what SQS does, and breaks it on request."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from videogen.errors import QueueUnavailable
from videogen.queue.sqs import Message

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class _Kept:
    body: str
    receives: int = 0
    visible_at: float = 0.0
    receipt: str = ""


@dataclass
class MemoryQueue:
    """Messages with visibility by `now`. `is_down` refuses every call; `calls` lists what was asked for."""

    now: Callable[[], float]
    is_down: bool = False
    calls: list[tuple[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._kept: list[_Kept] = []
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()

    @property
    def bodies(self) -> list[str]:
        """Every message that is not deleted."""
        with self._changed:
            return [kept.body for kept in self._kept]

    def send(self, job_id: str) -> None:
        """Send a job's id."""
        self.put(json.dumps({"jobId": job_id}))

    def put(self, body: str) -> None:
        """Send any body."""
        with self._changed:
            self._kept.append(_Kept(body))
            self._changed.notify_all()

    def receive(self, most: int, *, wait: int, visibility: int) -> list[Message]:
        """Return what is visible; an empty queue is waited for a moment, whatever `wait` says."""
        self._call("receive", most)
        del wait
        with self._changed:
            self._changed.wait_for(self._visible, timeout=0.05)
            taken = self._visible()[:most]
            for kept in taken:
                kept.receives += 1
                kept.receipt = f"receipt-{next(self._numbers)}"
                kept.visible_at = self.now() + visibility
            return [Message(kept.body, kept.receipt, kept.receives) for kept in taken]

    def extend(self, receipt: str, seconds: int) -> None:
        """Hide a message for so many seconds from now."""
        self._call("extend", seconds)
        with self._changed:
            for kept in self._kept:
                if kept.receipt == receipt:
                    kept.visible_at = self.now() + seconds
            self._changed.notify_all()

    def delete(self, receipt: str) -> None:
        """Delete a message; a receipt that has expired deletes nothing."""
        self._call("delete", receipt)
        with self._changed:
            self._kept = [kept for kept in self._kept if kept.receipt != receipt]

    def _visible(self) -> list[_Kept]:
        return [kept for kept in self._kept if kept.visible_at <= self.now()]

    def _call(self, name: str, what: object) -> None:
        with self._changed:
            self.calls.append((name, what))
        if self.is_down:
            raise QueueUnavailable
