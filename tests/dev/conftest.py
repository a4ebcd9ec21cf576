"""The real site under the real CLI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dev import OF_ACCOUNTS
from support.dev_site import CANARY, DevSite

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevSite]:
    """A site whose `.env` holds a key and a bucket that must not be used."""
    environ = {name: value for name, value in os.environ.items() if name not in OF_ACCOUNTS}
    running = DevSite(tmp_path_factory.mktemp("dev"), environ=environ, simulator_delay=1.0).copy()
    (running.folder / ".env").write_text(f"BLACKBOX_API_KEY={CANARY}\nS3_BUCKET={CANARY}\n")
    with running:
        yield running
