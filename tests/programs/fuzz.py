"""Feed one parser until it falls over: `python tests/programs/fuzz.py TARGET [FILE] [libFuzzer's options]`.

The targets are those of tests/support/fuzz_targets.py. With FILE, which a run that found something has left
in build/fuzz, that one input is played again. The search sees which branches of this project's code and of
the standard library's parsers an input takes (https://github.com/google/atheris).
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

with atheris.instrument_imports(
    include=["videogen", "support.fuzz_targets", "json", "email", "urllib.parse", "base64"]
):
    from support.fuzz_targets import PLANTED, TARGETS

FOUND = ROOT / "build/fuzz"
BOUNDS = ("-rss_limit_mb=512", "-timeout=10", "-max_len=65536", "-print_final_stats=1")
"""More memory than any worker has, and more seconds than any input may take: both count as a crash."""


def main(name: str, options: list[str]) -> None:
    """Search from the target's seeds; libFuzzer ends the process, with its own exit code."""
    target = PLANTED if name == "planted" else TARGETS[name]
    FOUND.mkdir(parents=True, exist_ok=True)
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(target.seeds):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        files = [] if any(not option.startswith("-") for option in options) else [corpus]
        atheris.Setup(
            [sys.argv[0], *BOUNDS, f"-artifact_prefix={FOUND}/{name}-", *options, *files], target.run
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
