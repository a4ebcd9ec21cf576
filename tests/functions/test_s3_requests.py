"""What each call costs at the store: which requests it makes, one by one, and that none of them lists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from support.functions_under_test import completed, data_uri, photo, start_body

if TYPE_CHECKING:
    from support.functions_under_test import SiteUnderTest

SOURCE = Path(__file__).parents[2] / "src/videogen"


class Counted:
    """Connections that remember what is asked of the store."""

    def __init__(self, connections: Any) -> None:
        self._connections = connections
        self.requests: list[tuple[str, str]] = []

    def send(self, request: Any) -> Any:
        # /bucket/prefix/folder/…
        folder = (*urlsplit(request.url).path.split("/"), "")[3]
        self.requests.append((request.method, folder))
        return self._connections.send(request)


@pytest.fixture
def requests(site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    objects: Any = site.deps.store.objects
    counted = Counted(objects._http)  # noqa: SLF001 - the wire
    monkeypatch.setattr(objects, "_http", counted)
    return counted.requests


def test_the_first_start_reads_the_durations_and_writes_photo_and_job(
    site: SiteUnderTest, requests: list[tuple[str, str]]
) -> None:
    site.start()

    # The durations are read while the photos go up.
    assert sorted(requests[:-1]) == [("GET", "stats"), ("PUT", "photos")]
    assert requests[-1] == ("PUT", "jobs")


def test_later_starts_make_two_requests(site: SiteUnderTest, requests: list[tuple[str, str]]) -> None:
    site.start()
    requests.clear()

    site.start()

    assert requests == [("PUT", "photos"), ("PUT", "jobs")]


def test_four_photos_are_four_requests_and_the_job_comes_last(
    site: SiteUnderTest, requests: list[tuple[str, str]]
) -> None:
    site.start(start_body(photos=[{"data": data_uri(photo())}] * 4))

    assert sorted(requests[:-1]) == [("GET", "stats"), *[("PUT", "photos")] * 4]
    assert requests[-1] == ("PUT", "jobs")


def test_a_question_is_one_read_as_long_as_all_is_well(
    site: SiteUnderTest, requests: list[tuple[str, str]]
) -> None:
    job_id = site.start().body["jobId"]
    requests.clear()
    site.status(job_id)
    completed(site, job_id)
    waiting, requests[:] = requests[:1], []

    site.status(job_id)

    assert (waiting, requests) == ([("GET", "jobs")], [("GET", "jobs")])


def test_bad_input_costs_nothing(site: SiteUnderTest, requests: list[tuple[str, str]]) -> None:
    site.start({"prompt": "", "photos": []})
    site.status("")
    site.status("no id")

    assert requests == []


def test_no_function_lists_so_cost_does_not_grow_with_the_jobs_that_are_kept() -> None:
    # The operator's command and the stand-ins may; neither is in a function's zip.
    shipped = [
        path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] not in {"cli", "local"}
    ]
    listing = re.compile(r"list_objects|list-type|paginat", re.IGNORECASE)

    assert [path.name for path in shipped if listing.search(path.read_text(encoding="utf-8"))] == []
    assert len(shipped) > 20
