"""What a browser's push subscription must look like before it is stored. All raise ValueError."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from videogen.settings import is_push_key

MAX_ENDPOINT_CHARACTERS = 1000


def check_endpoint(text: str) -> str:
    """Return the address of a push service; where its name leads is checked when it is called."""
    if len(text) > MAX_ENDPOINT_CHARACTERS or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be the address of a push service")
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        has_port = parts.port not in {None, 443}
    except ValueError:
        raise ValueError("must be the address of a push service") from None
    if (
        parts.scheme != "https"
        or has_port
        or parts.username is not None
        or "." not in host
        or _is_address(host)
    ):
        raise ValueError("must be https on the name of a public host")
    return text


def check_key(text: str, *, length: int) -> str:
    """Return a key of so many bytes in base64url."""
    if not is_push_key(text, length=length):
        raise ValueError(f"must be {length} bytes in base64url")
    return text


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Browsers and resolvers read these as addresses too: 127.1, 0x7f.0.0.1.
        return host.rstrip(".").rpartition(".")[2][:1].isdigit()
    return True
