"""How long this site's jobs take: a short list a model, written by the worker and read by start-video."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from videogen import documents, log
from videogen.backoff import tries
from videogen.errors import StoreError
from videogen.jobs import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from videogen.clock import Clock
    from videogen.objects import Objects

KEPT = 100
"""The latest jobs that count: enough to see where they crowd, few enough to follow a slow day."""
ENOUGH = 5
"""Fewer say nothing."""
ENOUGH_FOR_STRETCHES = 50
"""Fewer crowd by chance: then all between the shortest and the longest is likely."""
LIKELY_SHARE = 0.55
"""Of the jobs, how many end in the likely stretches: half, and some for what is chance in the sample."""
WINDOW_SHARE = 0.3
"""Of the jobs, how many a window holds: the more, the smoother, the less the humps are told apart."""
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
            document, _ = documents.read(self._objects, stats_key(model))
        except StoreError as error:
            log.warning("stats.not_read", error=error.detail)
            return None
        found = estimate_of(_seconds(document))
        self._cache[model] = (now, found)
        return found

    def record(self, model: str, seconds: float) -> None:
        """Add a completed job's duration."""

        def add(document: Mapping[str, Any]) -> dict[str, Any]:
            return {"seconds": [*_seconds(document), round(seconds, 1)][-KEPT:]}

        try:
            documents.swap(
                self._objects,
                stats_key(model),
                add,
                nonce=self._nonce(),
                tries=tries(self._clock, self._random, PATIENCE),
            )
        except StoreError as error:
            log.warning("stats.not_written", error=error.detail)


def estimate_of(seconds: list[float]) -> Estimate | None:
    """Return median, ninetieth percentile (nearest rank) and likely stretches, None for too few values."""
    if len(seconds) < ENOUGH:
        return None
    ranked = sorted(seconds)
    return Estimate(
        p50=ranked[(len(ranked) - 1) // 2],
        p90=ranked[-(-9 * len(ranked) // 10) - 1],
        likely=likely_stretches(ranked),
    )


def likely_stretches(ranked: list[float]) -> tuple[float, ...]:
    """Return start and end of each stretch in which most of the values lie, where they lie closest.

    Of all windows with the same number of values, the narrowest come first, until they hold enough.
    """
    count = len(ranked)
    if count < ENOUGH_FOR_STRETCHES:
        return (ranked[0], ranked[-1])
    step = round(WINDOW_SHARE * count)
    held: set[int] = set()
    windows: list[int] = []
    for first in sorted(range(count - step), key=lambda first: ranked[first + step] - ranked[first]):
        windows.append(first)
        held.update(range(first, first + step + 1))
        if len(held) >= LIKELY_SHARE * count:
            break
    cuts: list[float] = []
    for first in sorted(windows):
        if cuts and ranked[first] <= cuts[-1]:
            cuts[-1] = ranked[first + step]
        else:
            cuts += [ranked[first], ranked[first + step]]
    return tuple(cuts)


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
