"""A site of its own for each test, as in tests/functions."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from site_under_test import SIGNING_SECRET, SiteUnderTest, make_site

if TYPE_CHECKING:
    from videogen.local.blackbox import Simulator
    from videogen.local.s3 import S3Server


@pytest.fixture
def site(s3_server: S3Server, simulator: Simulator, request: pytest.FixtureRequest) -> SiteUnderTest:
    environ = {
        **s3_server.environment,
        "S3_PREFIX": hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16],
        "VIDEOGEN_DAILY_LIMIT": "0",
        "VIDEOGEN_SIGNING_SECRET": SIGNING_SECRET,
        "BLACKBOX_API_KEY": "simulator",
        "BLACKBOX_BASE_URL": simulator.url,
        "VIDEOGEN_VIDEO_HOSTS": simulator.url,
    }
    return make_site(environ, s3_server, simulator)
