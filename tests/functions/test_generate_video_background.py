"""The worker's door: nothing is parsed, read or spent before the signature holds."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING

import pytest

from support.functions_under_test import photo
from videogen import generation, signing
from videogen.functions.wiring import Worker
from videogen.job_store import digest_of

if TYPE_CHECKING:
    from support.functions_under_test import SiteUnderTest


def signed(site: SiteUnderTest, body: bytes, *, age: float = 0.0) -> dict[str, str]:
    return signing.sign(site.deps.keys, "job_1_0", int(time.time() - age), body)


def test_a_signed_call_makes_the_video(site: SiteUnderTest) -> None:
    job_id = site.start().body["jobId"]
    bought = len(site.simulator.purchases)

    status = site.deliver(job_id).status

    view = site.status(job_id).body
    assert (status, view["status"], len(site.simulator.purchases) - bought) == (200, "completed", 1)
    assert site.stored_keys() == [
        f"{site.prefix}{key}"
        for key in (
            f"jobs/{job_id}.json",
            f"photos/{job_id}/1-{digest_of(photo())}",
            "stats/blackboxai_google_veo-3-fast.json",
            f"videos/{job_id}/1.mp4",
        )
    ]


def test_a_call_delivered_twice_buys_once(site: SiteUnderTest) -> None:
    job_id = site.start().body["jobId"]
    bought = len(site.simulator.purchases)

    statuses = [site.deliver(job_id).status, site.deliver(job_id).status]

    assert (statuses, len(site.simulator.purchases) - bought) == ([200, 200], 1)


def test_a_call_repeated_after_minutes_still_counts(site: SiteUnderTest) -> None:
    assert site.deliver(site.start().body["jobId"], age=19 * 60).status == 200


@pytest.mark.parametrize("case", ["unsigned", "other body", "too old", "other key"])
def test_a_call_that_this_site_did_not_sign_reads_nothing(
    site: SiteUnderTest, case: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = site.start().body["jobId"]
    body = json.dumps({"jobId": job_id}).encode()
    headers = {
        "unsigned": {},
        "other body": signed(site, b"{}"),
        "too old": signed(site, body, age=21 * 60),
        "other key": {**signed(site, body), "webhook-signature": "v1," + "A" * 43 + "="},
    }[case]
    monkeypatch.setattr(site.deps.store, "read", lambda _job_id: pytest.fail("read"))
    caplog.set_level(logging.INFO)

    assert site.work(body, headers).status == 401
    assert '"action": "worker.refused"' in caplog.records[-1].message


@pytest.mark.parametrize("body", [b"", b"[]", b'{"jobId":5}', b'{"jobId":"../jobs/x"}', b"\xff"])
def test_a_signed_call_that_names_no_job_is_refused(site: SiteUnderTest, body: bytes) -> None:
    assert site.work(body, signed(site, body)).status == 400


def test_a_body_over_one_kilobyte_is_refused(site: SiteUnderTest) -> None:
    body = b" " * 1025

    assert site.work(body, signed(site, body)).status == 413


def test_a_job_that_is_not_there_is_no_error(site: SiteUnderTest) -> None:
    assert site.deliver("A" * 22).status == 200


@pytest.mark.parametrize(
    "key",
    ["", " ", "\u200b", "sk-two words", "sk-\u2026", "sk\u2013abc", "Bearer", "sk-abc\nsk-def"],
    ids=ascii,
)
def test_a_missing_or_malformed_key_ends_the_job_uncharged(site: SiteUnderTest, key: str) -> None:
    job_id = site.start().body["jobId"]
    site.environ["BLACKBOX_API_KEY"] = key

    status = site.deliver(job_id).status

    failure = site.status(job_id).body["failure"]
    assert (status, failure["code"], failure["charged"]) == (500, "misconfigured", "no")


def test_a_run_that_leaves_a_resumable_job_throws(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_args: object, **_options: object) -> None:
        raise generation.Resumable

    monkeypatch.setattr(generation, "run", interrupted)
    monkeypatch.setattr(Worker, "generation", lambda _worker: None)

    with pytest.raises(generation.Resumable):
        site.deliver(site.start().body["jobId"])
