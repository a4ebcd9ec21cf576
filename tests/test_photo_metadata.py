"""Which way up a photo is, and in which colours it is meant."""

from __future__ import annotations

import struct
import time
import zlib

import pytest
from PIL import Image

from support.photo_files import (
    chained_profile,
    chunk,
    encoded,
    exif,
    grey_profile,
    press_profile,
    profile,
    rgb_profile,
    segment,
    table,
    with_chunks,
)
from videogen import color_profiles, photo_metadata

SMALL = Image.new("RGB", (8, 8))
PROFILE, OTHER = rgb_profile(curve=1.8), rgb_profile(curve=2.4)
USED = color_profiles.as_used(PROFILE)


SHORT, LONG = 3, 4
ORIENTATION, SUBDIRECTORY = 0x0112, 0x8769


def directory(*entries: tuple[int, int, int, int]) -> bytes:
    """Return a little-endian directory of entries: tag, type, count and value of each."""
    packed = (struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + b"".join(packed) + bytes(4)


def little(*entries: tuple[int, int, int, int]) -> bytes:
    """Return a TIFF structure of a directory with two other tags before the entries."""
    return b"II*\0\x08\0\0\0" + directory((0x010F, 2, 1, 0), (0x0110, 2, 1, 0), *entries)


def oriented(value: int) -> tuple[int, int, int, int]:
    return (ORIENTATION, SHORT, 1, value)


# Behind a directory of three entries, and of four.
INNER, INNER_OF_FOUR = ((SUBDIRECTORY, LONG, 1, 14 + 12 * entries) for entries in (3, 4))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (exif(6), 6),
        (little(oriented(8)), 8),
        (exif(5, directories=60_000), 5),
        (exif(0), 1),
        (exif(9), 1),
        (little((ORIENTATION, LONG, 1, 6)), 1),
        (little((ORIENTATION, SHORT, 0, 6)), 1),
        (little((ORIENTATION, SHORT, 2, 6)), 1),
        (little(oriented(0), oriented(9), oriented(6)), 6),
        (little((ORIENTATION, LONG, 1, 3), oriented(6)), 6),
        (little(oriented(3), oriented(6)), 3),
        (little(INNER) + directory(oriented(6)), 6),
        (little(INNER_OF_FOUR, oriented(3)) + directory(oriented(6)), 6),
        (little(oriented(3), INNER_OF_FOUR) + directory(oriented(6)), 3),
        (little(INNER) + directory((SUBDIRECTORY, LONG, 1, 68), oriented(9)) + directory(oriented(6)), 1),
        (little((SUBDIRECTORY, LONG, 1, 0), oriented(6)), 6),
        (little((SUBDIRECTORY, LONG, 1, 2**32 - 1), oriented(6)), 6),
        (little((SUBDIRECTORY, LONG, 1, 8)), 1),
        (b"", 1),
        (b"MM\0*", 1),
        (b"MM\0*\xff\xff\xff\xff\0\x01", 1),
        (b"MM\0*\0\0\0\x08\xff\xff" + bytes(11), 1),
        (b"MM\0*\0\0\0\x08\xff\xff" + bytes(12 * 0xFFFF), 1),
        (b"II\0*" + exif(6)[4:], 1),
        (b"junk" * 50, 1),
    ],
)
def test_the_orientation_is_read_or_upright(data: bytes, expected: int) -> None:
    assert photo_metadata.orientation(data) == expected


def test_directories_that_lead_into_each_other_cost_no_time() -> None:
    data = b"II*\0\x08\0\0\0" + directory(*[(SUBDIRECTORY, LONG, 1, 8)] * 65_535)
    begun = time.process_time()
    assert photo_metadata.orientation(data) == 1
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(("prefix", "expected"), [(b"", 6), (b"Exif\0\0", 1)])
def test_a_png_has_its_orientation_without_a_prefix(prefix: bytes, expected: int) -> None:
    data = with_chunks(encoded("PNG", SMALL), chunk(b"eXIf", prefix + exif(6)))
    assert photo_metadata.read(data, "image/png").orientation == expected


def jpeg_with(*parts: tuple[int, int, bytes]) -> bytes:
    """Return a JPEG with parts of a profile: the number of each, how many there are, and its bytes."""
    marked = (segment(0xE2, b"ICC_PROFILE\0" + bytes(part[:2]) + part[2]) for part in parts)
    return b"\xff\xd8" + b"".join(marked) + encoded("JPEG", SMALL)[2:]


HALF = len(PROFILE) // 2


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (jpeg_with((1, 1, PROFILE)), USED),
        (jpeg_with((1, 2, PROFILE[:HALF]), (2, 2, PROFILE[HALF:])), USED),
        (jpeg_with((2, 2, PROFILE[HALF:]), (1, 2, PROFILE[:HALF])), USED),
        (jpeg_with((1, 1, PROFILE), (1, 1, OTHER)), USED),
        (jpeg_with((1, 2, PROFILE[:HALF]), (2, 2, PROFILE[HALF:]), (1, 3, OTHER)), USED),
        (jpeg_with((1, 2, PROFILE[:HALF]), (1, 2, PROFILE[:HALF]), (2, 2, PROFILE[HALF:])), None),
        (jpeg_with((1, 1, PROFILE[:HALF]), (2, 2, PROFILE[HALF:])), None),
        (jpeg_with((1, 3, PROFILE[:HALF]), (2, 2, PROFILE[HALF:])), None),
        (jpeg_with((1, 2, PROFILE[:HALF]), (2, 3, PROFILE[HALF:])), None),
        (jpeg_with((1, 0, PROFILE)), None),
        (jpeg_with((1, 2, PROFILE[:HALF])), None),
        (jpeg_with((0, 1, PROFILE)), None),
        (jpeg_with((1, 1, b"junk")), None),
        (jpeg_with(), None),
    ],
    ids=[
        "one",
        "two",
        "in disorder",
        "twice",
        "more behind",
        "a part twice",
        "one, then of two",
        "of three, then of two",
        "of two, then of three",
        "of none",
        "one lost",
        "from zero",
        "junk",
        "none",
    ],
)
def test_the_profile_of_a_jpeg_is_put_together(data: bytes, expected: bytes | None) -> None:
    assert photo_metadata.read(data, "image/jpeg").profile == expected


CICP_P3 = chunk(b"cICP", b"\x0c\x0d\0\x01")
ICCP = chunk(b"iCCP", b"name\0\0" + zlib.compress(PROFILE))
SRGB = chunk(b"sRGB", b"\0")
GAMMA = chunk(b"gAMA", struct.pack(">I", 100_000))
P3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
POINTS = chunk(b"cHRM", struct.pack(">8I", *P3))
LINEAR = color_profiles.of_gamma(1.0)
LINEAR_P3 = color_profiles.of_gamma(1.0, ((0.3127, 0.329), (0.68, 0.32), (0.265, 0.69), (0.15, 0.06)))
DISPLAY_P3 = color_profiles.of_code_points(b"\x0c\x0d\0\x01")


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([], None),
        ([GAMMA, POINTS, SRGB, ICCP, CICP_P3], DISPLAY_P3),
        ([GAMMA, POINTS, SRGB, ICCP], USED),
        ([GAMMA, POINTS, SRGB], None),
        ([GAMMA, POINTS], LINEAR_P3),
        ([GAMMA], LINEAR),
        ([POINTS], None),
        ([ICCP, chunk(b"iCCP", b"name\0\0" + zlib.compress(OTHER))], USED),
        ([chunk(b"PLTE", bytes(3)), chunk(b"PLTE", bytes(3)), CICP_P3], None),
        ([ICCP, chunk(b"cICP", b"\x02\x02\0\x01")], USED),
        ([ICCP, chunk(b"cICP", b"\x0c\x0d\0\0")], USED),
        ([ICCP, chunk(b"cICP", b"\x0c\x0d")], USED),
        ([GAMMA, chunk(b"iCCP", b"name\0\0junk")], LINEAR),
        ([GAMMA, chunk(b"iCCP", b"name\0\0" + zlib.compress(PROFILE)[:-9])], LINEAR),
        ([GAMMA, chunk(b"iCCP", b"\0\0" + zlib.compress(PROFILE))], LINEAR),
        ([GAMMA, chunk(b"sRGB", b"")], LINEAR),
        ([GAMMA, chunk(b"sRGB", b"\0\0")], LINEAR),
        ([GAMMA, chunk(b"sRGB", b"\4")], LINEAR),
        ([GAMMA, chunk(b"sRGB", b"\3")], None),
        ([chunk(b"gAMA", b"abc")], None),
        ([chunk(b"gAMA", bytes(4))], None),
        ([chunk(b"gAMA", b"\0\0\0\1")], None),
        ([GAMMA, chunk(b"cHRM", b"abc")], LINEAR),
        ([GAMMA, chunk(b"cHRM", bytes(32))], None),
        ([GAMMA, chunk(b"cHRM", struct.pack(">8I", *P3[:2], *[30000] * 6))], None),
    ],
)
def test_the_colours_of_a_png_go_by_its_precedence(chunks: list[bytes], expected: bytes | None) -> None:
    assert photo_metadata.read(with_chunks(encoded("PNG", SMALL), *chunks), "image/png").profile == expected


@pytest.mark.parametrize(
    "late", [GAMMA, GAMMA + POINTS, ICCP, CICP_P3, SRGB, chunk(b"eXIf", exif(6))], ids=lambda late: late[4:8]
)
def test_what_a_png_says_behind_its_pixels_counts_for_nothing(late: bytes) -> None:
    plain = encoded("PNG", SMALL)
    assert photo_metadata.read(plain[:-12] + late + plain[-12:], "image/png") == (1, None)
    known = with_chunks(plain, GAMMA, chunk(b"eXIf", exif(3)))
    assert photo_metadata.read(known[:-12] + late + known[-12:], "image/png") == (3, LINEAR)


def test_the_metadata_of_a_webp_is_its_chunks() -> None:
    data = encoded("WEBP", SMALL, icc_profile=PROFILE, exif=b"Exif\0\0" + exif(6))
    assert photo_metadata.read(data, "image/webp") == (6, USED)


def test_an_animated_webp_has_no_profile() -> None:
    data = encoded(
        "WEBP", SMALL, save_all=True, append_images=[Image.new("L", (8, 8), 9)], icc_profile=PROFILE
    )
    assert (b"ICCP" in data, photo_metadata.read(data, "image/webp").profile) == (True, None)


@pytest.mark.parametrize(
    "profile",
    [
        chained_profile(2, tag=b"A2B0"),
        chained_profile(100_000, tag=b"A2B0"),
        rgb_profile() + bytes(color_profiles.MAX_BYTES),
        b"",
        rgb_profile()[:140],
        rgb_profile().replace(b"acsp", b"acid"),
        rgb_profile()[:128] + b"\xff\xff\xff\xff" + rgb_profile()[132:],
    ],
    ids=[
        "chain",
        "long chain",
        "huge",
        "empty",
        "cut",
        "no profile",
        "many tags",
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_profile_that_may_cost_much_is_not_used(kind: str, profile: bytes) -> None:
    data = encoded(kind, SMALL, icc_profile=profile)
    photo_type = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}[kind]
    assert photo_metadata.read(data, photo_type).profile is None  # type: ignore[arg-type]  # a type of the parameters


def test_a_profile_bomb_is_not_unpacked() -> None:
    bomb = chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(400_000_000), 9))
    data = with_chunks(encoded("PNG", SMALL), bomb * 5)
    begun = time.process_time()
    assert photo_metadata.read(data, "image/png").profile is None
    assert time.process_time() - begun < 0.5


COLORS = ["rXYZ", "rTRC", "gXYZ", "gTRC", "bXYZ", "bTRC"]
TABLE, LAB = table(lambda *values: values), {"space": b"RGB ", "pcs": b"Lab "}


@pytest.mark.parametrize(
    ("data", "tags"),
    [
        (rgb_profile(), COLORS),
        (grey_profile(1.0), ["kTRC"]),
        (chained_profile(100_000), ["rTRC", "gTRC", "bTRC", "bXYZ", "gXYZ", "rXYZ"]),
        (press_profile(), ["A2B0"]),
        (profile(tags={b"A2B1": TABLE, b"B2A0": TABLE}, **LAB), ["A2B0"]),
        (profile(tags={b"A2B0": TABLE, b"A2B1": b"mpet" + bytes(9), b"D2B0": b"mpet"}, **LAB), ["A2B0"]),
    ],
    ids=["primaries", "grey", "chain", "inks", "colorimetric table", "chains beside a table"],
)
def test_of_a_profile_one_way_to_convert_is_used(data: bytes, tags: list[str]) -> None:
    used = color_profiles.as_used(data)
    assert used is not None
    (count,) = struct.unpack_from(">I", used, 128)
    entries = struct.iter_unpack(">4sII", used[132 : 132 + 12 * count])
    found = {tag.decode(): used[start : start + length] for tag, start, length in entries}
    assert (list(found), b"mpet" in b"".join(found.values())) == (tags, False)
