"""Every parser that the fuzzer searches takes the inputs from which it begins, and those cut off anywhere."""

from __future__ import annotations

import pytest

from support.fuzz_targets import PLANTED, TARGETS, http_like, parts_of

CUTS = 40
"""Of each seed so many beginnings are read, which takes a moment; the fuzzer goes on from there."""


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_says_what_it_finds_and_never_falls_over(name: str) -> None:
    target = TARGETS[name]

    for seed in target.seeds:
        target.run(seed)
        for end in range(0, len(seed), len(seed) // CUTS + 1):
            target.run(seed[:end])


def test_what_falls_over_is_not_caught() -> None:
    PLANTED.run(b"vide")
    with pytest.raises(RuntimeError, match="planted"):
        PLANTED.run(b"video")


def test_what_is_written_like_http_is_read_back() -> None:
    assert parts_of(http_like(200, {"a": "b", "c": ""}, b"\n\nbody")) == (
        "200",
        {"a": "b", "c": ""},
        b"\n\nbody",
    )
