"""Small shared JSON documents in the store, changed by compare-and-swap: the ledger and the durations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from videogen.errors import Conflict, NoSuchObject, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from videogen.objects import Objects

Document = dict[str, Any]


def read(objects: Objects, key: str) -> tuple[Document, str | None]:
    """Return a document and its ETag; an empty one and None where there is none.

    Raises StoreUnavailable.
    """
    try:
        found = objects.get(key)
    except NoSuchObject:
        return {}, None
    try:
        document = json.loads(found.body)
    except ValueError:
        document = {}
    return (document if isinstance(document, dict) else {}), found.etag


def swap(
    objects: Objects,
    key: str,
    change: Callable[[Mapping[str, Any]], Document | None],
    *,
    nonce: str,
    tries: Iterable[bool],
) -> bool:
    """Change a document; return whether it was written. `change` returns None where nothing is to be.

    `nonce` is new for each call: a write whose reply was lost is known by it. Raises StoreUnavailable when
    the tries are over.
    """
    for last in tries:
        try:
            document, etag = read(objects, key)
            if document.get("nonce") == nonce:
                return True
            changed = change(document)
            if changed is None:
                return False
            body = json.dumps({**changed, "nonce": nonce}, separators=(",", ":")).encode()
            objects.put(key, body, content_type="application/json", if_match=etag, if_absent=etag is None)
        except (Conflict, NoSuchObject):
            continue
        except StoreUnavailable as error:
            if last or not error.transient:
                raise
        else:
            return True
    raise StoreUnavailable("too many others write this at the same time")
