"""The worker as it is deployed, over a bucket of any kind and against the simulator, in a time of its own.

Sockets, threads and the provider's answers are real. Whatever sleeps is skipped, and a test may skip more.
"""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PIL import Image

from support.example_jobs import queued
from support.memory_objects import MemoryObjects
from videogen import generation, service, signing
from videogen.cas import Cas, new_nonce
from videogen.durations import Durations
from videogen.errors import StoreError
from videogen.functions.job_view import job_view
from videogen.functions.wiring import Deps, Worker
from videogen.generation import Resumable
from videogen.job_store import JobStore, photo_key
from videogen.jobs import Photo, Stage, Status
from videogen.service import DispatchResult
from videogen.settings import BlackboxSettings, Secret, SiteSettings
from videogen.spending import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.fake_clock import SkippingClock
    from videogen.jobs import Job
    from videogen.local.blackbox import Simulator
    from videogen.objects import Objects

CLIP = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1" + bytes(range(256)) * 8
KEYS = (Secret("whsec_" + base64.b64encode(bytes(32)).decode()),)
DELIVERIES = 3
"""How often the platform delivers a call whose runs fail, a minute and then two minutes apart."""
PLATFORM_PAUSES = (60.0, 120.0)
RUN_SECONDS = 830.0


def photo() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (160, 90), (200, 30, 40)).save(output, "JPEG")
    return output.getvalue()


PHOTO = photo()


@dataclass
class Tally:
    """What all cases of the lab have come to."""

    cases: int = 0
    bought_twice: int = 0
    lost: int = 0
    stuck: int = 0

    def add(self, job: Job, *, purchases: int) -> None:
        """Count a case that is over.

        Lost is a video whose link had reached us, and which is neither stored nor kept to be saved by a
        retry, though nobody has canceled it and the provider has neither deleted it nor sent something else.
        """
        self.cases += 1
        self.bought_twice += purchases > 1
        self.stuck += not job.has_ended
        was_answered = any(step.action == "blackbox.answered" for step in job.history)
        is_over = job.failure is not None and job.failure.code in {"canceled", "video_gone", "video_refused"}
        self.lost += was_answered and not (job.video or job.is_rescuable or job.deleted_at or is_over)

    def summary(self) -> str:
        return (
            f"fault lab: {self.cases} cases, purchases over 1: {self.bought_twice}, "
            f"lost: {self.lost}, stuck: {self.stuck}"
        )


class RealWorker:
    """A site's worker and the polls of one job's page."""

    def __init__(self, objects: Objects, simulator: Simulator, clock: SkippingClock) -> None:
        self.clock = clock
        self.objects = objects
        self.simulator = simulator
        cas = Cas(objects=objects, clock=clock.clock, random=lambda: 0.5)
        store = JobStore(cas)
        self._dispatched: list[str] = []
        self.deps = Deps(
            store=store,
            ledger=Ledger(store, limit=0),
            durations=Durations(cas),
            keys=KEYS,
            settings=SiteSettings(daily_limit=0),
            clock=clock.clock,
            dispatcher=lambda _: self._dispatch,
        )
        self.run_seconds = self.saving_seconds = RUN_SECONDS
        """What a run may take that comes to a queued job, and to one whose video is to be saved."""
        self.video_hosts: tuple[str, ...] = (simulator.url,)
        self.call_takes = 0.0
        """Seconds that pass in a paid call beside those of its sockets."""

    def start(self, prompt: str, *, change: Callable[[Job], Job] = lambda job: job) -> str:
        """Store a photo and a queued job, as start-video does; return the job's id."""
        job_id = signing.new_job_id(secrets.token_bytes)
        job = queued(
            id=job_id,
            prompt=f"{prompt} {job_id}",
            created_at=self.clock.now(),
            photos=(Photo(type="image/jpeg", bytes=len(PHOTO)),),
            history=(),
        )
        self.deps.store.put_photo(photo_key(job_id, 1), PHOTO, "image/jpeg")
        self.deps.store.create(change(job))
        return job_id

    def worker(self) -> generation.Deps:
        """Return what a deployed worker works with."""
        settings = BlackboxSettings(
            api_key=Secret("key"), base_url=self.simulator.url, video_hosts=self.video_hosts
        )
        deps = Worker(deps=self.deps, blackbox=settings).generation()
        return replace(deps, provider=_Slow(deps.provider, self))

    def deliver(self, job_id: str, *, times: int = DELIVERIES) -> None:
        """Deliver a call as the platform does: again, while its run fails."""
        for pause in (*PLATFORM_PAUSES, 0.0)[:times]:
            try:
                generation.run(job_id, self.worker(), run_id=new_nonce(), seconds=self._seconds(job_id))
            except (Resumable, StoreError):
                self.clock.skip(pause)
            else:
                return

    def _seconds(self, job_id: str) -> float:
        if self.run_seconds == self.saving_seconds:
            return self.run_seconds
        is_saving = self.deps.store.read(job_id).job.stage is Stage.SAVING
        return self.saving_seconds if is_saving else self.run_seconds

    def poll(self, job_id: str) -> tuple[Job, bool]:
        """Do what check-video-status does; return the job, and whether it would call the worker."""
        self._dispatched.clear()
        job = service.heal(self.deps, job_id, self._dispatch)
        return job, bool(self._dispatched)

    def _dispatch(self, job_id: str, _: int) -> DispatchResult:
        self._dispatched.append(job_id)
        return DispatchResult.REACHED

    def watch(self, job_id: str) -> Job:
        """Poll as a page does, every 15 seconds, until the job ends or 16 minutes are over."""
        job, calls = self.poll(job_id)
        while not job.has_ended and self.clock.now() < job.ends_by:
            if calls:
                self.deliver(job_id)
            self.clock.skip(15)
            job, calls = self.poll(job_id)
        return job

    def view(self, job_id: str) -> dict[str, Any]:
        """Return what the page sees."""
        job = self.deps.store.read(job_id).job
        return job_view(job, self.objects, now=self.clock.now(), keep_days=30)

    def purchases(self, job_id: str) -> int:
        """Return how many videos the simulator has sold for a job, known by its prompt."""
        job = self.deps.store.read(job_id).job
        prompt = hashlib.sha256(f"{job.prompt}\n\nAspect ratio: 16:9.".encode()).hexdigest()
        return sum(purchase.prompt_sha256 == prompt for purchase in self.simulator.purchases)

    def has_its_bytes(self, job: Job) -> bool:
        """Whether a completed job's video is stored as its record says."""
        if job.status is not Status.COMPLETED or job.video is None:
            return job.video is None
        body = self.objects.get(job.video.key).body
        return (len(body), hashlib.sha256(body).hexdigest()) == (job.video.bytes, job.video.sha256)


class _Slow:
    """A provider's client whose calls take some more of the lab's time."""

    def __init__(self, inner: Any, worker: RealWorker) -> None:
        self._inner = inner
        self._worker = worker

    def generate(self, *args: Any, **options: Any) -> Any:
        try:
            return self._inner.generate(*args, **options)
        finally:
            self._worker.clock.skip(self._worker.call_takes)

    def close(self) -> None:
        self._inner.close()


class HashedVideos(MemoryObjects):
    """A bucket that remembers a video by its length and digest, so that a large one needs no memory."""

    def put_parts(self, key: str, parts: Iterator[bytes], *, content_type: str) -> None:
        digest, length = hashlib.sha256(), 0
        for part in parts:
            digest.update(part)
            length += len(part)
        self.put(key, f"{length} {digest.hexdigest()}".encode(), content_type=content_type)
