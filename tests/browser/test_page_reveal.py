"""The wait and the video: their sizes at every window, what moves, what it costs, and how one goes on."""

from __future__ import annotations

import base64
import functools
import io
import re
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import imageio_ffmpeg  # type: ignore[import-untyped]  # it has no types
import pytest
from PIL import Image
from playwright.sync_api import expect

from support.page_under_test import (
    IN_LAB,
    Answer,
    accepted,
    axe_violations,
    buttons,
    completed,
    fill,
    generate,
    headline,
    photo,
    press_more,
    problem,
    status,
    upload,
    wait_until,
)
from videogen.settings import Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from support.page_under_test import Functions, StaticSite

    OpenPage = Callable[..., Page]

RENDERING = status("processing", stage="rendering", pollAfterMs=60_000)
SIZES = [(360, 740), (1280, 900)] + ([(768, 1024), (2560, 1440)] if IN_LAB else [])
MOUSE: dict[str, bool] = {}
FINGER = {"has_touch": True, "is_mobile": True}
HANDS = [("en", MOUSE), ("de", FINGER)] + ([("de", MOUSE), ("en", FINGER)] if IN_LAB else [])
PRICED = (Model("blackboxai/google/veo-3-fast", 0.8),)
OTHER_JOB = "B" * 21 + "A"
# Shifts that follow an input within half a second are the person's own: https://wicg.github.io/layout-instability/
COUNT_SHIFTS = """
  window.shift = 0
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
"""


def is_there(page: Page) -> None:
    expect(page.locator("video.is-there")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_finished_video_is_the_largest_thing(
    open_page: OpenPage, functions: Functions, width: int, height: int
) -> None:
    functions.states(completed())
    page = open_page(viewport={"width": width, "height": height})
    page.evaluate(COUNT_SHIFTS)
    generate(page)
    is_there(page)
    box = page.get_by_label("Your video", exact=True).bounding_box()
    assert box is not None
    if width < 1000:
        assert box["width"] >= 0.95 * width
    else:
        assert box["width"] * box["height"] >= 0.45 * width * height
    assert box["height"] <= 0.7 * height + 1
    # The first action is in sight without scrolling.
    download = page.get_by_role("link", name="Download").bounding_box()
    assert download is not None
    assert download["y"] + download["height"] <= height
    assert page.evaluate("() => window.shift") <= 0.02


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_from_the_form_to_the_video_nothing_jumps(
    open_page: OpenPage, functions: Functions, width: int, height: int
) -> None:
    functions.states(
        status("queued"),
        status("processing", stage="rendering"),
        status("processing", stage="saving"),
        completed(),
    )
    page = open_page(viewport={"width": width, "height": height})
    # As slow as a phone, so that each state is drawn for a moment.
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.evaluate(COUNT_SHIFTS)
    generate(page)
    is_there(page)
    # By no hand of a person's, as after a press that takes a slow phone its time.
    page.evaluate("() => { location.hash = 'new' }")
    expect(headline(page)).to_have_text("Make a photo move.")
    page.go_back()
    is_there(page)
    assert page.evaluate("() => window.shift") <= 0.02


@pytest.mark.parametrize(("locale", "hand"), HANDS)
def test_however_many_photos_are_added_nothing_jumps(
    open_page: OpenPage, locale: str, hand: dict[str, bool]
) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, locale=locale, **hand)
    # As slow as a phone, so that a tile is drawn before its picture is there.
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.evaluate(COUNT_SHIFTS)
    for number in range(1, 5):
        page.locator("#photos").set_input_files([upload(photo(320, 240), f"{number}.jpg")])
        expect(page.locator(".tile img:visible")).to_have_count(number)
    assert page.evaluate("() => window.shift") <= 0.02


def test_from_anothers_video_to_the_form_nothing_jumps(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page(f"/#{OTHER_JOB}", viewport={"width": 360, "height": 740})
    is_there(page)
    page.evaluate(COUNT_SHIFTS)
    page.evaluate("() => { location.hash = 'new' }")
    # Without "Make your own" the header is a line shorter.
    expect(headline(page)).to_have_text("Make a photo move.")
    page.wait_for_function("() => document.querySelector('video.example').currentTime > 0")
    assert page.evaluate("() => window.shift") <= 0.02


def test_nothing_frames_the_video(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page()
    generate(page)
    is_there(page)
    video = page.get_by_label("Your video", exact=True)
    style = "video => [getComputedStyle(video).backgroundColor, getComputedStyle(video).objectFit]"
    assert video.evaluate(style) == ["rgba(0, 0, 0, 0)", "cover"]
    inner, outer = video.bounding_box(), page.locator(".job .frame").bounding_box()
    assert inner == outer


@functools.cache
def clip(size: str, *, has_sound: bool = False) -> bytes:
    """Return a second of one colour, red but for its last frames, which are blue."""
    sound = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1") if has_sound else ()
    made = subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error"),
            *("-f", "lavfi", "-i", f"color=red:size={size}:rate=25:duration=1", *sound),
            *(
                "-vf",
                "drawbox=color=blue:t=fill:enable='gte(t,0.8)'",
                "-c:v",
                "libx264",
                "-pix_fmt",
                "yuv420p",
            ),
            *("-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-"),
        ],
        check=True,
        stdout=subprocess.PIPE,
    )
    return made.stdout


def serve_clip(page: Page, body: bytes) -> None:
    page.route("**/clip.mp4*", lambda route: route.fulfill(body=body, content_type="video/mp4"))


@pytest.mark.parametrize(("size", "shape"), [("1280x720", 16 / 9), ("1280x714", 16 / 9), ("720x720", 1)])
def test_a_video_of_another_shape_is_neither_cut_nor_edged(
    open_page: OpenPage, functions: Functions, size: str, shape: float
) -> None:
    functions.states(completed())
    page = open_page()
    serve_clip(page, clip(size))
    generate(page)
    is_there(page)
    box = page.get_by_label("Your video", exact=True).bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(shape, rel=0.01)


@pytest.mark.parametrize("has_sound", [True, False])
def test_sound_is_offered_where_there_is_some(
    open_page: OpenPage, functions: Functions, *, has_sound: bool
) -> None:
    functions.states(completed())
    page = open_page()
    serve_clip(page, clip("640x360", has_sound=has_sound))
    generate(page)
    is_there(page)
    video, offer = page.get_by_label("Your video", exact=True), page.get_by_role("button", name="Sound on")
    page.wait_for_function("() => document.querySelector('video.is-there').currentTime > 0.3")
    expect(offer).to_be_visible(visible=has_sound)
    if not has_sound:
        return
    assert axe_violations(page) == []
    offer.click()
    expect(offer).to_be_hidden()
    expect(video).to_have_js_property("muted", value=False)


def test_the_finished_video_offers_four_things_and_more(
    open_page: OpenPage, functions: Functions, page_site: StaticSite
) -> None:
    page_site.settings = replace(page_site.settings, models=PRICED)
    functions.states(completed())
    page = open_page()
    page.clock.install()
    generate(page)
    page.clock.fast_forward(4_000)
    is_there(page)
    assert buttons(page) == ["Download", "Share", "Continue", "Another take, US$0.80"]
    page.get_by_role("article").get_by_text("More", exact=True).click()
    assert buttons(page)[-2:] == ["Edit", "Delete …"]
    assert axe_violations(page) == []


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_more_opens_where_it_was_pressed(open_page: OpenPage, functions: Functions, language: str) -> None:
    functions.states(completed())
    page = open_page(locale=language)
    page.locator("#photos").set_input_files([upload(photo())])
    page.locator("#prompt").fill("The light turns to gold.")
    page.locator("button[type=submit]").click()
    is_there(page)
    more = page.locator("article .more summary")
    for width in (320, 360, 390, 768, 1024, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 1600})
        before = more.bounding_box()
        more.click()
        assert (width, more.bounding_box()) == (width, before)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        more.click()


def test_a_long_text_is_clamped_and_can_be_read(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page(viewport={"width": 360, "height": 740})
    text = "Light moves over the water. " * 20
    generate(page, prompt=text)
    is_there(page)
    shown = page.locator(".prompt-text")
    height = "text => text.getBoundingClientRect().height"
    clamped = shown.evaluate(height)
    page.get_by_role("button", name="Show all of the text").click()
    assert shown.evaluate(height) > 2 * clamped
    page.get_by_role("button", name="Show less").click()
    assert shown.evaluate(height) == clamped


def test_another_take_sends_the_same_again(
    open_page: OpenPage, functions: Functions, page_site: StaticSite
) -> None:
    page_site.settings = replace(page_site.settings, models=PRICED)
    functions.states(completed())
    page = open_page()
    page.clock.install()
    fill(page, photos=[photo(1200, 1000), photo(600, 900)])
    page.get_by_role("slider").press("Home")
    page.get_by_role("button", name="Generate").click()
    page.clock.fast_forward(4_000)
    is_there(page)
    functions.start = [Answer(202, accepted(jobId=OTHER_JOB))]
    functions.states(RENDERING | {"jobId": OTHER_JOB})
    page.get_by_role("button", name="Another take").click()
    # It is paid for: a moment to take it back, as at the first press.
    expect(headline(page)).to_have_text("Starting in a moment")
    page.clock.fast_forward(4_000)
    expect(headline(page)).to_have_text("Making your video")
    assert functions.starts[0] == functions.starts[1]
    assert functions.keys[0] != functions.keys[1]


def test_continue_begins_with_the_last_picture(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page()
    serve_clip(page, clip("640x360"))
    generate(page, photos=[photo(1600, 900)])
    is_there(page)
    page.get_by_role("button", name="Continue").click()
    expect(headline(page)).to_have_text("Make a photo move.")
    expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(1)
    expect(page.get_by_label("What happens in the video?")).to_have_value("")
    expect(page.get_by_label("Wide 16:9")).to_be_checked()
    page.get_by_label("What happens in the video?").fill("And then?")
    page.get_by_role("button", name="Generate").click()
    wait_until(page, lambda: len(functions.starts) == 2)
    data = functions.starts[1]["photos"][0]["data"].partition(",")[2]
    sent = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    assert sent.size == (640, 360)
    red, _, blue = sent.resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]  # a pixel of RGB is three numbers
    assert blue > 200
    assert red < 60


def card_picture(page: Page) -> dict[str, object]:
    """Return the size of the newest card's picture, its color in the middle, and which part is shown.

    Nothing while another picture takes its place.
    """
    image = page.locator(".card-picture img").first
    expect(image).to_have_js_property("complete", value=True)
    return dict(
        image.evaluate("""async image => {
          try {
            await image.decode()
          } catch {
            return {}
          }
          const canvas = new OffscreenCanvas(1, 1)
          const context = canvas.getContext('2d')
          context.drawImage(image, 0, 0, 1, 1)
          const [red, green, blue] = context.getImageData(0, 0, 1, 1).data
          return {
            size: [image.naturalWidth, image.naturalHeight],
            isRed: red > 200 && green < 60 && blue < 60,
            position: getComputedStyle(image).objectPosition,
          }
        }""")
    )


def test_a_shown_video_gives_its_card_a_picture_that_stays(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page()
    serve_clip(page, clip("720x1280"))
    generate(page, photos=[photo(1600, 900)])
    is_there(page)
    poster = {"size": [360, 640], "isRed": True, "position": "50% 25%"}
    wait_until(page, lambda: card_picture(page) == poster)
    functions.states(completed(videoUrl="/gone.mp4", downloadUrl="/gone.mp4"))
    page.reload()
    wait_until(page, lambda: card_picture(page) == poster)
    # The next take of the same photos is another video.
    functions.states(RENDERING)
    page.get_by_role("button", name="Another take").click()
    expect(page.locator(".card")).to_have_count(2)
    wait_until(page, lambda: card_picture(page)["isRed"] is False)


def test_a_video_that_cannot_be_read_leaves_its_card_the_photo(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(completed(downloadUrl="/gone.mp4"))
    page = open_page()
    generate(page, photos=[photo(1600, 900)])
    is_there(page)
    assert card_picture(page)["isRed"] is False


@pytest.mark.parametrize("answer", ["no CORS", "404", "no video"])
def test_where_the_video_cannot_be_read_continue_says_why(
    open_page: OpenPage, functions: Functions, answer: str
) -> None:
    functions.states(completed())
    page = open_page()
    generate(page)
    is_there(page)
    functions.states(completed(videoUrl="/gone.mp4"))
    if answer == "no CORS":
        page.route("**/gone.mp4", lambda route: route.abort())
    elif answer == "no video":
        page.route("**/gone.mp4", lambda route: route.fulfill(body=b"\0" * 64, content_type="video/mp4"))
    offer = page.get_by_role("button", name="Continue")
    offer.click()
    expect(offer).to_be_disabled()
    expect(page.get_by_text("the storage of this site does not allow that")).to_be_visible()
    assert axe_violations(page) == []


def test_what_has_to_wait_counts_and_is_then_allowed(open_page: OpenPage, functions: Functions) -> None:
    functions.start = [replace(problem(429, "daily_limit"), headers={"Retry-After": "120"})]
    page = open_page()
    page.clock.install()
    generate(page)
    again = page.get_by_role("button", name="Try again")
    article = page.get_by_role("article")
    expect(article).to_contain_text("You can try again in 2:00.")
    expect(again).to_be_disabled()
    assert page.locator(".job .is-primary:visible").count() == 0
    page.clock.run_for(61_000)
    expect(article).to_contain_text(re.compile(r"try again in 0:5\d\."))
    expect(again).to_be_disabled()
    page.clock.run_for(60_000)
    expect(again).to_be_enabled()
    expect(again).to_have_class(re.compile("is-primary"))
    expect(article).not_to_contain_text("You can try again in")
    assert len(functions.starts) == 1


def test_a_text_from_right_to_left_is_shown_so(open_page: OpenPage, functions: Functions) -> None:
    functions.states(RENDERING)
    page = open_page()
    text = "אור על המים"
    page.get_by_label("What happens in the video?").fill(text)
    direction = "one => getComputedStyle(one).direction"
    assert page.get_by_label("What happens in the video?").evaluate(direction) == "rtl"
    generate(page, prompt=text)
    expect(headline(page)).to_have_text("Making your video")
    assert page.locator(".prompt-text").evaluate(direction) == "rtl"
    assert page.locator(".card-prompt").evaluate(direction) == "rtl"
    assert page.locator(".job h1").evaluate(direction) == "ltr"


def test_waiting_costs_next_to_nothing(open_page: OpenPage, functions: Functions) -> None:
    functions.states(RENDERING)
    page = open_page(viewport={"width": 1280, "height": 900})
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    assert page.evaluate("() => document.getAnimations().length") == 0
    session = page.context.browser.new_browser_cdp_session()  # type: ignore[union-attr]  # it is running

    def seconds() -> float:
        found = session.send("SystemInfo.getProcessInfo")["processInfo"]
        return float(sum(one["cpuTime"] for one in found if one["type"] in {"renderer", "GPU"}))

    page.wait_for_timeout(1_000)
    before = seconds()
    page.wait_for_timeout(4_000)
    assert (seconds() - before) / 4 < 0.08


def test_delete_is_behind_more_and_keeps_the_focus(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page()
    generate(page)
    is_there(page)
    press_more(page, "Delete …")
    page.keyboard.press("Escape")
    expect(page.get_by_role("article").get_by_role("button", name="Delete …")).to_be_focused()


def test_the_notice_of_another_job_leads_to_it(open_page: OpenPage, functions: Functions) -> None:
    functions.states(RENDERING | {"pollAfterMs": 100})
    page = open_page()
    generate(page, prompt="Wind.")
    expect(headline(page)).to_have_text("Making your video")
    page.get_by_role("link", name="New video").click()
    functions.states(completed(prompt="Wind."))
    page.get_by_role("link", name="Ready: Wind.").click()
    expect(headline(page)).to_have_text("Your video is ready")
    expect(page.get_by_role("link", name="Ready: Wind.")).to_have_count(0)


def test_there_is_no_link_to_a_video_that_is_not_there(open_page: OpenPage, functions: Functions) -> None:
    functions.states(status("canceled"))
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Canceled")
    page.get_by_text("Details", exact=True).click()
    expect(page.get_by_text("Started", exact=True)).to_be_visible()
    expect(page.get_by_role("article").get_by_role("link")).to_have_count(0)
