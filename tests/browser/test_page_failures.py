"""Every failure on the real site: it happens, and the page says why, what it cost, and what can be done.

`make test` shows three of them, one of each price; `make lab` shows all.
"""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import pytest
from playwright.sync_api import expect

from support.page_under_test import (
    IN_LAB,
    axe_violations,
    buttons,
    generate,
    headline,
    photo,
    visit,
    wait_until,
)
from videogen import jobs
from videogen.errors import FailureCode
from videogen.jobs import Failure, Limits, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page, Route

    from support.dev_site import DevSite
    from videogen.errors import Charged
    from videogen.jobs import Job

    NewContext = Callable[..., BrowserContext]
    Then = Callable[[DevSite, Page], None]

PATIENCE_MS = 90_000
TRY_AGAIN, SAVE_AGAIN = "Try again", "Save again for free"
CHARGES: dict[Charged, str] = {
    "no": "Nothing was charged.",
    "yes": "It was charged.",
    "unknown": "It may have been charged.",
}
FREE = "Saving it again is free while the provider still has it, for about an hour."
WHY = "async code => (await import('/app/job_words/en.js')).default.failures[code]"


def job_id(page: Page) -> str:
    """Return the shown job's id, once the site has given it one."""
    page.wait_for_url(re.compile(r"#[A-Za-z0-9_-]{22}$"))
    return page.url.partition("#")[2]


def rewrite(site: DevSite, page: Page, when: Callable[[Job], bool], change: Callable[[Job], Job]) -> None:
    """Change the shown job's record as soon as it stands where it should."""
    store, key = site.store(), job_id(page)
    wait_until(page, lambda: when(store.read(key).job))
    assert store.swap(store.read(key), lambda stored: change(stored.job)) is not None


def was_sent_back(job: Job) -> bool:
    return job.status is jobs.Status.QUEUED and bool(job.calls)


def written(code: FailureCode) -> Then:
    """Return what writes the end that a worker of a broken deployment would write."""

    def write(site: DevSite, page: Page) -> None:
        rewrite(
            site,
            page,
            was_sent_back,
            lambda job: jobs.fail_queued(job, now=time.time(), failure=Failure.of(code)) or job,
        )

    return write


def grows_old(stage: Stage | None, seconds: float) -> Then:
    """Return what makes a job so old that the site itself ends it."""

    def grow(site: DevSite, page: Page) -> None:
        rewrite(
            site,
            page,
            was_sent_back if stage is None else lambda job: job.stage is stage,
            lambda job: replace(job, created_at=job.created_at - seconds, version=job.version + 1),
        )

    return grow


def canceled(_: DevSite, page: Page) -> None:
    """Cancel it while it is made."""
    expect(headline(page)).to_have_text("Making your video", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the video").click()


def cut_photo(route: Route) -> None:
    """Send a request on with its photo broken off, as a bad memory card would have it."""
    body = json.loads(route.request.post_data or "{}")
    head, _, data = body["photos"][0]["data"].partition(",")
    whole = base64.b64decode(data)
    part = base64.b64encode(whole[: len(whole) // 2]).decode()
    route.continue_(post_data=json.dumps(body | {"photos": [{"data": f"{head},{part}"}]}))


@dataclass(frozen=True)
class Case:
    """How a failure comes about, and what the page then says that it cost and offers first."""

    charged: Charged
    offer: str | None = None
    prompt: str = "[fault:E429-seconds]"
    then: Then | None = None
    heading: str = "No video this time"


CASES: dict[FailureCode, Case] = {
    "expired": Case("no", TRY_AGAIN, then=grows_old(None, Limits().paid_call)),
    "worker_unreachable": Case("no", TRY_AGAIN, then=written("worker_unreachable")),
    "photo_unreadable": Case("no", prompt="[fault:S1]"),
    "store_unsafe": Case("no", then=written("store_unsafe")),
    "misconfigured": Case("no", then=written("misconfigured")),
    "provider_busy": Case("no", TRY_AGAIN, "[fault:E429]"),
    "provider_unreachable": Case("no", TRY_AGAIN, then=written("provider_unreachable")),
    "content_refused": Case("no", prompt="[fault:E403]"),
    "provider_account": Case("no", prompt="[fault:E402]"),
    "provider_rejected": Case("no", prompt="[fault:E404]"),
    "outcome_unknown": Case("unknown", TRY_AGAIN, "[fault:E502]"),
    "no_video": Case("unknown", TRY_AGAIN, "[fault:S6]"),
    "video_gone": Case("yes", TRY_AGAIN, "[fault:D404]"),
    "video_refused": Case("yes", prompt="[fault:D-garbage]"),
    "save_failed": Case("yes", SAVE_AGAIN, "[fault:D500]", grows_old(Stage.SAVING, Limits().end)),
    "canceled": Case("unknown", TRY_AGAIN, "[delay:20]", canceled, "Canceled"),
}
SHOWN: tuple[FailureCode, ...] = (
    tuple(CASES) if IN_LAB else ("content_refused", "outcome_unknown", "save_failed")
)

EDIT = dict.fromkeys(("content_refused", "photo_unreadable", "provider_rejected"), "Change photo or text")
"""What Edit is called where the same would be refused again."""


def test_every_failure_has_a_case() -> None:
    assert set(CASES) == set(get_args(FailureCode))


@pytest.mark.parametrize("code", SHOWN)
def test_a_failure_says_why_what_it_cost_and_what_can_be_done(
    dev_site: DevSite, new_context: NewContext, code: FailureCode
) -> None:
    case = CASES[code]
    page = visit(new_context(), dev_site.url)
    if code == "photo_unreadable":
        page.route("**/api/start-video", cut_photo)
    generate(page, prompt=f"{code} {case.prompt}", photos=[photo(640, 480)])
    if case.then:
        case.then(dev_site, page)

    expect(headline(page)).to_have_text(case.heading, timeout=PATIENCE_MS)
    why = page.evaluate(WHY, code)
    assert why
    said = page.get_by_role("article").locator(".details p").all_inner_texts()
    assert said == [why, CHARGES[case.charged], *([FREE] if case.offer == SAVE_AGAIN else [])]
    assert sorted(buttons(page)) == sorted([*([case.offer] if case.offer else []), EDIT.get(code, "Edit")])
    assert axe_violations(page) == []
