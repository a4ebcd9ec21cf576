"""What is put together from the environment: once a process, and only what its function needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.functions_under_test import data_uri, photo, start_body
from videogen.errors import SettingsError
from videogen.functions import wiring

if TYPE_CHECKING:
    from support.functions_under_test import SiteUnderTest


@pytest.mark.parametrize("mode", ["data", "url", "field"])
def test_the_image_mode_reaches_the_provider(site: SiteUnderTest, mode: str) -> None:
    site.environ["BLACKBOX_IMAGE_MODE"] = mode
    job_id = site.start().body["jobId"]

    assert site.deliver(job_id).status == 200

    assert site.simulator.purchases[-1].photo_transport == mode
    assert site.status(job_id).body["status"] == "completed"


def test_links_lead_to_clean_photos(site: SiteUnderTest) -> None:
    site.environ["BLACKBOX_IMAGE_MODE"] = "url"
    photos = [{"data": data_uri(photo(color=color, format="PNG"), "image/png")} for color in ("red", "blue")]
    job_id = site.start(start_body(photos=photos)).body["jobId"]

    site.deliver(job_id)

    assert [found.content_type for found in site.photos(job_id)] == ["image/jpeg"] * 2
    assert site.simulator.purchases[-1].photos == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("BLACKBOX_API_KEY", ""), ("BLACKBOX_API_KEY", "Bearer two words"), ("BLACKBOX_IMAGE_MODE", "fax")],
)
def test_a_worker_without_its_settings_ends_jobs(site: SiteUnderTest, name: str, value: str) -> None:
    site.environ[name] = value
    job_id = site.start().body["jobId"]

    assert site.deliver(job_id).status == 500

    failure = site.status(job_id).body["failure"]
    assert (failure["code"], failure["charged"]) == ("misconfigured", "no")


def test_a_worker_without_a_store_is_an_error(site: SiteUnderTest) -> None:
    with pytest.raises(SettingsError, match="S3_BUCKET"):
        wiring.make_worker({**site.environ, "S3_BUCKET": ""})


def test_every_part_goes_by_one_clock(site: SiteUnderTest) -> None:
    worker = wiring.make_worker(site.environ)

    assert worker.deps.clock is worker.deps.store.cas.clock is worker.generation().clock


def test_a_process_is_put_together_once(site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in site.environ.items():
        monkeypatch.setenv(name, value)
    for made in (wiring.deps, wiring.worker):
        made.cache_clear()

    assert wiring.deps() is wiring.deps()
    assert wiring.worker() is wiring.worker()

    for made in (wiring.deps, wiring.worker):
        made.cache_clear()


def test_settings_that_are_mended_count(site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    wiring.deps.cache_clear()
    for name, value in {**site.environ, "S3_BUCKET": ""}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError):
        wiring.deps()

    monkeypatch.setenv("S3_BUCKET", site.environ["S3_BUCKET"])

    assert wiring.deps().settings.daily_limit >= 0
    wiring.deps.cache_clear()
