"""The process of `videogen worker`: its parts, its signals, and what it tells of itself over HTTP."""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from videogen import generation, generation_deps, log, service, settings
from videogen.cas import new_nonce
from videogen.clock import Clock
from videogen.errors import SettingsError
from videogen.objects import S3Objects
from videogen.queue.sqs import LONGEST_POLL, SqsQueue
from videogen.queue.worker import VISIBILITY, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from videogen import ending
    from videogen.generation import VideoParts
    from videogen.jobs import Job
    from videogen.settings import BlackboxSettings
    from videogen.video_request import VideoRequest

CLEANING_AT_ONCE = 2
"""Runs that clean photos at a time: each may hold a whole picture in memory."""
SAVING_AT_ONCE = 8
"""Runs that download at a time: each holds two parts of a video in memory."""
POLL_MARGIN = 10.0
"""Seconds beyond the long poll until its answer is given up."""
INTERRUPTED = 130
"""The exit code of a process that a second signal ended."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)
DURATIONS = (1, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 2400, 7200)


class Metrics:
    """What Prometheus reads: https://prometheus.io/docs/practices/naming/."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._runs = Counter(
            "videogen_worker_runs", "Runs by how they ended.", ["end"], registry=self.registry
        )
        self._jobs = Counter(
            "videogen_jobs_ended",
            "Jobs that this worker ended.",
            ["status", "code", "charged"],
            registry=self.registry,
        )
        self._waits = Histogram(
            "videogen_message_wait_seconds",
            "From a message's sending to each time that a worker began with it.",
            buckets=DURATIONS,
            registry=self.registry,
        )
        self._seconds = Histogram(
            "videogen_job_seconds",
            "From the job's creation to its end.",
            buckets=DURATIONS,
            registry=self.registry,
        )

    def watch(self, worker: Worker, clock: Clock) -> None:
        """Read what a worker is doing at each scrape."""
        status = worker.status
        for name, text, read in (
            ("videogen_worker_slots", "Jobs that can be made at a time.", lambda: status.slots),
            ("videogen_worker_running", "Jobs that are being made.", lambda: status.running),
            (
                "videogen_worker_receive_age_seconds",
                "Since the queue last answered.",
                lambda: clock.monotonic() - status.received_at,
            ),
            (
                "videogen_worker_beat_age_seconds",
                "Since the last beat of the job that beat longest ago.",
                lambda: status.oldest_beat(clock.monotonic()),
            ),
        ):
            Gauge(name, text, registry=self.registry).set_function(read)

    def waited(self, seconds: float) -> None:
        """Count a message that was received."""
        self._waits.observe(seconds)

    def ran(self, end: str) -> None:
        """Count a run."""
        self._runs.labels(end).inc()

    def ended(self, job: Job) -> None:
        """Count a job's end."""
        code = job.failure.code if job.failure else ""
        self._jobs.labels(job.status.value, code, job.charged).inc()
        self._seconds.observe((job.completed_at or job.created_at) - job.created_at)


class Limited:
    """A run's parts with a bound on how many clean and save at a time, so that memory has one too.

    Who waits to clean beats each `renew_every` seconds; saving beats by itself.
    """

    def __init__(self, *, renew_every: float = generation.RENEW_EVERY) -> None:
        self._renew_every = renew_every
        self._cleaning = threading.Semaphore(CLEANING_AT_ONCE)
        self._saving = threading.Semaphore(SAVING_AT_ONCE)

    def limit(self, deps: generation.Deps) -> generation.Deps:
        """Return the parts with the bounds of this process."""

        def build_request(job: Job, originals: Sequence[bytes]) -> VideoRequest:
            while not self._cleaning.acquire(timeout=self._renew_every):
                deps.beat()
            try:
                return deps.build_request(job, originals)
            finally:
                self._cleaning.release()

        @contextmanager
        def open_video(url: str, deadline: float, video: bytes | None) -> Iterator[VideoParts]:
            opened: AbstractContextManager[VideoParts] = deps.open_video(url, deadline, video)
            with self._saving, opened as parts:
                yield parts

        return replace(deps, build_request=build_request, open_video=open_video)


def serve(
    environ: Mapping[str, str], *, slots: int, drain: float, health: tuple[str, int] | None = None
) -> int:
    """Make the jobs of the queue until SIGTERM or SIGINT; return the exit code.

    The first signal stops receiving and buying, and waits `drain` seconds for the runs that have begun. The
    second one ends the process at once: what was being rendered becomes `outcome_unknown`, as after any kill.
    `health` is the host and port of `/healthz` and `/metrics`. Raises SettingsError.
    """
    read = settings.read(environ, blackbox=True)
    if read.queue is None or read.blackbox is None:
        raise SettingsError("VIDEOGEN_QUEUE_URL is not set: give it the address of an SQS queue")
    logging.getLogger("videogen").addHandler(logging.StreamHandler(sys.stdout))
    clock = Clock()
    metrics = Metrics()
    queue = SqsQueue(read.queue, read_seconds=LONGEST_POLL + POLL_MARGIN)
    deps = service.Deps.over(S3Objects(read.s3), read, clock=clock, told=metrics.ended)
    run = make_run(deps, read.blackbox)
    worker = Worker(queue, run, slots=slots, clock=clock, waited=metrics.waited, finished=metrics.ran)
    metrics.watch(worker, clock)
    # Blocked in every thread and waited for in this one: a handler would run in the middle of anything, a log
    # line included. https://docs.python.org/3/library/signal.html#signal.sigwait
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    with health_server(worker, metrics, clock, health) as health_url:
        receiving = threading.Thread(target=worker.serve, daemon=True)
        receiving.start()
        log.info("worker.started", slots=slots, healthUrl=health_url)
        number = signal.sigwait(SIGNALS)
        log.info("worker.stopping", signal=signal.Signals(number).name, running=worker.status.running)
        worker.stop()
        for number in SIGNALS:
            signal.signal(number, lambda *_: os._exit(INTERRUPTED))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        receiving.join(LONGEST_POLL + POLL_MARGIN)
        left = worker.drain(drain)
    log.info("worker.stopped", left=len(left))
    for job_id in left:
        log.warning("worker.left", jobId=job_id)
    return 1 if left else 0


def make_run(deps: ending.Deps, blackbox: BlackboxSettings) -> Callable[..., None]:
    """Return what does a job's run, with the bounds that all runs of a process share."""
    limited = Limited()

    def run(job_id: str, *, renew: Callable[[], None], may_buy: Callable[[], bool]) -> None:
        parts = generation_deps.make(deps, blackbox)
        parts = limited.limit(replace(parts, beat=renew, may_buy=may_buy))
        generation.run(job_id, parts, run_id=new_nonce(), seconds=math.inf)

    return run


def state(worker: Worker, now: float) -> tuple[bool, dict[str, Any]]:
    """Return whether a worker is well, and why: each run still beats, or none goes on and the queue answers.

    Who is unwell is ended by most orchestrators, and paid calls with it: for a silent queue that is too much.
    """
    status = worker.status
    receive_age = now - status.received_at
    beat_age = status.oldest_beat(now)
    is_receiving = status.is_stopping or status.running > 0 or receive_age < 3 * LONGEST_POLL
    return is_receiving and beat_age < VISIBILITY, {
        "slots": status.slots,
        "running": status.running,
        "stopping": status.is_stopping,
        "secondsSinceReceive": round(receive_age, 1),
        "secondsSinceOldestBeat": round(beat_age, 1),
    }


@contextmanager
def health_server(
    worker: Worker, metrics: Metrics, clock: Clock, address: tuple[str, int] | None
) -> Iterator[str]:
    """Serve `/healthz` and `/metrics` at a host and port, if they are given; hand over their URL, else "".

    Raises OSError where the address is not this machine's, or is taken.
    """
    if address is None:
        yield ""
        return
    host, port = address[0].strip("[]"), address[1]
    families = {found[0] for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer a probe or a scrape."""
            if self.path == "/healthz":
                is_well, facts = state(worker, clock.monotonic())
                self._answer(
                    HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE,
                    "application/json",
                    json.dumps(facts).encode(),
                )
            elif self.path == "/metrics":
                self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(metrics.registry))
            else:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"/healthz or /metrics\n")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
            """Print nothing: the log is the jobs'."""

        def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    class Server(ThreadingHTTPServer):
        # IPv4 where a name has both, as a probe of it asks.
        address_family = socket.AF_INET if socket.AF_INET in families else socket.AF_INET6

    with Server((host, port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
