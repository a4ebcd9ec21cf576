"""A job's request: which photo gets the shape, what the prompt says of it, and how the photos travel."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from support.example_jobs import JOB_ID, queued
from support.functions_under_test import photo
from support.memory_objects import MemoryObjects
from videogen.errors import PhotoUnreadable
from videogen.jobs import Photo
from videogen.settings import BlackboxSettings, Secret
from videogen.video_request import PHOTO_LINK_SECONDS, build_request, prompt_for

if TYPE_CHECKING:
    from videogen.settings import ImageMode
    from videogen.video_request import VideoRequest

WIDE, TALL, SQUARE = photo((1600, 900)), photo((900, 1600)), photo((1000, 1000))


def request_of(
    *photos: bytes, ratio: Any = "auto", image_mode: ImageMode = "data", **parameters: object
) -> VideoRequest:
    settings = BlackboxSettings(Secret("key"), image_mode=image_mode, video_parameters=parameters)
    objects = MemoryObjects(lambda: 0.0)
    stored = tuple(Photo(type="image/jpeg", bytes=len(photo)) for photo in photos)
    job = queued(aspect_ratio=ratio, photos=stored)
    return build_request(job, photos, settings=settings, objects=objects)


def test_the_site_s_parameters_are_in_the_request() -> None:
    assert request_of(WIDE, duration=4, generate_audio=False).body.keys() == {
        "model",
        "messages",
        "duration",
        "generate_audio",
    }


def content(request: VideoRequest) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = request.body["messages"][0]["content"]
    return parts


def shape_of(jpeg: bytes) -> str:
    width, height = Image.open(io.BytesIO(jpeg), formats=("JPEG",)).size
    return "wide" if width > height else "tall" if width < height else "square"


@pytest.mark.parametrize(
    ("original", "ratio", "shape"),
    [
        (WIDE, "auto", "16:9"),
        (TALL, "auto", "9:16"),
        (SQUARE, "16:9", "16:9"),
        (SQUARE, "9:16", "9:16"),
        (WIDE, "9:16", "9:16"),
        (TALL, "16:9", "16:9"),
    ],
)
def test_the_prompt_names_the_start_frame_s_shape(original: bytes, ratio: str, shape: str) -> None:
    request = request_of(original, ratio=ratio)

    assert content(request)[0]["text"] == f"slow pan over the lake\n\nAspect ratio: {shape}."
    assert shape_of(request.photos[0]) == ("wide" if shape == "16:9" else "tall")


def test_a_square_start_frame_counts_as_wide() -> None:
    assert prompt_for("a lake", SQUARE) == "a lake\n\nAspect ratio: 16:9."


def test_only_the_start_frame_is_cropped() -> None:
    request = request_of(WIDE, WIDE, TALL, SQUARE, ratio="9:16")

    assert [shape_of(jpeg) for jpeg in request.photos] == ["tall", "wide", "tall", "square"]


def test_photos_travel_as_data_in_order() -> None:
    request = request_of(WIDE, TALL)

    sent = [part["image_url"]["url"] for part in content(request)[1:]]
    assert sent == ["data:image/jpeg;base64," + base64.b64encode(jpeg).decode() for jpeg in request.photos]


def test_photos_travel_as_links_in_order() -> None:
    request = request_of(WIDE, TALL, image_mode="url")

    assert [part["image_url"]["url"] for part in content(request)[1:]] == [
        f"https://bucket.example/photos/{JOB_ID}/{number}?seconds={PHOTO_LINK_SECONDS}&type=image/jpeg&as=inline"
        for number in (1, 2)
    ]
    assert [shape_of(jpeg) for jpeg in request.photos] == ["wide", "tall"]


def test_the_start_frame_travels_in_its_own_field() -> None:
    request = request_of(TALL, WIDE, image_mode="field")

    assert request.body == {
        "model": "blackboxai/google/veo-3-fast",
        "messages": [{"role": "user", "content": "slow pan over the lake\n\nAspect ratio: 9:16."}],
        "image": "data:image/jpeg;base64," + base64.b64encode(request.photos[0]).decode(),
    }


def test_an_unreadable_photo_makes_no_request() -> None:
    with pytest.raises(PhotoUnreadable):
        request_of(WIDE, b"no photo at all")


def test_a_request_does_not_show_its_photos() -> None:
    assert "photos" not in repr(request_of(WIDE))
