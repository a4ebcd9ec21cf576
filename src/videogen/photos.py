"""Which photos are taken, decided from their bytes before anything is decoded.

A name and a claimed type count for nothing, and a number in a header is enough to refuse what would be too
large to decode. Whether the pixels are all there shows in the worker (`photo_cleaning`). Standard library
only: start-video waits for this import.
"""

from __future__ import annotations

import binascii
import re
import struct
from itertools import islice
from typing import Literal, NamedTuple

from videogen import photo_files
from videogen.errors import FieldError, InputTooLarge, InvalidInput, UnsupportedPhoto

PhotoType = Literal["image/jpeg", "image/png", "image/webp"]

MEGAPIXEL = 2**20  # as cameras count: 12 of them are 4096 x 3072
MAX_MEGAPIXELS: dict[PhotoType, int] = {"image/jpeg": 50, "image/png": 12, "image/webp": 12}
# Lossless WebP is decoded with all its pixels in memory twice, transparency beside the others.
MAX_LOSSLESS_WEBP_MEGAPIXELS = 8
MAX_TRANSPARENT_WEBP_MEGAPIXELS = 10
# A JPEG of several scans (a progressive one) is decoded with all its coefficients in memory, two bytes each,
# however small the picture that is asked for.
MAX_COEFFICIENTS = 24 * MEGAPIXEL
MAX_SIDE = 16384  # pixels; WebP's own limit

# Each scan of such a JPEG goes over its blocks again, however few bytes it has. Enough for 20 scans of the
# largest one; encoders write about ten.
MAX_VISITS = 20 * MAX_COEFFICIENTS // 64
_LEAST_VISITS = 2000  # what a scan costs that has hardly any blocks

_MAX_SEGMENTS = 10_000  # more than any photo has; keeps a hostile file from costing time
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = 0xC2
_DECODABLE_FRAMES = frozenset({0xC0, 0xC1, PROGRESSIVE})  # baseline, extended; all of Huffman codes
# Bit depths by color type: https://www.w3.org/TR/png-3/#11IHDR
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
# The curves PQ and HLG of https://www.itu.int/rec/T-REC-H.273, without a matrix, in the full range.
_HDR = frozenset({b"\x10\0\x01", b"\x12\0\x01"})

_DATA_URI = re.compile(
    r"data:([\w.+-]+/[\w.+-]+)?(;[\w.+-]+=[\w.+-]+){0,4};base64,", re.ASCII | re.IGNORECASE
)

_USE_ANOTHER = "Please use a JPEG, PNG or WebP."
_SAVE_ANEW = "Please save it as a usual JPEG."
_HEIC = (
    "is a HEIC photo, which the video model cannot read. Please save it as JPEG; an iPhone takes JPEGs with "
    "Settings > Camera > Formats > Most Compatible."
)
_AVIF = "is an AVIF picture, which the video model cannot read. Please save it as JPEG."
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
# The last two are those of any such picture; which codec it has, the brands after them say.
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_OTHERS = (
    (rb"GIF8[79]a", "a GIF"),
    (rb"%PDF-", "a PDF"),
    (rb"BM.{12}", "a BMP picture"),
    (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "a TIFF or raw photo"),
    (rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
    (rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (rb"8BPS", "a Photoshop file"),
    (rb"\0\0\x01\0", "an icon"),
    (rb"\x1a\x45\xdf\xa3|RIFF.{4}AVI |\0\0\x01\xba|OggS|FLV", "a video"),
    (rb"....ftypcrx |FUJIFILM|II\x1a\0\0\0HEAPCCDR|IIR[OS]\x08\0|MMOR\0|IIU\0|FOVb|\0MRM", "a raw photo"),
    (rb"....ftyp", "a video"),
    (rb"PK\x03\x04", "a ZIP file"),
    (rb"(?:\xef\xbb\xbf)?\s*(?:(?><!--.*?-->|<\?.*?>)\s*)*<(?:!doctype html|html)", "a web page"),
    (rb"(?:\xef\xbb\xbf)?\s*<(?:[^\0]*<)?svg[\s>]", "an SVG drawing"),
)
_SIGNATURES = [(re.compile(pattern, re.DOTALL | re.IGNORECASE), name) for pattern, name in _OTHERS]
_LOOKED_AT = 1024  # bytes, to name what a file is


class PhotoInfo(NamedTuple):
    """What a photo is by its own bytes; the sides are in pixels, as stored (not turned as EXIF says)."""

    type: PhotoType
    width: int
    height: int


def decode_data_uri(text: str, field: str) -> bytes:
    """Return the bytes of a `data:…;base64,…` URI (RFC 2397). The media type it claims is not looked at.

    Raises InvalidInput, which names `field`, for anything but strict base64, and for no bytes at all.
    """
    prefix = _DATA_URI.match(text, 0, 300)
    if prefix is None:
        raise InvalidInput([FieldError(field, "is not a data URI. Please send data:image/jpeg;base64,…")])
    try:
        data = binascii.a2b_base64(text[prefix.end() :], strict_mode=True)
    except ValueError:
        raise InvalidInput([FieldError(field, "is not valid base64")]) from None
    if not data:
        raise InvalidInput([FieldError(field, "is empty")])
    return data


def sniff(data: bytes, field: str = "photo") -> PhotoInfo:
    """Return what a photo is, from its first bytes.

    Raises UnsupportedPhoto, which names what the file is and what to do, and InputTooLarge for more pixels
    than can be decoded in the worker's memory. Both name `field`.

    An animated PNG or WebP counts as its first picture. What follows it in the file is never looked at.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return _sniff_jpeg(data, field)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _sniff_png(data, field)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _sniff_webp(data, field)
    if data[4:8] == b"ftyp":
        size = min(int.from_bytes(data[:4], "big"), _LOOKED_AT)
        brands = {data[at : at + 4] for at in (8, *range(16, size, 4))}  # between them is a version
        if brands & (_AVIF_BRANDS | _HEIC_BRANDS):
            raise _unsupported(field, _AVIF if brands & _AVIF_BRANDS else _HEIC)
    for pattern, name in _SIGNATURES:
        if pattern.match(data[:_LOOKED_AT]):
            raise _unsupported(field, f"is {name}. {_USE_ANOTHER}")
    raise _unsupported(field, f"is not a photo. {_USE_ANOTHER}")


def _sniff_jpeg(data: bytes, field: str) -> PhotoInfo:
    info: PhotoInfo | None = None
    components = b""
    is_progressive = False
    visits = 0
    for number, segment in enumerate(photo_files.jpeg_segments(data)):
        content = data[segment.start : segment.end]
        is_second_frame = segment.marker in FRAMES and info is not None
        if number == _MAX_SEGMENTS or segment.marker == photo_files.SOI or is_second_frame:
            raise _damaged(field, "JPEG")
        if segment.marker in FRAMES:
            info, components = _read_frame(segment.marker, content, field)
            is_progressive = segment.marker == PROGRESSIVE
        elif segment.marker == photo_files.SOS:
            if info is None or not content:
                break
            if not is_progressive and content[0] >= len(components) // 3:
                return info
            visits += max(_count_blocks(info, components, field), _LEAST_VISITS)
            if visits > MAX_VISITS:
                raise _too_large(field, f"is a JPEG of too many passes. {_SAVE_ANEW}")
    if info is None or not visits:
        raise _damaged(field, "JPEG")
    return info


def _read_frame(marker: int, segment: bytes, field: str) -> tuple[PhotoInfo, bytes]:
    if len(segment) < 6:  # noqa: PLR2004 - precision, height, width, number of components
        raise _damaged(field, "JPEG")
    precision, height, width, count = struct.unpack_from(">BHHB", segment)
    components = segment[6 : 6 + 3 * count]
    if marker not in _DECODABLE_FRAMES or precision != 8 or height == 0:  # noqa: PLR2004 - bits of a sample
        raise _unsupported(field, "is a JPEG of a rare kind. Please save it as a usual JPEG, or as PNG.")
    if len(components) < 3 * count or count not in {1, 3, 4}:
        raise _damaged(field, "JPEG")
    return _within_limits(PhotoInfo("image/jpeg", width, height), field), components


def _count_blocks(info: PhotoInfo, components: bytes, field: str) -> int:
    """Return how many blocks of 64 coefficients a JPEG of several scans has; all of them are in memory."""
    # Of each component: its id, its sampling factors (4 bits across, 4 bits down), its quantization table.
    factors = [(byte >> 4, byte & 15) for byte in components[1::3]]
    widest, tallest = (max(sides) for sides in zip(*factors, strict=True))
    if not widest or not tallest:
        raise _damaged(field, "JPEG")
    samples = sum(across * down for across, down in factors) / (widest * tallest)
    coefficients = info.width * info.height * samples
    if coefficients > MAX_COEFFICIENTS:
        most = f"{round(MAX_COEFFICIENTS / samples / MEGAPIXEL)} megapixels"
        remedy = "Please make it smaller, or save it as a usual JPEG."
        raise _too_large(field, f"is a progressive JPEG of more than {most}. {remedy}")
    return int(coefficients // 64)


def _sniff_png(data: bytes, field: str) -> PhotoInfo:
    if len(data) < 33 or data[8:16] != b"\0\0\0\rIHDR":  # noqa: PLR2004 - signature and first chunk
        raise _damaged(field, "PNG")
    width, height, depth, color, compression, filtering, interlace = struct.unpack_from(">IIBBBBB", data, 16)
    if depth not in _PNG_DEPTHS.get(color, ()) or compression or filtering or interlace > 1:
        raise _damaged(field, "PNG")
    if _is_hdr(data):
        raise _unsupported(field, "is an HDR picture. Please save it as a usual JPEG or PNG.")
    return _within_limits(PhotoInfo("image/png", width, height), field)


def _is_hdr(data: bytes) -> bool:
    """Whether a PNG is meant for brighter screens than a JPEG: https://www.w3.org/TR/png-3/#cICP-chunk."""
    for chunk in islice(photo_files.png_chunks(data), _MAX_SEGMENTS):
        if chunk.kind in {b"PLTE", b"IDAT"}:
            break
        if chunk.kind == b"cICP" and not chunk.is_damaged:
            return len(chunk.content) == 4 and chunk.content[1:] in _HDR  # noqa: PLR2004 - the chunk's four bytes
    return False


def _sniff_webp(data: bytes, field: str) -> PhotoInfo:
    picture = photo_files.webp_picture(data)
    if picture is None or any(
        start + side > whole
        for start, side, whole in zip(picture.place, picture.size, picture.canvas, strict=True)
    ):
        raise _damaged(field, "WebP")
    most = MAX_MEGAPIXELS["image/webp"]
    if picture.is_lossless:
        most = MAX_LOSSLESS_WEBP_MEGAPIXELS
    elif picture.alpha:
        most = MAX_TRANSPARENT_WEBP_MEGAPIXELS
    return _within_limits(PhotoInfo("image/webp", *picture.canvas), field, most)


def _within_limits(info: PhotoInfo, field: str, megapixels: int | None = None) -> PhotoInfo:
    most = megapixels or MAX_MEGAPIXELS[info.type]
    name = info.type.removeprefix("image/").upper().replace("WEBP", "WebP")
    if not info.width or not info.height:
        raise _damaged(field, name)
    if info.width * info.height > most * MEGAPIXEL:
        raise _too_large(
            field, f"has more than {most} megapixels, too many for a {name}. Please make it smaller."
        )
    if max(info.width, info.height) > MAX_SIDE:
        raise _too_large(field, f"is more than {MAX_SIDE} pixels long. Please make it smaller.")
    return info


def _unsupported(field: str, message: str) -> UnsupportedPhoto:
    return UnsupportedPhoto([FieldError(field, message)])


def _damaged(field: str, name: str) -> UnsupportedPhoto:
    return _unsupported(field, f"is a damaged {name}. {_USE_ANOTHER}")


def _too_large(field: str, message: str) -> InputTooLarge:
    return InputTooLarge([FieldError(field, message)])
