"""A bucket: what every kind must do, and what the client of S3 makes of what stores do differently."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager
from copy import copy
from typing import TYPE_CHECKING

from memory_objects import MemoryObjects
from videogen.local.s3 import S3Server
from videogen.objects import S3Objects
from videogen.settings import S3Settings, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from videogen.objects import Objects

KINDS = ("memory", "moto")


def s3_settings(environment: Mapping[str, str], *, prefix: str = "") -> S3Settings:
    """Return what the environment of a stand-in says."""
    return S3Settings(
        bucket=environment["S3_BUCKET"],
        region=environment["S3_REGION"],
        access_key_id=Secret(environment["S3_ACCESS_KEY_ID"]),
        secret_access_key=Secret(environment["S3_SECRET_ACCESS_KEY"]),
        endpoint_url=environment["S3_ENDPOINT_URL"] or None,
        prefix=prefix,
    )


class Buckets:
    """Empty buckets on demand; a server is started with the first one of its kind."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._clients: dict[str, S3Objects] = {}

    def bucket(self, kind: str, now: Callable[[], float]) -> Objects:
        """Return an empty bucket of a kind; the clock counts for the one in memory."""
        if kind == "memory":
            return MemoryObjects(now)
        if kind not in self._clients:
            server = self._stack.enter_context(S3Server())
            self._clients[kind] = S3Objects(s3_settings(server.environment))
        # One client for all of them, since boto3 takes half a second to make one.
        bucket = copy(self._clients[kind])
        bucket._prefix = f"{secrets.token_hex(4)}/"  # noqa: SLF001 - said above
        return bucket


@contextmanager
def buckets() -> Iterator[Buckets]:
    """Give out buckets, and stop their servers at the end."""
    with ExitStack() as stack:
        yield Buckets(stack)
