"""The real site under the real CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.dev_site import DevSite


@pytest.fixture(scope="session")
def site(dev_site: DevSite) -> DevSite:
    return dev_site
