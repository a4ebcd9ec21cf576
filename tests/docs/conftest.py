"""A site over HTTP for the pages that tell what one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.served_site import ServedSite, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from videogen.local.blackbox import Simulator
    from videogen.local.s3 import S3Server


@pytest.fixture
def environ(s3_server: S3Server, simulator: Simulator, request: pytest.FixtureRequest) -> dict[str, str]:
    return environment(s3_server, simulator, request.node.nodeid)


@pytest.fixture
def site(environ: dict[str, str]) -> Iterator[ServedSite]:
    with ServedSite(environ) as served:
        yield served
