"""Reads from an ELF file what it needs of the machine that loads it.

Formats: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html (dynamic section) and
https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html (versions).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC = b"\x7fELF"
CLASS_64_LITTLE_ENDIAN = b"\x02\x01"
MACHINE_X86_64 = 62
SECTION_DYNAMIC = 6
SECTION_VERSIONS_NEEDED = 0x6FFFFFFE
TAG_NEEDED = 1

FILE_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
DYNAMIC_ENTRY = struct.Struct("<QQ")
VERSIONS_OF_LIBRARY = struct.Struct("<HHIII")
VERSION = struct.Struct("<IHHII")


class NotForLambdaError(Exception):
    """An ELF file that Lambda cannot load; the message says what it is."""


@dataclass(frozen=True)
class Needs:
    """What one ELF file needs."""

    libraries: tuple[str, ...]
    """Names of shared libraries, as in `libm.so.6`."""
    glibc: tuple[int, ...]
    """The newest version of glibc that a symbol asks for, as in (2, 34); (0,) for none."""


def is_elf(path: Path) -> bool:
    """Whether a file is an ELF file."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def needs(path: Path) -> Needs:
    """Return what an ELF file needs; raises NotForLambdaError if it is cut or not for x86-64."""
    try:
        return read(path.read_bytes())
    except (struct.error, ValueError, IndexError):
        raise NotForLambdaError("is cut or damaged") from None


def read(data: bytes) -> Needs:
    """Return what an ELF file needs; raises NotForLambdaError, and others where it is cut."""
    header = FILE_HEADER.unpack_from(data)
    if data[4:6] != CLASS_64_LITTLE_ENDIAN or header[2] != MACHINE_X86_64:
        raise NotForLambdaError("is not for x86-64 Linux")
    sections_offset, section_size, section_count = header[6], header[11], header[12]
    sections = [
        SECTION_HEADER.unpack_from(data, sections_offset + number * section_size)
        for number in range(section_count)
    ]
    libraries: list[str] = []
    versions: list[str] = []
    for _, kind, _, _, offset, size, link, _, _, _ in sections:
        if kind == SECTION_DYNAMIC:
            names = sections[link][4]
            for place in range(offset, offset + size, DYNAMIC_ENTRY.size):
                tag, value = DYNAMIC_ENTRY.unpack_from(data, place)
                if tag == TAG_NEEDED:
                    libraries.append(text(data, names + value))
        elif kind == SECTION_VERSIONS_NEEDED:
            versions.extend(versions_needed(data, offset, sections[link][4]))
    numbers = [re.fullmatch(r"GLIBC_(\d+(?:\.\d+)*)", version) for version in versions]
    glibc = [tuple(map(int, number[1].split("."))) for number in numbers if number]
    return Needs(tuple(libraries), max(glibc, default=(0,)))


def versions_needed(data: bytes, offset: int, names: int) -> Iterator[str]:
    """Yield the symbol versions that a section of needed versions lists."""
    while True:
        _, count, _, first, following = VERSIONS_OF_LIBRARY.unpack_from(data, offset)
        place = offset + first
        for _ in range(count):
            _, _, _, name, next_place = VERSION.unpack_from(data, place)
            yield text(data, names + name)
            place += next_place
        if not following:
            return
        offset += following


def text(data: bytes, offset: int) -> str:
    """Return a zero-terminated string."""
    return data[offset : data.index(b"\0", offset)].decode()
