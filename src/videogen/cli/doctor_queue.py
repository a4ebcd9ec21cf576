"""What `videogen doctor` says of the queue: whether it answers, keeps messages, and parks bad ones.

SQS tells no age of a message but to CloudWatch, so the numbers of messages stand here.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from videogen.cli.findings import Failed, Finding
from videogen.errors import QueueError, QueueRefused
from videogen.queue.sqs import SqsQueue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from videogen.settings import QueueSettings

ABOUT = "queue"
DAY = 24 * 60 * 60


def examine(settings: QueueSettings) -> Iterator[Finding]:
    """Yield what is found about the queue, the answer first; raises Failed where there is none."""
    queue = SqsQueue(settings)
    try:
        attributes = queue.attributes()
    except QueueRefused as error:
        raise Failed(
            ABOUT,
            error.detail,
            "correct VIDEOGEN_QUEUE_URL and VIDEOGEN_QUEUE_REGION, or allow its user sqs:GetQueueAttributes",
        ) from None
    except QueueError as error:
        raise Failed(ABOUT, error.detail, "correct VIDEOGEN_QUEUE_URL; is this machine online?") from None
    waiting, running = _count(attributes, ""), _count(attributes, "NotVisible")
    yield Finding("ok", ABOUT, f"answers; {waiting} messages wait, {running} are being worked on")
    kept = int(attributes.get("MessageRetentionPeriod") or 0)
    if 0 < kept < DAY:
        yield Finding(
            "warning",
            ABOUT,
            f"it forgets messages after {kept} s",
            "set its MessageRetentionPeriod to a day or more: what it forgets is never made",
        )
    yield from _dead_letters(queue, attributes)


def _dead_letters(queue: SqsQueue, attributes: Mapping[str, str]) -> Iterator[Finding]:
    about = "dead letters"
    try:
        policy = json.loads(attributes.get("RedrivePolicy") or "{}")
        arn, receives = str(policy["deadLetterTargetArn"]), int(policy["maxReceiveCount"])
    except (ValueError, KeyError, TypeError):
        yield Finding(
            "warning",
            about,
            "the queue has none: a message that fails comes again and again",
            "give it a redrive policy with maxReceiveCount 3 (docs/worker.md)",
        )
        return
    try:
        count = _count(queue.attributes(queue.url_of(arn)), "")
    except QueueError as error:
        yield Finding("warning", about, error.detail, "allow its user to read the dead-letter queue too")
        return
    if count:
        yield Finding(
            "warning",
            about,
            f"{count} messages could not be worked on after {receives} tries",
            "videogen show JOB says what became of each; then purge or redrive the dead-letter queue",
        )
    else:
        yield Finding("ok", about, f"none; a message is parked after {receives} tries")


def _count(attributes: Mapping[str, str], kind: str) -> int:
    text = attributes.get(f"ApproximateNumberOfMessages{kind}", "")
    return int(text) if text.isdecimal() else 0
