"""The environment that a command reads: the process's own, and `.env` of the current folder for the rest."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import dotenv

from videogen.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_environment() -> Mapping[str, str]:
    """Return the variables; as with the Netlify CLI, one that the process has, if only empty, wins.

    Raises SettingsError where .env is no text in UTF-8.
    """
    try:
        found = dotenv.dotenv_values(Path(".env"))
    except UnicodeError:
        raise SettingsError(".env is no text in UTF-8: save it as that") from None
    file = {name: value for name, value in found.items() if value is not None}
    return {**file, **os.environ}
