"""What the audits' reports mean. Above all: what was not looked up is not clean."""

from __future__ import annotations

from typing import Any

import pytest
from audit import Audit, npm_audit, pip_audit, verdict

SIX = {"name": "six", "version": "1", "vulns": []}
PILLOW = {
    "name": "pillow",
    "version": "12.1.0",
    "vulns": [{"id": "CVE-2026-40192", "fix_versions": ["12.2.0"]}],
}
SKIPPED = {"name": "h11", "skip_reason": "Dependency not found on PyPI"}
CVE = "pillow 12.1.0: CVE-2026-40192, fixed in 12.2.0"


@pytest.mark.parametrize(
    ("report", "audit"),
    [
        ({"dependencies": [SIX]}, Audit(1, 1)),
        ({"dependencies": [SIX, PILLOW]}, Audit(2, 2, (CVE,))),
        ({"dependencies": [SKIPPED, PILLOW]}, Audit(2, 1, (CVE,))),
        ({"dependencies": [SKIPPED]}, Audit(1, 0)),
        ({"dependencies": []}, None),
        (None, None),
    ],
)
def test_pip_audit_s_report(report: Any, audit: Audit | None) -> None:
    assert pip_audit(report) == audit


def npm_report(prod: int, **vulnerabilities: str) -> dict[str, Any]:
    return {
        "vulnerabilities": {name: {"severity": severity} for name, severity in vulnerabilities.items()},
        "metadata": {"dependencies": {"prod": prod, "dev": 1121}},
    }


@pytest.mark.parametrize(
    ("report", "audit"),
    [
        (npm_report(1), Audit(0, 0)),
        (npm_report(3), Audit(2, 2)),
        (npm_report(3, undici="high"), Audit(2, 2, ("undici: high",))),
        ({"message": "request to the registry failed", "error": {}}, None),
        (None, None),
    ],
)
def test_npm_s_report(report: Any, audit: Audit | None) -> None:
    assert npm_audit(report) == audit


@pytest.mark.parametrize(
    ("audit", "code", "lines"),
    [
        (None, 2, ["not audited: the tool or its advisory database could not be reached"]),
        (Audit(0, 0), 0, ["no package ships"]),
        (Audit(19, 19), 0, ["nothing is known against the 19 packages that ship"]),
        (Audit(19, 19, (CVE,)), 1, [CVE]),
        (Audit(19, 0), 2, ["not audited: the database answered for 0 of the 19 packages that ship"]),
        (
            Audit(19, 18, (CVE,)),
            1,
            [CVE, "not audited: the database answered for 18 of the 19 packages that ship"],
        ),
    ],
)
def test_what_an_audit_comes_to(audit: Audit | None, code: int, lines: list[str]) -> None:
    assert verdict(audit) == (code, lines)
