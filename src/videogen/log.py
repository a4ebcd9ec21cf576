"""The log: one short JSON object a line, with a stable `action`, so that one job can be followed by its id.

No prompt, photo, key, signature, token or signed query belongs in a line. Callers pass plain facts; a long
text is cut, since the platform's longest line is not documented.
"""

from __future__ import annotations

import json
import logging
import os
import traceback
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_TEXT = 300

_logger = logging.getLogger("videogen")
_logger.setLevel(logging.INFO)
_bound: ContextVar[dict[str, object]] = ContextVar("bound", default={})  # noqa: B039 - never changed in place


@contextmanager
def bound(**facts: object) -> Iterator[None]:
    """Add facts, such as the request's id, to every line written inside."""
    token = _bound.set({**_bound.get(), **facts})
    try:
        yield
    finally:
        _bound.reset(token)


def info(action: str, **facts: object) -> None:
    """Write a line that is part of the ordinary story."""
    _write(logging.INFO, action, facts)


def warning(action: str, **facts: object) -> None:
    """Write a line about something slow or odd that the program copes with."""
    _write(logging.WARNING, action, facts)


def error(action: str, **facts: object) -> None:
    """Write a line about something that the operator has to look at."""
    _write(logging.ERROR, action, facts)


def crash(failure: Exception) -> None:
    """Write the type and the place of an exception, and not its text, which may quote a request.

    With the simulator there are no strangers' requests: whoever develops reads the whole traceback.
    """
    frames = traceback.extract_tb(failure.__traceback__)[-3:]
    place = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
    error("function.crashed", error=type(failure).__name__, place=place)
    if os.environ.get("VIDEOGEN_SIMULATED") == "1":
        _logger.error("%s", "".join(traceback.format_exception(failure)).rstrip())


def _write(level: int, action: str, facts: dict[str, object]) -> None:
    line = {"level": logging.getLevelName(level).lower(), "action": action, **_bound.get(), **facts}
    _logger.log(
        level, "%s", json.dumps({name: _short(value) for name, value in line.items() if value is not None})
    )


def _short(value: object) -> object:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, (str, int, bool)):
        return (
            value if not isinstance(value, str) or len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
        )
    return _short(str(value))
