"""How start-video hands a job over to a queue: one message, which SQS delivers until it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videogen import log
from videogen.errors import QueueRefused, QueueUnavailable
from videogen.service import DispatchResult

if TYPE_CHECKING:
    from videogen.queue.sqs import Queue


class QueueDispatch:
    """Sends a job's id; see `videogen.service.Dispatch`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def __call__(self, job_id: str, attempt: int) -> DispatchResult:
        """Send the message. Whether one that got no answer is in the queue is unclear: it may come twice."""
        result, answer = DispatchResult.REACHED, "queued"
        try:
            self._queue.send(job_id, attempt)
        except QueueRefused as error:
            result, answer = DispatchResult.REFUSED, error.detail
        except QueueUnavailable as error:
            result, answer = DispatchResult.UNCLEAR, error.detail
        write = log.info if result is DispatchResult.REACHED else log.error
        write("worker.called", jobId=job_id, attempt=attempt, result=result.name.lower(), answer=answer)
        return result
