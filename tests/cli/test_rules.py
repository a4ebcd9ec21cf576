"""A rule counts where it does what is wanted, whoever wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from videogen.cli import rules

WANTED = rules.lifecycle("site/", 30)
EVERYTHING: dict[str, Any] = {
    "ID": "all",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "Expiration": {"Days": 30},
}


def test_our_own_rules_are_found_again() -> None:
    assert rules.missing(WANTED, WANTED) == []


def test_one_rule_for_the_whole_bucket_does_for_all_folders() -> None:
    assert [rule["ID"] for rule in rules.missing(WANTED, [EVERYTHING])] == [
        "videogen site/unfinished uploads"
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"Status": "Disabled"},
        {"Expiration": {"Days": 7}},
        {"Filter": {"Prefix": "site/videos/old/"}},
        {"Filter": {"Tag": {"Key": "a", "Value": "b"}}},
    ],
    ids=["disabled", "sooner", "for a part", "for a tag"],
)
def test_a_rule_that_does_something_else_does_not_count(change: dict[str, Any]) -> None:
    assert rules.missing(WANTED, [EVERYTHING | change]) == WANTED


def test_other_rules_of_the_bucket_stay() -> None:
    other = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3}}
    outdated = WANTED[0] | {"Expiration": {"Days": 7}}

    assert rules.merged([other, outdated], WANTED) == [other, *WANTED]
