"""How long this site's jobs take, by model: written by the worker, read by start-video.

The worker also writes what follows from the durations, so that a start has nothing to work out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from videogen import cas, log
from videogen.backoff import tries
from videogen.errors import StoreError
from videogen.jobs import Estimate, estimate_from_object, to_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from videogen.clock import Clock
    from videogen.objects import Objects

KEPT = 100
"""The latest jobs that count: enough to see where they crowd, few enough to follow a slow day."""
ENOUGH = 5
"""Fewer say nothing."""
CACHED_SECONDS = 600.0
PATIENCE = 2.0


class Durations:
    """The durations of one site's jobs. Nothing here may fail a job: an error is logged, no more."""

    def __init__(
        self, objects: Objects, *, clock: Clock, random: Callable[[], float], nonce: Callable[[], str]
    ) -> None:
        self._objects = objects
        self._clock = clock
        self._random = random
        self._nonce = nonce
        self._cache: dict[str, tuple[float, Estimate | None]] = {}

    def estimate(self, model: str) -> Estimate | None:
        """Return what recent jobs with this model took, None while too few are known; cached 10 minutes."""
        now = self._clock.monotonic()
        cached = self._cache.get(model)
        if cached is not None and now - cached[0] < CACHED_SECONDS:
            return cached[1]
        try:
            document, _ = cas.read(self._objects, stats_key(model))
        except StoreError as error:
            log.warning("stats.not_read", error=error.detail)
            return None
        found = estimate_from_object(document.get("estimate"))
        self._cache[model] = (now, found)
        return found

    def record(self, model: str, seconds: float) -> None:
        """Add a completed job's duration."""

        def add(document: Mapping[str, Any]) -> dict[str, Any]:
            known = [*_seconds(document), round(seconds, 1)][-KEPT:]
            estimate = estimate_of(known)
            return {"seconds": known, "estimate": to_object(estimate) if estimate else None}

        try:
            cas.swap(
                self._objects,
                stats_key(model),
                add,
                nonce=self._nonce(),
                tries=tries(self._clock, self._random, PATIENCE),
            )
        except StoreError as error:
            log.warning("stats.not_written", error=error.detail)


def estimate_of(seconds: list[float]) -> Estimate | None:
    """Return median, ninetieth percentile (nearest rank) and when to ask, None for too few values."""
    from videogen.schedule import stretches  # noqa: PLC0415 - the worker and nobody else works one out

    if len(seconds) < ENOUGH:
        return None
    ranked = sorted(seconds)
    return Estimate(
        p50=ranked[(len(ranked) - 1) // 2],
        p90=ranked[-(-9 * len(ranked) // 10) - 1],
        stretches=stretches(ranked),
    )


def stats_key(model: str) -> str:
    """Return the key of a model's durations; a model's id may hold slashes, a key's last part must not."""
    return f"stats/{re.sub(r'[^A-Za-z0-9._-]', '_', model)}.json"


def _seconds(document: Mapping[str, Any]) -> list[float]:
    values = document.get("seconds")
    return (
        [float(value) for value in values if isinstance(value, int | float)]
        if isinstance(values, list)
        else []
    )
