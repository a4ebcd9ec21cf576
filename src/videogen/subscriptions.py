"""What a browser's push subscription must look like before it is stored. All raise ValueError."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from videogen.settings import is_push_key

MAX_ENDPOINT_CHARACTERS = 1000
# No name ends in a label with a digit in front, and what does is read as an address: 127.1, 0x7f.0.0.1.
_PUBLIC_NAME = re.compile(r"([a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{0,62}\.?(:(443)?)?", re.IGNORECASE)


def check_endpoint(text: str) -> str:
    """Return the address of a push service; where its name leads is checked when it is called."""
    if len(text) > MAX_ENDPOINT_CHARACTERS or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be the address of a push service")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError("must be the address of a push service") from None
    if parts.scheme != "https" or not _PUBLIC_NAME.fullmatch(parts.netloc):
        raise ValueError("must be https on the name of a public host")
    return text


def check_key(text: str, *, length: int) -> str:
    """Return a key of so many bytes in base64url."""
    if not is_push_key(text, length=length):
        raise ValueError(f"must be {length} bytes in base64url")
    return text
