"""The page on the real site: a phone, lost tabs, a killed browser, several jobs; each is bought once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from support.page_under_test import (
    axe_violations,
    chromium_path,
    completed,
    expect_video,
    fill,
    generate,
    headline,
    photo,
    press_more,
    upload,
    visit,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Playwright

    from support.dev_site import DevSite
    from support.page_under_test import Functions, StaticSite

    NewContext = Callable[..., BrowserContext]

PATIENCE_MS = 60_000
READY = "Your video is ready"
WAITING = re.compile("In the queue|Making your video|Saving your video")


def test_on_a_phone_by_roles_and_labels(dev_site: DevSite, new_context: NewContext) -> None:
    bought = len(dev_site.ledger())
    context = new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, device_scale_factor=3
    )
    page = visit(context, dev_site.url)
    page.get_by_label("Take a photo").set_input_files([upload(photo(3000, 4000))])
    expect(page.get_by_label("Tall 9:16")).to_be_checked()
    page.get_by_label("What happens in the video?").fill("The sun goes down.")
    page.get_by_role("button", name="Generate").tap()
    expect_video(page)
    shape = page.get_by_label("Your video", exact=True).evaluate(
        "video => video.videoWidth < video.videoHeight"
    )
    assert shape
    assert axe_violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").tap()
    assert re.fullmatch(r"video-\d{4}-\d\d-\d\d-\w{6}\.mp4", download.value.suggested_filename)
    assert len(dev_site.ledger()) - bought == 1


def test_a_lost_tab_a_reload_and_another_browser_find_the_same_video(
    dev_site: DevSite, new_context: NewContext
) -> None:
    bought = len(dev_site.ledger())
    context = new_context()
    page = visit(context, dev_site.url)
    generate(page, prompt="A lost tab.")
    page.reload()
    page.close()
    again = visit(context, dev_site.url)
    again.get_by_role("link", name="A lost tab.").click()
    expect(headline(again)).to_have_text(WAITING, timeout=PATIENCE_MS)
    address = again.url
    stranger = visit(new_context(), address)
    expect_video(again)
    expect_video(stranger)
    expect(stranger.get_by_role("button", name="Delete …")).to_have_count(0)
    assert again.url == address
    assert len(dev_site.ledger()) - bought == 1


def test_five_jobs_at_once(dev_site: DevSite, new_context: NewContext) -> None:
    bought = len(dev_site.ledger())
    page = visit(new_context(), dev_site.url)
    for number in range(5):
        generate(page, prompt=f"Job {number}.", photos=[photo(640, 480)])
        expect(page.get_by_role("article")).to_contain_text(f"Job {number}.")
        page.get_by_role("link", name="New video").click()
    shelf = page.get_by_role("region", name="Your videos")
    expect(shelf.get_by_text("Ready")).to_have_count(5, timeout=2 * PATIENCE_MS)
    assert len(dev_site.ledger()) - bought == 5


def test_what_is_erased_everywhere_is_gone_for_every_browser(
    dev_site: DevSite, new_context: NewContext
) -> None:
    page = visit(new_context(), dev_site.url)
    generate(page, prompt="To be erased.")
    expect_video(page)
    address = page.url
    press_more(page, "Delete …")
    page.get_by_role("button", name="Erase everywhere").click()
    expect(page.get_by_text("Erased everywhere.")).to_be_visible(timeout=PATIENCE_MS)
    expect(headline(visit(new_context(), address))).to_have_text(
        "This video has been erased", timeout=PATIENCE_MS
    )


class OwnBrowser:
    """A browser in a process of its own, so that it can be killed; its profile stays."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        (profile / "DevToolsActivePort").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                *(chromium_path(playwright), "--headless=new", "--no-sandbox", "--no-first-run"),
                *("--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        assert self._process.stderr is not None
        lines = iter(self._process.stderr.readline, "")
        address = next(line.split()[-1] for line in lines if line.startswith("DevTools listening on "))
        self.browser: Browser = playwright.chromium.connect_over_cdp(address)
        self.context = self.browser.contexts[0]

    def kill(self) -> None:
        """End it as a crash would: nothing is written any more."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()


@pytest.fixture
def own_browser(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[[], OwnBrowser]]:
    """Return a function that starts a browser on one and the same profile."""
    started: list[OwnBrowser] = []

    def start() -> OwnBrowser:
        started.append(OwnBrowser(playwright, tmp_path))
        return started[-1]

    yield start
    started[-1].kill()


@pytest.mark.parametrize("moment", ["at once", "after the answer"])
def test_a_killed_browser_shows_the_job_again_and_in_time_its_video(
    dev_site: DevSite, own_browser: Callable[[], OwnBrowser], moment: str
) -> None:
    """A kill in the very moment of the press may forget the press itself, never what was to be sent."""
    bought = len(dev_site.ledger())
    first = own_browser()
    page = visit(first.context, dev_site.url)
    generate(page, prompt=f"Killed {moment}.")
    if moment == "after the answer":
        expect(headline(page)).to_have_text(WAITING, timeout=PATIENCE_MS)
    first.kill()
    again = visit(own_browser().context, dev_site.url)
    link = again.get_by_role("link", name=f"Killed {moment}.")
    is_back = again.get_by_text("Your photos and text from last time are back.")
    expect(link.or_(is_back)).to_be_visible()
    if is_back.is_visible():
        again.get_by_role("button", name="Generate").click()
    else:
        link.click()
    expect_video(again)
    assert len(dev_site.ledger()) - bought == 1


def test_a_slow_upload_shows_how_far_it_is(
    new_context: NewContext, page_site: StaticSite, functions: Functions
) -> None:
    context = new_context(service_workers="block")
    page = context.new_page()
    functions.states(completed())
    functions.attach(page, starts=False)
    page.goto(page_site.url)
    fill(page, photos=[photo(1600, 1200, noise=True)])
    network: dict[str, Any] = {"offline": False, "latency": 20, "downloadThroughput": -1}
    context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions", network | {"uploadThroughput": 600_000}
    )
    seen: set[int] = set()
    page.get_by_role("button", name="Generate").click()

    def is_uploaded() -> bool:
        found = re.search(r"(\d+)% uploaded", page.get_by_role("article").inner_text())
        seen.add(int(found[1]) if found else -1)
        return 100 in seen

    wait_until(page, is_uploaded)
    assert len(seen & set(range(1, 100))) >= 2
    page_site.held.may_answer.set()
    expect(headline(page)).to_have_text(READY)
