"""The worker's loop: slots before messages, and what becomes of a message at each end of its run."""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from support.example_jobs import JOB_ID, queued
from support.fake_clock import FakeClock
from support.memory_queue import MemoryQueue
from support.scripted_worker import After, Made, ScriptedWorker
from support.service_under_test import logged
from videogen import generation, signing
from videogen.errors import ProviderOutcomeUnknown, StoreUnavailable
from videogen.generation import RENEW_EVERY, Resumable
from videogen.jobs import Limits, Stage
from videogen.queue.process import state
from videogen.queue.worker import AGAIN_AFTER, VISIBILITY, Worker, read_job_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from videogen.jobs import Job
    from videogen.queue.sqs import Message

PATIENCE = 10


def job_id(number: int) -> str:
    return signing.new_job_id(lambda size: bytes([number]) * size)


@dataclass
class Runs:
    """Plays the runs: each waits until it is told to end, and counts."""

    behave: Callable[[str, Callable[[], None], Callable[[], bool]], None] = lambda *_: None
    started: list[str] = field(default_factory=list)
    most: int = 0

    def __post_init__(self) -> None:
        self.hold = threading.Event()
        self.hold.set()
        self._lock = threading.Condition()
        self._running = 0

    def __call__(self, job: str, *, renew: Callable[[], None], may_buy: Callable[[], bool]) -> None:
        with self._lock:
            self.started.append(job)
            self._running += 1
            self.most = max(self.most, self._running)
            self._lock.notify_all()
        try:
            assert self.hold.wait(PATIENCE)
            self.behave(job, renew, may_buy)
        finally:
            with self._lock:
                self._running -= 1
                self._lock.notify_all()

    def wait_for(self, count: int) -> None:
        with self._lock:
            assert self._lock.wait_for(lambda: len(self.started) >= count, PATIENCE), self.started


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1_800_000_000.0)


@pytest.fixture
def queue(clock: FakeClock) -> MemoryQueue:
    return MemoryQueue(clock.now)


@contextmanager
def serving(queue: MemoryQueue, runs: Runs, clock: FakeClock, *, slots: int = 5) -> Iterator[Worker]:
    worker = Worker(queue, runs, slots=slots, clock=clock.clock)
    thread = threading.Thread(target=worker.serve)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        runs.hold.set()
        assert worker.drain(PATIENCE) == []
        thread.join()


def until(check: Callable[[], bool]) -> None:
    for _ in range(PATIENCE * 100):
        if check():
            return
        threading.Event().wait(0.01)
    raise AssertionError


def test_a_message_is_deleted_when_its_run_is_done(queue: MemoryQueue, clock: FakeClock) -> None:
    runs = Runs()
    queue.send(job_id(1))
    with serving(queue, runs, clock):
        until(lambda: not queue.bodies)
    assert runs.started == [job_id(1)]


def test_a_full_worker_receives_nothing(queue: MemoryQueue, clock: FakeClock) -> None:
    runs = Runs()
    runs.hold.clear()
    for number in range(8):
        queue.send(job_id(number))
    with serving(queue, runs, clock, slots=3) as worker:
        runs.wait_for(3)
        until(lambda: worker.status.running == 3)
        asked = [most for name, most in queue.calls if name == "receive"]
        runs.hold.set()
        until(lambda: not queue.bodies)
    assert (asked, runs.most) == ([3], 3)


def test_a_worker_that_was_full_is_well_when_it_asks_again(queue: MemoryQueue, clock: FakeClock) -> None:
    runs = Runs()
    runs.hold.clear()
    queue.send(job_id(1))
    well: list[bool] = []
    receive = queue.receive

    def watched(most: int, *, wait: int, visibility: int) -> object:
        well.append(state(worker, clock.passed)[0])
        return receive(most, wait=wait, visibility=visibility)

    with serving(queue, runs, clock, slots=1) as worker:
        runs.wait_for(1)
        queue.receive = watched  # type: ignore[assignment,method-assign] # the moment that is tested
        clock.advance(600)
        runs.hold.set()
        until(lambda: well != [])
    assert well == [True] * len(well)


@pytest.mark.parametrize(
    ("running", "silence", "is_well"),
    [(0, 59, True), (0, 60, False), (1, 60, True), (2, 3_600, True)],
)
def test_a_silent_queue_makes_only_an_idle_worker_unwell(
    queue: MemoryQueue, clock: FakeClock, running: int, silence: float, *, is_well: bool
) -> None:
    worker = Worker(queue, Runs(), slots=3, clock=clock.clock)
    clock.advance(silence)
    worker.status.beats = {job_id(number): silence - VISIBILITY + 1 for number in range(running)}
    assert state(worker, silence)[0] is is_well


@pytest.mark.parametrize("receives", [1, 2, 3])
@pytest.mark.parametrize("error", [Resumable(), StoreUnavailable(), ZeroDivisionError()])
def test_a_run_that_stops_gives_back_its_message(
    queue: MemoryQueue, clock: FakeClock, error: Exception, receives: int
) -> None:
    def fail(*_: object) -> None:
        raise error

    runs = Runs(fail)
    queue.send(job_id(1))
    with serving(queue, runs, clock):
        for number, after in enumerate(AGAIN_AFTER[:receives], 1):
            until(lambda after=after: ("extend", after) in queue.calls)  # type: ignore[misc] # a bound default
            assert len(runs.started) == number
            clock.advance(after)
    assert queue.bodies != []


def test_a_beat_keeps_the_message_hidden(queue: MemoryQueue, clock: FakeClock) -> None:
    renewed = threading.Event()

    def beat(_job: str, renew: Callable[[], None], _may: Callable[[], bool]) -> None:
        clock.advance(VISIBILITY - 1)
        renew()
        clock.advance(VISIBILITY - 1)
        renewed.set()

    runs = Runs(beat)
    queue.send(job_id(1))
    with serving(queue, runs, clock):
        assert renewed.wait(PATIENCE)
        until(lambda: not queue.bodies)
    assert runs.started == [job_id(1)]


def test_a_failed_renewal_does_not_end_the_run(queue: MemoryQueue, clock: FakeClock) -> None:
    done = threading.Event()

    def beat(_job: str, renew: Callable[[], None], _may: Callable[[], bool]) -> None:
        queue.is_down = True
        renew()
        queue.is_down = False
        done.set()

    queue.send(job_id(1))
    with serving(queue, Runs(beat), clock):
        assert done.wait(PATIENCE)
        until(lambda: not queue.bodies)


def test_a_job_delivered_twice_runs_once_here(queue: MemoryQueue, clock: FakeClock) -> None:
    runs: list[str] = []
    works: list[Callable[[], None]] = []

    def run(job: str, **_: object) -> None:
        runs.append(job)
        works[1]()

    def begin(work: Callable[[], None]) -> None:
        works.append(work)
        if len(works) == 2:
            worker.stop()

    worker = Worker(queue, run, slots=2, clock=clock.clock, begin=begin)
    for _ in range(2):
        queue.send(job_id(1))
    worker.serve()
    works[0]()

    assert (runs, queue.bodies) == ([job_id(1)], [])


def test_a_message_that_came_twice_outlives_a_run_that_stops(queue: MemoryQueue, clock: FakeClock) -> None:
    """The second receipt is the one that counts: with the first alone the job would lose its message."""
    runs: list[str] = []

    def run(job: str, **_: object) -> None:
        runs.append(job)
        clock.advance(VISIBILITY + 1)
        [again] = queue.receive(1, wait=0, visibility=VISIBILITY)
        worker._work(again)  # noqa: SLF001 - the loop hands it over while this run goes on
        worker.stop()
        raise Resumable

    worker = Worker(queue, run, slots=1, clock=clock.clock, begin=lambda work: work())
    queue.send(job_id(1))
    worker.serve()

    assert (runs, queue.is_empty, len(queue.bodies)) == ([job_id(1)], False, 1)


def test_a_queue_that_is_down_is_asked_again(queue: MemoryQueue, clock: FakeClock) -> None:
    runs = Runs()
    queue.is_down = True
    with serving(queue, runs, clock):
        until(lambda: queue.calls != [])
        queue.is_down = False
        queue.send(job_id(1))
        until(lambda: not queue.bodies)
    assert runs.started == [job_id(1)]


def test_no_fault_ends_the_receiving_in_silence(
    queue: MemoryQueue, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    receive, faults = queue.receive, [OverflowError(), RecursionError()]

    def receive_at_last(most: int, **asked: int) -> list[Message]:
        if faults:
            raise faults.pop()
        return receive(most, **asked)

    monkeypatch.setattr(queue, "receive", receive_at_last)
    runs = Runs()
    queue.send(job_id(1))
    with serving(queue, runs, clock):
        until(lambda: not queue.bodies)

    assert runs.started == [job_id(1)]
    assert [line["error"] for line in logged(caplog, "function.crashed")] == [
        "RecursionError",
        "OverflowError",
    ]


def test_a_message_without_a_thread_is_given_back(queue: MemoryQueue, clock: FakeClock) -> None:
    """As where a process may have no more of them."""
    begun: list[Callable[[], None]] = []

    def begin(work: Callable[[], None]) -> None:
        begun.append(work)
        if len(begun) == 1:
            raise RuntimeError("can't start new thread")
        worker.stop()
        work()

    runs = Runs()
    worker = Worker(queue, runs, slots=1, clock=clock.clock, begin=begin)
    queue.send(job_id(1))
    queue.send(job_id(2))
    worker.serve()

    assert (runs.started, len(queue.bodies)) == ([job_id(2)], 1)
    assert [what for name, what in queue.calls if name == "extend"] == [AGAIN_AFTER[0]]


@pytest.mark.parametrize(
    "body", ["", "no JSON", "[]", "7", '{"jobId": 5}', '{"jobId": "../x"}', "{}", "[" * 90_000]
)
def test_a_message_that_names_no_job_runs_nothing(queue: MemoryQueue, clock: FakeClock, body: str) -> None:
    runs = Runs()
    queue.put(body)
    with serving(queue, runs, clock):
        for after in AGAIN_AFTER:
            until(lambda after=after: ("extend", after) in queue.calls)  # type: ignore[misc] # a bound default
            clock.advance(after)
        until(lambda: not queue.bodies)
    assert (read_job_id(body), runs.started) == (None, [])
    # Given back, so that the redrive policy takes it; deleted only where there is none.
    assert [call for call in queue.calls if call[0] != "receive"] == [
        *(("extend", after) for after in AGAIN_AFTER),
        ("delete", "receipt-4"),
    ]


def test_a_message_that_nobody_counts_does_not_come_at_once(queue: MemoryQueue, clock: FakeClock) -> None:
    receive = queue.receive
    queue.put("no JSON")

    def uncounted(most: int, *, wait: int, visibility: int) -> list[Message]:
        if queue.calls.count(("receive", 1)) == 2:
            worker.stop()
        return [replace(each, receives=0) for each in receive(most, wait=wait, visibility=visibility)]

    queue.receive = uncounted  # type: ignore[method-assign] # what other servers than SQS leave out
    worker = Worker(queue, Runs(), slots=1, clock=clock.clock, begin=lambda work: work())
    worker.serve()

    assert (queue.received, queue.bodies) == (1, ["no JSON"])
    assert ("extend", AGAIN_AFTER[0]) in queue.calls


def test_nothing_is_bought_and_nothing_received_after_a_stop(queue: MemoryQueue, clock: FakeClock) -> None:
    answers: list[bool] = []
    runs = Runs(lambda _job, _renew, may_buy: answers.append(may_buy()))
    runs.hold.clear()
    queue.send(job_id(1))
    with serving(queue, runs, clock) as worker:
        runs.wait_for(1)
        worker.stop()
        queue.send(job_id(2))
        assert worker.drain(0) == [job_id(1)]
        runs.hold.set()
        assert worker.drain(PATIENCE) == []
    assert (answers, runs.started) == ([False], [job_id(1)])


def test_what_is_received_while_stopping_is_given_back(clock: FakeClock) -> None:
    runs = Runs()
    queue = MemoryQueue(clock.now)
    worker = Worker(queue, runs, slots=2, clock=clock.clock)
    queue.send(job_id(1))
    receive = queue.receive

    def stopped_meanwhile(most: int, *, wait: int, visibility: int) -> object:
        worker.stop()
        return receive(most, wait=wait, visibility=visibility)

    queue.receive = stopped_meanwhile  # type: ignore[assignment,method-assign] # the moment that is tested
    worker.serve()
    assert (runs.started, ("extend", 0) in queue.calls) == ([], True)


def test_a_call_of_forty_minutes_ends_in_a_video() -> None:
    scripted = ScriptedWorker()
    scripted.add(queued(limits=Limits.of(120), dispatch="queue"))
    queue = MemoryQueue(scripted.clock.now)
    queue.send(JOB_ID)
    seen: list[Job] = []
    scripted.provider.script = [After(2_400, Made(), lambda: seen.append(scripted.poll()))]

    def make(job: str, renew: Callable[[], None], may_buy: Callable[[], bool]) -> None:
        deps = replace(scripted.worker(), beat=renew, may_buy=may_buy)
        generation.run(job, deps, run_id="run 1", seconds=math.inf)

    with serving(queue, Runs(make), scripted.clock):
        until(lambda: not queue.bodies)

    assert [job.stage for job in seen] == [Stage.RENDERING]
    assert scripted.story == [
        "0 0 job.created",
        "0 1 job.claimed",
        "2400 1 blackbox.answered",
        "2400 1 job.completed",
    ]
    # Hidden anew with each beat, so that no other worker was ever given the message.
    assert queue.calls.count(("extend", VISIBILITY)) == 2_400 / RENEW_EVERY


def test_on_the_platform_such_a_call_has_ended_unknown() -> None:
    scripted = ScriptedWorker()
    scripted.add(queued())
    scripted.provider.script = [After(2_400, ProviderOutcomeUnknown(), scripted.poll)]

    scripted.run()

    assert scripted.job.failure is not None
    assert (scripted.job.failure.code, scripted.job.charged) == ("outcome_unknown", "unknown")
