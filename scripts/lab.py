"""The long searches: `make lab`, with SEED= and MINUTES= (10 unless told).

The fault lab's simulation goes on for so many minutes with that seed (a new one unless told); ten thousand
requests are made of the API's description at the handlers, and three hundred over HTTP; the fault matrix and
every browser state run once more beside them.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

from run_tests import blank

ROOT = Path(__file__).resolve().parent.parent
TESTS = ("tests/lab", "tests/security", "tests/dev/test_requests_of_the_description.py", "tests/browser")


def main() -> int:
    """Run them all; return the exit code."""
    seed = os.environ.get("SEED") or str(secrets.randbelow(2**32))
    minutes = float(os.environ.get("MINUTES") or 10)
    print(
        f"==> seed {seed}, {minutes:g} minutes; again with: make lab SEED={seed} MINUTES={minutes:g}",
        flush=True,
    )
    environment = blank(os.environ) | {
        "LAB_SEED": seed,
        "LAB_SECONDS": str(round(60 * minutes)),
        "REQUESTS": "10000",
        "REQUESTS_OVER_HTTP": "300",
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", *TESTS], cwd=ROOT, env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
