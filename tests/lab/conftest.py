"""What the parts of the fault lab share: a provider that renders nothing, and the tally of all cases."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import pytest

from support.real_worker import CLIP, Tally
from videogen import photo_process
from videogen.local.blackbox import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

# A cluster to install, and whole clones: `make lab` alone has them.
ONLY_IN_LAB = {"LAB_CEPH": "test_ceph.py", "LAB_SECONDS": "test_first_hour.py"}
collect_ignore = [name for variable, name in ONLY_IN_LAB.items() if not os.environ.get(variable)]
TALLY = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with Simulator(time_scale=0, render=lambda _: CLIP) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _each_photo_is_cleaned_once() -> Iterator[None]:
    """Keep what the process that cleans has made: most jobs of the lab have one and the same photo."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photo_process, "clean", cache(photo_process.clean))
        yield


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Tally:
    return request.config.stash.setdefault(TALLY, Tally())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if TALLY in config.stash:
        terminalreporter.write_line(config.stash[TALLY].summary())
