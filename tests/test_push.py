"""Web Push: messages that another implementation reads, and a push service that does what it likes."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from support.example_jobs import queued
from support.push_server import PushServer
from videogen import push
from videogen.errors import NotDelivered, SubscriptionEnded
from videogen.jobs import Subscription, subscribe
from videogen.push import Push
from videogen.settings import PushSettings, Secret, from_base64url
from videogen.signing import base64url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from videogen.jobs import Job

NOW = 1_795_000_000.0
PUBLIC, PRIVATE = push.new_keys()
SETTINGS = PushSettings(PUBLIC, Secret(PRIVATE), "mailto:you@example.com")


@pytest.fixture
def server() -> Iterator[PushServer]:
    with PushServer() as running:
        yield running


def told(subscription: Subscription | None) -> Job:
    """Return a job with a subscription."""
    job = subscribe(queued(), subscription)
    assert job is not None
    return job


def sender(server: PushServer, **changes: Any) -> Push:
    fixed: dict[str, Any] = {"settings": SETTINGS, "origins": [server.origin], "now": lambda: NOW}
    return Push(**(fixed | changes))


def test_a_message_is_the_rfc_s_own_example() -> None:
    # https://www.rfc-editor.org/rfc/rfc8291#appendix-A
    subscription = Subscription(
        endpoint="https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        p256dh="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth="BTBZMqHH6r4Tts7J_aSIgg",
    )
    random = iter(
        map(from_base64url, ("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", "DGv6ra1nlYgDCS1FRnbzlw"))
    )
    body = push.encrypt(
        b"When I grow up, I want to be a watermelon", subscription, random_bytes=lambda _: next(random)
    )
    assert base64url(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6"
        "PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_another_implementation_reads_the_message(server: PushServer) -> None:
    job = told(server.subscription)
    sender(server).send(job)
    (received,) = server.received
    assert json.loads(server.opened(received)) == {"jobId": job.id, "status": "queued"}
    assert {name: received.headers[name] for name in ("content-encoding", "ttl", "urgency")} == {
        "content-encoding": "aes128gcm",
        "ttl": "43200",
        "urgency": "high",
    }
    assert received.path == "/push/abc"


def test_no_message_repeats_a_key_or_a_salt(server: PushServer) -> None:
    for _ in range(2):
        sender(server).send(told(server.subscription))
    first, second = (received.body for received in server.received)
    assert first[:16] != second[:16]
    assert first[21:86] != second[21:86]


def test_the_site_signs_for_this_push_service_alone(server: PushServer) -> None:
    sender(server).send(told(server.subscription))
    scheme, _, rest = server.received[0].headers["authorization"].partition(" ")
    token, key = (part.partition("=")[2] for part in rest.split(", "))
    head, claims, signature = token.split(".")
    assert (scheme, key) == ("vapid", PUBLIC)
    assert json.loads(from_base64url(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(from_base64url(claims)) == {
        "aud": server.origin,
        "exp": int(NOW) + 43_200,
        "sub": "mailto:you@example.com",
    }
    raw = from_base64url(signature)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(PUBLIC))
    r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
    point.verify(utils.encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


def test_a_job_without_a_subscription_sends_nothing(server: PushServer) -> None:
    sender(server).send(queued())
    assert server.received == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_has_ended_is_told_apart(server: PushServer, status: int) -> None:
    server.status = status
    with pytest.raises(SubscriptionEnded):
        sender(server).send(told(server.subscription))


@pytest.mark.parametrize("status", [301, 307, 400, 403, 413, 429, 500, 503])
def test_any_other_refusal_is_no_end_and_is_not_repeated(server: PushServer, status: int) -> None:
    server.status = status
    with pytest.raises(NotDelivered, match=f"HTTP {status}"):
        sender(server).send(told(server.subscription))
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("https://push.example/a", "127.0.0.1"),
        ("https://push.example/a", "169.254.169.254"),
        ("https://push.example/a", "10.1.2.3"),
        ("https://push.example/a", "::1"),
        ("http://push.example/a", "93.184.215.14"),
    ],
)
def test_a_message_goes_to_public_https_hosts_alone(server: PushServer, endpoint: str, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        return [(family, socket.SOCK_STREAM, 0, "", (address, 443))]

    subscription = Subscription(
        endpoint=endpoint, p256dh=server.subscription.p256dh, auth=server.subscription.auth
    )
    with pytest.raises(NotDelivered, match=r"not public|not https"):
        sender(server, resolve=resolve).send(told(subscription))


def test_a_push_service_that_is_silent_is_left_after_five_seconds(server: PushServer) -> None:
    times = iter([0.0, 0.0, 6.0, 6.0, 6.0, 6.0])
    with pytest.raises(NotDelivered, match="no time left"):
        sender(server, monotonic=lambda: next(times)).send(told(server.subscription))
    assert server.received == []


def test_a_key_that_is_no_point_is_not_delivered(server: PushServer) -> None:
    wrong = Subscription(
        endpoint=server.subscription.endpoint,
        p256dh=base64url(b"\x04" + bytes(64)),
        auth=server.subscription.auth,
    )
    with pytest.raises(NotDelivered, match="no point"):
        sender(server).send(told(wrong))


@pytest.mark.parametrize(
    "endpoint", ["https://[v1.a]/x", "https://a.example:port/x", "https://\ud800.example/x"]
)
def test_an_address_that_is_none_is_not_delivered(server: PushServer, endpoint: str) -> None:
    wrong = Subscription(endpoint=endpoint, p256dh=server.subscription.p256dh, auth=server.subscription.auth)
    with pytest.raises(NotDelivered, match="malformed"):
        sender(server).send(told(wrong))


def test_a_push_service_s_cookie_is_not_read(server: PushServer) -> None:
    server.headers["Set-Cookie"] = f"a=b; expires=Thu, 01-Jan-{'9' * 5000} 00:00:00 GMT"

    sender(server).send(told(server.subscription))

    assert len(server.received) == 1
