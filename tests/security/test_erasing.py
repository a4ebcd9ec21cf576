"""What its owner erased stays erased, whatever is repeated or was under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.functions_under_test import completed, data_uri, photo, start_body
from videogen.job_store import photo_keys

if TYPE_CHECKING:
    from typing import Any

    from support.functions_under_test import Answer, SiteUnderTest

KEY = {"idempotency-key": "0123456789abcdef"}
TWO_PHOTOS = [{"data": data_uri(photo())}, {"data": data_uri(photo(color="red"))}]


def retry_body(old: Answer, **changes: Any) -> dict[str, Any]:
    """Return the body of a request that takes an old job's photos."""
    token = {"retryOf": old.body["jobId"], "ownerToken": old.body["ownerToken"]}
    return {"prompt": "slow pan over the lake", **token, **changes}


@pytest.fixture
def ended(site: SiteUnderTest) -> Answer:
    """A job of two photos that has its video."""
    started = site.start(start_body(photos=TWO_PHOTOS))
    completed(site, started.body["jobId"])
    return started


def photos_of(site: SiteUnderTest, started: Answer) -> list[str]:
    return photo_keys(site.deps.store.read(started.body["jobId"]).job)


def keys_of(site: SiteUnderTest, answer: Answer) -> list[str]:
    job_id = answer.body["jobId"]
    return [key.removeprefix(site.prefix) for key in site.stored_keys() if job_id in key]


def test_a_finished_video_leaves_nothing_but_its_tombstone(site: SiteUnderTest, ended: Answer) -> None:
    answer = site.cancel(ended, delete=True)

    assert keys_of(site, ended) == [f"jobs/{ended.body['jobId']}.json"]
    assert (answer.body["prompt"], answer.body["photosCount"], answer.body["videoUrl"]) == ("", 0, None)
    assert answer.body["deletedAt"] is not None


def test_a_retry_has_photos_of_its_own(site: SiteUnderTest, ended: Answer) -> None:
    retried = site.start(retry_body(ended))
    site.cancel(ended, delete=True)

    job_id = retried.body["jobId"]
    assert keys_of(site, retried) == [f"jobs/{job_id}.json", *photos_of(site, retried)]


def test_a_repeated_retry_does_not_bring_back_an_erased_job_s_photos(
    site: SiteUnderTest, ended: Answer
) -> None:
    retried = site.start(retry_body(ended), headers=KEY)
    site.cancel(retried, delete=True)

    again = site.start(retry_body(ended), headers=KEY)

    assert (again.status, again.body["code"]) == (410, "job_erased")
    assert keys_of(site, retried) == [f"jobs/{retried.body['jobId']}.json"]


def test_a_retry_whose_photos_are_half_gone_leaves_no_copies(site: SiteUnderTest, ended: Answer) -> None:
    site.deps.store.objects.delete(photos_of(site, ended)[1])
    before = site.stored_keys()

    answer = site.start(retry_body(ended))

    assert (answer.status, answer.body["code"]) == (410, "photos_gone")
    assert site.stored_keys() == before


def test_a_repeated_retry_is_the_same_job_when_the_old_photos_are_gone(
    site: SiteUnderTest, ended: Answer
) -> None:
    retried = site.start(retry_body(ended), headers=KEY)
    site.deps.store.objects.delete(photos_of(site, ended)[1])

    again = site.start(retry_body(ended), headers=KEY)

    assert (again.status, again.body["jobId"]) == (202, retried.body["jobId"])
    assert len(keys_of(site, retried)) == 3


def test_an_erased_job_is_neither_retried_nor_canceled_back(site: SiteUnderTest, ended: Answer) -> None:
    site.cancel(ended, delete=True)

    retried = site.start(retry_body(ended))
    canceled = site.cancel(ended)
    erased_again = site.cancel(ended, delete=True)

    assert (retried.status, retried.body["code"]) == (410, "job_erased")
    assert canceled.status == 409
    assert erased_again.status == 200
    assert keys_of(site, ended) == [f"jobs/{ended.body['jobId']}.json"]


def test_a_refused_retry_repeats_nothing_of_what_was_sent(site: SiteUnderTest) -> None:
    answer = site.start({"prompt": "p", "retryOf": "x" * 1_000_000, "ownerToken": "y"})

    assert (answer.status, answer.body["code"]) == (403, "owner_token")
    assert "x" * 100 not in str(answer.body)
