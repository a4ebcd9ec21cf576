"""Photo files made part by part, for what no encoder writes."""

from __future__ import annotations

import struct


def segment(marker: int, content: bytes) -> bytes:
    """Return a segment of a JPEG: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1.1.4."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def exif(orientation: int) -> bytes:
    """Return a TIFF directory with an orientation alone: https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"MM\0*\0\0\0\x08\0\x01" + entry + bytes(4)


def flat_jpeg(width: int, height: int, *, orientation: int = 1) -> bytes:
    """Return a mid-grey JPEG of any size, quickly: two zero bits a block, one code a table."""
    codes = b"\x01" + bytes(15) + b"\0"
    blocks = -(-width // 8) * -(-height // 8)
    return (
        b"\xff\xd8"
        + segment(0xE1, b"Exif\0\0" + exif(orientation))
        + segment(0xDB, b"\0" + b"\x01" * 64)
        + segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0")
        + segment(0xC4, b"\0" + codes + b"\x10" + codes)
        + segment(0xDA, b"\x01\x01\0\0\x3f\0")
        + bytes(-(-blocks // 4))
        + b"\xff\xd9"
    )
