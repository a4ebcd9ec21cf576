"""The worker's story: from a queued job to a stored video, with at most one purchase.

    read the job ─▶ read and clean the photos ─▶ build the request      free, may happen twice
      ─▶ claim ─▶ POST ─▶ record the link                               the one exclusive step
      ─▶ download, check, store ─▶ complete                             free, may be taken over

A run may be killed anywhere and is delivered up to three times. Whatever it finds, `videogen.jobs` says what
may still be done. A run that leaves a resumable job behind raises Resumable, so that it is delivered again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar
from urllib.parse import urlsplit

from videogen import ending, jobs, log
from videogen.errors import (
    JobError,
    MalformedRecord,
    NoSuchObject,
    PhotoUnreadable,
    ProviderNotStarted,
    ProviderNoVideo,
    ProviderOutcomeUnknown,
    StoreUnavailable,
    UnsafeStore,
    VideogenError,
    VideoGone,
    VideoInterrupted,
    VideoIsText,
)
from videogen.job_store import photo_keys, video_key
from videogen.jobs import Failure, Stage, Status, Video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from videogen.blackbox_answer import Generated
    from videogen.job_store import StoredJob
    from videogen.jobs import Job
    from videogen.video_request import VideoRequest

RENEW_EVERY = 30.0
"""Seconds between renewals of the lease."""
RENEW_AGAIN = 10.0
"""Seconds until a renewal that failed is tried again: several fit in before the lease is dead."""
CLAIM_PATIENCE = 20.0
"""Seconds for which a run tries to find out whether its claim was written."""
LAST_PATIENCE = 5.0
"""Seconds for which a run whose time is over still tries to write how it ended."""
SAVE_RESERVE = 60.0
"""Seconds that the paid call leaves for fetching and storing what it bought."""
GONE_TRIES = 3
GONE_PAUSE = 15.0
"""How often, and how many seconds apart, a link that answers "not there" is asked: a CDN may lag."""
REDELIVERED_AFTER = 60.0
"""Seconds until the platform repeats a failed run: with fewer left, another run could do nothing.
https://docs.netlify.com/build/functions/background-functions/"""
STUCK_TRIES = 6
"""A file that ends at the same byte so often in a row, within a minute, ends there for good."""
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 20.0

T = TypeVar("T")


class Resumable(VideogenError):
    """The run ended and another one can go on: the platform should deliver the call again."""


class _Abandoned(Exception):
    """The job is not this run's any more."""


class Provider(Protocol):
    """The paid API. Moments are monotonic seconds."""

    def generate(
        self, body: Mapping[str, Any], *, deadline: float, start_by: float | None = None
    ) -> Generated:
        """Buy a video until `deadline`, and send nothing after `start_by`. Raises the provider's errors."""

    def close(self) -> None:
        """Give up a call that is under way in another thread: it ends with ProviderOutcomeUnknown."""


class VideoParts(Protocol):
    """A download: iterate over its parts, then ask what it was."""

    def __iter__(self) -> Iterator[bytes]: ...

    @property
    def length(self) -> int:
        """Bytes."""

    @property
    def sha256(self) -> str:
        """Hex digits."""


class Heartbeat(Protocol):
    """Runs a slow call while beats go on: `wait()` is the seconds until the next `beat()`.

    Where a beat raises, `give_up()` makes the call end early, and the beat's error is raised when it has.
    """

    def __call__(  # noqa: D102 - said above
        self,
        call: Callable[[], T],
        *,
        wait: Callable[[], float],
        beat: Callable[[], None],
        give_up: Callable[[], None],
    ) -> T: ...


@dataclass(frozen=True, kw_only=True)
class Deps(ending.Deps):
    """What a run works with; all of it can be swapped for a test's own.

    `build_request` makes of a job and its photos as received what is sent and stored, or raises
    PhotoUnreadable; `open_video` opens the download of a link until a monotonic deadline, or the video that
    came with the answer. `beat` is called with each renewal of the lease, and as often while a run waits for
    its next call or for the store. `may_buy` is asked before the claim: where it says no, the job is left for
    another run.
    """

    provider: Provider
    build_request: Callable[[Job, Sequence[bytes]], VideoRequest]
    open_video: Callable[[str, float, bytes | None], AbstractContextManager[VideoParts]]
    heartbeat: Heartbeat
    beat: Callable[[], None] = lambda: None
    may_buy: Callable[[], bool] = lambda: True


class Step(Enum):
    """What a step has come to."""

    DONE = "nothing is left to do for this run"
    LOOK_AGAIN = "the job has changed: what it is now decides on the next step"


def run(job_id: str, deps: Deps, *, run_id: str, seconds: float) -> None:
    """Do what can be done for a job in so many seconds.

    `run_id` names this run. Returns when nothing is left to do, raises Resumable when another run can go on,
    and StoreUnavailable where the store kept it from finding out.
    """
    try:
        stored = deps.store.read(job_id, is_ours=True)  # the call is signed
        _Run(stored, deps, run_id=run_id, seconds=seconds).run()
    except NoSuchObject:
        log.warning("worker.job_unknown", jobId=job_id)
    except MalformedRecord as error:
        # Delivering the call again would not make it readable.
        log.error("worker.job_unreadable", jobId=job_id, error=error.detail)


class _Run:
    """One run's state: the record as it last saw it, its claim, and when it must end."""

    def __init__(self, stored: StoredJob, deps: Deps, *, run_id: str, seconds: float) -> None:
        self._stored = stored
        self._deps = deps
        self._store = deps.store
        self._clock = deps.clock
        self._run_id = run_id
        self._epoch = 0
        self._claimed_at = 0.0
        self._beat_at = 0.0
        self._body: Mapping[str, Any] | None = None
        self._video: bytes | None = None
        self._stopped = False
        left = stored.job.work_ends_by - deps.clock.now()
        self._ends_at = deps.clock.monotonic() + min(seconds, left)

    @property
    def _job(self) -> Job:
        return self._stored.job

    def run(self) -> None:
        try:
            for _ in range(2 * jobs.MAX_CALLS):
                if self._step() is Step.DONE:
                    return
        except _Abandoned:
            self._log_warning("job.abandoned", status=self._job.status)
            self._delete_leftovers()
            return
        raise Resumable

    def _step(self) -> Step:
        """Take the job one step on."""
        job = self._job
        if job.has_ended:
            self._log("job.already_ended", status=job.status)
            ending.drop_originals(self._store, job)
            self._delete_leftovers()
            return Step.DONE
        if jobs.due_end(job, now=self._clock.now(), lease_age=self._stored.age):
            return self._end_due()
        if job.status is Status.QUEUED:
            return self._render()
        if job.stage is Stage.SAVING:
            return self._resume_saving()
        # Somebody's paid call is under way. If that run is dead, the next reader will say so.
        self._log("job.held_by_another")
        return Step.DONE

    # --- rendering -----------------------------------------------------------------------------------------

    def _render(self) -> Step:
        try:
            if self._body is None:
                self._body = self._request()
            self._store.probe(self._stored)
            self._wait_until(self._job.retry_at or 0.0)
            if not self._deps.may_buy():
                raise Resumable
            if not self._claim():
                return self._look_again()
        except PhotoUnreadable as error:
            return self._fail_queued(error)
        except UnsafeStore:
            return self._fail_queued(JobError("store_unsafe"))
        body = self._body
        try:
            generated = self._with_heartbeat(lambda: self._call(body), self._deps.provider.close)
        except ProviderNotStarted as error:
            return self._requeue(error)
        except JobError as error:
            return self._fail(error)
        self._record_url(generated)
        self._video = generated.video
        return self._save()

    def _request(self) -> Mapping[str, Any]:
        job = self._job
        keys = photo_keys(job)
        try:
            originals = [self._store.get_photo(key) for key in keys]
        except NoSuchObject:
            raise PhotoUnreadable(note="missing") from None
        request = self._deps.build_request(job, [original.body for original in originals])
        for key, clean, original in zip(keys, request.photos, originals, strict=True):
            self._store.replace_photo(key, clean, original)
        return request.body

    def _claim(self) -> bool:
        """Take the job for this run alone; return whether it could be had."""
        epoch = self._job.epoch + 1
        # Taken before the write, since the store counts the lease from some moment during it.
        claimed_at = self._clock.monotonic()
        if not self._swap(
            lambda it: jobs.claim(it.job, self._run_id, epoch, now=self._clock.now()),
            patience=CLAIM_PATIENCE,
        ):
            return False
        self._epoch = epoch
        self._claimed_at = claimed_at
        self._log("job.claimed", calls=self._job.calls)
        return True

    def _call(self, body: Mapping[str, Any]) -> Generated:
        begun = self._clock.monotonic()
        left = self._job.paid_call_by - self._clock.now()
        if left <= 0:
            raise JobError("expired")
        # Frozen between the claim and the POST, this run may have lost its lease without knowing.
        start_by = min(self._claimed_at + jobs.LEASE_SECONDS, begun + left)
        if begun >= start_by:
            raise ProviderNotStarted("provider_unreachable", note="the lease is over")
        self._log("blackbox.called", model=self._job.model)
        try:
            generated = self._deps.provider.generate(
                body, deadline=self._ends_at - SAVE_RESERVE, start_by=start_by
            )
        except JobError as error:
            took = 1000 * (self._clock.monotonic() - begun)
            self._log_warning("blackbox.answered", code=error.code, note=error.note, durationMs=took)
            raise
        except Exception as error:
            self._log_error("blackbox.call_broke", error=type(error).__name__)
            raise ProviderOutcomeUnknown(note=type(error).__name__) from error
        took = 1000 * (self._clock.monotonic() - begun)
        self._log("blackbox.answered", host=urlsplit(generated.url).hostname, durationMs=took)
        return generated

    def _requeue(self, error: ProviderNotStarted) -> Step:
        now = self._clock.now()
        retry_at = jobs.next_call_at(self._job, now=now, retry_after=error.retry_after or 0.0)
        if retry_at is None or not self._swap(
            lambda it: jobs.back_to_queue(
                it.job,
                self._run_id,
                self._epoch,
                now=now,
                retry_at=retry_at,
                call_ids=error.call_ids,
            ),
            patience=self._patience(),
        ):
            return self._fail(error)
        self._log_warning("job.requeued", code=error.code, waitSeconds=retry_at - now)
        return Step.LOOK_AGAIN

    def _record_url(self, generated: Generated) -> None:
        # Losing the link is losing the video, so this is tried as long as the run may last, also where the
        # store refuses: its operator may be mending a policy.
        now = self._clock.now()
        while True:
            try:
                is_recorded = self._swap(
                    lambda it: jobs.record_url(
                        it.job,
                        self._run_id,
                        self._epoch,
                        now=now,
                        url=generated.url,
                        request_id=generated.request_id,
                        call_ids=generated.call_ids,
                        link_in_doubt=generated.link_in_doubt,
                    ),
                    patience=self._patience(),
                )
            except StoreUnavailable as error:
                if self._clock.monotonic() + LONGEST_PAUSE >= self._ends_at:
                    raise
                self._log_warning("lease.not_renewed", error=error.detail)
                self._wait_until(self._clock.now() + LONGEST_PAUSE)
            else:
                break
        if not is_recorded:
            self._abandon()

    # --- saving --------------------------------------------------------------------------------------------

    def _resume_saving(self) -> Step:
        epoch = self._job.epoch + 1
        now = self._clock.now()
        if not self._swap(
            lambda it: jobs.resume_saving(it.job, self._run_id, epoch, now=now, lease_age=it.age)
        ):
            self._look_again()
            if self._job.stage is Stage.SAVING:
                # Its holder lives. Should it die, the platform's next delivery takes over.
                raise Resumable
            return Step.LOOK_AGAIN
        self._epoch = epoch
        self._log("job.taken_over")
        return self._save()

    def _save(self) -> Step:
        url = self._job.provider_url or ""
        failures: list[JobError] = []
        while True:
            try:
                video = self._with_heartbeat(lambda: self._fetch(url), self._stop)
            except JobError as error:
                failures.append(error)
                pause = next_fetch_after(failures)
                if pause is None:
                    return self._fail(_without_video(url, failures) or error)
                self._log_warning("video.retried", note=error.note)
            else:
                self._log("video.saved", bytes=video.bytes)
                return self._complete(video)
            if self._clock.monotonic() + pause >= self._ends_at:
                return self._out_of_time(_without_video(url, failures) or VideoInterrupted())
            self._with_heartbeat(lambda: self._clock.sleep(pause), self._stop)  # noqa: B023 - called at once

    def _fetch(self, url: str) -> Video:
        key = video_key(self._job.id, self._epoch)
        with self._deps.open_video(url, self._ends_at, self._video) as parts:
            try:
                self._store.put_video(key, self._while_ours(parts))
            except StoreUnavailable as error:
                # What the store refuses for good is as a file that always ends at its start.
                raise VideoInterrupted(note=error.detail, received=None if error.transient else 0) from error
        return Video(key=key, bytes=parts.length, sha256=parts.sha256, host=urlsplit(url).hostname or "")

    def _while_ours(self, parts: VideoParts) -> Iterator[bytes]:
        for part in parts:
            if self._stopped:
                raise VideoInterrupted(note="abandoned")
            yield part

    def _complete(self, video: Video) -> Step:
        if not self._swap(
            lambda it: jobs.complete(it.job, self._run_id, self._epoch, now=self._clock.now(), video=video),
            patience=self._patience(),
        ):
            self._abandon()
        self._delete_leftovers()
        return Step.DONE

    def _out_of_time(self, error: JobError) -> Step:
        left = self._job.work_ends_by - self._clock.now()
        if not self._job.has_ended and left > REDELIVERED_AFTER:
            raise Resumable
        return self._fail(error)

    # --- ends ----------------------------------------------------------------------------------------------

    def _fail(self, error: JobError) -> Step:
        return self._end(_failure(error), error.call_ids)

    def _end(self, failure: Failure, call_ids: Mapping[str, str] = jobs.NO_IDS) -> Step:
        if not self._swap(
            lambda it: jobs.fail(
                it.job,
                self._run_id,
                self._epoch,
                now=self._clock.now(),
                failure=failure,
                call_ids=call_ids,
            ),
            patience=self._patience(),
        ):
            self._abandon()
        return Step.DONE

    def _fail_queued(self, error: JobError) -> Step:
        failure = _failure(error)
        if not self._swap(lambda it: jobs.fail_queued(it.job, now=self._clock.now(), failure=failure)):
            return self._look_again()
        return Step.DONE

    def _end_due(self) -> Step:
        if not self._swap(lambda it: jobs.end_due(it.job, now=self._clock.now(), lease_age=it.age)):
            return self._look_again()
        return Step.DONE

    def _abandon(self) -> NoReturn:
        self._look_again()
        raise _Abandoned

    def _delete_leftovers(self) -> None:
        """Delete stored videos that the record does not point to and never will."""
        job = self._job
        epochs: Iterable[int] = ()
        if job.has_ended and not job.is_improvable:
            epochs = range(1, job.epoch + 1)
        elif 0 < self._epoch < job.epoch:
            epochs = (self._epoch,)
        try:
            for key in (video_key(job.id, epoch) for epoch in epochs):
                if job.video is None or key != job.video.key:
                    self._store.objects.delete(key)
        except StoreUnavailable as error:
            self._log_warning("video.leftover", error=error.detail)

    # --- the claim -----------------------------------------------------------------------------------------

    def _look_again(self) -> Step:
        self._stored = self._store.read(self._job.id, is_ours=True)
        return Step.LOOK_AGAIN

    def _patience(self) -> float:
        return max(self._ends_at - self._clock.monotonic(), LAST_PATIENCE)

    def _swap(self, change: Callable[[StoredJob], Job | None], *, patience: float | None = None) -> bool:
        swap = partial(ending.swap, self._deps, self._stored, change, patience=patience)
        if patience is None or patience <= RENEW_EVERY:
            swapped = swap()
        else:
            # A store may be away for minutes. Until then no lease can be renewed, but the run lives.
            swapped = self._deps.heartbeat(
                swap, wait=self._until_beat, beat=self._tell_beat, give_up=lambda: None
            )
        if swapped is None:
            return False
        self._stored = swapped
        self._beat_at = self._clock.monotonic() + RENEW_EVERY
        return True

    def _with_heartbeat(self, call: Callable[[], T], give_up: Callable[[], None]) -> T:
        return self._deps.heartbeat(call, wait=self._until_beat, beat=self._beat, give_up=give_up)

    def _until_beat(self) -> float:
        return max(0.0, self._beat_at - self._clock.monotonic())

    def _tell_beat(self) -> None:
        self._beat_at = self._clock.monotonic() + RENEW_EVERY
        self._deps.beat()

    def _beat(self) -> None:
        """Renew the lease; raise _Abandoned once the job is somebody else's or has ended for good."""
        self._tell_beat()
        try:
            if self._swap(lambda it: jobs.renew(it.job, self._run_id, self._epoch, now=self._clock.now())):
                return
            self._look_again()
        except StoreUnavailable as error:
            self._beat_at = self._clock.monotonic() + RENEW_AGAIN
            self._log_warning("lease.not_renewed", error=error.detail)
            return
        if self._job.is_improvable and self._job.is_held_by(self._run_id, self._epoch):
            # A reader took this run for dead. Its call may still bring the video, and then it may say so.
            self._log_warning("lease.lost")
            return
        raise _Abandoned

    def _stop(self) -> None:
        self._stopped = True

    def _wait_until(self, moment: float) -> None:
        while (seconds := moment - self._clock.now()) > 0:
            self._clock.sleep(min(seconds, RENEW_EVERY))
            self._deps.beat()

    # --- log -----------------------------------------------------------------------------------------------

    def _log(self, action: str, **facts: object) -> None:
        log.info(action, jobId=self._job.id, epoch=self._epoch, **facts)

    def _log_warning(self, action: str, **facts: object) -> None:
        log.warning(action, jobId=self._job.id, epoch=self._epoch, **facts)

    def _log_error(self, action: str, **facts: object) -> None:
        log.error(action, jobId=self._job.id, epoch=self._epoch, **facts)


def next_fetch_after(failures: Sequence[JobError]) -> float | None:
    """Return how many seconds after these failures of a run a video is fetched again, None where never.

    What cannot change by trying again is given up: a link that stays gone, a file that ends at the same byte.
    """
    last = failures[-1]
    if isinstance(last, VideoGone):
        gone = sum(isinstance(failure, VideoGone) for failure in failures)
        return GONE_PAUSE if gone < GONE_TRIES else None
    if not isinstance(last, VideoInterrupted):
        return None
    latest = [each.received for each in failures[-STUCK_TRIES:] if isinstance(each, VideoInterrupted)]
    if last.received is not None and latest == [last.received] * STUCK_TRIES:
        return None
    return float(min(FIRST_PAUSE * 2 ** (len(failures) - 1), LONGEST_PAUSE))


def _without_video(url: str, failures: Sequence[JobError]) -> JobError | None:
    """Return that there was no video, where a link that does not name one has led to a page."""
    from videogen.blackbox_result import names_a_video  # noqa: PLC0415 - no start of a function waits for it

    if not names_a_video(url) and any(isinstance(each, VideoIsText) for each in failures):
        return ProviderNoVideo(note="the link leads to a page")
    return None


def _failure(error: JobError) -> Failure:
    return Failure(
        code=error.code,
        retryable=error.retryable,
        charged=error.charged,
        detail=error.detail,
        note=error.note,
    )
