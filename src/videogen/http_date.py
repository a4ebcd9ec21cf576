"""Dates in the headers of answers, in whatever form a server writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MOMENT = re.compile(
    # RFC 1123 and RFC 850, then asctime (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7), then ISO 8601
    r"(?:[A-Za-z]{3,9}, *)?\d{1,2}[ -][A-Za-z]{3}[ -]\d{2,4} +\d{1,2}:\d\d:\d\d"
    r"(?: *(?:[A-Z]{1,4}\b|[+-]\d\d:?\d\d))?"
    r"|[A-Za-z]{3} [A-Za-z]{3} +\d{1,2} \d\d:\d\d:\d\d \d{4}"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
MAX_CHARACTERS = 200


def seconds_of(text: str) -> float | None:
    """Return a header's moment in seconds since 1970; None where there is none, or several that differ.

    A date without a zone is in UTC.
    """
    moments = {_seconds(found[0]) for found in _MOMENT.finditer(text[:MAX_CHARACTERS])}
    return moments.pop() if len(moments) == 1 else None


def _seconds(text: str) -> float | None:
    try:
        if text[:4].isdigit():
            moment = datetime.fromisoformat(text)
        else:
            # The mail library reads a zone without a colon.
            moment = parsedate_to_datetime(re.sub(r"([+-]\d\d):(\d\d)$", r"\1\2", text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
