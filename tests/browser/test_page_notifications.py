"""Notifications: asked for only when the person wishes them, shown only when nobody looks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from support.page_under_test import (
    JOB_ID,
    OWNER_TOKEN,
    chromium_path,
    completed,
    failed,
    generate,
    headline,
    status,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

    from support.page_under_test import Functions, StaticSite

    NewContext = Callable[..., BrowserContext]

RENDERING = status("processing", stage="rendering", pollAfterMs=1_000)
# The permission prompt is the browser's own and belongs to no page: what the page asks is counted.
COUNT_QUESTIONS = """
  window.questions = 0
  const request = Notification.requestPermission.bind(Notification)
  Notification.requestPermission = () => { window.questions += 1; return request() }
"""
HIDE = """() => {
  Object.defineProperty(document, 'hidden', { get: () => true })
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
}"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready
  const shown = await registration.getNotifications()
  return shown.map(({ title, body, data, tag }) => ({ title, body, url: data.url, tag: tag.length }))
}"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Yield the full browser: the one that can open no window knows no notifications."""
    running = playwright.chromium.launch(executable_path=chromium_path(playwright))
    yield running
    running.close()


def rendering(context: BrowserContext, functions: Functions, site: StaticSite) -> Page:
    """Open the page and start a job, which is being made."""
    page = context.new_page()
    page.add_init_script(COUNT_QUESTIONS)
    functions.states(RENDERING)
    functions.attach(page)
    page.clock.install()
    page.goto(site.url)
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    page.evaluate("async () => (await navigator.serviceWorker.ready).active.state")
    return page


def ends_unseen(page: Page, functions: Functions, end: dict[str, object], title: str) -> None:
    """Let the job end while the tab is hidden."""
    page.evaluate(HIDE)
    functions.states(end)

    def says_so() -> bool:
        page.clock.run_for(5_000)  # the next poll, whenever the one that is under way comes back
        return page.title().startswith(title)

    wait_until(page, says_so)


def test_who_asks_for_it_is_told_in_a_hidden_tab(
    new_context: NewContext, functions: Functions, page_site: StaticSite
) -> None:
    page = rendering(new_context(permissions=["notifications"]), functions, page_site)
    assert page.evaluate("() => window.questions") == 0
    page.get_by_role("button", name="Tell me when it is ready").click()
    expect(page.get_by_text("You will be told when it is ready, while this page is open.")).to_be_visible()
    expect(page.get_by_role("button", name="Tell me when it is ready")).to_be_hidden()
    assert page.evaluate("() => window.questions") == 1
    assert page.evaluate(SHOWN) == []

    ends_unseen(page, functions, completed(), "✓ Ready")
    wait_until(page, lambda: page.evaluate(SHOWN) != [])
    assert page.evaluate(SHOWN) == [
        {
            "title": "Your video is ready",
            "body": "The light turns to gold.",
            "url": f"{page_site.url}/#{JOB_ID}",
            "tag": 22,
        }
    ]


def test_a_failure_is_told_as_one(
    new_context: NewContext, functions: Functions, page_site: StaticSite
) -> None:
    page = rendering(new_context(permissions=["notifications"]), functions, page_site)
    page.get_by_role("button", name="Tell me when it is ready").click()
    ends_unseen(page, functions, failed("provider_busy"), "✕ Failed")
    wait_until(page, lambda: page.evaluate(SHOWN) != [])
    assert [one["title"] for one in page.evaluate(SHOWN)] == ["Your video could not be made"]


def test_who_looks_is_not_told_and_who_did_not_ask_neither(
    new_context: NewContext, functions: Functions, page_site: StaticSite
) -> None:
    """The browser would allow it: that alone is no wish."""
    page = rendering(new_context(permissions=["notifications"]), functions, page_site)
    ends_unseen(page, functions, completed(), "✓ Ready")
    assert page.evaluate("() => window.questions") == 0
    assert page.evaluate(SHOWN) == []

    other = rendering(new_context(permissions=["notifications"]), functions, page_site)
    other.get_by_role("button", name="Tell me when it is ready").click()
    functions.states(completed())
    other.clock.run_for(2_000)
    expect(headline(other)).to_have_text("Your video is ready")
    assert other.evaluate(SHOWN) == []


def test_a_browser_that_refuses_says_so(
    new_context: NewContext, functions: Functions, page_site: StaticSite
) -> None:
    page = rendering(new_context(), functions, page_site)
    page.evaluate("() => { Notification.requestPermission = async () => 'denied' }")
    page.get_by_role("button", name="Tell me when it is ready").click()
    expect(page.get_by_text("This browser does not allow notifications for this page.")).to_be_visible()


SUBSCRIBES = """
  PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => ({
    toJSON: () => ({ endpoint: 'https://push.example/1', keys: { p256dh: applicationServerKey, auth: 'a' } }),
  })
"""


def test_a_site_with_a_key_tells_a_browser_whose_page_is_closed(
    new_context: NewContext, functions: Functions, page_site: StaticSite
) -> None:
    page_site.settings = replace(page_site.settings, push_public_key="BPublic")
    context = new_context(permissions=["notifications"])
    context.add_init_script(SUBSCRIBES)
    page = rendering(context, functions, page_site)
    page.get_by_role("button", name="Tell me when it is ready").click()
    expect(page.get_by_text("You will be told when it is ready. You can close this page.")).to_be_visible()
    assert functions.subscribed == [
        {
            "jobId": JOB_ID,
            "ownerToken": OWNER_TOKEN,
            "subscription": {
                "endpoint": "https://push.example/1",
                "keys": {"p256dh": "BPublic", "auth": "a"},
            },
        }
    ]


def test_where_the_service_worker_is_denied_the_press_is_answered_all_the_same(
    new_context: NewContext, functions: Functions, page_site: StaticSite
) -> None:
    page_site.settings = replace(page_site.settings, push_public_key="BPublic")
    context = new_context(permissions=["notifications"])
    context.add_init_script("""
      const deny = async () => { throw new DOMException('denied', 'SecurityError') }
      if (window.ServiceWorkerContainer) ServiceWorkerContainer.prototype.register = deny
    """)
    functions.states(RENDERING)
    page = context.new_page()
    functions.attach(page)
    page.goto(page_site.url)
    generate(page)
    page.get_by_role("button", name="Tell me when it is ready").click()
    expect(page.get_by_text("You will be told when it is ready, while this page is open.")).to_be_visible()


def test_a_push_is_shown_and_its_press_opens_the_job(
    new_context: NewContext, functions: Functions, page_site: StaticSite
) -> None:
    context = new_context(permissions=["notifications"])
    page = rendering(context, functions, page_site)
    session = context.new_cdp_session(page)
    registrations: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(one["registrationId"] for one in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    wait_until(page, lambda: bool(registrations))
    page.goto("about:blank")
    message = json.dumps({"jobId": JOB_ID, "status": "completed"})
    session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": page_site.url, "registrationId": registrations[0], "data": message},
    )
    page.goto(page_site.url)
    wait_until(page, lambda: page.evaluate(SHOWN) != [])
    assert page.evaluate(SHOWN) == [
        {"title": "Your video is ready", "body": "", "url": f"{page_site.url}/#{JOB_ID}", "tag": 22}
    ]
