"""Puts the parts together from the environment, once per process and only what a function uses."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from videogen import service, settings
from videogen.clock import Clock
from videogen.errors import SettingsError
from videogen.functions.worker_call import HttpDispatch
from videogen.objects import S3Objects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from videogen import generation
    from videogen.functions.http import Request
    from videogen.service import Dispatch
    from videogen.settings import BlackboxSettings, Settings, SiteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps(service.Deps):
    """What every function works with. `dispatcher` makes of a request what calls the worker for it."""

    settings: SiteSettings
    dispatcher: Callable[[Request], Dispatch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What the background function works with. `misconfigured` says what its own settings lack."""

    deps: Deps
    blackbox: BlackboxSettings | None
    misconfigured: SettingsError | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def generation(self) -> generation.Deps:
        """Return what a run works with."""
        from videogen import generation_deps  # noqa: PLC0415 - httpx and Pillow: only a worker waits for them

        if self.blackbox is None:
            raise SettingsError("BLACKBOX_API_KEY is not set")
        return generation_deps.make(self.deps, self.blackbox, environ=self.environ)


@cache
def deps() -> Deps:
    """Return what this process works with; raises SettingsError, and tries again at the next call."""
    return make_deps(settings.read(os.environ))


@cache
def worker() -> Worker:
    """Return this process's worker; raises SettingsError where not even the store can be reached."""
    return make_worker(os.environ)


def make_worker(environ: Mapping[str, str]) -> Worker:
    """Put a worker together; what only it needs may be missing, so that it can still end its jobs."""
    try:
        read = settings.read(environ, blackbox=True)
    except SettingsError as error:
        return Worker(deps=make_deps(settings.read(environ)), blackbox=None, misconfigured=error)
    return Worker(deps=make_deps(read), blackbox=read.blackbox, environ=environ)


def make_deps(read: Settings) -> Deps:
    """Put together what functions work with, from their settings."""
    clock = Clock()
    return Deps.over(
        S3Objects(read.s3),
        read,
        clock=clock,
        settings=read.site,
        dispatcher=_dispatcher(read, clock),
    )


def _dispatcher(read: Settings, clock: Clock) -> Callable[[Request], Dispatch]:
    if read.queue is None:
        return lambda request: HttpDispatch(request, read.signing_keys, clock)
    from videogen.queue.dispatch import QueueDispatch  # noqa: PLC0415 - only a site with a queue imports it
    from videogen.queue.sqs import SqsQueue  # noqa: PLC0415 - said above

    dispatch = QueueDispatch(SqsQueue(read.queue))
    return lambda _request: dispatch
