"""`videogen worker`: takes jobs from a queue and makes a hundred of them at a time in one process.

A job waits for minutes for one answer, so a thread each is cheap and as many as there are slots run side by
side. A slot is taken before a message is: a full worker receives nothing, and the queue keeps the rest. A
message stays hidden while its job's run renews it; a worker that dies lets it reappear, and the record in the
bucket says what may still be done for the job.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from videogen import log, signing
from videogen.errors import QueueError, StoreUnavailable
from videogen.generation import Resumable
from videogen.queue.sqs import LONGEST_POLL, MOST_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from videogen.clock import Clock
    from videogen.queue.sqs import Message, Queue

VISIBILITY = 120
"""Seconds that a message stays hidden after it was received or renewed; a run renews it twice a minute."""
AGAIN_AFTER = (10, 60, 300)
"""Seconds before a message comes again that is not done with, by how often it has come."""
POISON_AFTER = 3
"""Receives after which a message that cannot be read is deleted where no dead-letter queue has taken it."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds between two tries to reach a queue that does not answer, twice as long each time."""


class Run(Protocol):
    """Does what is left to do for a job, as `generation.run` does.

    `renew` is called at each beat of the job's lease. `may_buy` is asked before the paid call.
    Raises Resumable, StoreUnavailable.
    """

    def __call__(  # noqa: D102 - said above
        self, job_id: str, /, *, renew: Callable[[], None], may_buy: Callable[[], bool]
    ) -> None: ...


@dataclass
class Status:
    """What a worker is doing; moments are of its monotonic clock."""

    slots: int
    received_at: float
    beats: dict[str, float] = field(default_factory=dict)
    """The last beat of each running job."""
    is_stopping: bool = False

    @property
    def running(self) -> int:
        """Jobs that are being made."""
        return len(self.beats)

    def oldest_beat(self, now: float) -> float:
        """Seconds since the last beat of the job that beat longest ago; 0 where none is running."""
        return now - min(tuple(self.beats.values()), default=now)


def in_a_thread(work: Callable[[], None]) -> None:
    """Begin something that nobody waits for."""
    threading.Thread(target=work, daemon=True).start()


class Worker:
    """One process' loop and its slots.

    `waited` is called with the seconds that each message was in the queue, where the queue says when it was
    sent, and `finished` with how each run ended. `begin` gets each message's work to do.
    """

    def __init__(
        self,
        queue: Queue,
        run: Run,
        *,
        slots: int,
        clock: Clock,
        waited: Callable[[float], None] = lambda _seconds: None,
        finished: Callable[[str], None] = lambda _end: None,
        begin: Callable[[Callable[[], None]], None] = in_a_thread,
    ) -> None:
        self._queue = queue
        self._run = run
        self._clock = clock
        self._waited = waited
        self._finished = finished
        self._do = begin
        self._messages: dict[str, list[Message]] = {}
        self._free = threading.Semaphore(slots)
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self.status = Status(slots=slots, received_at=clock.monotonic())

    def serve(self) -> None:
        """Take and make jobs until `stop`; the runs of the last ones may still be going on then."""
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            if not self._free.acquire(timeout=1.0):
                continue
            taken = 1
            while taken < MOST_MESSAGES and self._free.acquire(blocking=False):
                taken += 1
            messages = self._receive(taken)
            if messages is None:
                self._rest(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                messages = []
            else:
                self.status.received_at = self._clock.monotonic()
                pause = FIRST_PAUSE
            for _ in range(taken - len(messages)):
                self._free.release()
            for message in messages:
                self._begin(message)

    def stop(self) -> None:
        """Receive nothing and buy nothing from now on. From any thread."""
        self.status.is_stopping = True
        self._stopping.set()

    def drain(self, seconds: float) -> list[str]:
        """Wait so long for the runs to end; return the jobs whose runs have not."""
        with self._changed:
            self._changed.wait_for(lambda: not self.status.beats, timeout=seconds)
            return sorted(self.status.beats)

    def _receive(self, most: int) -> list[Message] | None:
        """Wait for messages; None where the queue gave no answer that can be read."""
        try:
            return self._queue.receive(most, wait=LONGEST_POLL, visibility=VISIBILITY)
        except QueueError as error:
            log.error("queue.not_received", error=error.detail)
        except Exception as error:  # noqa: BLE001 - nobody would notice that a worker receives no more
            log.crash(error)
        return None

    def _rest(self, seconds: float) -> None:
        """Do nothing for so long, or until `stop`, which is looked for each second."""
        until = self._clock.monotonic() + seconds
        while not self._stopping.is_set() and (left := until - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, 1.0))

    def _begin(self, message: Message) -> None:
        if self._stopping.is_set():
            self._give_back(message)
            self._free.release()
            return
        try:
            self._do(lambda: self._work(message))
        except RuntimeError as error:  # the system gives this process no more threads
            log.crash(error)
            self._give_back(message)
            self._free.release()

    def _work(self, message: Message) -> None:
        try:
            job_id = read_job_id(message.body)
            if job_id is None:
                self._refuse(message)
            elif self._enter(job_id, message):
                with log.bound(jobId=job_id):
                    self._make(job_id, message)
        finally:
            self._free.release()

    def _make(self, job_id: str, message: Message) -> None:
        waited = max(0.0, self._clock.now() - message.sent_at) if message.sent_at else None
        log.info(
            "queue.received",
            receives=message.receives,
            waitedSeconds=None if waited is None else round(waited, 1),
        )
        if waited is not None:
            self._waited(waited)
        end = "crashed"
        try:
            self._run(job_id, renew=lambda: self._renew(job_id), may_buy=self._may_buy)
            end = "done"
        except (Resumable, StoreUnavailable) as error:
            end = "resumable"
            log.warning("worker.resumable", error=error.detail)
        except Exception as error:  # noqa: BLE001 - one job's crash must not end the others
            log.crash(error)
        try:
            for each in self._messages[job_id]:
                if end == "done":
                    self._delete(each)
                else:
                    self._give_back(each)
        finally:
            self._leave(job_id)
        self._finished(end)

    def _refuse(self, message: Message) -> None:
        log.error("queue.message_unreadable", receives=message.receives)
        if message.receives > POISON_AFTER:
            self._delete(message)
        else:
            self._give_back(message)

    def _may_buy(self) -> bool:
        return not self._stopping.is_set()

    def _renew(self, job_id: str) -> None:
        """Keep the messages hidden; where that fails, another worker may get them, and the lease decides."""
        self.status.beats[job_id] = self._clock.monotonic()
        for message in self._messages[job_id]:
            try:
                self._queue.extend(message.receipt, VISIBILITY)
            except QueueError as error:
                log.warning("queue.not_renewed", error=error.detail)

    def _give_back(self, message: Message) -> None:
        """Let a message come again, at once to another worker where this one stops."""
        # Some queues count no receives: a message of those must not come again at once, for ever.
        after = AGAIN_AFTER[min(max(message.receives, 1), len(AGAIN_AFTER)) - 1]
        try:
            self._queue.extend(message.receipt, 0 if self._stopping.is_set() else after)
        except QueueError as error:
            log.warning("queue.not_given_back", error=error.detail)

    def _delete(self, message: Message) -> None:
        try:
            self._queue.delete(message.receipt)
        except QueueError as error:
            # It comes again, and finds a job that has ended.
            log.warning("queue.not_deleted", error=error.detail)

    def _enter(self, job_id: str, message: Message) -> bool:
        """Note a message; return whether its job is to be run now.

        One that comes while its job is running here shares that run's end: it may be the same message, whose
        older receipt does not count any more.
        """
        with self._changed:
            self._messages.setdefault(job_id, []).append(message)
            if job_id in self.status.beats:
                return False
            self.status.beats[job_id] = self._clock.monotonic()
            return True

    def _leave(self, job_id: str) -> None:
        with self._changed:
            if self.status.running == self.status.slots:
                # A full worker asks for nothing, so that no answer was overdue.
                self.status.received_at = self._clock.monotonic()
            del self.status.beats[job_id], self._messages[job_id]
            self._changed.notify_all()


def read_job_id(body: str) -> str | None:
    """Return the job that a message is about, None where it names none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    job_id = found.get("jobId") if isinstance(found, dict) else None
    return job_id if isinstance(job_id, str) and signing.is_job_id(job_id) else None
