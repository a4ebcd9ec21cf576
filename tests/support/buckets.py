"""Buckets of each kind that the store's contract is tested on."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack, contextmanager
from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from support import ceph
from support.certificates import loopback_tls
from support.memory_objects import MemoryObjects
from support.s3_proxy import S3Proxy
from videogen.local.s3 import S3Server
from videogen.local.seaweed import SeaweedServer
from videogen.objects import S3Objects
from videogen.settings import S3Settings, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from videogen.objects import Objects

KINDS = (
    "memory",
    "moto",
    "SeaweedFS",
    "SeaweedFS over TLS",
    *(("Ceph", "Ceph over TLS") if os.environ.get("LAB_CEPH") else ()),
)
"""Ceph's gateway is a cluster to install: `make lab` alone does."""


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
        self._environments: dict[str, Mapping[str, str]] = {}

    def bucket(self, kind: str, now: Callable[[], float]) -> Objects:
        """Return an empty bucket of a kind; the clock counts for the one in memory."""
        if kind == "memory":
            return MemoryObjects(now)
        bucket = copy(self._client(kind))
        bucket._prefix = f"{secrets.token_hex(4)}/"  # noqa: SLF001 - one client serves them all
        return bucket

    def environment(self, kind: str) -> Mapping[str, str]:
        """Return the settings that lead to a server of a kind, which is started if need be."""
        if kind not in self._environments:
            self._environments[kind] = self._start(kind)
        return self._environments[kind]

    def _client(self, kind: str) -> S3Objects:
        if kind not in self._clients:
            self._clients[kind] = S3Objects(s3_settings(self.environment(kind)))
        return self._clients[kind]

    def _start(self, kind: str) -> Mapping[str, str]:
        if kind == "moto":
            return self._stack.enter_context(S3Server()).environment
        if kind == "SeaweedFS":
            return self._stack.enter_context(SeaweedServer()).environment
        if kind == "Ceph":
            return self._stack.enter_context(ceph.CephGateway()).environment
        folder = Path(self._stack.enter_context(TemporaryDirectory()))
        tls, trust = loopback_tls(folder)
        patch = self._stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("SSL_CERT_FILE", str(trust))
        plain = self.environment(kind.removesuffix(" over TLS"))
        proxy = self._stack.enter_context(S3Proxy(plain["S3_ENDPOINT_URL"], tls=tls))
        return {**plain, "S3_ENDPOINT_URL": proxy.url}


@contextmanager
def buckets() -> Iterator[Buckets]:
    """Give out buckets, and stop their servers at the end."""
    with ExitStack() as stack:
        yield Buckets(stack)
