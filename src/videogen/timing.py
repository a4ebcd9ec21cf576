"""How long the parts of one request took, for its Server-Timing header.

Its grammar: https://www.w3.org/TR/server-timing/
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Parts = dict[str, list[float]]

_parts: ContextVar[Parts | None] = ContextVar("parts", default=None)


@contextmanager
def collected() -> Iterator[Parts]:
    """Hand over, name by name, the milliseconds of everything that is measured inside."""
    parts: Parts = {}
    token = _parts.set(parts)
    try:
        yield parts
    finally:
        _parts.reset(token)


@contextmanager
def measured(name: str) -> Iterator[None]:
    """Measure what is inside, as a part of the request that is being answered, if one is."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        parts = _parts.get()
        if parts is not None:
            parts.setdefault(name, []).append(1000 * (time.perf_counter() - begun))


def header(parts: Parts, whole: float) -> str:
    """Return the header's value; `whole` is in milliseconds.

    A part says how often and how long in all: parts that ran side by side may add up to more than the whole.
    """
    shown = [f'{name};desc="{len(taken)}";dur={sum(taken):.1f}' for name, taken in parts.items()]
    return ", ".join([f"python;dur={whole:.1f}", *shown])
