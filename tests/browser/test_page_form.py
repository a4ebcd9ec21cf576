"""The form by hand: reachable, reordered, pasted into, dropped on, and what it shows while it is empty."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from support.page_under_test import (
    JOB_ID,
    ROOT,
    axe_violations,
    completed,
    fill,
    generate,
    headline,
    photo,
    upload,
    wait_until,
)
from videogen.settings import Model, Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from support.page_under_test import Functions, StaticSite

    OpenPage = Callable[..., Page]

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
# What programs put into a clipboard or a drag, by type; `picture` is a file.
TRANSFER = """([event, selector, kinds, base64]) => {
  const data = new DataTransfer()
  for (const [type, text] of Object.entries(kinds)) {
    if (type !== 'picture') data.setData(type, text)
    else {
      const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0))
      data.items.add(new File([bytes], 'pasted.jpg', { type: 'image/jpeg' }))
    }
  }
  const options = { bubbles: true, cancelable: true }
  const happened = event === 'paste'
    ? new ClipboardEvent('paste', { ...options, clipboardData: data })
    : new DragEvent(event, { ...options, dataTransfer: data })
  document.querySelector(selector).dispatchEvent(happened)
  return happened.defaultPrevented
}"""
HTML = "<img src='https://example.org/lake.jpg'>"


def transfer(page: Page, event: str, selector: str, kinds: dict[str, str]) -> bool:
    """Paste or drop on an element; return whether the page kept it from the browser."""
    picture = base64.b64encode(photo(320, 240)).decode()
    return bool(page.evaluate(TRANSFER, [event, selector, kinds, picture]))


def names(page: Page) -> list[str]:
    """Return the names of the photos in the strip, in order."""
    images = page.get_by_role("list", name="Photos").locator("img")
    return [str(image.get_attribute("alt")).removeprefix("Your photo ") for image in images.all()]


@pytest.mark.parametrize("photos", [0, 4])
def test_generate_is_in_sight_on_a_phone_with_its_price(
    open_page: OpenPage, page_site: StaticSite, photos: int
) -> None:
    page_site.settings = replace(page_site.settings, models=(Model("blackboxai/google/veo-3-fast", 0.8),))
    page = open_page(**PHONE)
    if photos:
        fill(page, photos=[photo(320, 240)] * photos)
    page.evaluate("() => scrollTo(0, 0)")
    for part in (page.get_by_role("button", name="Generate"), page.get_by_text("US$0.80 for this video.")):
        box = part.bounding_box()
        assert box is not None
        assert 0 <= box["y"] <= 740 - box["height"]
    assert axe_violations(page) == []


def test_fingers_find_targets_of_44_pixels(open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    fill(page, photos=[photo(320, 240), photo(240, 320)])
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, a.button, label.button, .segment, select, textarea')]
          .filter(one => one.checkVisibility())
          .map(one => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
          .filter(([, box]) => box.width < 44 || box.height < 43.9)
          .map(([html]) => html)"""
    )
    assert small == []


def test_characters_are_counted_when_it_matters(open_page: OpenPage) -> None:
    page = open_page()
    text = page.get_by_label("What happens in the video?")
    for length, shown in ((10, ""), (1_499, ""), (1_500, "1,500 of 2,000 characters"), (20, "")):
        text.fill("x" * length)
        expect(page.locator("#prompt-count")).to_have_text(shown)


@pytest.mark.parametrize("key", ["Control+Enter", "Meta+Enter"])
def test_control_or_command_and_enter_generates(open_page: OpenPage, functions: Functions, key: str) -> None:
    page = open_page()
    fill(page)
    page.get_by_label("What happens in the video?").press("Enter")
    assert functions.starts == []
    page.get_by_label("What happens in the video?").press(key)
    wait_until(page, lambda: len(functions.starts) == 1)


def three_photos(page: Page) -> None:
    page.get_by_label("Choose photos").set_input_files(
        [upload(photo(320 + 32 * number, 240), f"{number}.jpg") for number in (1, 2, 3)]
    )
    expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(3)


def test_photos_are_reordered_by_the_arrow_keys(open_page: OpenPage) -> None:
    page = open_page()
    three_photos(page)
    page.get_by_role("button", name="Use as start frame: 3.jpg").focus()
    page.keyboard.press("ArrowLeft")
    assert names(page) == ["1.jpg", "3.jpg", "2.jpg"]
    expect(page.get_by_role("status").filter(has_text="3.jpg is now photo 2 of 3.")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    assert names(page) == ["3.jpg", "1.jpg", "2.jpg"]
    expect(page.get_by_role("button", name="Start frame: 3.jpg", exact=True)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert names(page) == ["1.jpg", "2.jpg", "3.jpg"]


def test_photos_are_reordered_by_dragging(open_page: OpenPage) -> None:
    page = open_page()
    three_photos(page)
    boxes = [tile.bounding_box() for tile in page.locator(".tile").all()]
    (first, last) = (boxes[0], boxes[2])
    assert first is not None
    assert last is not None
    page.mouse.move(first["x"] + 20, first["y"] + 20)
    page.mouse.down()
    page.mouse.move(last["x"] + 20, last["y"] + 20, steps=8)
    page.mouse.up()
    assert names(page) == ["2.jpg", "3.jpg", "1.jpg"]
    # The click that ends a drag makes no start frame; the next one does.
    page.locator(".tile").nth(2).click()
    assert names(page) == ["1.jpg", "2.jpg", "3.jpg"]


# --- pasted and dropped ------------------------------------------------------------------------------------


PASTED: list[tuple[str, dict[str, str], bool]] = [
    ("#prompt", {"text/plain": "A boat.", "text/html": "<p>A boat.", "picture": ""}, False),
    ("#prompt", {"text/plain": "A boat.", "text/rtf": "{A boat.}", "picture": ""}, False),
    ("#code", {"text/plain": "3\t4", "text/html": "<table>", "picture": ""}, False),
    ("#prompt", {"text/plain": "A boat."}, False),
    ("#prompt", {"picture": ""}, True),
    ("#prompt", {"text/html": HTML, "picture": ""}, True),
    ("#prompt", {"text/plain": " \n", "picture": ""}, True),
    ("body", {"text/plain": "A boat.", "picture": ""}, True),
]
"""Where, what, and whether it becomes a photo."""


def test_in_a_text_field_text_wins_over_its_picture(open_page: OpenPage, page_site: StaticSite) -> None:
    page_site.settings = replace(page_site.settings, access_code=Secret("open sesame"))
    page = open_page()
    taken = [transfer(page, "paste", selector, kinds) for selector, kinds, _ in PASTED]
    assert taken == [is_photo for _, _, is_photo in PASTED]
    expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(sum(taken))


DROPPED = [
    {"text/uri-list": "https://example.org/lake.jpg", "text/html": HTML},
    {"text/uri-list": "https://example.org/"},
    {"text/plain": "https://example.org/lake.jpg"},
    {"text/html": HTML},
    {"text/x-moz-url": "https://example.org/\nA page"},
]


def test_what_is_no_file_is_not_opened_in_the_pages_place(open_page: OpenPage) -> None:
    page = open_page()
    url = page.url
    notice = page.get_by_text("Only picture files can be dropped here.")
    for kinds in DROPPED:
        assert transfer(page, "dragover", ".desk", kinds)
        assert transfer(page, "drop", ".desk", kinds)
        expect(notice).to_be_visible()
        notice.click()  # takes it away
        expect(notice).to_be_hidden()
    assert page.url == url
    expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(0)


@pytest.mark.parametrize("what", ["text", "link", "picture"])
def test_what_is_dragged_within_the_page_is_nobodys_photo(
    open_page: OpenPage, functions: Functions, what: str
) -> None:
    functions.states(completed())
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Your video is ready")
    card = page.get_by_role("region", name="Your videos").get_by_role("link").first
    dragged = {"text": headline(page), "link": card, "picture": card.locator("img")}[what]
    if what == "text":
        dragged.select_text()
    dragged.drag_to(page.get_by_text("Details"))
    assert not page.get_by_text("Only picture files can be dropped here.").is_visible()
    assert names(page) == []
    assert page.locator(".is-dropping").count() == 0
    expect(headline(page)).to_have_text("Your video is ready")


def test_text_dropped_on_the_text_goes_into_it(open_page: OpenPage) -> None:
    page = open_page()
    assert not transfer(page, "dragover", "#prompt", {"text/plain": "A boat."})
    assert not transfer(page, "drop", "#prompt", {"text/plain": "A boat."})
    assert transfer(page, "drop", "#prompt", {"picture": ""})
    expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(1)


# --- the empty form ----------------------------------------------------------------------------------------


def test_the_empty_form_shows_what_will_happen(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.get_by_text("Your photo becomes a short video in one to three minutes.")).to_be_visible()
    example = page.locator("video.example")
    expect(example).to_be_visible()
    page.wait_for_function("() => document.querySelector('.example').currentTime > 0.1")
    assert example.evaluate("video => Math.round(video.duration)") == 3
    assert (ROOT / "public/example.mp4").stat().st_size < 60_000
    fill(page)
    expect(example).to_be_hidden()


def test_who_follows_a_link_to_a_video_loads_no_example(
    open_page: OpenPage, functions: Functions, new_context: Callable[..., BrowserContext]
) -> None:
    functions.states(completed())
    context = new_context(service_workers="block")
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = open_page(f"/#{JOB_ID}", context=context)
    expect(page.locator("video.is-there")).to_be_visible()
    assert [url for url in asked if "example" in url] == []
    page.get_by_role("link", name="Make your own").click()
    wait_until(page, lambda: any("example" in url for url in asked))


@pytest.mark.parametrize("wish", ["motion", "data", "header"])
def test_who_spares_data_or_motion_loads_no_example(open_page: OpenPage, wish: str) -> None:
    page = open_page(**({"reduced_motion": "reduce"} if wish == "motion" else {}))
    if wish == "data":
        page.add_init_script(
            "const real = matchMedia; window.matchMedia = query =>"
            " query.includes('reduced-data') ? { matches: true } : real.call(window, query)"
        )
    elif wish == "header":
        page.add_init_script(
            "Object.defineProperty(Navigator.prototype, 'connection', { get: () => ({ saveData: true }) })"
        )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.get_by_text("Drop a photo here")).to_be_visible()
    expect(page.locator("video")).to_have_count(0)
    assert not [url for url in asked if "example" in url]


# --- on a phone, where the button is always at hand --------------------------------------------------------


def is_above_the_bar(page: Page, text: str) -> None:
    """Wait until a text is in sight, all of it above the bar with the button."""
    shown = page.get_by_text(text)
    expect(shown).to_be_in_viewport(ratio=1)
    bottom = "one => one.getBoundingClientRect().bottom"
    top = page.locator(".generate").evaluate("bar => bar.getBoundingClientRect().top")
    assert shown.evaluate(bottom) <= top


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_on_a_phone_a_refused_photo_is_told_in_sight(open_page: OpenPage, language: str) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, locale=language)
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
    page.locator("#photos").set_input_files([upload(heic, "IMG_2041.HEIC", "image/heic")])
    is_above_the_bar(page, "IMG_2041.HEIC")


def test_on_a_phone_a_notice_leaves_the_button_free(open_page: OpenPage, page_site: StaticSite) -> None:
    models = (Model("blackboxai/google/veo-3-fast", 0.8),)
    page_site.settings = replace(page_site.settings, models=models)
    page = open_page(viewport={"width": 360, "height": 740}, locale="de-DE")
    page.locator("#photos").set_input_files([upload(photo(320, 240))])
    expect(page.get_by_role("list", name="Fotos").get_by_role("img")).to_have_count(1)
    page.locator("#prompt").fill("Wind.")
    page.reload()
    is_above_the_bar(page, "sind wieder da.")
