"""A site over HTTP, and the command as its operator types it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.functions_under_test import photo
from support.served_site import ServedSite, environment
from support.terminal import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from videogen.local.blackbox import Simulator
    from videogen.local.s3 import S3Server


@pytest.fixture
def environ(s3_server: S3Server, simulator: Simulator, request: pytest.FixtureRequest) -> dict[str, str]:
    return environment(s3_server, simulator, request.node.nodeid)


@pytest.fixture
def site(environ: dict[str, str]) -> Iterator[ServedSite]:
    with ServedSite(environ) as served:
        yield served


@pytest.fixture
def videogen(environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.chdir(tmp_path)
    return Operator(environ, tmp_path)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    path = tmp_path / "lake.jpg"
    path.write_bytes(photo())
    return path
