"""`netlify dev` typed by hand, in a clone whose virtual environment holds requirements.txt and no more."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import httpx
import pytest

from support.dev_site import ROOT, DevSite, make_venv
from support.functions_under_test import SIGNING_SECRET, start_body

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from videogen.local.blackbox import Simulator
    from videogen.local.s3 import S3Server


def fresh_clone(folder: Path, variables: Mapping[str, str]) -> DevSite:
    """Return a clone with `.env`; a `deno` on PATH spares the CLI fetching its own."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "deno").write_text("#!/bin/sh\necho deno 2.4.4\n")
    (programs / "deno").chmod(0o755)
    path = os.pathsep.join((str(programs), str(ROOT / "node_modules/.bin"), os.environ["PATH"]))
    ours = ("BLACKBOX_", "S3_", "VIDEOGEN_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    site = DevSite(folder, environ=environ | {"PATH": path}, typed=["netlify", "dev"]).copy()
    (site.folder / ".venv").unlink()
    make_venv(site.folder / ".venv", "requirements.txt")
    (site.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return site


def test_plain_netlify_dev_serves_key_and_bucket(
    tmp_path: Path, s3_server: S3Server, simulator: Simulator
) -> None:
    variables = {
        **s3_server.environment,
        "BLACKBOX_API_KEY": "simulator",
        "BLACKBOX_BASE_URL": simulator.url,
        "VIDEOGEN_VIDEO_HOSTS": simulator.url,
        "VIDEOGEN_SIGNING_SECRET": SIGNING_SECRET,
    }
    with fresh_clone(tmp_path, variables) as site:
        page = httpx.get(site.url, timeout=30)
        started = httpx.post(f"{site.url}/api/start-video", json=start_body(), timeout=30)
        ended = site.wait_for_end(started.json()["jobId"])

    assert (page.status_code, started.status_code, ended["status"]) == (200, 202, "completed")
    assert "Blackbox: REAL, spends money" in site.output()


def test_plain_netlify_dev_names_the_missing_lock(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="did not start"), fresh_clone(tmp_path, {}) as site:
        pytest.fail(f"it serves:\n{site.output()}")

    printed = (tmp_path / "netlify-dev.log").read_text()
    assert re.search(r"^.*pip install -r locks/local\.txt, or set BLACKBOX_API_KEY$", printed, re.MULTILINE)
    assert "Traceback" not in printed
