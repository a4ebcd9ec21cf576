"""An SQS server on loopback: moto's, with one empty queue and its dead letters.

moto checks no signature. Its queues live in this process' memory and are shared by all servers of the
process, so each server makes queues of its own.
"""

from __future__ import annotations

import json
import secrets
from threading import Thread
from typing import TYPE_CHECKING, Self

from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import make_server

from videogen.local.s3 import QuietHandler, loopback_only
from videogen.queue.sqs import SqsQueue
from videogen.settings import QueueSettings, Secret

if TYPE_CHECKING:
    from types import TracebackType

REGION = "us-east-1"
RECEIVES = 3


class SqsServer:
    """A moto SQS server that serves from `with` until its end."""

    def __init__(self) -> None:
        self._server = make_server(
            "127.0.0.1",
            0,
            loopback_only(create_backend_app("sqs")),
            threaded=True,
            request_handler=QuietHandler,
        )
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
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
        self._thread.start()
        name = f"videogen-{secrets.token_hex(4)}"
        self.dead_letters_url = self.create(f"{name}-dead")
        arn = self.queue(self.dead_letters_url).attributes()["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES})
        self.queue_url = self.create(name, RedrivePolicy=policy, VisibilityTimeout="120")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
