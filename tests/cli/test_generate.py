"""`videogen generate` is the page for the terminal: it buys once, waits, downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from videogen.cli import terminal_page

if TYPE_CHECKING:
    from pathlib import Path

    from served_site import ServedSite
    from terminal import Operator
    from videogen.local.blackbox import Simulator


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask more often than the page would."""
    monkeypatch.setattr(terminal_page.time, "sleep", lambda _: None)


def test_a_photo_becomes_a_file(videogen: Operator, site: ServedSite, lake: Path) -> None:
    ran = videogen("generate", str(lake), "slow pan", "--site", site.url, "--output", "lake.mp4", "--json")

    assert ran.code == 0, ran.err
    video = (videogen.folder / "lake.mp4").read_bytes()
    assert video[4:8] == b"ftyp"
    assert ran.json["status"] == "completed"
    assert ran.json["file"] == "lake.mp4"
