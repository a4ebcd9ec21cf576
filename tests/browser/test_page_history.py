"""The list of this browser's videos: searched, marked, played at a glance."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from support.page_under_test import OWNER_TOKEN, axe_violations, completed, headline, history, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page, Route

    from support.page_under_test import Functions, StaticSite

    OpenPage = Callable[..., Page]
    NewContext = Callable[..., BrowserContext]


@pytest.fixture
def context_with_history(new_context: NewContext, page_site: StaticSite) -> BrowserContext:
    """Return a browser that has made 14 videos."""
    context = new_context(service_workers="block")
    page = context.new_page()
    page.goto(page_site.url)
    headline(page).wait_for()
    jobs = [
        {
            **made_by(page_site, number),
            "prompt": f"Café number {number}" if number % 2 else f"Lake number {number}",
        }
        for number in range(14)
    ]
    page.evaluate(PUT_JOBS, jobs)
    page.close()
    return context


def made_by(site: StaticSite, number: int) -> dict[str, Any]:
    """Return what a finished job's record has beside a new one's; a higher number is a newer job."""
    job_id = f"{number:021d}A"
    now = time.time() * 1000
    return {
        "key": f"{number:032x}",
        "phase": "started",
        "createdAt": now - 1_000_000 + number,
        "jobId": job_id,
        "ownerToken": OWNER_TOKEN,
        "status": completed(jobId=job_id, videoUrl=f"{site.url}/clip.mp4?{number}"),
        "answeredAt": now,
        "skew": 0,
    }


PUT_JOBS = """async jobs => {
  const { openJobStore, NO_PICTURES } = await import('/app/job_store.js')
  const { newJob } = await import('/app/job.js')
  const store = openJobStore()
  const any = { aspectRatio: 'auto', model: null, photosCount: 1, at: 0, holdMs: 0, ratio: 16 / 9 }
  for (const job of jobs) await store.add({ ...newJob(any), ...job }, NO_PICTURES)
}"""


def test_the_history_is_searched_by_words_and_favorites(
    open_page: OpenPage, context_with_history: BrowserContext
) -> None:
    page = open_page(context=context_with_history)
    shelf = page.get_by_role("region", name="Your videos")
    assert len(history(page)) == 12
    page.get_by_role("button", name="Show more").click()
    assert len(history(page)) == 14
    expect(page.get_by_role("link", name="Café number 1", exact=True)).to_be_focused()
    search = page.get_by_role("searchbox", name="Search your videos")
    search.fill("1  cafe")
    assert history(page) == ["Café number 13", "Café number 11", "Café number 1"]
    expect(shelf.get_by_text("Favorites only")).to_be_hidden()
    page.get_by_label("More: Café number 11").click()
    page.get_by_role("button", name="Add to favorites: Café number 11").click()
    search.fill("")
    page.get_by_label("Favorites only").check()
    wait_until(page, lambda: history(page) == ["Café number 11"])
    page.get_by_label("More: Café number 11").click()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_label("More: Café number 11")).to_be_focused()
    expect(page.get_by_role("button", name="Remove from favorites")).to_be_hidden()
    search.fill("lake")
    expect(shelf.get_by_text("No video matches.")).to_be_visible()

    again = open_page(context=context_with_history)
    again.get_by_label("Favorites only").check()
    assert history(again) == ["Café number 11"]
    again.get_by_label("More: Café number 11").click()
    again.get_by_role("button", name="Remove from favorites: Café number 11").click()
    wait_until(again, lambda: history(again) == [])


def test_a_video_plays_while_the_pointer_is_on_its_card(
    open_page: OpenPage, functions: Functions, context_with_history: BrowserContext
) -> None:
    page = open_page(context=context_with_history)
    card = page.get_by_role("link", name="Lake number 12", exact=True)
    card.hover()
    video = card.locator("video.is-there")
    expect(video).to_be_visible()
    page.wait_for_function("video => video.currentTime > 0.1", arg=video.element_handle(), polling=20)
    assert video.evaluate("video => [video.muted, video.src.split('?')[1]]") == [True, "12"]
    headline(page).hover()
    expect(card.locator("video")).to_have_count(0)
    assert functions.polls == []


def test_a_card_whose_link_is_old_plays_from_a_new_one(
    open_page: OpenPage, context_with_history: BrowserContext, page_site: StaticSite
) -> None:
    old = made_by(page_site, 14) | {"prompt": "Old link"}
    old["answeredAt"] -= 3_600_000
    old["status"]["videoUrlExpiresAt"] = formatdate(time.time() - 60, usegmt=True)
    page = open_page(context=context_with_history)
    page.evaluate(PUT_JOBS, [old])
    page.reload()
    asked: list[Route] = []
    page.route("**/api/check-video-status?*", lambda route: asked.append(route))  # noqa: PLW0108 - Playwright sets an attribute of it
    card = page.get_by_role("link", name="Old link", exact=True)
    card.hover()
    wait_until(page, lambda: len(asked) == 1)
    page.evaluate("() => dispatchEvent(new Event('offline'))")  # the list is drawn anew while it waits
    expect(card.locator("video")).to_have_count(0)
    asked[0].fulfill(json=completed(jobId=old["jobId"], videoUrl="/clip.mp4?new"))
    expect(card.locator("video.is-there")).to_be_visible()
    assert card.locator("video").evaluate("video => video.src.split('?')[1]") == "new"


def test_with_reduced_data_no_card_plays(open_page: OpenPage, context_with_history: BrowserContext) -> None:
    context_with_history.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'connection', { get: () => ({ saveData: true }) })"
    )
    page = open_page(context=context_with_history)
    card = page.get_by_role("link", name="Lake number 12", exact=True)
    card.hover()
    expect(card.locator("video")).to_have_count(0)


def test_a_finger_on_a_card_opens_the_video(
    open_page: OpenPage, functions: Functions, context_with_history: BrowserContext
) -> None:
    functions.states(completed(jobId=f"{12:021d}A"))
    page = open_page(context=context_with_history)
    card = page.get_by_role("link", name="Lake number 12", exact=True)
    card.dispatch_event("pointerenter", {"pointerType": "touch"})
    expect(card.locator("video")).to_have_count(0)
    card.click()
    expect(page.get_by_label("Your video", exact=True)).to_be_visible()
