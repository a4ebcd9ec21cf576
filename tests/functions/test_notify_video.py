"""POST /api/notify-video: who may, what is taken, and that a job's end is told and never hangs on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from support.functions_under_test import at, change
from support.push_server import PushServer
from videogen import jobs, push

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.functions_under_test import Answer, SiteUnderTest
    from videogen.jobs import Subscription

PUBLIC, PRIVATE = push.new_keys()
KEYS = {"p256dh": PUBLIC, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}
GIVEN = {"endpoint": "https://push.example.net/wpush/v2/abc", "expirationTime": None, "keys": KEYS}


@pytest.fixture
def pushing(site: SiteUnderTest) -> SiteUnderTest:
    """Return the site with a key for Web Push."""
    site.environ = {
        **site.environ,
        "VIDEOGEN_VAPID_PUBLIC_KEY": PUBLIC,
        "VIDEOGEN_VAPID_PRIVATE_KEY": PRIVATE,
    }
    site.deps = replace(site.deps, settings=replace(site.deps.settings, push_public_key=PUBLIC))
    return site


@pytest.fixture
def server() -> Iterator[PushServer]:
    with PushServer() as running:
        yield running


def stored(site: SiteUnderTest, started: Answer) -> Subscription | None:
    return site.deps.store.read(started.body["jobId"]).job.subscription


def subscribed(site: SiteUnderTest, server: PushServer) -> str:
    """Start a job whose end is told to a push service on loopback; return its id."""
    hosts = site.environ.get("VIDEOGEN_VIDEO_HOSTS", "")
    site.environ = {**site.environ, "VIDEOGEN_VIDEO_HOSTS": f"{hosts},{server.origin}".strip(",")}
    job_id: str = site.start().body["jobId"]
    change(site, job_id, lambda job: jobs.subscribe(job, server.subscription))
    return job_id


def test_a_subscription_is_kept_replaced_and_taken_out(pushing: SiteUnderTest) -> None:
    started = pushing.start()
    answers = [pushing.notify(started, GIVEN), pushing.notify(started, GIVEN)]
    assert [(answer.status, answer.body) for answer in answers] == [(204, {}), (204, {})]
    kept = stored(pushing, started)
    assert kept == jobs.Subscription(
        endpoint=str(GIVEN["endpoint"]), p256dh=PUBLIC, auth="BTBZMqHH6r4Tts7J_aSIgg"
    )
    assert pushing.notify(started, None).status == 204
    assert stored(pushing, started) is None


def test_a_subscription_is_in_no_answer(pushing: SiteUnderTest) -> None:
    started = pushing.start()
    pushing.notify(started, GIVEN)
    assert "push.example" not in str(pushing.status(started.body["jobId"]).body)


def test_it_is_erased_with_the_job_and_not_taken_after(pushing: SiteUnderTest) -> None:
    started = pushing.start()
    pushing.notify(started, GIVEN)
    pushing.cancel(started, delete=True)
    assert stored(pushing, started) is None
    late = pushing.notify(started, GIVEN)
    assert (late.status, late.body["code"]) == (410, "job_erased")


def test_only_the_owner_may_subscribe(pushing: SiteUnderTest) -> None:
    started, other = pushing.start(), pushing.start()
    answer = pushing.notify(started, GIVEN, ownerToken=other.body["ownerToken"])
    assert (answer.status, answer.body["code"], stored(pushing, started)) == (403, "owner_token", None)


def test_without_a_key_there_is_no_push(site: SiteUnderTest) -> None:
    answer = site.notify(site.start(), GIVEN)
    assert (answer.status, answer.body["code"]) == (404, "push_off")


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.net/a",
        "https://localhost/a",
        "https://127.0.0.1/a",
        "https://127.1/a",
        "https://0x7f.0.0.1/a",
        "https://[::1]/a",
        "https://[v1.a]/a",
        "https://push.example.net%00.a/a",
        "https://push;example.net/a",
        "https://push..example.net/a",
        "https://2130706433/a",
        "https://me:pw@push.example.net/a",
        "https://push.example.net:8443/a",
        "https://push.example.net:port/a",
        "ftp://push.example.net/a",
        "https://",
        "",
        "https://push.example.net/" + "a" * 1000,
        "https://push.example.net/a\nHost: b",
        "https://pü.example/a",
        5,
        None,
    ],
)
def test_an_endpoint_is_https_on_a_public_name(pushing: SiteUnderTest, endpoint: object) -> None:
    answer = pushing.notify(pushing.start(), {**GIVEN, "endpoint": endpoint})
    assert (answer.status, answer.body["errors"][0]["field"]) == (400, "subscription.endpoint")


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({"p256dh": "AAAA"}, "subscription.keys.p256dh"),
        ({"p256dh": "!" * 87}, "subscription.keys.p256dh"),
        ({"p256dh": "A" * 87}, "subscription.keys.p256dh"),
        ({"auth": ""}, "subscription.keys.auth"),
        ({"auth": PUBLIC}, "subscription.keys.auth"),
        ({"auth": 7}, "subscription.keys.auth"),
    ],
)
def test_a_key_has_its_length(pushing: SiteUnderTest, keys: dict[str, Any], field: str) -> None:
    given = {**GIVEN, "keys": {**KEYS, **keys}}
    answer = pushing.notify(pushing.start(), given)
    assert (answer.status, [error["field"] for error in answer.body["errors"]]) == (400, [field])


def test_the_worker_tells_of_the_end(pushing: SiteUnderTest, server: PushServer) -> None:
    job_id = subscribed(pushing, server)
    assert pushing.deliver(job_id).status == 200
    assert [server.opened(received) for received in server.received] == [
        b'{"jobId": "%s", "status": "completed"}' % job_id.encode()
    ]


def test_the_worker_tells_of_a_failure_too(pushing: SiteUnderTest, server: PushServer) -> None:
    job_id = subscribed(pushing, server)
    at(pushing, 400)
    assert pushing.deliver(job_id).status == 200
    assert [b'"failed"' in server.opened(received) for received in server.received] == [True]


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_has_ended_is_dropped(
    pushing: SiteUnderTest, server: PushServer, status: int
) -> None:
    server.status = status
    job_id = subscribed(pushing, server)
    assert pushing.deliver(job_id).status == 200
    job = pushing.deps.store.read(job_id).job
    assert (str(job.status), job.subscription) == ("completed", None)


@pytest.mark.parametrize("trouble", ["500", "gone", "no key", "bad key", "no library"])
def test_nothing_about_push_fails_a_job(
    pushing: SiteUnderTest, server: PushServer, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = subscribed(pushing, server)
    if trouble == "500":
        server.status = 500
    elif trouble == "gone":
        gone = replace(server.subscription, endpoint="http://127.0.0.1:9/push")
        change(pushing, job_id, lambda job: jobs.subscribe(job, gone))
    elif trouble == "no key":
        pushing.environ = {**pushing.environ, "VIDEOGEN_VAPID_PRIVATE_KEY": ""}
    elif trouble == "bad key":
        pushing.environ = {**pushing.environ, "VIDEOGEN_VAPID_PRIVATE_KEY": "nonsense"}
    else:
        monkeypatch.setattr(push.Push, "send", lambda *_: 1 / 0)
    bought = len(pushing.simulator.purchases)
    assert pushing.deliver(job_id).status == 200
    assert pushing.status(job_id).body["status"] == "completed"
    assert len(pushing.simulator.purchases) - bought == 1
