"""Build the zips that Netlify runs, start each, print what they weigh: `python3 scripts/zip_report.py`."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Replace this process by the report, run with the project's own Python."""
    os.chdir(ROOT)
    environment = os.environ | {"PYTHONPATH": "netlify/plugin:src:tests"}
    python = ROOT / ".venv/bin/python"
    os.execve(python, [str(python), "tests/packaging/report.py"], environment)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()
