"""POST /api/start-video: what is answered, what is stored, and that bad input stores nothing."""

from __future__ import annotations

import base64
import math
import re
import threading
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from support.example_jobs import failed, saving
from support.functions_under_test import data_uri, make_site, photo, start_body
from videogen import signing
from videogen.durations import Durations
from videogen.functions.job_view import failure_view
from videogen.job_store import JobStore, digest_of, photo_key
from videogen.jobs import Estimate, Failure
from videogen.service import DispatchResult
from videogen.settings import Secret

if TYPE_CHECKING:
    from support.functions_under_test import SiteUnderTest
    from videogen.errors import FailureCode

KEY = {"idempotency-key": "0123456789abcdef"}
OTHER_KEY = "whsec_" + base64.b64encode(b"the secret of next month........").decode()


def test_a_photo_and_a_prompt_become_a_queued_job(site: SiteUnderTest) -> None:
    answer = site.start()

    job_id = answer.body["jobId"]
    assert answer.status == HTTPStatus.ACCEPTED
    assert answer.body == {
        "success": True,
        "jobId": job_id,
        "ownerToken": signing.owner_token(site.deps.keys[0], job_id),
        "status": "queued",
        "statusUrl": f"/api/check-video-status?jobId={job_id}",
        "pollAfterMs": answer.body["pollAfterMs"],
        "estimatedSeconds": None,
        "createdAt": answer.body["createdAt"],
        "message": "Your video is being made.",
    }
    assert answer.headers["Location"] == f"/api/check-video-status?jobId={job_id}"
    assert 100 <= answer.body["pollAfterMs"] <= 4000
    assert answer.headers["Retry-After"] == str(math.ceil(answer.body["pollAfterMs"] / 1000))
    assert answer.headers["Cache-Control"] == "no-store"
    photo_at = f"{site.prefix}photos/{job_id}/1-{digest_of(photo())}"
    assert site.stored_keys() == [f"{site.prefix}jobs/{job_id}.json", photo_at]
    assert site.calls == [(job_id, 0)]


def test_what_is_known_of_durations_is_read_while_the_photos_are_stored(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    storing = threading.Event()
    put_photo = JobStore.put_photo

    def put(*given: Any, **named: Any) -> None:
        storing.set()
        put_photo(*given, **named)

    def estimate(*_: object) -> Estimate:
        assert storing.wait(10)
        return Estimate(p50=60.0, p90=90.0)

    monkeypatch.setattr(JobStore, "put_photo", put)
    monkeypatch.setattr(Durations, "estimate", estimate)

    assert site.start().body["estimatedSeconds"] == {"p50": 60, "p90": 90}


def test_the_answer_says_where_the_time_went(site: SiteUnderTest) -> None:
    answer = site.start(start_body(photos=[{"data": data_uri(photo())}] * 3))

    # The durations, three photos, the record.
    assert re.fullmatch(
        r'python;dur=[\d.]+, s3;desc="5";dur=[\d.]+, worker;desc="1";dur=[\d.]+',
        answer.headers["Server-Timing"],
    )


def test_photos_keep_their_order(site: SiteUnderTest) -> None:
    images = [photo(color=color) for color in ("red", "green", "blue")]

    job_id = site.start(start_body(photos=[{"data": data_uri(image)} for image in images])).body["jobId"]

    assert [stored.body for stored in site.photos(job_id)] == images


BAD_REQUESTS: list[tuple[str, dict[str, Any], int, str, list[dict[str, str]]]] = [
    (
        "no photo",
        {"photos": []},
        400,
        "invalid_input",
        [{"field": "photos", "message": "At least one photo is required."}],
    ),
    (
        "no prompt",
        {"prompt": "  "},
        400,
        "invalid_input",
        [{"field": "prompt", "message": "Prompt is required."}],
    ),
    (
        "a prompt of 20 000 characters",
        {"prompt": "x" * 20_000},
        400,
        "invalid_input",
        [{"field": "prompt", "message": "The prompt is longer than 2000 characters: shorten it."}],
    ),
    (
        "half a character",
        {"prompt": "\ud800"},
        400,
        "invalid_input",
        [{"field": "prompt", "message": "prompt must be valid Unicode text."}],
    ),
    (
        "wrong types",
        {"prompt": 5, "photos": "lake.jpg"},
        400,
        "invalid_input",
        [
            {"field": "prompt", "message": "prompt must be a text."},
            {"field": "photos", "message": "photos must be a list."},
        ],
    ),
    (
        "a photo without data",
        {"photos": [{"name": "lake.jpg"}]},
        400,
        "invalid_input",
        [{"field": "photos[0].data", "message": "photos[0].data is required."}],
    ),
    (
        "photos that are no objects",
        {"photos": ["lake.jpg", None, []]},
        400,
        "invalid_input",
        [
            {"field": f"photos[{index}]", "message": f"photos[{index}] must be an object."}
            for index in range(3)
        ],
    ),
    (
        "five photos",
        {"photos": [{"data": data_uri(photo())}] * 5},
        400,
        "invalid_input",
        [{"field": "photos", "message": "At most 4 photos can be sent: leave some out."}],
    ),
    (
        "another aspect ratio",
        {"aspectRatio": "1:1"},
        400,
        "invalid_input",
        [{"field": "aspectRatio", "message": 'The aspect ratio must be "auto", "16:9" or "9:16".'}],
    ),
    (
        "a model that is not listed",
        {"model": "blackboxai/dear"},
        400,
        "invalid_input",
        [
            {
                "field": "model",
                "message": "This model is not offered here: choose blackboxai/google/veo-3-fast.",
            }
        ],
    ),
    (
        "photos over 4 MB together",
        {"photos": [{"data": data_uri(photo() + bytes(2_000_001))}] * 2},
        413,
        "too_large",
        [{"field": "photos", "message": "The photos are larger than 4 MB together: send smaller ones."}],
    ),
]


@pytest.mark.parametrize(
    ("changes", "status", "code", "errors"),
    [case[1:] for case in BAD_REQUESTS],
    ids=[case[0] for case in BAD_REQUESTS],
)
def test_a_bad_field_is_named_and_nothing_is_stored(
    site: SiteUnderTest, changes: dict[str, Any], status: int, code: str, errors: list[dict[str, str]]
) -> None:
    answer = site.start(start_body(**changes))

    detail = " ".join(error["message"] for error in errors)
    assert answer.body == {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "success": False,
        "error": detail,
        "errors": errors,
    }
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert (site.stored_keys(), site.calls) == ([], [])


@pytest.mark.parametrize(
    ("raw", "headers", "status", "code"),
    [
        (b"{", {}, 400, "invalid_input"),
        (b"\xff\xfe", {}, 400, "invalid_input"),
        (b"[" * 100_000, {}, 400, "invalid_input"),
        (b"[]", {}, 400, "invalid_input"),
        (b"", {}, 400, "invalid_input"),
        (b"{}", {"content-type": "text/plain"}, 415, "unsupported_media_type"),
        (b"{}", {"content-type": ""}, 415, "unsupported_media_type"),
        (b'{"prompt":"' + b"x" * 5_600_000 + b'"}', {}, 413, "too_large"),
        (b"{}", {"idempotency-key": "short"}, 400, "invalid_input"),
        (b"{}", {"idempotency-key": "sixteen characte\u00e9".encode().decode()}, 400, "invalid_input"),
    ],
)
def test_a_bad_body_is_refused_and_nothing_is_stored(
    site: SiteUnderTest, raw: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = site.start(raw=raw, headers=headers)

    assert (answer.status, answer.body["code"], answer.body["success"]) == (status, code, False)
    assert (site.stored_keys(), site.calls) == ([], [])


def test_what_is_not_an_image_is_refused_by_its_bytes(site: SiteUnderTest) -> None:
    answer = site.start(start_body(photos=[{"name": "a.jpg", "data": data_uri(b"%PDF-1.7 " * 20)}]))

    assert (answer.status, answer.body["code"]) == (415, "unsupported_photo")
    assert answer.body["errors"][0]["field"] == "photos[0].data"
    assert site.stored_keys() == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_another_method_is_405(site: SiteUnderTest, method: str) -> None:
    answer = site.start(method=method)

    assert (answer.status, answer.headers["Allow"], answer.body["code"]) == (
        405,
        "POST",
        "method_not_allowed",
    )


def test_the_same_key_with_the_same_body_is_one_job(site: SiteUnderTest) -> None:
    first = site.start(headers=KEY)
    again = site.start(headers=KEY)

    assert again.body | {"pollAfterMs": None} == first.body | {"pollAfterMs": None}
    assert len(site.stored_keys()) == 2
    # A call that was lost is made again as by polls, from 45 seconds on.
    assert site.calls == [(first.body["jobId"], 0)]


def test_the_same_key_with_another_body_is_422_and_changes_nothing(site: SiteUnderTest) -> None:
    first = site.start(headers=KEY)
    other = site.start(start_body(photos=[{"data": data_uri(photo(color="red"))}]), headers=KEY)

    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    assert [stored.body for stored in site.photos(first.body["jobId"])] == [photo()]
    assert len(site.calls) == 1


def test_a_key_stands_for_its_job_when_the_secret_has_been_rotated(site: SiteUnderTest) -> None:
    first = site.start(headers=KEY)
    site.deps = replace(site.deps, keys=(Secret(OTHER_KEY), *site.deps.keys))

    again = site.start(headers=KEY)
    new = site.start(headers={"idempotency-key": "another-key-of-16-characters"})

    assert again.body["jobId"] == first.body["jobId"]
    assert new.status == HTTPStatus.ACCEPTED
    assert len(site.stored_keys()) == 2 * 2


def test_a_request_that_died_between_its_photos_and_its_record_starts_over(site: SiteUnderTest) -> None:
    job_id = signing.job_id_for(site.deps.keys[0], KEY["idempotency-key"])
    site.deps.store.put_photo(photo_key(job_id, 1, digest_of(photo())), photo(), "image/jpeg")

    answer = site.start(headers=KEY)

    assert answer.status == HTTPStatus.ACCEPTED
    assert [stored.body for stored in site.photos(job_id)] == [photo()]


def test_an_erased_job_does_not_come_back_with_its_key(site: SiteUnderTest) -> None:
    first = site.start(headers=KEY)
    site.cancel(first, delete=True)

    again = site.start(headers=KEY)

    assert (again.status, again.body["code"]) == (410, "job_erased")
    assert site.stored_keys() == [f"{site.prefix}jobs/{first.body['jobId']}.json"]


def test_a_worker_that_refuses_the_call_ends_the_job_uncharged(site: SiteUnderTest) -> None:
    site.result = DispatchResult.REFUSED

    answer = site.start()

    job_id = answer.body["jobId"]
    assert (answer.status, answer.body["code"]) == (502, "worker_unreachable")
    failure = Failure.of("worker_unreachable")
    assert site.status(job_id).body["failure"] == failure_view(failure)
    assert (failure.retryable, failure.charged) == (True, "no")


def test_a_call_without_a_clear_answer_leaves_the_job_queued(site: SiteUnderTest) -> None:
    site.result = DispatchResult.UNCLEAR

    answer = site.start()

    assert (answer.status, answer.body["status"]) == (202, "queued")


def test_an_access_code_is_asked_for_where_one_is_set(site: SiteUnderTest) -> None:
    closed = make_site({**site.environ, "VIDEOGEN_ACCESS_CODE": "open sesame"}, site.s3, site.simulator)

    without = closed.start()
    wrong = closed.start(headers={"x-access-code": "Open sesame"})
    right = closed.start(headers={"x-access-code": "open sesame"})

    assert [without.status, wrong.status, right.status] == [401, 401, 202]
    assert without.body["code"] == "access_code"


def test_a_site_that_lacks_a_variable_says_so_without_naming_it_on_the_wire(site: SiteUnderTest) -> None:
    from videogen.errors import SettingsError
    from videogen.functions import start_video
    from videogen.functions.http import endpoint

    def missing() -> Any:
        raise SettingsError("S3_BUCKET is not set")

    answer = site.request(
        endpoint(start_video.answer, methods=("POST",), deps=missing), "POST", body=start_body()
    )

    assert (answer.status, answer.body["code"]) == (500, "misconfigured")
    assert "S3_BUCKET" not in str(answer.body)


def test_a_paused_site_starts_nothing_and_says_why(site: SiteUnderTest) -> None:
    running = site.start()
    paused = make_site({**site.environ, "VIDEOGEN_PAUSED": "Back at noon."}, site.s3, site.simulator)
    before = paused.stored_keys()

    answers = [
        paused.start(),
        paused.start(headers=KEY),
        paused.start({**start_body(photos=[]), "retryOf": running.body["jobId"]}),
        paused.start({"prompt": 1}),
    ]

    assert [(one.status, one.body["code"], one.body["detail"]) for one in answers] == 4 * [
        (503, "paused", "Back at noon.")
    ]
    assert {one.headers["Retry-After"] for one in answers} == {"900"}
    assert (paused.stored_keys(), paused.calls) == (before, [])


@pytest.mark.parametrize(
    "closed",
    [
        {"VIDEOGEN_PAUSED": "Back at noon."},
        {"VIDEOGEN_ACCESS_CODE": "open sesame"},
        {"BLACKBOX_MODELS": "blackboxai/another/model"},
        {"VIDEOGEN_DAILY_LIMIT": "1"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_a_repeat_finds_its_job_though_the_site_has_closed(
    site: SiteUnderTest, closed: dict[str, str]
) -> None:
    wanted = {**start_body(), "model": site.deps.settings.models[0].id}
    first = site.start(wanted, headers=KEY)
    later = make_site({**site.environ, **closed}, site.s3, site.simulator)
    if "VIDEOGEN_DAILY_LIMIT" in closed:
        later.start()

    again = later.start(wanted, headers=KEY)
    new = later.start(wanted, headers={"idempotency-key": "another-key-of-16-characters"})

    assert (again.status, again.body["jobId"]) == (202, first.body["jobId"])
    assert new.status in {400, 401, 429, 503}


@pytest.mark.parametrize(
    "closed",
    [{"VIDEOGEN_PAUSED": "Back at noon."}, {"BLACKBOX_MODELS": "blackboxai/another/model"}],
    ids=lambda variables: next(iter(variables)),
)
@pytest.mark.parametrize("named", [{"model": saving().model}, {}], ids=["its model", "no model"])
def test_a_paid_video_is_saved_though_the_site_has_closed(
    site: SiteUnderTest, closed: dict[str, str], named: dict[str, str]
) -> None:
    old = failed(Failure.of("save_failed"), saving())
    site.deps.store.create(old)
    later = make_site({**site.environ, **closed}, site.s3, site.simulator)
    token = signing.owner_token(site.deps.keys[0], old.id)
    retry = {"prompt": old.prompt, "retryOf": old.id, "ownerToken": token, **named}

    saved = later.start(retry)
    refused = [later.start(retry | {"prompt": "another"}), later.start(retry | {"ownerToken": "no"})]

    assert saved.status == HTTPStatus.ACCEPTED
    assert later.deps.store.read(saved.body["jobId"]).job.rescues == old.id
    assert [one.status in {400, 403, 503} for one in refused] == [True, True]


@pytest.mark.parametrize(
    ("code", "price"), [("save_failed", None), ("video_gone", 0.8)], ids=["a rescue", "a purchase"]
)
def test_a_retry_without_a_model_takes_that_of_its_job(
    site: SiteUnderTest, code: FailureCode, price: float | None
) -> None:
    old = site.deps.store.create(failed(Failure.of(code), saving()))[0].job
    site.deps.store.put_photo(photo_key(old.id, 1), photo(), "image/jpeg")
    models = f"blackboxai/a/cheap=0.1,{old.model}=0.8"
    reordered = make_site({**site.environ, "BLACKBOX_MODELS": models}, site.s3, site.simulator)
    token = signing.owner_token(site.deps.keys[0], old.id)

    answer = reordered.start({"prompt": old.prompt, "retryOf": old.id, "ownerToken": token})

    job = reordered.deps.store.read(answer.body["jobId"]).job
    assert (job.model, job.price) == (old.model, price)
    assert job.rescues == (old.id if price is None else None)


def test_running_jobs_go_on_while_the_site_is_paused(site: SiteUnderTest) -> None:
    job_id = site.start().body["jobId"]
    paused = make_site({**site.environ, "VIDEOGEN_PAUSED": "Back at noon."}, site.s3, site.simulator)

    assert paused.deliver(job_id).status < HTTPStatus.BAD_REQUEST
    assert paused.status(job_id).body["status"] == "completed"


@pytest.mark.parametrize(
    ("models", "asked", "price"),
    [
        ("blackboxai/google/veo-3=0.8,blackboxai/a/b=2", {}, 0.8),
        ("blackboxai/google/veo-3=0.8,blackboxai/a/b=2", {"model": "blackboxai/a/b"}, 2.0),
        ("blackboxai/google/veo-3", {}, None),
    ],
)
def test_the_price_at_the_start_is_in_the_record(
    site: SiteUnderTest, models: str, asked: dict[str, str], price: float | None
) -> None:
    priced = make_site({**site.environ, "BLACKBOX_MODELS": models}, site.s3, site.simulator)

    job_id = priced.start(start_body(**asked)).body["jobId"]

    assert priced.deps.store.read(job_id).job.price == price
