"""Whoever has a job's id may watch it, all else needs its owner's token; what leaves is short-lived."""

from __future__ import annotations

import base64
import tomllib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from support.functions_under_test import completed, make_site
from support.wsgi_site import ROOT
from videogen import signing
from videogen.settings import Secret

if TYPE_CHECKING:
    from support.functions_under_test import SiteUnderTest

OTHER_KEY = "whsec_" + base64.b64encode(b"the secret of another site.......").decode()


def forged_tokens(site: SiteUnderTest, job_id: str) -> dict[str, Any]:
    key = site.deps.keys[0]
    return {
        "none": "",
        "the job's id": job_id,
        "another job's": signing.owner_token(key, "B" * 21 + "A"),
        "another site's": signing.owner_token(Secret(OTHER_KEY), job_id),
        "its own, cut": signing.owner_token(key, job_id)[:-1],
        "its own, longer": signing.owner_token(key, job_id) + "=",
        "a job id made of the same secret": signing.job_id_for(key, job_id),
        "half a character": "\u00e9",
    }


FORGED = [
    "none",
    "the job's id",
    "another job's",
    "another site's",
    "its own, cut",
    "its own, longer",
    "a job id made of the same secret",
    "half a character",
]


@pytest.mark.parametrize("forged", FORGED)
def test_without_its_token_a_job_is_neither_canceled_nor_erased_nor_taken(
    site: SiteUnderTest, forged: str
) -> None:
    started = site.start()
    job_id = started.body["jobId"]
    token = forged_tokens(site, job_id)[forged]
    before = site.stored_keys()

    refused = [
        site.cancel(started, ownerToken=token),
        site.cancel(started, ownerToken=token, delete=True),
        site.start({"prompt": "p", "retryOf": job_id, "ownerToken": token}),
    ]

    assert [(answer.status, answer.body["code"]) for answer in refused] == [(403, "owner_token")] * 3
    assert site.status(job_id).body["status"] == "queued"
    assert site.stored_keys() == before


def test_a_wrong_token_does_not_tell_whether_there_is_such_a_job(site: SiteUnderTest) -> None:
    started = site.start()

    of_a_job = site.cancel(started, ownerToken="x")
    of_none = site.cancel(started, ownerToken="x", jobId="B" * 21 + "A")

    assert (of_a_job.status, of_a_job.body) == (of_none.status, of_none.body)


def test_a_token_outlives_the_rotation_of_the_secret_and_not_its_removal(site: SiteUnderTest) -> None:
    started = site.start()
    old = site.environ["VIDEOGEN_SIGNING_SECRET"]
    rotated = make_site(
        {**site.environ, "VIDEOGEN_SIGNING_SECRET": f"{OTHER_KEY} {old}"}, site.s3, site.simulator
    )
    removed = make_site({**site.environ, "VIDEOGEN_SIGNING_SECRET": OTHER_KEY}, site.s3, site.simulator)

    assert removed.cancel(started).status == 403
    assert rotated.cancel(started).status == 200


def test_an_id_is_not_to_be_guessed(site: SiteUnderTest) -> None:
    ids = {site.start().body["jobId"] for _ in range(5)}

    assert len({job_id[:4] for job_id in ids}) == 5
    assert {len(base64.urlsafe_b64decode(job_id + "==")) for job_id in ids} == {16}


def test_a_link_opens_one_video_for_an_hour(site: SiteUnderTest) -> None:
    started = site.start()
    job_id = started.body["jobId"]
    completed(site, job_id)

    view = site.status(job_id).body

    for link, disposition in ((view["videoUrl"], "inline"), (view["downloadUrl"], "attachment; filename=")):
        parts = urlsplit(link)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert parts.path == f"/{site.s3.bucket}/{site.prefix}videos/{job_id}/1.mp4"
        assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
        assert query["X-Amz-Expires"] == "3600"
        assert query["response-content-type"] == "video/mp4"
        assert query["response-content-disposition"].startswith(disposition)


def test_every_page_has_the_security_headers() -> None:
    """Netlify sends these with files; the policy, which names the bucket, comes from videogen.page_config."""
    configured = tomllib.loads((ROOT / "netlify.toml").read_text(encoding="utf-8"))["headers"]

    assert {entry["for"]: entry["values"] for entry in configured}["/*"] == {
        "Strict-Transport-Security": "max-age=31536000",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": (
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
