"""A whole job behind every kind of proxy, on a store that checks signatures."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from support.functions_under_test import SIGNING_SECRET, SiteUnderTest, claimed, make_site
from support.hostile_proxy import BROKEN, USABLE
from support.s3_proxy import S3Proxy
from videogen.errors import StoreError
from videogen.local.seaweed import SeaweedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from videogen.local.blackbox import Simulator

SAID = {"storage_unavailable", "store_unsafe"}


@pytest.fixture(scope="module")
def store() -> Iterator[SeaweedServer]:
    with SeaweedServer() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(store: SeaweedServer) -> Iterator[S3Proxy]:
    with S3Proxy(store.endpoint_url) as running:
        yield running


@pytest.fixture
def site(
    store: SeaweedServer, proxy: S3Proxy, simulator: Simulator, request: pytest.FixtureRequest
) -> SiteUnderTest:
    """A site behind the proxy, which does nothing yet."""
    proxy.stop_playing()
    proxy.seen.clear()
    environ = {
        **store.environment,
        "S3_ENDPOINT_URL": proxy.url,
        "S3_PREFIX": hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16],
        "VIDEOGEN_SIGNING_SECRET": SIGNING_SECRET,
        "BLACKBOX_API_KEY": "simulator",
        "BLACKBOX_BASE_URL": simulator.url,
        "VIDEOGEN_VIDEO_HOSTS": simulator.url,
    }
    return make_site(environ, store, simulator)


@pytest.mark.parametrize("mode", USABLE)
def test_a_job_comes_through(
    site: SiteUnderTest, proxy: S3Proxy, simulator: Simulator, http: httpx.Client, mode: str
) -> None:
    bought = simulator.posts
    proxy.play(USABLE[mode])

    started = site.start()
    assert started.status == 202
    waiting = site.status(started.body["jobId"])
    assert site.deliver(started.body["jobId"]).status == 200
    view = site.status(started.body["jobId"]).body
    part = http.get(view["videoUrl"], headers={"Range": "bytes=4-7"})
    erased = site.cancel(started, delete=True)

    assert (waiting.status, waiting.body["status"]) == (200, "queued")
    assert (view["status"], simulator.posts - bought) == ("completed", 1)
    assert part.status_code == 206
    assert part.content == b"ftyp"
    assert erased.status == 200
    proxy.stop_playing()
    assert [key for key in site.stored_keys() if "/jobs/" not in key and "/photos/" in key] == []


@pytest.mark.parametrize("mode", BROKEN)
def test_a_start_behind_what_is_no_store_buys_nothing(
    site: SiteUnderTest, proxy: S3Proxy, simulator: Simulator, mode: str
) -> None:
    bought = simulator.posts
    proxy.play(BROKEN[mode])

    started = site.start()

    proxy.stop_playing()
    assert (started.status, started.body["code"] in SAID) == (503, True)
    assert "storage" in started.body["detail"]
    assert (site.calls, simulator.posts - bought, site.stored_keys()) == ([], 0, [])


@pytest.mark.parametrize("mode", BROKEN)
def test_a_job_waits_behind_what_is_no_store_and_is_not_lost(
    site: SiteUnderTest, proxy: S3Proxy, simulator: Simulator, mode: str
) -> None:
    started = site.start()
    bought = simulator.posts
    proxy.play(BROKEN[mode])

    status: Any = site.status(started.body["jobId"])
    canceled = site.cancel(started, delete=True)
    with pytest.raises(StoreError):
        site.deliver(started.body["jobId"])

    # AWS says 403 of a missing key too, so whoever has no token may read "not found".
    assert (status.status, status.body["code"]) in {
        (503, "storage_unavailable"),
        *({(404, "job_not_found")} if mode == "403" else set()),
    }
    assert (canceled.status, canceled.body["code"]) == (503, "storage_unavailable")
    assert simulator.posts == bought
    proxy.stop_playing()
    assert site.deliver(started.body["jobId"]).status == 200
    assert site.status(started.body["jobId"]).body["status"] == "completed"
    assert simulator.posts == bought + 1


def test_a_lease_is_not_given_up_for_a_proxy_s_clock(site: SiteUnderTest, proxy: S3Proxy) -> None:
    started = site.start()
    claimed(site, started.body["jobId"])

    for mode in ("Date ahead", "Date far ahead", "Last-Modified behind", "no dates", "garbage for dates"):
        proxy.stop_playing()
        proxy.play(USABLE[mode])
        view = site.status(started.body["jobId"]).body
        assert (view["status"], view["stage"]) == ("processing", "rendering"), mode
