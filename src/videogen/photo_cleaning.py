"""A photo as received becomes the JPEG that goes to the model: turned, cropped, scaled, nothing but pixels.

Works in bounded memory whatever the photo holds. A JPEG is decoded at a fraction of its size; other pictures
are decoded whole, within the limits of `photos`, and from there on handled in bands of rows.
"""

from __future__ import annotations

from functools import partial
from io import BytesIO
from math import ceil
from typing import TYPE_CHECKING, Literal

from PIL import Image, ImageChops, ImageCms

from videogen import color_profiles, photo_decoding, photo_metadata, photos
from videogen.errors import InvalidInput, PhotoUnreadable

if TYPE_CHECKING:
    from videogen.photo_decoding import Decoded
    from videogen.photos import PhotoInfo

AspectRatio = Literal["auto", "16:9", "9:16"]

# What Veo asks for: https://replicate.com/google/veo-3-fast/api/schema
LONG_SIDE, SHORT_SIDE = 1280, 720  # pixels
JPEG_QUALITY = 88

_BAND_PIXELS = 2**18  # of the photo, that are worked on at a time, or one row of the reduced picture
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # of profiles, and the modes of their pictures
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = frozenset({5, 6, 7, 8})  # orientations that swap the sides


def clean(data: bytes, *, aspect_ratio: AspectRatio | None) -> bytes:
    """Return the photo as an sRGB JPEG without any metadata, turned upright.

    "16:9" and "9:16" crop around the centre to exactly 1280x720 or 720x1280 pixels, "auto" to the nearer of
    the two; None crops nothing and makes it fit into the one of its shape. Transparent parts become white.

    Raises PhotoUnreadable for anything that cannot be decoded to its end.
    """
    try:
        return _clean(data, aspect_ratio)
    except InvalidInput:
        raise PhotoUnreadable(note="not a photo within the limits") from None
    except Exception as error:  # noqa: BLE001 - decoders raise whatever a broken file breaks first
        raise PhotoUnreadable(note=type(error).__name__) from None


def _clean(data: bytes, aspect_ratio: AspectRatio | None) -> bytes:
    info = photos.sniff(data)
    meant = photo_metadata.read(data, info.type)
    crop, size = _plan(info, aspect_ratio, is_lying=meant.orientation in _LYING)
    picture = _pixels(data, info, crop, size)
    picture = _on_white_in_srgb(picture, meant.profile)
    if meant.orientation in _TURNS:
        picture = picture.transpose(_TURNS[meant.orientation])
    output = BytesIO()
    picture.save(output, "JPEG", quality=JPEG_QUALITY)
    return output.getvalue()


def _plan(
    info: PhotoInfo, aspect_ratio: AspectRatio | None, *, is_lying: bool
) -> tuple[tuple[float, float], tuple[int, int]]:
    """Return the part to keep and the size to give it, both as width and height of the stored picture."""
    width, height = (info.height, info.width) if is_lying else (info.width, info.height)
    is_wide = aspect_ratio == "16:9" or (aspect_ratio != "9:16" and width >= height)
    long, short = (LONG_SIDE, SHORT_SIDE) if is_wide else (SHORT_SIDE, LONG_SIDE)
    crop: tuple[float, float] = (width, height)
    size = (long, short)
    if aspect_ratio is None:
        scale = min(1.0, long / width, short / height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
    elif width * short > height * long:
        crop = (height * long / short, height)
    else:
        crop = (width, width * short / long)
    return (crop[::-1], size[::-1]) if is_lying else (crop, size)


def _pixels(data: bytes, info: PhotoInfo, crop: tuple[float, float], size: tuple[int, int]) -> Image.Image:
    """Decode a photo and give it its crop and size."""
    shrink = min(crop[0] / size[0], crop[1] / size[1])
    # What was decoded is gone before the next step, and before the next decoding.
    reduced = [*map(partial(_reduced, info, crop, size), photo_decoding.decode(data, info, shrink))]
    high, *low = (picture.resize(size, Image.Resampling.LANCZOS, box=box) for picture, box in reduced)
    return _rounded(high, *low) if low else high


def _rounded(high: Image.Image, low: Image.Image) -> Image.Image:
    """Return 16 bits in 8: (256 * high + low) / 257, which is `high` or one beside it."""
    far = [0] * 129 + [1] * 127  # by how much more than half of 257 the two differ
    up, down = (
        ImageChops.subtract(one, other).point(far * len(high.getbands()))
        for one, other in ((low, high), (high, low))
    )
    return ImageChops.subtract(ImageChops.add(high, up), down)


def _reduced(
    info: PhotoInfo, crop: tuple[float, float], size: tuple[int, int], decoded: Decoded
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """Return the middle of a photo, made smaller by a whole number, and the box that the crop is in it.

    That is done in bands of rows, so that there is never a second picture of the photo's size. Dividing by a
    power of two is exact, so that no rounding leads out of the picture.
    """
    picture, shrunk, place, channels, alpha = decoded
    left, top = (info.width - crop[0]) / 2 / shrunk, (info.height - crop[1]) / 2 / shrunk
    right = min(info.width / shrunk, left + crop[0] / shrunk)
    bottom = min(info.height / shrunk, top + crop[1] / shrunk)
    factor = max(1, int(min((right - left) / size[0], (bottom - top) / size[1])))
    x, y, x_end, y_end = int(left), int(top), ceil(right), ceil(bottom)
    reduced: Image.Image | None = None
    rows = factor * max(1, _BAND_PIXELS // (factor * (x_end - x)))
    for row in range(y, y_end, rows):
        row_end = min(row + rows, y_end)
        box = (x - place[0], row - place[1], x_end - place[0], row_end - place[1])
        band = picture.crop(box)
        if alpha:
            band.putalpha(alpha.crop(box))
        band = _plain(band, channels).reduce(factor)
        if reduced is None:
            reduced = Image.new(band.mode, (band.width, ceil((y_end - y) / factor)))
        reduced.paste(band, (0, (row - y) // factor))
    if reduced is None:
        raise ValueError("nothing is left of it")
    return reduced, ((left - x) / factor, (top - y) / factor, (right - x) / factor, (bottom - y) / factor)


def _plain(band: Image.Image, channels: tuple[int, int] | None) -> Image.Image:
    """Return a band in colours of its own, with no palette."""
    if channels:
        return Image.merge("LA", [band.getchannel(channel) for channel in channels])
    return band.convert("RGBA") if band.mode == "P" else band


def _on_white_in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    colors = picture.convert(
        "L" if picture.mode in {"L", "LA"} else "CMYK" if picture.mode == "CMYK" else "RGB"
    )
    colors = _in_srgb(colors, profile)
    if "A" not in picture.getbands():
        return colors
    white = Image.new("RGB", picture.size, "white")
    white.paste(colors, mask=picture.getchannel("A"))
    return white


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert as Chromium does: each colour as it is measured, with no black made darker.

    A profile for another kind of picture changes nothing, but for one of colours in a grey picture.
    """
    space = color_profiles.color_space(profile) if profile else ""
    if space == "RGB" and picture.mode == "L":
        picture = picture.convert("RGB")
    if profile is None or _SPACES.get(space) != picture.mode:
        return picture.convert("RGB")
    try:
        converted = ImageCms.profileToProfile(
            picture,
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture.convert("RGB")  # broken: the pixels count as they are
    return converted or picture.convert("RGB")
