"""The site as `make dev` serves it, spoken to over HTTP."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import pytest

from support.dev_site import CANARY, STORY
from support.functions_under_test import data_uri, photo, start_body

if TYPE_CHECKING:
    from support.dev_site import DevSite

DEADLINE_SECONDS = 60.0


class Made(NamedTuple):
    """One job of this site, and how many videos were bought while it was made."""

    started: dict[str, Any]
    status: dict[str, Any]
    purchases: int


@pytest.fixture(scope="module")
def made(dev_site: DevSite) -> Made:
    """curl, with the requests that the first version documented."""
    request = {"photos": [{"name": "lake.jpg", "data": data_uri(photo())}], "prompt": "slow pan"}
    before = len(dev_site.ledger())

    started = curl(f"{dev_site.url}/api/start-video", "--json", json.dumps(request))
    deadline = time.monotonic() + DEADLINE_SECONDS
    status: dict[str, Any] = {}
    while status.get("status") not in {"completed", "failed"} and time.monotonic() < deadline:
        time.sleep(1)
        status = curl(f"{dev_site.url}/api/check-video-status?jobId={started['jobId']}")
    return Made(started, status, len(dev_site.ledger()) - before)


def curl(*arguments: str) -> dict[str, Any]:
    answer = subprocess.run(["curl", "-s", *arguments], capture_output=True, check=True).stdout
    parsed: dict[str, Any] = json.loads(answer)
    return parsed


def test_a_client_of_the_first_version_needs_only_the_new_paths(made: Made) -> None:
    started, status, _ = made

    assert started["success"] is True
    first_version = {
        "jobId",
        "status",
        "videoUrl",
        "error",
        "prompt",
        "photosCount",
        "createdAt",
        "completedAt",
    }
    assert first_version <= status.keys()
    assert (status["jobId"], status["status"], status["error"]) == (started["jobId"], "completed", None)
    assert (status["prompt"], status["photosCount"]) == ("slow pan", 1)
    assert httpx.get(status["videoUrl"], timeout=30).content[4:8] == b"ftyp"


def test_one_job_can_be_followed_through_the_log_by_its_id(dev_site: DevSite, made: Made) -> None:
    story = [line["action"] for line in dev_site.log_lines() if line.get("jobId") == made.started["jobId"]]

    assert sorted(story) == sorted(STORY)
    assert story.index("job.claimed") < story.index("blackbox.called") < story.index("job.completed")


def test_one_start_is_one_purchase(made: Made) -> None:
    assert made.purchases == 1


def test_an_unsigned_call_of_the_worker_gets_202_and_is_refused_in_the_log(dev_site: DevSite) -> None:
    def refused() -> int:
        return sum(line["action"] == "worker.refused" for line in dev_site.log_lines())

    before, bought = refused(), len(dev_site.ledger())

    answer = httpx.post(
        f"{dev_site.url}/.netlify/functions/generate-video-background", json={"jobId": "A" * 22}, timeout=30
    )
    deadline = time.monotonic() + DEADLINE_SECONDS
    while refused() == before and time.monotonic() < deadline:
        time.sleep(0.2)

    assert (answer.status_code, answer.content) == (202, b"")
    assert (refused() - before, len(dev_site.ledger()) - bought) == (1, 0)


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid_input"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b'{"prompt":"' + b"x" * 5_600_000 + b'"}', "application/json", 413, "too_large"),
        (
            json.dumps(start_body(photos=[{"data": data_uri(b"GIF89a" + bytes(50))}])).encode(),
            "application/json",
            415,
            "unsupported_photo",
        ),
    ],
)
def test_bad_input_is_a_problem_through_the_whole_stack(
    dev_site: DevSite, content: bytes, content_type: str, status: int, code: str
) -> None:
    answer = httpx.post(
        f"{dev_site.url}/api/start-video", content=content, headers={"Content-Type": content_type}, timeout=30
    )

    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (problem["status"], problem["code"], problem["success"]) == (status, code, False)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]
    assert answer.headers["server-timing"].startswith("python;dur=")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/start-video", "POST"),
        ("POST", "/api/check-video-status", "GET"),
        ("PUT", "/api/cancel-video", "POST"),
    ],
)
def test_a_wrong_method_is_405(dev_site: DevSite, method: str, path: str, allowed: str) -> None:
    answer = httpx.request(method, dev_site.url + path)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_the_page_is_served_with_its_policy(dev_site: DevSite) -> None:
    answer = httpx.get(dev_site.url, timeout=30)

    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert re.search(r"media-src 'self' blob: http://127\.0\.0\.1:\d+;", policy)
    assert httpx.get(f"{dev_site.url}/config.json", timeout=30).json()["simulated"] is True


def test_nothing_generated_lies_in_the_published_folder(dev_site: DevSite) -> None:
    assert httpx.get(f"{dev_site.url}/config.json", timeout=30).status_code == 200
    assert not (dev_site.folder / "public/config.json").exists()


def test_the_key_in_dotenv_is_neither_used_nor_shown(dev_site: DevSite) -> None:
    lines = dev_site.output().splitlines()
    said = "==> BLACKBOX_API_KEY and S3_BUCKET are set and not used: make dev REAL=1 uses what is set"
    assert [line for line in lines if line.startswith(said)] == [f"{said}, and spends money"]
    assert CANARY not in dev_site.output()
    assert (
        httpx.get(
            f"{dev_site.url}/api/check-video-status", params={"jobId": "A" * 22}, timeout=30
        ).status_code
        == 404
    )


def test_what_serves_stands_below_the_cli_s_box(dev_site: DevSite) -> None:
    before, _, after = dev_site.output().partition("Local dev server ready")

    for part in (before, after):
        assert re.search(r"^Blackbox: simulator$", part, re.MULTILINE)
    assert "configuration property" not in before


def test_a_foreign_host_gets_403_and_buys_nothing(dev_site: DevSite) -> None:
    """Which hosts are foreign is for tests/bridge/loopback.test.mjs."""
    host = "localhost.rebind.example"
    before = len(dev_site.ledger())
    port = dev_site.url.rpartition(":")[2]

    answer = httpx.post(
        f"{dev_site.url}/api/start-video",
        json=start_body(),
        headers={"Host": f"{host}:{port}", "Origin": f"http://{host}:{port}"},
        timeout=30,
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_host")
    assert len(dev_site.ledger()) == before


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="sockets are found through Linux's /proc")
def test_all_that_listens_listens_on_loopback(dev_site: DevSite) -> None:
    assert set(dev_site.listening()) == {"127.0.0.1"}
