"""Lighthouse's scores of the page, as Netlify serves it: on a phone and on a desktop, the form and a video.

For `make lab` alone, which installs Lighthouse. The site is `netlify dev` behind what Netlify's edge adds:
over HTTP/1.1 and uncompressed, a phone's simulated network would be slower than a visitor's.
"""

from __future__ import annotations

import json
import os
import subprocess
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from support.certificates import loopback_tls
from support.page_under_test import ROOT, chromium_path, expect_video, generate, visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Playwright

    from support.dev_site import DevSite

LIGHTHOUSE = ROOT / "tests/lab/node_modules/lighthouse/cli/index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LEAST = 0.95
RUNS = 3
"""How many there are of each: the performance is a measurement, so that its median counts."""
CHROME_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--ignore-certificate-errors",  # the test's own authority
    "--host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'",
)
DEVICES = {"phone": [], "desktop": ["--preset=desktop"]}

Report = dict[str, Any]


@pytest.fixture(scope="module")
def addresses(
    dev_site: DevSite, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Make a video; yield the page's addresses behind Netlify's edge, by what they show."""
    with browser.new_context(locale="en-GB") as context:
        page = visit(context, dev_site.url)
        generate(page)
        expect_video(page)
        link = page.url.removeprefix(dev_site.url)
        video = urlsplit(str(page.get_by_role("article").locator("video").get_attribute("src")))
    folder = tmp_path_factory.mktemp("edge")
    loopback_tls(folder)
    command = [
        *("node", str(ROOT / "tests/support/edge_server.mjs"), str(folder / "server.pem"), dev_site.url),
        f"{video.scheme}://{video.netloc}",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        edge = f"https://localhost:{int(server.stdout.readline())}"
        yield {"form": f"{edge}/", "video": f"{edge}{link}"}
        server.stdin.close()


@pytest.fixture
def run_lighthouse(playwright: Playwright, tmp_path: Path) -> Callable[..., Report]:
    """Return a function that runs Lighthouse once, without its reports to Google."""

    def run(url: str, *options: str) -> Report:
        report = tmp_path / "report.json"
        command = [
            *("node", str(LIGHTHOUSE), url, "--quiet", "--no-enable-error-reporting"),
            *("--output=json", f"--output-path={report}", f"--only-categories={','.join(CATEGORIES)}"),
            *(f"--chrome-flags={' '.join(CHROME_FLAGS)}", *options),
        ]
        subprocess.run(
            command, check=True, env={**os.environ, "CHROME_PATH": chromium_path(playwright)}, timeout=180
        )
        found: Report = json.loads(report.read_text(encoding="utf-8"))
        return found

    return run


def failing(report: Report, category: str) -> list[str]:
    """Return the audits that take points from a category, with what Lighthouse measured."""
    audits = ((ref, report["audits"][ref["id"]]) for ref in report["categories"][category]["auditRefs"])
    return [
        f"{audit['id']} {audit['score']} {audit.get('displayValue', '')}".rstrip()
        for ref, audit in audits
        if ref["weight"] and audit["score"] is not None and audit["score"] < LEAST
    ]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("shown", ["form", "video"])
def test_lighthouse_gives_95_or_more_in_each_category(
    addresses: dict[str, str], run_lighthouse: Callable[..., Report], shown: str, device: str
) -> None:
    reports = [run_lighthouse(addresses[shown], *DEVICES[device]) for _ in range(RUNS)]
    assert [report.get("runtimeError") for report in reports] == [None] * RUNS

    scores = {name: median(report["categories"][name]["score"] for report in reports) for name in CATEGORIES}
    power = [round(report["environment"]["benchmarkIndex"]) for report in reports]
    told = f"Lighthouse, {shown} on a {device}: {scores}; benchmarkIndex {power}"
    print(f"\n{told}, load {os.getloadavg()[0]:.1f}")  # noqa: T201 - what one runs it for
    assert {
        name: [failing(report, name) for report in reports] for name in CATEGORIES if scores[name] < LEAST
    } == {}
