"""A photo as received becomes the JPEG that goes to the model: turned, cropped, scaled, nothing but pixels.

Works in bounded memory whatever the photo holds. A JPEG is decoded at a fraction of its size; other pictures
are decoded whole, within the limits of `photos`, and from there on handled in bands of rows.
"""

from __future__ import annotations

import ctypes
import warnings
from io import BytesIO
from math import ceil
from typing import TYPE_CHECKING, Literal

from PIL import Image, ImageCms, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin, _webp

from videogen import photos
from videogen.errors import InvalidInput, PhotoUnreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from videogen.photos import PhotoInfo, PhotoType

AspectRatio = Literal["auto", "16:9", "9:16"]

# What Veo asks for: https://replicate.com/google/veo-3-fast/api/schema
LONG_SIDE, SHORT_SIDE = 1280, 720  # pixels
JPEG_QUALITY = 88

_BAND_ROWS = 64  # rows of the reduced picture that are worked on at a time
_DRAFT_PIXELS = 12 * photos.MEGAPIXEL + photos.MEGAPIXEL // 2
_ORIENTATION = 0x0112  # the EXIF tag
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

# One decoder, the one for the bytes that `photos.sniff` saw: no other parser is ever tried, and a JPEG with
# more pictures behind it is just a JPEG.
_DECODERS: dict[PhotoType, Callable[[BytesIO], ImageFile.ImageFile]] = {
    "image/jpeg": JpegImagePlugin.JpegImageFile,
    "image/png": PngImagePlugin.PngImageFile,
    "image/webp": WebPImagePlugin.WebPImageFile,
}

# A file that Pillow warns about is refused, but for broken EXIF, which is common and says nothing about the
# pixels. Set once and for all, since a filter cannot be changed for one thread.
warnings.filterwarnings("error", module=r"PIL\.")
warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")
# Compressed texts of a PNG may unpack to this many bytes together, not to 64 MB.
PngImagePlugin.MAX_TEXT_MEMORY = PngImagePlugin.MAX_TEXT_CHUNK


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
    with _DECODERS[info.type](BytesIO(data)) as file:
        if file.size != (info.width, info.height):
            raise ValueError("the decoder sees another size")
        orientation = _orientation(file)
        profile = file.info.get("icc_profile")
        crop, size = _plan(info, aspect_ratio, is_lying=orientation in _LYING)
        picture, shrunk = _decoded(file, data, info, crop, size)
        picture = _scaled(picture, _box(info, crop, shrunk), size)
    picture = _in_srgb(picture, profile)
    if orientation in _TURNS:
        picture = picture.transpose(_TURNS[orientation])
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


def _orientation(file: Image.Image) -> int:
    try:
        value = file.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - broken EXIF says nothing about the pixels
        return 1
    return value if isinstance(value, int) else 1


def _decoded(
    file: Image.Image, data: bytes, info: PhotoInfo, crop: tuple[float, float], size: tuple[int, int]
) -> tuple[Image.Image, float]:
    """Return the pixels, and how many times smaller than the photo they are.

    Of a JPEG no more of them are decoded than are needed, or than memory allows: a half, a quarter or an
    eighth of each side, rounded up, so that the last ones may lie partly outside the photo.
    """
    if info.type == "image/webp":
        return _decoded_webp(data, info), 1
    shrunk = 1.0
    if info.type == "image/jpeg":
        needed = (int(info.width * size[0] / crop[0]), int(info.height * size[1] / crop[1]))
        if info.width * info.height > _DRAFT_PIXELS:
            needed = (min(needed[0], info.width // 2), min(needed[1], info.height // 2))
        drafted = file.draft(None, (max(1, needed[0]), max(1, needed[1])))
        if drafted is not None:
            _, (_, _, width, _) = drafted
            shrunk = info.width / width
    file.load()
    return file, shrunk


def _decoded_webp(data: bytes, info: PhotoInfo) -> Image.Image:
    """Decode with libwebp's own simple call, https://developers.google.com/speed/webp/docs/api.

    Pillow decodes every WebP as an animation, which keeps the pixels four times over: 200 MB for 12
    megapixels where this takes 50.
    """
    decode = ctypes.CDLL(_webp.__file__).WebPDecodeRGBAInto
    decode.restype = ctypes.c_void_p
    decode.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    pixels = bytearray(4 * info.width * info.height)
    target = (ctypes.c_char * len(pixels)).from_buffer(pixels)
    if not decode(data, len(data), target, len(pixels), 4 * info.width):
        raise ValueError("libwebp cannot decode it")
    return Image.frombuffer("RGBA", (info.width, info.height), pixels, "raw", "RGBA", 0, 1)


def _box(info: PhotoInfo, crop: tuple[float, float], shrunk: float) -> tuple[float, float, float, float]:
    """Return the middle of a photo, in pixels of the decoded picture: left, top, right, bottom.

    Dividing by a power of two is exact, so that no rounding leads out of the picture.
    """
    left, top = (info.width - crop[0]) / 2, (info.height - crop[1]) / 2
    right, bottom = min(info.width, left + crop[0]), min(info.height, top + crop[1])
    return left / shrunk, top / shrunk, right / shrunk, bottom / shrunk


def _scaled(
    picture: Image.Image, box: tuple[float, float, float, float], size: tuple[int, int]
) -> Image.Image:
    """Return a part of a picture in another size: by whole pixels band by band first, then finely."""
    left, top, right, bottom = box
    factor = max(1, int(min((right - left) / size[0], (bottom - top) / size[1])))
    x, y, x_end, y_end = int(left), int(top), ceil(right), ceil(bottom)
    reduced: Image.Image | None = None
    for row in range(y, y_end, _BAND_ROWS * factor):
        band = _plain(picture.crop((x, row, x_end, min(row + _BAND_ROWS * factor, y_end)))).reduce(factor)
        if reduced is None:
            reduced = Image.new(band.mode, (band.width, ceil((y_end - y) / factor)))
        reduced.paste(band, (0, (row - y) // factor))
    if reduced is None:
        raise ValueError("nothing is left of it")
    within = ((left - x) / factor, (top - y) / factor, (right - x) / factor, (bottom - y) / factor)
    return reduced.resize(size, Image.Resampling.LANCZOS, box=within)


def _plain(band: Image.Image) -> Image.Image:
    """Return a band as L, RGB or CMYK of 8 bits, on white."""
    if band.mode.startswith("I"):
        band.info.pop("transparency", None)  # counted in 16 bits
        return band.point(lambda value: value / 257).convert("L")
    if band.has_transparency_data:
        colors = band.convert("RGBA")
        white = Image.new("RGB", band.size, "white")
        white.paste(colors, mask=colors.getchannel("A"))
        return white
    if band.mode in {"L", "RGB", "CMYK"}:
        return band
    return band.convert("L" if band.mode == "1" else "RGB")


def _in_srgb(picture: Image.Image, profile: object) -> Image.Image:
    if isinstance(profile, bytes):
        try:
            converted = ImageCms.profileToProfile(
                picture,
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # broken, or for another kind of picture: the pixels count as they are
        else:
            if converted is not None:
                return converted
    return picture.convert("RGB")
