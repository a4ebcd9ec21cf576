"""The use cases over a bucket in memory, at a time that the test sets; calls of the worker are collected."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

from support.example_jobs import CREATED_AT
from support.fake_clock import FakeClock
from support.memory_objects import MemoryObjects, TroubledObjects
from videogen import service, signing
from videogen.cas import Cas
from videogen.durations import Durations
from videogen.job_store import JobStore
from videogen.service import Deps, DispatchResult, Order, Upload
from videogen.settings import Secret
from videogen.spending import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from videogen.job_store import StoredJob
    from videogen.jobs import Job
    from videogen.objects import Objects

KEY = Secret("whsec_" + "A" * 43 + "=")


class ServiceUnderTest:
    """A site's jobs. `result` is what the next calls of the worker come to, or what they raise."""

    def __init__(self, *, limit: int = 0) -> None:
        self.clock = FakeClock(CREATED_AT)
        self.bucket = MemoryObjects(self.clock.now)
        self.objects = TroubledObjects(self.bucket)
        self.calls: list[tuple[str, int]] = []
        self.result: DispatchResult | type[BaseException] = DispatchResult.REACHED
        self._numbers = count(1)
        self.deps = self.deps_over(self.objects, limit=limit)

    def deps_over(self, objects: Objects, *, limit: int = 0) -> Deps:
        cas = Cas(
            objects=objects,
            clock=self.clock.clock,
            random=lambda: 0.5,
            nonce=lambda: f"nonce {next(self._numbers)}",
        )
        store = JobStore(cas)
        return Deps(
            store=store,
            ledger=Ledger(store, limit=limit),
            durations=Durations(cas),
            clock=self.clock.clock,
            keys=[KEY],
            random_bytes=lambda size: next(self._numbers).to_bytes(size),
        )

    def dispatch(self, job_id: str, attempt: int) -> DispatchResult:
        self.calls.append((job_id, attempt))
        if not isinstance(self.result, DispatchResult):
            raise self.result
        return self.result

    def start(self, *photos: bytes, **order: Any) -> Job:
        given: dict[str, Any] = {
            "prompt": "slow pan over the lake",
            "model": "blackboxai/google/veo-3-fast",
            "uploads": tuple(Upload(photo, "image/png") for photo in photos or (b"photo",)),
        }
        return service.start(self.deps, Order(**given | order), self.dispatch)

    def retry(self, job: Job, **order: Any) -> Job:
        again = {"retry_of": job.id, "owner_token": self.token(job.id), "uploads": ()}
        return self.start(**again | order)

    def heal(self, job_id: str) -> Job:
        return service.heal(self.deps, job_id, self.dispatch)

    def token(self, job_id: str) -> str:
        return signing.owner_token(KEY, job_id)

    def put(self, job: Job) -> Job:
        """Store a job as it is."""
        return self.deps.store.create(job)[0].job

    def change(self, job_id: str, change: Callable[[StoredJob], Job | None]) -> Job:
        """Let a worker change a job, untold."""
        swapped = self.deps.store.swap(self.deps.store.read(job_id), change)
        assert swapped is not None
        return swapped.job

    def job(self, job_id: str) -> Job:
        return self.deps.store.read(job_id).job

    def reserved(self) -> set[str]:
        """Return the jobs that today's ledger counts."""
        held = [held for key, held in self.bucket.held.items() if key.startswith("ledger/")]
        return {job_id for one in held for job_id in json.loads(one.body)["jobs"]}


def logged(caplog: pytest.LogCaptureFixture, *actions: str) -> list[dict[str, Any]]:
    """Return the log's lines of these actions, as they were written."""
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "videogen"]
    return [line for line in lines if line["action"] in actions]
