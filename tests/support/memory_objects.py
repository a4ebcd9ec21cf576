"""A bucket in memory that promises what `S3Objects` does, and one that breaks those promises on request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from videogen.errors import Conflict, NoSuchObject, StoreUnavailable
from videogen.objects import StoredObject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Unpack

    from videogen.errors import StoreError
    from videogen.objects import LinkOptions, Objects, PutOptions

T = TypeVar("T")

IF_MATCH, IF_ABSENT = "If-Match", "If-None-Match"
LAX = [frozenset({IF_MATCH}), frozenset({IF_ABSENT}), frozenset({IF_MATCH, IF_ABSENT})]
"""What stores ignore that a job must not be bought on."""


def in_words(ignored: frozenset[str]) -> str:
    """Name a test's case: in an order of its own, since a set's differs from process to process."""
    return " and ".join(sorted(ignored))


@dataclass(frozen=True)
class Held:
    """An object as the bucket holds it. As on S3, its ETag is its content's and its time a whole second."""

    body: bytes
    content_type: str
    written_at: int

    @property
    def etag(self) -> str:
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()


class MemoryObjects:
    """The bucket; `now` is the store's own clock, `requests` counts as S3 would be asked."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.held: dict[str, Held] = {}
        self.requests: list[tuple[str, str]] = []

    def get(self, key: str) -> StoredObject:
        self.requests.append(("GET", key))
        held = self._find(key)
        return StoredObject(
            held.body, held.etag, float(int(self._now()) - held.written_at), held.content_type
        )

    def put(self, key: str, body: bytes, **options: Unpack[PutOptions]) -> str:
        self.requests.append(("PUT", key))
        held = self.held.get(key)
        if_match = options.get("if_match")
        if if_match is not None and held is None:
            raise NoSuchObject
        is_other = held is not None and if_match is not None and held.etag != if_match
        if is_other or (held is not None and options.get("if_absent")):
            raise Conflict
        self.held[key] = Held(body, options["content_type"], int(self._now()))
        return self.held[key].etag

    def put_parts(self, key: str, parts: Iterator[bytes], *, content_type: str) -> None:
        taken = list(parts)
        if len(taken) > 1:
            self.requests += [("POST", key), *[("PUT", key)] * len(taken)]
            self.requests.append(("POST", key))
            self.held[key] = Held(b"".join(taken), content_type, int(self._now()))
        else:
            self.put(key, b"".join(taken), content_type=content_type)

    def copy(self, source: str, target: str) -> None:
        self.requests.append(("PUT", target))
        held = self._find(source)
        self.held[target] = Held(held.body, held.content_type, int(self._now()))

    def delete(self, key: str) -> None:
        self.requests.append(("DELETE", key))
        self.held.pop(key, None)

    def presign(self, key: str, **options: Unpack[LinkOptions]) -> str:
        query = "seconds={seconds}&type={content_type}&as={disposition}".format_map(options)
        return f"https://bucket.example/{key}?{query}"

    def _find(self, key: str) -> Held:
        if key not in self.held:
            raise NoSuchObject
        return self.held[key]


class Trouble(Enum):
    """What can happen to one request."""

    NOT_APPLIED = "the store answers with an error, or not at all, and has done nothing"
    REPLY_LOST = "the store does it, and its answer is lost"
    CONFLICT_REPORTED = "the store does it, and something on the way repeats the request and gets a 412"
    DENIED = "the store refuses for a reason that will last"


@dataclass
class TroubledObjects:
    """A bucket of any kind, behind trouble: each planned one meets the next request of its method."""

    inner: Objects
    plan: list[tuple[str, Trouble]] = field(default_factory=list)
    before: list[tuple[str, Callable[[], object]]] = field(default_factory=list)
    """What somebody else does just before the next request of a method reaches the store."""
    ignored: frozenset[str] = frozenset()
    """Which of IF_MATCH and IF_ABSENT the store ignores."""
    answers: dict[str, type[StoreError]] = field(default_factory=dict)
    """What it always answers to IF_MATCH and to IF_ABSENT, whatever is there."""

    def get(self, key: str) -> StoredObject:
        return self._ask("GET", lambda: self.inner.get(key))

    def put(self, key: str, body: bytes, **options: Unpack[PutOptions]) -> str:
        if IF_MATCH in self.ignored:
            options["if_match"] = None
        if IF_ABSENT in self.ignored:
            options["if_absent"] = False
        for condition, name in ((IF_MATCH, "if_match"), (IF_ABSENT, "if_absent")):
            if options.get(name) and condition in self.answers:
                raise self.answers[condition]
        return self._ask("PUT", lambda: self.inner.put(key, body, **options))

    def put_parts(self, key: str, parts: Iterator[bytes], *, content_type: str) -> None:
        self._ask("PUT", lambda: self.inner.put_parts(key, parts, content_type=content_type))

    def copy(self, source: str, target: str) -> None:
        self._ask("COPY", lambda: self.inner.copy(source, target))

    def delete(self, key: str) -> None:
        self._ask("DELETE", lambda: self.inner.delete(key))

    def presign(self, key: str, **options: Unpack[LinkOptions]) -> str:
        return self.inner.presign(key, **options)

    def _ask(self, method: str, act: Callable[[], T]) -> T:
        for waiting in [one for one in self.before if one[0] == method][:1]:
            self.before.remove(waiting)
            waiting[1]()
        for planned in [one for one in self.plan if one[0] == method][:1]:
            self.plan.remove(planned)
            trouble = planned[1]
            if trouble is Trouble.NOT_APPLIED:
                raise StoreUnavailable("503")
            if trouble is Trouble.DENIED:
                raise StoreUnavailable("403", transient=False)
            act()
            raise Conflict if trouble is Trouble.CONFLICT_REPORTED else StoreUnavailable("the reply was lost")
        return act()
