"""Make public/example.mp4, the empty form's loop: `python tests/programs/example_loop.py [FILE]`.

Three seconds of a painted lake at dusk whose water moves and whose camera goes in and out,
so that the last frame meets the first. Below 60 KB: it is the first thing that a visitor loads.
"""

from __future__ import annotations

import io
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it has no types
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.page_under_test import photo  # noqa: E402 - found through the line above

SECONDS = 3
FRAMES_PER_SECOND = 20
WIDTH, HEIGHT = 640, 360
HORIZON = 0.64
MOST_BYTES = 60_000


def main(target: Path) -> None:
    """Render the loop and write it."""
    painted = Image.open(io.BytesIO(photo(1280, 720))).convert("RGB")
    count = SECONDS * FRAMES_PER_SECOND
    frames = b"".join(_frame(painted, 2 * math.pi * number / count).tobytes() for number in range(count))
    # The moov box goes first in a second pass over the file, so a pipe would not do.
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "example.mp4")
        subprocess.run(
            [
                *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error"),
                *("-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", f"{WIDTH}x{HEIGHT}"),
                *("-framerate", str(FRAMES_PER_SECOND), "-i", "-"),
                *("-c:v", "libx264", "-preset", "veryslow", "-crf", "27", "-pix_fmt", "yuv420p"),
                *("-fflags", "+bitexact", "-movflags", "+faststart", str(output)),
            ],
            input=frames,
            check=True,
        )
        made = output.read_bytes()
    if len(made) > MOST_BYTES:
        raise SystemExit(f"{len(made)} bytes, more than {MOST_BYTES}")
    target.write_bytes(made)
    print(f"==> {target}: {len(made)} bytes")


def _frame(painted: Image.Image, turn: float) -> Image.Image:
    """Return the picture at a point of the loop, in radians."""
    water = round(painted.height * HORIZON)
    moved = painted.copy()
    for y in range(water, painted.height):
        depth = (y - water) / (painted.height - water)
        shift = round(12 * depth * math.sin(y / 9 + 2 * turn))
        row = painted.crop((0, y, painted.width, y + 1))
        moved.paste(row, (shift, y))
        moved.paste(
            row.crop((0, 0, 1, 1)).resize((max(shift, 0), 1)) if shift > 0 else row.crop((0, 0, 1, 1)), (0, y)
        )
    _glitter(moved, water, turn)
    zoom = 1 + 0.07 * (1 - math.cos(turn)) / 2
    width, height = painted.width / zoom, painted.height / zoom
    left, top = (painted.width - width) * 0.62, (painted.height - height) * 0.5
    return moved.resize(
        (WIDTH, HEIGHT), Image.Resampling.LANCZOS, box=(left + 14, top, left + width - 14, top + height - 16)
    )


def _glitter(picture: Image.Image, water: int, turn: float) -> None:
    """Draw the sun's light on the water below it."""
    draw = ImageDraw.Draw(picture)
    for number in range(26):
        y = water + 8 + number * 9
        bright = (1 + math.sin(turn * (1 + number % 3) + number * 2.1)) / 2
        half = (14 + number * 2.4) * bright
        middle = picture.width * 0.634 + 10 * math.sin(number * 1.7 + turn)
        draw.line((middle - half, y, middle + half, y), fill=(255, round(196 + 40 * bright), 140), width=2)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "public/example.mp4")
