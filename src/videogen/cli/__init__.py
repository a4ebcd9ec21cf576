"""The operator's command, `videogen`. It is in no function; its packages are those of the extra `cli`."""

from __future__ import annotations

import io
import os
import sys


def main() -> None:
    """Run the command that the process was started with; says what to install where a library is missing."""
    try:
        from videogen.cli import terminal  # noqa: PLC0415 - what is missing must be told, not raised
        from videogen.cli.app import app  # noqa: PLC0415 - same
    except ModuleNotFoundError as error:
        sys.exit(
            f"videogen: {error.name} is not installed: use .venv/bin/videogen after `make dev`, or from this "
            "folder: pipx install '.[cli]'"
        )
    sys.excepthook = terminal.print_crash
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # in an 8-bit locale not every text can be printed
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="videogen")
    except OSError as error:  # what a command does not expect: the answer itself cannot be written
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python tries the rest of it once more at its end
        sys.exit(f"videogen: {error}")
