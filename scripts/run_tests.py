"""Run every test: the bridge's and the page's under node, the rest under pytest. `make test` calls this.

No test can spend money: every variable of this project is blanked here, so that neither the shell's nor
`.env`'s value reaches any program that a test starts (`netlify dev` reads `.env` only for variables that the
process does not have at all).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from videogen import variables

ROOT = Path(__file__).resolve().parent.parent
PYTEST = [sys.executable, "-m", "pytest", "-q"]
TESTS_FAILED = 1
"""Pytest's exit code for that: https://docs.pytest.org/en/stable/reference/exit-codes.html"""
LAST_FAILED = ROOT / ".pytest_cache/v/cache/lastfailed"
ONCE_MORE = ("tests/browser/", "tests/dev/")
"""Where a test may be run once more, alone: a browser or the Netlify CLI may have starved beside others. What
fails elsewhere is red: a race that is lost every second time is still a fault."""
AT_MOST = 2
OURS = ("BLACKBOX_", "S3_", "VIDEOGEN_")


def main() -> int:
    """Run both runners, the second even if the first fails; return the exit code."""
    if not (ROOT / ".git").exists():
        sys.exit("the tests copy what git lists, and this is no clone: git init && git add --all")
    environment = blank(os.environ)
    node_tests = sorted(
        str(path) for folder in ("bridge", "page") for path in (ROOT / "tests" / folder).glob("*.test.mjs")
    )
    # tests/conftest.py says which tests stay together. Browsers and builds come first, in the order of the
    # folders: what is long and begins last keeps one processor, and leaves the others idle.
    side_by_side = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
    LAST_FAILED.unlink(missing_ok=True)
    node = run(["node", "--test", *node_tests], environment)
    python = run([*PYTEST, *side_by_side, *sys.argv[1:]], environment)
    failed = last_failed() if python == TESTS_FAILED else []
    if 0 < len(failed) <= AT_MOST and all(name.startswith(ONCE_MORE) for name in failed):
        print("==> once more, alone, as it may have starved beside others:", *failed, sep="\n    ")
        python = run([*PYTEST, *failed], environment)
        print(f"==> alone {'it passes' if python == 0 else 'it fails too'}", flush=True)
    return max(node, python)


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run a command in the repository; return its exit code."""
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def last_failed() -> list[str]:
    """Return the tests that failed in pytest's last run."""
    found = json.loads(LAST_FAILED.read_text(encoding="utf-8")) if LAST_FAILED.exists() else {}
    # A worker that could not even collect stands there by its own name.
    return sorted(name for name in found if "::" in name)


def blank(environ: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """Return an environment in which each of this project's variables is there and empty."""
    others = {name: value for name, value in environ.items() if not name.startswith((*OURS, "AWS_"))}
    return others | dict.fromkeys(variables.VARIABLES, "")


if __name__ == "__main__":
    sys.exit(main())
