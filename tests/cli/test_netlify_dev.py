"""The command on the real `netlify dev`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import httpx

from support.dev_site import DevSite
from support.markdown_pages import blocks

if TYPE_CHECKING:
    from pathlib import Path

    from support.terminal import Operator


def test_all_is_green_a_video_is_made_and_its_id_alone_finds_its_story(
    videogen: Operator, lake: Path, tmp_path: Path
) -> None:
    dev = DevSite(tmp_path / "dev", environ=os.environ | videogen.environ | {"REAL": "1"}).copy()
    # The function that docs/contributing.md adds.
    for language, name in (
        ("python", "src/videogen/functions/greet.py"),
        ("js", "netlify/functions/greet.mjs"),
    ):
        (block,) = [one for one in blocks(language) if one.page == "docs/contributing.md"]
        (dev.folder / name).write_text(block.text)
    with dev:
        greeting = httpx.get(f"{dev.url}/api/greet?name=lake", trust_env=False)
        doctor = videogen("doctor", "--site", dev.url, "--json")
        made = videogen("generate", str(lake), "slow pan", "--site", dev.url, "--json")
    assert (greeting.status_code, greeting.json()) == (200, {"hello": "lake"})
    assert {finding["level"] for finding in doctor.json} == {"ok"}
    assert made.code == 0, made.err
    job_id = made.json["jobId"]

    story = [line["action"] for line in dev.log_lines() if line.get("jobId") == job_id]

    assert story == [
        "job.created",
        "worker.called",
        "job.claimed",
        "blackbox.called",
        "blackbox.answered",
        "video.saved",
        "job.completed",
    ]
