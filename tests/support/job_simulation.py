"""A search for the story that breaks the promise: clients, workers, trouble and time in any order.

The machine's rules are what can happen; its invariants are the promise.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from support.interleaving import DOWNLOAD_FAILURES, FILM_SHA256, Provider, SharedObjects, World, made
from support.memory_objects import MemoryObjects, Trouble
from videogen import generation, service, signing
from videogen.cas import Cas
from videogen.durations import Durations
from videogen.errors import (
    DailyLimitReached,
    JobEnded,
    JobErased,
    JobNotFound,
    JobRunning,
    KeyReused,
    PhotosGone,
    ProviderNotStarted,
    ProviderNoVideo,
    ProviderOutcomeUnknown,
    ProviderRefused,
    RescuesUsedUp,
    WorkerUnreachable,
)
from videogen.job_store import RECORD, JobStore, digest_of, job_key, photo_keys
from videogen.jobs import Limits, Stage, Status
from videogen.service import DispatchResult, Order, Upload
from videogen.settings import Secret
from videogen.spending import Ledger, ledger_key
from videogen.video_request import VideoRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from support.interleaving import PaidCall, Process
    from videogen.jobs import DispatchKind, Job
    from videogen.objects import Objects

T = TypeVar("T")

KEY = Secret("whsec_" + "A" * 43 + "=")
LIMIT = 2
"""Videos a day: few, so that a start often meets the last one."""
MAX_STARTS = 6
FUNCTION_SECONDS = 10.0
"""The platform ends a function of the page then, wherever it stands."""
TROUBLES = (Trouble.NOT_APPLIED, Trouble.REPLY_LOST, Trouble.CONFLICT_REPORTED)
# The promise in figures, written out here and not taken from the code that has to keep it.
LEASE, DEAD_LEASE, CALLS, CALL_EVERY = 60.0, 90.0, 3, 45.0
RESCUES = 3
OF_THE_HOLDER = {"job.requeued", "blackbox.answered", "job.completed"}
ANSWERS: tuple[tuple[Callable[[], object], bool], ...] = (
    (made, True),
    (made, True),
    (made, True),
    (lambda: ProviderNotStarted("provider_busy"), False),
    (lambda: ProviderRefused("content_refused"), False),
    (ProviderNoVideo, True),
    (ProviderOutcomeUnknown, True),
)
"""What the provider may say, and whether the call may have cost something."""
WEIGHTS = {
    "go_on": 12,
    "all_go_on": 8,
    "time_passes": 7,
    "deliver": 10,
    "answer": 8,
    "poll": 6,
    "deliver_again": 3,
    "kill": 3,
    "freeze": 4,
    "trouble_ahead": 3,
    "store_goes_down": 1,
    "download_fails": 1,
    "lose_a_call": 1,
    "cancel": 1,
    "erase": 1,
    "start": 4,
    "retry": 2,
    "call_fails": 1,
}
EVENTS = [event for event, weight in WEIGHTS.items() for _ in range(weight)]


CALLS_OF_THE_WORKER = (DispatchResult.REFUSED, DispatchResult.UNCLEAR)
REFUSALS = (
    DailyLimitReached,
    JobEnded,
    JobErased,
    JobNotFound,
    JobRunning,
    KeyReused,
    PhotosGone,
    RescuesUsedUp,
    WorkerUnreachable,
)
"""What a person may be told; whatever else comes out of a use case is trouble with the store."""


@dataclass
class Guards:
    """What keeps the promise; a negative control takes one of them away."""

    keeps_conditions: bool = True
    nonce: Callable[[str], str] = str


class NoEstimates(Durations):
    """Durations that are learned and never asked for: a start asks in a thread, which no turn can order."""

    def estimate(self, model: str) -> None:
        del model


def photo_of(fingerprint: str) -> bytes:
    """Return the photo of an order."""
    return f"photo of {fingerprint}".encode()


class Story(RuleBasedStateMachine):
    """One site's life."""

    guards = Guards()
    instead: Mapping[str, str] = {}
    """What happens in the place of an event, where a search is after something particular."""
    make_bucket: Callable[[Callable[[], float]], MemoryObjects] = MemoryObjects
    limits = Limits()
    dispatch_kind: DispatchKind = "call"
    # The promise of those limits, in seconds, and for how long a run may last.
    call_within, ended_within, run_seconds = 300.0, 960.0, 830.0
    moments: tuple[float, ...] = (0.5, 3.0, 12.0, 31.0, 46.0, 91.0)

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.make_bucket, audit=self._audit, on_call=self._check_call)
        self.nonces = self.ids = 0
        self.broken: list[AssertionError] = []
        self.claimed_at: dict[str, float] = {}
        self.decoded: dict[str, tuple[bytes, Job]] = {}
        self.starts = 0
        self.canceled = False
        self.erasing: list[str] = []
        self.results: deque[DispatchResult] = deque()
        """What the next calls of the worker come to, where it is not the usual."""
        self.sent = Counter[str]()
        self.improved = Counter[str]()

    # --- What can happen -----------------------------------------------------------------------------------

    @initialize(number=st.integers(0, 9))
    def begin(self, number: int) -> None:
        self._start(number)
        self._settle()

    @rule(event=st.sampled_from(EVENTS), number=st.integers(0, 999))
    def happens(self, event: str, number: int) -> None:
        """Let one thing happen; `number` says to whom, where there are several."""
        getattr(self, f"_{self.instead.get(event, event)}")(number)

    def _start(self, number: int) -> None:
        """A person presses Generate: with a new key, an old one, an old one for something else, or none."""
        if self.starts == MAX_STARTS:
            return
        self.starts += 1
        key, other = [(None, 0), (0, 0), (0, 0), (0, 1), (0, 1), (1, 0)][number % 6]
        fingerprint = f"start {self.starts}" if key is None else f"key {key}, order {other}"
        self._press(
            Order(
                prompt="slow pan over the lake",
                model="blackboxai/google/veo-3-fast",
                uploads=(Upload(photo_of(fingerprint), "image/png"),),
                key=None if key is None else f"idempotency-key-{key}",
                fingerprint=fingerprint,
            )
        )

    def _retry(self, number: int) -> None:
        """A person tries a job again: where its paid video was never saved, that alone is saved."""
        if self.starts == MAX_STARTS or not self.jobs:
            return
        self.starts += 1
        old = self._one_of(self.jobs, number)
        self._press(
            Order(
                prompt="slow pan over the lake",
                model="blackboxai/google/veo-3-fast",
                retry_of=old,
                owner_token=signing.owner_token(KEY, old),
                key=[None, f"retry-key-of-{old}"][number % 2],
                fingerprint=f"retry of {old}",
            )
        )

    def _press(self, order: Order) -> None:
        def press(process: Process) -> None:
            process.ends_at = self.world.now + FUNCTION_SECONDS
            job = service.start(self._deps(), order, self._dispatch)
            process.counted = ""
            assert job.fingerprint == order.fingerprint
            assert not job.deleted_at
            assert job_key(job.id) in self.world.bucket.held

        self.world.begin(lambda process: self._wish(lambda: press(process)))

    def _call_fails(self, number: int) -> None:
        """The next call of the worker is refused, or nobody knows what became of it."""
        self.results.append(self._one_of(CALLS_OF_THE_WORKER, number))

    def _deliver(self, number: int) -> None:
        """The platform starts a worker that was called."""
        if self.world.deliveries:
            self._work(self.world.deliveries.pop(number % len(self.world.deliveries)))

    def _lose_a_call(self, number: int) -> None:
        if self.world.deliveries:
            self.world.deliveries.pop(number % len(self.world.deliveries))

    def _deliver_again(self, number: int) -> None:
        """The platform repeats a call: after a failure, or for no reason."""
        if self.jobs:
            self._work(self._one_of(self.jobs, number))

    def _poll(self, number: int) -> None:
        if self.jobs:
            self._look(self._one_of(self.jobs, number))

    def _cancel(self, number: int) -> None:
        if self.jobs and not self.canceled:
            self.canceled = True
            job_id = self._one_of(self.jobs, number)
            self.world.begin(lambda _: self._ask(job_id, service.cancel))

    def _erase(self, number: int) -> None:
        if self.jobs and not self.erasing:
            self.erasing.append(self._one_of(self.jobs, number))
            self.world.begin(lambda _: self._ask(self.erasing[0], service.erase))

    def _go_on(self, number: int) -> None:
        """One task goes on for a few turns."""
        ready = self.world.ready()
        if ready:
            task = self._one_of(ready, number)
            for _ in range(1 + number % 7):
                if task.is_ready:
                    self.world.go_on(task)

    def _all_go_on(self, _: int) -> None:
        self._settle()

    def _kill(self, number: int) -> None:
        living = [task for task in self.world.tasks if not task.is_done]
        if living:
            self.world.kill(self._one_of(living, number).process)

    def _freeze(self, number: int) -> None:
        """A process stands still, as functions do, or goes on where it stood."""
        living = [task for task in self.world.tasks if not task.is_done]
        if living:
            process = self._one_of(living, number).process
            process.is_frozen = not process.is_frozen

    def _time_passes(self, number: int) -> None:
        self.world.move_to(self.world.now + self._one_of(self.moments, number))

    def _trouble_ahead(self, number: int) -> None:
        self.world.troubles.extend([None] * (number % 3) + [self._one_of(TROUBLES, number // 3)])

    def _store_goes_down(self, number: int) -> None:
        self.world.troubles.extend([Trouble.NOT_APPLIED] * (3 + number % 40))

    def _download_fails(self, number: int) -> None:
        self.world.downloads.append(self._one_of(DOWNLOAD_FAILURES, number)())

    def _answer(self, number: int) -> None:
        """The provider answers a call."""
        waiting = self._waiting_calls()
        if waiting:
            call = self._one_of(waiting, number)
            answer, call.may_cost = self._one_of(ANSWERS, number // len(waiting))
            call.answer = answer()

    # --- The promise ---------------------------------------------------------------------------------------

    @invariant()
    def every_write_and_every_call_was_allowed(self) -> None:
        if self.broken:
            raise self.broken[0]

    @invariant()
    def a_job_buys_at_most_one_video(self) -> None:
        assert all(self.purchases(job_id) <= 1 for job_id in self.jobs)

    @invariant()
    def a_day_buys_no_more_than_its_limit(self) -> None:
        assert sum(map(self.purchases, self.jobs)) <= LIMIT

    @invariant()
    def every_job_that_may_cost_is_counted(self) -> None:
        counted = self._counted()
        for job in map(self._job, self.jobs):
            is_lost = job.status is Status.QUEUED and self.world.now >= job.created_at + self.ended_within
            is_free = is_lost or (job.has_ended and job.charged == "no")
            assert job.id in counted or job.rescues or is_free

    @invariant()
    def a_job_has_one_rescue_at_a_time_and_three_in_all(self) -> None:
        rescues = [job for job in map(self._job, self.jobs) if job.rescues]
        for paid in {job.rescues for job in rescues}:
            own = [job for job in rescues if job.rescues == paid]
            assert len(own) <= RESCUES
            assert sum(not job.has_ended for job in own) <= 1

    @invariant()
    def what_is_called_free_was_free(self) -> None:
        for job in map(self._job, self.jobs):
            if job.failure and job.failure.charged == "no":
                assert self.purchases(job.id) == 0

    @invariant()
    def every_completed_job_has_its_bytes(self) -> None:
        for job in map(self._job, self.jobs):
            if job.status is Status.COMPLETED and not job.deleted_at:
                assert job.video is not None
                assert job.video.key == f"videos/{job.id}/{job.epoch}.mp4"
                assert job.video.sha256 == FILM_SHA256
                assert job.video.key in self.world.bucket.held

    @invariant()
    def nothing_erased_comes_back_into_a_record(self) -> None:
        for job in map(self._job, self.jobs):
            if job.deleted_at:
                assert (job.prompt, job.provider_url, job.video) == ("", None, None)

    @invariant()
    def a_job_s_photo_is_its_own(self) -> None:
        for job in map(self._job, self.jobs):
            if not job.fingerprint.startswith("retry") and not job.deleted_at:
                assert [photo.digest for photo in job.photos] == [digest_of(photo_of(job.fingerprint))]

    @invariant()
    def every_call_that_was_counted_was_sent(self) -> None:
        for job in map(self._job, self.jobs):
            interrupted = sum(task.process.counted == job.id for task in self.world.tasks)
            assert job.dispatches <= self.sent[job.id] + interrupted

    def _check_call(self, call: PaidCall) -> None:
        """Check that a paid call begins on a lease that lives, and in time."""
        now = self.world.now
        is_claimed = now - self.claimed_at[call.process.run_id] <= LEASE
        is_early = now - self._job(call.job_id).created_at < self.call_within
        if not is_claimed or not is_early:
            # Raised later: the worker takes what its provider's client raises for an unknown outcome.
            self.broken.append(AssertionError(f"a call that began too late: {is_claimed=} {is_early=}"))

    def _audit(self, before: Job | None, job: Job, age: float, process: Process) -> None:
        try:
            self._check_write(before, job, age, process)
        except AssertionError as error:
            self.broken.append(error)

    def _check_write(self, before: Job | None, job: Job, age: float, process: Process) -> None:
        """Check one write of a record against the one before it."""
        if before is None:
            assert job.version == 1
            assert job.deleted_at is None
            return
        now = self.world.now
        assert job.version == before.version + 1
        assert before.epoch <= job.epoch <= before.epoch + 1
        actions = {step.action for step in job.history[len(before.history) :]}
        is_dead = before.lease_released or age >= DEAD_LEASE
        is_holder = before.run_id == process.run_id
        if before.has_ended:
            assert before.deleted_at is None
            if job.deleted_at is None:
                assert before.is_improvable
                assert is_holder
                self.improved[job.id] += job.settled
                assert self.improved[job.id] <= 1
            else:
                assert (job.status, job.failure) == (before.status, before.failure)
        if "job.claimed" in actions:
            assert before.status is Status.QUEUED
            assert job.epoch == before.epoch + 1
            self.claimed_at[process.run_id] = now
        if "job.taken_over" in actions:
            assert before.stage is Stage.SAVING
            assert is_dead
            assert job.epoch == before.epoch + 1
        if (actions & OF_THE_HOLDER) or not actions:
            assert is_holder
        if job.failure and job.failure.code == "outcome_unknown" and not job.settled and not before.has_ended:
            assert is_dead or now >= job.created_at + self.ended_within
        if job.dispatches > before.dispatches:
            process.counted = job.id
            is_confirmed = all(step.action != "worker.unclear" for step in before.history)
            assert self.dispatch_kind == "call" or before.epoch > 0 or not is_confirmed
            assert job.dispatches <= CALLS
            assert now - max(before.created_at, before.dispatched_at or 0.0) >= CALL_EVERY - 0.01

    def teardown(self) -> None:
        """Let all trouble end, and see what has become of everything."""
        world = self.world
        try:
            if sys.exception() is not None:
                return
            world.troubles.clear()
            for task in world.tasks:
                task.process.is_frozen = False
            self._settle(answering=True)
            latest = max((self._job(job_id).created_at for job_id in self.jobs), default=world.now)
            world.move_to(max(world.now, latest + self.ended_within))
            for job_id in self.jobs:
                self._look(job_id)
                self._settle(answering=True)
                assert self._job(job_id).has_ended
                # The platform repeats the calls whose runs were killed, and a client its request.
                self._work(job_id)
                if job_id in self.erasing:
                    world.begin(lambda _: self._ask(self.erasing[0], service.erase))
                self._settle(answering=True)
                self._work(job_id)
                self._settle(answering=True)
                self.check_end(self._job(job_id))
            self.every_write_and_every_call_was_allowed()
        finally:
            for task in world.tasks:
                world.kill(task.process)

    def check_end(self, job: Job) -> None:
        self.a_job_buys_at_most_one_video()
        self.what_is_called_free_was_free()
        self.every_completed_job_has_its_bytes()
        assert job.deleted_at or job.id not in self.erasing
        stored = {key for key in self.world.bucket.held if key.startswith(f"videos/{job.id}/")}
        assert job.is_improvable or stored <= {job.video.key if job.video else ""}
        if job.deleted_at or job.has_originals:
            # A start of something else with its key may have died before it took its own photo back.
            assert self.world.bucket.held.keys().isdisjoint(photo_keys(job))
        was_answered = any(step.action == "blackbox.answered" for step in job.history)
        is_over = job.failure is not None and job.failure.code in {"canceled", "video_gone", "video_refused"}
        assert not was_answered or job.video or job.is_rescuable or job.deleted_at or is_over

    # --- How it happens ------------------------------------------------------------------------------------

    def _work(self, job_id: str) -> None:
        def run(process: Process) -> None:
            generation.run(job_id, self._worker(job_id), run_id=process.run_id, seconds=self.run_seconds)

        self.world.begin(run)

    def _worker(self, job_id: str) -> generation.Deps:
        deps = self._deps()
        return generation.Deps(
            store=deps.store,
            ledger=deps.ledger,
            durations=deps.durations,
            clock=deps.clock,
            provider=Provider(self.world, job_id),
            build_request=lambda job, photos: VideoRequest({"prompt": job.prompt}, tuple(photos)),
            open_video=self.world.open_video,
            heartbeat=self.world.with_heartbeat,
        )

    def _look(self, job_id: str) -> None:
        def look(process: Process) -> None:
            begun = self.world.now
            job = service.heal(self._deps(), job_id, self._dispatch)
            process.counted = ""
            assert job.has_ended or begun < job.created_at + self.ended_within

        self.world.begin(look)

    def _ask(self, job_id: str, act: Callable[[service.Deps, str, str], object]) -> None:
        self._wish(lambda: act(self._deps(), job_id, signing.owner_token(KEY, job_id)))

    def _wish(self, act: Callable[[], object]) -> None:
        """Let a person ask for something; what breaks the promise meanwhile is raised later."""
        try:
            act()
        except REFUSALS:
            return
        except AssertionError as error:
            self.broken.append(error)

    def _dispatch(self, job_id: str, attempt: int) -> DispatchResult:
        self.sent[job_id] += attempt > 0
        result = self.results.popleft() if self.results else DispatchResult.REACHED
        if result is DispatchResult.REACHED:
            self.world.deliveries.append(job_id)
        return result

    def _deps(self) -> service.Deps:
        store = self._store(self._shared())
        return service.Deps(
            store=store,
            ledger=Ledger(store, limit=LIMIT),
            durations=NoEstimates(store.cas),
            clock=self.world.clock,
            keys=[KEY],
            limits=self.limits,
            dispatch_kind=self.dispatch_kind,
            random_bytes=self._random_bytes,
        )

    def _shared(self) -> SharedObjects:
        return SharedObjects(self.world, keeps_conditions=self.guards.keeps_conditions)

    def _store(self, objects: Objects) -> JobStore:
        store = JobStore(Cas(objects=objects, clock=self.world.clock, random=lambda: 0.5, nonce=self._nonce))
        if not self.guards.keeps_conditions:
            store._is_safe = True  # noqa: SLF001 - the probe would find it out
        return store

    def _random_bytes(self, size: int) -> bytes:
        self.ids += 1
        return self.ids.to_bytes(size)

    def _nonce(self) -> str:
        self.nonces += 1
        return self.guards.nonce(f"nonce {self.nonces}")

    def _settle(self, *, answering: bool = False) -> None:
        """Let everything go on until nothing is ready, or with `answering` until nothing goes on at all."""
        for _ in range(20_000):
            ready = self.world.ready()
            if ready:
                self.world.go_on(ready[0])
                continue
            if not answering:
                return
            for call in self._waiting_calls():
                call.answer = made()
            if self.world.ready():
                continue
            living = [task for task in self.world.tasks if not task.is_done]
            if not living:
                return
            self.world.move_to(min(task.wakes_at for task in living if task.wakes_at is not None))
        raise AssertionError("something goes on for ever")

    @staticmethod
    def _one_of(things: Sequence[T], number: int) -> T:
        return things[number % len(things)]

    def _waiting_calls(self) -> list[PaidCall]:
        return [
            call
            for call in self.world.calls
            if call.answer is None and not call.is_given_up and not call.process.is_dead
        ]

    @property
    def jobs(self) -> list[str]:
        """The jobs that are stored, by the order of their creation."""
        return [
            key[len("jobs/") : -len(".json")]
            for key in self.world.bucket.held
            if key.startswith("jobs/") and key.endswith(".json")
        ]

    def _counted(self) -> set[str]:
        """Return the jobs that the day's ledger counts."""
        held = self.world.bucket.held.get(ledger_key(self.world.now))
        return set(json.loads(held.body)["jobs"]) if held else set()

    def purchases(self, job_id: str) -> int:
        return sum(call.job_id == job_id and call.may_cost for call in self.world.calls)

    def _job(self, job_id: str) -> Job:
        body = self.world.bucket.held[job_key(job_id)].body
        if self.decoded.get(job_id, (b"",))[0] != body:
            self.decoded[job_id] = (body, RECORD.decode(body)[0])
        return self.decoded[job_id][1]


class QueueStory(Story):
    """A site whose jobs go to a queue and may live for two hours.

    Its messages are lost, repeated and reordered as calls are; polls send none for a job that waits there.
    """

    limits = Limits.of(120)
    dispatch_kind: DispatchKind = "queue"
    call_within, ended_within, run_seconds = 2_250.0, 7_200.0, math.inf
    moments = (3.0, 31.0, 46.0, 91.0, 400.0, 2_400.0)
