"""Everything that is proved with the site's signing secrets.

The call of the background worker is signed as Standard Webhooks say
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md). Owner tokens
and the ids of idempotent jobs come from the same secrets, through a key of their own each, so that no output
of one use can be passed off as another's.

Secrets are `whsec_<base64>` texts. Where several are given the first one signs and any of them verifies,
which is how they are rotated. Standard library only: start-video and check-video-status wait for this import.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import TYPE_CHECKING

from videogen.errors import VideogenError
from videogen.settings import key_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from videogen.settings import Secret

TOLERANCE_SECONDS = 20 * 60  # Netlify repeats the original request, headers and all, minutes later
CLOCK_SKEW_SECONDS = 5 * 60  # how far ahead of us the sender's clock may be
JOB_ID_BYTES = 16

# The specification forbids the dot in an id: it separates the signed parts.
_MESSAGE_ID = re.compile(r"[!-\-/-~]{1,256}")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")
JOB_ID = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
"""16 bytes as URL-safe base64 are 22 characters, the last of which carries two bits."""


class SignatureError(VideogenError):
    """The request is not signed by this site; the text says why and is for the log alone."""


def sign(keys: Sequence[Secret], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers that prove a request; `timestamp` is in seconds since 1970.

    Raises ValueError for an id that holds a dot, a space or anything beyond visible ASCII.
    """
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("a message id is visible ASCII without a dot")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": _signature(keys[0], message_id, str(timestamp), body).decode(),
    }


def verify(
    keys: Sequence[Secret],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: float,
    tolerance_seconds: float = TOLERANCE_SECONDS,
) -> None:
    """Return if one of `keys` signed these very bytes not long ago; raise SignatureError otherwise.

    `now` is in seconds since 1970. Header names may be written in any case.
    """
    values = {name.lower(): value for name, value in headers.items()}
    message_id = values.get("webhook-id", "")
    timestamp = values.get("webhook-timestamp", "")
    signatures = values.get("webhook-signature", "")
    if not (message_id and timestamp and signatures):
        raise SignatureError("the request is not signed")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise SignatureError("webhook-id is malformed")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise SignatureError("webhook-timestamp is malformed")
    age = now - int(timestamp)
    if age > tolerance_seconds:
        raise SignatureError("the signature is too old")
    if age < -CLOCK_SKEW_SECONDS:
        raise SignatureError("the signature is from the future")
    given = [entry.encode(errors="replace") for entry in signatures.split(" ")]
    expected = [_signature(key, message_id, timestamp, body) for key in keys]
    if not any(hmac.compare_digest(entry, ours) for entry in given for ours in expected):
        raise SignatureError("no signature matches")


def owner_token(key: Secret, job_id: str) -> str:
    """Return the token that lets its holder cancel, delete or retry this job."""
    return base64url(_derived(key, b"owner token", job_id))


def check_owner_token(keys: Sequence[Secret], job_id: str, token: str) -> bool:
    """Whether one of `keys` made `token` for this job."""
    given = token.encode(errors="replace")
    return any(hmac.compare_digest(given, owner_token(key, job_id).encode()) for key in keys)


def new_job_id(random_bytes: Callable[[int], bytes]) -> str:
    """Return a job id of 128 random bits; `random_bytes` is `os.urandom` or a test's."""
    return base64url(random_bytes(JOB_ID_BYTES))


def job_id_for(key: Secret, idempotency_key: str) -> str:
    """Return the one job id that belongs to an Idempotency-Key; without the secret nobody can tell it."""
    return base64url(_derived(key, b"job id", idempotency_key)[:JOB_ID_BYTES])


def is_job_id(text: str) -> bool:
    """Whether `text` is written as a job id: 22 URL-safe base64 characters."""
    return JOB_ID.fullmatch(text) is not None


def base64url(raw: bytes) -> str:
    """Return bytes in URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signature(key: Secret, message_id: str, timestamp: str, body: bytes) -> bytes:
    digest = hmac.digest(key_bytes(key), f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return b"v1," + base64.b64encode(digest)


def _derived(key: Secret, purpose: bytes, text: str) -> bytes:
    # A purpose holds no dot, so it is never what a webhook signs.
    own_key = hmac.digest(key_bytes(key), b"videogen " + purpose, "sha256")
    return hmac.digest(own_key, text.encode(errors="surrogatepass"), "sha256")
