"""Nothing is lost from the press of Generate on: broken requests, reloads, no network, several tabs."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from support.page_under_test import (
    JOB_ID,
    Answer,
    StaticSite,
    accepted,
    axe_violations,
    completed,
    fill,
    generate,
    headline,
    history,
    photo,
    problem,
    status,
    upload,
    wait_until,
)
from videogen.settings import Model, Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page, Route

    from support.page_under_test import Functions

    OpenPage = Callable[..., Page]
    NewContext = Callable[..., BrowserContext]

RENDERING = status("processing", stage="rendering", pollAfterMs=60_000)
PRICED = (Model("blackboxai/google/veo-3-fast", 0.8),)


def use(page: Page) -> None:
    """Begin to use a page, and wait until all of it is there."""
    page.keyboard.press("Tab")
    page.get_by_role("article", include_hidden=True).wait_for(state="attached")


def hold(held: list[Route]) -> Callable[[Route], None]:
    """Return what lets requests wait, in a list."""

    def wait(route: Route) -> None:
        held.append(route)

    return wait


PRESS_AND_RELOAD = """() => {
  document.querySelector('button[type=submit]').click()
  location.reload()
}"""


@pytest.mark.parametrize("late", [None, "jobs_page.js", "photos.js"])
def test_a_reload_in_the_moment_of_the_press_loses_nothing(
    open_page: OpenPage, functions: Functions, late: str | None
) -> None:
    """Neither while the rest of the page is still loaded, nor while a photo is still prepared."""
    functions.states(RENDERING)
    page = open_page()
    held: list[Route] = []
    if late:
        page.route(f"**/app/{late}", hold(held), times=1)
    page.get_by_label("Choose photos").set_input_files([upload(photo())])
    page.get_by_label("What happens in the video?").fill("The light turns to gold.")
    if late:
        wait_until(page, lambda: len(held) == 1)
    else:
        expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_be_visible()
        use(page)
    page.evaluate(PRESS_AND_RELOAD)
    shelf = page.get_by_role("region", name="Your videos")
    expect(shelf).to_contain_text("Rendering")
    shelf.get_by_role("link", name="The light turns to gold.").click()
    expect(headline(page)).to_have_text("Making your video")
    expect(page.get_by_role("img", name="Your photo", exact=True)).to_be_visible()
    assert history(page) == ["The light turns to gold."]
    assert page.evaluate(DRAFTS) == [[], []]
    assert len(set(functions.keys)) == 1


def test_the_press_shows_at_once_and_is_kept_while_the_photo_is_prepared(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(RENDERING)
    page = open_page()
    held: list[Route] = []
    page.route("**/app/photos.js", hold(held), times=1)
    page.get_by_label("Choose photos").set_input_files([upload(photo())])
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_label("What happens in the video?")).to_be_focused()
    page.get_by_label("What happens in the video?").fill("Wind.")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Your video starts as soon as your photos are ready.")).to_be_visible()
    expect(page.get_by_role("button", name="Generate")).to_be_disabled()
    assert axe_violations(page) == []
    assert functions.starts == []
    held[0].continue_()
    expect(headline(page)).to_have_text("Making your video")
    assert len(functions.starts) == 1


def test_a_form_that_was_begun_comes_back_after_a_reload_and_in_the_next_tab(
    open_page: OpenPage, functions: Functions, new_context: NewContext
) -> None:
    context = new_context(service_workers="block")
    page = open_page(context=context)
    fill(page, prompt="Wind.", photos=[photo(1200, 800), photo(600, 900)])
    page.get_by_role("button", name="Use as start frame: photo-2.jpg").click()
    page.get_by_label("Wide 16:9").check()  # the upright photo suggests the other
    page.reload()
    for again in (page, None):
        if again is None:
            page.close()
            again = open_page(context=context)  # noqa: PLW2901 - the next tab in its place
        expect(again.get_by_text("Your photos and text from last time are back.")).to_be_visible()
        expect(again.get_by_label("What happens in the video?")).to_have_value("Wind.")
        expect(again.get_by_label("Wide 16:9")).to_be_checked()
        names = [
            "Your photo photo-2.jpg",
            "Your photo photo-1.jpg",
        ]
        expect(again.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(2)
        shown = again.get_by_role("list", name="Photos").get_by_role("img")
        assert [one.get_attribute("alt") for one in shown.all()] == names
    assert functions.starts == []


def test_a_second_tab_leaves_the_form_of_the_first_alone(
    open_page: OpenPage, functions: Functions, new_context: NewContext
) -> None:
    context = new_context(service_workers="block")
    functions.states(RENDERING)
    one = open_page(context=context)
    fill(one, prompt="Wind.")
    two = open_page(context=context)
    use(two)
    expect(two.get_by_label("What happens in the video?")).to_have_value("")
    one.get_by_role("button", name="Generate").click()
    expect(headline(one)).to_have_text("Making your video")
    expect(two.get_by_role("region", name="Your videos")).to_contain_text("Rendering")
    expect(two.get_by_label("What happens in the video?")).to_have_value("")
    assert len(functions.starts) == 1


def test_what_is_taken_out_of_the_form_does_not_come_back(open_page: OpenPage) -> None:
    page = open_page()
    fill(page, prompt="Wind.")
    page.get_by_role("button", name="Remove: photo-1.jpg").click()
    page.get_by_label("What happens in the video?").fill("")
    page.reload()
    use(page)
    expect(page.get_by_text("are back.")).to_have_count(0)
    assert page.evaluate(DRAFTS) == [[], []]


DRAFTS = """async () => {
  const database = await new Promise(resolve => {
    indexedDB.open('videogen').onsuccess = event => resolve(event.target.result)
  })
  const transaction = database.transaction(['drafts', 'draftPhotos'])
  return Promise.all(['drafts', 'draftPhotos'].map(name => new Promise(resolve => {
    transaction.objectStore(name).getAllKeys().onsuccess = event => resolve(event.target.result)
  })))
}"""


def test_a_broken_request_is_sent_again_with_the_same_key_and_bytes(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.start = [None, Answer(503, "<html>", "text/html"), Answer(202, accepted())]
    functions.states(RENDERING)
    page = open_page()
    page.clock.install()
    generate(page)
    for count in (2, 3):
        page.clock.run_for(3_000)
        wait_until(page, lambda wanted=count: len(functions.starts) == wanted)  # type: ignore[misc]  # mypy knows no type for a lambda's default
    expect(headline(page)).to_have_text("Making your video")
    assert len(set(functions.keys)) == 1
    assert functions.starts[0] == functions.starts[1] == functions.starts[2]


def test_while_it_waits_to_send_again_it_says_so(open_page: OpenPage, functions: Functions) -> None:
    functions.start = [problem(503, "storage_unavailable")]
    page = open_page()
    page.clock.install()
    generate(page)
    expect(page.get_by_text("The site did not answer. Trying again in 1 s.")).to_be_visible()
    for _ in range(12):
        page.clock.run_for(5_000)
    expect(headline(page)).to_have_text("The video was not started")
    expect(page.get_by_role("article")).to_contain_text("The storage of this site is not responding.")
    assert len(functions.starts) == 6
    assert axe_violations(page) == []


def test_a_reload_before_the_answer_sends_the_same_request_again(
    open_page: OpenPage, functions: Functions, page_site: StaticSite
) -> None:
    held = page_site.held
    page = open_page(holds_starts=True)
    generate(page)
    wait_until(page, lambda: len(held.keys) == 1)
    page.reload()
    wait_until(page, lambda: len(held.keys) == 2)
    assert held.keys[0] == held.keys[1]
    assert held.bodies[0] == held.bodies[1]
    functions.states(completed())
    held.may_answer.set()
    expect(headline(page)).to_have_text("Your video is ready")


def test_a_closed_tab_is_picked_up_by_the_next_page(
    open_page: OpenPage, functions: Functions, page_site: StaticSite, new_context: NewContext
) -> None:
    context = new_context(service_workers="block")
    page = open_page(context=context, holds_starts=True)
    generate(page)
    wait_until(page, lambda: len(page_site.held.keys) == 1)
    page.close()
    functions.states(RENDERING)
    again = open_page(context=context)
    expect(again.get_by_role("region", name="Your videos")).to_contain_text("Rendering")
    assert functions.keys == page_site.held.keys


def test_another_open_tab_goes_on_where_a_closed_one_stood(
    open_page: OpenPage, functions: Functions, page_site: StaticSite, new_context: NewContext
) -> None:
    context = new_context(service_workers="block")
    other = open_page(context=context)
    use(other)
    page = open_page(context=context, holds_starts=True)
    generate(page)
    wait_until(page, lambda: len(page_site.held.keys) == 1)
    expect(other.get_by_role("region", name="Your videos")).to_contain_text("Uploading")
    functions.states(completed())
    page.close()
    expect(other.get_by_role("region", name="Your videos")).to_contain_text("Ready")
    assert functions.keys == page_site.held.keys


def test_two_tabs_send_once_and_share_one_polling(
    open_page: OpenPage, functions: Functions, page_site: StaticSite, new_context: NewContext
) -> None:
    context = new_context(service_workers="block")
    functions.states(*[status("processing", stage="rendering", pollAfterMs=150)] * 6, completed())
    one = open_page(context=context, holds_starts=True)
    use(one)
    two = open_page(context=context, holds_starts=True)
    generate(two)
    expect(one.get_by_role("region", name="Your videos")).to_contain_text("Uploading")
    page_site.held.may_answer.set()
    expect(headline(two)).to_have_text("Your video is ready")
    expect(one.get_by_role("region", name="Your videos")).to_contain_text("Ready")
    assert len(page_site.held.keys) == 1
    assert functions.pollers == [two] * 7


def test_a_reload_in_each_stage_goes_on_at_the_same_address(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(status("queued", pollAfterMs=60_000))
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("In the queue")
    for state, heading in (
        (status("queued", pollAfterMs=60_000), "In the queue"),
        (RENDERING, "Making your video"),
        (status("processing", stage="saving", pollAfterMs=60_000), "Saving your video"),
        (completed(), "Your video is ready"),
    ):
        functions.states(state)
        page.reload()
        expect(headline(page)).to_have_text(heading)
        expect(page.get_by_role("img", name="Your photo", exact=True)).to_be_visible()
        assert page.url.endswith(f"#{JOB_ID}")
    assert len(functions.starts) == 1


def test_offline_a_start_waits_and_goes_on_at_once_with_the_network(
    open_page: OpenPage, functions: Functions, new_context: NewContext
) -> None:
    context = new_context(service_workers="block")
    functions.states(RENDERING)
    page = open_page(context=context)
    fill(page)
    functions.start = [None]  # what a test answers itself would get through
    context.set_offline(offline=True)
    page.get_by_role("button", name="Generate").click()
    expect(headline(page)).to_have_text("Waiting for the network")
    functions.start = [Answer(202, accepted())]
    context.set_offline(offline=False)
    expect(headline(page)).to_have_text("Making your video")
    assert len({*functions.keys}) == 1
    polls = len(functions.polls)
    context.set_offline(offline=True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    functions.states(completed())
    context.set_offline(offline=False)
    expect(headline(page)).to_have_text("Your video is ready")
    assert len(functions.polls) == polls + 1


def test_undo_is_offered_again_by_the_page_that_opens_after_a_killed_one(
    open_page: OpenPage, functions: Functions, page_site: StaticSite, new_context: NewContext
) -> None:
    page_site.settings = replace(page_site.settings, models=PRICED)
    context = new_context(service_workers="block")
    page = open_page(context=context)
    generate(page)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    address = page.url
    page.close()
    functions.states(RENDERING)
    context.clock.install(time=time.time() + 3600)
    again = open_page(address.removeprefix(page_site.url), context=context)
    again.clock.run_for(1_500)
    expect(again.get_by_role("button", name="Undo")).to_be_visible()
    assert functions.starts == []
    again.clock.run_for(2_500)
    expect(headline(again)).to_have_text("Making your video")
    assert len(functions.starts) == 1


def test_a_cancel_before_the_answer_is_done_as_soon_as_the_site_has_answered(
    open_page: OpenPage, functions: Functions, page_site: StaticSite
) -> None:
    page = open_page(holds_starts=True)
    generate(page)
    expect(page.get_by_text("100% uploaded.")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the video").click()
    expect(headline(page)).to_have_text("Canceling …")
    assert functions.cancels == []
    page_site.held.may_answer.set()
    expect(headline(page)).to_have_text("Canceled")
    assert [body["jobId"] for body in functions.cancels] == [JOB_ID]


def test_several_jobs_go_on_at_once_each_with_its_own_key(open_page: OpenPage, functions: Functions) -> None:
    ids = [f"{letter * 21}A" for letter in "BCDEF"]
    functions.start = [Answer(202, accepted(jobId=one)) for one in ids]
    functions.states(status("processing", stage="rendering", pollAfterMs=300))
    page = open_page()
    for number in range(5):
        generate(page, prompt=f"Job {number}", photos=[photo(640, 480)])
        expect(headline(page)).to_have_text("Making your video")
        page.get_by_role("link", name="New video").click()
    assert history(page) == [f"Job {number}" for number in (4, 3, 2, 1, 0)]
    assert len(set(functions.keys)) == 5
    functions.states(completed())
    expect(page.get_by_role("region", name="Your videos").get_by_text("Ready")).to_have_count(5)
    assert {url.split("=")[1] for url in functions.polls} == set(ids)


def test_the_history_outlives_the_page_and_leads_back_to_each_video(
    open_page: OpenPage, functions: Functions, new_context: NewContext
) -> None:
    context = new_context(service_workers="block")
    functions.states(completed())
    page = open_page(context=context)
    generate(page, prompt="A lake at dusk")
    expect(headline(page)).to_have_text("Your video is ready")
    page.close()
    again = open_page(context=context)
    card = again.get_by_role("region", name="Your videos").get_by_role("listitem")
    expect(card).to_contain_text("Ready")
    expect(card.locator("img")).to_be_visible()
    card.get_by_text("More", exact=True).click()
    with again.expect_download():
        again.get_by_role("button", name="Download: A lake at dusk").click()
    again.get_by_role("link", name="A lake at dusk").click()
    expect(again.get_by_label("Your video", exact=True)).to_be_visible()
    expect(again.get_by_role("img", name="Your photo", exact=True)).to_be_visible()
    again.go_back()
    expect(headline(again)).to_have_text("Make a photo move.")


KEPT = """async () => {
  const rows = []
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise(resolve => {
      const request = indexedDB.open(name)
      request.onsuccess = () => resolve(request.result)
    })
    for (const store of database.objectStoreNames)
      rows.push(await new Promise(resolve => {
        const request = database.transaction(store).objectStore(store).count()
        request.onsuccess = () => resolve(request.result)
      }))
    database.close()
  }
  const own = [...Object.keys(localStorage), ...Object.keys(sessionStorage)]
  return { rows, own, caches: await caches.keys() }
}"""


def test_one_press_forgets_all_that_the_browser_kept(
    open_page: OpenPage, functions: Functions, page_site: StaticSite, new_context: NewContext
) -> None:
    page_site.settings = replace(page_site.settings, access_code=Secret("open sesame"))
    functions.states(completed())
    context = new_context()
    other = open_page(context=context)
    other.evaluate("() => sessionStorage.setItem('videogen-access-code', 'open sesame')")
    page = open_page(context=context)
    fill(page)
    page.get_by_label("Access code").fill("open sesame")
    page.get_by_label("Remember it on this device").check()
    page.get_by_role("button", name="Generate").click()
    expect(headline(page)).to_have_text("Your video is ready")
    assert page.evaluate(KEPT)["own"] == ["videogen-access-code", "videogen-access-code"]

    page.get_by_role("button", name="Forget everything on this device").click()
    assert axe_violations(page) == []
    page.get_by_role("button", name="Forget everything", exact=True).click()

    expect(page.get_by_text("This device has forgotten everything.")).to_be_visible()
    for tab in (page, other):
        expect(headline(tab)).to_have_text("Make a photo move.")
        expect(tab.get_by_label("Access code")).to_have_value("")
        assert history(tab) == []
        assert tab.url == page_site.url + "/"
        assert tab.evaluate("() => Object.keys(sessionStorage)") == []
    assert page.evaluate(KEPT) == {"rows": [0, 0, 0, 0], "own": [], "caches": []}


def test_what_was_not_forgotten_is_said(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Your video is ready")
    page.evaluate("() => { caches.keys = () => Promise.reject(new DOMException('', 'SecurityError')) }")

    page.get_by_role("button", name="Forget everything on this device").click()
    page.get_by_role("button", name="Forget everything", exact=True).click()

    expect(page.get_by_text("This browser did not remove everything.")).to_be_visible()
    assert "forgotten" not in page.url


def test_a_browser_that_keeps_nothing_still_makes_videos(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page()
    page.add_init_script("Object.defineProperty(window, 'indexedDB', { get() { throw new Error('no') } })")
    page.reload()
    generate(page)
    expect(page.get_by_text("This browser does not let the page keep anything.")).to_be_visible()
    expect(headline(page)).to_have_text("Your video is ready")


def test_where_the_rest_of_the_page_cannot_be_loaded_nothing_is_sent_and_nothing_lost(
    open_page: OpenPage, functions: Functions
) -> None:
    page = open_page()
    page.route("**/app/jobs_page.js", lambda route: route.fulfill(status=503, body="gone"))
    fill(page)
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Part of the page did not load, so nothing was sent")).to_be_visible()
    expect(page.get_by_label("What happens in the video?")).to_have_value("The light turns to gold.")
    assert functions.starts == []


ALL_IS_KEPT = """async () => {
  const cache = await caches.open('videogen-page')
  const loaded = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)
  const wanted = ['/', ...loaded.filter(path => path.startsWith('/app/'))]
  return (await Promise.all(wanted.map(path => cache.match(path)))).every(Boolean)
}"""


def test_a_reload_without_a_network_still_shows_where_the_jobs_stand(
    new_context: NewContext, functions: Functions
) -> None:
    site = StaticSite()
    page = new_context().new_page()
    functions.states(RENDERING)
    functions.attach(page)
    page.goto(site.url)
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    wait_until(page, lambda: page.evaluate(ALL_IS_KEPT))
    site.stop()
    page.reload()
    expect(headline(page)).to_have_text("Making your video")
    expect(page.get_by_role("img", name="Your photo", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Your videos")).to_contain_text("Rendering")
