"""The environment that a command reads: the process's own, and `.env` of the current folder for the rest."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from videogen.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

# The rule of npm's dotenv, by which `netlify dev` and `netlify env:import` read the file. python-dotenv knows
# other comments and other escapes, and fills in ${NAME}. https://github.com/motdotla/dotenv#parsing
_ASSIGNMENT = re.compile(
    r"""
    ^\s* (?:export\s+)? (?P<name>[\w.-]+) (?:\s*=|:\s)
    (?P<value>
        \s* "(?:[^"]|(?<=\\)")*"
      | \s* '(?:[^']|(?<=\\)')*'
      | \s* `(?:[^`]|(?<=\\)`)*`
      | [^#\r\n]*
    )
    \s* (?:\#.*)? $
    """,
    re.ASCII | re.MULTILINE | re.VERBOSE,
)


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
    return {found["name"]: _value(found["value"].strip()) for found in _ASSIGNMENT.finditer(text)}


def _value(written: str) -> str:
    quote = written[:1]
    is_quoted = quote in {'"', "'", "`"} and len(written) > 1 and written.endswith(quote)
    value = written[1:-1] if is_quoted else written
    return value.replace(r"\n", "\n").replace(r"\r", "\r") if quote == '"' else value
