"""What becomes of photos in the browser before they are sent: upright, small, without metadata."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from support import photo_files
from support.page_under_test import (
    ROOT,
    axe_violations,
    fill,
    generate,
    headline,
    photo,
    status,
    upload,
    wait_until,
)
from support.photo_files import chunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from support.page_under_test import Functions

    OpenPage = Callable[..., Page]

PASTE_OR_DROP = """([type, base64]) => {
  const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0))
  const data = new DataTransfer()
  data.items.add(new File([bytes], 'pasted.jpg', { type: 'image/jpeg' }))
  const event = type === 'paste'
    ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true })
  document.body.dispatchEvent(event)
}"""


def sent_photos(functions: Functions) -> list[Image.Image]:
    """Return the photos of the last request."""
    uris = [one["data"] for one in functions.starts[-1]["photos"]]
    assert all(uri.startswith("data:image/jpeg;base64,") for uri in uris)
    return [Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) for uri in uris]


def colour_at(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """Return the pixel at a place given in shares of width and height."""
    found = image.convert("RGB").getpixel((round(x * (image.width - 1)), round(y * (image.height - 1))))
    assert isinstance(found, tuple)
    return tuple(int(value) for value in found)


def is_red(colour: tuple[int, ...]) -> bool:
    return colour[0] > 200 and max(colour[1:]) < 60


def two_colours(orientation: int) -> bytes:
    """Return a JPEG whose stored pixels are red in their left half and blue in their right one."""
    image = Image.new("RGB", (600, 400), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 300, 400))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = {1: "N", 2: (47.0, 3.0, 0.0)}  # where it was taken
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


def list_of_photos(page: Page) -> Any:
    return page.get_by_role("list", name="Photos").get_by_role("listitem")


# https://exif.org/Exif2-2.PDF, 4.6.4: where the stored left edge is seen.
@pytest.mark.parametrize(
    ("orientation", "red_edge"),
    [(1, (0.05, 0.5)), (3, (0.95, 0.5)), (6, (0.5, 0.05)), (8, (0.5, 0.95))],
)
def test_a_turned_photo_is_sent_upright_and_without_metadata(
    open_page: OpenPage, functions: Functions, orientation: int, red_edge: tuple[float, float]
) -> None:
    page = open_page()
    generate(page, photos=[two_colours(orientation)])
    wait_until(page, lambda: len(functions.starts) == 1)
    [sent] = sent_photos(functions)
    upright = (592, 333) if orientation in {1, 3} else (333, 592)
    assert sent.size == upright
    assert is_red(colour_at(sent, *red_edge))
    assert not is_red(colour_at(sent, 1 - red_edge[0], 1 - red_edge[1]))
    assert dict(sent.getexif()) == {}


def test_a_photo_of_48_megapixels_is_scaled_while_the_page_goes_on(
    open_page: OpenPage, functions: Functions
) -> None:
    page = open_page()
    body = photo(8000, 6000)
    page.evaluate(
        """() => {
          window.longestPause = 0
          let last = performance.now()
          const beat = now => {
            window.longestPause = Math.max(window.longestPause, now - last)
            last = now
            requestAnimationFrame(beat)
          }
          requestAnimationFrame(beat)
        }"""
    )
    page.get_by_label("Choose photos").set_input_files([upload(body)])
    expect(list_of_photos(page).get_by_role("img")).to_be_visible(timeout=30_000)
    assert page.evaluate("() => window.longestPause") < 1_000
    page.get_by_label("What happens in the video?").fill("Wind.")
    page.get_by_role("button", name="Generate").click()
    wait_until(page, lambda: len(functions.starts) == 1)
    [sent] = sent_photos(functions)
    assert sent.size == (1920, 1080)


def test_four_photos_that_compress_badly_still_fit_together(
    open_page: OpenPage, functions: Functions
) -> None:
    page = open_page()
    generate(page, photos=[photo(1600, 1200, noise=True)] * 4)
    wait_until(page, lambda: len(functions.starts) == 1)
    sizes = [len(one["data"]) * 3 // 4 for one in functions.starts[0]["photos"]]
    assert len(sizes) == 4
    assert sum(sizes) <= 4_000_000


def test_what_is_clear_in_a_png_becomes_white(open_page: OpenPage, functions: Functions) -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(buffer, "PNG")
    page = open_page()
    generate(page, photos=[buffer.getvalue()])
    wait_until(page, lambda: len(functions.starts) == 1)
    [sent] = sent_photos(functions)
    assert colour_at(sent, 0.5, 0.5) == (255, 255, 255)


def test_a_heic_photo_that_the_browser_cannot_open_gets_advice(open_page: OpenPage) -> None:
    page = open_page()
    body = b"\0\0\0\x18ftypheif\0\0\0\0mif1heic" + bytes(64)
    page.get_by_label("Choose photos").set_input_files([upload(body, "IMG_1.HEIC", "image/heic")])
    expect(page.get_by_role("alert")).to_contain_text("IMG_1.HEIC is a HEIC photo")
    expect(page.get_by_role("alert")).to_contain_text("Most Compatible")
    expect(list_of_photos(page)).to_have_count(0)
    assert axe_violations(page) == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("bill.pdf", b"%PDF-1.7"),
        ("lake.avif", b"\0\0\0\x18ftypmif1\0\0\0\0miafavif" + bytes(64)),
    ],
)
def test_a_file_that_is_no_photo_is_named_and_the_others_are_taken(
    open_page: OpenPage, name: str, body: bytes
) -> None:
    page = open_page()
    page.get_by_label("Choose photos").set_input_files([upload(body, name, ""), upload(photo())])
    expect(page.get_by_role("alert")).to_have_text(f"{name} cannot be opened as a photo.")
    expect(list_of_photos(page)).to_have_count(1)


def test_a_fifth_photo_is_left_out_by_name(open_page: OpenPage) -> None:
    page = open_page()
    small = photo(320, 240)
    page.get_by_label("Choose photos").set_input_files([upload(small, f"{n}.jpg") for n in range(1, 6)])
    expect(page.get_by_role("alert")).to_have_text("5.jpg was not added: there is no room for more photos.")
    expect(list_of_photos(page)).to_have_count(4)


def test_beside_the_photos_another_is_added_until_there_are_four(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    for number in range(4):
        # The first by a button with words, the others by a tile.
        way = page.get_by_text("Choose photos") if number == 0 else page.get_by_title("Add photos")
        with page.expect_file_chooser() as chooser:
            way.tap()
        chooser.value.set_files([upload(photo(320, 240), f"{number}.jpg")])
        expect(list_of_photos(page).get_by_role("img")).to_have_count(number + 1)
    expect(page.get_by_title("Add photos")).to_be_hidden()
    expect(page.get_by_title("Take a photo")).to_be_hidden()
    page.get_by_role("button", name="Remove: 3.jpg").tap()
    expect(page.get_by_label("Add photos")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.get_by_title("Take a photo").tap()
    chooser.value.set_files([upload(photo(320, 240), "4.jpg")])
    expect(list_of_photos(page).get_by_role("img")).to_have_count(4)


def test_any_photo_can_become_the_start_frame_and_goes_up_first(
    open_page: OpenPage, functions: Functions
) -> None:
    page = open_page()
    page.get_by_label("Choose photos").set_input_files(
        [upload(photo(1200, 800), "wide.jpg"), upload(photo(600, 900), "tall.jpg")]
    )
    expect(list_of_photos(page).get_by_role("img")).to_have_count(2)
    expect(page.get_by_text("The other photos are sent too")).to_be_visible()
    expect(page.get_by_label("Wide 16:9")).to_be_checked()
    page.get_by_role("button", name="Use as start frame: tall.jpg").click()
    expect(page.get_by_label("Tall 9:16")).to_be_checked()
    expect(list_of_photos(page).first).to_contain_text("Start frame")
    page.get_by_label("What happens in the video?").fill("Wind.")
    page.get_by_role("button", name="Generate").click()
    wait_until(page, lambda: len(functions.starts) == 1)
    assert [sent.size for sent in sent_photos(functions)] == [(504, 896), (1200, 800)]
    assert functions.starts[0]["aspectRatio"] == "9:16"


def bands(width: int, height: int, *, across: bool) -> bytes:
    """Return a PNG of ten bands, from left to right or from top to bottom, each in a grey of its own."""
    image = Image.new("L", (width, height))
    for number in range(10):
        share = (number / 10, (number + 1) / 10)
        box = (round(share[0] * width), 0, round(share[1] * width), height)
        if not across:
            box = (0, round(share[0] * height), width, round(share[1] * height))
        image.paste(20 + 23 * number, box)
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def edges(image: Image.Image, *, across: bool) -> tuple[int, int]:
    """Return in which bands a sent picture begins and ends."""
    ends = ((0.002, 0.5), (0.998, 0.5)) if across else ((0.5, 0.002), (0.5, 0.998))
    first, last = (round((colour_at(image, *end)[0] - 20) / 23) for end in ends)
    return first, last


def seen_of(page: Page) -> list[float]:
    """Return which part of the start frame is seen: left, top, right, bottom, in shares of the photo."""
    return list(
        page.locator(".desk .frame").evaluate(
            """frame => {
              const inner = frame.querySelector('img').getBoundingClientRect()
              const outer = frame.getBoundingClientRect()
              return [(outer.left - inner.left) / inner.width, (outer.top - inner.top) / inner.height,
                (outer.right - inner.left) / inner.width, (outer.bottom - inner.top) / inner.height]
            }"""
        )
    )


def drag(page: Page, locator: Locator, x: float, y: float) -> None:
    """Drag something by so many pixels, from its middle."""
    box = locator.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in (0.5, 1):
        page.mouse.move(box["x"] + box["width"] / 2 + x * step, box["y"] + box["height"] / 2 + y * step)
    page.mouse.up()


def test_what_the_preview_shows_is_what_is_sent(open_page: OpenPage, functions: Functions) -> None:
    functions.states(status("processing", stage="rendering", pollAfterMs=60_000))
    page = open_page()
    page.get_by_label("Choose photos").set_input_files([upload(bands(1600, 1200, across=False), "b.png")])
    expect(page.get_by_text("Cropped: 13% from the top, 13% from the bottom.")).to_be_visible()
    assert seen_of(page) == pytest.approx([0, 0.125, 1, 0.875], abs=0.002)
    page.get_by_label("Tall 9:16").check()
    expect(page.get_by_text("Cropped: 29% from the left, 29% from the right.")).to_be_visible()
    page.get_by_label("Wide 16:9").check()
    page.get_by_label("What happens in the video?").fill("Wind.")
    page.get_by_role("button", name="Generate").click()
    wait_until(page, lambda: len(functions.starts) == 1)
    [sent] = sent_photos(functions)
    assert (sent.size, edges(sent, across=False)) == ((1600, 900), (1, 8))
    waiting = page.get_by_role("img", name="Your photo", exact=True)
    expect(waiting).to_be_visible()
    assert waiting.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [1600, 900]


@pytest.mark.parametrize(
    ("way", "bounds"),
    [("drag up", (2, 9)), ("drag down", (0, 7)), ("End", (2, 9)), ("Home", (0, 7)), ("arrows", (1, 8))],
)
def test_the_crop_is_moved_by_hand_and_by_keys(
    open_page: OpenPage, functions: Functions, way: str, bounds: tuple[int, int]
) -> None:
    page = open_page()
    page.get_by_label("Choose photos").set_input_files([upload(bands(1600, 1200, across=False), "b.png")])
    handle = page.get_by_role("slider", name="Crop of the start frame")
    expect(handle).to_have_attribute("aria-valuetext", "Cropped: 13% from the top, 13% from the bottom.")
    if way.startswith("drag"):
        drag(page, handle, 0, -2000 if way.endswith("up") else 2000)
    elif way == "arrows":
        handle.focus()
        for key in ("ArrowUp", "ArrowDown", "ArrowRight", "ArrowLeft"):
            page.keyboard.press(key)
    else:
        handle.focus()
        page.keyboard.press(way)
    page.get_by_label("What happens in the video?").fill("Wind.")
    page.get_by_role("button", name="Generate").click()
    wait_until(page, lambda: len(functions.starts) == 1)
    [sent] = sent_photos(functions)
    assert (sent.size, edges(sent, across=False)) == ((1600, 900), bounds)


def test_the_crop_follows_the_finger_pixel_by_pixel(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_label("Choose photos").set_input_files([upload(bands(1200, 1200, across=True), "b.png")])
    page.get_by_label("Tall 9:16").check()
    handle = page.get_by_role("slider", name="Crop of the start frame")
    box = handle.bounding_box()
    assert box is not None
    before = seen_of(page)
    drag(page, handle, -40, 0)
    moved = 40 / (box["width"] * 1200 / 675)
    assert seen_of(page) == pytest.approx(
        [before[0] + moved, before[1], before[2] + moved, before[3]], abs=0.003
    )


@pytest.mark.parametrize(
    ("size", "shape", "expected"),
    [
        ((6000, 1000), "Wide 16:9", (1776, 999)),
        ((6000, 1000), "Tall 9:16", (558, 992)),
        ((1000, 6000), "Tall 9:16", (999, 1776)),
    ],
)
def test_of_a_panorama_every_pixel_of_its_crop_is_sent(
    open_page: OpenPage, functions: Functions, size: tuple[int, int], shape: str, expected: tuple[int, int]
) -> None:
    page = open_page()
    fill(page, photos=[photo(*size)])
    page.get_by_label(shape).check()
    page.get_by_role("button", name="Generate").click()
    wait_until(page, lambda: len(functions.starts) == 1)
    [sent] = sent_photos(functions)
    assert sent.size == expected


@pytest.mark.parametrize("end", ["touchEnd", "touchCancel"])
def test_the_crop_follows_the_first_finger_alone(open_page: OpenPage, end: str) -> None:
    page = open_page(has_touch=True)
    page.get_by_label("Choose photos").set_input_files([upload(bands(1200, 1200, across=True), "b.png")])
    page.get_by_label("Tall 9:16").check()
    handle = page.get_by_role("slider", name="Crop of the start frame")
    box = handle.bounding_box()
    assert box is not None
    middle, height = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, **at: float) -> None:
        points = [{"x": middle + x, "y": height, "id": int(name[1:])} for name, x in at.items()]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = seen_of(page)
    touch("touchStart", f1=0)
    touch("touchMove", f1=-20)
    touch("touchStart", f1=-20, f2=60)
    touch("touchMove", f1=-20, f2=10)
    touch("touchMove", f1=-40, f2=-60)
    moved = 40 / (box["width"] * 1200 / 675)
    one = pytest.approx([before[0] + moved, before[1], before[2] + moved, before[3]], abs=0.003)
    wait_until(page, lambda: seen_of(page) == one)
    touch(end)
    touch("touchStart", f3=0)
    touch("touchMove", f3=20)
    touch("touchMove", f3=40)
    wait_until(page, lambda: seen_of(page) == pytest.approx(before, abs=0.003))


def test_a_crop_survives_a_reload_and_edit(open_page: OpenPage, functions: Functions) -> None:
    functions.states(status("canceled"))
    page = open_page()
    fill(page, photos=[bands(1600, 1200, across=False)])
    page.get_by_role("slider").press("End")
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuenow", "100")
    page.reload()
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuenow", "100")
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuenow", "100")
    page.get_by_role("button", name="Generate").click()
    wait_until(page, lambda: len(functions.starts) == 2)
    assert functions.starts[0] == functions.starts[1]


def test_an_upright_photo_on_a_wide_frame_starts_high(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_label("Choose photos").set_input_files([upload(photo(900, 1600))])
    expect(page.get_by_label("Tall 9:16")).to_be_checked()
    page.get_by_label("Wide 16:9").check()
    expect(page.get_by_text("Cropped: 14% from the top, 55% from the bottom.")).to_be_visible()


def test_a_photo_of_the_right_shape_has_nothing_to_move(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_label("Choose photos").set_input_files([upload(photo(1600, 900))])
    expect(page.get_by_text("The whole photo is used.")).to_be_visible()
    expect(page.get_by_role("slider")).to_have_count(0)


# --- half a file -------------------------------------------------------------------------------------------


def encoded(kind: str, **options: Any) -> bytes:
    """Return a photo in another format."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(photo(640, 480))) as image:
        image.save(buffer, kind, **options)
    return buffer.getvalue()


def files_of_all_kinds() -> dict[str, bytes]:
    return {
        "jpg": photo(640, 480),
        "progressive.jpg": encoded("JPEG", progressive=True, quality=85),
        "restarts.jpg": encoded("JPEG", restart_marker_rows=1),
        "png": encoded("PNG"),
        "webp": encoded("WEBP"),
        "lossless.webp": encoded("WEBP", lossless=True),
        "gif": encoded("GIF"),
        "bmp": encoded("BMP"),
        "avif": encoded("AVIF"),
    }


JPEGS = ("jpg", "progressive.jpg", "restarts.jpg")


@pytest.mark.parametrize("in_worker", [True, False], ids=["worker", "page"])
def test_half_a_photo_is_refused_by_name_and_not_sent(
    open_page: OpenPage, functions: Functions, *, in_worker: bool
) -> None:
    page = open_page()
    if not in_worker:
        page.add_init_script("delete window.OffscreenCanvas")
        page.reload()
    kinds = files_of_all_kinds()
    halves = {
        f"{share:g}.{name}": body[: int(len(body) * share)]
        for name, body in kinds.items()
        for share in (0.5, 0.9)
    }
    halves |= {f"closed.{name}": kinds[name][:9_000] + b"\xff\xd9" for name in ("jpg", "restarts.jpg")}
    halves |= {f"filled.{name}": kinds[name][:9_000] + bytes(200_000) + b"\xff\xd9" for name in JPEGS}
    for name in ("webp", "lossless.webp"):
        half = len(kinds[name]) // 2
        halves[f"filled.{name}"] = kinds[name][:half] + bytes(len(kinds[name]) - half)
    halves |= {f"stray-marker.{name}": with_stray_marker(kinds[name]) for name in ("jpg", "restarts.jpg")}
    halves["damaged.png"] = kinds["png"][:9_000] + bytes(100) + kinds["png"][9_100:]
    halves["badly-packed.png"] = kinds["png"][:33] + chunk(b"IDAT", b"junk") + chunk(b"IEND", b"")
    if not in_worker:  # of these an <img> alone does not tell
        untold = ("gif", "bmp", "badly-packed.png")
        halves = {name: body for name, body in halves.items() if not name.endswith(untold)}
    for name, body in halves.items():
        page.get_by_label("Choose photos").set_input_files([upload(body, name, "image/jpeg")])
        expect(page.get_by_role("alert")).to_have_text(f"{name} cannot be opened as a photo.")
        expect(list_of_photos(page)).to_have_count(0)
    page.get_by_role("button", name="Generate").click()
    assert functions.starts == []


def with_stray_marker(jpeg: bytes) -> bytes:
    """Return a JPEG in whose data a segment stands: decoders leave the rest of the picture grey."""
    return jpeg[:9_000] + b"\xff\xe5\0\4ab" + jpeg[9_000:]


@pytest.mark.parametrize("in_worker", [True, False], ids=["worker", "page"])
def test_a_whole_photo_is_taken_whatever_its_last_bytes(open_page: OpenPage, *, in_worker: bool) -> None:
    page = open_page()
    if not in_worker:
        page.add_init_script("delete window.OffscreenCanvas")
        page.reload()
    kinds = files_of_all_kinds()
    whole = kinds | {
        "unended.jpg": kinds["jpg"][:-2],
        "half-ended.jpg": kinds["jpg"][:-1],
        "unended-progressive.jpg": kinds["progressive.jpg"][:-2],
        "unended-restarts.jpg": kinds["restarts.jpg"][:-2],
        "followed.jpg": kinds["jpg"] + bytes(5_000),
        "commented-at-its-end.jpg": kinds["jpg"][:-2] + b"\xff\xfe\0\4ab\xff\xd9",
        "without-last-sum.png": kinds["png"][:-3],
        "followed.avif": kinds["avif"] + b"SEFH" * 50,
        "plain.jpg": encoded_plain((200, 220, 240)),
        "zeros.jpg": encoded_plain((128, 128, 128)),
        "unended-zeros.jpg": encoded_plain((128, 128, 128))[:-2],
        "plain.webp": photo_files.encoded("WEBP", Image.new("RGB", (3200, 2400))),
        "followed.webp": kinds["webp"] + bytes(5_000),
        "filled.jpg": kinds["jpg"][:-2] + bytes(5_000) + b"\xff\xd9",
    }
    for name, body in whole.items():
        page.get_by_label("Choose photos").set_input_files([upload(body, name, "image/jpeg")])
        expect(page.get_by_role("img", name=f"Your photo {name}")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        page.get_by_role("button", name=f"Remove: {name}").click()


def encoded_plain(color: tuple[int, int, int]) -> bytes:
    """Return a JPEG of one colour: its edges look like those of one that was cut and closed again."""
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), color).save(buffer, "JPEG", optimize=True)
    return buffer.getvalue()


# --- pasted and dropped ------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_photo_can_be_pasted_or_dropped_anywhere(
    open_page: OpenPage, functions: Functions, way: str
) -> None:
    functions.states(status("processing", stage="rendering", pollAfterMs=60_000))
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    page.evaluate(PASTE_OR_DROP, [way, base64.b64encode(photo(640, 480)).decode()])
    expect(headline(page)).to_have_text("Make a photo move.")
    expect(list_of_photos(page).get_by_role("img")).to_have_count(1)


def test_a_removed_photo_is_not_sent_and_the_focus_stays_near(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_label("Choose photos").set_input_files([upload(photo(320, 240))])
    page.get_by_role("button", name="Remove: lake.jpg").click()
    expect(list_of_photos(page)).to_have_count(0)
    expect(page.get_by_label("Choose photos")).to_be_focused()


def test_the_fourth_photo_hides_its_field_and_takes_the_focus(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_label("Choose photos").set_input_files(
        [upload(photo(320, 240), f"{n}.jpg") for n in range(1, 4)]
    )
    expect(list_of_photos(page).get_by_role("img")).to_have_count(3)
    with page.expect_file_chooser() as chooser:
        page.get_by_label("Add photos").press("Enter")
    chooser.value.set_files([upload(photo(320, 240), "4.jpg")])
    expect(page.get_by_role("button", name="Use as start frame: 4.jpg")).to_be_focused()


def test_a_tile_that_becomes_the_start_frame_keeps_the_focus(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_label("Choose photos").set_input_files(
        [upload(photo(320, 240), f"{n}.jpg") for n in range(1, 4)]
    )
    expect(list_of_photos(page).get_by_role("img")).to_have_count(3)
    page.get_by_role("button", name="Use as start frame: 3.jpg").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Start frame: 3.jpg", exact=True)).to_be_focused()


def test_after_a_drag_by_finger_the_next_tap_counts(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.get_by_label("Choose photos").set_input_files(
        [upload(photo(320, 240), f"{n}.jpg") for n in range(1, 3)]
    )
    tiles = list_of_photos(page)
    expect(tiles.get_by_role("img")).to_have_count(2)
    tiles.first.evaluate("tile => tile.scrollIntoView({ block: 'center' })")
    session = page.context.new_cdp_session(page)

    def touch(kind: str, points: list[dict[str, float]]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    here, there = tiles.first.bounding_box(), tiles.last.bounding_box()
    assert here is not None
    assert there is not None
    y = here["y"] + 0.7 * here["height"]
    touch("touchStart", [{"x": here["x"] + 20, "y": y}])
    for step in range(1, 11):
        touch("touchMove", [{"x": here["x"] + 20 + step * (there["x"] - here["x"]) / 10, "y": y}])
    touch("touchEnd", [])
    dragged = page.get_by_role("button", name="Use as start frame: 1.jpg")
    expect(dragged).to_be_visible()
    # Not by a finger of the test's: on a busy machine it would stay for long enough to be no tap.
    dragged.dispatch_event("click")
    expect(page.get_by_role("button", name="Start frame: 1.jpg", exact=True)).to_be_visible()


def test_where_no_worker_can_decode_the_page_does(open_page: OpenPage, functions: Functions) -> None:
    page = open_page()
    page.add_init_script("delete window.OffscreenCanvas")
    page.reload()
    generate(page, photos=[two_colours(6)])
    wait_until(page, lambda: len(functions.starts) == 1)
    [sent] = sent_photos(functions)
    assert sent.size == (333, 592)
    assert is_red(colour_at(sent, 0.5, 0.05))


# Before the standard had 'from-image', the default left a photo as it lay, and another word was refused.
OLDER_BROWSER = """
const decodeAnything = self.createImageBitmap
self.createImageBitmap = async (file, { imageOrientation = 'none' } = {}) => {
  if (imageOrientation !== 'none') throw new TypeError('no such orientation')
  const letters = new TextDecoder('latin1').decode(await file.arrayBuffer()).replace('Exif', 'Sofa')
  return decodeAnything(new Blob([Uint8Array.from(letters, letter => letter.charCodeAt(0))]))
}
"""


def test_an_older_browser_that_would_not_turn_a_photo_sends_it_upright_too(
    open_page: OpenPage, functions: Functions
) -> None:
    page = open_page()
    worker = (ROOT / "public/app/photo_worker.js").read_text()
    page.route(
        "**/app/photo_worker.js",
        lambda route: route.fulfill(content_type="text/javascript", body=OLDER_BROWSER + worker),
    )
    generate(page, photos=[two_colours(6)])
    wait_until(page, lambda: len(functions.starts) == 1)
    [sent] = sent_photos(functions)
    assert sent.size == (333, 592)
    assert is_red(colour_at(sent, 0.5, 0.05))


def test_where_the_part_that_prepares_photos_cannot_be_loaded_it_says_so_and_can_be_tried_again(
    open_page: OpenPage, functions: Functions
) -> None:
    page = open_page()
    page.route("**/app/photos.js", lambda route: route.fulfill(status=503, body="gone"), times=1)
    page.get_by_label("Choose photos").set_input_files([upload(photo())])
    expect(page.get_by_role("alert")).to_contain_text("lake.jpg could not be prepared")
    generate(page)
    wait_until(page, lambda: len(functions.starts) == 1)


def test_where_the_worker_does_not_load_each_photo_is_made_in_the_page(
    open_page: OpenPage, functions: Functions
) -> None:
    page = open_page()
    page.route("**/app/photo_worker.js", lambda route: route.fulfill(status=404, body="gone"))
    generate(page, photos=[two_colours(6), photo(320, 240)])
    wait_until(page, lambda: len(functions.starts) == 1)
    assert [sent.size for sent in sent_photos(functions)] == [(333, 592), (320, 240)]
