"""Nobody spends more than the operator allows, whatever they send at once."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.functions_under_test import (
    Context,
    at,
    change,
    data_uri,
    make_site,
    photo,
    saving,
    start_body,
)
from support.memory_objects import MemoryObjects
from support.wsgi_site import ENVIRON, memory_site
from videogen import jobs, photo_cleaning, photo_process, signing
from videogen.clock import Clock
from videogen.functions import generate_video_background, start_video, wiring
from videogen.functions.http import endpoint
from videogen.job_store import JobStore
from videogen.jobs import Failure
from videogen.service import DispatchResult
from videogen.spending import Ledger, ledger_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

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


# --- a loop of ends that cost nothing ----------------------------------------------------------------------


BROKEN_PHOTO = photo(format="PNG")[:33] + b"\0\0\0\4IDAT not \0\0\0\0"


@pytest.fixture
def in_memory(limited: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> SiteUnderTest:
    """The same over a bucket in memory, and photos are cleaned in this process: a loop takes 22 starts."""
    monkeypatch.setattr(photo_process, "clean", photo_cleaning.clean)
    deps = memory_site(limited.environ)
    limited.deps = replace(deps, dispatcher=limited.deps.dispatcher)
    return limited


def work(site: SiteUnderTest, started: Answer) -> None:
    site.deliver(started.body["jobId"])


def wait(site: SiteUnderTest, started: Answer) -> None:
    """Look at a job when it is 16 minutes old; the next start comes now again."""
    now = site.deps
    at(site, 16 * 60)
    site.status(started.body["jobId"])
    site.deps = now


def cancel(site: SiteUnderTest, started: Answer) -> None:
    site.cancel(started)


def erase(site: SiteUnderTest, started: Answer) -> None:
    site.cancel(started, delete=True)


@pytest.mark.parametrize(
    ("body", "end", "code"),
    [
        ({"photos": [{"data": data_uri(BROKEN_PHOTO, "image/png")}]}, work, "photo_unreadable"),
        ({"prompt": "a lake [fault:E403]"}, work, "content_refused"),
        ({}, cancel, "canceled"),
        ({}, erase, "canceled"),
        ({}, wait, "expired"),
        ({}, None, "worker_unreachable"),
    ],
    ids=["undecodable", "refused", "canceled", "erased", "expired", "unreachable"],
)
def test_a_loop_of_free_ends_is_stopped(
    in_memory: SiteUnderTest,
    body: dict[str, Any],
    end: Callable[[SiteUnderTest, Answer], None] | None,
    code: str,
) -> None:
    in_memory.result = DispatchResult.REACHED if end else DispatchResult.REFUSED
    for _ in range(3 * LIMIT):
        started = in_memory.start(start_body(**body))
        assert started.status == (202 if end else 502)
        if end:
            end(in_memory, started)
        failure = in_memory.status(started.body["jobId"]).body["failure"]
        assert (failure["code"], failure["charged"]) == (code, "no")

    assert_closed(in_memory, start_body(**body))


def test_a_loop_of_rescues_is_stopped(in_memory: SiteUnderTest) -> None:
    """Seven videos are paid and never saved, and each is rescued twice in vain."""
    for _ in range(LIMIT):
        bought = in_memory.start()
        saving(in_memory, bought.body["jobId"])
        wait(in_memory, bought)
        token = {"retryOf": bought.body["jobId"], "ownerToken": bought.body["ownerToken"]}
        rescue = {"prompt": start_body()["prompt"], **token}
        for _ in range(2):
            started = in_memory.start(rescue)
            wait(in_memory, started)
            failure = in_memory.status(started.body["jobId"]).body["failure"]
            assert (failure["code"], failure["charged"]) == ("save_failed", "no")

    assert_closed(in_memory, rescue)


def assert_closed(site: SiteUnderTest, body: dict[str, Any]) -> None:
    """Assert that the day's starts are used up, and that one more stores nothing."""
    objects = site.deps.store.objects
    assert isinstance(objects, MemoryObjects)
    before = set(objects.held)
    refused = site.start(body)
    assert (refused.status, refused.body["code"]) == (429, "daily_limit")
    assert "21 starts" in refused.body["detail"]
    assert set(objects.held) == before
    assert len({key.split("/")[1] for key in before if key.startswith("photos/")}) <= 3 * LIMIT
    assert len([key for key in before if key.startswith("jobs/")]) == 3 * LIMIT
