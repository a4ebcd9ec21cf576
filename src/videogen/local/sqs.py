"""An SQS server on loopback: moto's, with one empty queue and its dead letters.

moto checks no signature. Its queues live in this process' memory and are shared by all servers of the
process, so each server makes queues of its own.
"""

from __future__ import annotations

import json
import secrets
from typing import Self

from videogen.local.s3 import MotoServer
from videogen.queue.sqs import SqsQueue
from videogen.settings import QueueSettings, Secret

REGION = "us-east-1"
RECEIVES = 3


class SqsServer(MotoServer):
    """A moto SQS server; its queue exists from `with` on and is empty."""

    def __init__(self) -> None:
        super().__init__("sqs")
        self.queue_url = ""
        self.dead_letters_url = ""

    @property
    def environment(self) -> dict[str, str]:
        """The settings that lead the project to the queue."""
        return {"VIDEOGEN_QUEUE_URL": self.queue_url, "VIDEOGEN_QUEUE_REGION": REGION}

    def settings(self, url: str | None = None) -> QueueSettings:
        """Return the settings that lead to the queue, or to another one of this server."""
        return QueueSettings(url or self.queue_url, REGION, Secret("local"), Secret("local"))

    def queue(self, url: str | None = None) -> SqsQueue:
        """Return a client of the queue, or of another one."""
        return SqsQueue(self.settings(url), read_seconds=30)

    def create(self, name: str, **attributes: str) -> str:
        """Create a queue; return its URL."""
        return self.queue(f"{self.url}/").create(name, attributes)

    def __enter__(self) -> Self:
        super().__enter__()
        name = f"videogen-{secrets.token_hex(4)}"
        self.dead_letters_url = self.create(f"{name}-dead")
        arn = self.queue(self.dead_letters_url).attributes()["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES})
        self.queue_url = self.create(name, RedrivePolicy=policy, VisibilityTimeout="120")
        return self
