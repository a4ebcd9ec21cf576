"""Dates in headers, in every form that servers write, and in none."""

from __future__ import annotations

import pytest

from videogen.http_date import seconds_of

NEW_YEAR = 1_767_225_600.0


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 01 Jan 2026 00:00:00 GMT",
        "Thu, 01 Jan 2026 00:00:00 UTC",
        "Thu, 01 Jan 2026 00:00:00 +0000",
        "Thu, 01 Jan 2026 00:00:00 -0000",
        "Thu, 01 Jan 2026 00:00:00 +00:00",
        "Thu, 01 Jan 2026 02:00:00 +02:00",
        "Wed, 31 Dec 2025 19:00:00 -0500",
        "Thu, 1 Jan 2026 0:00:00 GMT",
        "01 Jan 2026 00:00:00",
        "Thursday, 01-Jan-26 00:00:00 GMT",
        "Thu Jan  1 00:00:00 2026",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T01:00:00+0100",
        "2026-01-01 00:00:00",
        " Thu, 01 Jan 2026 00:00:00 GMT ",
        "Thu, 01 Jan 2026 00:00:00 GMT, Thu, 01 Jan 2026 00:00:00 GMT",
        "Thu, 01 Jan 2026 00:00:00 GMT, 2026-01-01T00:00:00Z",
    ],
)
def test_a_date_is_read_in_every_form(text: str) -> None:
    assert seconds_of(text) == NEW_YEAR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "0",
        "1767225600",
        "Thu, 32 Jan 2026 00:00:00 GMT",
        "Thu, 01 Foo 2026 00:00:00 GMT",
        "Thu, 01 Jan 2026 25:00:00 GMT",
        "Thu, 01 Jan 2026 00:00:00 +9999",
        "0000-00-00T00:00:00Z",
        "2026-01-01",
        "Thu, 01 Jan 2026 00:00:00 GMT, Thu, 01 Jan 2026 00:00:01 GMT",
        "\x00" * 50,
        "\u0661\u0662 Jan 2026 00:00:00",
        "1 " * 100_000,
    ],
)
def test_what_is_no_date_or_several_is_none(text: str) -> None:
    assert seconds_of(text) is None
