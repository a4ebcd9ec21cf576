"""Requests made of docs/openapi.json, sent over HTTP to the real site. REQUESTS_OVER_HTTP= sets how many.

Half a second of processor each: `netlify dev` runs each invocation in a new thread, with a Python of its own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import httpx
import schemathesis
from hypothesis import HealthCheck, given, settings

from support.described_requests import HELD, cases
from support.functions_under_test import start_body
from support.wsgi_site import ROOT

if TYPE_CHECKING:
    from support.dev_site import DevSite

REQUESTS = int(os.environ.get("REQUESTS_OVER_HTTP", "10"))


def test_no_request_is_answered_with_a_server_error_or_in_an_undescribed_way(dev_site: DevSite) -> None:
    started = httpx.post(f"{dev_site.url}/api/start-video", json=start_body(), timeout=30).json()
    described = schemathesis.openapi.from_path(ROOT / "docs/openapi.json")
    seen: dict[int, int] = {}

    @settings(max_examples=REQUESTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases(described, [(started["jobId"], started["ownerToken"])]))
    def send(case: schemathesis.Case[Any]) -> None:
        answer = case.call(base_url=dev_site.url, timeout=60)
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        case.validate_response(answer, checks=HELD)

    send()

    print(f"answers by status: {dict(sorted(seen.items()))}")  # noqa: T201 - a figure of the run
    assert "Traceback" not in dev_site.output()
