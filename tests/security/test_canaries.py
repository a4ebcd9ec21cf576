"""Secrets, tokens, prompts, names and metadata, each a text of its own, and where none may turn up."""

from __future__ import annotations

import base64
import json
import time
import traceback
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from support.functions_under_test import Answer, at, claimed, make_site, saving, start_body
from videogen import photo_process, service, settings, signing, video_request
from videogen.blackbox import Blackbox
from videogen.functions import start_video, wiring
from videogen.functions.cancel_video import CancelRequest
from videogen.functions.generate_video_background import make_handler
from videogen.functions.http import Request, Response
from videogen.functions.start_video import CHECK
from videogen.job_store import photo_keys
from videogen.jobs import Job
from videogen.objects import S3Objects, StoredObject
from videogen.service import Order, Upload
from videogen.settings import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from support.functions_under_test import SiteUnderTest

S3_SECRET = "canary-s3-secret-key"
S3_KEY_ID = "canary-s3-key-id"
API_KEY = "canary-api-key"
ACCESS_CODE = "canary-access-code"
SIGNING_KEY = "canary-signing-secret-of-32-byte"
SIGNING_SECRET = "whsec_" + base64.b64encode(SIGNING_KEY.encode()).decode()
PROMPT = "canary-prompt"
FILE_NAME = "canary-file-name"
EXIF = "canary-exif"
IDEMPOTENCY_KEY = "canary-idempotency-key"
LINK = "canary-link"

SECRETS = [S3_SECRET, API_KEY, ACCESS_CODE, SIGNING_KEY, SIGNING_SECRET.removeprefix("whsec_")]
NEVER = [*SECRETS, FILE_NAME, IDEMPOTENCY_KEY]
"""In no answer, no object and no line of the log."""


def photo_with_metadata() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = EXIF
    made = BytesIO()
    Image.new("RGB", (320, 180), "teal").save(made, "JPEG", exif=exif, comment=EXIF.encode())
    return made.getvalue()


@dataclass
class Watched:
    """A site of canaries, and everything that it has said."""

    test: SiteUnderTest
    caplog: pytest.LogCaptureFixture
    capfd: pytest.CaptureFixture[str]
    answers: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)

    def start(self, prompt: str = PROMPT) -> Answer:
        uri = "data:image/jpeg;base64," + base64.b64encode(photo_with_metadata()).decode()
        body = start_body(prompt=prompt, photos=[{"name": FILE_NAME, "data": uri}])
        headers = {"x-access-code": ACCESS_CODE, "idempotency-key": IDEMPOTENCY_KEY}
        return self._kept(self.test.start(body, headers=headers))

    def status(self, job_id: str) -> Answer:
        return self._kept(self.test.status(job_id))

    def cancel(self, started: Answer, **fields: Any) -> Answer:
        return self._kept(self.test.cancel(started, **fields))

    def work(self, job_id: str) -> None:
        """Call the worker as the platform does; what it raises is printed by the host, so it is kept."""
        body = json.dumps({"jobId": job_id}).encode()
        headers = signing.sign(self.test.deps.keys, f"job_{job_id}_0", int(time.time()), body)
        self.signatures.append(headers["webhook-signature"].removeprefix("v1,"))
        worker = replace(wiring.make_worker(self.test.environ), deps=self.test.deps)
        try:
            self._kept(
                self.test.request(
                    make_handler(lambda: worker), "POST", raw=body, headers=headers, seconds=840.0
                )
            )
        except Exception:  # noqa: BLE001 - whatever it is
            self.raised.append(traceback.format_exc())
        self.raised.append(
            (headers["webhook-signature"].removeprefix("v1,") in self.log() and "signature") or ""
        )

    def log(self) -> str:
        """Return everything that was logged, printed or raised."""
        records = [
            f"{record.getMessage()} {record.exc_text or ''} {record.args}" for record in self.caplog.records
        ]
        return "\n".join([*records, *self.capfd.readouterr(), *self.raised])

    def objects(self) -> dict[str, str]:
        """Return every stored object by its key, as text."""
        store = self.test.deps.store.objects
        keys = [key.removeprefix(self.test.prefix) for key in self.test.stored_keys()]
        return {key: f"{key} {store.get(key).body.decode('latin-1')}" for key in keys}

    def _kept(self, answer: Answer) -> Answer:
        self.answers.append(f"{answer.headers} {json.dumps(answer.body)}")
        return answer


@pytest.fixture
def watched(
    site: SiteUnderTest, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Watched:
    environ = {
        **site.environ,
        "S3_SECRET_ACCESS_KEY": S3_SECRET,
        "S3_ACCESS_KEY_ID": S3_KEY_ID,
        "BLACKBOX_API_KEY": API_KEY,
        "VIDEOGEN_ACCESS_CODE": ACCESS_CODE,
        "VIDEOGEN_SIGNING_SECRET": SIGNING_SECRET,
        "VIDEOGEN_DAILY_LIMIT": "10",
    }
    return Watched(make_site(environ, site.s3, site.simulator), caplog, capfd)


def found(canaries: Iterable[str], *texts: str) -> list[str]:
    """Return the canaries that are in any of the texts, plain, as base64 or escaped."""
    return [
        canary
        for canary in canaries
        if any(
            form in text
            for text in texts
            for form in (canary, base64.b64encode(canary.encode()).decode().rstrip("=")[:-1])
        )
    ]


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        ("S4-query", "completed"),  # the link carries a signature
        ("E401", "failed"),
        ("E403", "failed"),  # quotes the prompt
        ("E422", "failed"),  # quotes prompt and photo
        ("E500a", "failed"),
        ("N1-gzip", "completed"),
        ("D-garbage", "failed"),
        ("S3-null", "failed"),
    ],
)
def test_a_job_s_whole_life_tells_no_secret(watched: Watched, fault: str, ends: str) -> None:
    started = watched.start(f"{PROMPT} [fault:{fault}]")
    job_id, token = started.body["jobId"], started.body["ownerToken"]
    assert found(
        [EXIF], *(body for key, body in watched.objects().items() if f"photos/{job_id}/1" in key)
    ) == [EXIF]
    watched.work(job_id)
    status = watched.status(job_id)
    objects = watched.objects()

    assert status.body["status"] == ends
    assert found([*NEVER, EXIF], *objects.values()) == []
    assert (
        found([token, PROMPT], *[text for key, text in objects.items() if not key.startswith("jobs/")]) == []
    )
    assert found([token], objects[f"jobs/{job_id}.json"]) == []
    assert found([*NEVER, EXIF], *watched.answers) == []
    assert found([token], *watched.answers[1:]) == []

    watched.cancel(started, delete=True)

    log = watched.log()
    assert found([PROMPT, token], *watched.objects().values()) == []
    assert found([*NEVER, EXIF, PROMPT, token, S3_KEY_ID, "X-Amz-", *watched.signatures], log) == []
    assert job_id in log


# --- what stays in the bucket ------------------------------------------------------------------------------


def expire(watched: Watched, started: Answer) -> None:
    at(watched.test, 20 * 60)
    watched.status(started.body["jobId"])


def clean_photos(watched: Watched, started: Answer) -> None:
    """Put the clean photos in place of the originals, as a worker does before its claim."""
    store = watched.test.deps.store
    for key in photo_keys(store.read(started.body["jobId"]).job):
        original = store.get_photo(key)
        store.replace_photo(key, photo_process.clean(original.body, aspect_ratio=None), original)


def cancel_rendering(watched: Watched, started: Answer) -> None:
    clean_photos(watched, started)
    claimed(watched.test, started.body["jobId"])
    watched.cancel(started)


def lose_worker(watched: Watched, started: Answer) -> None:
    clean_photos(watched, started)
    claimed(watched.test, started.body["jobId"])
    expire(watched, started)


def fail_saving(watched: Watched, started: Answer) -> None:
    clean_photos(watched, started)
    saving(watched.test, started.body["jobId"])
    expire(watched, started)


def rescue(watched: Watched, started: Answer) -> None:
    fail_saving(watched, started)
    token = {"retryOf": started.body["jobId"], "ownerToken": started.body["ownerToken"]}
    rescued = watched.test.start({"prompt": PROMPT, **token}, headers={"x-access-code": ACCESS_CODE})
    watched.cancel(rescued, delete=True)


ENDS: dict[str, tuple[str, str, Callable[[Watched, Answer], None]]] = {
    "video": ("", "completed", lambda watched, started: watched.work(started.body["jobId"])),
    "refused": (
        "[fault:E422]",
        "failed",
        lambda watched, started: watched.work(started.body["jobId"]),
    ),
    "no video": ("[fault:S3-null]", "failed", lambda watched, started: watched.work(started.body["jobId"])),
    "canceled in the queue": ("", "canceled", lambda watched, started: void(watched.cancel(started))),
    "canceled while rendering": ("", "canceled", cancel_rendering),
    "never begun": ("", "failed", expire),
    "worker lost": ("", "failed", lose_worker),
    "not saved": ("", "failed", fail_saving),
    "rescued": ("", "failed", rescue),
}


def void(_: object) -> None:
    """Let an answer be."""


def all_versions(watched: Watched, client: Any) -> dict[str, bytes]:
    """Return every version of every object, the keys and uploads that were not finished among them."""
    where = {"Bucket": watched.test.environ["S3_BUCKET"]}
    assert client.list_multipart_uploads(**where).get("Uploads", []) == []
    return {
        f"{one['Key']} {one['VersionId']}": client.get_object(
            **where, Key=one["Key"], VersionId=one["VersionId"]
        )["Body"].read()
        for page in client.get_paginator("list_object_versions").paginate(**where)
        for one in page.get("Versions", [])
    }


@pytest.mark.parametrize("how", ENDS)
def test_no_version_of_anything_outlives_an_erasure(watched: Watched, how: str) -> None:
    """The bucket once kept versions, which are suspended now, as the guide to deploying asks."""
    bucket = "once-versioned-" + how.replace(" ", "-")
    client: Any = S3Objects(settings.read(watched.test.environ).s3)._client  # noqa: SLF001 - only tests list
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    for status in ("Enabled", "Suspended"):
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    environ = {**watched.test.environ, "S3_BUCKET": bucket}
    watched.test = make_site(environ, watched.test.s3, watched.test.simulator)
    fault, status, end = ENDS[how]

    started = watched.start(f"{PROMPT} {fault}")
    job_id, token = started.body["jobId"], started.body["ownerToken"]
    assert found([EXIF, PROMPT], *texts(all_versions(watched, client))) == [EXIF, PROMPT]
    end(watched, started)

    assert watched.status(job_id).body["status"] == status
    assert found([*NEVER, EXIF, token], *texts(all_versions(watched, client))) == []

    watched.cancel(started, delete=True)

    left = all_versions(watched, client)
    assert found([*NEVER, EXIF, PROMPT, token], *texts(left)) == []
    assert [key for key in left if "photos/" in key or "videos/" in key] == []


def texts(objects: dict[str, bytes]) -> list[str]:
    return [f"{key} {body.decode('latin-1')}" for key, body in objects.items()]


PLACES: list[tuple[str, Any, str]] = [
    ("start", start_video, "read_photos"),
    ("start", start_video, "parse"),
    ("start", start_video, "accepted"),
    ("status", service, "heal"),
    ("cancel", service, "cancel"),
    ("work", Blackbox, "generate"),
    ("work", video_request, "prompt_for"),
    ("work", S3Objects, "put_parts"),
    ("work", S3Objects, "get"),
]


@pytest.mark.parametrize(("step", "owner", "name"), PLACES, ids=[f"{one[0]}-{one[2]}" for one in PLACES])
def test_a_crash_anywhere_tells_no_secret(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, step: str, owner: Any, name: str
) -> None:
    """The exception's own text holds everything that it should not, as one that quotes its input would."""
    started = watched.start()
    job_id, token = started.body["jobId"], started.body["ownerToken"]
    text = " ".join([*NEVER, PROMPT, EXIF, token])
    watched.answers.clear()

    def crash(*_: object, **__: object) -> Any:
        raise RuntimeError(text)

    with monkeypatch.context() as broken:
        broken.setattr(owner, name, crash)
        steps: dict[str, Callable[[], object]] = {
            "start": watched.start,
            "status": lambda: watched.status(job_id),
            "cancel": lambda: watched.cancel(started),
            "work": lambda: watched.work(job_id),
        }
        steps[step]()
    if step == "work":
        watched.status(job_id)

    answers = [answer.replace(PROMPT, "", 1) if step == "work" else answer for answer in watched.answers]
    log = watched.log()
    assert found([*NEVER, PROMPT, EXIF, token], *answers) == []
    assert found([*NEVER, PROMPT, EXIF, token, S3_KEY_ID], log) == []
    assert "crashed" in log or "call_broke" in log


def test_what_holds_a_secret_does_not_show_it(watched: Watched) -> None:
    read = settings.read(watched.test.environ, blackbox=True)
    worker = wiring.make_worker(watched.test.environ)
    job = Job(
        id="A" * 22,
        prompt=PROMPT,
        model="m",
        aspect_ratio="auto",
        photos=(),
        created_at=0.0,
        provider_url=LINK,
    )
    sent = {"prompt": PROMPT, "ownerToken": "canary-token", "photos": [{"name": FILE_NAME, "data": EXIF}]}
    request = Request(
        method="POST",
        url=f"https://site.example/?x={LINK}",
        headers={"x-access-code": ACCESS_CODE},
        query={"x": LINK},
        body=PROMPT.encode(),
        netlify={},
        seconds_left=lambda: 1.0,
    )
    shown = [
        read,
        worker,
        worker.generation(),
        worker.deps.store.objects,
        job,
        request,
        Response(200, {"ownerToken": "canary-token", "videoUrl": LINK}),
        CHECK.validate_python(sent),
        CancelRequest.model_validate({"jobId": "A", "ownerToken": "canary-token"}),
        Upload(EXIF.encode(), "image/jpeg"),
        Order(prompt=PROMPT, model="m", owner_token="canary-token", key="canary-key"),
        StoredObject(PROMPT.encode(), "etag", 0.0, "text/plain"),
        Blackbox("https://api.example", Secret(API_KEY)),
    ]

    assert "canary" not in "\n".join(f"{one!r} {one}" for one in shown)


@pytest.mark.parametrize(
    "body",
    [{"prompt": [PROMPT], "photos": EXIF, "ownerToken": 5}, {"prompt": PROMPT, "photos": [{"data": [EXIF]}]}],
)
def test_a_refused_body_is_not_quoted_even_by_what_refused_it(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error") as caught:
        CHECK.validate_python(body)

    assert "canary" not in str(caught.value)
