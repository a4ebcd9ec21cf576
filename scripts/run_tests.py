"""Run every test: the bridge's and the page's under node, the rest under pytest. `make test` calls this.

No test can spend money: every variable of this project is blanked here, so that neither the shell's nor
`.env`'s value reaches any program that a test starts (`netlify dev` reads `.env` only for variables that the
process does not have at all).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VARIABLES = (
    "BLACKBOX_API_KEY",
    "BLACKBOX_BASE_URL",
    "BLACKBOX_MODELS",
    "BLACKBOX_IMAGE_MODE",
    "S3_BUCKET",
    "S3_ENDPOINT_URL",
    "S3_REGION",
    "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
    "S3_PREFIX",
    "VIDEOGEN_SIGNING_SECRET",
    "VIDEOGEN_DAILY_LIMIT",
    "VIDEOGEN_ACCESS_CODE",
    "VIDEOGEN_VIDEO_HOSTS",
    "VIDEOGEN_KEEP_DAYS",
    "VIDEOGEN_SIMULATED",
    "VIDEOGEN_SITE",
    "VIDEOGEN_SIMULATOR_DELAY",
)
OURS = ("BLACKBOX_", "S3_", "VIDEOGEN_")


def main() -> int:
    """Run both runners, the second even if the first fails; return the exit code."""
    environment = blank(os.environ)
    node_tests = sorted(
        str(path) for folder in ("bridge", "page") for path in (ROOT / "tests" / folder).glob("*.test.mjs")
    )
    codes = [
        subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        for command in (
            ["node", "--test", *node_tests],
            # A file's tests stay together, since they share what is slow to start.
            [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", *sys.argv[1:]],
        )
    ]
    return max(codes)


def blank(environ: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """Return an environment in which each of this project's variables is there and empty."""
    others = {name: value for name, value in environ.items() if not name.startswith((*OURS, "AWS_"))}
    return others | dict.fromkeys(VARIABLES, "")


if __name__ == "__main__":
    sys.exit(main())
