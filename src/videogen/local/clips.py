"""A short video of a photo, for the Blackbox simulator."""

from __future__ import annotations

import functools
import io
import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it has no types
from PIL import Image, ImageDraw, ImageOps

SECONDS = 3
FRAMES_PER_SECOND = 24
PHOTO_FORMATS = ("JPEG", "PNG", "WEBP")

# libx264's veryfast makes a sixth of the bytes of ultrafast for a tenth of a second more.
_ENCODING = (
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-crf",
    "28",
    "-pix_fmt",
    "yuv420p",
    "-movflags",
    "+faststart",
)


class NotAPhotoError(ValueError):
    """The bytes are no JPEG, PNG or WebP image."""


def check_photo(photo: bytes) -> None:
    """Raise NotAPhotoError unless the bytes begin as an image should."""
    try:
        with Image.open(io.BytesIO(photo), formats=PHOTO_FORMATS) as image:
            image.verify()
    except (OSError, SyntaxError, ValueError) as error:
        raise NotAPhotoError(str(error)) from error


@functools.lru_cache(maxsize=16)
def render(photo: bytes | None) -> bytes:
    """Return an H.264 MP4 that zooms slowly into the photo, or into a test card where there is none.

    640x360, or 360x640 for an upright photo; three seconds, no sound, moov box first. Takes about a third
    of a second of processor time; the same photo is rendered once. Raises NotAPhotoError.
    """
    frame = _frame(photo)
    width, height = frame.size
    frames = SECONDS * FRAMES_PER_SECOND
    zoom = (
        f"format=yuv420p,zoompan=z='1+0.2*on/{frames}':d={frames}:x='(iw-iw/zoom)/2':y='(ih-ih/zoom)/2'"
        f":s={width // 2}x{height // 2}:fps={FRAMES_PER_SECOND}"
    )
    # The moov box goes first in a second pass over the file, so a pipe would not do.
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "clip.mp4")
        subprocess.run(  # noqa: S603 - our own arguments
            [
                *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error"),
                *("-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", f"{width}x{height}", "-i", "-"),
                *("-vf", zoom, *_ENCODING, str(output)),
            ],
            input=frame.tobytes(),
            check=True,
        )
        return output.read_bytes()


def _frame(photo: bytes | None) -> Image.Image:
    """Return the photo, upright, cropped to 16:9 or 9:16, at twice the video's size."""
    if photo is None:
        return _test_card()
    try:
        with Image.open(io.BytesIO(photo), formats=PHOTO_FORMATS) as image:
            image.draft("RGB", (1280, 1280))  # spares the memory of a full decode where the format can
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise NotAPhotoError(str(error)) from error
    return ImageOps.fit(upright, (1280, 720) if upright.width >= upright.height else (720, 1280))


def _test_card() -> Image.Image:
    """Return the eight bars of a television test card."""
    card = Image.new("RGB", (1280, 720))
    draw = ImageDraw.Draw(card)
    for n, colour in enumerate(("white", "yellow", "cyan", "lime", "magenta", "red", "blue", "black")):
        draw.rectangle((n * 160, 0, n * 160 + 159, 719), fill=colour)
    return card
