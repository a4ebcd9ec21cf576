"""`videogen generate`: the page for the terminal. Starts a video, waits for it, downloads it.

The Idempotency-Key is made before anything is sent, and the same key with the same photo and prompt gives the
same job: so whatever interrupts this, the same command with that key goes on, and buys nothing twice.
"""

from __future__ import annotations

import base64
import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import httpx

from videogen import photo_cleaning, photos, videos
from videogen.cli.api_client import NO_ADDRESS, SiteError
from videogen.errors import JobError, VideogenError
from videogen.limits import MAX_PHOTO_BYTES
from videogen.settings import JOB_MINUTES_WITH_QUEUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from videogen.cli.api_client import Site
    from videogen.clock import Clock

STAGES = {
    "queued": "waiting for a worker",
    "rendering": "the provider is making the video",
    "saving": "saving the video",
    "completed": "downloading",
}
RETRY_SECONDS = 5.0
"""Pause after a question that got no answer."""
SILENCE_SECONDS = 20 * 60.0
"""How long a site is asked again that does not answer."""
LONGEST_MINUTES = JOB_MINUTES_WITH_QUEUE + 5
"""A site ends each job at its deadline; one that says otherwise for longer than any lasts is not believed."""


class JobFailed(VideogenError):
    """The job ended without a video; takes the site's answer."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        failure: Mapping[str, str] = job.get("failure") or {}
        charged = {"no": "Not charged.", "yes": "Charged.", "unknown": "Perhaps charged."}
        super().__init__(
            f"{job.get('error')} [{failure.get('code')}] {charged.get(failure.get('charged', ''), '')}"
        )


Show: TypeAlias = "Callable[[str, float, Mapping[str, float] | None], None]"
"""Shows a stage, the job's age, and the estimate's p50 and p90, all in seconds."""


def photo_uri(path: Path) -> str:
    """Return a photo as a data URI; one too large for a request is made smaller first.

    Raises OSError, InvalidInput and PhotoUnreadable.
    """
    body = path.read_bytes()
    kind = photos.sniff(body, field=path.name).type
    if len(body) > MAX_PHOTO_BYTES:
        body, kind = photo_cleaning.clean(body, aspect_ratio=None), "image/jpeg"
    return f"data:{kind};base64,{base64.b64encode(body).decode()}"


def wait(
    site: Site,
    started: Mapping[str, Any],
    show: Show,
    *,
    clock: Clock,
) -> dict[str, Any]:
    """Wait for a started job; return it completed. Raises JobFailed and SiteError."""
    begun = heard = clock.monotonic()
    pause = float(started.get("pollAfterMs") or 0) / 1000
    show(STAGES["queued"], 0.0, started.get("estimatedSeconds"))
    while True:
        clock.sleep(pause)
        try:
            job = site.status(str(started["jobId"]))
        except SiteError as error:
            if not error.transient or clock.monotonic() - heard > SILENCE_SECONDS:
                raise
            pause = RETRY_SECONDS
            continue
        heard = clock.monotonic()
        stage = STAGES.get(str(job.get("stage") or job.get("status")), str(job.get("status")))
        show(stage, float(job.get("elapsedSeconds") or 0), job.get("estimatedSeconds"))
        if job.get("status") == "completed":
            return job
        if job.get("status") in {"failed", "canceled"}:
            raise JobFailed(job)
        if heard - begun > LONGEST_MINUTES * 60:
            raise SiteError(
                f"the site still calls this job running after {LONGEST_MINUTES} minutes", transient=True
            )
        pause = float(job.get("pollAfterMs") or 1000 * RETRY_SECONDS) / 1000


def part_of(target: Path) -> Path:
    """Return the file in which a download grows until it is whole."""
    return target.with_name(target.name + ".part")


@contextmanager
def whole(target: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears only when `with` ends well."""
    partial = part_of(target)
    with partial.open("wb") as file:
        yield file
    partial.replace(target)


def fault_of(target: Path) -> str:
    """Return why a file cannot be written, "" where it can."""
    partial = part_of(target)
    try:
        for path in (target, partial):
            if path.exists() and not path.is_file():
                return f"{path} is no file"
        with tempfile.TemporaryFile(dir=target.parent):
            if partial.exists():
                partial.open("ab").close()
    except OSError as error:
        return f"{target} cannot be written ({error.strerror})"
    return ""


def download(http: httpx.Client, url: str, target: Path) -> int:
    """Write a video to a file, which appears only when it is whole; return its bytes. Raises SiteError."""
    try:
        with (
            http.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer,
            whole(target) as file,
        ):
            # What the worker takes for a video, by its bytes: a page to sign in comes with a 200 too.
            video = videos.video_of(answer, answer.iter_raw())
            for part in video:
                file.write(part)
    except JobError as error:
        raise SiteError(f"the store did not send the video: {error.note}", transient=True) from None
    except NO_ADDRESS:
        raise SiteError("the site's link to the video is no web address") from None
    except httpx.HTTPError as error:
        raise SiteError(f"the download broke off ({type(error).__name__})", transient=True) from None
    return video.length
