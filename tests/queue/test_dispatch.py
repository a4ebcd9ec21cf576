"""What start-video knows after it has sent a job to the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from videogen.errors import QueueRefused, QueueUnavailable
from videogen.queue.dispatch import QueueDispatch
from videogen.service import DispatchResult

if TYPE_CHECKING:
    from videogen.local.sqs import SqsServer

JOB_ID = "AAAAAAAAAAAAAAAAAAAAAA"


def test_a_queued_message_is_reached(sqs: SqsServer) -> None:
    assert QueueDispatch(sqs.queue())(JOB_ID, 0) is DispatchResult.REACHED
    assert len(sqs.queue().receive(10, wait=0, visibility=0)) == 1


@pytest.mark.parametrize(
    ("error", "result"),
    [(QueueRefused(), DispatchResult.REFUSED), (QueueUnavailable(), DispatchResult.UNCLEAR)],
)
def test_a_failed_message_is_refused_or_unclear(
    sqs: SqsServer, monkeypatch: pytest.MonkeyPatch, error: Exception, result: DispatchResult
) -> None:
    queue = sqs.queue()

    def fail(_job_id: str, _attempt: int) -> None:
        raise error

    monkeypatch.setattr(queue, "send", fail)
    assert QueueDispatch(queue)(JOB_ID, 0) is result
