"""Take the pictures of the page in docs/images: `python tests/programs/screenshots.py [FOLDER]`.

The page is the real one; the functions behind it are played, so that every state can be had at will. The
states that the pictures show are those that the tests in tests/browser assert.
"""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.page_under_test import (  # noqa: E402 - found through the line above
    AT_REST,
    Answer,
    Functions,
    StaticSite,
    accepted,
    completed,
    failed,
    fill,
    headline,
    launch,
    photo,
    press_more,
    problem,
    status,
    upload,
)
from videogen.settings import Model, SiteSettings  # noqa: E402 - as above

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

DEVICES: dict[str, dict[str, Any]] = {
    "desktop-light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "phone-dark": {
        "viewport": {"width": 390, "height": 780},
        "color_scheme": "dark",
        "device_scale_factor": 1.5,
        "is_mobile": True,
        "has_touch": True,
    },
}
RENDERING = status("processing", stage="rendering", elapsedSeconds=43.0, pollAfterMs=60_000)
SPINNER_MS = 4_000
PROMPT = "The light turns to gold, mist drifts over the lake."


def main(folder: Path) -> None:
    """Take every picture, in each theme and size."""
    folder.mkdir(parents=True, exist_ok=True)
    site = StaticSite()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for name, show in STATES.items():
            for device, options in DEVICES.items():
                take(browser, site, show, options, folder / f"page-{name}-{device}.png")
                print(f"==> page-{name}-{device}.png")
        browser.close()
    site.stop()


def take(
    browser: Browser,
    site: StaticSite,
    show: Callable[[Page, Functions, StaticSite], None],
    options: dict[str, Any],
    path: Path,
) -> None:
    """Bring the page into a state and take its picture, without what moves."""
    site.settings = SiteSettings()
    context = browser.new_context(
        locale="en-GB", timezone_id="UTC", reduced_motion="reduce", service_workers="block", **options
    )
    page = context.new_page()
    functions = Functions()
    functions.attach(page)
    show(page, functions, site)
    page.evaluate("() => { scrollTo(0, 0); document.activeElement?.blur() }")
    page.evaluate(AT_REST)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    # A palette of 256 colours makes a third of the bytes, and nobody sees it.
    shot.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    context.close()


def empty(page: Page, _: Functions, site: StaticSite) -> None:
    """Show the form before anything is chosen."""
    page.goto(site.url)
    headline(page).wait_for()


def form(page: Page, _: Functions, site: StaticSite) -> None:
    """Show two photos and a text, ready to go."""
    empty(page, _, site)
    fill(page, prompt=PROMPT, photos=[photo(1600, 1200), photo(900, 1200)])


def restored(page: Page, _: Functions, site: StaticSite) -> None:
    """Show the form as it comes back after a reload."""
    form(page, _, site)
    page.reload()
    page.get_by_text("Your photos and text from last time are back.").wait_for()
    expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(2)


def undo(page: Page, functions: Functions, site: StaticSite) -> None:
    """Show the seconds before anything is sent, where a price is set."""
    site.settings = replace(site.settings, models=(Model("blackboxai/google/veo-3-fast", 0.8),))
    start(page, functions, site)
    expect(headline(page)).to_have_text("Starting in a moment")


def rendering(page: Page, functions: Functions, site: StaticSite) -> None:
    """Show the wait, on the photo itself."""
    functions.states(RENDERING)
    start(page, functions, site)
    expect(headline(page)).to_have_text("Making your video")


def ready(page: Page, functions: Functions, site: StaticSite) -> None:
    """Show the video."""
    functions.states(completed())
    start(page, functions, site)
    # 1 is NETWORK_IDLE: before it Chromium draws a spinner over the video, and then takes its time to end it.
    expect(page.get_by_label("Your video", exact=True)).to_have_js_property("networkState", 1)
    page.wait_for_timeout(SPINNER_MS)


def rescue(page: Page, functions: Functions, site: StaticSite) -> None:
    """Show a video that was paid for and could not be saved."""
    functions.states(failed("save_failed", "yes"))
    start(page, functions, site)
    expect(headline(page)).to_have_text("No video this time")


def refused(page: Page, functions: Functions, site: StaticSite) -> None:
    """Show that the site's daily limit is reached."""
    functions.start = [replace(problem(429, "daily_limit"), headers={"Retry-After": "540"})]
    start(page, functions, site)
    expect(headline(page)).to_have_text("The video was not started")


def delete(page: Page, functions: Functions, site: StaticSite) -> None:
    """Show the two ways to delete."""
    ready(page, functions, site)
    press_more(page, "Delete …")


def heic(page: Page, _: Functions, site: StaticSite) -> None:
    """Show a photo that this browser cannot open."""
    empty(page, _, site)
    body = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)
    page.get_by_label("Choose photos").set_input_files([upload(body, "IMG_2041.HEIC", "image/heic")])
    page.get_by_role("alert").get_by_text("HEIC").wait_for()


def history(page: Page, functions: Functions, site: StaticSite) -> None:
    """Show three jobs of this browser."""
    empty(page, functions, site)
    jobs = (
        ("Waves roll in, gulls pass by.", completed(), photo(1200, 800)),
        ("The camera rises above the hills.", failed("provider_busy"), photo(800, 1200)),
        (PROMPT, RENDERING, photo(1600, 900)),
    )
    for number, (prompt, state, picture) in enumerate(jobs):
        job_id = f"{'BCD'[number] * 21}A"
        functions.start = [Answer(202, accepted(jobId=job_id, pollAfterMs=1))]
        functions.states(state | {"jobId": job_id, "prompt": prompt})
        fill(page, prompt=prompt, photos=[picture])
        page.get_by_role("button", name="Generate").click()
        expect(page.get_by_role("region", name="Your videos")).to_contain_text(
            ("Ready", "Failed", "Rendering")[number]
        )
        page.get_by_role("link", name="New video").click()
    page.get_by_role("region", name="Your videos").scroll_into_view_if_needed()
    width = (page.viewport_size or {"width": 1280})["width"]
    page.set_viewport_size({"width": width, "height": 1250 if width > 900 else 2000})


def start(page: Page, functions: Functions, site: StaticSite) -> None:
    """Press Generate."""
    empty(page, functions, site)
    fill(page, prompt=PROMPT, photos=[photo(1600, 1000)])
    page.get_by_role("button", name="Generate").click()


STATES = {
    "empty": empty,
    "form": form,
    "restored": restored,
    "heic": heic,
    "undo": undo,
    "rendering": rendering,
    "ready": ready,
    "rescue": rescue,
    "refused": refused,
    "delete": delete,
    "history": history,
}


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/images")
