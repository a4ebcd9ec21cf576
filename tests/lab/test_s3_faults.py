"""The store does harm to each request in turn: the job ends right all the same, and is bought once.

The store is moto behind a proxy that loses replies, refuses, breaks off and delays; the provider is the
simulator. What waits is skipped.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from support.buckets import s3_settings
from support.fake_clock import SkippingClock
from support.functions_under_test import Context, data_uri
from support.memory_objects import LAX, in_words
from support.real_worker import CLIP, KEYS, PHOTO, RealWorker
from support.s3_proxy import FAULTS, Answer, Delay, IgnoreConditions, S3Proxy, Throttle
from videogen import generation, objects, signing
from videogen.functions import start_video
from videogen.functions.http import endpoint
from videogen.jobs import Failure, Status
from videogen.local.blackbox import Simulator
from videogen.local.s3 import S3Server
from videogen.objects import S3Objects
from videogen.service import DispatchResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.real_worker import Tally
    from videogen.jobs import Job


@dataclass(frozen=True)
class Request:
    """One of the worker's requests: the nth of a method to keys of a pattern."""

    method: str
    key: str
    nth: int = 1


REQUESTS = {
    "read the job": Request("GET", "jobs/*"),
    "read the photo": Request("GET", "photos/*"),
    "store the clean photo": Request("PUT", "photos/*"),
    "probe": Request("PUT", "jobs/*", 1),
    "second probe": Request("PUT", "jobs/*", 2),
    "claim": Request("PUT", "jobs/*", 3),
    "record the link": Request("PUT", "jobs/*", 4),
    "store the video": Request("PUT", "videos/*"),
    "complete": Request("PUT", "jobs/*", 5),
}
LONG_CALL = 700.0
"""Seconds that a call takes whose video cannot be saved, so that there is not time for fifty tries."""


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as running:
        yield running


@pytest.fixture(scope="module")
def one_proxy(server: S3Server) -> Iterator[S3Proxy]:
    with S3Proxy(server.endpoint_url) as running:
        yield running


@pytest.fixture
def proxy(one_proxy: S3Proxy) -> Iterator[S3Proxy]:
    one_proxy.seen.clear()
    yield one_proxy
    one_proxy.stop_playing()


@pytest.fixture
def worker(server: S3Server, proxy: S3Proxy, simulator: Simulator) -> RealWorker:
    return behind(server, proxy, simulator)


def behind(
    server: S3Server, proxy: S3Proxy, simulator: Simulator, clock: SkippingClock | None = None
) -> RealWorker:
    """Return a worker whose store is reached through the proxy alone."""
    settings = s3_settings({**server.environment, "S3_ENDPOINT_URL": proxy.url})
    return RealWorker(S3Objects(settings), simulator, clock or SkippingClock())


def check(worker: RealWorker, job_id: str, tally: Tally, *, purchases: int = 1) -> Job:
    """Count a job that is over and check what must be so whatever happened; return it."""
    job = worker.deps.store.read(job_id).job
    tally.add(job, purchases=worker.purchases(job_id))
    assert worker.purchases(job_id) == purchases
    assert worker.has_its_bytes(job)
    return job


# --- The worker --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_request_that_meets_trouble_is_made_good(
    request_name: str, fault: str, worker: RealWorker, proxy: S3Proxy, tally: Tally
) -> None:
    job_id = worker.start("a lake")
    wanted = REQUESTS[request_name]
    proxy.play(FAULTS[fault], method=wanted.method, key=wanted.key, nth=[wanted.nth])
    posts = worker.simulator.posts

    worker.deliver(job_id, times=1)

    proxy.stop_playing()
    job = check(worker, job_id, tally)
    assert (job.status, job.epoch, worker.simulator.posts - posts) == (Status.COMPLETED, 1, 1)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_renewal_that_meets_trouble_is_made_good(
    fault: str, server: S3Server, proxy: S3Proxy, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "RENEW_EVERY", 0.05)
    with Simulator(render=lambda _: CLIP) as patient:
        worker = behind(server, proxy, patient)
        job_id = worker.start("a lake [delay:0.3]")
        proxy.play(FAULTS[fault], method="PUT", key="jobs/*", nth=[REQUESTS["claim"].nth + 1])

        worker.deliver(job_id, times=1)

        job = check(worker, job_id, tally)
    assert (job.status, job.epoch) == (Status.COMPLETED, 1)
    assert job.version > 6


@pytest.mark.parametrize("request_name", ["claim", "record the link", "complete"])
def test_a_write_that_arrives_after_it_was_given_up_does_no_harm(
    request_name: str,
    server: S3Server,
    proxy: S3Proxy,
    simulator: Simulator,
    tally: Tally,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(objects, "READ_SECONDS", 0.2)
    worker = behind(server, proxy, simulator)
    job_id = worker.start("a lake")
    wanted = REQUESTS[request_name]
    proxy.play(Delay(0.4), method=wanted.method, key=wanted.key, nth=[wanted.nth])

    worker.deliver(job_id, times=1)

    job = check(worker, job_id, tally)
    assert (job.status, job.epoch) == (Status.COMPLETED, 1)


def test_a_store_that_takes_one_write_a_second_for_a_key_only_makes_it_slower(
    server: S3Server, simulator: Simulator, tally: Tally
) -> None:
    clock = SkippingClock()
    with S3Proxy(server.endpoint_url, clock=clock.monotonic) as proxy:
        proxy.play(Throttle(1.0))
        worker = behind(server, proxy, simulator, clock)
        job_id = worker.start("a lake")

        worker.deliver(job_id, times=1)

        job = check(worker, job_id, tally)
        refused = [seen.status for seen in proxy.seen].count(429)
    assert job.status is Status.COMPLETED
    assert refused > 0


@pytest.mark.parametrize("ignored", LAX, ids=in_words)
def test_a_store_that_ignores_a_condition_buys_nothing(
    ignored: frozenset[str], worker: RealWorker, proxy: S3Proxy, tally: Tally
) -> None:
    job_id = worker.start("a lake")
    proxy.play(IgnoreConditions(frozenset(map(str.lower, ignored))))

    worker.deliver(job_id, times=1)

    assert check(worker, job_id, tally, purchases=0).failure == Failure.of("store_unsafe")


@pytest.mark.parametrize("fault", ["503", "closed-applied", "409"])
@pytest.mark.parametrize(
    "wanted",
    [Request("POST", "videos/*", 1), Request("PUT", "videos/*", 2), Request("POST", "videos/*", 2)],
    ids=["begin", "part", "end"],
)
def test_an_upload_in_parts_is_made_anew(
    wanted: Request, fault: str, server: S3Server, proxy: S3Proxy, tally: Tally
) -> None:
    film = CLIP + bytes(17_000_000)
    with Simulator(render=lambda _: film) as simulator:
        worker = behind(server, proxy, simulator)
        job_id = worker.start("a lake")
        proxy.play(FAULTS[fault], method=wanted.method, key=wanted.key, nth=[wanted.nth])

        worker.deliver(job_id, times=1)

        job = check(worker, job_id, tally)
    assert (job.status, job.video and job.video.bytes) == (Status.COMPLETED, len(film))


def test_a_site_s_first_job_asks_the_store_nine_times_and_twice_for_the_statistics(
    worker: RealWorker, proxy: S3Proxy, tally: Tally
) -> None:
    job_id = worker.start("a lake")
    proxy.seen.clear()

    worker.deliver(job_id, times=1)

    assert [(seen.method, seen.key.split("/")[0]) for seen in proxy.seen] == [
        ("GET", "jobs"),
        ("GET", "photos"),
        ("PUT", "photos"),
        ("PUT", "jobs"),  # the probe of If-Match
        ("PUT", "jobs"),  # and of If-None-Match, until videos have been made in this store
        ("PUT", "jobs"),  # the claim
        ("PUT", "jobs"),  # the link
        ("PUT", "videos"),
        ("PUT", "jobs"),  # the end
        ("GET", "stats"),
        ("PUT", "stats"),
    ]
    check(worker, job_id, tally)


# --- start-video -------------------------------------------------------------------------------------------


class Starter:
    """start-video over a worker's site; its calls of the worker are counted and not sent."""

    def __init__(self, worker: RealWorker) -> None:
        self.called: list[str] = []
        self._deps = replace(worker.deps, dispatcher=lambda _: self._dispatch)

    def start(self, **fields: Any) -> tuple[int, dict[str, Any]]:
        """POST a start; return status and body."""
        body = {"prompt": f"a lake {secrets.token_hex(4)}", "photos": [{"data": data_uri(PHOTO)}], **fields}
        event = {
            "httpMethod": "POST",
            "headers": {
                "content-type": "application/json",
                "idempotency-key": secrets.token_hex(16),
            },
            "body": json.dumps(body),
        }
        answer = endpoint(start_video.answer, methods=("POST",), deps=lambda: self._deps)(event, Context())
        return answer["statusCode"], json.loads(answer["body"])

    def retry(self, job: Job, **fields: Any) -> tuple[int, dict[str, Any]]:
        """POST a retry of a job."""
        token = signing.owner_token(KEYS[0], job.id)
        return self.start(prompt=job.prompt, photos=[], retryOf=job.id, ownerToken=token, **fields)

    def _dispatch(self, job_id: str, _: int) -> DispatchResult:
        self.called.append(job_id)
        return DispatchResult.REACHED


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("key", ["photos/*", "jobs/*"])
def test_a_start_that_meets_trouble_makes_one_job(
    key: str, fault: str, worker: RealWorker, proxy: S3Proxy, tally: Tally
) -> None:
    starter = Starter(worker)
    proxy.play(FAULTS[fault], method="PUT", key=key, nth=[1])

    status, body = starter.start()

    proxy.stop_playing()
    assert (status, starter.called) == (202, [body["jobId"]])
    worker.deliver(body["jobId"], times=1)
    assert check(worker, body["jobId"], tally).status is Status.COMPLETED


# --- Rescue ------------------------------------------------------------------------------------------------


def unsaved(worker: RealWorker, proxy: S3Proxy) -> Job:
    """Let a job be bought whose video cannot be stored."""
    status, body = Starter(worker).start()
    assert status == 202
    proxy.play(Answer(503), method="PUT", key="videos/*")
    worker.call_takes = LONG_CALL
    worker.deliver(body["jobId"])
    proxy.stop_playing()
    return worker.watch(body["jobId"])


def test_a_video_that_could_not_be_stored_is_saved_by_a_retry_and_not_bought_again(
    worker: RealWorker, proxy: S3Proxy, tally: Tally
) -> None:
    old = unsaved(worker, proxy)
    assert (old.failure and old.failure.code) == "save_failed"
    posts = worker.simulator.posts

    status, body = Starter(worker).retry(old)
    worker.deliver(body["jobId"])

    job = worker.deps.store.read(body["jobId"]).job
    tally.add(job, purchases=worker.simulator.posts - posts)
    assert (status, job.status, job.rescues) == (202, Status.COMPLETED, old.id)
    assert worker.has_its_bytes(job)
    assert worker.simulator.posts == posts


def test_a_rescue_is_healed_by_polls_and_may_fail_and_be_tried_again(
    worker: RealWorker, proxy: S3Proxy, tally: Tally
) -> None:
    old = unsaved(worker, proxy)
    posts = worker.simulator.posts
    proxy.play(Answer(503), method="PUT", key="videos/*")
    worker.saving_seconds = 60.0
    _, body = Starter(worker).retry(old)
    # Its first call was lost, and the polls' calls come to nothing either.
    failed = worker.watch(body["jobId"])
    proxy.stop_playing()

    _, body = Starter(worker).retry(failed)
    saved = worker.watch(body["jobId"])

    tally.add(saved, purchases=worker.simulator.posts - posts)
    assert failed.failure is not None
    assert (failed.failure.code, failed.failure.charged) == ("save_failed", "no")
    assert 1 <= failed.dispatches <= 3
    assert (saved.status, saved.rescues) == (Status.COMPLETED, old.id)
    assert worker.simulator.posts == posts


def test_a_video_of_a_host_that_was_not_allowed_is_saved_once_it_is(worker: RealWorker, tally: Tally) -> None:
    status, body = Starter(worker).start(prompt="a lake [fault:D302]")
    worker.deliver(body["jobId"])
    old = worker.deps.store.read(body["jobId"]).job
    posts = worker.simulator.posts
    worker.video_hosts = (*worker.video_hosts, worker.simulator.url.replace("127.0.0.1", "localhost"))

    status, body = Starter(worker).retry(old)
    worker.deliver(body["jobId"])

    job = worker.deps.store.read(body["jobId"]).job
    tally.add(job, purchases=worker.simulator.posts - posts)
    assert (old.failure and old.failure.code) == "video_refused"
    assert (status, job.status, worker.simulator.posts) == (202, Status.COMPLETED, posts)


def test_a_download_that_kept_breaking_off_is_saved_by_a_retry(worker: RealWorker, tally: Tally) -> None:
    worker.call_takes = LONG_CALL
    _, body = Starter(worker).start(prompt="a lake [fault:D-cut] [times:8]")
    worker.deliver(body["jobId"])
    old = worker.deps.store.read(body["jobId"]).job
    posts = worker.simulator.posts

    _, body = Starter(worker).retry(old)
    worker.deliver(body["jobId"])

    job = worker.deps.store.read(body["jobId"]).job
    tally.add(job, purchases=worker.simulator.posts - posts)
    assert (old.failure and old.failure.code) == "save_failed"
    assert (job.status, worker.simulator.posts) == (Status.COMPLETED, posts)


def test_a_video_that_the_provider_has_deleted_is_bought_again_by_a_retry(
    worker: RealWorker, tally: Tally
) -> None:
    _, body = Starter(worker).start(prompt="a lake [fault:D404] [times:3]")
    worker.deliver(body["jobId"])
    old = worker.deps.store.read(body["jobId"]).job
    posts = worker.simulator.posts

    _, body = Starter(worker).retry(old)
    worker.deliver(body["jobId"])

    job = worker.deps.store.read(body["jobId"]).job
    tally.add(job, purchases=worker.simulator.posts - posts)
    assert (old.failure and old.failure.code) == "video_gone"
    assert (job.rescues, worker.simulator.posts) == (None, posts + 1)


def test_another_prompt_is_another_video_and_is_bought(
    worker: RealWorker, proxy: S3Proxy, tally: Tally
) -> None:
    old = unsaved(worker, proxy)
    worker.call_takes = 0.0

    _, body = Starter(worker).retry(replace(old, prompt="a sea"))
    worker.deliver(body["jobId"])

    job = check(worker, body["jobId"], tally)
    assert (job.status, job.rescues, job.prompt) == (Status.COMPLETED, None, "a sea")
