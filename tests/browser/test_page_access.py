"""The page for everybody: by keyboard, by screen reader, small and large, both directions, calm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from support.page_under_test import (
    JOB_ID,
    axe_violations,
    completed,
    failed,
    fill,
    generate,
    headline,
    photo,
    status,
    stop_clock,
    upload,
    wait_until,
)
from videogen.settings import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, FileChooser, Page

    from support.page_under_test import Functions, StaticSite

    OpenPage = Callable[..., Page]

RENDERING = status("processing", stage="rendering", pollAfterMs=60_000)
STATES = {"rendering": RENDERING, "completed": completed(), "failed": failed("provider_busy")}
STAMPS = {"rendering": "Rendering", "completed": "Ready", "failed": "Failed"}
TOLD = [["Your video is ready", "The light turns to gold."]]
LONGEST_LINE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select, textarea, label.button')]
  .filter(one => one.checkVisibility() && !one.matches('.visually-hidden, .skip, .facts a'))
  .map(one => [one.closest('.segment') ?? one, one])
  .map(([target, one]) => [one.outerHTML.slice(0, 80), target.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([html]) => html)"""

MISSED_TILES = """() => [...document.querySelectorAll('.tile, .tile-remove')].filter(one => {
  one.scrollIntoView({ block: 'center' })
  const { left, right, top, bottom } = one.getBoundingClientRect()
  // Its own cross covers the upper end of a tile.
  const y = one.matches('.tile') ? bottom - 8 : (top + bottom) / 2
  return document.elementFromPoint((left + right) / 2, y)?.closest('button') !== one
}).map(one => one.getAttribute('aria-label'))"""


def focus_by_tab(page: Page, name: str, *, role: str | None = None) -> None:
    """Press Tab until the control of this accessible name has the focus."""
    wanted = page.get_by_role(role, name=name) if role else page.get_by_label(name)  # type: ignore[arg-type]  # a role by its name
    for _ in range(40):
        page.keyboard.press("Tab")
        if wanted.evaluate_all("all => all.includes(document.activeElement)"):
            return
    raise AssertionError(f"{name} was not reached by Tab")


def test_the_whole_way_by_keyboard_alone(open_page: OpenPage, functions: Functions) -> None:
    functions.states(status("queued"), RENDERING | {"pollAfterMs": 20}, completed())
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    # Listened for from here on: the browser needs a moment before it hands choosers to a test.
    choosers: list[FileChooser] = []
    page.on("filechooser", lambda chooser: choosers.append(chooser))  # noqa: PLW0108 - takes no builtin
    focus_by_tab(page, "Choose photos")
    page.keyboard.press("Enter")
    wait_until(page, lambda: len(choosers) == 1)
    choosers[0].set_files([upload(photo())])
    focus_by_tab(page, "What happens in the video?")
    page.keyboard.type("The light turns to gold.")
    focus_by_tab(page, "Wide 16:9")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Tall 9:16")).to_be_checked()
    focus_by_tab(page, "Generate", role="button")
    page.keyboard.press("Enter")
    expect(headline(page)).to_be_focused()
    expect(headline(page)).to_have_text("Your video is ready")
    focus_by_tab(page, "Download", role="link")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.matches('.more summary')"):
            break
    page.keyboard.press("Enter")
    focus_by_tab(page, "Delete …", role="button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("article").get_by_role("button", name="Delete …")).to_be_focused()


def test_the_focus_is_seen_and_never_lost_when_its_button_goes(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(RENDERING | {"pollAfterMs": 50})
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    focus_by_tab(page, "Cancel", role="button")
    assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
    functions.states(completed())
    expect(headline(page)).to_have_text("Your video is ready")
    expect(headline(page)).to_be_focused()


def test_the_form_as_a_screen_reader_finds_it(open_page: OpenPage) -> None:
    expect(open_page().get_by_role("form", name="New video")).to_match_aria_snapshot("""
      - form "New video":
        - heading "Make a photo move." [level=1]
        - paragraph: Your photo becomes a short video in one to three minutes.
        - figure
        - button "Choose photos"
        - paragraph: Up to 4 photos.
        - textbox "What happens in the video?"
        - list "Camera":
          - listitem:
            - button "Push in"
        - list "Ideas":
          - listitem:
            - button "Living portrait"
        - group "Shape":
          - radio "Wide 16:9" [checked]
          - radio "Tall 9:16"
        - button "Generate"
    """)


def test_the_wait_as_a_screen_reader_finds_it(open_page: OpenPage, functions: Functions) -> None:
    functions.states(RENDERING)
    page = open_page()
    generate(page)
    expect(page.get_by_role("article")).to_match_aria_snapshot("""
      - article:
        - figure:
          - img "Your photo"
        - heading "Making your video" [level=1]
        - list "Progress":
          - listitem: Uploading (done)
          - listitem: Queued (done)
          - listitem: Rendering
          - listitem: Saving
        - paragraph:
          - timer "Elapsed": /0:2\\d/
          - text: /left/
        - paragraph: /You can close this page/
        - button "Share"
        - button "Cancel"
        - paragraph: The light turns to gold.
    """)


def test_the_result_as_a_screen_reader_finds_it(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page()
    generate(page)
    expect(page.get_by_role("article")).to_match_aria_snapshot("""
      - article:
        - figure
        - heading "Your video is ready" [level=1]
        - paragraph: Made in 1:07.
        - paragraph: Kept until 20 Dec 2026.
        - link "Download"
        - button "Share"
        - button "Continue"
        - button "Another take"
        - paragraph: The light turns to gold.
    """)


@pytest.mark.parametrize(
    ("theme", "state"), [("dark", "rendering"), ("light", "completed"), ("dark", "failed")]
)
def test_no_violation_on_a_phone_in_either_theme(
    open_page: OpenPage, functions: Functions, theme: str, state: str
) -> None:
    functions.states(STATES[state])
    page = open_page(
        viewport={"width": 390, "height": 844}, color_scheme=theme, has_touch=True, is_mobile=True
    )
    fill(page, photos=[photo(), photo(800, 1200)])
    expect(page.get_by_title("Take a photo")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("region", name="Your videos")).to_contain_text(STAMPS[state])
    assert axe_violations(page) == []


# 320 pixels are also what a window of 1280 has at 400 % zoom (WCAG 1.4.10).
WIDTHS = (320, 360, 768, 1280, 3840)


def cut_off(page: Page) -> dict[int, int]:
    """Return by how many pixels the page is too wide, for each width where it is."""
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        found[width] = page.evaluate(LONGEST_LINE)
    return {width: pixels for width, pixels in found.items() if pixels > 0}


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_nothing_is_cut_off_at_any_width(open_page: OpenPage, functions: Functions, language: str) -> None:
    functions.states(RENDERING)
    page = open_page(locale=language)
    assert cut_off(page) == {}
    page.locator("#photos").set_input_files([upload(photo()), upload(photo(600, 900), "tall.jpg")])
    page.locator("#prompt").fill("https://example.org/" + "a" * 200)
    page.locator("button[type=submit]").click()
    expect(page.get_by_role("timer")).to_be_visible()
    assert cut_off(page) == {}
    page.locator(".new-video").click()
    page.locator("#photos").set_input_files([upload(photo()), upload(photo(600, 900), "tall.jpg")])
    assert cut_off(page) == {}


@pytest.mark.parametrize("letters", ["100%", "200%"])
def test_a_small_phone_has_room_whatever_the_letters(
    open_page: OpenPage, functions: Functions, letters: str
) -> None:
    functions.states(completed())
    small = {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True}
    page = open_page(locale="de-DE", **small)
    page.evaluate("size => { document.documentElement.style.fontSize = size }", letters)
    assert page.evaluate(LONGEST_LINE) <= 0
    tiles = page.get_by_role("list", name="Fotos").get_by_role("img")
    for number in range(4):
        page.locator("#photos").set_input_files([upload(photo(320, 240), f"{number}.jpg")])
        expect(tiles).to_have_count(number + 1)
        assert page.evaluate(LONGEST_LINE) <= 0
        assert page.evaluate(MISSED_TILES) == []
    page.locator("#prompt").fill("Wind " * 20)
    page.locator("button[type=submit]").tap()
    expect(headline(page)).to_have_text("Dein Video ist fertig")
    assert page.evaluate(LONGEST_LINE) <= 0
    width = "one => one.getBoundingClientRect().width"
    card, text = page.locator(".card-link"), page.locator(".card-prompt")
    assert text.evaluate(width) >= 0.4 * card.evaluate(width)


def test_the_notice_of_a_job_with_a_long_text_leaves_the_page_in_sight(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(RENDERING | {"pollAfterMs": 200})
    page = open_page(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    generate(page, prompt="The light turns to gold. " * 75)
    expect(headline(page)).to_have_text("Making your video")
    page.get_by_role("link", name="New video").tap()
    functions.states(completed())
    notice = page.get_by_role("status").get_by_role("link", name="Ready: The light turns to gold.")
    expect(notice).to_be_visible()
    assert notice.evaluate("one => one.getBoundingClientRect().height") < 100


def test_every_target_is_large_enough_to_hit(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page(viewport={"width": 320, "height": 700})
    fill(page, photos=[photo(320, 240), photo(240, 320)])
    assert page.evaluate(SMALL_TARGETS) == []
    page.get_by_role("button", name="Generate").click()
    expect(headline(page)).to_have_text("Your video is ready")
    assert page.evaluate(SMALL_TARGETS) == []


def test_the_page_speaks_the_browsers_language_or_the_chosen_one(open_page: OpenPage) -> None:
    page = open_page(locale="de-AT")
    expect(headline(page)).to_have_text("Bring ein Foto in Bewegung.")
    assert page.evaluate("() => document.documentElement.lang") == "de"
    assert page.title() == "videogen: ein Foto bewegt sich"
    assert axe_violations(page) == []
    page.get_by_label("Sprache").select_option("English")
    expect(headline(page)).to_have_text("Make a photo move.")
    page.reload()
    expect(headline(page)).to_have_text("Make a photo move.")


@pytest.mark.parametrize("is_remembered", [False, True])
def test_another_language_keeps_the_form_and_its_access_code(
    open_page: OpenPage, page_site: StaticSite, *, is_remembered: bool
) -> None:
    page_site.settings = replace(page_site.settings, access_code=Secret("open sesame"))
    page = open_page()
    fill(page)
    page.get_by_label("Access code").fill("open ses")
    page.get_by_label("Remember it on this device").set_checked(is_remembered)
    page.get_by_label("Language").select_option("Deutsch")
    expect(page.get_by_label("Was passiert im Video?")).to_have_value("The light turns to gold.")
    expect(page.get_by_label("Zugangscode")).to_have_value("open ses")
    expect(page.get_by_label("Auf diesem Gerät merken")).to_be_checked(checked=is_remembered)


TRANSLATE = """() => {
  const texts = [...document.querySelectorAll('h1, .details p, .stage-name + span, .actions button')]
  for (const one of texts) {
    const font = document.createElement('font')
    font.textContent = 'Übersetzt'
    one.replaceChildren(font)
  }
  return texts.length
}"""


def test_what_the_browser_translates_stays_translated_until_it_says_something_else(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(RENDERING | {"pollAfterMs": 200})
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    translated = page.evaluate(TRANSLATE)
    polls = len(functions.polls)
    wait_until(page, lambda: len(functions.polls) > polls + 2)
    assert page.get_by_text("Übersetzt").count() == translated
    functions.states(completed())
    expect(headline(page)).to_have_text("Your video is ready")


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ("['en-US@posix']", "Make a photo move."),
        ("['de-DE-x', 'en']", "Bring ein Foto in Bewegung."),
        ("['de_DE']", "Bring ein Foto in Bewegung."),
        ("['toString', 'constructor', '']", "Make a photo move."),
        ("undefined", "Make a photo move."),
    ],
)
def test_a_language_that_is_none_leaves_no_blank_page(
    new_context: Callable[..., BrowserContext],
    open_page: OpenPage,
    functions: Functions,
    languages: str,
    expected: str,
) -> None:
    context = new_context(service_workers="block")
    context.add_init_script(
        f"Object.defineProperty(Navigator.prototype, 'languages', {{ get: () => {languages} }})"
    )
    functions.states(completed())
    page = open_page(context=context)
    expect(headline(page)).to_have_text(expected)
    page.evaluate(f"() => {{ location.hash = '{JOB_ID}' }}")
    expect(page.get_by_role("article").locator("video")).to_be_visible()


def test_another_language_than_those_falls_back_to_english(open_page: OpenPage) -> None:
    expect(headline(open_page(locale="fi-FI"))).to_have_text("Make a photo move.")


def test_the_page_is_mirrored_for_languages_from_right_to_left(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(RENDERING)
    page = open_page(viewport={"width": 1280, "height": 800})
    page.evaluate("() => { document.documentElement.dir = 'rtl' }")
    picture, panel = page.locator(".frame").bounding_box(), page.get_by_label("Camera").bounding_box()
    assert picture is not None
    assert panel is not None
    assert picture["x"] > panel["x"] + panel["width"]
    assert page.evaluate(LONGEST_LINE) <= 0
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    assert page.evaluate(LONGEST_LINE) <= 0
    assert axe_violations(page) == []


def test_who_wants_less_motion_gets_none(open_page: OpenPage, functions: Functions) -> None:
    functions.states(RENDERING, completed())
    page = open_page(reduced_motion="reduce")
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    moving = "() => document.getAnimations().length"
    assert page.evaluate(moving) == 0
    page.reload()
    expect(headline(page)).to_have_text("Your video is ready")
    video = page.get_by_label("Your video", exact=True)
    expect(video).to_have_js_property("readyState", 4)
    assert video.evaluate("video => [video.paused, video.autoplay, video.muted]") == [True, False, False]


def test_colours_that_the_system_forces_are_kept(open_page: OpenPage, functions: Functions) -> None:
    functions.states(RENDERING)
    page = open_page(forced_colors="active")
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    assert axe_violations(page) == []


def test_a_job_that_ends_in_a_hidden_tab_changes_the_title_and_tells_who_asked(
    open_page: OpenPage, functions: Functions
) -> None:
    page = open_page(permissions=["notifications"])
    page.add_init_script("""
      window.told = []
      window.Notification = class {
        static permission = 'default'
        static async requestPermission() { return (this.permission = 'granted') }
        constructor(title, options) { window.told.push([title, options.body]) }
      }
      let hidden = false
      Object.defineProperty(document, 'hidden', { get: () => hidden })
      window.hide = now => {
        hidden = now
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
      }
    """)
    page.reload()
    functions.states(RENDERING | {"pollAfterMs": 5_000})
    page.clock.install()
    stop_clock(page)
    generate(page)

    def is_asked() -> bool:
        page.clock.run_for(50)  # it moves only here
        return len(functions.polls) == 1

    wait_until(page, is_asked)
    expect(headline(page)).to_have_text("Making your video")
    page.get_by_role("button", name="Tell me when it is ready").click()
    expect(page.get_by_text("You will be told when it is ready, while this page is open.")).to_be_visible()
    expect(page.get_by_role("button", name="Tell me when it is ready")).to_be_hidden()
    page.evaluate("() => window.hide(true)")
    functions.states(completed())
    # In sight it would ask 5 s after that answer; hidden it asks after 20.
    page.clock.run_for(10_000)
    page.evaluate("() => fetch('/config.json')")  # behind what the page may have asked
    assert len(functions.polls) == 1
    page.clock.run_for(11_000)
    wait_until(page, lambda: page.evaluate("() => window.told") == TOLD)
    assert page.title() == "✓ Ready | videogen: make a photo move"
    page.evaluate("() => window.hide(false)")
    assert page.title() == "videogen: make a photo move"
