"""Where the parts of a photo's file are: the segments of a JPEG, the chunks of a PNG, the pixels of a WebP.

Read as browsers read them, and nothing decoded. Standard library only: start-video waits for this import.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator

SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
"""Markers of a JPEG: start and end of the image, start of a scan."""
SCAN_DATA = 0x00
"""What stands for a marker at the pixels of a scan, which have none."""
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xDA)})  # markers that stand alone
_MARKER = re.compile(rb"\xff[^\0\xff]", re.DOTALL)
_AFTER_SCAN = re.compile(rb"\xff[^\0\xd0-\xd7\xff]", re.DOTALL)  # zeros are stuffing, D0 to D7 restarts

WEBP_PROFILE, WEBP_ANIMATION = 0x20, 0x02
"""Bits of a WebP's header: it has a profile, it moves."""
_WEBP_ALPHA = 0x10
_MAX_WEBP_CHUNKS = 1000  # more than any photo has before its pixels; keeps a hostile file from costing time


class Segment(NamedTuple):
    """A segment of a JPEG: its marker's second byte, and where its content is."""

    marker: int
    start: int
    end: int


class Chunk(NamedTuple):
    """A chunk of a PNG; `is_damaged` where its checksum is wrong."""

    kind: bytes
    content: bytes
    is_damaged: bool


class WebpPicture(NamedTuple):
    """The first or only picture of a WebP: sides in pixels, and where in the file its parts are.

    Where it `is_opaque` its alpha channel counts for nothing, though there may be one.
    """

    canvas: tuple[int, int]
    place: tuple[int, int]
    size: tuple[int, int]
    pixels: slice
    alpha: slice | None
    is_lossless: bool
    is_animated: bool = False
    is_opaque: bool = False


def jpeg_segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments of a JPEG up to its end, and the pixels of each scan as a segment SCAN_DATA.

    https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B. Bytes between two segments are skipped, and a
    length that does not even cover itself counts as none: so reads libjpeg, and with it every browser.
    """
    position = 2
    while found := _MARKER.search(data, position):
        marker, position = data[found.start() + 1], found.end()
        if marker in _NO_LENGTH:
            yield Segment(marker, position, position)
            if marker == EOI:
                return
            continue
        length = max(2, int.from_bytes(data[position : position + 2], "big"))
        if position + length > len(data):
            return
        yield Segment(marker, position + 2, position + length)
        position += length
        if marker == SOS:
            after = _AFTER_SCAN.search(data, position)
            end = after.start() if after else len(data)
            yield Segment(SCAN_DATA, position, end)
            position = end


def png_chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a PNG before its end: https://www.w3.org/TR/png-3/#5Chunk-layout.

    Of a chunk that is cut, what there is of it.
    """
    position = 8
    while position + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        end = position + 8 + size
        if kind == b"IEND":
            return
        checksum = crc32(data[position + 4 : end]).to_bytes(4, "big")
        yield Chunk(kind, data[position + 8 : end], not checksum.startswith(data[end : end + 4]))
        position = end + 4


def webp_chunks(data: bytes, position: int = 12) -> Iterator[tuple[bytes, slice]]:
    """Yield kind and place of the chunks of a WebP.

    https://developers.google.com/speed/webp/docs/riff_container. An animation's pictures are not gone into.
    """
    for _ in range(_MAX_WEBP_CHUNKS):
        if position + 8 > len(data):
            return
        kind, size = struct.unpack_from("<4sI", data, position)
        yield kind, slice(position + 8, position + 8 + size)
        position += 8 + size + size % 2


def webp_picture(data: bytes) -> WebpPicture | None:
    """Find the pixels of a WebP, of an animated one those of its first picture; None where it is damaged."""
    canvas: tuple[int, int] | None = None
    is_opaque = False
    for kind, content in webp_chunks(data):
        header = _start_of(data, content, 16)
        if kind == b"VP8X" and len(header) >= 10:  # noqa: PLR2004 - the header's length
            is_opaque = not header[0] & _WEBP_ALPHA
            if header[0] & WEBP_ANIMATION:
                canvas = (_int24(header, 4) + 1, _int24(header, 7) + 1)
        elif kind == b"ANMF" and canvas and len(header) == 16:  # noqa: PLR2004 - the header's length
            found = _still(data, content.start + 16)
            place = (2 * _int24(header, 0), 2 * _int24(header, 3))
            return found and found._replace(canvas=canvas, place=place, is_animated=True)
        elif kind in {b"VP8 ", b"VP8L", b"ALPH"}:
            break
    found = None if canvas else _still(data, 12)
    return found and found._replace(is_opaque=is_opaque)


def _still(data: bytes, position: int) -> WebpPicture | None:
    alpha: slice | None = None
    for kind, content in webp_chunks(data, position):
        header = _start_of(data, content, 10)
        if kind == b"ALPH":
            alpha = content
        elif kind == b"VP8 " and len(header) == 10 and header[3:6] == b"\x9d\x01\x2a":  # noqa: PLR2004 - the header's length
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", header, 6))
            return WebpPicture((width, height), (0, 0), (width, height), content, alpha, is_lossless=False)
        elif kind == b"VP8L" and len(header) >= 5 and header[0] == 0x2F:  # noqa: PLR2004 - its signature
            bits = int.from_bytes(header[1:5], "little")
            size = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
            return WebpPicture(size, (0, 0), size, content, None, is_lossless=True)
        elif kind in {b"VP8 ", b"VP8L"}:
            break
    return None


def _start_of(data: bytes, content: slice, size: int) -> bytes:
    return data[content.start : min(content.stop, content.start + size)]


def _int24(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 3], "little")
