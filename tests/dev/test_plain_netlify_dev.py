"""`netlify dev` typed by hand, in a clone whose virtual environment holds requirements.txt and no more."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import httpx
import pytest

from support.dev_site import ROOT, STORY, DevSite, make_venv
from support.functions_under_test import photo
from support.markdown_pages import blocks
from support.served_site import environment
from support.terminal import Operator

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


def test_all_is_green_and_a_video_s_id_alone_finds_its_story(
    tmp_path: Path,
    s3_server: S3Server,
    simulator: Simulator,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    variables = environment(s3_server, simulator, request.node.nodeid)
    site = fresh_clone(tmp_path, variables)
    # The function that docs/contributing.md adds.
    for language, name in (
        ("python", "src/videogen/functions/greet.py"),
        ("js", "netlify/functions/greet.mjs"),
    ):
        (block,) = [one for one in blocks(language) if one.page == "docs/contributing.md"]
        (site.folder / name).write_text(block.text)
    lake = tmp_path / "lake.jpg"
    lake.write_bytes(photo())
    monkeypatch.chdir(tmp_path)  # into which the video comes
    videogen = Operator(variables, tmp_path)
    with site:
        page = httpx.get(site.url, timeout=30)
        greeting = httpx.get(f"{site.url}/api/greet?name=lake", timeout=30)
        doctor = videogen("doctor", "--site", site.url, "--json")
        made = videogen("generate", str(lake), "slow pan", "--site", site.url, "--json")

    assert (page.status_code, greeting.status_code, greeting.json()) == (200, 200, {"hello": "lake"})
    assert "Blackbox: REAL, spends money" in site.output()
    assert [finding for finding in doctor.json if finding["level"] != "ok"] == []
    assert made.code == 0, made.err
    job_id = made.json["jobId"]
    assert [line["action"] for line in site.log_lines() if line.get("jobId") == job_id] == STORY


def test_plain_netlify_dev_names_the_missing_lock(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="did not start"), fresh_clone(tmp_path, {}) as site:
        pytest.fail(f"it serves:\n{site.output()}")

    printed = (tmp_path / "netlify-dev.log").read_text()
    assert re.search(r"^.*pip install -r locks/local\.txt, or set BLACKBOX_API_KEY$", printed, re.MULTILINE)
    assert "Traceback" not in printed
