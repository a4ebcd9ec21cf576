"""A worker whose provider, downloads, store and time do what a test has written down."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from support.example_jobs import CREATED_AT, JOB_ID, URL
from support.fake_clock import FakeClock
from support.memory_objects import MemoryObjects, Trouble, TroubledObjects
from videogen import generation, service, signing
from videogen.blackbox_answer import Generated
from videogen.cas import Cas
from videogen.durations import Durations
from videogen.errors import NoSuchObject, PhotoUnreadable, VideoInterrupted
from videogen.job_store import JobStore, StoredJob, photo_key
from videogen.service import DispatchResult
from videogen.settings import Secret
from videogen.spending import Ledger
from videogen.video_request import VideoRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from videogen.jobs import Job

T = TypeVar("T")
FILM = b"\x00\x00\x00\x18ftypisom a film"
UNREADABLE = b"no photo at all"
KEY = Secret("whsec_" + "A" * 43 + "=")


Made = partial(Generated, url=URL, request_id="chatcmpl-1")
"""The provider's answer."""


@dataclass(frozen=True)
class After:
    """What comes of a call when so many seconds have passed, and what others do just then."""

    seconds: float
    outcome: Any
    meanwhile: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Call:
    """A paid call as the provider saw it: when, in seconds since the job's creation, and the body."""

    at: float
    body: Mapping[str, Any]


class ScriptedProvider:
    """Does one thing after the other: an After, an answer, or an error to raise."""

    def __init__(self, worker: ScriptedWorker) -> None:
        self._worker = worker
        self.script: list[Any] = []
        self.calls: list[Call] = []
        self.is_closed = False

    def generate(
        self, body: Mapping[str, Any], *, deadline: float, start_by: float | None = None
    ) -> Generated:
        clock = self._worker.clock
        assert start_by is not None
        assert clock.passed < min(start_by, deadline)
        self.calls.append(Call(clock.passed, body))
        outcome: Any = self._worker.play(self.script.pop(0) if self.script else Made())
        return outcome  # type: ignore[no-any-return]  # what the script says

    def close(self) -> None:
        self.is_closed = True


class ScriptedVideo:
    """A download; where something happens in its middle, it comes in two parts."""

    def __init__(self, film: bytes, between: Callable[[], object] | None) -> None:
        self._film = film
        self._between = between
        self.length = 0
        self.sha256 = ""

    def __iter__(self) -> Iterator[bytes]:
        half = len(self._film) // 2 if self._between else 0
        if self._between:
            yield self._film[:half]
            self._between()
        yield self._film[half:]
        self.length = len(self._film)
        self.sha256 = hashlib.sha256(self._film).hexdigest()


class SettledJobs(Ledger):
    """A ledger that notes whose end it was told."""

    def __init__(self, store: JobStore) -> None:
        super().__init__(store, limit=0)
        self.settled: list[Job] = []

    def settle(self, job: Job) -> None:
        self.settled.append(job)


class ScriptedWorker:
    """Everything that a run touches. Time passes only where something takes time, and beats come in time."""

    def __init__(self) -> None:
        self.clock = FakeClock(CREATED_AT)
        self.bucket = MemoryObjects(self.clock.now)
        self.objects = TroubledObjects(self.bucket)
        numbers = count(1)
        self.store = self._store(self.objects, numbers)
        self.other = self._store(self.bucket, numbers)
        self.provider = ScriptedProvider(self)
        self.downloads: list[Any] = []
        """What each download does, as for the provider; none left: the film."""
        self.fetched: list[tuple[float, str]] = []
        self.may_buy = True
        self.beats: list[float] = []
        """When it beat, in seconds since the job's creation."""
        self._ledger = SettledJobs(self.other)
        self._beats: list[_Beats] = []

    def add(self, job: Job, *photos: bytes) -> None:
        """Put a job and its photos into the store, as start-video leaves them."""
        for number, photo in enumerate(photos or (b"photo",), 1):
            self.other.put_photo(photo_key(job.id, number), photo, "image/png")
        self.other.create(job)

    def at(self, seconds: float) -> None:
        """Let it be so many seconds after the job's creation."""
        self.clock.advance(seconds - self.clock.passed)

    def run(self, run_id: str = "run 1", *, seconds: float = 830.0) -> None:
        """Deliver the call of the worker."""
        generation.run(JOB_ID, self.worker(), run_id=run_id, seconds=seconds)

    def worker(self) -> generation.Deps:
        return generation.Deps(
            store=self.store,
            ledger=self._ledger,
            durations=Durations(self.store.cas),
            clock=self.clock.clock._replace(sleep=self._sleep),
            provider=self.provider,
            build_request=_build_request,
            open_video=self._open,
            heartbeat=self._with_heartbeat,
            beat=self._count_beat,
            may_buy=lambda: self.may_buy,
        )

    def _count_beat(self) -> None:
        self.beats.append(self.clock.passed)

    @property
    def ended(self) -> list[Job]:
        """The jobs whose ends were told, in turn."""
        return self._ledger.settled

    def poll(self) -> Job:
        """Do what check-video-status does; the call of the worker is lost."""
        return service.heal(self._service(), JOB_ID, lambda *_: DispatchResult.UNCLEAR)

    def change(self, change: Callable[[StoredJob], Job | None]) -> Job:
        """Let somebody else change the job."""
        swapped = self.other.swap(self.other.read(JOB_ID), change)
        assert swapped is not None
        return swapped.job

    def cancel(self) -> Job:
        return service.cancel(self._service(), JOB_ID, signing.owner_token(KEY, JOB_ID))

    def erase(self) -> Job:
        return service.erase(self._service(), JOB_ID, signing.owner_token(KEY, JOB_ID))

    def _service(self) -> service.Deps:
        """Return what the functions of the page work with."""
        return service.Deps(
            store=self.other,
            ledger=Ledger(self.other, limit=0),
            durations=Durations(self.other.cas),
            clock=self.clock.clock,
            keys=[KEY],
        )

    @property
    def job(self) -> Job:
        return self.other.read(JOB_ID).job

    @property
    def story(self) -> list[str]:
        """The record's transitions: seconds since creation, epoch, action."""
        return [f"{step.at - CREATED_AT:g} {step.epoch} {step.action}" for step in self.job.history]

    def stored_videos(self) -> dict[str, bytes]:
        return {key: held.body for key, held in self.bucket.held.items() if key.startswith("videos/")}

    def trouble(self, *troubles: tuple[str, Trouble]) -> None:
        self.objects.plan += troubles

    def meanwhile(self, method: str, act: Callable[[], object], *, skip: int = 0) -> None:
        """Let something happen just before a request of a method, the first but `skip`, is sent."""
        self.objects.before += [(method, lambda: None)] * skip + [(method, act)]

    def play(self, entry: Any) -> Any:
        """Let an entry of a script happen."""
        if isinstance(entry, After):
            self.pass_time(entry.seconds)
            entry.meanwhile()
            entry = entry.outcome
        if isinstance(entry, BaseException):
            raise entry
        return entry

    def pass_time(self, seconds: float) -> None:
        """Take time inside a call, while its caller keeps beating."""
        end = self.clock.passed + seconds
        beats = self._beats[-1] if self._beats else None
        while beats and self.clock.passed + beats.wait() <= end:
            self.clock.advance(beats.wait())
            try:
                beats.beat()
            except BaseException as error:
                beats.error = error
                beats.give_up()
                raise VideoInterrupted(note="given up") from error
        self.clock.advance(max(0.0, end - self.clock.passed))

    def _sleep(self, seconds: float) -> None:
        """Sleep as a run does: while its caller keeps beating, where it has one."""
        if self._beats:
            self.pass_time(seconds)
        else:
            self.clock.clock.sleep(seconds)

    def freeze(self, seconds: float) -> None:
        """Take time in which this process does nothing at all, as a frozen function does."""
        self.clock.advance(seconds)

    def _store(self, objects: Any, numbers: Iterator[int]) -> JobStore:
        return JobStore(
            Cas(
                objects=objects,
                clock=self.clock.clock._replace(sleep=self._sleep),
                random=lambda: 0.5,
                nonce=lambda: f"nonce {next(numbers)}",
            )
        )

    def _with_heartbeat(
        self,
        call: Callable[[], T],
        *,
        wait: Callable[[], float],
        beat: Callable[[], None],
        give_up: Callable[[], None],
    ) -> T:
        beats = _Beats(wait, beat, give_up)
        self._beats.append(beats)
        try:
            result = call()
        except BaseException:
            if beats.error is not None:
                raise beats.error from None
            raise
        finally:
            self._beats.pop()
        return result

    @contextmanager
    def _open(self, url: str, deadline: float, video: bytes | None) -> Iterator[ScriptedVideo]:
        self.fetched.append((self.clock.passed, url))
        if self.clock.passed >= deadline:
            raise VideoInterrupted(note="no time left")
        between: Callable[[], object] | None = None
        film: Any = video or FILM
        if self.downloads:
            entry = self.downloads.pop(0)
            if isinstance(entry, After):
                between = lambda: self.play(entry)  # noqa: E731 - a name for either
            else:
                film = self.play(entry)
        yield ScriptedVideo(film, between)


@dataclass
class _Beats:
    """A call that is under way, and what its caller does meanwhile."""

    wait: Callable[[], float]
    beat: Callable[[], None]
    give_up: Callable[[], None]
    error: BaseException | None = field(default=None)


def _build_request(job: Job, originals: Sequence[bytes]) -> VideoRequest:
    """Clean the photos and put into the request what they have become."""
    if UNREADABLE in originals:
        raise PhotoUnreadable(detail="The second photo is none.", note="no image")
    clean = tuple(photo if photo.startswith(b"clean ") else b"clean " + photo for photo in originals)
    return VideoRequest({"model": job.model, "prompt": job.prompt, "photos": clean}, clean)


def is_gone(bucket: MemoryObjects, key: str) -> bool:
    """Whether there is nothing under a key."""
    try:
        bucket.get(key)
    except NoSuchObject:
        return True
    return False
