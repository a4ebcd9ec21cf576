"""A job's record: read as it was written, with what newer versions added, and refused where damaged."""

from __future__ import annotations

import inspect
import json
import math
from dataclasses import replace
from typing import Any

import pytest

from support.example_jobs import (
    CREATED_AT,
    JOB_ID,
    RUN_ID,
    STATES,
    URL,
    VIDEO,
    completed,
    failed,
    queued,
    rendering,
    saving,
)
from videogen import job_record, jobs
from videogen.errors import MalformedRecord
from videogen.jobs import Estimate, Failure, Limits, Subscription

SUBSCRIPTION = Subscription(endpoint="https://push.example/abc", p256dh="a", auth="b")


@pytest.mark.parametrize("state", STATES)
def test_a_record_is_read_as_it_was_written(state: str) -> None:
    job = replace(STATES[state](), estimate=Estimate(p50=61.5, p90=90), subscription=SUBSCRIPTION)

    assert job_record.from_object(json.loads(json.dumps(job_record.to_object(job)))) == job


def test_whatever_text_is_written_can_be_read_again() -> None:
    job = replace(saving(), provider_url="https://h.example/half \ud83d.mp4", prompt="\udc00")

    assert job_record.from_object(job_record.to_object(job)) == replace(
        job, provider_url="https://h.example/half ?.mp4", prompt="?"
    )


def test_what_a_record_looks_like() -> None:
    assert job_record.to_object(completed()) == {
        "id": JOB_ID,
        "prompt": "slow pan over the lake",
        "model": "blackboxai/google/veo-3-fast",
        "aspectRatio": "auto",
        "photos": [{"type": "image/jpeg", "bytes": 3, "digest": ""}],
        "createdAt": "2027-01-15T08:00:00.000Z",
        "schema": 1,
        "version": 4,
        "limits": {"paidCall": 300.0, "work": 840.0, "end": 960.0},
        "dispatch": "call",
        "epoch": 1,
        "status": "completed",
        "stage": None,
        "holder": RUN_ID,
        "leaseReleased": False,
        "renewedAt": None,
        "calls": 1,
        "retryAt": None,
        "dispatches": 0,
        "dispatchedAt": None,
        "startedAt": "2027-01-15T08:00:01.000Z",
        "completedAt": "2027-01-15T08:01:05.000Z",
        "deletedAt": None,
        "providerUrl": URL,
        "providerRequestId": "chatcmpl-1",
        "linkInDoubt": False,
        "callIds": {},
        "video": {
            "key": f"videos/{JOB_ID}/1.mp4",
            "bytes": 5,
            "sha256": "ab" * 32,
            "host": "provider.example",
        },
        "failure": None,
        "settled": True,
        "rescues": None,
        "estimate": None,
        "fingerprint": "f" * 64,
        "keyId": None,
        "subscription": None,
        "price": None,
        "history": [
            {"at": "2027-01-15T08:00:00.000Z", "epoch": 0, "action": "job.created"},
            {"at": "2027-01-15T08:00:01.000Z", "epoch": 1, "action": "job.claimed"},
            {"at": "2027-01-15T08:01:01.000Z", "epoch": 1, "action": "blackbox.answered"},
            {"at": "2027-01-15T08:01:05.000Z", "epoch": 1, "action": "job.completed"},
        ],
    }


def test_fields_of_a_newer_version_are_carried_along() -> None:
    made = replace(failed(Failure.of("no_video")), video=VIDEO, estimate=Estimate(p50=1, p90=2))
    record = job_record.to_object(made) | {"thumbnails": [1, 2]}
    for nested in (record["video"], record["failure"], record["estimate"], record["photos"][0]):
        nested["color"] = "teal"
    record["history"][1]["by"] = "a poll"

    assert job_record.to_object(job_record.from_object(record)) == record


def test_a_change_carries_unknown_fields_along() -> None:
    job = job_record.from_object(job_record.to_object(rendering()) | {"thumbnails": 3})

    changed = jobs.renew(job, RUN_ID, 1, now=CREATED_AT + 30)

    assert changed is not None
    assert job_record.to_object(changed)["thumbnails"] == 3


@pytest.mark.parametrize("kind", job_record.KINDS)
def test_every_field_of_a_record_has_its_check(kind: type[Any]) -> None:
    assert {*job_record.KINDS[kind], "unknown"} == set(inspect.get_annotations(kind))


def test_an_estimate_of_an_older_version_is_read() -> None:
    old = {"p50": 60, "p90": 90.5, "stretches": [4.0, 4.0, 30.0, 22.0]}

    job = job_record.from_object(job_record.to_object(queued()) | {"estimate": old})

    assert job.estimate == Estimate(p50=60, p90=90.5, unknown={"stretches": [4.0, 4.0, 30.0, 22.0]})
    assert job_record.to_object(job)["estimate"] == old | {"p10": 0.0}


def test_a_field_that_an_older_version_did_not_know_has_its_default() -> None:
    record = job_record.to_object(queued())
    del record["settled"], record["rescues"]

    assert job_record.from_object(record) == queued()


TEXTS: tuple[Any, ...] = (None, 5, True, ["text"], {}, "half a pair \ud800")
OPTIONAL_TEXTS = TEXTS[1:]
FLAGS = (None, "no", 0, 1)
COUNTS = (None, "2", 1.5, True, -1, 1001, math.nan)
SIZES = (None, "2", 1.5, False, -1, 2**53 + 1)
MOMENTS = (1, True, "yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9950-01-01", math.nan)
SECONDS = (None, "60", True, -0.1, math.nan, math.inf, -math.inf, 10**400)
OBJECTS: tuple[Any, ...] = ("here", 5, [], True)
VIDEO_RECORD = {"key": "videos/1.mp4", "bytes": 5, "sha256": "ab", "host": "provider.example"}
FAILURE_RECORD = {"code": "expired", "retryable": True, "charged": "no", "detail": "Too late.", "note": ""}

DAMAGE: dict[str, tuple[Any, ...]] = {
    "schema": (2, None, "1", True),
    "id": TEXTS,
    "prompt": TEXTS,
    "model": TEXTS,
    "aspectRatio": (5, None, "1:1", "AUTO", ["auto"]),
    "photos": (
        None,
        {},
        [None],
        [{}],
        [{"type": "image/jpeg"}],
        *([{"type": "image/jpeg", "bytes": size}] for size in SIZES),
        *([{"type": text, "bytes": 3}] for text in TEXTS),
        *([{"type": "image/jpeg", "bytes": 3, "digest": text}] for text in (*TEXTS, "../../jobs/a", "AB")),
        [{"type": "image/jpeg", "bytes": 3}] * 1001,
    ),
    "createdAt": (None, *MOMENTS),
    "version": (*SIZES, 0),
    "limits": (None, [], 5, {"end": "960"}, {"work": -1}, {"paidCall": None}, {"end": 1e13}),
    "dispatch": (None, "", "queues", ["call"]),
    "epoch": COUNTS,
    "status": ("paused", None, 5, "processing", "failed", "canceled", "completed"),
    "stage": ("dreaming", 5, "rendering"),
    "holder": OPTIONAL_TEXTS,
    "leaseReleased": FLAGS,
    "renewedAt": MOMENTS,
    "calls": COUNTS,
    "retryAt": MOMENTS,
    "dispatches": COUNTS,
    "dispatchedAt": MOMENTS,
    "startedAt": MOMENTS,
    "completedAt": MOMENTS,
    "deletedAt": MOMENTS,
    "providerUrl": OPTIONAL_TEXTS,
    "providerRequestId": OPTIONAL_TEXTS,
    "linkInDoubt": FLAGS,
    "callIds": (None, [], "id", {"cf-ray": 5}, {"cf-ray": None}, {str(n): "" for n in range(1001)}),
    "video": (
        *OBJECTS,
        {"key": "videos/1.mp4"},
        *({**VIDEO_RECORD, name: text} for name in ("key", "sha256", "host") for text in TEXTS),
        *({**VIDEO_RECORD, "bytes": size} for size in SIZES),
    ),
    "failure": (
        *OBJECTS,
        FAILURE_RECORD,  # of a job that has not failed
        {"code": "expired"},
    ),
    "settled": FLAGS,
    "rescues": OPTIONAL_TEXTS,
    "estimate": (
        *OBJECTS,
        {"p50": 60},
        {"p50": 60, "p90": 1e13},
        *(
            {"p50": 60, "p90": 60} | {name: each}
            for name in ("p10", "p50", "p90")
            for each in (*SECONDS, 1e13)
        ),
    ),
    "fingerprint": TEXTS,
    "keyId": OPTIONAL_TEXTS,
    "subscription": (5, "none", {}, {"endpoint": "https://a.example", "p256dh": 5, "auth": "b"}),
    "price": tuple(each for each in SECONDS if each is not None),
    "history": (
        None,
        {},
        "none",
        [None],
        *([{"at": at, "epoch": 0, "action": "job.created"}] for at in MOMENTS),
        *([{"at": "2027-01-15T08:00:00Z", "epoch": epoch, "action": "a"}] for epoch in COUNTS),
        *([{"at": "2027-01-15T08:00:00Z", "epoch": 0, "action": text}] for text in TEXTS),
    ),
}


def is_refused(record: dict[str, Any]) -> bool:
    try:
        job_record.from_object(record)
    except MalformedRecord:
        return True
    return False


def test_no_field_is_left_undamaged() -> None:
    assert DAMAGE.keys() == job_record.to_object(queued()).keys()


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_field_is_malformed(name: str) -> None:
    record = job_record.to_object(queued())
    assert not is_refused(record)

    assert [value for value in DAMAGE[name] if not is_refused(record | {name: value})] == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("code", ("tired", None, 5)),
        ("retryable", FLAGS),
        ("charged", ("maybe", None, False)),
        ("detail", TEXTS),
        ("note", TEXTS),
    ],
)
def test_a_damaged_failure_is_malformed(name: str, values: tuple[Any, ...]) -> None:
    record = job_record.to_object(failed(Failure.of("no_video")))

    taken = [
        value for value in values if not is_refused(record | {"failure": FAILURE_RECORD | {name: value}})
    ]

    assert taken == []


def test_a_failed_job_without_its_failure_is_malformed() -> None:
    assert is_refused(job_record.to_object(failed(Failure.of("no_video"))) | {"failure": None})


def test_a_completed_job_without_its_video_is_malformed() -> None:
    assert is_refused(job_record.to_object(completed()) | {"video": None})


def test_a_malformed_record_names_the_field_and_no_value() -> None:
    record = job_record.to_object(saving()) | {"providerUrl": 5, "prompt": "a secret"}

    with pytest.raises(MalformedRecord, match=r"^a job's record cannot be read: providerUrl$"):
        job_record.from_object(record)


def test_a_record_of_a_newer_schema_is_told_apart() -> None:
    with pytest.raises(MalformedRecord, match="has schema 2, this version reads 1"):
        job_record.from_object(job_record.to_object(queued()) | {"schema": 2})


@pytest.mark.parametrize(
    "name", ["schema", "id", "prompt", "photos", "createdAt", "status", "stage", "history"]
)
def test_a_record_without_a_field_that_it_must_have_is_malformed(name: str) -> None:
    record = job_record.to_object(queued())
    del record[name]

    with pytest.raises(MalformedRecord):
        job_record.from_object(record)


def test_a_record_without_limits_has_those_of_16_minutes() -> None:
    record = job_record.to_object(queued())
    old = {name: value for name, value in record.items() if name not in {"limits", "dispatch"}}
    assert job_record.from_object(old) == queued()
    assert (queued().limits, queued().dispatch) == (Limits(paid_call=300, work=840, end=960), "call")
