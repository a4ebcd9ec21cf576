"""Which CPython goes into the zips."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PYTHON = "3.14.10"
OLDEST = 8
"""The minor version of the oldest that host.py runs on."""
FILE = Path(".python-version")
FORM = re.compile(
    r"(?:c?python[-@]?)?(?P<version>3\.\d+(?:\.\d+)?)(?P<free>t|\+freethreaded)?(?:\.[x*])?"
    r"(?:-\w+-\w+-\w+)?",
    re.IGNORECASE,
)


class VersionError(Exception):
    """The version cannot be read; the message names the place and the form that is wanted."""


def python_version(given: str | None, environment: Mapping[str, str]) -> str:
    """Return a version as 3.13 or 3.13.1: of the input `python`, of .python-version, or the plugin's own.

    BUNDLE_PYTHON_VERSION is for machines with a mirror of their own, and comes first. Raises VersionError.
    """
    mirrored = environment.get("BUNDLE_PYTHON_VERSION")
    if mirrored or given:
        return checked(mirrored or str(given), "the plugin's input `python`")
    words = re.sub(r"#.*", "", text_of(FILE)).split() if FILE.exists() else []
    return checked(words[0], str(FILE)) if words else PYTHON


def text_of(file: Path) -> str:
    """Return what a file says."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise VersionError(f"{file} cannot be read ({error.strerror}): it is a file that says 3.13") from None
    except UnicodeError:
        raise VersionError(f"{file} is no text in UTF-8: save it as that") from None


def checked(text: str, place: str) -> str:
    """Return the version in a text: a bare one, or as uv, pyenv and Heroku write it."""
    match = FORM.fullmatch(text.strip())
    if not match:
        raise VersionError(f"{place} says {text}: functions run CPython, say 3.13 or 3.13.1")
    if match["free"]:
        raise VersionError(f"{place} says {text}: functions run CPython with the GIL, say {match['version']}")
    if int(match["version"].split(".")[1]) < OLDEST:
        raise VersionError(f"{place} says {text}: functions run CPython 3.{OLDEST} or newer, say 3.13")
    return match["version"]
