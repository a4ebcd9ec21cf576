"""What the build writes for the page: config.json, security.txt and the Content-Security-Policy.

Run as `python -m videogen.page_config`.

Prints one JSON object: `files` for the published folder, `headers` by path, `notes` for whoever runs the
build. It imports the standard library alone. Which domain a region of AWS is in stands in a file of
botocore's, so the functions' requirements must be installed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from videogen import settings
from videogen.errors import SettingsError
from videogen.limits import MAX_BODY_BYTES, MAX_PHOTO_BYTES, MAX_PHOTOS, MAX_PROMPT_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from videogen.settings import S3Settings, SiteSettings

SECURITY_TXT_FOR = timedelta(days=364)
"""How long a security.txt counts from its build on: https://www.rfc-editor.org/rfc/rfc9116#section-2.5.5"""
LIMITS = {
    "photos": MAX_PHOTOS,
    "photoBytes": MAX_PHOTO_BYTES,
    "promptCharacters": MAX_PROMPT_CHARACTERS,
    "bodyBytes": MAX_BODY_BYTES,
}


def page_config(site: SiteSettings) -> dict[str, Any]:
    """Return config.json: what the page shows before anything is sent."""
    return {
        "simulated": site.simulated,
        "paused": site.paused,
        "accessCodeNeeded": site.access_code is not None,
        "models": [{"id": model.id, "price": model.price} for model in site.models],
        "dailyLimit": site.daily_limit,
        "keepDays": site.keep_days,
        "limits": LIMITS,
        "pushKey": site.push_public_key,
    }


def bucket_origin(s3: S3Settings) -> str | None:
    """Return the origin that presigned links point to, None while no bucket is set."""
    if not s3.endpoint_url and not (s3.bucket and s3.region):
        return None
    parts = urlsplit(s3.bucket_url)
    return f"{parts.scheme}://{parts.netloc}"


def content_security_policy(media_origin: str | None) -> str:
    """Return the page's policy: its own files, and videos from the bucket."""
    media = " ".join(filter(None, ("'self'", "blob:", media_origin)))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob:",
            f"media-src {media}",
            "connect-src 'self'" + (f" {media_origin}" if media_origin else ""),
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types own-scripts",
        )
    )


def security_txt(contact: str, *, now: float) -> str:
    """Return security.txt, which tells whoever has found a weakness whom to write to (RFC 9116)."""
    expires = datetime.fromtimestamp(now, UTC) + SECURITY_TXT_FOR
    return f"Contact: {contact}\nExpires: {expires:%Y-%m-%dT%H:%M:%SZ}\n"


def describe(environ: Mapping[str, str], *, now: float) -> dict[str, Any]:
    """Return everything that the build needs to know; raises SettingsError."""
    site, s3 = settings.read_for_build(environ)
    origin = bucket_origin(s3)
    notes = (
        [] if origin else ["S3_BUCKET and S3_REGION are not set: the page will not be able to play videos"]
    )
    files: dict[str, Any] = {"config.json": page_config(site)}
    if site.security_contact:
        files[".well-known/security.txt"] = security_txt(site.security_contact, now=now)
    return {
        "files": files,
        "headers": {"/*": {"Content-Security-Policy": content_security_policy(origin)}},
        "notes": notes,
    }


if __name__ == "__main__":
    try:
        print(json.dumps(describe(os.environ, now=time.time())))  # noqa: T201 - this is the program's output
    except SettingsError as error:
        sys.exit(error.detail)
