"""What the audits' reports mean. Above all: what was not looked up is not clean."""

from __future__ import annotations

from typing import Any

import pytest
from audit import npm_findings, pip_findings


@pytest.mark.parametrize(
    ("report", "findings"),
    [
        ({"dependencies": [{"name": "six", "version": "1", "vulns": []}]}, []),
        (
            {
                "dependencies": [
                    {"name": "six", "version": "1", "vulns": []},
                    {
                        "name": "pillow",
                        "version": "12.1.0",
                        "vulns": [{"id": "CVE-2026-40192", "fix_versions": ["12.2.0"]}],
                    },
                ]
            },
            ["pillow 12.1.0: CVE-2026-40192, fixed in 12.2.0"],
        ),
        (
            {"dependencies": [{"name": "six", "skip_reason": "Dependency not found on PyPI"}]},
            None,
        ),
        ({"dependencies": []}, None),
        (None, None),
    ],
)
def test_pip_audit_s_report(report: Any, findings: list[str] | None) -> None:
    assert pip_findings(report) == findings


@pytest.mark.parametrize(
    ("report", "findings"),
    [
        ({"vulnerabilities": {}}, []),
        ({"vulnerabilities": {"undici": {"severity": "high"}}}, ["undici: high"]),
        ({"message": "request to the registry failed", "error": {}}, None),
        (None, None),
    ],
)
def test_npm_s_report(report: Any, findings: list[str] | None) -> None:
    assert npm_findings(report) == findings
