"""`videogen doctor --buy-one`: buy one video of a test card, and see whether the card shows in it.

Whether a photo in the request has any influence on a video is not documented by the provider, so the only
proof is a frame of a bought one.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PIL import Image, ImageChops, ImageDraw, ImageStat

from videogen import blackbox, blackbox_answer, videos
from videogen.cli.findings import Finding
from videogen.cli.terminal_page import whole
from videogen.errors import VideogenError
from videogen.video_request import prompt_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from videogen.blackbox_answer import Generated
    from videogen.settings import BlackboxSettings

ABOUT = "one video"
CARD = (1280, 720)
PROMPT = "Hold the camera still on this coloured test card."
COLOURS = (
    ("#d02020", "#20a040", "#2040d0", "#f0d020"),
    ("#20c0d0", "#f08020", "#f0f0f0", "#802090"),
    ("#101010", "#f090b0", "#80c020", "#604020"),
)
SHOWS = 60
"""Mean difference of a colour channel, of 255, below which a frame shows the card; any other picture is
further off, since the card's fields share no colour."""
CALL_SECONDS = 600.0


class NotKept(VideogenError):
    """A video was bought, and `cause` kept it from its file; `link` leads to it for about an hour."""

    def __init__(self, link: str, cause: BaseException) -> None:
        self.link = link
        self.cause = cause
        super().__init__("bought, not kept")


def buy(settings: BlackboxSettings, model: str, target: Path) -> Finding:
    """Buy one video, write it to a file, which appears only when it is whole, and say what it shows.

    Of request and answer names and types are told, and no values. Raises the provider's errors and, where the
    download fails or is interrupted, NotKept.
    """
    card = test_card()
    part = blackbox.data_uri(card)
    provider = blackbox.Blackbox(
        settings.base_url,
        settings.api_key,
        allowed_origins=[host for host in settings.video_hosts if "://" in host],
    )
    begun = time.monotonic()
    body = blackbox.request_body(
        model, prompt_for(PROMPT, card), [part], settings.image_mode, settings.video_parameters
    )
    generated = provider.generate(body, deadline=begun + CALL_SECONDS)
    seconds = time.monotonic() - begun
    try:
        length = _download(generated, settings.video_hosts, target)
    except (VideogenError, OSError, KeyboardInterrupt) as error:
        raise NotKept(generated.url, error) from None
    told = (
        f"sent {blackbox_answer.shape_of(body)}, got {generated.shape}, {seconds:.0f} s, "
        f"{length} bytes from {urlsplit(generated.url).hostname or ''}, now in {target}; "
    )
    frame = first_frame(target)
    if frame is None:
        look = "look whether it begins with the test card"
        return Finding("warning", ABOUT, f"{told}nobody looked at it", look)
    if difference(frame, card) < SHOWS:
        return Finding("ok", ABOUT, f"{told}it begins with the photo")
    another = "try another BLACKBOX_IMAGE_MODE (data, url, field) or another model"
    return Finding("failure", ABOUT, f"{told}it does not show the photo", another)


def _download(generated: Generated, hosts: Sequence[str], target: Path) -> int:
    deadline = time.monotonic() + CALL_SECONDS
    with (
        videos.open_video(generated.url, hosts=hosts, deadline=deadline, video=generated.video) as video,
        whole(target) as file,
    ):
        for piece in video:
            file.write(piece)
    return video.length


def test_card() -> bytes:
    """Return the card as a JPEG: twelve fields of colours that no scene has side by side."""
    card = Image.new("RGB", CARD)
    draw = ImageDraw.Draw(card)
    width, height = CARD[0] // len(COLOURS[0]), CARD[1] // len(COLOURS)
    for row, colours in enumerate(COLOURS):
        for column, colour in enumerate(colours):
            left, top = column * width, row * height
            draw.rectangle((left, top, left + width - 1, top + height - 1), fill=colour)
    output = io.BytesIO()
    card.save(output, "JPEG", quality=90)
    return output.getvalue()


def first_frame(video: Path) -> bytes | None:
    """Return a video's first frame as a PNG, None without an ffmpeg."""
    ffmpeg = shutil.which("ffmpeg")
    with suppress(ImportError, RuntimeError):
        import imageio_ffmpeg  # type: ignore[import-untyped]  # noqa: PLC0415 - a development dependency

        ffmpeg = ffmpeg or imageio_ffmpeg.get_ffmpeg_exe()
    if ffmpeg is None:
        return None
    command = [ffmpeg, "-loglevel", "error", "-i", str(video), "-frames:v", "1", "-f", "image2pipe"]
    taken = subprocess.run([*command, "-c:v", "png", "-"], capture_output=True, check=False)  # noqa: S603 - our own arguments
    return taken.stdout or None


def difference(frame: bytes, card: bytes) -> float:
    """Return the mean difference of two pictures' colour channels, of 255, seen from afar."""
    small = [Image.open(io.BytesIO(picture)).convert("RGB").resize((64, 36)) for picture in (frame, card)]
    return sum(ImageStat.Stat(ImageChops.difference(*small)).mean) / 3
