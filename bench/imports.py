"""Where a cold start's time goes before the first request: the interpreter, and imports by package."""

from __future__ import annotations

import re
import statistics
import subprocess
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROUNDS = 9
OPTIONS = ("-I", "-B", "-X", "utf8")
PACKAGES = {
    "pydantic": ("pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"),
    "botocore and urllib3": ("botocore", "urllib3", "jmespath", "dateutil", "six", "certifi"),
    "videogen": ("videogen",),
}
STANDARD_LIBRARY = "standard library"
PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:]
import videogen.functions.{module}
from videogen.functions import wiring
wiring.deps()
"""
LINE = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", re.MULTILINE)


def imports(folders: Mapping[str, Path], environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return medians in ms for each function: a bare interpreter, the whole, and each package's own imports.

    The parts are shares of the whole, by `-X importtime`, which itself takes time.
    """
    rows = []
    for function, folder in folders.items():
        bundle = folder / ".netlify/python/bundle"
        command = [str(bundle / "python/bin/python3"), *OPTIONS]
        program = ["-c", PROGRAM.format(module=function.replace("-", "_"))]
        program += [str(bundle / "source"), str(bundle / "packages")]
        bare, whole = [], []
        parts: dict[str, list[float]] = {name: [] for name in (*PACKAGES, STANDARD_LIBRARY)}
        for _ in range(ROUNDS):
            bare.append(milliseconds([*command, "-c", "pass"], environment)[0])
            whole.append(milliseconds([*command, *program], environment)[0])
            told = milliseconds([*command, "-X", "importtime", *program], environment)[1]
            for name, share in shares(told).items():
                parts[name].append(share * (whole[-1] - bare[-1]))
        rows.append(
            {
                "function": function,
                "interpreterMs": round(statistics.median(bare), 1),
                "wholeMs": round(statistics.median(whole), 1),
                "partsMs": {name: round(statistics.median(found), 1) for name, found in parts.items()},
            }
        )
        print(f"  {rows[-1]}", flush=True)
    return rows


def milliseconds(command: list[str], environment: Mapping[str, str]) -> tuple[float, str]:
    """Run a program; return how long it took and what it wrote to standard error."""
    begun = time.perf_counter()
    ran = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=True)
    return 1000 * (time.perf_counter() - begun), ran.stderr


def shares(told: str) -> dict[str, float]:
    """Return each package's share of the time that all imports took by themselves."""
    owners = {package: name for name, packages in PACKAGES.items() for package in packages}
    found = dict.fromkeys((*PACKAGES, STANDARD_LIBRARY), 0.0)
    for microseconds, module in LINE.findall(told):
        found[owners.get(module.split(".")[0], STANDARD_LIBRARY)] += float(microseconds)
    whole = sum(found.values())
    return {name: each / whole for name, each in found.items()}
