"""Nobody spends more than the operator allows, whatever they send at once."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.functions_under_test import Context, change, make_site, start_body
from support.memory_objects import MemoryObjects
from support.wsgi_site import ENVIRON, memory_site
from videogen import jobs, signing
from videogen.clock import Clock
from videogen.functions import generate_video_background, start_video, wiring
from videogen.functions.http import endpoint
from videogen.job_store import JobStore
from videogen.jobs import Failure
from videogen.service import DispatchResult
from videogen.spending import Ledger, ledger_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.functions_under_test import Answer, SiteUnderTest

LIMIT = 7


@pytest.fixture
def limited(site: SiteUnderTest) -> SiteUnderTest:
    """A site of seven videos a day, more patient than usual: fifty starts share one small machine."""
    made = make_site({**site.environ, "VIDEOGEN_DAILY_LIMIT": str(LIMIT)}, site.s3, site.simulator)
    patient = Clock(monotonic=lambda: time.monotonic() / 5)
    ledger = Ledger(JobStore(replace(made.deps.store.cas, clock=patient)), limit=LIMIT)
    made.deps = replace(made.deps, ledger=ledger)
    return made


def at_once(send: Callable[[int], Answer], count: int) -> list[Answer]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(send, range(count)))


def jobs_of(site: SiteUnderTest) -> list[str]:
    prefix = f"{site.prefix}jobs/"
    return [key.removeprefix(prefix).removesuffix(".json") for key in site.stored_keys() if prefix in key]


def rush(site: SiteUnderTest) -> list[str]:
    """Start fifty videos at once; return the ids of the seven that were taken."""
    before = set(jobs_of(site))
    answers = at_once(lambda _: site.start(), 50)
    refused = [answer for answer in answers if answer.status != 202]

    assert len(refused) == 50 - LIMIT
    for answer in refused:
        assert (answer.status, answer.body["code"]) in {(429, "daily_limit"), (503, "storage_unavailable")}
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.status == 503 or answer.body["opensAt"].endswith("T00:00:00.000Z")
    taken = sorted(answer.body["jobId"] for answer in answers if answer.status == 202)
    assert taken == sorted(set(jobs_of(site)) - before)
    return taken


def test_fifty_starts_at_once_are_seven_jobs_and_seven_again_after_they_cost_nothing(
    limited: SiteUnderTest,
) -> None:
    taken = rush(limited)
    assert len(taken) == LIMIT
    assert limited.start().status == 429

    for job_id in taken:
        change(
            limited,
            job_id,
            lambda job: jobs.fail_queued(job, now=job.created_at + 1, failure=Failure.of("photo_unreadable")),
        )
        limited.deps.ledger.settle(limited.deps.store.read(job_id).job)

    assert len(rush(limited)) == LIMIT


def test_a_worker_that_fails_before_it_spends_gives_its_place_back(limited: SiteUnderTest) -> None:
    """The worker itself, on a site whose key is missing: it ends the job and settles."""
    started = [limited.start() for _ in range(LIMIT)]
    environ = {**limited.environ, "BLACKBOX_API_KEY": ""}
    worker = replace(wiring.make_worker(environ), deps=limited.deps)

    for answer in started:
        job_id = answer.body["jobId"]
        body = json.dumps({"jobId": job_id}).encode()
        limited.request(
            generate_video_background.make_handler(lambda: worker),
            "POST",
            raw=body,
            headers=signing.sign(limited.deps.keys, f"job_{job_id}_0", int(time.time()), body),
        )

    assert [limited.status(answer.body["jobId"]).body["failure"]["code"] for answer in started] == [
        "misconfigured"
    ] * LIMIT
    assert [limited.start().status for _ in range(LIMIT + 1)] == [202] * LIMIT + [429]


@pytest.mark.parametrize("end", ["unreached", "canceled"])
def test_every_free_end_gives_the_place_back(limited: SiteUnderTest, end: str) -> None:
    for _ in range(LIMIT + 3):
        limited.result = DispatchResult.REFUSED if end == "unreached" else DispatchResult.REACHED
        answer = limited.start()
        assert answer.status == (502 if end == "unreached" else 202)
        if end == "canceled":
            limited.cancel(answer)

    limited.result = DispatchResult.REACHED
    assert limited.start().status == 202


def test_canceling_or_erasing_what_may_be_charged_gives_nothing_back(limited: SiteUnderTest) -> None:
    started = [limited.start() for _ in range(LIMIT)]
    for answer in started:
        change(limited, answer.body["jobId"], lambda job: jobs.claim(job, "run", 1, now=job.created_at + 1))
        limited.cancel(answer, delete=True)

    assert limited.start().status == 429


def test_twenty_times_the_same_key_at_once_is_one_job_and_one_place(limited: SiteUnderTest) -> None:
    headers = {"idempotency-key": "0123456789abcdef"}

    answers = at_once(lambda _: limited.start(headers=headers), 20)

    accepted = {answer.body["jobId"] for answer in answers if answer.status == 202}
    assert {answer.status for answer in answers} <= {202, 503}
    assert list(accepted) == jobs_of(limited)
    ledger = json.loads(limited.deps.store.objects.get(ledger_key(time.time())).body)
    assert list(ledger["jobs"]) == list(accepted)


def test_a_key_of_one_request_does_not_pay_for_others(limited: SiteUnderTest) -> None:
    headers = {"idempotency-key": "0123456789abcdef"}

    answers = at_once(lambda number: limited.start(start_body(prompt=f"{number}"), headers=headers), 8)

    assert {answer.status for answer in answers} <= {202, 422, 503}
    assert len(jobs_of(limited)) == 1


def test_bad_requests_and_wrong_codes_use_up_nothing() -> None:
    objects = MemoryObjects(time.time)
    closed = memory_site(
        {**ENVIRON, "VIDEOGEN_DAILY_LIMIT": "1", "VIDEOGEN_ACCESS_CODE": "sesame"}, objects=objects
    )
    handler = endpoint(start_video.answer, methods=("POST",), deps=lambda: closed)
    good = json.dumps(start_body())

    def start(code: str, body: str) -> int:
        headers = {"content-type": "application/json", "x-access-code": code}
        status: int = handler({"httpMethod": "POST", "headers": headers, "body": body}, Context())[
            "statusCode"
        ]
        return status

    codes = ["", "Sesame", "sesame ", "sesam", "sesamee", "\ud800", "s\u00e9same"]
    assert {start(code, good) for code in codes} == {401}
    assert start("sesame", "{}") == 400
    assert objects.held == {}
    assert [start("sesame", good), start("sesame", good)] == [202, 429]
