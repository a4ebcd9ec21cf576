"""Puts together what a run works with, from the settings: the provider, the request, the download.

httpx and Pillow come with it, so that only a worker waits for their import.
"""

from __future__ import annotations

import os
import ssl
from functools import cache, partial
from typing import TYPE_CHECKING

import certifi

from videogen import blackbox, generation, videos
from videogen.heartbeat import with_heartbeat
from videogen.settings import read_push
from videogen.video_request import build_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from videogen import ending
    from videogen.generation import VideoParts
    from videogen.jobs import Job
    from videogen.settings import BlackboxSettings
    from videogen.video_request import VideoRequest


def make(
    deps: ending.Deps,
    settings: BlackboxSettings,
    *,
    environ: Mapping[str, str] = os.environ,
) -> generation.Deps:
    """Return the parts of one run.

    The key for Web Push is read from `environ` when a job has a subscription: no other job waits for it, or
    can fail for it.
    """
    monotonic = deps.clock.monotonic
    origins = [host for host in settings.video_hosts if "://" in host]
    build: Callable[[Job, Sequence[bytes]], VideoRequest] = partial(
        build_request, settings=settings, objects=deps.store.objects
    )

    def open_video(url: str, deadline: float, video: bytes | None) -> AbstractContextManager[VideoParts]:
        return videos.open_video(
            url,
            hosts=settings.video_hosts,
            deadline=deadline,
            monotonic=monotonic,
            ssl_context=public_tls(),
            video=video,
        )

    def notify(job: Job) -> None:
        from videogen.push import Push  # noqa: PLC0415 - only a job with a subscription waits for the ciphers

        if key := read_push(environ):
            push = Push(settings=key, origins=origins, monotonic=monotonic, ssl_context=public_tls())
            push.send(job)

    return generation.Deps(
        store=deps.store,
        ledger=deps.ledger,
        durations=deps.durations,
        clock=deps.clock,
        told=deps.told,
        notify=notify,
        provider=blackbox.Blackbox(
            settings.base_url,
            settings.api_key,
            allowed_origins=origins,
            monotonic=monotonic,
            ssl_context=public_tls(),
        ),
        build_request=build,
        open_video=open_video,
        heartbeat=with_heartbeat,
    )


@cache
def public_tls() -> ssl.SSLContext:
    """Return the one TLS context of all runs of a process: to load the authorities takes some 30 ms.

    Those are httpx's own. A store of one's own, with an authority of its own, changes nothing for them.
    """
    return ssl.create_default_context(cafile=certifi.where())
