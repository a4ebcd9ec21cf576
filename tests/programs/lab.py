"""The long searches: `make lab`, with SEED= and MINUTES= (10 unless told).

Half of the minutes are the fuzzer's, an equal part for each parser; in the other half the fault lab's
simulation goes on. Both begin with that seed, a new one unless told. Beside them ten thousand requests are
made of the API's description at the handlers, and three hundred over HTTP; the fault matrix and every browser
state run once more, Lighthouse looks at the page, and the first hour is played from fresh clones.
"""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from run_tests import blank

from support.ceph import missing_programs
from support.fuzz_targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
TESTS = (
    "tests/lab",
    "tests/test_objects.py",
    "tests/test_job_store.py",
    "tests/security",
    "tests/dev/test_requests_of_the_description.py",
    "tests/browser",
)
CONTROL_SECONDS = 60
"""More than enough for the planted crash, which takes about two."""


def main() -> int:
    """Run them all, the later ones even if an earlier one fails; return the exit code."""
    seed = os.environ.get("SEED") or str(secrets.randbelow(2**32))
    minutes = float(os.environ.get("MINUTES") or 10)
    print(
        f"==> seed {seed}, {minutes:g} minutes; again with: make lab SEED={seed} MINUTES={minutes:g}",
        flush=True,
    )
    environment = blank(os.environ)
    found = fuzz(seed, 60 * minutes / 2, environment)
    del environment["PYTHONPATH"]  # the fuzzer's; pytest has its own
    environment |= {
        "LAB_SEED": seed,
        "LAB_SECONDS": str(round(60 * minutes / 2)),
        "REQUESTS": "10000",
        "REQUESTS_OVER_HTTP": "300",
        "LAB_CEPH": "" if missing_programs() else "1",
    }
    if not environment["LAB_CEPH"]:
        print(f"==> Ceph is left out: there is no {', '.join(missing_programs())}")
    failed = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", *TESTS], cwd=ROOT, env=environment, check=False
    ).returncode
    return max(found, failed)


def fuzz(seed: str, seconds: float, environment: Mapping[str, str]) -> int:
    """Fuzz every parser, in so many seconds together; return 1 if one fell over, or the fuzzer is blind."""
    if importlib.util.find_spec("atheris") is None:
        print(
            "==> fuzzing is left out: there is no atheris for this Python and platform, or it was not reached"
        )
        return 0
    control = fuzz_one("planted", seed, CONTROL_SECONDS, environment)
    if "RuntimeError: planted" not in control.stdout:
        print(f"==> the fuzzer does not find what was planted:\n{control.stdout}")
        return 1
    code = 0
    for name in TARGETS:
        run = fuzz_one(name, seed, max(1, round(seconds / len(TARGETS))), environment)
        print(f"==> fuzzed {name}: {figures(run.stdout)}", flush=True)
        if run.returncode:
            # What led there, and the file to play again.
            print("\n".join(run.stdout.splitlines()[-40:]))
            print(f"==> again with: .venv/bin/python tests/programs/fuzz.py {name} build/fuzz/…")
            code = 1
    return code


def fuzz_one(
    name: str, seed: str, seconds: int, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Fuzz one parser."""
    # 0 would mean a new seed, and libFuzzer's are of 32 bits.
    number = int(seed) % 2**32 or 1
    return subprocess.run(
        [sys.executable, "tests/programs/fuzz.py", name, f"-seed={number}", f"-max_total_time={seconds}"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def figures(output: str) -> str:
    """Return what a run of libFuzzer did, in words."""
    covered = re.findall(r"cov: (\d+)", output)
    executed, megabytes = (
        next(iter(re.findall(rf"stat::{name}:\s+(\d+)", output)), "?")
        for name in ("number_of_executed_units", "peak_rss_mb")
    )
    return f"{executed} inputs, {covered[-1] if covered else '?'} branches, {megabytes} MB at most"


if __name__ == "__main__":
    sys.exit(main())
