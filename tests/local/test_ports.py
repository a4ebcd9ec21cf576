"""Ports for the stand-ins: free ones, all different, and none that a connection may take meanwhile."""

from __future__ import annotations

import random
import socket
from typing import TYPE_CHECKING

import pytest

from videogen.local import ports

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["127.0.0.1", "::1"])
def listening(request: pytest.FixtureRequest) -> Iterator[int]:
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.create_server((request.param, 0), family=family) as server:
        yield server.getsockname()[1]


def test_a_port_on_which_somebody_listens_is_left_out(
    listening: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    [free, another] = ports.free_ports(2)
    chosen = iter((listening, free, free, another))
    monkeypatch.setattr(random, "choice", lambda _: next(chosen))

    assert ports.free_ports(2) == [free, another]
    assert {free, another} <= set(ports.CHOSEN)
