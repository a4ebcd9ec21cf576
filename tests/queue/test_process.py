"""`videogen worker` as a process: jobs from a queue of SQS, with the simulator and a bucket."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.example_jobs import queued
from support.functions_under_test import SIGNING_SECRET, photo
from support.memory_objects import MemoryObjects
from support.memory_queue import MemoryQueue
from support.scripted_worker import ScriptedWorker
from videogen import photo_cleaning, photo_process, service, settings
from videogen.clock import Clock
from videogen.errors import SettingsError
from videogen.jobs import Status
from videogen.local.blackbox import Simulator
from videogen.local.ports import free_ports
from videogen.objects import S3Objects
from videogen.queue import process
from videogen.queue.dispatch import QueueDispatch
from videogen.queue.sqs import SqsQueue
from videogen.queue.worker import Worker
from videogen.service import Order, Upload
from videogen.video_request import VideoRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from videogen.jobs import Job
    from videogen.local.s3 import S3Server
    from videogen.local.sqs import SqsServer
    from videogen.objects import Objects
    from videogen.queue.sqs import Queue

SRC = Path(process.__file__).parents[2]
CLIP = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1" + bytes(range(256)) * 8
PATIENCE = 60.0


class Site:
    """A site whose jobs go to a queue: starts jobs as start-video does, and looks at them as a poll does."""

    def __init__(
        self, environ: Mapping[str, str], objects: Objects | None = None, queue: Queue | None = None
    ) -> None:
        self.environ = environ
        read = settings.read(environ, blackbox=True)
        assert read.queue is not None
        assert read.blackbox is not None
        self.blackbox = read.blackbox
        self.deps = service.Deps.over(objects or S3Objects(read.s3), read, clock=Clock())
        self.queue = queue or SqsQueue(read.queue)
        self.dispatch = QueueDispatch(self.queue)

    def start(self, prompt: str = "slow pan") -> str:
        order = Order(prompt=prompt, model="blackboxai/veo-3.1", uploads=(Upload(photo(), "image/jpeg"),))
        return service.start(self.deps, order, self.dispatch).id

    def job(self, job_id: str) -> Job:
        return service.heal(self.deps, job_id, self.dispatch)

    def until_ended(self, *ids: str) -> list[Job]:
        """Poll, one job after the other, until all have ended."""
        return [self._until_ended(job_id) for job_id in ids]

    def _until_ended(self, job_id: str) -> Job:
        until(lambda: self.job(job_id).has_ended)
        return self.job(job_id)


@pytest.fixture
def answers() -> threading.Event:
    """Return what the provider's answers wait for, where a test clears it."""
    event = threading.Event()
    event.set()
    return event


@pytest.fixture
def simulator(answers: threading.Event) -> Iterator[Simulator]:
    def render(_photo: bytes | None) -> bytes:
        assert answers.wait(PATIENCE)
        return CLIP

    with Simulator(render=render) as running:
        yield running
        answers.set()


@pytest.fixture
def environ(
    sqs: SqsServer, s3_server: S3Server, simulator: Simulator, request: pytest.FixtureRequest
) -> dict[str, str]:
    return {
        **s3_server.environment,
        "S3_PREFIX": hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16],
        "VIDEOGEN_QUEUE_URL": sqs.queue_url,
        "VIDEOGEN_SIGNING_SECRET": SIGNING_SECRET,
        "VIDEOGEN_DAILY_LIMIT": "none",
        "BLACKBOX_API_KEY": "simulator-key",
        "BLACKBOX_BASE_URL": simulator.url,
        "VIDEOGEN_VIDEO_HOSTS": simulator.url,
    }


@pytest.fixture
def site(environ: dict[str, str]) -> Site:
    return Site(environ)


@pytest.fixture
def site_in_memory(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return one whose bucket and queue are in memory, and whose photos are cleaned in this process.

    So that hundreds of jobs show what the worker does, and not what the stand-ins and new processes take.
    """
    monkeypatch.setattr(photo_process, "clean", photo_cleaning.clean)
    return Site(environ, MemoryObjects(time.time), MemoryQueue(time.time))


def left(site: Site) -> int:
    """Count the messages of a queue in memory."""
    assert isinstance(site.queue, MemoryQueue)
    return len(site.queue.bodies)


@contextmanager
def worker_here(site: Site, *, slots: int) -> Iterator[Worker]:
    """Run a worker in this process; at the end its runs are waited for."""
    running = Worker(site.queue, process.make_run(site.deps, site.blackbox), slots=slots, clock=Clock())
    serving = threading.Thread(target=running.serve)
    serving.start()
    try:
        yield running
    finally:
        running.stop()
        serving.join()
        assert running.drain(PATIENCE) == []


@contextmanager
def worker(site: Site, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command; it is ended at the end, if it has not been."""
    environment = {**site.environ, "PATH": os.environ["PATH"], "PYTHONPATH": str(SRC)}
    command = [sys.executable, "-m", "videogen.cli", "worker", *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        try:
            until_it_says(running, "worker.started")
            yield running
        finally:
            running.kill()


def until_it_says(running: subprocess.Popen[str], action: str) -> None:
    assert running.stdout is not None
    while json.loads(running.stdout.readline())["action"] != action:
        pass


def lines(running: subprocess.Popen[str]) -> list[dict[str, Any]]:
    assert running.stdout is not None
    return [json.loads(line) for line in running.stdout.read().splitlines()]


def test_a_job_goes_through_the_queue_to_its_video(site: Site, simulator: Simulator, sqs: SqsServer) -> None:
    job_id = site.start()
    with worker(site) as running:
        [job] = site.until_ended(job_id)
        running.kill()
        told = [line["action"] for line in lines(running) if line.get("jobId") == job_id]

    assert (job.status, job.dispatch, len(simulator.purchases)) == (Status.COMPLETED, "queue", 1)
    assert job.video is not None
    assert site.deps.store.objects.get(job.video.key).body == CLIP
    assert told[:2] == ["queue.received", "job.claimed"]
    assert "job.completed" in told
    assert sqs.queue().attributes()["ApproximateNumberOfMessages"] == "0"


def test_two_hundred_jobs_at_once_are_bought_once_each(
    site_in_memory: Site, simulator: Simulator, answers: threading.Event
) -> None:
    site = site_in_memory
    answers.clear()
    ids = [site.start() for _ in range(200)]
    for job_id in ids[:20]:
        site.queue.send(job_id)
    with worker_here(site, slots=200):
        until(lambda: simulator.posts == 200)
        answers.set()
        ended = site.until_ended(*ids)

    assert {job.status for job in ended} == {Status.COMPLETED}
    assert (len(simulator.purchases), simulator.posts) == (200, 200)


def test_a_stop_lets_fifty_paid_calls_end_and_buys_nothing_more(
    site_in_memory: Site, simulator: Simulator, answers: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three kinds of jobs: called, received with their photos still being cleaned, and late."""
    site = site_in_memory
    may_clean = threading.Event()
    answers.clear()
    ids = [site.start() for _ in range(50)]
    with worker_here(site, slots=60) as stopping:
        until(lambda: simulator.posts == 50)
        monkeypatch.setattr(
            photo_process, "clean", lambda data, **_: data if may_clean.wait(PATIENCE) else b""
        )
        received = [site.start() for _ in range(5)]
        until(lambda: stopping.status.running == 55)
        stopping.stop()
        late = site.start()
        may_clean.set()
        answers.set()

    assert [site.job(job_id).status for job_id in ids] == [Status.COMPLETED] * 50
    assert [site.job(job_id).status for job_id in (*received, late)] == [Status.QUEUED] * 6
    assert (left(site), simulator.posts) == (6, 50)


def test_sigterm_lets_paid_calls_end_and_buys_nothing_more(
    site: Site, simulator: Simulator, answers: threading.Event
) -> None:
    answers.clear()
    ids = [site.start() for _ in range(4)]
    with worker(site, "--jobs", "5") as running:
        until(lambda: simulator.posts == 4)
        running.send_signal(signal.SIGTERM)
        until_it_says(running, "worker.stopping")
        late = site.start()
        answers.set()
        code = running.wait(PATIENCE)

    assert [site.job(job_id).status for job_id in ids] == [Status.COMPLETED] * 4
    assert (code, site.job(late).status, simulator.posts) == (0, Status.QUEUED, 4)


def test_a_killed_worker_s_jobs_are_bought_once_and_end_truly(site: Site, simulator: Simulator) -> None:
    simulator.delay = 300.0
    rendering = [site.start() for _ in range(4)]
    with worker(site, "--jobs", "4") as first:
        until(lambda: simulator.posts == 4)
        waiting = [site.start() for _ in range(2)]
        first.kill()
        first.wait(PATIENCE)
    simulator.delay = 0.0
    with worker(site):
        # The queue repeats itself: what the first worker had is delivered as well.
        for job_id in [*rendering, *waiting]:
            site.queue.send(job_id)
        made = site.until_ended(*waiting)
        late = replace(site.deps, clock=Clock(now=lambda: time.time() + 16 * 60))
        lost = [service.heal(late, job_id, site.dispatch) for job_id in rendering]

    assert [job.status for job in made] == [Status.COMPLETED] * 2
    assert [(job.failure and job.failure.code, job.charged) for job in lost] == [
        ("outcome_unknown", "unknown")
    ] * 4
    assert simulator.posts == 6


def test_a_second_signal_ends_it_at_once(site: Site, simulator: Simulator) -> None:
    simulator.delay = 300.0
    job_id = site.start()
    with worker(site) as running:
        until(lambda: simulator.posts == 1)
        running.send_signal(signal.SIGINT)
        until_it_says(running, "worker.stopping")
        running.send_signal(signal.SIGINT)
        code = running.wait(PATIENCE)

    assert (code, site.job(job_id).stage) == (process.INTERRUPTED, "rendering")


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("::1", "[::1]"),
        ("[::1]", "[::1]"),
        ("::", "[::]"),
    ],
)
def test_health_is_served_by_ipv4_and_ipv6(host: str, shown: str) -> None:
    idle = Worker(MemoryQueue(now=time.time), lambda _, **__: None, slots=1, clock=Clock())
    (free_port,) = free_ports(1)

    with process.health_server(idle, process.Metrics(), Clock(), (host, free_port)) as url:
        health = json.loads(get(f"{url}healthz"))

    assert (url, health["slots"]) == (f"http://{shown}:{free_port}/", 1)


def test_it_tells_of_its_health_and_its_figures(site: Site, simulator: Simulator) -> None:
    simulator.delay = 0.2
    (free_port,) = free_ports(1)
    with worker(site, "--health-port", str(free_port)):
        site.until_ended(site.start(), site.start("[fault:E402]"))
        health = json.loads(get(f"http://127.0.0.1:{free_port}/healthz"))
        figures = get(f"http://127.0.0.1:{free_port}/metrics").splitlines()

    assert (health["slots"], health["running"], health["stopping"]) == (100, 0, False)
    assert 'videogen_jobs_ended_total{charged="yes",code="",status="completed"} 1.0' in figures
    assert 'videogen_jobs_ended_total{charged="no",code="provider_account",status="failed"} 1.0' in figures
    assert "videogen_worker_slots 100.0" in figures
    assert "videogen_job_seconds_count 2.0" in figures
    assert "videogen_message_wait_seconds_count 2.0" in figures


def test_who_waits_to_clean_photos_keeps_beating() -> None:
    beats = threading.Event()
    limited = process.Limited(renew_every=0.01)
    free, scripted = threading.Event(), ScriptedWorker()

    def build_request(job: Job, originals: Sequence[bytes]) -> VideoRequest:
        del job, originals
        assert free.wait(PATIENCE)
        return VideoRequest({}, ())

    deps = limited.limit(replace(scripted.worker(), build_request=build_request, beat=beats.set))
    with ThreadPoolExecutor(process.CLEANING_AT_ONCE + 1) as pool:
        built = [pool.submit(deps.build_request, queued(), []) for _ in range(process.CLEANING_AT_ONCE + 1)]
        assert beats.wait(PATIENCE)
        free.set()
    assert [each.result() for each in built] == [VideoRequest({}, ())] * (process.CLEANING_AT_ONCE + 1)


def test_without_a_queue_it_says_what_is_missing(site: Site) -> None:
    with pytest.raises(SettingsError, match="VIDEOGEN_QUEUE_URL is not set"):
        process.serve({**site.environ, "VIDEOGEN_QUEUE_URL": ""}, slots=1, drain=0)


def until(check: Callable[[], bool]) -> None:
    wait, end = threading.Event(), time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < end
        wait.wait(0.05)


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())
