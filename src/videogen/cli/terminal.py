"""What the command prints: nothing from outside drives the terminal, and no id is cut or wrapped.

A prompt, a provider's note, a site's answer and an error's text may hold anything: escape sequences, controls
of the direction of text. What is printed goes through `clean`, as JSON through `print_json`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import traceback
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleDimensions
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

WIDTH_OF_A_PIPE = 200
LEAST_PROMPT = 12
"""Columns that a table leaves to the last cell, however narrow the terminal."""
LONGEST_CELL = 400
"""Characters of a cell that are looked at: a damaged record may hold megabytes."""

# Controls but the line feed, those of direction, separators of lines and halves of surrogate pairs:
# https://www.unicode.org/reports/tr9/#Directional_Formatting_Codes
_DANGEROUS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def clean(text: str) -> str:
    r"""Return a text in which what could drive a terminal is spelled out, such as \x1b."""
    return _DANGEROUS.sub(lambda found: _spelled(found[0], r"\x{:02x}"), text)


def one_line(text: str) -> str:
    """Return a text cleaned and without line feeds, for what is printed by others than this module."""
    return clean(text).replace("\n", " ")


def indented(text: str, columns: int) -> str:
    """Return a text whose further lines begin so many columns in: none can be taken for one of our own."""
    return text.replace("\n", "\n" + columns * " ")


def pasteable(command: Sequence[str]) -> str:
    """Return a command as a line for bash or zsh that means each word exactly, and drives no terminal."""
    return " ".join(map(_quoted, command))


def _quoted(word: str) -> str:
    if one_line(word) == word:
        return shlex.quote(word)
    # Octal, byte by byte, since the bash of macOS has no \u.
    # https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html
    bytewise = re.compile(rf"[\n'\\\\]|{_DANGEROUS.pattern}")
    return "$'" + bytewise.sub(lambda it: "".join(rf"\{byte:03o}" for byte in os.fsencode(it[0])), word) + "'"


def _spelled(character: str, short: str) -> str:
    code = ord(character)
    return short.format(code) if code <= 0xFF else rf"\u{code:04x}"  # noqa: PLR2004 - one byte


def output() -> Console:
    """Return standard output; a pipe gets lines that are not cut at a terminal's width."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        widen(console, WIDTH_OF_A_PIPE)
    return console


def widen(console: Console, columns: int) -> None:
    """Set a console's width; where TERM is dumb, Rich heeds it only beside a height."""
    console.size = ConsoleDimensions(columns, console.height)


def errors() -> Console:
    """Return standard error."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def tell(text: str) -> None:
    """Print a line of the answer, as long as it is."""
    output().print(Text(clean(text)), soft_wrap=True)


def say(text: str) -> None:
    """Print a line for the person, beside the answer."""
    errors().print(Text(clean(text)), soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as JSON, whole and exact: what could drive a terminal is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    sys.stdout.write(_DANGEROUS.sub(lambda found: _spelled(found[0], r"\u{:04x}"), text) + "\n")
    sys.stdout.flush()


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, last_shrinks: bool = False
) -> None:
    """Print a table in which no cell is cut or wrapped, but the last one of a row where that may shrink."""
    console = output()
    cleaned = [[one_line(cell[:LONGEST_CELL]) for cell in row] for row in (headings, *rows)]
    fixed = [row[:-1] for row in cleaned] if last_shrinks else cleaned
    width = Measurement.get(console, console.options.update(width=10_000), _table(fixed)).maximum
    if last_shrinks:
        left = max(LEAST_PROMPT, console.width - width)
        widen(console, width + left)
        console.print(_table(cleaned, last=left - 1))
    else:
        widen(console, max(console.width, width))
        console.print(_table(cleaned))


def _table(rows: list[list[str]], last: int | None = None) -> Table:
    headings, *others = rows
    columns = [Column(name, no_wrap=True) for name in headings]
    if last is not None:
        columns[-1].max_width, columns[-1].overflow = last, "ellipsis"
    table = Table(*columns, box=None, show_header=any(headings), pad_edge=False)
    for row in others:
        table.add_row(*map(Text, row))
    return table


def print_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of a fault of this program, as `sys.excepthook`: its message may quote anything."""
    say("".join(traceback.format_exception(kind, error, trace)).rstrip())
