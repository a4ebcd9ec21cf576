"""A queue in memory that promises what SQS does, and breaks it on request."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from videogen.errors import QueueRefused, QueueUnavailable
from videogen.queue.sqs import Message

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class _Kept:
    body: str
    sent_at: float
    receives: int = 0
    visible_at: float = 0.0
    receipt: str = ""


@dataclass
class MemoryQueue:
    """Messages with visibility by `now`. `is_down` refuses every call; `calls` lists what was asked for.

    After `dead_after` receives a message is parked among the `dead` ones. An empty queue is waited for during
    `poll_seconds` of real time.
    """

    now: Callable[[], float]
    is_down: bool = False
    dead_after: int | None = None
    poll_seconds: float = 0.05
    dead: list[str] = field(default_factory=list)
    received: int = 0
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

    @property
    def is_empty(self) -> bool:
        """Whether there is no message to receive now."""
        with self._changed:
            return not self._visible()

    def send(self, job_id: str, attempt: int = 0) -> None:
        """Send a job's id; a message of each attempt is a new one."""
        del attempt
        self._call("send", job_id)
        self.put(json.dumps({"jobId": job_id}))

    def put(self, body: str) -> None:
        """Send any body."""
        with self._changed:
            self._kept.append(_Kept(body, self.now()))
            self._changed.notify_all()

    def receive(self, most: int, *, wait: int, visibility: int) -> list[Message]:
        """Return what is visible, the oldest first; `wait` is not looked at."""
        self._call("receive", most)
        del wait
        with self._changed:
            self._changed.wait_for(self._visible, timeout=self.poll_seconds)
            self._park()
            taken = self._visible()[:most]
            self.received += len(taken)
            for kept in taken:
                kept.receives += 1
                kept.receipt = f"receipt-{next(self._numbers)}"
                kept.visible_at = self.now() + visibility
            return [Message(kept.body, kept.receipt, kept.receives, kept.sent_at) for kept in taken]

    def extend(self, receipt: str, seconds: int) -> None:
        """Hide a message for so many seconds from now; refuses a receipt that has expired."""
        self._call("extend", seconds)
        with self._changed:
            held = [kept for kept in self._kept if kept.receipt == receipt and kept.visible_at > self.now()]
            if not held:
                raise QueueRefused
            held[0].visible_at = self.now() + seconds
            self._changed.notify_all()

    def delete(self, receipt: str) -> None:
        """Delete a message; a receipt that has expired deletes nothing."""
        self._call("delete", receipt)
        with self._changed:
            self._kept = [kept for kept in self._kept if kept.receipt != receipt]

    def _park(self) -> None:
        parked = [kept for kept in self._visible() if kept.receives == self.dead_after]
        self.dead += [kept.body for kept in parked]
        self._kept = [kept for kept in self._kept if kept not in parked]

    def _visible(self) -> list[_Kept]:
        return [kept for kept in self._kept if kept.visible_at <= self.now()]

    def _call(self, name: str, what: object) -> None:
        with self._changed:
            self.calls.append((name, what))
        if self.is_down:
            raise QueueUnavailable
