"""What a photo's file says beside its pixels: which way is up, and in which colours it is meant.

Nothing else is read, and nothing by a general parser: a broken or hostile tag costs nothing, and the pixels
count without it.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from videogen import color_profiles, photo_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from videogen.photos import PhotoType

_EXIF, _ICC = b"Exif\0", b"ICC_PROFILE\0"
_APP1, _APP2 = 0xE1, 0xE2
# Entries of EXIF: the tag, the type of its value (3 is two bytes, 4 is four), and how many there are.
_ORIENTATION, _EXIF_DIRECTORY = (0x0112, 3, 1), (0x8769, 4, 1)
# https://www.w3.org/TR/png-3/#srgb-standard-colour-space
_RENDERING_INTENTS = frozenset({b"\0", b"\1", b"\2", b"\3"})
_PNG_CHUNKS = frozenset({b"eXIf", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM"})


class Metadata(NamedTuple):
    """`orientation` is EXIF's, 1 to 8; `profile` is of ICC, or None where the colours are sRGB's."""

    orientation: int = 1
    profile: bytes | None = None


def read(data: bytes, photo_type: PhotoType) -> Metadata:
    """Return what a photo that `photos.sniff` knows says of itself; never raises for what the file holds."""
    exif, profile = {"image/jpeg": _of_jpeg, "image/png": _of_png, "image/webp": _of_webp}[photo_type](data)
    return Metadata(orientation(exif), profile)


def orientation(exif: bytes) -> int:
    """Return the first orientation in a TIFF structure, 1 where there is none.

    https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf, 4.5 and 4.6. The first directory counts, and as in
    Chromium the first one within it.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 10:  # noqa: PLR2004 - header and number of entries
        return 1
    (start,) = struct.unpack_from(order + "I", exif, 4)
    found = _orientations(exif, order, start, enters=True)
    return next((value for value in found if 1 <= value <= 8), 1)  # noqa: PLR2004 - the orientations of EXIF


def _orientations(exif: bytes, order: str, start: int, *, enters: bool) -> Iterator[int]:
    count = int.from_bytes(exif[start : start + 2], "little" if order == "<" else "big")
    for position in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        entry = struct.unpack_from(order + "HHI", exif, position)
        if entry == _ORIENTATION:
            yield from struct.unpack_from(order + "H", exif, position + 8)
        elif entry == _EXIF_DIRECTORY and enters:
            enters = False
            (inner,) = struct.unpack_from(order + "I", exif, position + 8)
            yield from _orientations(exif, order, inner, enters=False)


def _of_jpeg(data: bytes) -> tuple[bytes, bytes | None]:
    exif = b""
    parts: list[bytes] = []
    for segment in photo_files.jpeg_segments(data):
        if segment.marker == photo_files.SOS:
            break
        content = data[segment.start : segment.end]
        if segment.marker == _APP1 and content.startswith(_EXIF) and not exif:
            exif = content[6:]
        elif segment.marker == _APP2 and content.startswith(_ICC) and len(content) > len(_ICC) + 2:
            parts.append(content[len(_ICC) :])
    return exif, color_profiles.as_used(_joined(parts))


def _joined(parts: Sequence[bytes]) -> bytes:
    """Return the profile of a JPEG, of which each part comes behind its number and how many there are.

    https://www.color.org/specification/ICC.1-2022-05.pdf, B.4: the parts count from one. As in Chromium,
    there is none where one is twice or names another total, and what follows the last one counts for nothing.
    """
    wanted = sorted(parts[: parts[0][1]]) if parts else []
    if any(part[:2] != bytes([number, len(wanted)]) for number, part in enumerate(wanted, 1)):
        return b""
    return b"".join(part[2:] for part in wanted)


def _of_webp(data: bytes) -> tuple[bytes, bytes | None]:
    found: dict[bytes, bytes] = {}
    for kind, content in photo_files.webp_chunks(data):
        found.setdefault(kind, data[content])
    flags = found.get(b"VP8X", b"").ljust(1, b"\0")[0]
    # As in Chromium, the colours of an animation are sRGB's.
    has_profile = flags & photo_files.WEBP_PROFILE and not flags & photo_files.WEBP_ANIMATION
    exif = found.get(b"EXIF", b"").removeprefix(b"Exif\0\0")
    return exif, color_profiles.as_used(found.get(b"ICCP", b"") if has_profile else b"")


def _of_png(data: bytes) -> tuple[bytes, bytes | None]:
    found: dict[bytes, bytes] = {}
    wanted = set(_PNG_CHUNKS)
    for chunk in photo_files.png_chunks(data):
        if chunk.kind == b"IDAT":
            break  # as in browsers, what follows the pixels comes too late
        if chunk.kind == b"PLTE":
            wanted.discard(b"cICP")
        if chunk.kind in wanted and not chunk.is_damaged:
            found.setdefault(chunk.kind, chunk.content)
    return found.get(b"eXIf", b""), _png_profile(found)


def _png_profile(found: Mapping[bytes, bytes]) -> bytes | None:
    """Return what counts of the chunks that name colours: https://www.w3.org/TR/png-3/#color-chunk-precendence."""
    meant = color_profiles.of_code_points(found.get(b"cICP", b"")) or color_profiles.as_used(
        _unpacked(found.get(b"iCCP", b""))
    )
    is_srgb = found.get(b"sRGB") in _RENDERING_INTENTS
    if meant is not None or is_srgb or len(found.get(b"gAMA", b"")) != 4:  # noqa: PLR2004 - the chunk's four bytes
        return meant
    (gamma,) = struct.unpack(">I", found[b"gAMA"])
    chromaticities = found.get(b"cHRM", b"")
    if len(chromaticities) != 32:  # noqa: PLR2004 - eight numbers
        return color_profiles.of_gamma(gamma / 100_000)
    numbers = [number / 100_000 for number in struct.unpack(">8I", chromaticities)]
    return color_profiles.of_gamma(gamma / 100_000, tuple(zip(numbers[::2], numbers[1::2], strict=True)))


def _unpacked(chunk: bytes) -> bytes:
    """Return the profile in an iCCP chunk: a name, a zero, the method zero, and the packed bytes.

    None of its bytes where it is damaged.
    """
    name, _, packed = chunk.partition(b"\0\0")
    if not name:
        return b""  # libpng takes no notice of it
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(packed, color_profiles.MAX_BYTES)
    except zlib.error:
        return b""
    return profile if unpacking.eof else b""
