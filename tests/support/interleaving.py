"""A small world in which everything takes turns: processes, their threads, a bucket, a provider and time.

Whatever could be interrupted in a real process is a point at which a task here gives its turn away: before a
request leaves, before its reply is read, inside a download, while it sleeps. So the order in which things
happen, and who dies in between, is chosen from outside, and the same choices give the same story again.
"""

from __future__ import annotations

import hashlib
import math
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it has no types

from support.memory_objects import MemoryObjects, Trouble
from videogen.blackbox_answer import Generated
from videogen.clock import Clock
from videogen.errors import (
    Conflict,
    ProviderNotStarted,
    ProviderOutcomeUnknown,
    StoreError,
    StoreUnavailable,
    VideogenError,
    VideoGone,
    VideoInterrupted,
    VideoRefused,
)
from videogen.generation import Resumable
from videogen.job_store import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Unpack

    from videogen.jobs import Job
    from videogen.objects import LinkOptions, PutOptions, StoredObject

T = TypeVar("T")
START = 1_800_000_000.0
FILM = b"\x00\x00\x00\x18ftypisom a film"
FILM_SHA256 = hashlib.sha256(FILM).hexdigest()


class Killed(BaseException):
    """The process is dead; nothing that it still tries to do happens."""


@dataclass(eq=False)
class Process:
    """A function's instance: its tasks die together. `run_id` is its name in a job's record.

    The platform kills it at `ends_at`, wherever it stands. `counted` is the job whose next call it has
    counted, until it answers.
    """

    run_id: str
    ends_at: float = math.inf
    is_dead: bool = False
    is_frozen: bool = False
    counted: str = ""


class Task(greenlet):  # type: ignore[misc]  # a class without types
    """One thread of a process."""

    def __init__(self, world: World, process: Process, body: Callable[[], object]) -> None:
        super().__init__(parent=world.hub)
        self.process = process
        self.result: object = None
        self.error: BaseException | None = None
        self.is_done = False
        self.wakes_at: float | None = None
        self.waits_for: Callable[[], bool] | None = None
        self._world = world
        self._body = body

    @property
    def is_ready(self) -> bool:
        """Whether it would go on, had it its turn."""
        if self.is_done or self.process.is_frozen:
            return False
        if self.waits_for is None and self.wakes_at is None:
            return True
        has_come = self.waits_for is not None and self.waits_for()
        return has_come or (self.wakes_at is not None and self._world.now >= self.wakes_at)

    def run(self) -> None:
        """Do what the task is for; whatever is no error of this package ends the whole story."""
        try:
            self.result = self._body()
        except (VideogenError, Killed) as error:
            self.error = error
        finally:
            self.is_done = True


@dataclass(eq=False)
class PaidCall:
    """A POST that the provider has, and its answer once there is one."""

    job_id: str
    process: Process
    answer: object = None
    is_given_up: bool = False
    may_cost: bool = True
    """False once an answer has proved that nothing was made."""


@dataclass
class World:
    """Time, tasks, and what waits to be delivered."""

    make_bucket: Callable[[Callable[[], float]], MemoryObjects] = MemoryObjects
    now: float = START
    tasks: list[Task] = field(default_factory=list)
    calls: list[PaidCall] = field(default_factory=list)
    deliveries: list[str] = field(default_factory=list)
    """Jobs whose worker was called and has not been started yet."""
    troubles: deque[Trouble | None] = field(default_factory=deque)
    """What the next requests meet; None: nothing."""
    downloads: deque[VideogenError] = field(default_factory=deque)
    """How the next downloads fail."""
    audit: Callable[[Job | None, Job, float, Process], None] = lambda *_: None
    """Is shown each record that is written: the one before, the new one, the former's age, the writer."""
    on_call: Callable[[PaidCall], None] = lambda _: None
    """Is shown every paid call that begins."""
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.clock = Clock(now=lambda: self.now, monotonic=lambda: self.now - START, sleep=self.sleep)
        self.bucket = self.make_bucket(lambda: self.now)
        self.hub = getcurrent()

    # --- Taking turns --------------------------------------------------------------------------------------

    def begin(self, body: Callable[[Process], object]) -> Task:
        """Start a process."""
        process = Process(f"process {next(self._names)}")
        return self.add(process, lambda: body(process))

    def add(self, process: Process, body: Callable[[], object]) -> Task:
        """Start a thread of a process."""
        task = Task(self, process, body)
        self.tasks.append(task)
        return task

    def go_on(self, task: Task) -> None:
        """Give a task its turn."""
        task.waits_for = task.wakes_at = None
        task.switch()

    def kill(self, process: Process) -> None:
        """Let a process die where it stands."""
        process.is_dead = True
        for task in self.tasks:
            if task.process is process and not task.is_done:
                if task:  # one that never had its turn has nothing to be thrown out of
                    task.throw(Killed())
                task.is_done = True

    def move_to(self, now: float) -> None:
        """Let time pass; what the platform ends meanwhile gets no turn any more."""
        self.now = now
        for task in self.tasks:
            if not task.is_done and task.process.ends_at < now:
                self.kill(task.process)

    def ready(self) -> list[Task]:
        """Return the tasks that would go on."""
        return [task for task in self.tasks if task.is_ready]

    def pause(self) -> None:
        """Give the turn away."""
        self._switch(None, None)

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        self._switch(None, self.now + seconds)

    def wait(self, for_: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until something is so, or some seconds have passed; return whether it is."""
        self._switch(for_, None if seconds is None else self.now + seconds)
        return for_()

    def current(self) -> Task | None:
        """Return the task that has its turn."""
        this = getcurrent()
        return this if isinstance(this, Task) else None

    def _switch(self, waits_for: Callable[[], bool] | None, wakes_at: float | None) -> None:
        task = self.current()
        if task is None:
            return
        if task.process.is_dead:
            raise Killed
        task.waits_for, task.wakes_at = waits_for, wakes_at
        self.hub.switch()

    # --- What processes work with --------------------------------------------------------------------------

    def with_heartbeat(
        self,
        call: Callable[[], T],
        *,
        wait: Callable[[], float],
        beat: Callable[[], None],
        give_up: Callable[[], None],
    ) -> T:
        """Run a call in a thread of its own, as `videogen.heartbeat` does."""
        task = self.current()
        assert task is not None
        other = self.add(task.process, call)
        try:
            while not self.wait(lambda: other.is_done, wait()):
                beat()
        except BaseException:
            if not task.process.is_dead:
                give_up()
                self.wait(lambda: other.is_done)
            raise
        if other.error is not None:
            raise other.error
        return other.result  # type: ignore[return-value]  # what its task returned

    @contextmanager
    def open_video(self, url: str, deadline: float, _video: bytes | None) -> Iterator[Download]:
        """Open a download."""
        del url
        self.pause()
        if self.clock.monotonic() >= deadline:
            raise VideoInterrupted(note="no time left")
        yield Download(self)

    def process(self) -> Process:
        """Return whose turn it is."""
        task = self.current()
        return task.process if task else Process("nobody")


class Download:
    """The film, in two parts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.length = 0
        self.sha256 = ""

    def __iter__(self) -> Iterator[bytes]:
        yield FILM[:10]
        self._world.pause()
        if self._world.downloads:
            raise self._world.downloads.popleft()
        yield FILM[10:]
        self.length, self.sha256 = len(FILM), FILM_SHA256


DOWNLOAD_FAILURES = (VideoInterrupted, VideoGone, VideoRefused)


made = partial(Generated, "https://provider.example/output.mp4")
"""The provider's answer."""


class Provider:
    """The paid API. As the real client does, it looks at the time just before it sends, and not again."""

    def __init__(self, world: World, job_id: str) -> None:
        self._world = world
        self._job_id = job_id
        self._is_closed = False

    def generate(
        self, body: Mapping[str, Any], *, deadline: float, start_by: float | None = None
    ) -> Generated:
        del body
        world = self._world
        world.pause()
        now = world.clock.monotonic()
        if self._is_closed or now >= deadline or (start_by is not None and now > start_by):
            raise ProviderNotStarted("provider_unreachable", note="too late")
        call = PaidCall(self._job_id, world.process())
        world.calls.append(call)
        world.on_call(call)
        world.wait(lambda: call.answer is not None or self._is_closed, deadline - now)
        if call.answer is None:
            call.is_given_up = True
            raise ProviderOutcomeUnknown
        if isinstance(call.answer, BaseException):
            raise call.answer
        assert isinstance(call.answer, Generated)
        return call.answer

    def close(self) -> None:
        self._is_closed = True


class SharedObjects:
    """The bucket as a process sees it: over a network, with trouble, and never alone."""

    def __init__(self, world: World, *, keeps_conditions: bool = True) -> None:
        self._world = world
        self._keeps_conditions = keeps_conditions

    def get(self, key: str) -> StoredObject:
        return self._ask(lambda: self._world.bucket.get(key))

    def put(self, key: str, body: bytes, **options: Unpack[PutOptions]) -> str:
        if not self._keeps_conditions:
            options = {"content_type": options["content_type"]}
        is_conditional = bool(options.get("if_match") or options.get("if_absent"))

        def write() -> str:
            bucket = self._world.bucket
            before = bucket.held.get(key)
            etag = bucket.put(key, body, **options)
            if key.startswith("jobs/") and key.endswith(".json"):
                age = float(int(self._world.now) - before.written_at) if before else 0.0
                self._world.audit(
                    RECORD.decode(before.body)[0] if before else None,
                    RECORD.decode(body)[0],
                    age,
                    self._world.process(),
                )
            return etag

        return self._ask(write, is_conditional=is_conditional)

    def put_parts(self, key: str, parts: Iterator[bytes], *, content_type: str) -> None:
        whole = b"".join(parts)
        self._ask(lambda: self._world.bucket.put(key, whole, content_type=content_type))

    def copy(self, source: str, target: str) -> None:
        self._ask(lambda: self._world.bucket.copy(source, target))

    def delete(self, key: str) -> None:
        self._ask(lambda: self._world.bucket.delete(key))

    def presign(self, key: str, **options: Unpack[LinkOptions]) -> str:
        return self._world.bucket.presign(key, **options)

    def _ask(self, act: Callable[[], T], *, is_conditional: bool = False) -> T:
        world = self._world
        world.pause()
        trouble = world.troubles.popleft() if world.troubles and world.current() else None
        if trouble is Trouble.NOT_APPLIED:
            raise StoreUnavailable("not applied")
        result = act()
        world.pause()
        if trouble is Trouble.CONFLICT_REPORTED and is_conditional:
            raise Conflict
        if trouble is not None:
            raise StoreUnavailable("the reply was lost")
        return result


EXPECTED_ERRORS = (Resumable, StoreError)
"""With these a run of the worker fails, and is delivered again."""
