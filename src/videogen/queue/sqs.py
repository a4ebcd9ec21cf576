"""A queue of Amazon SQS: messages that hold a job's id and nothing else.

The bucket stays the truth and a message is a hint, so duplicates, reorderings, losses and old messages are
harmless. Requests go through botocore's signer and its connections, as those to the bucket do: a client of
boto3 takes longer to make than all else that start-video does.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from videogen.errors import QueueRefused, QueueUnavailable
from videogen.objects import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from videogen.settings import QueueSettings

CONNECT_SECONDS = 2
READ_SECONDS = 5
LONGEST_POLL = 20
"""Seconds that SQS holds an empty answer back at most."""
MOST_MESSAGES = 10
"""Messages in one answer at most."""
FIFO = ".fifo"
_TRANSIENT = frozenset({408, 425, 429})
_DIGITS = re.compile(r"[0-9]{1,18}")
_THROTTLED = ("Throttl", "OverLimit", "RequestLimitExceeded", "SlowDown")


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was received: nobody else gets it before its visibility timeout is over.

    `receives` counts how often it was handed out, `sent_at` is in seconds since 1970; both 0 where the queue
    does not say. `receipt` is what the other calls take.
    """

    body: str = field(repr=False)
    receipt: str = field(repr=False)
    receives: int = 0
    sent_at: float = 0.0


class Queue(Protocol):
    """What a site needs of a queue. Every method raises QueueUnavailable and QueueRefused."""

    def send(self, job_id: str, attempt: int = 0) -> None:
        """Send a job's id; returns once the queue has it. A poll's attempt, from 1 on, is a new message."""

    def receive(self, most: int, *, wait: int, visibility: int) -> list[Message]:
        """Wait so many seconds for messages and return up to `most`, hidden for `visibility` seconds."""

    def extend(self, receipt: str, seconds: int) -> None:
        """Hide a message for so many seconds from now; 0 gives it back at once."""

    def delete(self, receipt: str) -> None:
        """Delete a message that is done with."""


class SqsQueue:
    """A queue by its URL, standard or FIFO."""

    def __init__(self, settings: QueueSettings, *, read_seconds: float = READ_SECONDS) -> None:
        parts = urlsplit(settings.url)
        self._url = settings.url
        self._endpoint = f"{parts.scheme}://{parts.netloc}/"
        self._is_fifo = settings.url.endswith(FIFO)
        self._region = settings.region
        self._credentials: Any = Credentials(
            settings.access_key_id.reveal(), settings.secret_access_key.reveal()
        )
        connections: Any = URLLib3Session
        self._http: URLLib3Session = connections(
            timeout=(CONNECT_SECONDS, read_seconds), max_pool_connections=MOST_MESSAGES
        )

    def send(self, job_id: str, attempt: int = 0) -> None:
        """Send a job's id; returns once the queue has it. A poll's attempt, from 1 on, is a new message."""
        message: dict[str, Any] = {"MessageBody": json.dumps({"jobId": job_id})}
        if self._is_fifo:
            # Jobs wait for nothing but their own kind; a repeated start within 5 minutes is one message.
            message |= {"MessageGroupId": job_id, "MessageDeduplicationId": f"{job_id}-{attempt}"}
        self._call("SendMessage", message)

    def receive(self, most: int, *, wait: int, visibility: int) -> list[Message]:
        """Wait so many seconds for messages and return up to `most`, hidden for `visibility` seconds."""
        answer = self._call(
            "ReceiveMessage",
            {
                "MaxNumberOfMessages": min(most, MOST_MESSAGES),
                "WaitTimeSeconds": min(wait, LONGEST_POLL),
                "VisibilityTimeout": visibility,
                # The first name is for servers that know the older request alone.
                "AttributeNames": ["ApproximateReceiveCount", "SentTimestamp"],
                "MessageSystemAttributeNames": ["ApproximateReceiveCount", "SentTimestamp"],
            },
        )
        found = answer.get("Messages")
        return [_message(each) for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def extend(self, receipt: str, seconds: int) -> None:
        """Hide a message for so many seconds from now; 0 gives it back at once."""
        self._call("ChangeMessageVisibility", {"ReceiptHandle": receipt, "VisibilityTimeout": seconds})

    def delete(self, receipt: str) -> None:
        """Delete a message that is done with."""
        self._call("DeleteMessage", {"ReceiptHandle": receipt})

    def create(self, name: str, attributes: Mapping[str, str]) -> str:
        """Create a queue, or find the one that has these attributes; return its URL."""
        return str(
            self._call("CreateQueue", {"QueueName": name, "Attributes": attributes}, url="")["QueueUrl"]
        )

    def attributes(self, url: str | None = None) -> dict[str, str]:
        """Return the attributes of this queue, or of another one of the account."""
        answer = self._call("GetQueueAttributes", {"AttributeNames": ["All"]}, url=url)
        found = answer.get("Attributes")
        return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}

    def url_of(self, arn: str) -> str:
        """Return the URL of a queue by its ARN; one of the same account and region."""
        answer = self._call("GetQueueUrl", {"QueueName": arn.rsplit(":", 1)[-1]}, url="")
        return str(answer.get("QueueUrl", ""))

    def _call(self, action: str, fields: Mapping[str, Any], *, url: str | None = None) -> dict[str, Any]:
        queue = self._url if url is None else url
        body = json.dumps({**({"QueueUrl": queue} if queue else {}), **fields}).encode()
        request = AWSRequest(
            "POST",
            self._endpoint,
            {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{action}"},
            body,
        )
        try:
            SigV4Auth(self._credentials, "sqs", self._region).add_auth(request)
            answer = self._http.send(request.prepare())
        except (BotoCoreError, OSError) as error:
            raise QueueUnavailable(f"the queue could not be reached ({type(error).__name__})") from None
        found = _json(answer.content)
        if answer.status_code == HTTPStatus.OK:
            if found is None:
                raise QueueUnavailable("the queue's address answers, but not as SQS does")
            return found
        code = str((found or {}).get("__type", "")).rsplit("#", 1)[-1][:60]
        text = f"the queue answered {answer.status_code} {code}".rstrip()
        is_final = (
            HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            and answer.status_code not in _TRANSIENT
            and not any(word in code for word in _THROTTLED)
        )
        raise QueueRefused(text) if is_final else QueueUnavailable(text)


def _json(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _message(found: Mapping[str, Any]) -> Message:
    attributes = found.get("Attributes")
    numbers = attributes if isinstance(attributes, dict) else {}
    return Message(
        body=str(found.get("Body", "")),
        receipt=str(found.get("ReceiptHandle", "")),
        receives=int(_number(numbers.get("ApproximateReceiveCount"))),
        sent_at=_number(numbers.get("SentTimestamp")) / 1000,
    )


def _number(text: object) -> float:
    return float(text) if isinstance(text, str) and _DIGITS.fullmatch(text) else 0.0
