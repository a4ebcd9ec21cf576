"""The environment that a command reads: the process's own, and `.env` of the current folder for the rest."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from videogen.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

# The one rule for `.env` is that of npm's dotenv, by which `netlify dev` and `netlify env:import` read it:
# python-dotenv knows other comments, other escapes, and fills in ${NAME}.
# https://github.com/motdotla/dotenv/blob/master/lib/main.js
_LINE = re.compile(
    r"""^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)"""
    r"""(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$""",
    re.ASCII | re.MULTILINE,
)
_QUOTED = re.compile(r"""^(['"`])(.*)\1$""", re.DOTALL | re.MULTILINE)


def read_environment() -> Mapping[str, str]:
    """Return the variables; as with the Netlify CLI, one that the process has, if only empty, wins.

    Raises SettingsError where .env is there and cannot be read.
    """
    return {**read_dotenv(Path(".env")), **os.environ}


def read_dotenv(path: Path) -> dict[str, str]:
    """Return the variables of a file as the Netlify CLI reads them, none where there is no such file.

    Raises SettingsError where it is there and cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeError:
        raise SettingsError(f"{path} is no text in UTF-8: save it as that") from None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}): make it a file that you may read, or remove it"
        ) from None
    return {name: _value(written.strip()) for name, written in _LINE.findall(text)}


def _value(written: str) -> str:
    value = _QUOTED.sub(r"\2", written)
    return value.replace(r"\n", "\n").replace(r"\r", "\r") if written.startswith('"') else value
