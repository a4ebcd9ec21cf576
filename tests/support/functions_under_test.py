"""A whole site on moto, and requests as the bridge would hand them over."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image

from videogen import jobs, settings, signing
from videogen.clock import Clock
from videogen.functions import (
    cancel_video,
    check_video_status,
    generate_video_background,
    notify_video,
    start_video,
    wiring,
)
from videogen.functions.http import endpoint
from videogen.job_store import photo_keys
from videogen.jobs import Video
from videogen.service import DispatchResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from videogen.functions.wiring import Deps
    from videogen.jobs import Job
    from videogen.local.blackbox import Simulator
    from videogen.local.stand_in import S3StandIn
    from videogen.objects import StoredObject

SIGNING_SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes.....").decode()


@dataclass
class Context:
    """What Lambda hands to a handler beside the event."""

    aws_request_id: str = "request-1"
    function_name: str = "function"
    seconds: float = 10.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@dataclass
class Answer:
    """A handler's answer, its JSON decoded."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class SiteUnderTest:
    """The four functions over one bucket and one simulator; calls of the worker are collected, not sent."""

    environ: dict[str, str]
    s3: S3StandIn
    simulator: Simulator
    deps: Deps
    calls: list[tuple[str, int]] = field(default_factory=list)
    result: DispatchResult = DispatchResult.REACHED

    def request(
        self,
        handler: Callable[..., dict[str, Any]],
        method: str,
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        seconds: float = 10.0,
    ) -> Answer:
        given: dict[str, Any] = {
            "httpMethod": method,
            "path": "/",
            "headers": {"content-type": "application/json", **(headers or {})},
            "queryStringParameters": dict(query) if query else None,
            "body": None,
            "isBase64Encoded": False,
            "requestContext": {"netlify": {"url": "http://localhost:8888/", "site": {}, "deploy": {}}},
        }
        if raw is not None:
            given |= {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
        elif body is not None:
            given["body"] = json.dumps(body)
        answer = handler(given, Context(seconds=seconds))
        return Answer(answer["statusCode"], answer.get("headers", {}), json.loads(answer.get("body") or "{}"))

    @property
    def prefix(self) -> str:
        return self.environ["S3_PREFIX"] + "/"

    def start(self, body: object = None, *, method: str = "POST", **options: Any) -> Answer:
        handler = endpoint(start_video.answer, methods=("POST",), deps=lambda: self.deps)
        return self.request(handler, method, body=body or start_body(), **options)

    def status(self, job_id: str) -> Answer:
        handler = endpoint(check_video_status.answer, methods=("GET",), deps=lambda: self.deps)
        return self.request(handler, "GET", query={"jobId": job_id})

    def cancel(self, started: Answer, **fields: Any) -> Answer:
        handler = endpoint(cancel_video.answer, methods=("POST",), deps=lambda: self.deps)
        body = {"jobId": started.body["jobId"], "ownerToken": started.body["ownerToken"], **fields}
        return self.request(handler, "POST", body=body)

    def notify(self, started: Answer, subscription: object, **fields: Any) -> Answer:
        handler = endpoint(notify_video.answer, methods=("POST",), deps=lambda: self.deps)
        body = {"jobId": started.body["jobId"], "ownerToken": started.body["ownerToken"]}
        return self.request(handler, "POST", body={**body, "subscription": subscription, **fields})

    def work(self, raw: bytes, headers: Mapping[str, str]) -> Answer:
        worker = replace(wiring.make_worker(self.environ), deps=self.deps)
        handler = generate_video_background.make_handler(lambda: worker)
        return self.request(handler, "POST", raw=raw, headers=headers, seconds=840.0)

    def deliver(self, job_id: str, *, age: float = 0.0) -> Answer:
        """Deliver the signed call of a job's worker, so many seconds after it was signed."""
        body = json.dumps({"jobId": job_id}).encode()
        return self.work(body, signing.sign(self.deps.keys, "job_1_0", int(time.time() - age), body))

    def photos(self, job_id: str) -> list[StoredObject]:
        """Return a job's photos as they are stored."""
        store = self.deps.store
        return [store.get_photo(key) for key in photo_keys(store.read(job_id).job)]

    def stored_keys(self) -> list[str]:
        """Return every key in the bucket."""
        client: Any = self.deps.store.objects._client  # type: ignore[attr-defined]  # noqa: SLF001 - only tests list
        found = client.list_objects_v2(Bucket=self.s3.bucket, Prefix=self.prefix).get("Contents", [])
        return sorted(entry["Key"] for entry in found)


def at(site: SiteUnderTest, seconds: float) -> None:
    """Move the site's clock so many seconds ahead."""
    real = Clock()
    site.deps = replace(site.deps, clock=Clock(now=lambda: real.now() + seconds))


def change(site: SiteUnderTest, job_id: str, step: Callable[[Job], Job | None]) -> None:
    """Apply a change to a stored job, as its worker would."""
    assert site.deps.store.swap(site.deps.store.read(job_id), lambda it: step(it.job)) is not None


def claimed(site: SiteUnderTest, job_id: str) -> None:
    """Bring a job to `rendering`."""
    change(site, job_id, lambda job: jobs.claim(job, "worker", 1, now=job.created_at + 1))


def saving(site: SiteUnderTest, job_id: str) -> None:
    """Bring a job to `saving`."""
    claimed(site, job_id)
    url = "https://cdn.example/v.mp4"
    change(
        site,
        job_id,
        lambda job: jobs.record_url(job, "worker", 1, now=job.created_at + 60, url=url, request_id=None),
    )


def completed(site: SiteUnderTest, job_id: str) -> None:
    """Give a job its video: ten bytes."""
    saving(site, job_id)
    key = f"videos/{job_id}/1.mp4"
    site.deps.store.put_video(key, iter([b"0123456789"]))
    video = Video(key=key, bytes=10, sha256="", host="cdn.example")
    change(site, job_id, lambda job: jobs.complete(job, "worker", 1, now=job.created_at + 70, video=video))


def make_site(environ: dict[str, str], s3_server: S3StandIn, simulator: Simulator) -> SiteUnderTest:
    test_site: SiteUnderTest

    def dispatch(job_id: str, attempt: int) -> DispatchResult:
        test_site.calls.append((job_id, attempt))
        return test_site.result

    made = replace(wiring.make_deps(settings.read(environ)), dispatcher=lambda _: dispatch)
    test_site = SiteUnderTest(environ, s3_server, simulator, made)
    return test_site


def photo(size: tuple[int, int] = (320, 180), color: str = "teal", format: str = "JPEG") -> bytes:  # noqa: A002 - Pillow's name for it
    """Return an image file."""
    made = BytesIO()
    Image.new("RGB", size, color).save(made, format)
    return made.getvalue()


def data_uri(image: bytes, media_type: str = "image/jpeg") -> str:
    return f"data:{media_type};base64,{base64.b64encode(image).decode()}"


def start_body(**changes: Any) -> dict[str, Any]:
    """Return the body of a good request, as a client of the first version sends it."""
    photos = [{"name": "lake.jpg", "data": data_uri(photo())}]
    return {"prompt": "slow pan over the lake", "photos": photos, **changes}
