"""What Server-Timing says of a request."""

from __future__ import annotations

import re

import pytest

from videogen import timing


def test_parts_are_counted_and_added_up() -> None:
    assert (
        timing.header({"s3": [10.04, 20.0], "worker": [5.0]}, 40.123)
        == 'python;dur=40.1, s3;desc="2";dur=30.0, worker;desc="1";dur=5.0'
    )


def test_what_is_measured_belongs_to_the_request_around_it() -> None:
    with timing.collected() as parts:
        for _ in range(2):
            with timing.measured("s3"):
                pass
    with timing.measured("s3"):
        pass

    assert {name: len(taken) for name, taken in parts.items()} == {"s3": 2}


def test_what_fails_has_taken_its_time() -> None:
    def fail() -> None:
        raise OSError("broken")

    with timing.collected() as parts, pytest.raises(OSError, match="broken"), timing.measured("s3"):
        fail()

    assert list(parts) == ["s3"]


def test_nothing_measured_is_nothing_shown() -> None:
    assert re.fullmatch(r"python;dur=1\.0", timing.header({}, 1.0))
