"""What reads bytes from outside, for the fuzzer. A target says which errors are answers; all else is a crash.

A target takes any bytes. Where more than a body goes in, they are written like HTTP: a first line, headers,
an empty line, the body. `tests/programs/fuzz.py` searches from the seeds.
"""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from PIL import Image

from support.example_jobs import canceled, completed, erased, failed, queued, saving
from support.photo_files import bombs
from videogen import blackbox_answer, blackbox_result, photo_cleaning, photos, signing, videos
from videogen.errors import (
    InvalidInput,
    JobError,
    MalformedRecord,
    PhotoUnreadable,
    VideoInterrupted,
    VideoRefused,
)
from videogen.functions import start_video
from videogen.functions.http import Problem, Request, read_request
from videogen.job_store import RECORD
from videogen.jobs import Failure
from videogen.local.faults import FAULTS, Order
from videogen.settings import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = Secret("whsec_" + base64.b64encode(bytes(range(32))).decode())
NOW = 1_800_000_000
CHUNK = 7
"""Bytes of a download that come at a time: no box and no part begins with a chunk."""
CLIP = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1" + bytes(64)


@dataclass(frozen=True)
class Target:
    """A parser: what is called, and small real inputs from which the search begins."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


class Context:
    """What a platform hands over beside an event."""

    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 1000


def data_uri(data: bytes) -> None:
    try:
        found = photos.decode_data_uri(data.decode(errors="surrogateescape"), "photo")
    except InvalidInput:
        return
    assert found
    sniff(found)


def sniff(data: bytes) -> None:
    try:
        info = photos.sniff(data)
    except InvalidInput:
        return
    assert 0 < max(info.width, info.height) <= photos.MAX_SIDE
    assert 0 < info.width * info.height <= photos.MAX_MEGAPIXELS[info.type] * photos.MEGAPIXEL


def clean(data: bytes) -> None:
    try:
        made = photo_cleaning.clean(data, aspect_ratio="auto")
    except PhotoUnreadable:
        return
    info = photos.sniff(made)
    assert (info.type, {info.width, info.height}) == ("image/jpeg", {1280, 720})


def answer(data: bytes) -> None:
    first, headers, body = parts_of(data)
    try:
        made = blackbox_answer.parse_answer(int(first) if first.isdecimal() else 200, headers, body)
    except JobError:
        return
    assert urlsplit(made.url).scheme == ("https" if made.video is None else "data")
    assert len(made.url) <= blackbox_result.MAX_URL_CHARACTERS


def signature(data: bytes) -> None:
    _, headers, body = parts_of(data)
    try:
        signing.verify([KEY], headers, body, now=NOW)
    except signing.SignatureError:
        return
    given = {name.lower(): value for name, value in headers.items()}
    ours = signing.sign([KEY], given["webhook-id"], int(given["webhook-timestamp"]), body)
    assert ours["webhook-signature"] in given["webhook-signature"].split()


def video(data: bytes) -> None:
    chunks = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    reading = videos.Video(chunks, max_bytes=4096)
    try:
        read = b"".join(reading)
    except (VideoRefused, VideoInterrupted):
        return
    assert (read, reading.length, read[4:8]) == (data, len(data), b"ftyp")


def job_record(data: bytes) -> None:
    try:
        job, nonces = RECORD.decode(data)
    except MalformedRecord:
        return
    again, _ = RECORD.decode(RECORD.encode(job, nonces))
    # Times are written in milliseconds, which a float of the year 4000 does not hold.
    assert (again.id, again.status, again.epoch) == (job.id, job.status, job.epoch)
    assert again.unknown == job.unknown


def request_body(data: bytes) -> None:
    request = Request(
        method="POST",
        url="",
        headers={"content-type": "application/json"},
        query={},
        body=data,
        netlify={},
        seconds_left=lambda: 1.0,
    )
    try:
        wanted = start_video.parse(request.json_object())
        start_video.read_photos(wanted)
    except (Problem, InvalidInput):
        return
    start_video.digest(wanted)


def event(data: bytes) -> None:
    encoded, _, body = data.partition(b"\n")
    given = {
        "httpMethod": "POST",
        "body": body.decode(errors="surrogateescape"),
        "isBase64Encoded": encoded == b"base64",
    }
    try:
        read_request(given, Context())
    except Problem:
        return


def planted(data: bytes) -> None:
    """Fall over at one in 2^40 inputs: to be found it takes a search that sees how far it has come."""
    for byte, wanted in zip(data, b"video", strict=False):
        if byte != wanted:
            return
    if len(data) >= len(b"video"):
        raise RuntimeError("planted")


def parts_of(data: bytes) -> tuple[str, dict[str, str], bytes]:
    """Return the first line, the headers and the body of what is written like HTTP."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    pairs = (line.partition(": ") for line in lines)
    return first, {name: value for name, _, value in pairs}, body


def http_like(first: object, headers: dict[str, str], body: bytes) -> bytes:
    """Return what `parts_of` reads."""
    lines = [str(first), *(f"{name}: {value}" for name, value in headers.items())]
    return "\n".join(lines).encode("latin-1") + b"\n\n" + body


def picture(kind: str, **options: Any) -> bytes:
    made = io.BytesIO()
    Image.linear_gradient("L").resize((16, 12)).convert("RGB").save(made, kind, **options)
    return made.getvalue()


PICTURES = (
    picture("JPEG"),
    picture("JPEG", progressive=True, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
    picture("PNG"),
    picture("WEBP"),
    picture("WEBP", lossless=True),
    picture("WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
)
BOMBS = tuple(make() for make in bombs(Image.linear_gradient("L").resize((16, 12)).convert("RGB")).values())
OTHERS = (b"GIF89a", b"%PDF-1.7", b"\0\0\0\x18ftypheic", b"<svg xmlns=''>", b"PK\x03\x04")
URIS = tuple(b"data:image/jpeg;base64," + base64.b64encode(one) for one in PICTURES)


def answers() -> tuple[bytes, ...]:
    """Return every answer that the simulator plays."""
    order = Order("m", "a lake", NOW, lambda: "https://provider.example/output.mp4")
    replies = [fault.answer(order) for fault in FAULTS.values() if fault.answer]
    return tuple(
        http_like(reply.status, {**reply.headers}, reply.body)
        for reply in replies
        if isinstance(reply.body, bytes) and len(reply.body) < 10_000
    )


def bodies() -> tuple[bytes, ...]:
    """Return requests to start a video: a first one, and one to try a video again."""
    photo = {"name": "a.jpg", "data": URIS[0].decode()}
    first = {"prompt": "a lake", "photos": [photo], "aspectRatio": "16:9"}
    again = {"prompt": "a lake", "retryOf": "A" * 22, "ownerToken": "t", "model": "m"}
    return tuple(json.dumps(one).encode() for one in (first, again))


def records() -> tuple[bytes, ...]:
    """Return a stored record of each state."""
    states = (queued(), saving(), completed(), canceled(), erased(), failed(Failure.of("no_video")))
    return tuple(RECORD.encode(job, ("nonce", "origin")) for job in states)


NESTED = b"[" * 5000
"""Deeper than Python recurses."""
SIGNED = http_like("", signing.sign([KEY], "msg_1", NOW, b'{"jobId":"x"}'), b'{"jobId":"x"}')

TARGETS: dict[str, Target] = {
    "data_uri": Target(data_uri, (*URIS, b"data:,x", b"data:image/png;name=a.png;base64,iVBORw0KGgo=")),
    "photo": Target(sniff, (*PICTURES, *BOMBS, *OTHERS)),
    "photo_cleaning": Target(clean, (*PICTURES, *BOMBS)),
    "blackbox_answer": Target(answer, (*answers(), http_like(200, {}, NESTED))),
    "signature": Target(signature, (SIGNED,)),
    "video": Target(video, (CLIP, CLIP[:20], OTHERS[2])),
    "job_record": Target(job_record, (*records(), NESTED)),
    "request_body": Target(request_body, (*bodies(), NESTED)),
    "event": Target(event, (b"text\n{}", b"base64\n" + base64.b64encode(b'{"jobId":"x"}'))),
}
PLANTED = Target(planted, (b"xxxxxxxx",))
"""The negative control: a fuzzer that does not find this one finds nothing."""
