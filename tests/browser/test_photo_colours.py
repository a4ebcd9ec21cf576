"""The colours that the model gets are those that the person saw: those of Chromium's canvas."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageChops, ImageStat

from support import photo_files
from support.photo_files import (
    ADOBE_RGB,
    DISPLAY_P3,
    SRGB,
    WHITE,
    chained_profile,
    chunk,
    encoded,
    exif,
    grey_profile,
    png,
    press_profile,
    press_table,
    profile,
    rgb_profile,
    segment,
    table,
    with_chunks,
    xyz,
)
from videogen.photo_cleaning import JPEG_QUALITY, clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SIZE = (128, 96)
DRAW = """async data => {
    const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0))
    const bitmap = await createImageBitmap(new Blob([bytes]))
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
    context.fillStyle = '#fff'
    context.fillRect(0, 0, bitmap.width, bitmap.height)
    context.drawImage(bitmap, 0, 0)
    const { data: shown } = context.getImageData(0, 0, bitmap.width, bitmap.height)
    return btoa(Array.from(shown, byte => String.fromCharCode(byte)).join(''))
}"""


def ramps() -> Image.Image:
    """Return smooth colours from black to white."""
    grey = Image.radial_gradient("L").resize(SIZE)
    return Image.merge("RGB", (grey, grey.transpose(Image.Transpose.FLIP_LEFT_RIGHT), turned()))


def turned() -> Image.Image:
    return Image.linear_gradient("L").rotate(90).resize(SIZE)


def with_alpha(picture: Image.Image) -> Image.Image:
    picture.putalpha(turned())
    return picture


RGB, GREY, CMYK = ramps(), turned(), ramps().convert("CMYK")
RGBA, GREY_ALPHA, PALETTE = with_alpha(ramps()), with_alpha(turned()), ramps().quantize(200)
PNGS = {"rgb": RGB, "rgba": RGBA, "grey": GREY, "grey with alpha": GREY_ALPHA, "palette": PALETTE}
PROFILES = {
    "display-p3": rgb_profile(DISPLAY_P3),
    "adobe rgb": rgb_profile(ADOBE_RGB),
    "gamma 1.0": rgb_profile(curve=1.0),
    "gamma 2.2": rgb_profile(),
    "grey 1.0": grey_profile(1.0),
    "grey 2.2": grey_profile(2.2),
}


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def points(*numbers: float) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(number * 100_000) for number in numbers)))


P3_POINTS = points(0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
SWAPPED = {
    **WHITE,
    **{f"{name}XYZ".encode(): xyz(*primary) for name, primary in zip("bgr", SRGB, strict=True)},
    **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), photo_files.gamma(2.2)),
}
DARK, BRIGHT, TURNED = (
    table(lights)
    for lights in (
        lambda *values: [value**2.2 for value in values],
        lambda *values: [0.1 + 0.9 * value for value in values],
        lambda *values: values[::-1],
    )
)


def tables(space: bytes, tags: dict[bytes, bytes], *, kind: bytes = b"mntr", version: int = 4) -> bytes:
    return profile(space, {**WHITE, **tags}, kind=kind, pcs=b"Lab ", version=bytes([version, 0]))


def resized(data: bytes, more: int) -> bytes:
    """Return a profile whose header says another size than it has."""
    return struct.pack(">I", len(data) + more) + data[4:]


ODD_PROFILES = {
    **{f"version {version}": profile(b"RGB ", SWAPPED, version=bytes([version, 0])) for version in (1, 4, 5)},
    **{
        f"class {kind.decode()}": profile(b"RGB ", SWAPPED, kind=kind)
        for kind in (b"scnr", b"prtr", b"spac", b"abst", b"link", b"nmcl")
    },
    **{f"size {more:+}": resized(profile(b"RGB ", SWAPPED), more) for more in (-300, -200, 1, 1000)},
    "no white": profile(b"RGB ", SWAPPED).replace(struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D), bytes(12)),
    "no connection": profile(b"RGB ", SWAPPED, pcs=b"Luv "),
    "a tag of nothing": profile(b"RGB ", {**SWAPPED, b"desc": b""}),
    "one primary less": profile(b"RGB ", {tag: SWAPPED[tag] for tag in SWAPPED if tag != b"bXYZ"}),
    "a chain": chained_profile(2),
    "code points": profile(b"RGB ", {**SWAPPED, b"cicp": b"cicp\0\0\0\0\x0c\x0d\0\1"}),
    **{
        f"tables of version {version}, {name}": tables(b"RGB ", tags, version=version)
        for version in (2, 4)
        for name, tags in {
            "both": {b"A2B1": DARK, b"A2B0": BRIGHT, b"A2B2": TURNED},
            "perceptual": {b"A2B0": BRIGHT},
            "colorimetric": {b"A2B1": DARK},
            "saturation": {b"A2B2": TURNED},
            "perceptual, primaries": {b"A2B0": BRIGHT, **SWAPPED},
            "colorimetric, primaries": {b"A2B1": DARK, **SWAPPED},
            "saturation, primaries": {b"A2B2": TURNED, **SWAPPED},
            "unknown, primaries": {b"A2B0": b"mpet" + bytes(20), **SWAPPED},
        }.items()
    },
}
TWO_TABLES = tables(b"CMYK", {b"A2B0": press_table(0.8), b"A2B1": press_table(0.4)}, kind=b"prtr")
LAB_GREY = profile(b"GRAY", {**WHITE, b"kTRC": photo_files.gamma(1.0)}, pcs=b"Lab ")
CHUNKS = {
    "gamma of linear light": gamma(1.0),
    "gamma 2.2": gamma(1 / 2.2),
    "gamma 1.8": gamma(1 / 1.8),
    "gamma near enough": gamma(0.46),
    "gamma with points": gamma(1 / 2.2) + P3_POINTS,
    "another white": gamma(1.0) + points(0.3457, 0.3585, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06),
    "points alone": P3_POINTS,
    "srgb before gamma": gamma(1.0) + chunk(b"sRGB", b"\0"),
} | {
    f"code points {primaries} {curve}": chunk(b"cICP", bytes([primaries, curve, 0, 1]))
    for primaries, curve in [
        *((primaries, 13) for primaries in (1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22)),
        *((1, curve) for curve in (1, 2, 4, 5, 6, 7, 8, 14, 15, 17)),
    ]
}


IEND, CLEAR = chunk(b"IEND", b""), chunk(b"tRNS", bytes(200))
LATE = {
    "gamma": gamma(1.0),
    "profile": chunk(b"iCCP", b"name\0\0" + zlib.compress(PROFILES["gamma 1.0"])),
    "code points": chunk(b"cICP", b"\x01\x08\0\x01"),
    "orientation": chunk(b"eXIf", exif(3)),
}


def with_chunks_behind(kind: bytes, data: bytes, chunks: bytes) -> bytes:
    start = data.index(kind) - 4
    end = start + 12 + int.from_bytes(data[start : start + 4], "big")
    return data[:end] + chunks + data[end:]


def deep(color: int, value: int, chunks: bytes = b"") -> bytes:
    """Return a PNG of 16 bits in one colour."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    pixel = struct.pack(">H", value) * (channels - (color in {4, 6})) + b"\xff\xff" * (color in {4, 6})
    return png((8, 8), pixel * 64, depth=16, color=color, chunks=chunks)


def with_flags(flags: int, picture: Image.Image) -> bytes:
    """Return a WebP with a profile, whose header says that it has other parts than it has."""
    data = encoded("WEBP", picture, icc_profile=PROFILES["gamma 1.0"])
    place = data.index(b"VP8X") + 8
    return data[:place] + bytes([flags]) + data[place + 1 :]


CLEAR_KEYS = {
    "grey": (0, b"\x50" * 64, b"\0\x50", b"\0\x51"),
    "rgb": (2, b"\1\2\3" * 64, b"\0\1\0\2\0\3", b"\0\1\0\2\0\4"),
    "palette": (3, bytes(64), b"\0", b"\x80"),
}
"""Color types, pixels of one colour, the transparency that makes it clear, and another one."""


def transparencies(color: int, pixels: bytes, clear: bytes, other: bytes) -> dict[str, bytes]:
    """Return PNGs with a transparency that is damaged or of an odd length, alone and before another one."""
    palette = chunk(b"PLTE", b"\xff\0\0" * 3) * (color == 3)
    firsts = {
        "damaged": chunk(b"tRNS", clear, checksum=1),
        "short": chunk(b"tRNS", clear[:-1]),
        "of 256 bytes": chunk(b"tRNS", clear.ljust(256, b"\0")),
        "of 257 bytes": chunk(b"tRNS", clear.ljust(257, b"\0")),
    }
    seconds = {"alone": b"", "then clear": chunk(b"tRNS", clear), "then other": chunk(b"tRNS", other)}
    return {
        f"transparency {first}, {second}": png((8, 8), pixels, color=color, chunks=palette + one + two)
        for first, one in firsts.items()
        for second, two in seconds.items()
    }


def icc(*parts: tuple[int, int]) -> bytes:
    """Return a JPEG with a profile in parts: the number of each of them, and how many it says there are."""
    whole = PROFILES["gamma 1.0"]
    size = -(-len(whole) // 3)
    marked = (
        segment(0xE2, b"ICC_PROFILE\0" + bytes(part) + whole[(part[0] - 1) * size : part[0] * size])
        for part in parts
    )
    plain = encoded("JPEG", RGB, quality=95)
    return plain[:2] + b"".join(marked) + plain[2:]


def with_damaged_animation() -> bytes:
    """Return a PNG whose animation shows another picture, if its wrong checksum is not looked at."""
    data = encoded("PNG", RGB, save_all=True, append_images=[turned().convert("RGB")], default_image=True)
    place = data.index(b"acTL") + 12
    return data[:place] + bytes(4) + data[place + 4 :]


PHOTOS: dict[str, bytes] = {
    **{
        f"png {kind}, {name}": data
        for kind, key in CLEAR_KEYS.items()
        for name, data in transparencies(*key).items()
    },
    **{
        f"jpeg parts {parts}": icc(*parts)
        for parts in (
            ((1, 3), (2, 3), (3, 3)),
            ((1, 3), (1, 3), (2, 3), (3, 3)),
            ((1, 3), (2, 3), (3, 3), (1, 3)),
            ((1, 1), (2, 3), (3, 3)),
            ((1, 3), (2, 3), (3, 4)),
            ((1, 4), (2, 3), (3, 3)),
            ((1, 3), (2, 3), (3, 3), (4, 4)),
            ((1, 3), (4, 3), (2, 3), (3, 3)),
        )
    },
    "webp, an animation with a profile": encoded(
        "WEBP", RGB, save_all=True, append_images=[turned().convert("RGB")], icc_profile=PROFILES["gamma 1.0"]
    ),
    "png, a damaged animation": with_damaged_animation(),
    **{
        f"webp {kind}, flags {flags:#x}": with_flags(flags, picture)
        for kind, picture in (("rgb", RGB), ("rgba", RGBA))
        for flags in (0x00, 0x10, 0x20, 0x30, 0x3C)
    },
    **{
        f"png {kind}, {name}": encoded("PNG", picture, icc_profile=profile)
        for kind, picture in PNGS.items()
        for name, profile in PROFILES.items()
    },
    **{
        f"{kind.lower()} rgb, {name}": encoded(kind, RGB, icc_profile=profile, **options)
        for kind, options in (("PNG", {}), ("WEBP", {"lossless": True}))
        for name, profile in ODD_PROFILES.items()
    },
    **{
        f"gamma, {name}": with_chunks(encoded("PNG", RGB, icc_profile=ODD_PROFILES[name]), gamma(1.0))
        for name in ("version 5", "size +1", "one primary less", "tables of version 4, saturation")
    },
    **{
        f"png {kind}, {name}": with_chunks(encoded("PNG", picture), chunks)
        for kind, picture in PNGS.items()
        for name, chunks in CHUNKS.items()
        if kind == "rgb" or "gamma" in name
    },
    **{
        f"jpeg {kind}, {name}": encoded("JPEG", picture, icc_profile=profile, quality=95)
        for kind, picture in (("rgb", RGB), ("grey", GREY))
        for name, profile in PROFILES.items()
    },
    **{
        f"webp {kind}, {name}": encoded("WEBP", picture, icc_profile=profile, lossless=True)
        for kind, picture in (("rgb", RGB), ("rgba", RGBA))
        for name, profile in PROFILES.items()
    },
    **{
        f"png {kind}, {name} behind its pixels": encoded("PNG", picture)[:-12] + chunks + IEND
        for kind, picture in (("rgb", RGB), ("palette", PALETTE))
        for name, chunks in LATE.items()
    },
    **{
        f"png palette, {name} behind it": with_chunks_behind(b"PLTE", encoded("PNG", PALETTE), chunks)
        for name, chunks in LATE.items()
    },
    "png palette, transparency before it": with_chunks(encoded("PNG", PALETTE), CLEAR),
    "png palette, transparency before and behind it": with_chunks_behind(
        b"PLTE", with_chunks(encoded("PNG", PALETTE), CLEAR), chunk(b"tRNS", b"\0\x80")
    ),
    "cmyk": encoded("JPEG", CMYK, quality=95),
    "cmyk, press": encoded("JPEG", CMYK, quality=95, icc_profile=press_profile()),
    "cmyk, press of two tables": encoded("JPEG", CMYK, quality=95, icc_profile=TWO_TABLES),
    "grey, curve to lab": encoded("PNG", GREY, icc_profile=LAB_GREY),
    "cmyk, rgb profile": encoded("JPEG", CMYK, quality=95, icc_profile=PROFILES["gamma 1.0"]),
    "rgb, press": encoded("JPEG", RGB, quality=95, icc_profile=press_profile()),
    **{
        f"16 bits {color}, {value}": deep(color, value)
        for color in (0, 2, 4, 6)
        for value in (0x80FF, 0x7F00)
    },
    **{f"16 bits {color}, gamma": deep(color, 0x4321, gamma(1.0)) for color in (0, 2, 4, 6)},
}


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    """Yield one empty page for all photos."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_has_the_colours_that_chromium_shows(name: str, blank: Page) -> None:
    pixels = blank.evaluate(DRAW, base64.b64encode(PHOTOS[name]).decode())
    made = Image.open(io.BytesIO(clean(PHOTOS[name], aspect_ratio=None)))
    shown = Image.frombytes("RGBA", made.size, base64.b64decode(pixels)).convert("RGB")
    # What JPEG itself does to fine patterns is no matter of colours.
    shown = Image.open(io.BytesIO(encoded("JPEG", shown, quality=JPEG_QUALITY)))
    assert max(ImageStat.Stat(ImageChops.difference(made, shown)).mean) <= 3
