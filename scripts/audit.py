"""Ask the advisory databases about what ships: requirements.txt, and npm packages that are no dev tools.

Exit code 0: nothing is known against any of it. 1: something is. 2: not everything could be looked up, which
one line says; pip-audit itself calls that "no known vulnerabilities".
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PIP_AUDIT = (
    *(".venv/bin/pip-audit", "--requirement", "requirements.txt", "--require-hashes"),
    *("--disable-pip", "--format", "json", "--progress-spinner", "off"),
)
NPM_AUDIT = ("npm", "audit", "--omit=dev", "--json")


@dataclass(frozen=True)
class Audit:
    """How many packages ship, how many of them were looked up, and a line for each advisory."""

    shipped: int
    looked_up: int
    findings: tuple[str, ...] = ()


def main() -> int:
    """Run both audits, print what they found, and return the exit code."""
    codes = set()
    for name, command, read in (("Python", PIP_AUDIT, pip_audit), ("npm", NPM_AUDIT, npm_audit)):
        code, lines = verdict(read(answer_of(command)))
        codes.add(code)
        for line in lines:
            print(f"{name}: {line}")
    return next(code for code in (1, 2, 0) if code in codes)


def answer_of(command: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return what a command prints as JSON, None where it prints none. Its exit code says less."""
    try:
        printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False).stdout
        return json.loads(printed)
    except (OSError, ValueError):
        return None


def pip_audit(report: Any) -> Audit | None:  # noqa: ANN401 - JSON of any shape
    """Return what pip-audit's report says; None where it is none."""
    packages = report.get("dependencies") if isinstance(report, dict) else None
    if not packages:
        return None
    known = [package for package in packages if "skip_reason" not in package]
    findings = (
        f"{package['name']} {package['version']}: {found['id']}, fixed in "
        f"{', '.join(found['fix_versions']) or 'no version'}"
        for package in known
        for found in package["vulns"]
    )
    return Audit(len(packages), len(known), tuple(findings))


def npm_audit(report: Any) -> Audit | None:  # noqa: ANN401 - JSON of any shape
    """Return what npm's report says; None where npm had no answer. It asks nobody where nothing ships."""
    if not isinstance(report, dict) or "vulnerabilities" not in report:
        return None
    shipped = report["metadata"]["dependencies"]["prod"] - 1  # the project itself is counted
    findings = (f"{name}: {found['severity']}" for name, found in sorted(report["vulnerabilities"].items()))
    return Audit(shipped, shipped, tuple(findings))


def verdict(audit: Audit | None) -> tuple[int, list[str]]:
    """Return the exit code and the lines that an audit comes to."""
    if audit is None:
        return 2, ["not audited: the tool or its advisory database could not be reached"]
    lines = list(audit.findings)
    if audit.looked_up < audit.shipped:
        answered = f"{audit.looked_up} of the {audit.shipped} packages that ship"
        lines.append(f"not audited: the database answered for {answered}")
    elif not audit.shipped:
        lines.append("no package ships")
    elif not audit.findings:
        lines.append(f"nothing is known against the {audit.shipped} packages that ship")
    return 1 if audit.findings else 2 if audit.looked_up < audit.shipped else 0, lines


if __name__ == "__main__":
    sys.exit(main())
