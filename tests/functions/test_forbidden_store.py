"""A store that takes writes and forbids reads: what was made here is never called gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from support.functions_under_test import start_body
from videogen.errors import StoreForbidden, StoreUnavailable, UnsafeStore
from videogen.spending import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.functions_under_test import SiteUnderTest

BROKEN = "The storage of this site does not work as it should. Please tell its operator."
UNSAFE = (
    "This site's storage has no conditional writes, so no video can be made safely here. "
    "Please tell its operator."
)


@pytest.fixture
def forbid(site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that forbids reading what lies in a folder, as AWS may for missing keys too."""
    objects: Any = site.deps.store.objects

    def forbidden(folder: str) -> None:
        def checked(act: Any) -> Any:
            def checking(key: str, *more: str) -> Any:
                if key.startswith(folder):
                    raise StoreForbidden
                return act(key, *more)

            return checking

        monkeypatch.setattr(objects, "get", checked(objects.get))
        monkeypatch.setattr(objects, "copy", checked(objects.copy))

    return forbidden


@pytest.mark.parametrize("wish", [{}, {"delete": True}], ids=["cancel", "erase"])
def test_an_owner_is_told_of_the_store_and_keeps_all(
    site: SiteUnderTest, forbid: Callable[[str], None], wish: dict[str, bool]
) -> None:
    started = site.start()
    stored = site.stored_keys()
    forbid("jobs/")

    answer = site.cancel(started, **wish)

    assert (answer.status, answer.body["code"], answer.body["detail"]) == (503, "storage_unavailable", BROKEN)
    assert "Retry-After" not in answer.headers
    assert site.stored_keys() == stored


@pytest.mark.parametrize("folder", ["jobs/", "photos/"])
def test_a_retry_of_what_may_not_be_read_is_503(
    site: SiteUnderTest, forbid: Callable[[str], None], folder: str
) -> None:
    started = site.start(start_body(prompt="[fault:E403]"))
    site.deliver(started.body["jobId"])
    forbid(folder)

    answer = site.start(
        {"prompt": "again", "retryOf": started.body["jobId"], "ownerToken": started.body["ownerToken"]}
    )

    assert (answer.status, answer.body["code"]) == (503, "storage_unavailable")


@pytest.mark.parametrize("folder", ["jobs/", "photos/"])
def test_a_worker_that_may_not_read_is_delivered_again(
    site: SiteUnderTest, forbid: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    job_id = site.start().body["jobId"]
    forbid(folder)

    with pytest.raises(StoreUnavailable, match="s3:GetObject"):
        site.deliver(job_id)

    monkeypatch.undo()
    assert site.status(job_id).body["status"] == "queued"
    assert site.deliver(job_id).status == 200
    assert site.status(job_id).body["status"] == "completed"


def test_a_misconfigured_worker_says_so_too(site: SiteUnderTest, forbid: Callable[[str], None]) -> None:
    job_id = site.start().body["jobId"]
    site.environ["BLACKBOX_API_KEY"] = ""
    forbid("jobs/")

    with pytest.raises(StoreUnavailable, match="s3:GetObject"):
        site.deliver(job_id)


def test_a_bare_status_cannot_tell_it_from_a_missing_job(
    site: SiteUnderTest, forbid: Callable[[str], None]
) -> None:
    job_id = site.start().body["jobId"]
    forbid("jobs/")

    assert (site.status(job_id).status, site.status("A" * 22).status) == (404, 404)


def test_a_start_needs_to_list_nothing(site: SiteUnderTest, forbid: Callable[[str], None]) -> None:
    """Without s3:ListBucket each missing document is answered so: the ledger, the durations."""
    forbid("ledger/")
    forbid("stats/")

    assert site.start(start_body(), headers={"Idempotency-Key": "k" * 16}).status == 202


def test_a_store_without_conditions_is_named(site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(*_: object, **options: object) -> str:
        if options.get("if_absent"):
            raise UnsafeStore
        return "etag"

    monkeypatch.setattr(site.deps.store.objects, "put", put)

    answer = site.start()

    assert (answer.status, answer.body["code"], answer.body["detail"]) == (503, "store_unsafe", UNSAFE)
    assert site.calls == []


@pytest.mark.parametrize("wish", [None, {}, {"delete": True}], ids=["fails", "canceled", "erased"])
def test_a_store_without_if_match_ends_its_first_job(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch, wish: dict[str, bool] | None
) -> None:
    objects = site.deps.store.objects
    put = objects.put

    def checked(key: str, body: bytes, **options: Any) -> str:
        if options.get("if_match"):
            raise UnsafeStore
        return put(key, body, **options)

    monkeypatch.setattr(objects, "put", checked)
    site.deps = replace(site.deps, ledger=Ledger(site.deps.store, limit=5))
    started = site.start()
    ended = site.deliver(started.body["jobId"]) if wish is None else site.cancel(started, **wish)
    seen = site.status(started.body["jobId"]).body

    failure = seen["failure"] or {}
    assert ended.status == 200
    assert (seen["status"], failure.get("code"), failure.get("charged")) == (
        ("failed", "store_unsafe", "no") if wish is None else ("canceled", "canceled", "no")
    )
    assert [key for key in site.stored_keys() if "/photos/" in key] == []
    # The day's ledger is there now: from here on a start finds out before it stores anything.
    stored = site.stored_keys()
    again = site.start()
    assert (again.status, again.body["code"], site.stored_keys()) == (503, "store_unsafe", stored)
