"""A worker is killed before and after each of its steps: what its successors may do, and what they never do.

The worker is a process of its own, and dies by SIGKILL at the moment at which the store or the provider has
its request, or has answered it. The platform's deliveries, the page and time then go on without it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.buckets import s3_settings
from support.fake_clock import SkippingClock
from support.real_worker import CLIP, KEYS, RealWorker
from support.s3_proxy import Call, S3Proxy
from videogen import service, signing
from videogen.errors import NoSuchObject
from videogen.job_store import photo_key, video_key
from videogen.jobs import Stage
from videogen.local.blackbox import Simulator
from videogen.local.s3 import S3Server
from videogen.objects import S3Objects, StoredObject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.real_worker import Tally
    from videogen.jobs import Job

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Step:
    """A request of the worker's: the nth one of a method to keys of a pattern."""

    name: str
    method: str
    key: str
    nth: int = 1


STEPS = (
    Step("read the job", "GET", "jobs/*"),
    Step("read the photo", "GET", "photos/*"),
    Step("store the clean photo", "PUT", "photos/*"),
    Step("probe the store", "PUT", "jobs/*", 1),
    Step("probe it again", "PUT", "jobs/*", 2),
    Step("claim", "PUT", "jobs/*", 3),
    Step("call", "POST", "/chat/completions"),
    Step("record the link", "PUT", "jobs/*", 4),
    Step("store the video", "PUT", "videos/*"),
    Step("complete", "PUT", "jobs/*", 5),
)
CALL, STORE = STEPS[6], STEPS[8]
LEFT = {
    **dict.fromkeys([step.name for step in STEPS[:5]], "queued"),
    "claim": "rendering",
    "call": "rendering",
    "record the link": "saving",
    "store the video": "saving",
    "complete": "completed",
}
"""What the record says after each step."""


class AgedObjects(S3Objects):
    """A real bucket whose clock is the lab's: an object is older by the time that was skipped since.

    What a process of its own has written was written before any time was skipped.
    """

    def __init__(self, inner: S3Objects, clock: SkippingClock) -> None:
        self.__dict__.update(inner.__dict__)
        self._clock = clock
        self._skipped_before: dict[str, float] = {}

    def get(self, key: str) -> StoredObject:
        found = super().get(key)
        before = self._skipped_before.get(found.etag, 0.0)
        return replace(found, age=(found.age or 0.0) + self._clock.skipped - before)

    def put(self, key: str, body: bytes, **options: Any) -> str:
        etag = super().put(key, body, **options)
        self._skipped_before[etag] = self._clock.skipped
        return etag


class Hearse:
    """The provider's and the store's accomplice: kills the worker's process when told to."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.at_call: Callable[[], object] | None = None
        self.is_frozen = threading.Event()

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def freeze(self) -> None:
        """Let the process stand still, as the platform may."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)
        self.is_frozen.set()

    def thaw(self) -> None:
        """Let it go on, and wait for its end."""
        assert self.process is not None
        self.is_frozen.clear()
        os.kill(self.process.pid, signal.SIGCONT)
        assert self.process.wait() == 0

    def kill_and_drop(self) -> None:
        """Kill it before the store has its request."""
        self.kill()
        raise ConnectionAbortedError

    def render(self, _: bytes | None) -> bytes:
        """Make the video; the caller may not live to see it."""
        if self.at_call is not None:
            self.at_call()
            self.at_call = None
        return CLIP


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as running:
        yield running


@pytest.fixture(scope="module")
def hearse() -> Hearse:
    return Hearse()


@pytest.fixture(scope="module")
def simulator(hearse: Hearse) -> Iterator[Simulator]:
    with Simulator(time_scale=0, render=hearse.render) as running:
        yield running


@pytest.fixture
def proxy(server: S3Server) -> Iterator[S3Proxy]:
    with S3Proxy(server.endpoint_url) as running:
        yield running


@pytest.fixture
def worker(server: S3Server, simulator: Simulator) -> RealWorker:
    clock = SkippingClock()
    return RealWorker(AgedObjects(S3Objects(s3_settings(server.environment)), clock), simulator, clock)


@dataclass
class Morgue:
    """Where all come together."""

    worker: RealWorker
    server: S3Server
    proxy: S3Proxy
    hearse: Hearse

    def at(self, step: Step, act: Call) -> None:
        """Let something happen to the process at a step; at the call it is just killed or frozen."""
        if step.name == "call":
            self.hearse.at_call = act.function
        else:
            self.proxy.play(act, method=step.method, key=step.key, nth=[step.nth])

    def begin(self, job_id: str) -> subprocess.Popen[bytes]:
        """Deliver the call to a process of its own."""
        self.hearse.process = process = deploy(self.worker, self.server, self.proxy)
        assert process.stdin is not None
        process.stdin.write(json.dumps(event(self.worker, job_id)).encode())
        process.stdin.close()
        return process


@pytest.fixture
def morgue(worker: RealWorker, server: S3Server, proxy: S3Proxy, hearse: Hearse) -> Morgue:
    return Morgue(worker, server, proxy, hearse)


def deploy(worker: RealWorker, server: S3Server, proxy: S3Proxy) -> subprocess.Popen[bytes]:
    """Start a process with the environment of a deployed site."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **server.environment,
        "S3_ENDPOINT_URL": proxy.url,
        "BLACKBOX_API_KEY": "key",
        "BLACKBOX_BASE_URL": worker.simulator.url,
        "VIDEOGEN_VIDEO_HOSTS": worker.simulator.url,
        "VIDEOGEN_SIGNING_SECRET": KEYS[0].reveal(),
        "VIDEOGEN_DAILY_LIMIT": "0",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")]),
    }
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tests/support/killable_worker.py")],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def event(worker: RealWorker, job_id: str) -> dict[str, Any]:
    """Return the signed call as the bridge would hand it over."""
    body = json.dumps({"jobId": job_id})
    headers = signing.sign(KEYS, f"job_{job_id}_0", int(worker.clock.now()), body.encode())
    return {"httpMethod": "POST", "headers": headers, "body": body}


POINTS = [(step, when) for step in STEPS for when in ("before", "after") if step.name != "call"]
POINTS.append((CALL, "during"))


@pytest.mark.parametrize(
    ("step", "when"), POINTS, ids=[f"{when} {step.name}".replace(" ", "-") for step, when in POINTS]
)
def test_a_killed_worker_and_its_successors(step: Step, when: str, morgue: Morgue, tally: Tally) -> None:
    worker, hearse = morgue.worker, morgue.hearse
    job_id = worker.start("a lake")
    posts = worker.simulator.posts
    is_before = when == "before"
    morgue.at(step, Call(hearse.kill_and_drop) if is_before else Call(hearse.kill, applied=True))
    assert morgue.begin(job_id).wait() == -signal.SIGKILL
    left = worker.deps.store.read(job_id).job
    assert (left.stage or left.status).value == LEFT[before(step) if is_before else step.name]

    # A delivery beside the lease of the dead, and the platform's own two, a minute and two minutes later.
    for pause in (0.0, 60.0, 120.0):
        worker.clock.skip(pause)
        worker.deliver(job_id, times=1)
    job = worker.watch(job_id)
    # Deliveries that come late, and once more.
    for _ in range(2):
        worker.deliver(job_id, times=1)

    assert worker.deps.store.read(job_id).job == job
    purchases = worker.purchases(job_id)
    tally.add(job, purchases=purchases)
    assert worker.simulator.posts - posts <= 1
    assert worker.has_its_bytes(job)
    # Where the paid call may have been made, nobody may make it again.
    is_unknown = left.stage is Stage.RENDERING
    assert end(job) == (("failed", "outcome_unknown", "unknown") if is_unknown else ("completed", None, None))
    assert purchases == (0 if step.name == "claim" and is_unknown else 1)
    assert videos(worker, job) == ([job.video.key] if job.video else [])


def test_a_worker_that_was_frozen_in_its_call_comes_back_and_tells_the_truth(
    morgue: Morgue, tally: Tally
) -> None:
    worker, hearse = morgue.worker, morgue.hearse
    job_id = worker.start("a lake")
    morgue.at(CALL, Call(hearse.freeze))
    morgue.begin(job_id)
    assert hearse.is_frozen.wait(30)

    worker.clock.skip(91)
    worker.deliver(job_id, times=1)
    given_up = worker.watch(job_id)
    hearse.thaw()

    job = worker.deps.store.read(job_id).job
    tally.add(job, purchases=worker.purchases(job_id))
    assert end(given_up) == ("failed", "outcome_unknown", "unknown")
    assert (end(job), job.epoch, worker.purchases(job_id)) == (("completed", None, None), 1, 1)
    assert worker.has_its_bytes(job)
    assert videos(worker, job) == [video_key(job_id, 1)]


def test_a_saver_that_was_frozen_comes_back_and_changes_nothing(morgue: Morgue, tally: Tally) -> None:
    worker, hearse = morgue.worker, morgue.hearse
    job_id = worker.start("a lake")
    morgue.at(STORE, Call(hearse.freeze))
    morgue.begin(job_id)
    assert hearse.is_frozen.wait(30)

    worker.clock.skip(91)
    worker.deliver(job_id, times=1)
    done = worker.deps.store.read(job_id).job
    hearse.thaw()

    job = worker.deps.store.read(job_id).job
    tally.add(job, purchases=worker.purchases(job_id))
    assert (end(done), done.epoch, worker.purchases(job_id)) == (("completed", None, None), 2, 1)
    assert job == done
    assert worker.has_its_bytes(job)
    assert videos(worker, job) == [video_key(job_id, 2)]


def test_nothing_erased_comes_back_from_a_saver_that_was_killed(morgue: Morgue, tally: Tally) -> None:
    worker, hearse = morgue.worker, morgue.hearse
    job_id = worker.start("a lake")

    def erase_and_kill() -> None:
        service.erase(worker.deps, job_id, signing.owner_token(KEYS[0], job_id))
        # The upload that was under way arrives all the same.
        worker.objects.put(video_key(job_id, 1), CLIP, content_type="video/mp4")
        hearse.kill()

    morgue.at(STORE, Call(erase_and_kill, applied=True))
    assert morgue.begin(job_id).wait() == -signal.SIGKILL
    worker.deliver(job_id)

    job = worker.deps.store.read(job_id).job
    tally.add(job, purchases=1)
    assert (job.prompt, job.provider_url, job.video, job.status.value) == (
        "",
        None,
        None,
        "canceled",
    )
    assert videos(worker, job) == []
    with pytest.raises(NoSuchObject):
        worker.deps.store.get_photo(photo_key(job_id, 1))


def before(step: Step) -> str:
    """Return the name of the step before this one; the first one's own, since it changes nothing."""
    return STEPS[max(0, STEPS.index(step) - 1)].name


def end(job: Job) -> tuple[str, str | None, str | None]:
    """Return a job's status, failure code and charge."""
    return (
        job.status.value,
        job.failure.code if job.failure else None,
        job.failure.charged if job.failure else None,
    )


def videos(worker: RealWorker, job: Job) -> list[str]:
    """Return the videos that are stored for a job."""
    found = []
    for epoch in range(1, job.epoch + 2):
        with suppress(NoSuchObject):
            worker.objects.get(video_key(job.id, epoch))
            found.append(video_key(job.id, epoch))
    return found
