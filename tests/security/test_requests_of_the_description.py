"""Requests made of docs/openapi.json, right and wrong ones: no server error, no answer that it leaves out.

REQUESTS= sets how many; `make lab` sends ten thousand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, given, settings

from support.described_requests import HELD, cases
from support.example_jobs import VIDEO
from support.wsgi_site import DESCRIPTION, ROOT, SiteOverWsgi, memory_site
from videogen import jobs, signing
from videogen.jobs import Job

if TYPE_CHECKING:
    from videogen.functions.wiring import Deps

REQUESTS = int(os.environ.get("REQUESTS", "300"))
JOB_IDS = ["A" * 22, "B" * 21 + "A", "C" * 21 + "A"]


def test_the_description_is_what_the_models_say() -> None:
    printed = subprocess.run(
        [sys.executable, "scripts/openapi.py"], cwd=ROOT, capture_output=True, check=True
    )

    committed = (ROOT / "docs/openapi.json").read_bytes()
    assert committed == printed.stdout, "run: python scripts/openapi.py > docs/openapi.json"


def site_with_jobs() -> Deps:
    """Return a site with a job that waits, one that is being made and one that has its video."""
    site = memory_site()
    now = site.clock.now()
    for job_id in JOB_IDS:
        job = Job(
            id=job_id,
            prompt="p",
            model="blackboxai/google/veo-3-fast",
            aspect_ratio="auto",
            photos=(),
            created_at=now,
        )
        site.store.create(job)
    for job_id in JOB_IDS[1:]:
        site.store.swap(site.store.read(job_id), lambda it: jobs.claim(it.job, "run", 1, now=now))
    for step in (
        lambda it: jobs.record_url(it.job, "run", 1, now=now, url="https://cdn.example/v", request_id=None),
        lambda it: jobs.complete(it.job, "run", 1, now=now, video=VIDEO),
    ):
        site.store.swap(site.store.read(JOB_IDS[2]), step)
    return site


def test_no_request_is_answered_with_a_server_error_or_in_an_undescribed_way() -> None:
    site = site_with_jobs()
    described = schemathesis.openapi.from_wsgi(DESCRIPTION, SiteOverWsgi(site))
    owned = [(job_id, signing.owner_token(site.keys[0], job_id)) for job_id in JOB_IDS]
    seen: dict[int, int] = {}

    @settings(max_examples=REQUESTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases(described, owned))
    def send(case: schemathesis.Case[Any]) -> None:
        answer = case.call()
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        case.validate_response(answer, checks=HELD)

    expected = {200, 202, 204, 400, 403, 404}
    for _ in range(5):
        send()
        # Few requests made at random start a video: a short search may come upon none.
        if expected <= seen.keys():
            break

    print(f"answers by status: {dict(sorted(seen.items()))}")  # noqa: T201 - a figure of the run
    assert expected <= seen.keys()
