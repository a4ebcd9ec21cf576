"""Which photos are taken, from their bytes alone."""

from __future__ import annotations

import base64
import contextlib
import struct
import subprocess
import sys
import time
import zlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from support import photo_files
from videogen.errors import FieldError, InputTooLarge, InvalidInput, UnsupportedPhoto
from videogen.photos import MEGAPIXEL, PhotoInfo, decode_data_uri, sniff

FIELD = "photos[0].data"
SMALL = Image.linear_gradient("L").resize((40, 30)).convert("RGB")


def encoded(kind: str, image: Image.Image = SMALL, **options: Any) -> bytes:
    return photo_files.encoded(kind, image, **options)


JPEG = encoded("JPEG")
PROGRESSIVE = encoded("JPEG", progressive=True)
PNG = encoded("PNG")
LOSSY = encoded("WEBP")
LOSSLESS = encoded("WEBP", lossless=True)
EXTENDED = encoded("WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0", icc_profile=b"x" * 5000)
ANIMATED_WEBP = encoded("WEBP", save_all=True, append_images=[SMALL.rotate(90)])


def message(data: bytes, kind: type[InvalidInput] = UnsupportedPhoto) -> str:
    with pytest.raises(InvalidInput) as caught:
        sniff(data, FIELD)
    assert type(caught.value) is kind
    assert caught.value.errors == (FieldError(FIELD, caught.value.errors[0].message),)
    return caught.value.errors[0].message


def jpeg(
    width: int,
    height: int,
    *,
    marker: int = 0xC0,
    factors: bytes = b"\x22\x11\x11",
    scan: int = 3,
    precision: int = 8,
) -> bytes:
    parts = b"".join(bytes([number, factor, 0]) for number, factor in enumerate(factors, 1))
    frame = struct.pack(">BHHB", precision, height, width, len(factors)) + parts
    return (
        b"\xff\xd8\xff\xe0\0\x04ab"
        + struct.pack(">BBH", 0xFF, marker, 2 + len(frame))
        + frame
        + struct.pack(">BBHB", 0xFF, 0xDA, 3, scan)
    )


def png(width: int, height: int, depth: int = 8, color: int = 2, rest: bytes = b"\0\0\0") -> bytes:
    header = b"IHDR" + struct.pack(">IIBB", width, height, depth, color) + rest
    return b"\x89PNG\r\n\x1a\n\0\0\0\r" + header + struct.pack(">I", zlib.crc32(header))


def webp(width: int, height: int, *chunks: bytes, lossless: bool = False) -> bytes:
    if lossless:
        pixels = b"VP8L\x0a\0\0\0\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(5)
    else:
        pixels = b"VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return b"RIFF\0\0\0\0WEBP" + b"".join(chunks) + pixels


ALPHA = b"VP8X\x0a\0\0\0\x10" + bytes(9) + b"ALPH\x02\0\0\0" + bytes(2)


def animation(canvas: tuple[int, int], place: tuple[int, int], frame: bytes) -> bytes:
    """Return an animated WebP of one frame; all in pixels."""
    numbers = [number.to_bytes(3, "little") for number in (canvas[0] - 1, canvas[1] - 1, *place, 0, 0, 0)]
    shown = b"".join(numbers[2:]) + b"\0" + frame[12:]
    return (
        b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\2\0\0\0"
        + b"".join(numbers[:2])
        + b"ANMF"
        + struct.pack("<I", len(shown))
        + shown
    )


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (JPEG, "image/jpeg"),
        (PROGRESSIVE, "image/jpeg"),
        (encoded("JPEG", SMALL.convert("L")), "image/jpeg"),
        (encoded("JPEG", SMALL.convert("CMYK")), "image/jpeg"),
        (encoded("JPEG", comment=b"\xff\xd8\xff\xc0" * 5000, icc_profile=b"x" * 200_000), "image/jpeg"),
        (PNG, "image/png"),
        (encoded("PNG", SMALL.convert("P")), "image/png"),
        (encoded("PNG", Image.new("I;16", (40, 30))), "image/png"),
        (encoded("PNG", save_all=True, append_images=[SMALL.rotate(90)]), "image/png"),
        (LOSSY, "image/webp"),
        (LOSSLESS, "image/webp"),
        (EXTENDED, "image/webp"),
        (encoded("WEBP", SMALL.convert("RGBA")), "image/webp"),
        (JPEG + b"PK\x03\x04 and more", "image/jpeg"),
        (PNG + b"<script>", "image/png"),
        (ANIMATED_WEBP, "image/webp"),
    ],
)
def test_photos_are_known_by_their_bytes(data: bytes, kind: str) -> None:
    assert sniff(data, FIELD) == PhotoInfo(kind, 40, 30)  # type: ignore[arg-type]  # a type of the parameters


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (encoded("GIF"), "is a GIF."),
        (encoded("BMP"), "is a BMP picture."),
        (encoded("TIFF"), "is a TIFF or raw photo."),
        (encoded("ICO"), "is an icon."),
        (b"%PDF-1.7\n", "is a PDF."),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', "is an SVG drawing."),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x -->\n<!DOCTYPE svg>\n<svg>', "is an SVG drawing."),
        (b"<!DOCTYPE html><title>x</title>", "is a web page."),
        (b"\n<!-- x --> <!-- <svg> -->\n<html><svg>", "is a web page."),
        (b'<?xml version="1.0"?><!-- a > b --><!DOCTYPE html>', "is a web page."),
        (b"<!-- <html> --><svg>", "is an SVG drawing."),
        (b"<!-- <html>", "is not a photo."),
        (b"IIRO\x08\0\0\0", "is a raw photo."),
        (b"IIRS\x08\0\0\0", "is a raw photo."),
        (b"MMOR\0\0\0\x08", "is a raw photo."),
        (b"IIU\0\x18\0\0\0", "is a raw photo."),
        (b"FOVb\0\0\x02\0", "is a raw photo."),
        (b"II\x1a\0\0\0HEAPCCDR", "is a raw photo."),
        (b"\0MRM\0\0\0\0", "is a raw photo."),
        (b"FUJIFILMCCD-RAW ", "is a raw photo."),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "is a raw photo."),
        (b"MMORPG, and Iiro", "is not a photo."),
        (b"\0\0\0\x1cftypisom\0\0\2\0isomiso2mp41", "is a video."),
        (b"\0\0\0\x10ftypmp42\0\0\0\0heic", "is a video."),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "is a video."),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "is a video."),
        (b"\x1a\x45\xdf\xa3webm", "is a video."),
        (b"RIFF\x10\0\0\0AVI LIST", "is a video."),
        (b"\xff\x0a jxl", "is a JPEG XL picture."),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "is a JPEG 2000 picture."),
        (b"8BPS\0\x01", "is a Photoshop file."),
        (b"PK\x03\x04\x14\0", "is a ZIP file."),
        (b"", "is not a photo."),
        (b"hello", "is not a photo."),
        (b"GIF89a"[:5], "is not a photo."),
        (b" " + JPEG, "is not a photo."),
        (b"MZ" + JPEG, "is not a photo."),
    ],
)
def test_other_files_are_named_and_refused(data: bytes, name: str) -> None:
    assert message(data) == f"{name} Please use a JPEG, PNG or WebP."


@pytest.mark.parametrize(
    "brands",
    [
        *(b"heic", b"heix", b"mif1", b"msf1", b"hevc"),
        *(b"heif\0\0\0\0mif1heic", b"miaf\0\0\0\0mif1heic", b"mif2\0\0\0\0mif1heic"),
        *(b"MiHE\0\0\0\0heic", b"avci\0\0\0\0mif1avci", b"1pic\0\0\0\0mif1heic"),
    ],
)
def test_heic_comes_with_the_advice_what_to_do(brands: bytes) -> None:
    assert message((8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands) == (
        "is a HEIC photo, which the video model cannot read. Please save it as JPEG; "
        "an iPhone takes JPEGs with Settings > Camera > Formats > Most Compatible."
    )


def test_avif_comes_with_the_advice_what_to_do() -> None:
    expected = "is an AVIF picture, which the video model cannot read. Please save it as JPEG."
    assert message(encoded("AVIF")) == expected
    assert message(b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiafMA1B") == expected
    assert message(b"\0\0\0\x1cftypmiaf\0\0\0\0mif1avif") == expected


@pytest.mark.parametrize(
    ("data", "info"),
    [
        (animation((40, 30), (0, 0), webp(40, 30)), PhotoInfo("image/webp", 40, 30)),
        (animation((40, 30), (5, 3), webp(30, 24, lossless=True)), PhotoInfo("image/webp", 40, 30)),
        (animation((4096, 3072), (0, 0), webp(4096, 3072)), PhotoInfo("image/webp", 4096, 3072)),
    ],
)
def test_an_animated_webp_has_the_size_of_its_canvas(data: bytes, info: PhotoInfo) -> None:
    assert sniff(data, FIELD) == info


@pytest.mark.parametrize(
    "between",
    [
        b"\xff" * 5000,
        bytes(5000),
        b"hello",
        b"\x00\xff\x00\xff\x00",
        b"\xff\xe1\0\0",
        b"\xff\xe1\0\x01",
        b"\xff\xe1\0\x08Exif\0\0MM\0*" + bytes(20),
        b"\xff\xe1\0\x0bExif\0\0MM\0*\0\0\0\x08\0\x01",
        b"\xff\x01",
        b"\xff\xd0",
        b"\xff\xdc\0\x04\0\x10",
        b"\xff\xe0\0\x02" * 5000,
    ],
    ids=[
        "fill bytes",
        "zeros",
        "text",
        "stuffing",
        "length 0",
        "length 1",
        "short APP1",
        "odd APP1",
        "TEM",
        "restart",
        "DNL",
        "5000 segments",
    ],
)
@pytest.mark.parametrize("before", [b"\xff\xdb", b"\xff\xc4", b"\xff\xda"], ids=["tables", "codes", "scan"])
def test_what_browsers_skip_in_a_jpeg_is_skipped(between: bytes, before: bytes) -> None:
    place = JPEG.index(before)
    assert sniff(JPEG[:place] + between + JPEG[place:], FIELD) == PhotoInfo("image/jpeg", 40, 30)


@pytest.mark.parametrize(
    ("data", "is_taken"),
    [
        (photo_files.many_scans(4096, 4096, 30), True),
        (photo_files.many_scans(4096, 4096, 31), False),
        (photo_files.many_scans(640, 480, 1600), True),
        (photo_files.many_scans(640, 480, 1700), False),
        (photo_files.many_scans(8, 8, 3900), True),
        (photo_files.many_scans(8, 8, 4000), False),
        (photo_files.many_scans(1280, 720, 300), True),
        (PROGRESSIVE, True),
    ],
)
def test_a_jpeg_may_go_over_its_blocks_so_often(data: bytes, is_taken: bool) -> None:  # noqa: FBT001 - a case of the parameters
    if is_taken:
        assert sniff(data, FIELD).type == "image/jpeg"
    else:
        expected = "is a JPEG of too many passes. Please save it as a usual JPEG."
        assert message(data, InputTooLarge) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff" * 4_000_000,
        b"\xff\xd8\xff\xe0" + bytes(4_000_000),
        b"\xff\xd8" + b"\xff\xe0\0\x02" * 1_000_000,
        JPEG[:-2] + b"\xff\xd0" * 2_000_000,
        photo_files.many_scans(8, 8, 300_000),
        PROGRESSIVE[:-2] + b"\xff\0" * 2_000_000,
        b"RIFF\0\0\0\0WEBP" + b"abcd\0\0\0\0" * 500_000,
        LOSSY[:12] + b"ALPH\xff\xff\xff\x7f" + bytes(4_000_000),
        PNG[:33] + photo_files.chunk(b"tEXt", b"") * 330_000,
    ],
    ids=["fill", "zeros", "segments", "restarts", "scans", "stuffing", "chunks", "alpha", "texts"],
)
def test_no_file_takes_start_video_a_second(data: bytes) -> None:
    begun = time.process_time()
    with contextlib.suppress(InvalidInput):
        sniff(data, FIELD)
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff", "JPEG"),
        (b"\xff\xd8\xff\xd9", "JPEG"),
        (JPEG[:100], "JPEG"),
        (jpeg(40, 30)[:-1], "JPEG"),
        (jpeg(0, 30), "JPEG"),
        (jpeg(40, 30, factors=b""), "JPEG"),
        (jpeg(40, 30, factors=b"\x11\x11"), "JPEG"),
        (jpeg(40, 30, factors=b"\0\0\0", marker=0xC2), "JPEG"),
        (b"\xff\xd8\xff\xc0\0\x03a\xff\xda\0\x03\x01", "JPEG"),
        (b"\xff\xd8\xff\xc0\0\x08\x08\0\x10\0\x10\x03\xff\xda\0\x03\x01", "JPEG"),
        (b"\xff\xd8\xff\xda\0\x03\x01" + jpeg(40, 30)[2:], "JPEG"),
        (b"\xff\xd8" + b"\xff\xe0\0\x02" * 10_000 + jpeg(40, 30)[2:], "JPEG"),
        (b"\xff\xd8\xff\xe0\0\x02" + jpeg(40, 30), "JPEG"),
        (jpeg(40, 30)[:-5] + jpeg(80, 60)[8:], "JPEG"),
        (PNG[:32], "PNG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "PNG"),
        (png(0, 30), "PNG"),
        (png(40, 0), "PNG"),
        (png(40, 30, depth=3), "PNG"),
        (png(40, 30, color=5), "PNG"),
        (png(40, 30, depth=16, color=3), "PNG"),
        (png(40, 30, rest=b"\x01\0\0"), "PNG"),
        (png(40, 30, rest=b"\0\x01\0"), "PNG"),
        (png(40, 30, rest=b"\0\0\x02"), "PNG"),
        (b"RIFF\0\0\0\0WEBP", "WebP"),
        (LOSSY[:25], "WebP"),
        (webp(0, 30), "WebP"),
        (webp(40, 30).replace(b"\x9d\x01\x2a", b"abc"), "WebP"),
        (webp(40, 30, lossless=True).replace(b"\x2f", b"\x2e"), "WebP"),
        (b"RIFF\0\0\0\0WEBP" + b"abcd\0\0\0\0" * 2000 + webp(40, 30)[12:], "WebP"),
        (animation((40, 30), (6, 3), webp(30, 24)), "WebP"),
        (animation((40, 30), (0, 0), b""), "WebP"),
        (animation((40, 30), (0, 0), webp(40, 30))[:40], "WebP"),
    ],
)
def test_a_damaged_header_is_refused(data: bytes, kind: str) -> None:
    assert message(data) == f"is a damaged {kind}. Please use a JPEG, PNG or WebP."


@pytest.mark.parametrize(
    "data",
    [
        jpeg(40, 30, marker=0xC3),
        jpeg(40, 30, marker=0xC9),
        jpeg(40, 30, precision=12),
        jpeg(40, 0),
    ],
)
def test_a_jpeg_that_no_decoder_reads_is_refused(data: bytes) -> None:
    assert message(data) == "is a JPEG of a rare kind. Please save it as a usual JPEG, or as PNG."


@pytest.mark.parametrize("curve", [16, 18], ids=["PQ", "HLG"])
@pytest.mark.parametrize("primaries", [1, 9, 12])
def test_a_png_of_hdr_is_refused_with_what_to_do(curve: int, primaries: int) -> None:
    chunk = photo_files.chunk(b"cICP", bytes([primaries, curve, 0, 1]))
    expected = "is an HDR picture. Please save it as a usual JPEG or PNG."
    assert message(photo_files.with_chunks(PNG, photo_files.chunk(b"gAMA", bytes(4)), chunk)) == expected


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (photo_files.chunk(b"cICP", b"\x09\x0d\0\x01"), b""),
        (photo_files.chunk(b"cICP", b"\x09\x10\0\0"), b""),
        (photo_files.chunk(b"cICP", b"\x09\x10\1\1"), b""),
        (photo_files.chunk(b"cICP", b"\x09\x10"), b""),
        (photo_files.chunk(b"cICP", b"\x09\x10\0\x01", checksum=1), b""),
        (b"", photo_files.chunk(b"cICP", b"\x09\x10\0\x01")),
    ],
    ids=["sdr", "narrow", "matrix", "short", "damaged", "late"],
)
def test_a_png_that_browsers_do_not_take_for_hdr_is_taken(before: bytes, behind: bytes) -> None:
    data = photo_files.with_chunks(PNG, before)
    assert sniff(data[:-12] + behind + data[-12:], FIELD) == PhotoInfo("image/png", 40, 30)


@pytest.mark.parametrize(
    ("data", "info"),
    [
        (jpeg(8160, 6120), PhotoInfo("image/jpeg", 8160, 6120)),
        (jpeg(8192, 6400), PhotoInfo("image/jpeg", 8192, 6400)),
        (jpeg(16384, 3000), PhotoInfo("image/jpeg", 16384, 3000)),
        (jpeg(4096, 4096, marker=0xC2), PhotoInfo("image/jpeg", 4096, 4096)),
        (jpeg(4096, 6144, marker=0xC2, factors=b"\x11", scan=1), PhotoInfo("image/jpeg", 4096, 6144)),
        (png(4096, 3072), PhotoInfo("image/png", 4096, 3072)),
        (webp(4096, 3072), PhotoInfo("image/webp", 4096, 3072)),
        (webp(4096, 2048, lossless=True), PhotoInfo("image/webp", 4096, 2048)),
        (webp(4096, 2560, ALPHA), PhotoInfo("image/webp", 4096, 2560)),
    ],
)
def test_the_largest_photos_that_are_taken(data: bytes, info: PhotoInfo) -> None:
    assert sniff(data, FIELD) == info


SMALLER = "Please make it smaller."
PROGRESSIVE_16 = (
    "is a progressive JPEG of more than 16 megapixels. Please make it smaller, or save it as a usual JPEG."
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (jpeg(8192, 6401), f"has more than 50 megapixels, too many for a JPEG. {SMALLER}"),
        (jpeg(65535, 65535), f"has more than 50 megapixels, too many for a JPEG. {SMALLER}"),
        (png(4096, 3073), f"has more than 12 megapixels, too many for a PNG. {SMALLER}"),
        (png(100_000, 100_000), f"has more than 12 megapixels, too many for a PNG. {SMALLER}"),
        (png(2**32 - 1, 2**32 - 1), f"has more than 12 megapixels, too many for a PNG. {SMALLER}"),
        (webp(4096, 3073), f"has more than 12 megapixels, too many for a WebP. {SMALLER}"),
        (webp(4096, 2049, lossless=True), f"has more than 8 megapixels, too many for a WebP. {SMALLER}"),
        (
            webp(4096, 2049, b"VP8X\x0a\0\0\0" + bytes(10), b"ICCP\xd0\x07\0\0" + bytes(2000), lossless=True),
            f"has more than 8 megapixels, too many for a WebP. {SMALLER}",
        ),
        (webp(4096, 2561, ALPHA), f"has more than 10 megapixels, too many for a WebP. {SMALLER}"),
        (
            animation((4096, 3073), (0, 0), webp(4, 4)),
            f"has more than 12 megapixels, too many for a WebP. {SMALLER}",
        ),
        (jpeg(16385, 10), f"is more than 16384 pixels long. {SMALLER}"),
        (png(10, 16385), f"is more than 16384 pixels long. {SMALLER}"),
        (jpeg(4097, 4096, marker=0xC2), PROGRESSIVE_16),
        (jpeg(4097, 4096, scan=1), PROGRESSIVE_16),
        (jpeg(4096, 4096, marker=0xC2, factors=b"\x11\x11\x11"), PROGRESSIVE_16.replace("16", "8")),
        (jpeg(4096, 4096, marker=0xC2, factors=b"\x11" * 4, scan=4), PROGRESSIVE_16.replace("16", "6")),
    ],
)
def test_too_many_pixels_are_refused_from_the_header(data: bytes, expected: str) -> None:
    assert message(data, InputTooLarge) == expected


def test_a_megapixel_is_what_cameras_count() -> None:
    assert 12 * MEGAPIXEL == 4096 * 3072


@given(
    st.sampled_from(
        [
            b"",
            b"\xff\xd8\xff",
            JPEG[:300],
            PNG[:40],
            LOSSY[:40],
            LOSSLESS[:40],
            EXTENDED[:60],
            b"\0\0\0\x18ftyp",
        ]
    ),
    st.binary(max_size=200),
    st.binary(max_size=200),
)
@example(b"<!---->" * 140, b"", b"")
@example(b" " * 1024, b"<", b"<" * 1024)
@example(b"<?xml " + b" " * 1020, b"", b"<svg")
def test_any_bytes_are_a_photo_or_a_named_refusal(start: bytes, middle: bytes, end: bytes) -> None:
    try:
        info = sniff(start + middle + end, FIELD)
    except (UnsupportedPhoto, InputTooLarge) as error:
        assert [wrong.field for wrong in error.errors] == [FIELD]  # noqa: PT017 - any input may be taken instead
    else:
        assert 0 < info.width <= 16384
        assert 0 < info.height <= 16384


@given(st.integers(0, len(JPEG) - 1), st.integers(0, 255))
def test_a_changed_byte_of_a_photo_does_no_more_harm(position: int, value: int) -> None:
    for photo in (JPEG, PNG, LOSSY, LOSSLESS, EXTENDED):
        changed = bytearray(photo)
        changed[position % len(photo)] = value
        try:
            sniff(bytes(changed), FIELD)
        except (UnsupportedPhoto, InputTooLarge):
            continue


def uri(data: bytes, kind: str = "image/jpeg") -> str:
    return f"data:{kind};base64," + base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "kind", ["image/jpeg", "image/svg+xml", "application/octet-stream", "", "image/jpeg;name=a.jpg"]
)
def test_a_data_uri_gives_its_bytes_whatever_it_claims(kind: str) -> None:
    head, _, body = uri(JPEG, kind).partition(",")
    for written in (head, head.upper()):
        assert decode_data_uri(f"{written},{body}", FIELD) == JPEG


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is not a data URI. Please send data:image/jpeg;base64,…"),
        ("https://h.example/a.jpg", "is not a data URI. Please send data:image/jpeg;base64,…"),
        ("data:image/jpeg,abc", "is not a data URI. Please send data:image/jpeg;base64,…"),
        ("data:image/jpeg;base64", "is not a data URI. Please send data:image/jpeg;base64,…"),
        ("data:" + "x" * 400 + "/y;base64,AAAA", "is not a data URI. Please send data:image/jpeg;base64,…"),
        ("data:ïmage/jpeg;base64,AAAA", "is not a data URI. Please send data:image/jpeg;base64,…"),
        (" " + uri(JPEG), "is not a data URI. Please send data:image/jpeg;base64,…"),
        (uri(b""), "is empty"),
        ("data:;base64,A", "is not valid base64"),
        ("data:;base64,AAA", "is not valid base64"),
        ("data:;base64,AAAA\n", "is not valid base64"),
        ("data:;base64,AA AA", "is not valid base64"),
        ("data:;base64,AA==AA==", "is not valid base64"),
        ("data:;base64,AA-_", "is not valid base64"),
        ("data:;base64,====", "is not valid base64"),
        ("data:;base64,ÄÖÜß", "is not valid base64"),
        ("data:;base64,\ud800AAA", "is not valid base64"),
    ],
)
def test_what_is_not_strictly_a_data_uri_is_refused(text: str, expected: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_data_uri(text, FIELD)
    assert caught.value.errors == (FieldError(FIELD, expected),)


@given(st.text(max_size=60), st.booleans())
def test_any_text_is_bytes_or_invalid_input(text: str, is_prefixed: bool) -> None:  # noqa: FBT001 - a case of the parameters
    try:
        assert decode_data_uri("data:;base64," * is_prefixed + text, FIELD)
    except InvalidInput:
        return


@given(st.binary(min_size=1, max_size=100))
def test_what_was_encoded_comes_back(data: bytes) -> None:
    assert decode_data_uri(uri(data), FIELD) == data


def test_start_video_does_not_load_pillow_for_it() -> None:
    program = "import sys, videogen.photos; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"PIL", "PIL.Image", "ctypes", "httpx"} & set(loaded)
