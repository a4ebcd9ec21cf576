"""What becomes of a photo before it goes to the model."""

from __future__ import annotations

import io
import random
import re
import struct
import subprocess
import sys
import zlib
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from support import photo_files
from support.photo_files import flat_jpeg
from videogen.errors import PhotoUnreadable
from videogen.photo_cleaning import AspectRatio, clean
from videogen.photos import MEGAPIXEL

if TYPE_CHECKING:
    from pathlib import Path

RATIOS: tuple[AspectRatio | None, ...] = (None, "auto", "16:9", "9:16")
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)


def quarters(width: int = 800, height: int = 600) -> Image.Image:
    """Return a picture of four colours: red, green above blue, white."""
    image = Image.new("RGB", (2, 2))
    image.putdata([RED, GREEN, BLUE, WHITE])
    return image.resize((width, height), Image.Resampling.NEAREST)


def encoded(kind: str, image: Image.Image | None = None, **options: Any) -> bytes:
    return photo_files.encoded(kind, image or quarters(), **options)


def cleaned(data: bytes, aspect_ratio: AspectRatio | None = None) -> Image.Image:
    image = Image.open(io.BytesIO(clean(data, aspect_ratio=aspect_ratio)), formats=("JPEG",))
    image.load()
    return image


def near(color: Any, wanted: tuple[int, ...], tolerance: int = 12) -> bool:
    return all(abs(one - other) <= tolerance for one, other in zip(color, wanted, strict=True))


def corners(image: Image.Image) -> list[str]:
    """Return the names of the colours of the four corners, row by row."""
    names = {RED: "red", GREEN: "green", BLUE: "blue", WHITE: "white", (0, 0, 0): "black"}
    right, bottom = image.width - 8, image.height - 8
    found = [image.getpixel(point) for point in ((7, 7), (right, 7), (7, bottom), (right, bottom))]
    return [
        next((name for color, name in names.items() if near(pixel, color)), str(pixel)) for pixel in found
    ]


def markers(data: bytes) -> list[int]:
    """Return the markers of a JPEG up to its pixels."""
    found = [0xD8]
    position = 2
    while found[-1] != 0xDA:
        found.append(data[position + 1])
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    return found


UPRIGHT = ["red", "green", "blue", "white"]


@pytest.mark.parametrize(
    "data",
    [
        encoded("JPEG", quality=95),
        encoded("JPEG", quality=95, progressive=True),
        encoded("JPEG", quarters().convert("CMYK"), quality=95),
        encoded("PNG"),
        encoded("PNG", quarters().convert("P", palette=Image.Palette.ADAPTIVE)),
        encoded("PNG", quarters().convert("RGBA")),
        encoded("WEBP", quality=95),
        encoded("WEBP", lossless=True),
        encoded("WEBP", quarters().convert("RGBA"), lossless=True),
        encoded("PNG", save_all=True, append_images=[Image.new("RGB", (800, 600))]),
        encoded("MPO", save_all=True, append_images=[Image.new("RGB", (800, 600))], quality=95),
        photo_files.with_gain_map(encoded("JPEG", quality=95)),
        encoded("JPEG", quality=95) + b"PK\x03\x04<script>",
    ],
    ids=[
        "jpeg",
        "progressive",
        "cmyk",
        "png",
        "palette",
        "rgba",
        "webp",
        "lossless",
        "webp rgba",
        "animated png",
        "two pictures",
        "gain map",
        "polyglot",
    ],
)
def test_every_kind_of_photo_becomes_the_same_jpeg(data: bytes) -> None:
    image = cleaned(data)
    assert (image.format, image.mode, image.size, corners(image)) == ("JPEG", "RGB", (800, 600), UPRIGHT)


@pytest.mark.parametrize(
    ("image", "color"),
    [
        (Image.new("L", (64, 64), 100), (100, 100, 100)),
        (Image.new("1", (64, 64), 1), WHITE),
        (Image.new("I;16", (64, 64), 100 * 257), (100, 100, 100)),
        (Image.new("I;16", (64, 64), 65535), WHITE),
        (Image.new("LA", (64, 64), (0, 0)), WHITE),
        (Image.new("LA", (64, 64), (0, 128)), (127, 127, 127)),
        (Image.new("RGBA", (64, 64), (255, 0, 0, 0)), WHITE),
        (Image.new("RGBA", (64, 64), (255, 0, 0, 128)), (255, 127, 127)),
    ],
    ids=["grey", "bits", "16 bit", "16 bit white", "clear grey", "half grey", "clear", "half red"],
)
def test_grey_deep_and_transparent_pictures_become_colours_on_white(
    image: Image.Image, color: tuple[int, ...]
) -> None:
    assert near(cleaned(encoded("PNG", image)).getpixel((32, 32)), color, 3)


def test_a_transparent_webp_and_a_transparent_palette_lie_on_white() -> None:
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    assert near(cleaned(encoded("WEBP", clear, lossless=True, exact=True)).getpixel((32, 32)), WHITE, 2)
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([255, 0, 0])
    assert near(cleaned(encoded("PNG", palette, transparency=0)).getpixel((32, 32)), WHITE, 2)
    assert near(
        cleaned(encoded("PNG", Image.new("RGB", (64, 64), RED), transparency=RED)).getpixel((32, 32)),
        WHITE,
        2,
    )


@pytest.mark.parametrize("color", [0, 2, 4, 6])
def test_sixteen_bits_become_the_nearest_eight(color: int) -> None:
    values = [0x0080, 0x0081, 0x7F00, 0x7FFF, 0x80FF, 0x8100, 0xFE7F, 0xFF7E, 0xFFFF]
    near_ones = [round(value / 257) for value in values]
    for value, expected in zip(values, near_ones, strict=True):
        pixel = struct.pack(">H", value) * (3 if color in {2, 6} else 1) + b"\xff\xff" * (color in {4, 6})
        image = cleaned(photo_files.png((8, 8), pixel * 64, depth=16, color=color))
        assert near(image.getpixel((4, 4)), (expected,) * 3, 0), hex(value)


@pytest.mark.parametrize(
    ("depth", "color", "key", "clear", "opaque"),
    [
        (1, 0, b"\0\1", b"\xff", b"\0"),
        (2, 0, b"\0\2", b"\xaa", b"\x55"),
        (4, 0, b"\0\5", b"\x55", b"\x66"),
        (8, 0, b"\0\x50", b"\x50", b"\x51"),
        (16, 0, b"\x50\0", b"\x50\0", b"\x60\0"),
        (8, 2, b"\0\1\0\2\0\3", b"\1\2\3", b"\1\2\4"),
        (16, 2, b"\1\0\2\0\3\0", b"\1\0\2\0\3\0", b"\1\0\2\0\x43\0"),
        (16, 0, b"\x50\0", b"\x50\0", b"\x50\1"),
        (16, 2, b"\1\0\2\0\3\1", b"\1\0\2\0\3\1", b"\1\0\2\0\3\0"),
        (8, 3, b"\xff\0", b"\1", b"\0"),
        (8, 3, b"\xff\0\xff", b"\1", b"\0"),
        (8, 3, b"\xff\0" + b"\xff" * 254, b"\1", b"\0"),
        (8, 3, b"\xff\0", b"\2", b"\0"),
        (8, 3, b"\0", b"\0", b"\xff"),
        (2, 3, b"\xff\0", b"\xff", b"\0"),
        (4, 0, b"\0\x15", b"\x55", b"\x66"),
        (8, 0, b"\1\x50", b"\x50", b"\x51"),
        (8, 2, b"\1\1\x80\2\xff\3", b"\1\2\3", b"\1\2\4"),
        (8, 0, b"\0\x50\0\0", b"\x50", b"\x51"),
        (8, 2, b"\0\1\0\2\0\3\0\0", b"\1\2\3", b"\1\2\4"),
    ],
)
def test_the_colour_that_stands_for_none_is_white(
    depth: int, color: int, key: bytes, clear: bytes, opaque: bytes
) -> None:
    chunks = photo_files.chunk(b"PLTE", bytes(6)) * (color == 3) + photo_files.chunk(b"tRNS", key)
    seen = [
        cleaned(photo_files.png((8, 8), pixel * 64, depth=depth, color=color, chunks=chunks)).getpixel((4, 4))
        for pixel in (clear, opaque)
    ]
    assert near(seen[0], WHITE, 1)
    assert not near(seen[1], WHITE, 60)


@pytest.mark.parametrize(
    ("depth", "colors", "rows", "expected"),
    [
        (1, [BLUE], b"\xff", BLUE),
        (2, [RED, GREEN, BLUE], b"\xff\xff", BLUE),
        (4, [RED, BLUE], b"\x22" * 4, BLUE),
        (8, [RED, GREEN, BLUE], b"\xff" * 8, BLUE),
        (8, [RED, GREEN, BLUE], b"\1" * 8, GREEN),
        (1, [RED, GREEN, BLUE], b"\xff", GREEN),
        (8, [RED, BLUE, b"r"], b"\2" * 8, BLUE),
        (8, [BLUE, b"rg"], b"\0" * 8, BLUE),
    ],
)
def test_beyond_its_palette_a_png_has_its_last_colour(
    depth: int, colors: list[tuple[int, int, int] | bytes], rows: bytes, expected: tuple[int, int, int]
) -> None:
    palette = photo_files.chunk(b"PLTE", b"".join(map(bytes, colors)))
    image = cleaned(photo_files.png((8, 8), rows * 8, depth=depth, color=3, chunks=palette))
    assert near(image.getpixel((4, 4)), expected, 3)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, ["red", "green", "blue", "white"]),
        (2, ["green", "red", "white", "blue"]),
        (3, ["white", "blue", "green", "red"]),
        (4, ["blue", "white", "red", "green"]),
        (5, ["red", "blue", "green", "white"]),
        (6, ["blue", "red", "white", "green"]),
        (7, ["white", "green", "blue", "red"]),
        (8, ["green", "white", "red", "blue"]),
        (0, UPRIGHT),
        (9, UPRIGHT),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_turned_upright_as_its_exif_says(kind: str, orientation: int, expected: list[str]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = cleaned(encoded(kind, exif=exif, quality=95))
    assert (image.size, corners(image)) == ((600, 800) if 5 <= orientation <= 8 else (800, 600), expected)


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        b"Exif\0\0" + b"junk" * 50,
    ],
)
def test_broken_exif_turns_nothing(tmp_path: Path, exif: bytes) -> None:
    # In a process of its own: pytest's filters for warnings would come before the module's.
    photo, output = tmp_path / "photo", tmp_path / "cleaned"
    photo.write_bytes(encoded("JPEG", exif=exif, quality=95))
    program = (
        "import sys; from pathlib import Path; from videogen.photo_cleaning import clean\n"
        "Path(sys.argv[2]).write_bytes(clean(Path(sys.argv[1]).read_bytes(), aspect_ratio=None))"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program, str(photo), str(output)], check=True)
    with Image.open(output) as image:
        assert corners(image) == UPRIGHT


def bands(*colors: tuple[int, int, int], size: tuple[int, int], wide: bool) -> Image.Image:
    image = Image.new("RGB", (len(colors), 1) if wide else (1, len(colors)))
    image.putdata(colors)
    return image.resize(size, Image.Resampling.NEAREST)


@pytest.mark.parametrize(
    ("size", "aspect_ratio", "expected"),
    [
        ((1280, 720), "16:9", (1280, 720)),
        ((1280, 720), "9:16", (720, 1280)),
        ((1280, 720), "auto", (1280, 720)),
        ((720, 1280), "auto", (720, 1280)),
        ((600, 600), "auto", (1280, 720)),
        ((599, 600), "auto", (720, 1280)),
        ((2000, 1500), "auto", (1280, 720)),
        ((1500, 2000), "auto", (720, 1280)),
        ((1, 1), "auto", (1280, 720)),
        ((3, 500), "16:9", (1280, 720)),
        ((500, 3), "9:16", (720, 1280)),
        ((1280, 720), None, (1280, 720)),
        ((2000, 1500), None, (960, 720)),
        ((1500, 2000), None, (720, 960)),
        ((1500, 1500), None, (720, 720)),
        ((640, 480), None, (640, 480)),
        ((1, 1), None, (1, 1)),
        ((5000, 3), None, (1280, 1)),
        ((1281, 721), None, (1279, 720)),
    ],
)
def test_the_size_that_a_photo_gets(
    size: tuple[int, int], aspect_ratio: AspectRatio | None, expected: tuple[int, int]
) -> None:
    image = Image.new("RGB", size, BLUE)
    for kind in ("JPEG", "PNG"):
        assert cleaned(encoded(kind, image), aspect_ratio).size == expected


def planned(width: int, height: int, aspect_ratio: AspectRatio | None) -> tuple[int, int]:
    """Return the size that an upright photo gets, in whole numbers alone."""
    wide = aspect_ratio == "16:9" or (aspect_ratio != "9:16" and width >= height)
    long, short = (1280, 720) if wide else (720, 1280)
    if aspect_ratio is not None or (width <= long and height <= short):
        return (long, short) if aspect_ratio is not None else (width, height)
    if width * short >= height * long:
        return long, max(1, round(Fraction(height * long, width)))
    return max(1, round(Fraction(width * short, height))), short


@given(st.integers(1, 8000), st.integers(1, 8000), st.sampled_from(RATIOS), st.integers(1, 8))
@example(2725, 2225, None, 1)
@example(3655, 2327, "16:9", 1)
@example(3655, 2327, "auto", 6)
@example(2327, 3655, "9:16", 8)
@example(8000, 1, None, 5)
@example(1, 8000, "16:9", 7)
@example(8000, 6553, "9:16", 6)
@example(1, 1985, None, 1)
def test_every_size_becomes_the_planned_one(
    width: int, height: int, aspect_ratio: AspectRatio | None, orientation: int
) -> None:
    height = min(height, 50 * MEGAPIXEL // width)
    upright = (height, width) if orientation >= 5 else (width, height)
    image = cleaned(flat_jpeg(width, height, orientation=orientation), aspect_ratio)
    assert image.size == planned(*upright, aspect_ratio)
    assert all(near(image.getpixel((x, y)), (128, 128, 128), 1) for x in (0, -1) for y in (0, -1))


def mosaic(width: int, height: int) -> Image.Image:
    """Return a picture whose every part differs from what is beside it."""
    cells = (-(-width * 90 // max(width, height)), -(-height * 90 // max(width, height)))
    noise = random.Random(7).randbytes(cells[0] * cells[1])  # noqa: S311 - not a secret
    return Image.frombytes("L", cells, noise).resize((width, height), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("aspect_ratio", RATIOS)
@pytest.mark.parametrize(
    "size",
    [
        (2725, 2225),
        (3655, 2327),
        (2567, 1441),
        (5125, 2885),
        (4059, 3683),
        (769, 3997),
        (1279, 721),
        (1001, 1999),
    ],
)
def test_no_size_moves_the_picture_by_a_pixel(
    size: tuple[int, int], aspect_ratio: AspectRatio | None
) -> None:
    picture = mosaic(*size)
    width, height = planned(*size, aspect_ratio)
    scale = max(width / size[0], height / size[1])
    left, top = (size[0] - width / scale) / 2, (size[1] - height / scale) / 2
    box = (max(0, left), max(0, top), min(size[0], size[0] - left), min(size[1], size[1] - top))
    right = picture.resize((width, height), Image.Resampling.LANCZOS, box=box)
    seen = cleaned(encoded("JPEG", picture, quality=95), aspect_ratio).convert("L")
    moved = ImageChops.offset(right, 1, 0)
    assert difference(seen, right) < difference(moved, right) / 2


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return how far two pictures are apart, on average over pixels and channels."""
    means = ImageStat.Stat(ImageChops.difference(one, other)).mean
    return sum(means) / len(means)


def test_auto_goes_by_the_shape_after_turning() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = cleaned(encoded("JPEG", exif=exif), "auto")
    assert (image.size, corners(image)) == ((720, 1280), ["blue", "red", "white", "green"])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("wide", [True, False])
def test_the_crop_keeps_the_centre(kind: str, scale: int, wide: bool) -> None:  # noqa: FBT001 - a case of the parameters
    # Of nine stripes the outer ones go: 9 x 320 pixels long, 16:9 of 720 is 4 stripes.
    stripes = [RED] * 2 + [BLUE] * 5 + [GREEN] * 2
    size = (9 * 320 * scale // 2, 720 * scale // 2)
    photo = bands(*stripes, size=size if wide else size[::-1], wide=wide)
    image = cleaned(encoded(kind, photo), "16:9" if wide else "9:16")
    assert image.size == ((1280, 720) if wide else (720, 1280))
    assert all(
        near(image.getpixel(point), BLUE)
        for point in (
            (1, 1),
            (image.width - 2, 1),
            (1, image.height - 2),
            (image.width // 2, image.height // 2),
        )
    )


@pytest.mark.parametrize(("width", "height"), [(2600, 1500), (3001, 1999), (2563, 1441)])
def test_scaling_band_by_band_is_what_scaling_at_once_is(width: int, height: int) -> None:
    noise = random.Random(7)  # noqa: S311 - not a secret
    small = Image.frombytes("RGB", (40, 30), noise.randbytes(3600))
    photo = small.resize((width, height), Image.Resampling.BICUBIC)
    image = cleaned(encoded("PNG", photo, compress_level=1))
    whole = photo.resize(image.size, Image.Resampling.LANCZOS)
    points = [(noise.randrange(image.width), noise.randrange(image.height)) for _ in range(500)]
    edges = [(0, 0), (image.width - 1, 0), (0, image.height - 1), (image.width - 1, image.height - 1)]
    assert all(near(image.getpixel(point), whole.getpixel(point), 20) for point in points + edges)  # type: ignore[arg-type]  # a point or a color, as Pillow takes it


def test_nothing_but_pixels_is_left() -> None:
    exif = Image.Exif()
    exif[0x010F] = "CANARY maker"
    exif.get_ifd(0x8825)[1] = "N"
    data = encoded(
        "JPEG",
        exif=exif,
        comment=b"CANARY comment",
        icc_profile=SWAPPED,
        xmp=b"<x:xmpmeta CANARY>",
        dpi=(300, 300),
    )
    output = clean(data, aspect_ratio="auto")
    assert data.count(b"CANARY") == 3
    assert b"CANARY" not in output
    # JFIF header, quantization and Huffman tables, frame, scan: no APP1, no APP2, no comment.
    assert set(markers(output)) == {0xD8, 0xE0, 0xDB, 0xC4, 0xC0, 0xDA}


SWAPPED = photo_files.rgb_profile(photo_files.SRGB[::-1])
"""sRGB with its red and blue primaries exchanged, so that its use shows."""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_colours_are_converted_as_the_profile_says(kind: str) -> None:
    data = encoded(kind, Image.new("RGB", (64, 64), (255, 0, 0)), icc_profile=SWAPPED)
    assert near(cleaned(data).getpixel((32, 32)), (0, 0, 255))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize(
    "profile", [b"junk", b"", SWAPPED[:200], b"x" * 2_000_000, SWAPPED.replace(b"RGB ", b"CMYK")]
)
def test_a_profile_that_does_not_fit_changes_nothing(mode: str, profile: bytes) -> None:
    color = {"RGB": (10, 120, 230), "L": 120, "CMYK": (245, 135, 25, 0)}[mode]
    data = encoded("JPEG", Image.new(mode, (64, 64), color), icc_profile=profile, quality=95)  # type: ignore[arg-type]  # a point or a color, as Pillow takes it
    expected = (120, 120, 120) if mode == "L" else (10, 120, 230)
    assert near(cleaned(data).getpixel((32, 32)), expected, 4)


LONG = b"x" * 1_500_000
PACKED = zlib.compress(LONG)


@pytest.mark.parametrize(
    "chunks",
    [
        photo_files.chunk(b"tEXt", b"key\0text", checksum=1),
        photo_files.chunk(b"gAMA", b"junk", checksum=1),
        photo_files.chunk(b"pHYs", b"", checksum=1),
        photo_files.chunk(b"tEXt", b"workflow\0" + LONG),
        photo_files.chunk(b"zTXt", b"key\0\0" + PACKED),
        photo_files.chunk(b"iTXt", b"key\0\1\0\0\0" + PACKED),
        photo_files.chunk(b"iCCP", b"key\0\0" + PACKED),
        photo_files.chunk(b"acTL", bytes(8)),
        photo_files.chunk(b"tRNS", b"\0\1"),
        photo_files.chunk(b"eXIf", b"junk" * 20),
        photo_files.chunk(b"tIME", b"junk") * 3,
        photo_files.chunk(b"zTXt", b"key\0\0" + zlib.compress(b" " * 1_000_000, 9)) * 400,
        photo_files.chunk(b"iCCP", b"key\0\0" + zlib.compress(bytes(300_000_000), 9)),
    ],
    ids=[
        "checksum of text",
        "checksum of gamma",
        "checksum of size",
        "long text",
        "packed text",
        "international text",
        "no profile",
        "animation of nothing",
        "short transparency",
        "no EXIF",
        "thrice",
        "text bomb",
        "profile bomb",
    ],
)
def test_a_chunk_beside_the_pixels_changes_nothing(chunks: bytes) -> None:
    plain = encoded("PNG")
    assert clean(photo_files.with_chunks(plain, chunks), aspect_ratio=None) == clean(plain, aspect_ratio=None)


def test_an_unknown_chunk_behind_the_pixels_changes_nothing() -> None:
    plain = encoded("PNG")
    behind = plain[:-12] + photo_files.chunk(b"ABCD", b"x") * 2 + plain[-12:]
    assert clean(behind, aspect_ratio=None) == clean(plain, aspect_ratio=None)


STORED = {
    "jpeg": encoded("JPEG", quality=95),
    "progressive": encoded("JPEG", quality=95, progressive=True),
    "grey": encoded("JPEG", quarters().convert("L"), quality=95),
    "cmyk": encoded("JPEG", quarters().convert("CMYK"), quality=95),
    "restarts": encoded("JPEG", quality=95, restart_marker_blocks=1),
}


@pytest.mark.parametrize("data", STORED.values(), ids=STORED)
def test_a_jpeg_without_its_end_marker_is_whole(data: bytes) -> None:
    whole = clean(data, aspect_ratio=None)
    pixels = data[:-2]
    ends = [pixels, pixels + b"\xff", pixels + b"\xff\xff", pixels + bytes(50), data + b"more"]
    ends += [pixels + bytes(5000), pixels + b"\xff\0" + bytes(5000)]
    assert [clean(one, aspect_ratio=None) == whole for one in ends] == [True] * 7


def noise_above(height: int) -> Image.Image:
    """Return a picture that is grey from such a height on."""
    noise = Image.frombytes("RGB", (40, 30), random.Random(7).randbytes(3600))  # noqa: S311 - not a secret
    picture = noise.resize((800, 600), Image.Resampling.BICUBIC)
    picture.paste((90, 90, 90), (0, height, 800, 600))
    return picture


@pytest.mark.parametrize(
    "picture",
    [Image.new("RGB", (800, 600), (128, 128, 128)), noise_above(200), noise_above(400)],
    ids=["plain", "third", "two thirds"],
)
def test_a_jpeg_whose_pixels_end_in_zeros_is_whole(picture: Image.Image) -> None:
    data = encoded("JPEG", picture, optimize=True, quality=75)
    assert data.endswith(bytes(64) + b"\xff\xd9")
    assert cleaned(data).size == (800, 600)


NOISE = {
    "noise": encoded("JPEG", noise_above(600), quality=60),
    "noise of its own codes": encoded("JPEG", noise_above(600), quality=60, optimize=True),
    "progressive noise": encoded("JPEG", noise_above(600), quality=60, progressive=True),
}


@pytest.mark.parametrize("zeros", [1, 10, 100])
@pytest.mark.parametrize("end", [b"\xff\xd9", b"\xff\xff\xd9more"], ids=["end", "more behind"])
@pytest.mark.parametrize("part", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("data", NOISE.values(), ids=NOISE)
def test_a_jpeg_whose_rest_is_zeros_is_unreadable(data: bytes, part: float, end: bytes, zeros: int) -> None:
    scan = data.rindex(b"\xff\xda")
    cut = scan + int(part * (len(data) - scan))
    with pytest.raises(PhotoUnreadable):
        clean(data[:cut] + bytes(zeros * (len(data) - cut)) + end, aspect_ratio=None)


@pytest.mark.parametrize(
    "end",
    [b"", b"\xff\xd9", b"\xff\xe1\0\x04ab\xff\xd9", bytes(5000), b"\xff" * 5000],
    ids=["cut", "end", "segment", "zeros", "ones"],
)
@pytest.mark.parametrize("part", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("data", STORED.values(), ids=STORED)
def test_a_jpeg_with_less_than_all_pixels_is_unreadable(data: bytes, part: float, end: bytes) -> None:
    start = data.rindex(b"\xff\xda")
    with pytest.raises(PhotoUnreadable):
        clean(data[: start + int(part * (len(data) - start))] + end, aspect_ratio="auto")


def scan_by_scan(marker: int, *headers: bytes) -> bytes:
    """Return a mid-grey JPEG of three components, with one scan for each of the headers."""
    flat = flat_jpeg(80, 60)
    start, end = (flat.index(bytes([0xFF, kind])) for kind in (0xC0, 0xC4))
    scans = b"".join(photo_files.segment(0xDA, header) + bytes(20) for header in headers)
    tables = flat[end : flat.index(b"\xff\xda")]
    return flat[:start] + photo_files.frame(marker, 80, 60, b"\x11" * 3) + tables + scans + photo_files.EOI


SCANS = {
    "progressive": STORED["progressive"],
    "progressive grey": encoded("JPEG", mosaic(160, 120), progressive=True),
    "progressive cmyk": encoded("JPEG", mosaic(160, 120).convert("CMYK"), progressive=True),
    "baseline": scan_by_scan(0xC0, *(bytes([1, number, 0, 0, 63, 0]) for number in (1, 2, 3))),
}


@pytest.mark.parametrize("data", SCANS.values(), ids=SCANS)
def test_a_jpeg_that_ends_between_its_scans_is_unreadable(data: bytes) -> None:
    whole = clean(data, aspect_ratio=None)
    assert clean(data[:-2], aspect_ratio=None) == whole
    first = data.index(b"\xff\xda") + 2
    starts = [found.start() for found in re.finditer(rb"\xff[\xc4\xda]", data[first:])]  # of tables and scans
    assert len(starts) > 1
    for start in starts:
        for more, end in product((0, 1, 2, 5), (b"", bytes(5000), b"\xff" * 5000)):
            with pytest.raises(PhotoUnreadable):
                clean(data[: first + start + more] + end, aspect_ratio=None)
        assert cleaned(data[: first + start] + photo_files.EOI).format == "JPEG"


def test_passes_that_leave_bits_out_need_the_end_marker() -> None:
    # All coefficients, but the last bit of some is never sent: its writer meant that, if there is an end.
    colors, details = b"\3\1\0\2\0\3\0\0\0", [bytes([1, number, 0, 1, 63]) for number in (1, 2, 3)]
    data = scan_by_scan(0xC2, colors + b"\0", *(detail + b"\1" for detail in details))
    assert cleaned(data).size == (80, 60)
    with pytest.raises(PhotoUnreadable):
        clean(data[:-2], aspect_ratio=None)


WEBPS = {
    "lossy": encoded("WEBP", noise_above(600)),
    "lossless": encoded("WEBP", noise_above(600), lossless=True),
    "lossy, then plain": encoded("WEBP", noise_above(500)),
    "with alpha": encoded("WEBP", quarters().convert("RGBA"), lossless=True),
    "with a profile and EXIF": encoded(
        "WEBP", noise_above(600), exif=photo_files.exif(1), icc_profile=b"x" * 99
    ),
}


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("data", WEBPS.values(), ids=WEBPS)
def test_a_webp_whose_rest_is_zeros_is_unreadable(data: bytes, part: float) -> None:
    cut = int(part * len(data))
    with pytest.raises(PhotoUnreadable):
        clean(data[:cut] + bytes(len(data) - cut), aspect_ratio=None)
    assert clean(data + bytes(5000), aspect_ratio=None) == clean(data, aspect_ratio=None)


@pytest.mark.parametrize("color", [(0, 0, 0), (128, 128, 128), WHITE])
@pytest.mark.parametrize("lossless", [False, True])
def test_a_webp_of_a_plain_colour_is_whole(*, lossless: bool, color: tuple[int, int, int]) -> None:
    data = encoded("WEBP", Image.new("RGB", (3200, 2400), color), lossless=lossless)
    assert near(cleaned(data).getpixel((32, 32)), color)


@pytest.mark.parametrize("number", [0, 1, 6, 7, 8, 200, -1])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_ends_with_an_interval_is_unreadable(*, progressive: bool, number: int) -> None:
    data = encoded("JPEG", mosaic(160, 120), quality=95, restart_marker_blocks=1, progressive=progressive)
    scan = data.rindex(b"\xff\xda")
    restart = [found.start() for found in re.finditer(rb"\xff[\xd0-\xd7]", data[scan:])][number] + scan
    # Behind a marker that is none any more, decoders show nothing.
    damaged = data[:restart] + bytes([0xFF, data[restart + 1] ^ 0x20]) + data[restart + 2 :]
    halves = [data[: restart + more] for more in (0, 1, 2)]
    assert cleaned(data).size == (160, 120)
    for half in [damaged, *halves, *(half + photo_files.EOI for half in halves), halves[0] + bytes(5000)]:
        with pytest.raises(PhotoUnreadable):
            clean(half, aspect_ratio=None)


@pytest.mark.parametrize(
    "between", [b"\xff" * 5000, bytes(99), b"text", b"\xff\xe1\0\x08Exif\0\0MM\0*" + bytes(20)]
)
def test_a_jpeg_with_stray_bytes_is_read_as_without(between: bytes) -> None:
    data = STORED["jpeg"]
    place = data.index(b"\xff\xdb")
    stray = data[:place] + between + data[place:]
    assert clean(stray, aspect_ratio=None) == clean(data, aspect_ratio=None)


def moving(*pictures: Image.Image, kind: str, **options: Any) -> bytes:
    first, *others = pictures
    return encoded(kind, first, save_all=True, append_images=others, duration=100, lossless=True, **options)


@pytest.mark.parametrize(
    "data",
    [
        moving(quarters(), Image.new("RGB", (800, 600)), kind="WEBP"),
        moving(quarters(), Image.new("RGB", (800, 600)), kind="PNG"),
        moving(Image.new("RGB", (800, 600)), quarters(), kind="PNG", default_image=True),
        moving(quarters().convert("RGBA"), Image.new("RGBA", (800, 600)), kind="WEBP", minimize_size=True),
        moving(quarters().quantize(4), Image.new("P", (800, 600)), kind="PNG"),
    ],
    ids=["webp", "png", "png with another picture first", "webp with alpha", "palette"],
)
def test_of_an_animation_the_first_picture_counts(data: bytes) -> None:
    image = cleaned(data)
    assert (image.size, corners(image)) == ((800, 600), UPRIGHT)


def test_an_animation_begins_with_less_than_its_canvas() -> None:
    small = encoded("WEBP", Image.new("RGB", (400, 300), RED), lossless=True)
    numbers = [799, 599, 100, 75, 399, 299, 0]
    canvas, shown = (b"".join(n.to_bytes(3, "little") for n in some) for some in (numbers[:2], numbers[2:]))
    body = shown + b"\0" + small[12:]
    data = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\2\0\0\0" + canvas + b"ANMF" + struct.pack("<I", len(body)) + body
    image = cleaned(data)
    seen = [image.getpixel(point) for point in ((190, 140), (210, 160), (590, 440), (610, 460))]
    assert (image.size, [near(pixel, RED) for pixel in seen]) == ((800, 600), [False, True, True, False])
    assert near(seen[0], WHITE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        encoded("GIF"),
        encoded("JPEG")[:-1000],
        encoded("JPEG", progressive=True)[:-1000],
        encoded("JPEG")[:700],
        encoded("PNG")[:-60],
        encoded("PNG").replace(b"IDAT", b"IDAX"),
        encoded("PNG")[:33],
        encoded("WEBP")[:-100],
        encoded("WEBP", lossless=True)[:-20],
        encoded("WEBP")[:40],
        moving(quarters(), Image.new("RGB", (800, 600)), kind="WEBP")[:100],
        encoded("PNG", Image.new("1", (5000, 5000))),
        encoded("PNG")[:-21],
        photo_files.with_chunks(encoded("PNG"), photo_files.chunk(b"CgBI", b"")),
        photo_files.with_chunks(encoded("PNG"), photo_files.chunk(b"PLTE", b"", checksum=1)),
        encoded("PNG")[:-14] + b"\0\0" + encoded("PNG")[-12:],
        photo_files.png((8, 8), b"\1\2\3" * 56),
        photo_files.png((8, 8), b"\1" * 64, color=3),
        photo_files.png((8, 8), b"\1" * 64, color=3, chunks=photo_files.chunk(b"PLTE", b"rg")),
    ],
    ids=[
        "empty",
        "text",
        "gif",
        "jpeg cut",
        "progressive cut",
        "jpeg header",
        "png cut",
        "png without pixels",
        "png header",
        "webp cut",
        "lossless cut",
        "webp header",
        "animated webp",
        "too large",
        "png short of a byte",
        "unknown chunk that matters",
        "checksum of the palette",
        "checksum of the pixels",
        "png short of a row",
        "png without its palette",
        "png with a damaged palette",
    ],
)
def test_what_cannot_be_decoded_to_its_end_is_unreadable(data: bytes) -> None:
    with pytest.raises(PhotoUnreadable) as caught:
        clean(data, aspect_ratio="auto")
    assert (caught.value.code, caught.value.charged) == ("photo_unreadable", "no")


def test_a_size_that_two_parsers_see_differently_is_unreadable() -> None:
    # Two headers: the first one counts here, the second one for the decoder.
    data = encoded("PNG")
    header = photo_files.chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    with pytest.raises(PhotoUnreadable):
        clean(data[:8] + header + data[8:], aspect_ratio="auto")


PHOTOS = [encoded(kind, quarters(80, 60)) for kind in ("JPEG", "PNG", "WEBP")] + [
    encoded("JPEG", quarters(80, 60), progressive=True),
    encoded("WEBP", quarters(80, 60), lossless=True),
]


@example(PHOTOS[-1], [(19, 0x71)], None, None)  # pixels of two gigabytes
@given(
    st.sampled_from(PHOTOS),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=5),
    st.none() | st.integers(0, 10_000),
    st.sampled_from(["auto", "16:9", "9:16", None]),
)
def test_any_damage_gives_a_jpeg_or_an_unreadable_photo(
    photo: bytes, changes: list[tuple[int, int]], cut: int | None, aspect_ratio: AspectRatio | None
) -> None:
    data = bytearray(photo)
    for position, value in changes:
        data[position % len(data)] = value
    try:
        output = clean(bytes(data[:cut]), aspect_ratio=aspect_ratio)
    except PhotoUnreadable:
        return
    assert output.startswith(b"\xff\xd8\xff")
