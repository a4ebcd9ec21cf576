"""Photo files made part by part, for what no encoder writes."""

from __future__ import annotations

import io
import struct
import zlib
from itertools import product
from operator import mul
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


SOI, EOI = b"\xff\xd8", b"\xff\xd9"
_ONE_CODE = b"\x01" + bytes(15)
"""A Huffman table's counts where the single bit 0 is the only code."""


def encoded(kind: str, image: Image.Image, **options: Any) -> bytes:
    """Return a picture as Pillow writes it."""
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


# --- JPEG: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B --------------------------------------------


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def exif(orientation: int, *, directories: int = 1) -> bytes:
    """Return a TIFF structure: an orientation, then a chain of directories that hold nothing.

    https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf, 4.5
    """
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    chain = b"".join(struct.pack(">HI", 0, 32 + 6 * number) for number in range(directories - 1))
    return b"MM\0*\0\0\0\x08\0\x01" + entry + struct.pack(">I", 26 if chain else 0) + chain + bytes(6)


def with_gain_map(jpeg: bytes) -> bytes:
    """Return a JPEG as phones write it for bright screens: XMP, an index of pictures, and a second one.

    https://developer.android.com/media/platform/hdr-image-format
    """
    gain_map = encoded("JPEG", Image.radial_gradient("L"))
    description = (
        '<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0">'
        f'<Container:Item Item:Semantic="GainMap" Item:Length="{len(gain_map)}"/></rdf:Description>'
    )
    xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + description.encode())
    # https://www.cipa.jp/std/documents/e/DC-X007-KEY_E.pdf: two pictures, of which the second ends the file
    pictures = struct.pack(">4I2H", 0x030000, len(jpeg), 0, 0, 0, 0) + struct.pack(
        ">4I", 0, len(gain_map), len(jpeg), 0
    )
    entries = struct.pack(">HHI4s", 0xB000, 7, 4, b"0100") + struct.pack(">HHII", 0xB001, 4, 1, 2)
    entries += struct.pack(">HHII", 0xB002, 7, len(pictures), 50)
    index = segment(0xE2, b"MPF\0MM\0*\0\0\0\x08\0\3" + entries + bytes(4) + pictures)
    return jpeg[:2] + xmp + index + jpeg[2:] + gain_map


def frame(marker: int, width: int, height: int, factors: bytes = b"\x11") -> bytes:
    """Return the segment that names the sides and each component's sampling factors."""
    components = b"".join(bytes([number, factor, 0]) for number, factor in enumerate(factors, 1))
    return segment(marker, struct.pack(">BHHB", 8, height, width, len(factors)) + components)


def flat_jpeg(width: int, height: int, *, orientation: int = 1) -> bytes:
    """Return a mid-grey JPEG of any size, quickly: two zero bits a block, one code a table."""
    return (
        SOI
        + segment(0xE1, b"Exif\0\0" + exif(orientation))
        + segment(0xDB, b"\0" + b"\x01" * 64)
        + frame(0xC0, width, height)
        + segment(0xC4, b"\0" + _ONE_CODE + b"\0\x10" + _ONE_CODE + b"\0")
        + segment(0xDA, b"\x01\x01\0\0\x3f\0")
        + bytes(-(-blocks(width, height) // 4))
        + EOI
    )


def many_scans(width: int, height: int, scans: int) -> bytes:
    """Return a progressive JPEG that refines the same coefficients over and over, in a few bytes a scan."""
    count = blocks(width, height)
    # A run of blocks without anything new: the code 0, for 2^14 blocks and as many more as 14 bits say.
    bits = ("0" + "1" * 14) * -(-count // 32767)
    packed = int(bits + "1" * (-len(bits) % 8), 2).to_bytes(-(-len(bits) // 8), "big")
    scan = packed.replace(b"\xff", b"\xff\0")
    return (
        SOI
        + segment(0xDB, b"\0" + b"\x01" * 64)
        + frame(0xC2, width, height)
        + segment(0xC4, b"\0" + _ONE_CODE + b"\0")
        + segment(0xDA, b"\x01\x01\0\0\0\0")
        + bytes(-(-count // 8))
        + segment(0xC4, b"\x10" + _ONE_CODE + b"\xe0")
        + segment(0xDA, b"\x01\x01\0\x01\x3f\x01")
        + scan
        + (segment(0xDA, b"\x01\x01\0\x01\x3f\x10") + scan) * (scans - 2)
        + EOI
    )


def blocks(width: int, height: int) -> int:
    """Return how many blocks of 8 x 8 pixels a component of full size has."""
    return -(-width // 8) * -(-height // 8)


# --- PNG: https://www.w3.org/TR/png-3/#5DataRep -------------------------------------------------------------


def chunk(kind: bytes, content: bytes, checksum: int | None = None) -> bytes:
    right = zlib.crc32(kind + content)
    ending = struct.pack(">I", right if checksum is None else checksum)
    return struct.pack(">I", len(content)) + kind + content + ending


PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By color type."""


def png(size: tuple[int, int], rows: bytes, *, depth: int = 8, color: int = 2, chunks: bytes = b"") -> bytes:
    """Return a PNG of rows without their filter bytes, and with `chunks` before its pixels."""
    width, height = size
    length = -(-width * depth * CHANNELS[color] // 8)
    packed = b"".join(b"\0" + rows[at : at + length] for at in range(0, length * height, length))
    return (
        PNG_SIGNATURE
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
        + chunks
        + chunk(b"IDAT", zlib.compress(packed))
        + chunk(b"IEND", b"")
    )


def with_chunks(data: bytes, *chunks: bytes) -> bytes:
    """Return a PNG with chunks after its header."""
    return data[:33] + b"".join(chunks) + data[33:]


# --- ICC: https://www.color.org/specification/ICC.1-2022-05.pdf ---------------------------------------------


def profile(
    space: bytes,
    tags: Mapping[bytes, bytes],
    *,
    kind: bytes = b"mntr",
    pcs: bytes = b"XYZ ",
    version: bytes = b"\x02\x40",
) -> bytes:
    start = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4x2s2x4s4s4s12x4s28x", start + len(body), version, kind, space, pcs, b"acsp")
    return (head + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)).ljust(128, b"\0") + table + body


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 0x10000) for value in values))


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H", round(value * 256))


WHITE = {b"wtpt": xyz(0.9642, 1, 0.8249)}
# Primaries under the profile's white, as the profiles of these names have them.
SRGB = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
ADOBE_RGB = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))


def rgb_profile(primaries: tuple[tuple[float, float, float], ...] = SRGB, *, curve: float = 2.2) -> bytes:
    tags = dict(WHITE)
    for name, primary in zip("rgb", primaries, strict=True):
        tags |= {f"{name}XYZ".encode(): xyz(*primary), f"{name}TRC".encode(): gamma(curve)}
    return profile(b"RGB ", tags)


def grey_profile(curve: float) -> bytes:
    return profile(b"GRAY", {**WHITE, b"kTRC": gamma(curve)})


def chained_profile(steps: int, *, tag: bytes = b"D2B0") -> bytes:
    """Return a profile with a chain of matrices that changes nothing; they are all the same few bytes."""
    matrix = b"matf\0\0\0\0\0\3\0\3" + struct.pack(">12f", 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0)
    places = struct.pack(">II", 16 + 8 * steps, len(matrix)) * steps
    chain = b"mpet\0\0\0\0\0\3\0\3" + struct.pack(">I", steps) + places + matrix
    # By its primaries alone red would be blue.
    tags = {**WHITE, tag: chain, **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(2.2))}
    tags |= {f"{name}XYZ".encode(): xyz(*primary) for name, primary in zip("bgr", SRGB, strict=True)}
    return profile(b"RGB ", tags, version=b"\x04\x30")


def press_profile() -> bytes:
    """Return a profile of four inks, as a printing press has one: each takes nine tenths of its light."""
    lookup = press_table(0.9)
    return profile(b"CMYK", {**WHITE, b"A2B0": lookup, b"A2B1": lookup}, kind=b"prtr", pcs=b"Lab ")


def press_table(ink: float) -> bytes:
    """Return a table of four inks, each of which takes such a part of its light."""

    def lights(*inks: float) -> list[float]:
        return [(1 - ink * color) * (1 - ink * inks[3]) for color in inks[:3]]

    return table(lights, channels=4)


def table(lights: Callable[..., Sequence[float]], *, channels: int = 3) -> bytes:
    """Return a table that makes sRGB's light of a picture's values: ICC.1, 10.10. All go from 0 to 1."""
    steps = 5
    rows = list(zip(*SRGB, strict=True))
    colors = b""
    for values in product([step / (steps - 1) for step in range(steps)], repeat=channels):
        colors += lab(*(sum(map(mul, row, lights(*values))) for row in rows))
    straight = struct.pack(">HH", 0, 65535)
    unit = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x10000)
    head = b"mft2\0\0\0\0" + bytes([channels, 3, steps, 0]) + unit + struct.pack(">HH", 2, 2)
    return head + straight * channels + colors + straight * 3


def lab(*values: float) -> bytes:
    """Return a colour given as XYZ as CIELAB in 16 bits: ICC.1, 6.3.4.2 and 10.10."""
    x, y, z = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116
        for part in (value / white for value, white in zip(values, (0.9642, 1, 0.8249), strict=True))
    )
    encoded_values = ((116 * y - 16) / 100 * 65280, (500 * (x - y) + 128) * 256, (200 * (y - z) + 128) * 256)
    return struct.pack(">3H", *(min(65535, max(0, round(value))) for value in encoded_values))


# --- What costs a careless reader much ----------------------------------------------------------------------


def restarting_jpeg(width: int, height: int, interval: int) -> bytes:
    """Return a mid-grey JPEG with a restart after so many blocks."""
    flat = flat_jpeg(width, height)
    scan = flat.index(b"\xff\xda")
    whole, rest = divmod(blocks(width, height), interval)
    counts = [interval] * whole + [rest] * bool(rest)
    runs = [bytes(-(-count // 4)) for count in counts]
    data = b"".join(run + bytes([0xFF, 0xD0 + number % 8]) for number, run in enumerate(runs))
    return flat[:scan] + segment(0xDD, struct.pack(">H", interval)) + flat[scan : scan + 10] + data[:-2] + EOI


def crumbled(data: bytes) -> bytes:
    """Return a PNG whose pixels come a byte at a time."""
    start = data.index(b"IDAT") - 4
    size = int.from_bytes(data[start : start + 4], "big")
    packed = data[start + 8 : start + 8 + size]
    pieces = (chunk(b"IDAT", packed[at : at + 1]) for at in range(size))
    return data[:start] + b"".join(pieces) + data[start + 12 + size :]


def with_false_alpha(data: bytes, alpha: bytes) -> bytes:
    """Return a simple lossy WebP with an alpha channel before its pixels, whatever that is."""
    sides = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    canvas = b"\x10\0\0\0" + b"".join((side - 1).to_bytes(3, "little") for side in sides)
    sizes = [struct.pack("<I", len(part)) for part in (canvas, alpha)]
    head = b"WEBPVP8X" + sizes[0] + canvas + b"ALPH" + sizes[1] + alpha + bytes(len(alpha) % 2)
    return b"RIFF" + struct.pack("<I", len(head) + len(data) - 12) + head + data[12:]


def bombs(photo: Image.Image, *, scale: int = 1) -> dict[str, Callable[[], bytes]]:
    """Return what makes files of a few kilobytes that ask for much work; `scale` makes them ask for more."""
    plain = {kind: encoded(kind, photo) for kind in ("JPEG", "PNG", "WEBP")}
    size = (320 * scale, 240 * scale)
    moving: dict[str, Any] = {"save_all": True, "append_images": [photo.rotate(90)] * 20}

    def huge_profile() -> bytes:
        packed = zlib.compress(rgb_profile() + bytes(5_000_000 * scale), 9)
        return with_chunks(plain["PNG"], chunk(b"iCCP", b"huge\0\0" + packed))

    def much_text() -> bytes:
        text = chunk(b"zTXt", b"text\0\0" + zlib.compress(bytes(1_000_000), 9))
        return with_chunks(plain["PNG"], *[text] * 20 * scale)

    return {
        "scans": lambda: many_scans(*size, 30 * scale),
        "restarts": lambda: restarting_jpeg(*size, 1),
        "rare restarts": lambda: restarting_jpeg(*size, 65_535),
        "directories": lambda: encoded("JPEG", photo, exif=b"Exif\0\0" + exif(6, directories=1000 * scale)),
        "directory of itself": lambda: encoded(
            "JPEG", photo, exif=b"Exif\0\0MM\0*" + struct.pack(">I", 8) * 200
        ),
        "fill bytes": lambda: plain["JPEG"][:2] + b"\xff" * 10_000 * scale + plain["JPEG"][2:],
        "chained profile": lambda: encoded("PNG", photo, icc_profile=chained_profile(1000 * scale)),
        "chained profile of a jpeg": lambda: encoded(
            "JPEG", photo, icc_profile=chained_profile(1000 * scale)
        ),
        "huge profile": huge_profile,
        "text": much_text,
        "crumbs": lambda: crumbled(plain["PNG"]),
        "false alpha": lambda: with_false_alpha(plain["WEBP"], bytes(1 + 10_000 * scale)),
        "animation": lambda: encoded("PNG", photo, **moving),
        "moving webp": lambda: encoded("WEBP", photo, **moving),
        "empty pixels": lambda: png(size, bytes(size[0] * size[1] * 8), depth=16, color=6),
    }
