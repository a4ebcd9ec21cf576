"""How long this site's jobs take, by model: written by the worker, read by start-video."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from videogen import log
from videogen.cas import Codec
from videogen.errors import StoreError
from videogen.jobs import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from videogen.cas import Cas, Stored

KEPT = 100
"""The latest jobs that count: enough to see where they crowd, few enough to follow a slow day."""
ENOUGH = 5
"""Fewer say nothing."""
LONGEST = 120 * 60.0
"""No job takes longer: what else is stored is no duration."""
CACHED_SECONDS = 600.0
PATIENCE = 2.0


class Durations:
    """The durations of one site's jobs. Nothing here may fail a job: an error is logged, no more."""

    def __init__(self, cas: Cas) -> None:
        self._cas = cas
        self._cache: dict[str, tuple[float, Estimate | None]] = {}

    def estimate(self, model: str) -> Estimate | None:
        """Return what recent jobs with this model took, None while too few are known; cached 10 minutes."""
        now = self._cas.clock.monotonic()
        cached = self._cache.get(model)
        if cached is not None and now - cached[0] < CACHED_SECONDS:
            return cached[1]
        try:
            stored = self._cas.read(stats_key(model), STATS)
        except StoreError as error:
            log.warning("stats.not_read", error=error.detail)
            return None
        found = estimate_of(stored.value if stored else [])
        self._cache[model] = (now, found)
        return found

    def record(self, model: str, seconds: float) -> None:
        """Add a completed job's duration."""
        key = stats_key(model)

        def add(there: Stored[list[float]] | None) -> list[float]:
            return [*(there.value if there else []), round(seconds, 1)][-KEPT:]

        try:
            seen = self._cas.patiently(lambda: self._cas.read(key, STATS), patience=PATIENCE)
            self._cas.swap(key, STATS, seen, add, patience=PATIENCE)
        except StoreError as error:
            log.warning("stats.not_written", error=error.detail)


def estimate_of(seconds: list[float]) -> Estimate | None:
    """Return the percentiles (nearest rank), None for too few values."""
    if len(seconds) < ENOUGH:
        return None
    ranked = sorted(seconds)
    p10, p50, p90 = (ranked[math.ceil(share * len(ranked) / 10) - 1] for share in (1, 5, 9))
    return Estimate(p10=p10, p50=p50, p90=p90)


def stats_key(model: str) -> str:
    """Return the key of a model's durations; a model's id may hold slashes, a key's last part must not."""
    return f"stats/{re.sub(r'[^A-Za-z0-9._-]', '_', model)}.json"


def _read(document: Mapping[str, Any]) -> list[float]:
    values = document.get("seconds")
    listed = values if isinstance(values, list) else []
    return [float(value) for value in listed if isinstance(value, int | float) and 0 <= value <= LONGEST]


STATS: Codec[list[float]] = Codec(_read, lambda seconds: {"seconds": seconds}, expendable=True)
