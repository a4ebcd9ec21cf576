"""What the tests of the stand-ins share: a simulator that renders nothing, and a client of it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from videogen.local.blackbox import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx


@pytest.fixture
def clip() -> bytes:
    return b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1" + bytes(range(256)) * 8


@pytest.fixture
def photo() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (160, 90), (200, 30, 40)).save(output, "JPEG")
    return output.getvalue()


@pytest.fixture
def simulator(clip: bytes) -> Iterator[Simulator]:
    with Simulator(time_scale=0, render=lambda _: clip) as simulator:
        yield simulator


@pytest.fixture
def buy(http: httpx.Client, simulator: Simulator) -> Callable[..., httpx.Response]:
    """POST a message's content, or other fields of the body."""

    def post(
        content: object = "a lake",
        *,
        of: Simulator = simulator,
        key: str = "Bearer key",
        path: str = "/chat/completions",
        timeout: float = 5,
        **fields: Any,
    ) -> httpx.Response:
        body = {"model": "blackboxai/google/veo-3-fast", "messages": [{"role": "user", "content": content}]}
        headers = {"Authorization": key} if key else {}
        return http.post(of.url + path, json=body | fields, headers=headers, timeout=timeout)

    return post
