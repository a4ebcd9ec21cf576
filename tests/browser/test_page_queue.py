"""`make dev QUEUE=1`: from the page through SQS and `videogen worker` to a video that plays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.dev_site import DevSite
from support.page_under_test import expect_video, generate

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page


def test_a_job_goes_through_the_queue_to_its_playing_video(tmp_path: Path, page: Page) -> None:
    environ = {"PATH": os.environ["PATH"], "QUEUE": "1"}
    with DevSite(tmp_path / "dev", environ=environ) as site:
        page.goto(site.url)
        generate(page)
        expect_video(page)
        page.wait_for_function("() => document.querySelector('article video').currentTime > 0.3")
        called = [line["answer"] for line in site.log_lines() if line["action"] == "worker.called"]
        bought = len(site.ledger())

    assert (called, bought) == (["queued"], 1)
    assert "Queue: SQS stand-in, with `videogen worker` beside it" in site.output()
