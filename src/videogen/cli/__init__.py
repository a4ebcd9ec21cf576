"""The operator's command, `videogen`; installed by `pip install -e '.[cli]'`, and in no function."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the process was started with; says what to install where a library is missing."""
    try:
        from videogen.cli.app import app  # noqa: PLC0415 - what is missing must be told, not raised
    except ModuleNotFoundError as error:
        sys.exit(f"videogen: {error.name} is not installed: pip install -e '.[cli]'")
    app(prog_name="videogen")
