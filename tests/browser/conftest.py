"""The real site and a real browser, shared by the browser tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dev_site import DevSite

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevSite]:
    with DevSite(tmp_path_factory.mktemp("dev"), environ=os.environ) as running:
        yield running
