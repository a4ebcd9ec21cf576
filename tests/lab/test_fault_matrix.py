"""Every fault that the provider is known for: how the job ends, what it cost, and what the person reads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from support.fake_clock import SkippingClock
from support.memory_objects import MemoryObjects
from support.real_worker import CLIP, HashedVideos, RealWorker
from videogen.generation import SAVE_RESERVE
from videogen.jobs import Status
from videogen.local.blackbox import Simulator
from videogen.local.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.real_worker import Tally

MOMENT = 0.4
"""Seconds of real time for what never ends by itself."""


@dataclass(frozen=True)
class End:
    """How a job ends: what the page is told, and what the simulator has counted."""

    error: str | None
    code: str | None
    retryable: bool = False
    charged: str = "no"
    purchases: int = 1
    posts: int = 1


DONE = End(None, None)
BUSY = End(
    "The video provider is busy. Nothing was charged. Please try again in a few minutes.",
    "provider_busy",
    retryable=True,
    purchases=0,
    posts=3,
)
ACCOUNT = End(
    "This site's account at the video provider does not work now. Please tell its operator.",
    "provider_account",
    purchases=0,
)
CONTENT = End(
    "The video provider refused this photo or prompt. Please change one of them.",
    "content_refused",
    purchases=0,
)
CONTENT_BEGUN = End(CONTENT.error, "content_refused", charged="unknown")
REJECTED = End(
    "The video provider could not make a video from this. Please change the photo or the prompt.",
    "provider_rejected",
    purchases=0,
)
REJECTED_BEGUN = End(REJECTED.error, "provider_rejected", charged="unknown")
NO_MODEL = End(
    "The video provider does not know this model. Please choose another one.",
    "provider_rejected",
    purchases=0,
)
MISCONFIGURED = End(
    "This site is not set up completely. Nothing was charged. Please tell its operator.",
    "misconfigured",
    purchases=0,
)
NO_PHOTOS = End(
    "The video provider takes no photo for this model. Please choose another one.",
    "provider_rejected",
    purchases=0,
)
TOO_LARGE = End(
    "The photos are too large for the video provider. Please use fewer or smaller ones.",
    "provider_rejected",
    purchases=0,
)
UNKNOWN = End(
    "The video provider gave no clear answer. The video may have been charged.",
    "outcome_unknown",
    retryable=True,
    charged="unknown",
)
UNKNOWN_UNSOLD = End(UNKNOWN.error, "outcome_unknown", retryable=True, charged="unknown", purchases=0)
NO_VIDEO = End(
    "The video provider answered without a video. It may have been charged.",
    "no_video",
    retryable=True,
    charged="unknown",
)
GONE = End(
    "The video was made, but the provider had deleted it before it could be saved.",
    "video_gone",
    retryable=True,
    charged="yes",
)
REFUSED = End(
    "The provider sent a file that is not a video this site can keep. It was charged.",
    "video_refused",
    charged="yes",
)
UNSAVED = End(
    "The video was made, but it could not be saved. It was charged; trying again may be free.",
    "save_failed",
    retryable=True,
    charged="yes",
)

ENDS = {
    "S1": DONE,
    "S1-70s": DONE,
    "S1-170s": DONE,
    "S2": DONE,
    "S3-whitespace": DONE,
    "S3-space": NO_VIDEO,
    "S3-null": NO_VIDEO,
    "S3-absent": NO_VIDEO,
    "S3-no-choices": NO_VIDEO,
    "S4-image": DONE,
    "S4-link": DONE,
    "S4-prose": DONE,
    "S4-parenthesis": DONE,
    "S4-query": DONE,
    "S4-no-extension": DONE,
    "S4-html": DONE,
    "S4-escaped": DONE,
    "S5-glued": DONE,
    "S5-list": DONE,
    "S5-object": DONE,
    "S5-parts": DONE,
    "S5-top-level": DONE,
    "S5-data-object": DONE,
    "S5-data-list": DONE,
    "S5-choice": DONE,
    "S5-images": DONE,
    "S5-attachments": DONE,
    "S5-inside": DONE,
    "S6": NO_VIDEO,
    "S7-401": ACCOUNT,
    "S7-403": CONTENT,
    "S7-408": UNKNOWN,
    "S7-429": BUSY,
    "S7-502": UNKNOWN,
    "S7-503": BUSY,
    "S7-error": REJECTED_BEGUN,
    "S7-filter": CONTENT_BEGUN,
    "S8-stream": DONE,
    "S8-error": UNKNOWN,
    "S8-done": NO_VIDEO,
    "S8-comment": DONE,
    "S9-pending": UNKNOWN,
    "S9-link": UNKNOWN,
    "S9-accepted": UNKNOWN,
    "E301": MISCONFIGURED,
    "E307": MISCONFIGURED,
    "E400": NO_MODEL,
    "E400b": NO_PHOTOS,
    "E400c": REJECTED,
    "E400d": REJECTED_BEGUN,
    "E400-budget": ACCOUNT,
    "E401": ACCOUNT,
    "E401-upstream": ACCOUNT,
    "E401-quoted": ACCOUNT,
    "E402": ACCOUNT,
    "E403": CONTENT,
    "E403-account": ACCOUNT,
    "E403-model": ACCOUNT,
    "E403-application": ACCOUNT,
    "E404": NO_MODEL,
    "E404-html": MISCONFIGURED,
    "E405": MISCONFIGURED,
    "E408": UNKNOWN,
    "E413": TOO_LARGE,
    "E415": MISCONFIGURED,
    "E422": REJECTED_BEGUN,
    "E422-unknown": UNKNOWN,
    "E429": BUSY,
    "E429-budget": ACCOUNT,
    "E429-seconds": BUSY,
    "E429-date": BUSY,
    "E429-throttled": BUSY,
    "E500a": UNKNOWN,
    "E500b": UNKNOWN,
    "E502": UNKNOWN,
    "E502-html": UNKNOWN,
    "E502-empty": UNKNOWN,
    "E503": BUSY,
    "E503-html": UNKNOWN,
    "E503-empty": UNKNOWN,
    "E524": UNKNOWN,
    "E524-json": UNKNOWN,
    "N1-unread": UNKNOWN_UNSOLD,
    "N1-close": UNKNOWN,
    "N1-reset": UNKNOWN,
    "N1-silence": UNKNOWN,
    "N1-cut": UNKNOWN,
    "N1-stall": UNKNOWN,
    "N1-length": DONE,
    "N1-invalid": UNKNOWN,
    "N1-slow": UNKNOWN,
    "N1-gzip": DONE,
    "N1-endless": UNKNOWN,
    "D206": DONE,
    "D206-half": UNSAVED,
    "D302": REFUSED,
    "D302-same": DONE,
    "D302-loop": UNSAVED,
    "D302-private": REFUSED,
    "D403": GONE,
    "D404": GONE,
    "D410": GONE,
    "D500": UNSAVED,
    "D503": UNSAVED,
    "D-html": UNSAVED,
    "D-octet-stream": DONE,
    "D-label-gzip": DONE,
    "D-label-aws": DONE,
    "D-label-charset": DONE,
    "D-gzip": DONE,
    "D-garbage": REFUSED,
    "D-empty": UNSAVED,
    "D-length": UNSAVED,
    "D-cut": UNSAVED,
    "D-chunked": DONE,
    "D-slow": UNSAVED,
    "D-200mb": DONE,
    "D-10gb": REFUSED,
    "D-endless": REFUSED,
}
ENDLESS_ANSWERS = {"N1-silence", "N1-stall", "N1-slow"}
ENDLESS_DOWNLOADS = {"D-slow"}
SLOW = {"N1-slow", "D-slow"}
LARGE_DOWNLOADS = {"D-200mb", "D-endless"}
LONG_CALL = 700.0
"""Seconds that a call takes whose download fails for ever, so that there is not time for fifty tries."""

# The same faults, once only: what a second try makes good.
ONCE = {
    "E429": End(None, None, posts=2),
    "E429-seconds": End(None, None, posts=2),
    "E503": End(None, None, posts=2),
    "S7-429": End(None, None, posts=2),
    "E500a": UNKNOWN,
    "N1-reset": UNKNOWN,
    "D404": DONE,
    "D500": DONE,
    "D-empty": DONE,
    "D-length": DONE,
    "D-cut": DONE,
    "D-html": DONE,
}


def test_every_fault_of_the_simulator_has_its_end_here() -> None:
    assert set(ENDS) == set(FAULTS)


@pytest.fixture(scope="module")
def slow_simulator() -> Iterator[Simulator]:
    with Simulator(time_scale=1, render=lambda _: CLIP) as running:
        yield running


@pytest.mark.parametrize("fault", FAULTS)
def test_how_a_fault_ends(fault: str, simulator: Simulator, slow_simulator: Simulator, tally: Tally) -> None:
    clock = SkippingClock()
    bucket = HashedVideos if fault in LARGE_DOWNLOADS else MemoryObjects
    worker = RealWorker(bucket(clock.now), slow_simulator if fault in SLOW else simulator, clock)
    if fault in ENDLESS_ANSWERS | ENDLESS_DOWNLOADS:
        worker.run_seconds = SAVE_RESERVE + MOMENT
        worker.saving_seconds = MOMENT
    if fault in ENDLESS_DOWNLOADS:
        worker.call_takes = SAVE_RESERVE
    elif ENDS[fault] == UNSAVED:
        worker.call_takes = LONG_CALL

    assert play(worker, f"[fault:{fault}]", tally) == ENDS[fault]


@pytest.mark.parametrize("fault", ONCE)
def test_how_a_fault_ends_that_happens_once(fault: str, simulator: Simulator, tally: Tally) -> None:
    clock = SkippingClock()
    worker = RealWorker(MemoryObjects(clock.now), simulator, clock)

    assert play(worker, f"[fault:{fault}] [times:1]", tally) == ONCE[fault]


def play(worker: RealWorker, prompt: str, tally: Tally) -> End:
    """Take a job to its end as its page and the platform would; return how it ended."""
    posts = worker.simulator.posts
    job_id = worker.start(prompt)
    worker.deliver(job_id)
    job = worker.watch(job_id)
    view = worker.view(job_id)
    purchases = worker.purchases(job_id)
    tally.add(job, purchases=purchases)
    assert (view["status"], view["stage"]) == (job.status.value, None)
    assert (job.status is Status.COMPLETED) == (job.failure is None) == (view["videoUrl"] is not None)
    # A refusal that the simulator did not sell must not be told as sold, nor the other way round.
    assert purchases <= 1
    assert not (job.failure and job.failure.charged == "no" and purchases)
    if job.video is not None:
        assert_is_stored(worker, job.video.key, job.video.bytes, job.video.sha256)
    failure = view["failure"]
    return End(
        view["error"],
        failure and failure["code"],
        retryable=bool(failure and failure["retryable"]),
        charged=failure["charged"] if failure else "no",
        purchases=purchases,
        posts=worker.simulator.posts - posts,
    )


def assert_is_stored(worker: RealWorker, key: str, length: int, sha256: str) -> None:
    body = worker.objects.get(key).body
    if isinstance(worker.objects, HashedVideos):
        assert (body, length) == (f"{length} {sha256}".encode(), 200_000_000)
    else:
        assert (body, len(body), hashlib.sha256(body).hexdigest()) == (CLIP, length, sha256)
