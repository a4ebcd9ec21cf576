"""Puts the parts together from the environment, once per process and only what a function uses."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from videogen import jobs, settings
from videogen.cas import Cas, new_nonce
from videogen.durations import Durations
from videogen.errors import NoSuchObject, SettingsError
from videogen.functions.worker_call import WorkerCall, call_worker
from videogen.heartbeat import beside
from videogen.job_store import JPEG, JobStore
from videogen.jobs import Failure, Status
from videogen.objects import S3Objects
from videogen.spending import Ledger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from videogen.clock import Clock
    from videogen.generation import Tools
    from videogen.jobs import Job
    from videogen.settings import BlackboxSettings, Secret, Settings, SiteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What every function works with."""

    store: JobStore
    ledger: Ledger
    durations: Durations
    keys: tuple[Secret, ...]
    settings: SiteSettings
    clock: Clock
    call_worker: WorkerCall = call_worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What the background function works with. `misconfigured` says what its own settings lack."""

    site: Site
    blackbox: BlackboxSettings | None
    misconfigured: SettingsError | None = None

    def tools(self) -> Tools:
        """Return the tools of one run. httpx and Pillow are imported here: only a worker waits for them."""
        from videogen import blackbox, photo_cleaning, photos, videos  # noqa: PLC0415 - said above
        from videogen.generation import PHOTO_LINK_SECONDS, Tools  # noqa: PLC0415 - said above

        chosen = self.blackbox
        if chosen is None:
            raise SettingsError("BLACKBOX_API_KEY is not set")
        objects = self.site.store.objects

        def photo_part(key: str, jpeg: bytes) -> str:
            if chosen.image_mode == "url":
                return objects.presign(
                    key, seconds=PHOTO_LINK_SECONDS, content_type=JPEG, disposition="inline"
                )
            return blackbox.data_uri(jpeg)

        def shape(jpeg: bytes) -> str:
            size = photos.sniff(jpeg, field="photo")
            return "16:9" if size.width >= size.height else "9:16"

        return Tools(
            store=self.site.store,
            clock=self.site.clock,
            provider=blackbox.Blackbox(
                chosen.base_url,
                chosen.api_key,
                allowed_origins=[host for host in chosen.video_hosts if "://" in host],
                monotonic=self.site.clock.monotonic,
            ),
            clean_photo=lambda body, ratio: photo_cleaning.clean(body, aspect_ratio=ratio),
            shape=shape,
            photo_part=photo_part,
            request_body=partial(_request_body, chosen),
            open_video=lambda url, deadline: videos.open_video(
                url, hosts=chosen.video_hosts, deadline=deadline, monotonic=self.site.clock.monotonic
            ),
            beside=beside,
            on_end=self._settle,
        )

    def _settle(self, job: Job) -> None:
        self.site.ledger.settle(job)
        if job.status is Status.COMPLETED and job.completed_at is not None and not job.rescues:
            self.site.durations.record(job.model, job.completed_at - job.created_at)

    def holder(self) -> str:
        """Return a new name for a run."""
        return new_nonce()

    def fail_misconfigured(self, job_id: str) -> None:
        """End a job that cannot be made here: nothing was spent on it. Raises StoreUnavailable."""
        try:
            stored = self.site.store.read(job_id)
        except NoSuchObject:
            return
        failure = Failure.of("misconfigured")
        ended = self.site.store.swap(
            stored, lambda it: jobs.fail_queued(it.job, now=self.site.clock.now(), failure=failure)
        )
        if ended is not None:
            self.site.ledger.settle(ended.job)


def _request_body(
    chosen: BlackboxSettings, model: str, prompt: str, photos: Sequence[str]
) -> Mapping[str, Any]:
    from videogen import blackbox  # noqa: PLC0415 - worker only

    return blackbox.request_body(model, prompt, photos, chosen.image_mode)


@cache
def site() -> Site:
    """Return this process's site; raises SettingsError, and tries again at the next call."""
    return make_site(settings.read(os.environ))


@cache
def worker() -> Worker:
    """Return this process's worker; raises SettingsError where not even the store can be reached."""
    return make_worker(os.environ)


def make_worker(environ: Mapping[str, str]) -> Worker:
    """Put a worker together; what only it needs may be missing, so that it can still end its jobs."""
    try:
        read = settings.read(environ, blackbox=True)
    except SettingsError as error:
        return Worker(site=make_site(settings.read(environ)), blackbox=None, misconfigured=error)
    return Worker(site=make_site(read), blackbox=read.blackbox)


def make_site(read: Settings) -> Site:
    """Put a site together from its settings."""
    cas = Cas(objects=S3Objects(read.s3))
    store = JobStore(cas)
    return Site(
        store=store,
        ledger=Ledger(store, limit=read.site.daily_limit),
        durations=Durations(cas),
        keys=read.signing_keys,
        settings=read.site,
        clock=cas.clock,
    )
