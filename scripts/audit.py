"""Ask the advisory databases about what ships: requirements.txt, and npm packages that are no dev tools.

Exit code 0: nothing is known against any of it. 1: something is. 2: not everything could be looked up, which
one line says; pip-audit itself calls that "no known vulnerabilities".
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
UNKNOWN = 2
PIP_AUDIT = (
    *("uv", "tool", "run", "pip-audit", "--requirement", "requirements.txt", "--require-hashes"),
    *("--disable-pip", "--format", "json", "--progress-spinner", "off"),
)
NPM_AUDIT = ("npm", "audit", "--omit=dev", "--json")


def main() -> int:
    """Run both audits, print what they found, and return the exit code."""
    code = 0
    for name, command, read in (("Python", PIP_AUDIT, pip_findings), ("npm", NPM_AUDIT, npm_findings)):
        found = read(answer_of(command))
        if found is None:
            print(f"{name}: could not be audited: the advisory database was not reached")
            code = code or UNKNOWN
            continue
        for line in found:
            print(f"{name}: {line}")
        if not found:
            print(f"{name}: nothing known against what ships")
        code = 1 if found else code
    return code


def answer_of(command: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return what a command prints as JSON, None where it prints none. Its exit code says less."""
    try:
        printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False).stdout
        return json.loads(printed)
    except (OSError, ValueError):
        return None


def pip_findings(report: Any) -> list[str] | None:  # noqa: ANN401 - JSON of any shape
    """Return one line for each advisory; None where a package was not looked up."""
    packages = report.get("dependencies") if isinstance(report, dict) else None
    if not packages or any("skip_reason" in package for package in packages):
        return None
    return [
        f"{package['name']} {package['version']}: {found['id']}, fixed in "
        f"{', '.join(found['fix_versions']) or 'no version'}"
        for package in packages
        for found in package["vulns"]
    ]


def npm_findings(report: Any) -> list[str] | None:  # noqa: ANN401 - JSON of any shape
    """Return one line for each vulnerable package; None where npm had no answer."""
    if not isinstance(report, dict) or "vulnerabilities" not in report:
        return None
    return [f"{name}: {found['severity']}" for name, found in sorted(report["vulnerabilities"].items())]


if __name__ == "__main__":
    sys.exit(main())
