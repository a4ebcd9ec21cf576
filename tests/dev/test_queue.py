"""`make dev QUEUE=1`: a job goes through SQS to `videogen worker`, and the page's functions see it."""

from __future__ import annotations

import json
import os
import urllib.request
from typing import TYPE_CHECKING

from support.dev_site import DevSite
from support.functions_under_test import start_body

if TYPE_CHECKING:
    from pathlib import Path


def test_a_job_goes_through_the_queue_to_its_video(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "QUEUE": "1"}
    with DevSite(tmp_path / "dev", environ=environ, simulator_delay=1.0) as site:
        request = urllib.request.Request(
            f"{site.url}/api/start-video",
            json.dumps(start_body()).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            job_id = json.load(answer)["jobId"]
        view = site.wait_for_end(job_id)
        with urllib.request.urlopen(view["videoUrl"], timeout=30) as video:
            head = video.read(12)
        called = [line for line in site.log_lines() if line["action"] == "worker.called"]
        ledger = site.ledger()

    assert (view["status"], head[4:8], len(ledger)) == ("completed", b"ftyp", 1)
    assert [(line["jobId"], line["answer"]) for line in called] == [(job_id, "queued")]
    assert "Queue: SQS stand-in, with `videogen worker` beside it" in site.output()
