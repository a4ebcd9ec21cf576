"""Proxies as they stand before stores: each changes requests or replies in one way, at its whim.

`USABLE` leave a store usable, so a job must come through; behind `BROKEN` none can, and that must be said.
"""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING

from support.s3_proxy import Headers, Reply, Rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _with(*added: tuple[str, str]) -> Callable[[Headers], Headers]:
    """Return what puts headers in place of those of the same name."""
    names = {name.lower() for name, _ in added}
    return lambda headers: [*(one for one in headers if one[0].lower() not in names), *added]


def _dates(change: Callable[[str, str], list[str]]) -> Rewrite:
    """Return what writes Date and Last-Modified anew: `change` makes the values of a name and its value."""

    def rewritten(reply: Reply) -> Reply:
        headers: Headers = []
        for name, value in reply.headers:
            is_date = name.lower() in {"date", "last-modified"}
            values = change(name.title(), value) if is_date else [value]
            headers += [(name, one) for one in values]
        return replace(reply, headers=headers)

    return Rewrite(reply=rewritten)


def _shifted(which: str, seconds: float) -> Rewrite:
    def change(name: str, value: str) -> list[str]:
        moment = parsedate_to_datetime(value) + timedelta(seconds=seconds if name == which else 0)
        return [format_datetime(moment, usegmt=True)]

    return _dates(change)


def _iso(_: str, value: str) -> list[str]:
    return [parsedate_to_datetime(value).isoformat().replace("+00:00", "Z")]


def _compressed(reply: Reply) -> Reply:
    headers = [
        (name, f'W/"{value.strip(chr(34))}-gzip"' if name.lower() == "etag" else value)
        for name, value in reply.headers
        if name.lower() != "content-length"
    ]
    return Reply(reply.status, [*headers, ("Content-Encoding", "gzip")], gzip.compress(reply.body))


def _answering(status: int, body: bytes, *headers: tuple[str, str]) -> Rewrite:
    return Rewrite(
        instead=Reply(status, [("Date", format_datetime(datetime.now(UTC), usegmt=True)), *headers], body)
    )


USABLE: Mapping[str, Rewrite] = {
    "Accept-Encoding": Rewrite(request=_with(("Accept-Encoding", "gzip, br"))),
    "no Accept-Encoding": Rewrite(
        request=lambda headers: [one for one in headers if one[0].lower() != "accept-encoding"]
    ),
    "User-Agent": Rewrite(request=_with(("User-Agent", "proxy/1.0"))),
    "Connection": Rewrite(request=_with(("Connection", "close"), ("Keep-Alive", "timeout=5"))),
    "Via": Rewrite(
        request=_with(
            ("Via", "1.1 proxy"),
            ("X-Forwarded-For", "203.0.113.7"),
            ("X-Forwarded-Proto", "https"),
            ("Forwarded", "for=203.0.113.7"),
        ),
        reply=lambda reply: replace(reply, headers=[*reply.headers, ("Via", "1.1 proxy"), ("Age", "0")]),
    ),
    "lower case": Rewrite(
        request=lambda headers: [(name.lower(), value) for name, value in headers],
        reply=lambda reply: replace(reply, headers=[(name.lower(), value) for name, value in reply.headers]),
    ),
    "upper case": Rewrite(
        reply=lambda reply: replace(reply, headers=[(name.upper(), value) for name, value in reply.headers])
    ),
    "gzip": Rewrite(reply=lambda reply: _compressed(reply) if reply.body else reply),
    "Date ahead": _shifted("Date", 100),
    "Date far ahead": _shifted("Date", 3 * 3600),
    "Date behind": _shifted("Date", -3 * 3600),
    "Last-Modified behind": _shifted("Last-Modified", -3 * 3600),
    "Last-Modified ahead": _shifted("Last-Modified", 100),
    "dates in ISO": _dates(_iso),
    "dates twice": _dates(lambda _, value: [value, value]),
    "dates without a zone": _dates(lambda _, value: [value.replace("GMT", "-0000")]),
    "dates of another zone": _dates(lambda _, value: [value.replace("GMT", "+00:00")]),
    "garbage for dates": _dates(lambda *_: ["the day before"]),
    "no dates": _dates(lambda *_: []),
}

PAGE = b"<!doctype html><title>Sign in</title><form><input name=password></form>"
DENIED = b"<Error><Code>AccessDenied</Code></Error>"
BROKEN: Mapping[str, Rewrite] = {
    "a web page": _answering(200, PAGE, ("Content-Type", "text/html; charset=utf-8")),
    "200 and nothing": _answering(200, b""),
    "301": _answering(301, b"", ("Location", "https://elsewhere.example/")),
    "307": _answering(307, b"", ("Location", "https://elsewhere.example/")),
    "403": _answering(403, DENIED, ("Content-Type", "application/xml")),
    "403 of a proxy": _answering(403, PAGE, ("Content-Type", "text/html")),
    "404 of a proxy": _answering(404, PAGE, ("Content-Type", "text/html")),
    # As routers say it that have no way to the store.
    "404 in words": _answering(404, b"404 page not found\n", ("Content-Type", "text/plain")),
    "404 in JSON": _answering(404, b'{"error":"not found"}', ("Content-Type", "application/json")),
    "404 with a mark": _answering(404, b"\xef\xbb\xbf<!doctype html><p>no", ("Content-Type", "text/plain")),
    "404 and nothing": _answering(404, b""),
    "405": _answering(405, b""),
    "501": _answering(501, b"<Error><Code>NotImplemented</Code></Error>"),
    "502": _answering(502, PAGE, ("Content-Type", "text/html")),
}
