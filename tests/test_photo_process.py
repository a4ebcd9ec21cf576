"""Cleaning a photo in a process of its own, which ends where it takes too much."""

from __future__ import annotations

import contextlib
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from support.photo_files import bombs, encoded, flat_jpeg, many_scans, png, rgb_profile
from videogen import photo_cleaning, photo_process, photos
from videogen.errors import InvalidInput, PhotoUnreadable
from videogen.photo_process import CleanerBroken, clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from videogen.photo_cleaning import AspectRatio

GRAIN = [Image.effect_noise((256, 256), 60)]
PHOTO = encoded("JPEG", Image.linear_gradient("L").resize((320, 200)).convert("RGB"))


def instead(monkeypatch: pytest.MonkeyPatch, body: str, *, cpu_seconds: int = 10) -> None:
    """Let the process run `body` where it would decode a photo."""
    program = (
        "import sys; sys.path[:] = sys.argv[2:]\n"
        "from videogen import photo_cleaning, photo_process\n"
        f"photo_process.CPU_SECONDS = {cpu_seconds}\n"
        "def clean(data, *, aspect_ratio):\n"
        f"    {body}\n"
        "photo_cleaning.clean = clean\n"
        "photo_process.main()"
    )
    monkeypatch.setattr(photo_process, "PROGRAM", program)


def note_of(data: bytes = PHOTO) -> str:
    with pytest.raises(PhotoUnreadable) as caught:
        clean(data, aspect_ratio=None)
    assert (caught.value.code, caught.value.charged) == ("photo_unreadable", "no")
    return caught.value.note


@pytest.mark.parametrize("aspect_ratio", ["auto", "16:9", "9:16", None])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_process_makes_what_cleaning_makes(kind: str, aspect_ratio: AspectRatio | None) -> None:
    photo = encoded(kind, Image.linear_gradient("L").resize((320, 200)), icc_profile=rgb_profile(curve=1.8))
    assert clean(photo, aspect_ratio=aspect_ratio) == photo_cleaning.clean(photo, aspect_ratio=aspect_ratio)


@pytest.mark.parametrize(
    ("photo", "note"),
    [
        (b"", "not a photo within the limits"),
        (PHOTO[:-99], "ValueError"),
        (b"\xff\xd8" * 4_000_000, "not a photo"),
    ],
)
def test_an_unreadable_photo_says_why(photo: bytes, note: str) -> None:
    assert note_of(photo).startswith(note)


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("import ctypes; ctypes.string_at(0)", "cleaning ended with SIGSEGV"),
        ("import os; os.abort()", "cleaning ended with SIGABRT"),
        ("import os; os.kill(os.getpid(), 9)", "cleaning ended with SIGKILL"),
        ("raise MemoryError", "MemoryError"),
        ("raise RecursionError('deep')", "RecursionError: deep"),
        ("sys.exit('given up')", "given up"),
        ("sys.stdout.buffer.write(b'half a photo'); raise OSError", "OSError"),
    ],
)
def test_a_decoder_that_crashes_is_an_unreadable_photo(
    body: str, note: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, body)
    assert note_of() == note


@pytest.mark.parametrize("body", ["while True: bytes(10**6)", "sum(range(10**15))"])
def test_a_decoder_that_hangs_ends_by_processor_time(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, body, cpu_seconds=1)
    before = processor_seconds()
    assert note_of() in {"cleaning ended with SIGKILL", "cleaning ended with SIGXCPU"}
    assert processor_seconds() - before < 3


def test_a_decoder_that_only_waits_ends_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, "import signal; signal.pause()")
    monkeypatch.setattr(photo_process, "PATIENCE", 1.0)
    assert note_of() == "cleaning took too long"


@pytest.mark.parametrize(
    "body",
    [
        "data = bytes(100 * 2**20)",
        "data = [bytes(2**20) for _ in range(100)]",
        "from PIL import Image; Image.new('RGB', (8000, 8000))",
        "import mmap; mmap.mmap(-1, 2**30)",
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the address space is not limited")
def test_a_decoder_that_eats_memory_is_an_unreadable_photo(
    body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, body)
    assert note_of().startswith(("MemoryError", "OSError"))


def test_the_process_has_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLACKBOX_API_KEY", "canary")
    instead(monkeypatch, "import os; return ascii(dict(os.environ)).encode()")
    assert b"canary" not in clean(PHOTO, aspect_ratio=None)


def test_the_process_opens_no_file_of_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, "import os; return b' '.join(sorted(map(os.fsencode, os.listdir('/dev/fd'))))")
    # Its three streams, and the folder that it is reading.
    assert clean(PHOTO, aspect_ratio=None) == b"0 1 2 3"


@pytest.mark.parametrize(
    "program", ["import videogen.nothing", "raise SystemExit(3)", "print('.', file=sys.stderr)"]
)
def test_a_process_that_does_not_start_is_not_the_photo(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_process, "PROGRAM", program)
    with pytest.raises(CleanerBroken):
        clean(PHOTO, aspect_ratio=None)


def test_an_interpreter_that_is_gone_is_not_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python3")
    with pytest.raises(FileNotFoundError):
        clean(PHOTO, aspect_ratio=None)


def test_many_threads_clean_at_once() -> None:
    pictures = [encoded("PNG", Image.new("RGB", (8, 8), (shade, 0, 0))) for shade in range(8)]
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda photo: clean(photo, aspect_ratio=None), pictures))
    assert made == [photo_cleaning.clean(photo, aspect_ratio=None) for photo in pictures]


LARGEST: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: encoded(
        "JPEG", Image.linear_gradient("L").resize((8160, 6120)).convert("RGB"), quality=50
    ),
    "long jpeg": lambda: flat_jpeg(16384, 3200),
    "narrow jpeg": lambda: flat_jpeg(16384, 1430),
    "scans": lambda: many_scans(4096, 6144, 20),
    "progressive": lambda: encoded("JPEG", Image.new("RGB", (4096, 4096)), progressive=True),
    "png": lambda: encoded("PNG", Image.new("RGBA", (4096, 3072)), compress_level=1),
    "long png": lambda: encoded("PNG", Image.new("RGBA", (16384, 768)), compress_level=1),
    "deep png": lambda: png((4096, 3072), bytes(8 * 4096 * 3072), depth=16, color=6),
    "deep grey png": lambda: png((4096, 3072), bytes(4 * 4096 * 3072), depth=16, color=4),
    "webp": lambda: encoded("WEBP", Image.new("RGB", (4096, 3072)), quality=10, method=0),
    "lossless webp": lambda: encoded(
        "WEBP", Image.new("RGBA", (4096, 2048), (1, 2, 3, 4)), lossless=True, quality=0, method=0
    ),
    "long progressive": lambda: encoded(
        "JPEG",
        Image.merge("RGB", GRAIN * 3).resize((16384, 511)),
        progressive=True,
        subsampling=0,
        quality=60,
    ),
    "long deep grey png": lambda: png(
        (16384, 768),
        Image.effect_noise((3000, 1000), 60).tobytes().ljust(4 * 16384 * 768, b"\0"),
        depth=16,
        color=4,
    ),
    "clear webp": lambda: encoded(
        "WEBP", Image.merge("RGBA", GRAIN * 4).resize((4096, 2560)), quality=50, method=0
    ),
}


@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_photos_keep_within_the_limits(name: str) -> None:
    photo = LARGEST[name]()
    shapes: list[AspectRatio | None] = ["auto", None]
    starts = [clean(photo, aspect_ratio=shape)[:3] for shape in shapes]
    assert starts == [b"\xff\xd8\xff", b"\xff\xd8\xff"]


BOMBS = bombs(Image.linear_gradient("L").resize((160, 120)).convert("RGB"), scale=6)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little_and_is_a_photo_or_none(name: str) -> None:
    bomb = BOMBS[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with contextlib.suppress(InvalidInput):
        photos.sniff(bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 0.5
    before = processor_seconds()
    with contextlib.suppress(PhotoUnreadable):
        assert clean(bomb, aspect_ratio="auto").startswith(b"\xff\xd8\xff")
    assert processor_seconds() - before < 4


def processor_seconds() -> float:
    """Return what the processes have used that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
