"""ICC profiles: which ones are used, and those that stand for what a PNG says with a few numbers.

https://www.color.org/specification/ICC.1-2022-05.pdf
"""

from __future__ import annotations

import struct
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Point = tuple[float, float]
    """A colour as chromaticities x and y."""
    Vector = Sequence[float]

MAX_BYTES = 4 * 2**20
"""The largest profile that is used; those of printing presses have up to 3 MB."""

_LAST_VERSION = 4  # of 5, iccMAX, Chromium knows nothing
_NEAR_WHITE = 0.01
_TABLE_TYPES = frozenset({b"mft1", b"mft2", b"mAB "})
_PRIMARIES_AND_CURVES = frozenset({b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"})

D65: Point = (0.3127, 0.3290)
# The white of all profiles, as XYZ, and the cone responses by which other whites are adapted to it:
# ICC.1, 7.2.16 and annex E.
_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))

# Code points of https://www.itu.int/rec/T-REC-H.273. Primaries: white, red, green, blue.
_C: Point = (0.310, 0.316)
_PRIMARIES: dict[int, tuple[Point, Point, Point, Point]] = {
    1: (D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    4: (_C, (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),
    5: (D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: (D65, (0.63, 0.34), (0.31, 0.595), (0.155, 0.07)),
    7: (D65, (0.63, 0.34), (0.31, 0.595), (0.155, 0.07)),
    8: (_C, (0.681, 0.319), (0.243, 0.692), (0.145, 0.049)),
    9: (D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    10: ((1 / 3, 1 / 3), (1, 0), (0, 1), (0, 0)),
    11: ((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: (D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    22: (D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
SRGB = _PRIMARIES[1]

# From a stored value X to light, by the number that ICC.1, 10.18 has for such a function: 0 is X^g, 1 is
# (aX + b)^g, 3 is that from d on and cX below. Television's (1, 6, 11, 14, 15) are the screen's of ITU-R
# BT.1886, as in Chromium. Those of HDR (16, 18) have no counterpart in a photo: `photos` refuses it.
_SRGB_CURVE = (3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_CURVES: dict[int, tuple[float, ...]] = {
    **dict.fromkeys((1, 6, 11, 14, 15), (0, 2.4)),
    4: (0, 2.2),
    5: (0, 2.8),
    7: (3, 1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4, 0.0912),
    8: (0, 1.0),
    13: _SRGB_CURVE,
    17: (1, 2.6, (52.37 / 48) ** (1 / 2.6), 0),
}
_GAMMAS = (0.01, 100.0)  # what a curve can hold
_NEAR = 0.05  # a gamma that differs from sRGB's by less is taken for it, as libpng does


def as_used(profile: bytes) -> bytes | None:
    """Return what Chromium's skcms converts by, and nothing else; None where it takes no notice of a profile.

    That is the table for the perceptual intent, else the one for the colorimetric, else primaries and curves.
    With the rest go chains of "multi processing elements" (the tags D2B* and B2D*), which may have as many
    steps as fit into the file, for every pixel. https://skia.googlesource.com/skcms/+/refs/heads/main/skcms.cc
    """
    if not 132 <= len(profile) <= MAX_BYTES or profile[36:40] != b"acsp":  # noqa: PLR2004 - header and count
        return None
    (size,), (count,) = struct.unpack_from(">I", profile), struct.unpack_from(">I", profile, 128)
    tags_end = 132 + 12 * count
    white = [number / 0x10000 for number in struct.unpack_from(">3i", profile, 68)]
    if (
        not tags_end <= size <= len(profile)
        or profile[8] > _LAST_VERSION
        or profile[20:24] not in {b"XYZ ", b"Lab "}
        or any(abs(given - wanted) > _NEAR_WHITE for given, wanted in zip(white, _D50, strict=True))
    ):
        return None
    tags: dict[bytes, tuple[int, int]] = {}
    for tag, start, length in struct.iter_unpack(">4sII", profile[132:tags_end]):
        if length < 4 or start + length > size:  # noqa: PLR2004 - its type
            return None
        tags.setdefault(tag, (start, length))
    return _of_code_point_tag(profile, tags) or _with_one_way(profile, tags)


def _of_code_point_tag(profile: bytes, tags: Mapping[bytes, tuple[int, int]]) -> bytes | None:
    """Return the profile that a cicp tag names: ICC.1, 10.5. It comes before all others."""
    start, length = tags.get(b"cicp", (0, 0))
    return of_code_points(profile[start + 8 : start + length]) if color_space(profile) == "RGB" else None


def _with_one_way(profile: bytes, tags: Mapping[bytes, tuple[int, int]]) -> bytes | None:
    """Return a profile with one way to convert, and of the class that no converter refuses."""
    table = next((tags[tag] for tag in (b"A2B0", b"A2B1") if tag in tags), None)
    is_grey = profile[16:24] == b"GRAYXYZ "
    wanted = {b"A2B0"} if table else {b"kTRC"} if is_grey else _PRIMARIES_AND_CURVES
    kept = {b"A2B0": table} if table else {tag: place for tag, place in tags.items() if tag in wanted}
    if len(kept) < len(wanted) or (table and profile[table[0] : table[0] + 4] not in _TABLE_TYPES):
        return None
    entries = b"".join(struct.pack(">4sII", tag, *place) for tag, place in kept.items())
    head = profile[:12] + b"mntr" + profile[16:128] + struct.pack(">I", len(kept)) + entries
    return head + profile[len(head) :]


def color_space(profile: bytes) -> str:
    """Return the colours that a profile is for: RGB, GRAY, CMYK and so on."""
    return profile[16:20].decode("latin-1").strip()


def of_code_points(chunk: bytes) -> bytes | None:
    """Return the profile that a cICP chunk names, None where there is none for it.

    https://www.w3.org/TR/png-3/#cICP-chunk: primaries, curve, matrix (always 0), full range (1).
    """
    if len(chunk) != 4 or chunk[2:] != b"\0\1" or chunk[0] not in _PRIMARIES or chunk[1] not in _CURVES:  # noqa: PLR2004 - the chunk's four bytes
        return None
    return _profile(_PRIMARIES[chunk[0]], _CURVES[chunk[1]])


def of_gamma(gamma: float, chromaticities: tuple[Point, ...] | None = None) -> bytes | None:
    """Return the profile that gAMA and cHRM chunks name, None where it is sRGB or makes no sense."""
    if not _GAMMAS[0] <= gamma <= _GAMMAS[1]:
        return None
    if chromaticities is None:
        return None if abs(2.2 * gamma - 1) < _NEAR else _profile(SRGB, (0, 1 / gamma))
    try:
        return _profile(chromaticities, (0, 1 / gamma))
    except (ArithmeticError, struct.error):
        return None


def _profile(chromaticities: Sequence[Point], curve: tuple[float, ...]) -> bytes:
    """Return a profile of three primaries and a curve: ICC.1, 8.3.3. The first of the points is the white."""
    tags = {b"wtpt": _xyz(_D50)}
    for name, column in zip("rgb", _columns(chromaticities), strict=True):
        tags[f"{name}XYZ".encode()] = _xyz(column)
        tags[f"{name}TRC".encode()] = b"para\0\0\0\0" + struct.pack(">Hxx", int(curve[0])) + _fixed(curve[1:])
    start = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content
    header = struct.pack(
        ">I4x4s4s4s4s12x4s28x12s48x",
        start + len(body),
        b"\x04\x30\0\0",
        b"mntr",
        b"RGB ",
        b"XYZ ",
        b"acsp",
        _fixed(_D50),
    )
    return header + table + body


def _columns(chromaticities: Sequence[Point]) -> list[Vector]:
    """Return the XYZ of the three primaries under a profile's white; raises ArithmeticError for nonsense."""
    (x, y, z), *primaries = [(x, y, 1 - x - y) for x, y in chromaticities]
    white = (x / y, 1.0, z / y)
    # As bright as it takes for the three together to be the white.
    amounts = _solve(primaries, white)
    gains = [wanted / given for wanted, given in zip(_cones(_D50), _cones(white), strict=True)]
    rows = list(zip(*_BRADFORD, strict=True))
    return [
        _solve(rows, [gain * amount * cone for gain, cone in zip(gains, _cones(primary), strict=True)])
        for amount, primary in zip(amounts, primaries, strict=True)
    ]


def _cones(color: Vector) -> Vector:
    return [sum(map(mul, row, color)) for row in _BRADFORD]


def _solve(columns: Sequence[Vector], total: Vector) -> Vector:
    """Return how much of each of three columns makes up the total: Cramer's rule."""
    whole = _determinant(columns)
    swapped = ([*columns[:at], total, *columns[at + 1 :]] for at in range(3))
    return [_determinant(some) / whole for some in swapped]


def _determinant(columns: Sequence[Vector]) -> float:
    one, two, three = columns
    return sum(one[at] * (two[at - 2] * three[at - 1] - two[at - 1] * three[at - 2]) for at in range(3))


def _xyz(color: Vector) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(color)


def _fixed(numbers: Iterable[float]) -> bytes:
    """Return numbers as s15Fixed16Number: ICC.1, 4.6."""
    return b"".join(struct.pack(">i", round(number * 0x10000)) for number in numbers)
