"""The request that buys a job's video: clean photos, the start frame's shape, how they travel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from videogen import blackbox, photo_process, photos
from videogen.job_store import JPEG, photo_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from videogen.jobs import Job
    from videogen.objects import Objects
    from videogen.settings import BlackboxSettings

PHOTO_LINK_SECONDS = 60 * 60
"""How long a presigned link to a photo works: the provider may queue a request before it fetches."""


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """The body to send, and the clean JPEGs of a job's photos, which belong where the originals are."""

    body: Mapping[str, Any] = field(repr=False)
    photos: tuple[bytes, ...] = field(repr=False)


def build_request(
    job: Job, originals: Sequence[bytes], *, settings: BlackboxSettings, objects: Objects
) -> VideoRequest:
    """Make a job's request of its photos as received; raises PhotoUnreadable.

    The first photo is the start frame: it alone is cropped to the video's shape, and the prompt names that.
    With the image mode `url` the provider fetches the clean photos, so they must be stored before the call.
    """
    clean = [
        photo_process.clean(original, aspect_ratio=job.aspect_ratio if number == 1 else None)
        for number, original in enumerate(originals, 1)
    ]
    if settings.image_mode == "url":
        parts = [_link(objects, key) for key in photo_keys(job)]
    else:
        parts = [blackbox.data_uri(jpeg) for jpeg in clean]
    prompt = prompt_for(job.prompt, clean[0])
    body = blackbox.request_body(job.model, prompt, parts, settings.image_mode, settings.video_parameters)
    return VideoRequest(body, tuple(clean))


def prompt_for(prompt: str, start_frame: bytes) -> str:
    """Return a prompt that names the shape of the start frame, a JPEG."""
    size = photos.sniff(start_frame, field="photo")
    shape = "16:9" if size.width >= size.height else "9:16"
    return f"{prompt}\n\nAspect ratio: {shape}."


def _link(objects: Objects, key: str) -> str:
    return objects.presign(key, seconds=PHOTO_LINK_SECONDS, content_type=JPEG, disposition="inline")
