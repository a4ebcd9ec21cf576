"""POST /api/cancel-video: who may, what it costs, and what is left after an erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.functions_under_test import claimed, completed, saving

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.functions_under_test import SiteUnderTest


@pytest.mark.parametrize(("prepare", "charged"), [(None, "no"), (claimed, "unknown"), (saving, "yes")])
def test_canceling_says_truly_what_it_costs_and_may_be_repeated(
    site: SiteUnderTest, prepare: Callable[[SiteUnderTest, str], None] | None, charged: str
) -> None:
    started = site.start()
    if prepare:
        prepare(site, started.body["jobId"])

    first, again = site.cancel(started), site.cancel(started)

    assert (first.status, first.body["status"], first.body["failure"]["charged"]) == (
        200,
        "canceled",
        charged,
    )
    assert again.body == first.body


def test_a_job_that_has_ended_otherwise_is_409(site: SiteUnderTest) -> None:
    started = site.start()
    completed(site, started.body["jobId"])

    answer = site.cancel(started)

    assert (answer.status, answer.body["code"]) == (409, "job_ended")
    assert site.status(started.body["jobId"]).body["status"] == "completed"


def test_only_the_owner_may(site: SiteUnderTest) -> None:
    started, other = site.start(), site.start()

    answers = [
        site.cancel(started, ownerToken=other.body["ownerToken"]),
        site.cancel(started, ownerToken=""),
        site.cancel(started, ownerToken="ä", delete=True),
    ]

    assert [(answer.status, answer.body["code"]) for answer in answers] == [(403, "owner_token")] * 3
    assert site.status(started.body["jobId"]).body["status"] == "queued"


@pytest.mark.parametrize("fields", [{"jobId": 5}, {"ownerToken": None}, {"delete": "yes"}])
def test_a_wrong_field_is_named(site: SiteUnderTest, fields: dict[str, object]) -> None:
    answer = site.cancel(site.start(), **fields)

    assert (answer.status, answer.body["errors"][0]["field"]) == (400, next(iter(fields)))


def test_a_token_for_a_job_that_is_gone_is_404(site: SiteUnderTest) -> None:
    started = site.start()
    site.deps.store.objects.delete(f"jobs/{started.body['jobId']}.json")

    assert site.cancel(started).status == 404


@pytest.mark.parametrize("prepare", [None, claimed, saving, completed])
def test_erasing_leaves_a_tombstone_and_nothing_else(
    site: SiteUnderTest, prepare: Callable[[SiteUnderTest, str], None] | None
) -> None:
    started = site.start()
    job_id = started.body["jobId"]
    if prepare:
        prepare(site, job_id)

    first, again = site.cancel(started, delete=True), site.cancel(started, delete=True)

    assert first.status == 200
    assert again.body == first.body
    assert first.body["deletedAt"] is not None
    assert (first.body["prompt"], first.body["photosCount"], first.body["videoUrl"]) == ("", 0, None)
    assert site.stored_keys() == [f"{site.prefix}jobs/{job_id}.json"]
