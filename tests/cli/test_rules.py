"""A rule counts where it does what is wanted, whoever wrote it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from videogen.cli import rules

WANTED = rules.lifecycle("site/", 30, versions=True)
OF_NO_VERSIONS = rules.lifecycle("site/", 30, versions=False)
EVERYTHING: dict[str, Any] = {
    "ID": "all",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "Expiration": {"Days": 30},
}
OLD_VERSIONS: dict[str, Any] = {
    "ID": "old",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
}
UPLOADS = "videogen site/unfinished uploads"


def test_our_own_rules_are_found_again() -> None:
    assert rules.missing(WANTED, WANTED) == rules.missing(OF_NO_VERSIONS, OF_NO_VERSIONS) == []


def test_one_rule_for_the_whole_bucket_does_for_all_folders() -> None:
    assert [rule["ID"] for rule in rules.missing(OF_NO_VERSIONS, [EVERYTHING])] == [UPLOADS]


def test_old_versions_may_have_a_rule_of_their_own() -> None:
    assert [rule["ID"] for rule in rules.missing(WANTED, [EVERYTHING, OLD_VERSIONS])] == [UPLOADS]


@pytest.mark.parametrize(
    "expiration", [{"NoncurrentDays": 30}, {"NoncurrentDays": 1, "NewerNoncurrentVersions": 3}], ids=str
)
def test_a_rule_that_keeps_old_versions_does_not_count(expiration: dict[str, int]) -> None:
    keeping = OLD_VERSIONS | {"NoncurrentVersionExpiration": expiration}

    assert rules.missing(WANTED, [EVERYTHING, keeping]) == WANTED


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
    assert rules.missing(OF_NO_VERSIONS, [EVERYTHING | change]) == OF_NO_VERSIONS


@pytest.mark.parametrize(
    ("change", "when"),
    [
        ({"Expiration": {"Days": 7}}, "after 7 days"),
        ({"Expiration": {"Days": 29}, "Filter": {"Prefix": "si"}}, "after 29 days"),
        ({"Expiration": {"Days": 1}, "Filter": {"Prefix": "site/videos/A"}}, "after 1 day"),
        ({"Expiration": {"Days": 1}, "Filter": {"ObjectSizeGreaterThan": 1}}, "after 1 day"),
        (
            {"Expiration": {"Days": 1}, "Filter": {"And": {"Prefix": "site/", "ObjectSizeLessThan": 9}}},
            "after 1 day",
        ),
        ({"Expiration": {"Date": datetime(2027, 1, 15, tzinfo=UTC)}}, "on 2027-01-15"),
        ({"Expiration": {"Days": 30}}, ""),
        ({"Expiration": {"Days": 365}}, ""),
        ({"Expiration": {"ExpiredObjectDeleteMarker": True}}, ""),
        ({"Expiration": {"Days": 7}, "Status": "Disabled"}, ""),
        ({"Expiration": {"Days": 7}, "Filter": {"Prefix": "logs/"}}, ""),
        ({"Expiration": {"Days": 7}, "Filter": {"Prefix": "site/stats/"}}, ""),
        ({"Expiration": {"Days": 7}, "Filter": {"Tag": {"Key": "a", "Value": "b"}}}, ""),
        ({"Expiration": {"Days": 7}, "Filter": {"And": {"Prefix": "", "Tags": []}}}, ""),
    ],
    ids=str,
)
def test_a_rule_that_deletes_too_early_is_named(change: dict[str, Any], when: str) -> None:
    named = {"the rule all": when} if when else {}

    assert rules.sooner("site/", 30, [EVERYTHING | change, *WANTED]) == named


def test_a_rule_of_the_first_form_of_lifecycles_may_be_too_early() -> None:
    first_form = {"Status": "Enabled", "Prefix": "site/", "Expiration": {"Days": 7}}

    assert rules.sooner("site/", 30, [first_form]) == {"an unnamed rule": "after 7 days"}


def test_other_rules_of_the_bucket_stay() -> None:
    other = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3}}
    outdated = WANTED[0] | {"Expiration": {"Days": 7}}

    assert rules.merged([other, outdated], WANTED) == [other, *WANTED]
