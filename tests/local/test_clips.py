"""The simulator's videos are real ones, of the photo that was sent."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING, Any

import imageio_ffmpeg  # type: ignore[import-untyped]  # it has no types
import pytest
from PIL import Image

from videogen.local import clips

if TYPE_CHECKING:
    from pathlib import Path


def encode(image: Image.Image, image_format: str = "JPEG", **options: Any) -> bytes:
    output = io.BytesIO()
    image.save(output, image_format, **options)
    return output.getvalue()


def last_frame(clip: bytes, folder: Path) -> tuple[str, Image.Image]:
    """Return what ffmpeg says of the clip's stream, and the clip's last frame."""
    path, frame = folder / "clip.mp4", folder / "frame.png"
    path.write_bytes(clip)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-sseof", "-0.2", "-i", path, "-update", "1", frame]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    stream = next(line for line in told.splitlines() if "Video: h264" in line)
    return stream + next(line for line in told.splitlines() if "Duration" in line), Image.open(
        io.BytesIO(frame.read_bytes())
    )


@pytest.mark.parametrize(
    ("photo_size", "video_size"),
    [((1600, 900), (640, 360)), ((900, 1600), (360, 640)), ((500, 500), (640, 360))],
)
def test_a_video_is_h264_in_the_photo_s_shape_and_colours(
    tmp_path: Path, photo_size: tuple[int, int], video_size: tuple[int, int]
) -> None:
    clip = clips.render(encode(Image.new("RGB", photo_size, (200, 30, 40))))
    stream, frame = last_frame(clip, tmp_path)

    assert "yuv420p" in stream
    assert "Duration: 00:00:03.00" in stream
    assert frame.size == video_size
    pixel = frame.convert("RGB").getpixel((10, 10))
    assert isinstance(pixel, tuple)
    assert all(abs(got - sent) < 12 for got, sent in zip(pixel, (200, 30, 40), strict=True))


def test_a_player_can_begin_before_it_has_everything(photo: bytes) -> None:
    clip = clips.render(photo)
    assert clip[4:8] == b"ftyp"
    assert clip.index(b"moov") < clip.index(b"mdat")


def test_a_video_zooms_in(tmp_path: Path) -> None:
    framed = Image.new("RGB", (1280, 720), "white")
    framed.paste("black", (30, 30, 1250, 690))
    _, frame = last_frame(clips.render(encode(framed)), tmp_path)
    assert frame.convert("L").getpixel((2, 2)) == pytest.approx(0, abs=20)


@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_other_formats(tmp_path: Path, image_format: str) -> None:
    photo = encode(Image.new("RGBA", (320, 180), (0, 0, 255, 255)), image_format)
    assert last_frame(clips.render(photo), tmp_path)[1].size == (640, 360)


def test_a_turned_photo_is_put_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees
    photo = encode(Image.new("RGB", (1600, 900)), exif=exif)
    assert last_frame(clips.render(photo), tmp_path)[1].size == (360, 640)


def test_without_a_photo_it_is_a_test_card(tmp_path: Path) -> None:
    _, frame = last_frame(clips.render(None), tmp_path)
    assert frame.convert("RGB").getpixel((20, 180)) == pytest.approx((255, 255, 255), abs=12)


@pytest.mark.parametrize("photo", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 no photo"])
def test_what_is_no_photo_is_said_to_be_none(photo: bytes) -> None:
    with pytest.raises(clips.NotAPhotoError):
        clips.check_photo(photo)
    with pytest.raises(clips.NotAPhotoError):
        clips.render(photo)
