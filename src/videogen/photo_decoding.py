"""From a photo's file to pixels, by the one decoder for the bytes that `photos.sniff` saw.

Pillow's decoders are called for the pixels alone. None of its parsers looks at a file.
"""

from __future__ import annotations

import ctypes
import random
import struct
import zlib
from functools import reduce
from itertools import product
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageChops
from PIL import _webp as libwebp

from videogen import photo_files, photos

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from videogen.photo_files import WebpPicture
    from videogen.photos import PhotoInfo

_JPEG_MODES = {
    1: ("L", "L"),
    3: ("RGB", "RGB"),
    4: ("CMYK", "CMYK;I"),
}  # by components; CMYK is stored inverted
_MAX_JPEG_PIXELS = 12 * photos.MEGAPIXEL + photos.MEGAPIXEL // 2
_MAX_PIXELS_OF_SCANS = 6 * photos.MEGAPIXEL  # of several: beside them all coefficients are in memory
_ROWS = 16  # that are looked at at a time
_NEVER_WRITTEN = 64  # zeros; a copy that was interrupted may leave the rest of its file so
# More than a block can use up, of all values but 0xFF, which would begin a marker.
_FILLER = bytes(random.Random(0).choices(range(255), k=4096))  # noqa: S311 - any bytes will do

# Mode and layout of Pillow by bit depth and color type: https://www.w3.org/TR/png-3/#11IHDR. Of 16 bits
# the layout takes the first byte, the other one the second.
_PNG_MODES = {
    (1, 0): ("1", "1"),
    (2, 0): ("L", "L;2"),
    (4, 0): ("L", "L;4"),
    (8, 0): ("L", "L"),
    (16, 0): ("L", "L;16B"),
    (8, 2): ("RGB", "RGB"),
    (16, 2): ("RGB", "RGB;16B"),
    (1, 3): ("P", "P;1"),
    (2, 3): ("P", "P;2"),
    (4, 3): ("P", "P;4"),
    (8, 3): ("P", "P"),
    (8, 4): ("LA", "LA"),
    (16, 4): ("RGBA", "RGBA"),  # grey's first and second byte, then alpha's
    (8, 6): ("RGBA", "RGBA"),
    (16, 6): ("RGBA", "RGBA;16B"),
}
_PALETTE = 3  # the color type; what makes its colors transparent counts behind them alone
_TRANSPARENCY = {0: range(2, 257), 2: range(6, 257), 3: range(1, 257)}  # its bytes, by color type
_DEEP_GREY_WITH_ALPHA = (16, 4)
_SECOND_BYTES = {"L;16B": "L;16", "RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}
_PART_BYTES = 2**18
_MOST_BYTES = 9 * photos.MAX_MEGAPIXELS["image/png"] * photos.MEGAPIXEL  # of 16 bits, and some more
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT"})

_WEBP_DECODE = ctypes.CDLL(libwebp.__file__).WebPDecodeRGBAInto
_WEBP_DECODE.restype = ctypes.c_void_p
_WEBP_DECODE.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class Decoded(NamedTuple):
    """A picture, how many times smaller than the photo it is, and where on the photo it lies, in pixels.

    Where `grey_and_alpha` is given, these two of its channels are meant; an `alpha` is one more.
    """

    picture: Image.Image
    shrunk: int = 1
    place: tuple[int, int] = (0, 0)
    grey_and_alpha: tuple[int, int] | None = None
    alpha: Image.Image | None = None


def decode(data: bytes, info: PhotoInfo, shrink: float) -> Iterator[Decoded]:
    """Yield the pixels of a photo, and where they have 16 bits perhaps those of the second byte.

    Only a JPEG is shrunk, by `shrink` at most unless memory wants more. Raises ValueError, or what Pillow
    raises, where pixels are missing or damaged.
    """
    decoders = {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp}
    return decoders[info.type](data, info, shrink)


def _jpeg(data: bytes, info: PhotoInfo, shrink: float) -> Iterator[Decoded]:
    """Decode a JPEG at a whole, a half, a quarter or an eighth of its sides, rounded up.

    Where pixels are missing, libjpeg makes up the rest without a word, and something else where other bytes
    follow. Between two restart intervals it reads nothing before the marker of the next one.
    """
    components, is_single_scan, scan, end = _last_scan(data)
    scale = max(scale for scale in (1, 2, 4, 8) if scale <= max(1, shrink))
    if info.width * info.height > (_MAX_JPEG_PIXELS if is_single_scan else _MAX_PIXELS_OF_SCANS):
        scale = max(2, scale)
    mode, layout = _JPEG_MODES[components]
    size = (ceil(info.width / scale), ceil(info.height / scale))

    def followed_by(rest: bytes, pixels: bytes) -> Image.Image:
        return Image.frombytes(mode, size, pixels + rest + b"\xff\xd9", "jpeg", layout, "", scale, 0)

    def whole(pixels: bytes) -> Image.Image | None:
        _, restart = max((pixels.rfind(bytes([0xFF, marker]), scan), marker) for marker in range(0xD0, 0xD8))
        restart = 0xD0 + (restart + 1) % 8
        wanted = _checksum(followed_by(_FILLER + bytes([0xFF, restart]) + _FILLER, pixels))
        picture = followed_by(b"", pixels)
        return picture if _checksum(picture) == wanted else None

    pixels = data[:end].rstrip(b"\xff")
    # Before a marker, a plain colour may be as many zeros; then none of them is too many.
    zeros = bytes(_NEVER_WRITTEN)
    if pixels.endswith(zeros, scan) and (end == len(data) or whole(pixels.removesuffix(zeros))):
        pixels = data[:scan] + pixels[scan:].rstrip(b"\0")
        pixels += b"\0" * pixels.endswith(b"\xff")
    picture = whole(pixels)
    if picture is None:
        raise ValueError("pixels are missing")
    yield Decoded(picture, scale)


def _last_scan(data: bytes) -> tuple[int, bool, int, int]:
    """Return how many components a JPEG has, whether one scan holds all, and where the last one's data is.

    Raises ValueError where the file ends before its end marker, and scans are missing.
    """
    start = end = components = 0
    is_baseline = False
    incomplete: set[tuple[int, int]] = set()
    for marker, place, stop in photo_files.jpeg_segments(data):
        if marker in photos.FRAMES:
            components = data[place + 5]
            is_baseline = marker != photos.PROGRESSIVE
            incomplete = set(product(data[place + 6 : stop : 3], range(64)))
        elif marker == photo_files.SOS:
            is_single_scan = is_baseline and data[place] == components
            incomplete -= _completed(data[place:stop], is_baseline=is_baseline)
        elif marker == photo_files.SCAN_DATA:
            start, end = place, stop
            if is_single_scan:
                return components, True, start, end
        elif marker == photo_files.EOI:
            incomplete.clear()  # whoever left bits out meant to
    if incomplete:
        raise ValueError("scans are missing")
    return components, False, start, end


def _completed(scan: bytes, *, is_baseline: bool) -> set[tuple[int, int]]:
    """Return the coefficients, each as component and number, of which a scan has the last bits.

    https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.2.3; a baseline scan has whole ones, whatever it says.
    """
    first, last, precision = (0, 63, 0) if is_baseline else scan[-3:]
    if precision & 15:  # bits that come in later scans
        return set()
    return set(product(scan[1:-3:2], range(first, last + 1)))


def _checksum(picture: Image.Image) -> int:
    total = 0
    for row in range(0, picture.height, _ROWS):
        total = zlib.crc32(
            picture.crop((0, row, picture.width, min(row + _ROWS, picture.height))).tobytes(), total
        )
    return total


def _png(data: bytes, info: PhotoInfo, _: float) -> Iterator[Decoded]:
    """Decode a PNG; of 16 bits the first byte, then the second one where no color stands for none."""
    header, palette, transparent, stream = _png_parts(data)
    depth, color, _, _, interlace = header[8:]
    mode, layout = _PNG_MODES[depth, color]
    size = (info.width, info.height)
    key: tuple[int, ...] = ()
    samples = {0: 1, 2: 3}.get(color, 0)
    if samples and transparent:
        key = tuple(value & 2**depth - 1 for value in struct.unpack_from(f">{samples}H", transparent))
    alpha = Image.new("L", size if key else (0, 0))
    if key and depth == 16:  # noqa: PLR2004 - bits of a sample
        low = Image.frombytes(mode, size, stream, "zip", _SECOND_BYTES[layout], interlace)
        _show_others(alpha, low, [value & 255 for value in key])
        del low
    picture = Image.frombytes(mode, size, stream, "zip", layout, interlace)
    if mode == "P":
        colors = [palette[at : at + 3] for at in range(0, len(palette) - 2, 3)]
        if not colors:
            raise ValueError("the palette is missing or damaged")
        alphas = transparent.ljust(len(colors), b"\xff")
        entries = [b"%b%c" % pair for pair in zip(colors, alphas, strict=False)]
        # As in Chromium, beyond the palette is its last colour.
        picture.putpalette(b"".join(entries + entries[-1:] * (256 - len(entries))), "RGBA")
    elif mode == "1":
        picture = picture.convert("L")
    if key:
        # Of 16 bits the first byte, of less than 8 what Pillow makes of it.
        levels = [value >> 8 if depth == 16 else value * 255 // (2**depth - 1) for value in key]  # noqa: PLR2004 - bits of a sample
        _show_others(alpha, picture, levels)
        yield Decoded(picture, alpha=alpha)
        return
    if (depth, color) == _DEEP_GREY_WITH_ALPHA:
        yield Decoded(picture, grey_and_alpha=(0, 2))
        yield Decoded(picture, grey_and_alpha=(1, 3))
        return
    yield Decoded(picture)
    del picture
    if layout in _SECOND_BYTES:
        yield Decoded(Image.frombytes(mode, size, stream, "zip", _SECOND_BYTES[layout], interlace))


def _show_others(alpha: Image.Image, picture: Image.Image, color: Sequence[int]) -> None:
    """Make opaque where a picture has another colour; in place, since both may be as large as can be."""
    tables = [[255 * (level != value) for level in range(256)] for value in color]
    for row in range(0, picture.height, _ROWS):
        place = (0, row, picture.width, min(row + _ROWS, picture.height))
        channels = picture.crop(place).split()
        differ = [channel.point(table) for channel, table in zip(channels, tables, strict=True)]
        alpha.paste(reduce(ImageChops.lighter, differ, alpha.crop(place)), place)


def _webp(data: bytes, _info: PhotoInfo, _: float) -> Iterator[Decoded]:
    """Decode a WebP with libwebp's own simple call, https://developers.google.com/speed/webp/docs/api.

    Pillow decodes every WebP as an animation, which keeps the pixels four times over.
    """
    found = photo_files.webp_picture(data)
    if found is None:
        raise ValueError("no picture")
    if not found.is_animated:
        _refuse_filled_webp(data, found)
    picture = _webp_pixels(_frame(data, found) if found.is_animated else data, found)
    if picture is None:
        raise ValueError("libwebp cannot decode it")
    yield Decoded(picture, place=found.place)


def _webp_pixels(file: bytes, found: WebpPicture) -> Image.Image | None:
    width, height = found.size
    pixels = bytearray(4 * width * height)
    target = (ctypes.c_char * len(pixels)).from_buffer(pixels)
    if not _WEBP_DECODE(file, len(file), target, len(pixels), 4 * width):
        return None
    mode = "RGBX" if found.is_opaque else "RGBA"
    return Image.frombuffer(mode, found.size, pixels, "raw", mode, 0, 1)


def _refuse_filled_webp(data: bytes, found: WebpPicture) -> None:
    """Raise ValueError where a copy was cut and filled up with zeros: some make pixels, the last ones do not.

    A plain colour may be as many; then none of them is too many.
    """
    end = min(found.pixels.stop, len(data))
    written = found.pixels.start + len(data[found.pixels].rstrip(b"\0"))
    if end - written < _NEVER_WRITTEN:
        return

    def without(start: int) -> int | None:
        picture = _webp_pixels(data[:start] + _FILLER[:1] * (end - start) + data[end:], found)
        return None if picture is None else _checksum(picture)

    if without(end) == without(end - _NEVER_WRITTEN) != without(written):
        raise ValueError("pixels are missing")


def _frame(data: bytes, found: WebpPicture) -> bytes:
    """Return a picture of an animation as a file of its own."""
    body = _chunk(b"VP8L" if found.is_lossless else b"VP8 ", data[found.pixels])
    if found.alpha:
        sides = b"".join((side - 1).to_bytes(3, "little") for side in found.size)
        body = _chunk(b"VP8X", b"\x10\0\0\0" + sides) + _chunk(b"ALPH", data[found.alpha]) + body
    return _chunk(b"RIFF", b"WEBP" + body)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def _png_parts(data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Return header, palette, transparency and packed pixels of a PNG; raises ValueError for a damaged one.

    An animation may begin with another picture than the one that is for decoders without animations
    (https://www.w3.org/TR/png-3/#apng-frame-based-animation): where it fills the frame, it is taken.
    """
    found: dict[bytes, bytes] = {}
    still: list[bytes] = []
    moving: list[bytes] = []
    controls = 0
    previous = b""
    for kind, content, is_damaged in photo_files.png_chunks(data):
        is_wrong = is_damaged or kind in found or (kind not in _CRITICAL and not still)
        if kind[:1].isupper() and is_wrong:
            raise ValueError("a chunk is damaged, there twice, or unknown")
        if kind == b"IDAT":
            if still and previous != kind:
                raise ValueError("the pixels are torn apart")
            still.append(content)
        elif kind == b"fcTL":
            controls += 1
            is_other = bool(still) and content[4:20] == found[b"IHDR"][:8] + bytes(8)
        elif kind == b"fdAT":
            if controls == 1 and is_other:
                moving.append(content[4:])
        elif not still and not is_damaged and (kind != b"tRNS" or _is_transparency(content, found)):
            found.setdefault(kind, content)
        previous = kind
    is_animated = any(found.get(b"acTL", b"")[:4])
    packed = b"".join(moving if moving and is_animated else still)
    header = found[b"IHDR"]
    pixels = _rechecked(packed, _unpacked_bytes(*struct.unpack(">IIBBBBB", header)))
    return header, found.get(b"PLTE", b""), found.get(b"tRNS", b""), pixels


def _is_transparency(content: bytes, found: Mapping[bytes, bytes]) -> bool:
    """Whether libpng takes notice of a tRNS chunk behind the chunks that were found."""
    color = found[b"IHDR"][9]
    return len(content) in _TRANSPARENCY.get(color, ()) and (color != _PALETTE or b"PLTE" in found)


def _unpacked_bytes(width: int, height: int, depth: int, color: int, _: int, __: int, interlace: int) -> int:
    """Return how many bytes the rows of a PNG are, each after the byte of its filter.

    https://www.w3.org/TR/png-3/#8Interlace: of an interlaced one the rows of seven smaller pictures.
    """
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    passes = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]
    total = 0
    for left, top, across, down in passes if interlace else [(0, 0, 1, 1)]:
        columns, rows = ceil((width - left) / across), ceil((height - top) / down)
        if columns > 0 and rows > 0:
            total += rows * (1 + ceil(columns * bits / 8))
    return total


def _rechecked(packed: bytes, wanted: int) -> bytes:
    """Return packed pixels with the right checksum; of the one that is there, browsers take no notice.

    Raises ValueError where some are missing.
    https://www.rfc-editor.org/rfc/rfc1950: two bytes, the packed data, the checksum of what was packed.
    """
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    rest, checksum, total = packed[2:], 1, 0
    while not unpacking.eof:
        part = unpacking.decompress(rest, _PART_BYTES)
        rest, checksum, total = unpacking.unconsumed_tail, zlib.adler32(part, checksum), total + len(part)
        if not part and not unpacking.eof:
            raise ValueError("pixels are missing")
        if total > _MOST_BYTES:
            raise ValueError("it unpacks to more than pixels")
    if total < wanted:
        raise ValueError("pixels are missing")
    end = len(packed) - len(unpacking.unused_data)
    return packed[:end] + checksum.to_bytes(4, "big")
