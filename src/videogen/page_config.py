"""What the build writes for the page: config.json, security.txt, preview tags and its policy.

Run as `python -m videogen.page_config`.

Prints one JSON object: `files` for the published folder, `headers` by path, `notes` for whoever runs the
build. It imports the standard library alone. Which domain a region of AWS is in stands in a file of
botocore's, so the functions' requirements must be installed.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
SITE_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?")
"""Scheme and host as Netlify gives them; nothing in it has to be escaped in HTML."""
PREVIEW_TAGS = re.compile(
    r'(<meta property="og:image" content=")[^"]*?(/[^"/]+">\n)(?:<meta property="og:url" .*\n)?'
)
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


def preview_address(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the name and the value of the variable with the address that links to this deploy have.

    That is the site's main address in production. A preview is known by its own: under the main one, a
    crawler would show the production's picture in its place. The value is "" where Netlify does not build:
    https://docs.netlify.com/build/configure-builds/environment-variables/#deploy-urls-and-metadata
    """
    name = "URL" if environ.get("CONTEXT") == "production" else "DEPLOY_PRIME_URL"
    return name, environ.get(name, "").removesuffix("/")


def with_absolute_preview(html: str, origin: str) -> str:
    """Return the page with the addresses that crawlers want in full: its picture's, and its own.

    Relative ones are ignored by many: https://ogp.me/#metadata
    """
    return PREVIEW_TAGS.sub(rf'\g<1>{origin}\g<2><meta property="og:url" content="{origin}/">\n', html)


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
    name, address = preview_address(environ)
    publish = environ.get("PUBLISH_DIR")
    if publish and SITE_ADDRESS.fullmatch(address):
        html = (Path(publish) / "index.html").read_text(encoding="utf-8")
        files["index.html"] = with_absolute_preview(html, address)
    elif publish and address:
        notes.append(f"{name} is not the address of a site: the tags for link previews stay relative")
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
