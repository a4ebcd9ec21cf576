"""What the tests of the queue share: an SQS server with an empty queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from videogen.local.sqs import SqsServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sqs() -> Iterator[SqsServer]:
    with SqsServer() as server:
        yield server
