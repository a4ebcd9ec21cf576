"""What a queue does to its messages: how each job ends all the same, and that it is bought once at most.

SQS delivers late, twice, in any order, or not at all. The bucket is the truth and a message is a hint.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from itertools import count, permutations
from typing import TYPE_CHECKING

import pytest

from support.example_jobs import CREATED_AT, JOB_ID, completed, queued, rendering, saving
from support.memory_queue import MemoryQueue
from support.scripted_worker import After, Made, ScriptedWorker
from videogen import generation, jobs, service, signing
from videogen.errors import ProviderNotStarted, QueueUnavailable
from videogen.job_store import job_key
from videogen.jobs import Job, Limits, Stage, Status
from videogen.queue import worker as queue_worker
from videogen.queue.dispatch import QueueDispatch
from videogen.queue.worker import VISIBILITY, Worker
from videogen.service import Order, Upload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from support.real_worker import Tally
    from videogen.queue.sqs import Message

    Row = Callable[["QueueSite"], None]

RECEIVES = 3
FORTNIGHT = 14 * 24 * 60 * 60.0
"""The longest that SQS keeps a message."""
LIMITS = Limits.of(120)
A, B, C = (signing.new_job_id(lambda size, n=n: bytes([n]) * size) for n in (1, 2, 3))  # type: ignore[misc] # a bound default
NO_JOBS = ["", "no JSON", "[]", "7", '{"jobId": 5}', '{"jobId": "../x"}', "{}", "[" * 90_000]
DONE = ("completed", "yes", 1)
EXPIRED = ("expired", "no", 0)


class Killed(BaseException):
    """A worker's process ends without another word."""


def die() -> None:
    raise Killed


class OutQueue(MemoryQueue):
    """A queue that answers nobody from one moment to another."""

    out = (0.0, 0.0)

    def _call(self, name: str, what: object) -> None:
        self.is_down = self.out[0] <= self.now() < self.out[1]
        super()._call(name, what)


class QueueSite(ScriptedWorker):
    """A site whose jobs go to a queue, and workers that take them from it, in a time of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = OutQueue(self.clock.now, dead_after=RECEIVES, poll_seconds=0)
        self.runs = count(1)
        self.known: list[str] = []

    def put(self, make: Callable[[Job], Job] = lambda job: job, *, job_id: str = JOB_ID) -> None:
        """Store a job as start-video leaves it, or as `make` does."""
        self.known.append(job_id)
        self.add(make(queued(id=job_id, prompt=job_id, limits=LIMITS, dispatch="queue")))

    def send(self, make: Callable[[Job], Job] = lambda job: job, *, job_id: str = JOB_ID) -> None:
        """Do so, and send its message."""
        self.put(make, job_id=job_id)
        self.queue.send(job_id)

    def start(self) -> None:
        """Start a job as start-video does, whether the queue answers or not."""
        self.known.append(JOB_ID)
        deps = replace(self._service(), random_bytes=bytes, limits=LIMITS, dispatch_kind="queue")
        order = Order(prompt=JOB_ID, model="a model", uploads=(Upload(b"photo", "image/png"),))
        service.start(deps, order, QueueDispatch(self.queue))

    def poll(self) -> Job:
        """Do what check-video-status does."""
        return service.heal(self._service(), JOB_ID, QueueDispatch(self.queue))

    def out(self, begin: float, end: float) -> None:
        """Let the queue answer nobody between two moments, in seconds since the job's creation."""
        self.queue.out = (CREATED_AT + begin, CREATED_AT + end)

    def work(self, *, only_now: bool = False) -> None:
        """Let a worker work until the queue holds nothing, or with `only_now` nothing to receive now."""
        polled = Polled(self, only_now=only_now)
        worker = Worker(polled, self.make, slots=1, clock=self.clock.clock, begin=lambda work: work())
        polled.nothing_left = worker.stop
        worker.serve()

    def make(self, job_id: str, *, renew: Callable[[], None], may_buy: Callable[[], bool]) -> None:
        deps = replace(self.worker(), beat=renew, may_buy=may_buy)
        generation.run(job_id, deps, run_id=f"run {next(self.runs)}", seconds=math.inf)

    def read(self, job_id: str) -> Job:
        return self.other.read(job_id).job

    def stored(self) -> list[str]:
        return sorted(self.bucket.held)

    def bought(self, job_id: str) -> int:
        return sum(call.body["prompt"] == job_id for call in self.provider.calls)

    def end(self, job_id: str = JOB_ID) -> tuple[str, str, int]:
        """Return how a job ended, whether it was charged, and how often it was bought."""
        job = self.read(job_id)
        return job.failure.code if job.failure else str(job.status), job.charged, self.bought(job_id)


class Polled:
    """The queue as one worker meets it: a poll for nothing takes its time."""

    def __init__(self, site: QueueSite, *, only_now: bool) -> None:
        self._site = site
        self._only_now = only_now
        self.send, self.extend, self.delete = site.queue.send, site.queue.extend, site.queue.delete
        self.nothing_left: Callable[[], None]

    def receive(self, most: int, *, wait: int, visibility: int) -> list[Message]:
        found = self._site.queue.receive(most, wait=wait, visibility=visibility)
        if not found:
            if self._only_now or not self._site.queue.bodies:
                self.nothing_left()
            else:
                self._site.clock.advance(wait)
        return found


# --- What can happen ---------------------------------------------------------------------------------------


def the_queue_is_down_for_a_minute(site: QueueSite) -> None:
    site.send()
    site.out(0, 60)
    site.work()
    assert site.end() == DONE
    assert 60 <= (site.job.started_at or 0) - CREATED_AT <= 60 + queue_worker.LONGEST_PAUSE


def it_is_down_during_a_call(site: QueueSite) -> None:
    site.provider.script = [After(100, Made())]
    site.send()
    site.out(20, 80)
    site.work()
    assert site.end() == DONE
    assert site.story[1:] == ["0 1 job.claimed", "100 1 blackbox.answered", "100 1 job.completed"]


def a_long_call_is_under_way(site: QueueSite) -> None:
    """Nobody else is given its message."""
    site.provider.script = [After(600, Made(), lambda: site.work(only_now=True))]
    site.send()
    site.work()
    assert site.end() == DONE
    assert site.queue.received == 1


def it_is_down_when_the_job_ends(site: QueueSite) -> None:
    """The message comes again, to a job that has ended."""
    site.provider.script = [After(100, Made())]
    site.send()
    site.out(80, 140)
    site.work()
    assert site.end() == DONE
    assert site.queue.received == 2


def it_is_down_when_the_job_is_sent(site: QueueSite) -> None:
    """Nobody knows whether the message was taken; here it was not, and the second poll sends it."""
    site.out(0, 60)
    site.start()
    site.at(45)
    assert site.poll().status is Status.QUEUED
    site.at(90)
    site.poll()
    site.work()
    assert site.end() == DONE
    assert site.queue.received == 1


def it_is_down_for_longer_than_polls_try(site: QueueSite) -> None:
    site.out(0, LIMITS.paid_call)
    site.start()
    for moment in (45, 90, 135, 180, 225, LIMITS.paid_call):
        site.at(moment)
        site.poll()
    assert site.end() == EXPIRED
    assert site.queue.calls == [("send", JOB_ID)] * 4


def a_job_waits_in_a_long_queue(site: QueueSite) -> None:
    """Nobody sends it again, however often somebody looks."""
    site.start()
    for moment in range(15, 1_500, 15):
        site.at(moment)
        site.poll()
    site.work()
    assert site.end() == DONE
    assert site.queue.received == 1


def killed_without_its_message(site: QueueSite) -> None:
    """Send a copy of the job's message, whose own run deletes it, before the job's worker is killed."""
    site.send()
    site.out(0.5, 299)
    with pytest.raises(Killed):
        site.work()
    assert site.queue.bodies == []


def a_copy_comes_to_a_job_whose_worker_dies_saving(site: QueueSite) -> None:
    site.provider.script = [After(300, Made(), lambda: site.work(only_now=True))]
    site.downloads = [Killed()]
    killed_without_its_message(site)
    site.at(391)
    site.poll()
    site.work()
    assert site.end() == DONE
    assert site.story[-3:] == ["391 1 worker.called", "391 2 job.taken_over", "391 2 job.completed"]


def a_copy_comes_to_a_job_whose_worker_dies_waiting(site: QueueSite) -> None:
    """It had been asked to wait for its next call."""
    busy = ProviderNotStarted("provider_busy", retry_after=50)
    site.provider.script = [After(300, busy, lambda: site.work(only_now=True))]
    site.clock.during_sleep = [die]
    killed_without_its_message(site)
    site.at(395)
    site.poll()
    site.work()
    assert site.end() == ("completed", "yes", 2)


def a_receipt_expires_during_a_call(site: QueueSite) -> None:
    """No renewal gets through for five minutes, so another worker is given the message."""
    site.provider.script = [After(300, Made(), lambda: site.work(only_now=True))]
    site.send()
    site.out(0.5, 299)
    site.work()
    assert site.end() == DONE
    assert site.story[1:] == ["0 1 job.claimed", "300 1 blackbox.answered", "300 1 job.completed"]
    assert site.queue.received == 2


def a_job_is_erased_before_its_message_comes(site: QueueSite) -> None:
    site.send()
    site.erase()
    site.work()
    assert site.end() == ("canceled", "no", 0)
    assert site.stored() == [job_key(JOB_ID)]


def a_job_is_erased_just_before(site: QueueSite, *, method: str, skip: int) -> None:
    """Just before a request that its worker makes."""
    site.send()
    site.meanwhile(method, site.erase, skip=skip)
    site.work()
    assert site.end() == ("canceled", "no", 0)
    assert site.stored() == [job_key(JOB_ID)]


def a_message_names_an_unknown_job(site: QueueSite) -> None:
    """One that was purged, or of another site."""
    site.queue.send(JOB_ID)
    site.work()
    assert site.bucket.held == {}
    assert site.queue.received == 1


def a_message_is_a_fortnight_old(site: QueueSite) -> None:
    """Of a job that waits, one whose worker has died, one whose video was not saved, and one that is done."""
    site.send(job_id=A)
    site.send(rendering, job_id=B)
    site.send(lambda job: saving(rendering(job)), job_id=C)
    site.send(lambda job: completed(saving(rendering(job))))
    site.at(FORTNIGHT)
    site.work()
    assert [site.end(job_id) for job_id in (A, B, C, JOB_ID)] == [
        EXPIRED,
        ("outcome_unknown", "unknown", 0),
        ("save_failed", "yes", 0),
        ("completed", "yes", 0),
    ]
    assert site.read(C).is_rescuable
    assert site.fetched == []
    assert site.queue.received == 4


def a_message_is_no_json(site: QueueSite) -> None:
    """It is parked with the dead letters, and what comes behind it is made."""
    for body in NO_JOBS:
        site.queue.put(body)
    site.send()
    site.work()
    assert site.end() == DONE
    assert sorted(site.queue.dead) == sorted(NO_JOBS)
    site.queue.dead.clear()


def a_message_comes_three_times(site: QueueSite) -> None:
    site.send()
    site.queue.send(JOB_ID)
    site.queue.send(JOB_ID)
    site.work()
    assert site.end() == DONE


def two_workers_claim_at_once(site: QueueSite) -> None:
    site.send()
    site.queue.send(JOB_ID)
    site.meanwhile("PUT", lambda: site.work(only_now=True), skip=3)
    site.work()
    assert site.end() == DONE


def messages_come_in_this_order(site: QueueSite, *, order: Sequence[str]) -> None:
    """A second worker takes all that is left just before the first one claims its first job."""
    for job_id in (A, B, C):
        site.put(job_id=job_id)
    for job_id in order:
        site.queue.send(job_id)
    site.meanwhile("PUT", lambda: site.work(only_now=True), skip=3)
    site.work()
    assert [site.end(job_id) for job_id in (A, B, C)] == [DONE] * 3


def a_message_comes_before_its_time(site: QueueSite) -> None:
    """The provider asked for a pause; a second message does not shorten it."""
    site.provider.script = [
        After(0, ProviderNotStarted("provider_busy", retry_after=100), lambda: site.queue.send(JOB_ID)),
    ]
    site.send()
    site.clock.during_sleep = [lambda: site.work(only_now=True)]
    site.work()
    assert [round(call.at) for call in site.provider.calls] == [0, 100]
    assert site.end() == ("completed", "yes", 2)


def the_provider_asks_for_ten_minutes(site: QueueSite) -> None:
    """The message stays hidden meanwhile, so that nobody else waits for the same."""
    site.provider.script = [ProviderNotStarted("provider_busy", retry_after=600)]
    site.send()
    site.work()
    assert site.end() == ("completed", "yes", 2)
    assert site.queue.calls.count(("extend", VISIBILITY)) == 600 / generation.RENEW_EVERY


ERASED: Mapping[str, Row] = {
    f"a_job_is_erased_before_the_worker_s_{name}": partial(
        a_job_is_erased_just_before, method=method, skip=skip
    )
    for name, method, skip in [
        ("look_at_the_photo", "GET", 1),
        ("clean_photo", "PUT", 0),
        ("first_question", "PUT", 1),
        ("second_question", "PUT", 2),
        ("claim", "PUT", 3),
    ]
}
# Of three jobs, two of them twice.
ORDERS: Mapping[str, Row] = {
    f"messages_come_as_{''.join('ABC'[(A, B, C).index(job_id)] for job_id in order)}": partial(
        messages_come_in_this_order, order=order
    )
    for order in sorted(set(permutations([A, A, B, C, C])))
}
ROWS: Mapping[str, Row] = {
    row.__name__: row
    for row in (
        the_queue_is_down_for_a_minute,
        it_is_down_during_a_call,
        a_long_call_is_under_way,
        it_is_down_when_the_job_ends,
        it_is_down_when_the_job_is_sent,
        it_is_down_for_longer_than_polls_try,
        a_job_waits_in_a_long_queue,
        a_copy_comes_to_a_job_whose_worker_dies_saving,
        a_copy_comes_to_a_job_whose_worker_dies_waiting,
        a_receipt_expires_during_a_call,
        a_job_is_erased_before_its_message_comes,
        a_message_names_an_unknown_job,
        a_message_is_a_fortnight_old,
        a_message_is_no_json,
        a_message_comes_three_times,
        two_workers_claim_at_once,
        a_message_comes_before_its_time,
        the_provider_asks_for_ten_minutes,
    )
} | {**ERASED, **ORDERS}


def play(row: Row) -> QueueSite:
    site = QueueSite()
    row(site)
    assert (site.queue.bodies, site.queue.dead) == ([], [])
    return site


@pytest.mark.parametrize("row", ROWS)
def test_what_a_queue_does_harms_no_job(row: str, tally: Tally) -> None:
    site = play(ROWS[row])
    for job_id in site.known:
        calls = site.bought(job_id) - sum(step.action == "job.requeued" for step in site.read(job_id).history)
        tally.add(site.read(job_id), purchases=calls)


# --- Negative controls: with one guard taken away, the row goes red ----------------------------------------


def claim_always(job: Job, run_id: str, epoch: int, *, now: float) -> Job:
    """Claim a job whatever has become of it."""
    return replace(
        job,
        version=job.version + 1,
        epoch=epoch,
        run_id=run_id,
        status=Status.PROCESSING,
        stage=Stage.RENDERING,
        started_at=now,
        completed_at=None,
        deleted_at=None,
        failure=None,
        video=None,
    )


def break_down(*_: object) -> None:
    raise QueueUnavailable


def refuse_for_good(worker: Worker, message: Message) -> None:
    """Delete what names no job, so that nobody ever sees it."""
    worker._delete(message)  # noqa: SLF001 - the guard that is taken away


def receive_or_end(worker: Worker, most: int) -> list[Message]:
    """Ask a queue that may be down, and catch nothing."""
    return worker._queue.receive(most, wait=0, visibility=VISIBILITY)  # noqa: SLF001 - without its guard


class NoError(Exception):
    """What nobody raises."""


NEVER = property(lambda _job: 1e12)
CONTROLS: Mapping[str, tuple[Row, tuple[object, str, object]]] = {
    "a queue that is down is asked again": (
        the_queue_is_down_for_a_minute,
        (Worker, "_receive", receive_or_end),
    ),
    "a renewal may fail": (it_is_down_during_a_call, (Worker, "_renew", break_down)),
    "a message is hidden anew": (a_long_call_is_under_way, (Worker, "_renew", lambda *_: None)),
    "a message is deleted at its job's end": (
        it_is_down_when_the_job_ends,
        (Worker, "_delete", lambda *_: None),
    ),
    "a lease that lives is let alone": (
        a_receipt_expires_during_a_call,
        (jobs, "lease_is_dead", lambda *_, **__: True),
    ),
    "an erased job is not claimed": (
        ERASED["a_job_is_erased_before_the_worker_s_claim"],
        (jobs, "claim", claim_always),
    ),
    "an unknown job is done with": (a_message_names_an_unknown_job, (generation, "NoSuchObject", NoError)),
    "no paid call after its time": (a_message_is_a_fortnight_old, (Job, "paid_call_by", NEVER)),
    "a job ends": (a_message_is_a_fortnight_old, (Job, "ends_by", NEVER)),
    "only a job's id is run": (a_message_is_no_json, (queue_worker, "read_job_id", str)),
    "what names no job is parked": (a_message_is_no_json, (Worker, "_refuse", refuse_for_good)),
    "one of two claims counts": (two_workers_claim_at_once, (jobs, "claim", claim_always)),
    "one of many claims counts": (ORDERS["messages_come_as_ABCAC"], (jobs, "claim", claim_always)),
    "a poll sends what a dead worker held": (
        a_copy_comes_to_a_job_whose_worker_dies_saving,
        (jobs, "needs_dispatch", lambda *_, **__: False),
    ),
    "a poll sends what was not confirmed": (
        it_is_down_when_the_job_is_sent,
        (jobs, "note_unclear", lambda job, **_: job),
    ),
    "what waits is let alone": (
        a_job_waits_in_a_long_queue,
        (jobs, "needs_dispatch", lambda job, **_: job.status is Status.QUEUED),
    ),
    "a pause is kept": (a_message_comes_before_its_time, (generation._Run, "_wait_until", lambda *_: None)),  # noqa: SLF001 - the guard itself
}


@pytest.mark.parametrize("guard", CONTROLS)
def test_without_a_guard_of_the_queue_s_a_row_goes_red(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row, patch = CONTROLS[guard]
    monkeypatch.setattr(*patch)
    with pytest.raises((AssertionError, QueueUnavailable)):
        play(row)
