"""`.env` says the same to the command, to `netlify dev` and to `netlify env:import`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from videogen.cli.environment import read_dotenv
from videogen.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
NOT_UTF_8 = "is no text in UTF-8: save it as that"
NOT_READ = "cannot be read ({}): make it a file that you may read, or remove it"
READ_BY_NODE = """
const parsed = require('dotenv').parse(require('fs').readFileSync(process.argv[1], 'utf8'))
console.log(JSON.stringify(parsed))
"""
LINES = r"""
PLAIN=whsec_1
SPACED = some words  # a remark
HASH=before#after
HASH_FIRST=#none
HASH_IN_QUOTES="before#after" # a remark
QUOTE_IN_QUOTES="{\"seconds\": 8}"
SINGLE='{"a": "b\n"}'
SINGLE_IN_SINGLE='it\'s'
BACKTICKS=`"both" 'kinds'`
LINE_FEEDS="one\ntwo\rthree"
LINES_OF_ITS_OWN="one
two
three"
VARIABLE=${PLAIN}/$PLAIN
ESCAPED=a\nb\\c
export EXPORTED=yes
COLON: by colon
COLON_ALONE:none
EMPTY=
EMPTY_QUOTES=""
NO_VALUE
  INDENTED=1
DOTTED.NAME-1=2
TWICE=1
TWICE=2
ÜMLAUT=1
UMLAUT=grün
EQUALS=a=b==
AFTER_QUOTES="a" b
# COMMENT=1
SEPARATOR=a\u2028b
OPEN="no end
AFTER_OPEN=1
""".replace(r"\u2028", "\u2028")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("start", ["", "\ufeffFIRST=1\n"], ids=["", "BOM"])
def test_a_dot_env_is_read_as_the_netlify_cli_reads_it(tmp_path: Path, start: str, end: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes((start + LINES).replace("\n", end).encode())

    read = subprocess.run(
        ["node", "-e", READ_BY_NODE, str(file)], cwd=ROOT, capture_output=True, check=True, encoding="utf-8"
    )

    assert read_dotenv(file) == json.loads(read.stdout)


def test_a_dot_env_that_is_not_there_sets_nothing(tmp_path: Path) -> None:
    assert read_dotenv(tmp_path / ".env") == {}


def latin_1(file: Path) -> None:
    file.write_bytes("S3_REGION=café\n".encode("latin-1"))


def utf_16(file: Path) -> None:
    file.write_bytes("S3_REGION=café\n".encode("utf-16"))


def link_to_itself(file: Path) -> None:
    file.symlink_to(file)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (latin_1, NOT_UTF_8),
        (utf_16, NOT_UTF_8),
        (Path.mkdir, NOT_READ.format("Is a directory")),
        (link_to_itself, NOT_READ.format("Too many levels of symbolic links")),
    ],
)
def test_a_dot_env_that_cannot_be_read_is_named(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    file = tmp_path / ".env"
    make(file)

    with pytest.raises(SettingsError) as refused:
        read_dotenv(file)

    assert refused.value.detail == f"{file} {said}"
