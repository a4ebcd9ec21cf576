"""The page in browsers that deny it things, take them away or have the wrong time: the video comes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from support.page_under_test import (
    JOB_ID,
    Answer,
    Complaints,
    chromium_path,
    completed,
    expect_video,
    failed,
    fill,
    generate,
    headline,
    photo,
    status,
    visit,
    wait_until,
)
from videogen.settings import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page, Playwright, Route

    from support.dev_site import DevSite
    from support.page_under_test import Functions, StaticSite

    OpenPage = Callable[..., Page]
    NewContext = Callable[..., BrowserContext]

RENDERING = status("processing", stage="rendering", pollAfterMs=200)
READY = "Your video is ready"
UNPLAYABLE = "This browser cannot play the video. Download it to watch it."

THROW = "() => { throw new DOMException('denied', 'SecurityError') }"
REJECT = "async () => { throw new DOMException('denied', 'SecurityError') }"
FULL = "() => { throw new DOMException('full', 'QuotaExceededError') }"
SILENT = """
  IDBFactory.prototype.open = () => ({})
  IDBFactory.prototype.databases = () => new Promise(() => {})
"""
NO_CHANNEL = """
  window.BroadcastChannel = class { constructor() { throw new DOMException('denied', 'SecurityError') } }
"""


def getter(owner: str, name: str) -> str:
    """Return a script after which even to look at a feature is denied."""
    return f"Object.defineProperty({owner}, '{name}', {{ get: {THROW} }})"


DENIALS = {
    "locks reject": f"if (window.LockManager) LockManager.prototype.request = {REJECT}",
    "locks throw": f"if (window.LockManager) LockManager.prototype.request = {THROW}",
    "locks": getter("Navigator.prototype", "locks"),
    "database": getter("window", "indexedDB"),
    "database is silent": SILENT,
    "database is full": f"IDBObjectStore.prototype.put = {FULL}",
    "localStorage": getter("window", "localStorage"),
    "channel": NO_CHANNEL,
    "caches": getter("window", "caches"),
    "service worker": getter("Navigator.prototype", "serviceWorker"),
    "FileReader, by Lockdown Mode": "delete window.FileReader",
}


@pytest.mark.parametrize("denied", [*DENIALS, "all of these"])
def test_one_start_and_a_video_where_it_is_denied(
    new_context: NewContext, open_page: OpenPage, functions: Functions, denied: str
) -> None:
    context = new_context(service_workers="allow")
    scripts = DENIALS.values() if denied == "all of these" else [DENIALS[denied]]
    for script in scripts:
        context.add_init_script(script)
    functions.states(status("queued"), RENDERING, completed())
    page = open_page(context=context)
    generate(page)
    expect(headline(page)).to_have_text(READY)
    assert len(functions.starts) == 1


@pytest.fixture
def without_cookies(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """Yield a browser whose own setting blocks cookies, and with them all storage."""
    preferences = tmp_path / "Default/Preferences"
    preferences.parent.mkdir()
    settings = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    preferences.write_text(json.dumps(settings))
    context = playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=chromium_path(playwright), locale="en-GB"
    )
    complaints = Complaints()
    context.on("page", complaints.watch)
    yield context
    context.close()
    assert complaints.found == []


def test_with_cookies_blocked_the_video_comes_and_is_bought_once(
    dev_site: DevSite, without_cookies: BrowserContext
) -> None:
    bought = len(dev_site.ledger())
    page = visit(without_cookies, dev_site.url)
    denied = page.evaluate("() => { try { localStorage.length; return false } catch { return true } }")
    assert denied, "the setting holds"
    generate(page, photos=[photo(320, 240)])
    expect_video(page)
    assert len(dev_site.ledger()) - bought == 1


NO_STORAGE = f"{getter('window', 'localStorage')}; {getter('window', 'sessionStorage')}"


def test_what_the_person_gave_holds_for_the_page_where_nothing_can_be_kept(
    new_context: NewContext, open_page: OpenPage, page_site: StaticSite, functions: Functions
) -> None:
    page_site.settings = replace(page_site.settings, access_code=Secret("sesame"))
    context = new_context(service_workers="block")
    context.add_init_script(NO_STORAGE)
    context.add_init_script("""
      window.Notification = class {
        static permission = 'default'
        static requestPermission = async () => (this.permission = 'granted')
      }
    """)
    functions.states(RENDERING)
    page = open_page(context=context)
    page.get_by_label("Access code").fill("sesame")
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    assert functions.codes == ["sesame"]
    page.get_by_role("button", name="Tell me when it is ready").click()
    expect(page.get_by_text("You will be told when it is ready, while this page is open.")).to_be_visible()


def test_another_language_that_cannot_be_kept_costs_nothing_of_the_form(
    new_context: NewContext, open_page: OpenPage
) -> None:
    context = new_context(service_workers="block")
    context.add_init_script(NO_STORAGE)
    context.add_init_script(getter("window", "indexedDB"))
    page = open_page(context=context)
    fill(page)
    page.get_by_label("Language").select_option("Deutsch")
    expect(page.get_by_text("This browser does not let the page keep anything.")).to_be_visible()
    expect(page.get_by_label("Language")).to_have_value("en")
    expect(page.get_by_label("What happens in the video?")).to_have_value("The light turns to gold.")
    expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(1)


FULL_FOR_PHOTOS = f"""
  const put = IDBObjectStore.prototype.put
  const full = {FULL}
  IDBObjectStore.prototype.put = function (...what) {{
    return this.name === 'draftPhotos' ? full() : put.apply(this, what)
  }}
"""

KEPT_TEXTS = """() => new Promise(resolve => {
  indexedDB.open('videogen').onsuccess = ({ target }) => {
    const all = target.result.transaction('drafts').objectStore('drafts').getAll()
    all.onsuccess = () => resolve(all.result.map(({ prompt }) => prompt))
  }
})"""


def test_photos_that_could_not_be_kept_are_asked_for_again(
    new_context: NewContext, open_page: OpenPage
) -> None:
    context = new_context(service_workers="block")
    context.add_init_script(FULL_FOR_PHOTOS)
    page = open_page(context=context)
    fill(page)
    wait_until(page, lambda: page.evaluate(KEPT_TEXTS) == ["The light turns to gold."])
    page.reload()
    expect(page.get_by_text("The photos are no longer in this browser. Please add them")).to_be_visible()
    expect(page.get_by_label("What happens in the video?")).to_have_value("The light turns to gold.")


# What Safari before 17.4 and Chrome before 103 lack.
OLDER = "delete AbortSignal.timeout; delete Element.prototype.checkVisibility"


def test_in_an_older_browser_the_video_comes(
    new_context: NewContext, open_page: OpenPage, functions: Functions
) -> None:
    context = new_context(service_workers="block")
    context.add_init_script(OLDER)
    functions.states(RENDERING)
    page = open_page(context=context)
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    page.get_by_role("button", name="Cancel").focus()
    functions.states(completed())
    expect(headline(page)).to_have_text(READY)
    expect(headline(page)).to_be_focused()


# --- storage that goes while a job runs ---------------------------------------------------------------------

KEEP_CONNECTIONS = """
  window.connections = []
  const open = IDBFactory.prototype.open
  IDBFactory.prototype.open = function (...arguments_) {
    if (window.isCut) throw new DOMException('gone', 'UnknownError')
    const request = open.apply(this, arguments_)
    request.addEventListener('success', () => window.connections.push(request.result))
    return request
  }
"""


def clear_data(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    origin = page.evaluate("() => location.origin")
    session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})


CUTS: dict[str, Callable[[Page], Any]] = {
    "cut, and open again": lambda page: page.evaluate("() => connections.forEach(one => one.close())"),
    "cut for good": lambda page: page.evaluate(
        "() => { window.isCut = true; connections.forEach(one => one.close()) }"
    ),
    "taken by a newer version": lambda page: page.evaluate(
        "() => new Promise(resolve => { indexedDB.open('videogen', 99).onsuccess = resolve })"
    ),
    "deleted": lambda page: page.evaluate(
        "() => new Promise(resolve => { indexedDB.deleteDatabase('videogen').onsuccess = resolve })"
    ),
    "full": lambda page: page.evaluate(
        "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError') } }"
    ),
    "cleared by the person": clear_data,
}


@pytest.mark.parametrize("cut", CUTS)
def test_storage_that_goes_while_a_job_runs_does_not_stop_it(
    open_page: OpenPage, new_context: NewContext, functions: Functions, cut: str
) -> None:
    context = new_context(service_workers="block")
    context.add_init_script(KEEP_CONNECTIONS)
    functions.states(RENDERING)
    page = open_page(context=context)
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    CUTS[cut](page)
    asked = len(functions.polls)
    wait_until(page, lambda: len(functions.polls) >= asked + 3)
    functions.states(completed())
    expect(headline(page)).to_have_text(READY)
    assert len(functions.starts) == 1


# --- clocks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [1, -1, 48, -48])
def test_a_wrong_clock_does_not_make_the_page_ask_for_ever(
    open_page: OpenPage, new_context: NewContext, functions: Functions, hours: int
) -> None:
    now = datetime.now(UTC)
    functions.states(completed(videoUrlExpiresAt=(now + timedelta(hours=1)).isoformat()))
    context = new_context(service_workers="block")
    context.clock.install(time=now + timedelta(hours=hours))
    page = open_page(f"/#{JOB_ID}", context=context)
    expect(headline(page)).to_have_text("A photo that moves")
    page.clock.run_for(30_000)
    assert len(functions.polls) == 1
    page.clock.fast_forward(3_600_000)
    wait_until(page, lambda: len(functions.polls) >= 2)


# --- a video that does not play -----------------------------------------------------------------------------


def garbage(route: Route) -> None:
    route.fulfill(status=200, content_type="video/mp4", body=b"\0\0\0\x18ftypmp42" + bytes(4000))


def forbidden(route: Route) -> None:
    route.fulfill(status=403, content_type="application/xml", body="<Error/>")


def cut_off(route: Route) -> None:
    route.abort("connectionreset")


@pytest.mark.parametrize("answer", [garbage, forbidden, cut_off])
def test_a_video_that_does_not_play_gets_one_new_link_and_a_sentence(
    open_page: OpenPage, new_context: NewContext, functions: Functions, answer: Callable[[Route], None]
) -> None:
    functions.states(*(completed(videoUrl=f"/clip.mp4?{link}") for link in range(20)))
    context = new_context(service_workers="block")
    fetched: list[str] = []

    def fetch(route: Route) -> None:
        fetched.append(route.request.url)
        answer(route)

    context.route("**/clip.mp4?*", fetch)
    context.clock.install()
    page = open_page(f"/#{JOB_ID}", context=context)
    expect(page.get_by_text(UNPLAYABLE)).to_be_visible()
    page.clock.run_for(30_000)
    assert len(functions.polls) == 2
    assert len(fetched) <= 4
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    expect(page.locator("video:not(.example)")).to_have_count(0)
    # Of another's photo there is nothing to show in its place.
    expect(page.get_by_role("article").get_by_role("figure")).to_have_count(0)


# --- what is said of money ----------------------------------------------------------------------------------

NOT_BOUGHT = "Nothing has been bought yet."


def test_not_bought_is_said_only_just_after_an_answer(open_page: OpenPage, functions: Functions) -> None:
    functions.states(status("queued", pollAfterMs=49_623))
    page = open_page()
    page.clock.install()
    generate(page)
    expect(page.get_by_text(NOT_BOUGHT)).to_be_visible()
    page.clock.run_for(2_000)
    expect(page.get_by_text(NOT_BOUGHT)).to_have_count(0)


def test_the_cancel_dialog_asks_first_and_closes_at_the_end(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(status("queued", pollAfterMs=49_623))
    page = open_page()
    page.clock.install()
    generate(page)
    expect(headline(page)).to_have_text("In the queue")
    page.clock.run_for(10_000)
    functions.status = [Answer(200, status("processing", stage="rendering", pollAfterMs=60_000))]
    page.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).not_to_contain_text(NOT_BOUGHT)
    page.clock.run_for(1_000)
    expect(dialog).to_contain_text("may still be charged")

    functions.states(completed())
    page.clock.run_for(62_000)
    expect(dialog).to_have_count(0)
    expect(headline(page)).to_have_text("Your video is ready")
    expect(headline(page)).to_be_focused()
    assert functions.cancels == []


def test_it_appears_here_is_said_only_while_the_page_asks(open_page: OpenPage, functions: Functions) -> None:
    end = failed("outcome_unknown", "unknown")
    functions.states(end)
    page = open_page()
    generate(page)
    expect(page.get_by_text("gave no clear answer")).to_be_visible()
    expect(page.get_by_text("it appears here")).to_have_count(0)
    functions.states(end | {"pollAfterMs": 60_000})
    page.reload()
    expect(page.get_by_text("If the video still arrives, it appears here.")).to_be_visible()
