"""On the real site, whatever interrupts the page in whatever stage: the video comes, and is bought once.

`make test` tries each stage that comes at once and each interruption one time; `make lab` tries every pair.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from support.page_under_test import (
    IN_LAB,
    Complaints,
    expect_video,
    generate,
    headline,
    photo,
    visit,
    windowless_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright

    from support.dev_site import DevSite

LOOKS, LOOK_MS = 70, 1500
STAGES = {
    # What the page says in each, and the words that make the simulator stay there for a while.
    "uploading": ("Uploading your photo", "[delay:2]"),
    "queued": ("In the queue", "[fault:E429-seconds][times:1]"),
    "rendering": ("Making your video", "[delay:6]"),
    "saving": ("Saving your video", "[fault:D500][times:3]"),
}
WAYS = ("reload", "closed tab", "closed browser", "offline", "second tab", "slow network")
PAIRS = (
    tuple(itertools.product(STAGES, WAYS))
    if IN_LAB
    else (
        ("uploading", "closed browser"),
        ("uploading", "offline"),
        ("rendering", "second tab"),
        ("rendering", "slow network"),
        ("saving", "reload"),
    )
)


class Visitor:
    """A person whose browser can be closed and opened again, and whose network can be bad."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        self._playwright = playwright
        self._profile = profile
        self.complaints = Complaints()
        self.context = self._open()

    def _open(self) -> BrowserContext:
        context = self._playwright.chromium.launch_persistent_context(
            self._profile, executable_path=windowless_path(self._playwright), locale="en-GB"
        )
        context.on("page", self.complaints.watch)
        return context

    def reopen(self) -> None:
        """Close the browser, and open it again."""
        self.context.close()
        self.context = self._open()

    def connect(self, page: Page) -> CDPSession:
        """Return what the page's network is set with, see `network`."""
        return self.context.new_cdp_session(page)


@pytest.fixture
def visitor(playwright: Playwright, tmp_path: Path) -> Iterator[Visitor]:
    visitor = Visitor(playwright, tmp_path)
    yield visitor
    visitor.context.close()
    assert visitor.complaints.found == []


def network(session: CDPSession, **conditions: Any) -> None:
    """Set a page's network: `latency` in ms, throughputs in bytes a second, -1 without a limit."""
    usual = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", usual | conditions)


def until(page: Page, heading: str) -> None:
    """Wait for a stage. The page is made to ask often, lest it wait for as long as real videos take."""
    for _ in range(LOOKS):
        with contextlib.suppress(AssertionError):
            expect(headline(page)).to_have_text(heading, timeout=LOOK_MS)
            return
        page.evaluate("() => dispatchEvent(new Event('online'))")
    expect(headline(page)).to_have_text(heading)


def interrupt(way: str, visitor: Visitor, page: Page, session: CDPSession, prompt: str) -> Page:
    """Interrupt the page; return the one to look at then."""
    address = page.url.partition("#")[0]
    match way:
        case "reload":
            network(session)
            page.reload()
            return page
        case "offline":
            network(session, offline=True)
            expect(page.get_by_text("You are offline.")).to_be_visible()
            network(session)
            return page
        case "slow network":
            network(session, latency=300, downloadThroughput=60_000, uploadThroughput=30_000)
            return page
        case "second tab":
            network(session)
        case "closed tab":
            page.close()
        case "closed browser":
            visitor.reopen()
    again = visit(visitor.context, address)
    again.get_by_role("link", name=prompt, exact=True).click()  # not the toast that says it is ready
    return again


@pytest.mark.parametrize(("stage", "way"), PAIRS)
def test_an_interrupted_job_gets_its_video_and_is_bought_once(
    dev_site: DevSite, visitor: Visitor, stage: str, way: str
) -> None:
    bought = len(dev_site.ledger())
    heading, words = STAGES[stage]
    prompt = f"{stage}, {way} {words}"
    page = visit(visitor.context, dev_site.url)
    session = visitor.connect(page)
    if stage == "uploading":
        network(session, uploadThroughput=1_000)
    generate(page, prompt=prompt, photos=[photo(320, 240)])
    until(page, heading)

    again = interrupt(way, visitor, page, session, prompt)

    until(again, "Your video is ready")
    expect_video(again)
    if way == "second tab":
        expect_video(page)
    assert again.get_by_role("region", name="Your videos").get_by_role("listitem").count() == 1
    assert len(dev_site.ledger()) - bought == 1
