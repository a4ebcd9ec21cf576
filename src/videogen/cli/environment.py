"""The environment that a command reads: the process's own, and `.env` of the current folder for the rest."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import dotenv

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_environment() -> Mapping[str, str]:
    """Return the variables; as with the Netlify CLI, one that the process has, if only empty, wins."""
    file = {name: value for name, value in dotenv.dotenv_values(Path(".env")).items() if value is not None}
    return {**file, **os.environ}
