"""Web Push: tells a browser that its job has ended, also where the page is closed.

A message is encrypted for the browser (https://www.rfc-editor.org/rfc/rfc8291, in the coding `aes128gcm` of
RFC 8188) and signed for its push service (https://www.rfc-editor.org/rfc/rfc8292). `http-ece`, which
`pywebpush` needs too, comes as source alone, and bundles are made of wheels; `cryptography` does what is hard
about it. Only a worker whose job has a subscription imports this.
"""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from videogen import videos
from videogen.errors import NotDelivered, SubscriptionEnded, VideoInterrupted, VideoRefused
from videogen.settings import from_base64url
from videogen.signing import base64url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from videogen.jobs import Job, Subscription
    from videogen.settings import PushSettings
    from videogen.videos import Resolve

CURVE = ec.SECP256R1()
RECORD_SIZE = 4096
"""RFC 8188's `rs`: a message is one record, and push services take no more."""
LIFETIME = 12 * 3600
"""Seconds for which a push service keeps a message for a phone that is off, and for which it is signed."""
SECONDS = 5.0
GONE = frozenset({404, 410})
"""The answers that say that a subscription has ended: https://www.rfc-editor.org/rfc/rfc8030#section-7.3"""


def message(job: Job) -> bytes:
    """Return what the service worker is told: which job, and how it ended. Nothing of its contents."""
    return json.dumps({"jobId": job.id, "status": str(job.status)}).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Sends messages. `origins` are allowed as they stand, for local stand-ins."""

    settings: PushSettings
    origins: Sequence[str] = ()
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    random_bytes: Callable[[int], bytes] = os.urandom
    resolve: Resolve = socket.getaddrinfo
    ssl_context: ssl.SSLContext | None = None

    def send(self, job: Job) -> None:
        """Tell a job's subscriber how it ended; raises SubscriptionEnded, NotDelivered."""
        subscription = job.subscription
        if subscription is None:
            return
        try:
            body = encrypt(message(job), subscription, random_bytes=self.random_bytes)
        except ValueError:
            raise NotDelivered("the subscription's key is no point of the curve") from None
        try:
            url = httpx.URL(subscription.endpoint)
        except (httpx.InvalidURL, ValueError):
            raise NotDelivered("the subscription's address is malformed") from None
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        headers = {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(LIFETIME),
            "Urgency": "high",
            "Authorization": authorization(origin, self.settings, self.now()),
        }
        try:
            status = videos.post(
                url,
                body,
                headers,
                hosts=[entry for entry in self.origins if entry == origin],
                deadline=self.monotonic() + SECONDS,
                monotonic=self.monotonic,
                resolve=self.resolve,
                ssl_context=self.ssl_context,
            )
        except (VideoInterrupted, VideoRefused) as error:
            raise NotDelivered(error.note) from None
        if status in GONE:
            raise SubscriptionEnded
        if not httpx.codes.is_success(status):
            raise NotDelivered(f"HTTP {status}")


def encrypt(
    plain: bytes, subscription: Subscription, *, random_bytes: Callable[[int], bytes] = os.urandom
) -> bytes:
    """Return a message's body, for one browser alone (RFC 8291); raises ValueError for a key that is none."""
    theirs = from_base64url(subscription.p256dh)
    secret = _private_key(random_bytes(32))
    ours = _point(secret)
    shared = secret.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
    salt = random_bytes(16)
    key = _hkdf(shared, from_base64url(subscription.auth), b"WebPush: info\0" + theirs + ours, 32)
    content_key = _hkdf(key, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(key, salt, b"Content-Encoding: nonce\0", 12)
    # 2 marks the last record, and here the only one.
    sealed = AESGCM(content_key).encrypt(nonce, plain + b"\x02", None)
    return salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(ours)]) + ours + sealed


def authorization(audience: str, settings: PushSettings, now: float) -> str:
    """Return the header by which a push service knows the site (RFC 8292)."""
    claims = {"aud": audience, "exp": int(now) + LIFETIME} | (
        {"sub": settings.subject} if settings.subject else {}
    )
    signed = f"{_json_part({'typ': 'JWT', 'alg': 'ES256'})}.{_json_part(claims)}"
    key = _private_key(from_base64url(settings.private_key.reveal()))
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={settings.public_key}"


def new_keys() -> tuple[str, str]:
    """Return a new key pair for a site, the public half first, as the settings take them."""
    key = ec.generate_private_key(CURVE)
    return base64url(_point(key)), base64url(key.private_numbers().private_value.to_bytes(32, "big"))


def is_pair(settings: PushSettings) -> bool:
    """Whether the private key is that of the public one: browsers and push services take no other."""
    try:
        key = _private_key(from_base64url(settings.private_key.reveal()))
    except ValueError:  # beyond the curve's order
        return False
    return base64url(_point(key)) == settings.public_key


def _private_key(raw: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(raw, "big"), CURVE)


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _json_part(value: object) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())
