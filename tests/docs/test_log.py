"""The log that docs/log.md reads is the one that a job really leaves."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from support.markdown_pages import Block, blocks

if TYPE_CHECKING:
    from support.served_site import ServedSite

STORIES = [block for block in blocks("json") if block.rest.startswith("prompt=")]
RANKS = ["info", "warning", "error"]
OWN = {"requestId": str, "jobId": str, "durationMs": float, "bytes": int}
"""What differs from run to run, and its type."""


def test_there_are_a_healthy_story_and_three_sick_ones() -> None:
    levels = [worst(block.text.splitlines()) for block in STORIES]

    assert levels == ["info", "warning", "error", "error"]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.rest)
def test_each_story_happens_again(story: Block, site: ServedSite, caplog: pytest.LogCaptureFixture) -> None:
    prompt = story.rest.removeprefix('prompt="').removesuffix('"')
    with caplog.at_level(logging.INFO, logger="videogen"):
        job_id = site.make(prompt)
    written = [record.getMessage() for record in caplog.records if job_id in record.getMessage()]

    assert list(map(shape, written)) == list(map(shape, story.text.splitlines()))


def shape(line: str) -> dict[str, Any]:
    """Return a line with the types of what differs from run to run."""
    return {
        name: OWN[name].__name__ if isinstance(value, OWN.get(name, ())) else value
        for name, value in json.loads(line).items()
    }


def worst(lines: list[str]) -> str:
    levels: list[str] = [json.loads(line)["level"] for line in lines]
    return max(levels, key=RANKS.index)
