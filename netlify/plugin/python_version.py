"""Which CPython goes into the zips."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PYTHON = "3.14.10"
FILE = Path(".python-version")


class VersionError(Exception):
    """The version cannot be read; the message names the place and the form that is wanted."""


def python_version(given: str | None, environment: Mapping[str, str]) -> str:
    """Return a version as 3.13 or 3.13.1: of the input `python`, of .python-version, or the plugin's own.

    BUNDLE_PYTHON_VERSION is for machines with a mirror of their own, and comes first. Raises VersionError.
    """
    mirrored = environment.get("BUNDLE_PYTHON_VERSION")
    if mirrored or given:
        return checked(mirrored or str(given), "the plugin's input `python`")
    lines = FILE.read_text(encoding="utf-8-sig").split() if FILE.exists() else []
    return checked(lines[0], str(FILE)) if lines else PYTHON


def checked(text: str, place: str) -> str:
    """Return the version in a text."""
    match = re.fullmatch(r"(?:c?python[-@]?)?(3\.\d+(?:\.\d+)?)(?:\.[x*])?", text.strip(), re.IGNORECASE)
    if not match:
        raise VersionError(f"{place} says {text}: functions run CPython, say 3.13 or 3.13.1")
    return match[1]
