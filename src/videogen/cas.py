"""Compare-and-swap: the one way in which a JSON document of the store is changed.

A conditional write whose reply was lost comes back as 412, or as nothing at all. So each logical write
carries a nonce of its own in the body; after any doubt the document is read back. Own nonce: it was applied.
Otherwise the change is applied anew to what is there now, and decides whether it may still happen. `origin`
keeps the nonce of the first write, by which a document's creation is known after others have written it.
"""

from __future__ import annotations

import json
import math
import random
import secrets
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from videogen.clock import Clock
from videogen.errors import (
    Conflict,
    MalformedRecord,
    NoSuchObject,
    StoreError,
    StoreForbidden,
    StoreUnavailable,
    UnsafeStore,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from videogen.objects import Objects

T = TypeVar("T")
R = TypeVar("R")
Nonces = tuple[str, str]
"""Of a document's latest write and of its first one."""

JSON = "application/json"
FORBIDDEN = "the access key may not read what it has written: allow s3:GetObject"
STALE = "what is read from the storage lags behind what was written"
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.5
"""Some stores take one write a second for one key, so a pause must be able to outlast that."""


SURE_AFTER = 3
"""So many refusals of a condition that holds are the store's own; something on the way may answer one."""


class Codec(NamedTuple, Generic[T]):
    """How a value is kept: `read` makes it of a JSON object or raises MalformedRecord, `write` undoes that.

    A damaged document is MalformedRecord too, but one that is `expendable` counts as an empty object.
    """

    read: Callable[[Mapping[str, Any]], T]
    write: Callable[[T], Mapping[str, Any]]
    expendable: bool = False

    def decode(self, body: bytes) -> tuple[T, Nonces]:
        """Read a stored body; raises MalformedRecord."""
        try:
            found = json.loads(body, parse_constant=_finite, parse_float=_finite)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            if not self.expendable:
                raise MalformedRecord("a document in the storage is not a JSON object")
            found = {}
        nonces = (str(found.pop("nonce", "")), str(found.pop("origin", "")))
        return self.read(found), nonces

    def encode(self, value: T, nonces: Nonces) -> bytes:
        """Return the body to store, compact and in UTF-8."""
        document = {**self.write(value), "nonce": nonces[0], "origin": nonces[1]}
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        # Half a surrogate pair, which has no bytes in UTF-8, becomes the escape that it came as.
        return text.encode(errors="backslashreplace")


SCRATCH: Codec[Mapping[str, Any]] = Codec(dict, dict)


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A document as it lies in the store. `age` is the seconds since its last write, by the store's clock."""

    value: T
    etag: str
    age: float = 0.0
    nonces: Nonces = field(default=("", ""), repr=False)


@contextmanager
def known_to_be_there() -> Iterator[None]:
    """Turn what may not be read, of something that was written here, into what it is: StoreUnavailable."""
    try:
        yield
    except StoreForbidden:
        raise StoreUnavailable(FORBIDDEN, transient=False) from None


def new_nonce() -> str:
    """Return a new random text."""
    return secrets.token_urlsafe(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cas:
    """Documents in one bucket.

    `random` gives a float in [0, 1) for jitter, and `nonce` a new text for each logical write. `patience` is
    how many seconds a request goes on being tried.
    """

    objects: Objects
    clock: Clock = field(default_factory=Clock)
    random: Callable[[], float] = random.random
    nonce: Callable[[], str] = new_nonce
    patience: float = 3.0

    def read(
        self, key: str, codec: Codec[T], *, is_there: bool = False, surely: bool = False
    ) -> Stored[T] | None:
        """Return a document, None where there is none; raises MalformedRecord, StoreUnavailable.

        One that `is_there` for sure, and is forbidden, is not missing but unavailable. Without s3:ListBucket
        AWS forbids reading what is missing too: `surely` tells them apart, by another object.
        """
        try:
            with known_to_be_there() if is_there else nullcontext():
                found = self.objects.get(key)
        except NoSuchObject as error:
            if surely and isinstance(error, StoreForbidden):
                self.check_reads(f"{key}.")
            return None
        value, nonces = codec.decode(found.body)
        return Stored(value, found.etag, found.age or 0.0, nonces)

    def swap(
        self,
        key: str,
        codec: Codec[T],
        seen: Stored[T] | None,
        change: Callable[[Stored[T] | None], T | None],
        *,
        patience: float | None = None,
    ) -> tuple[Stored[T] | None, bool]:
        """Change a document that was `seen`; return the latest one known, and whether the change is in it.

        `change` makes the new value of what is there, if anything is; it returns None where nothing may be
        changed any more, and the very value that is there where that says it already.

        Raises what `change` raises, MalformedRecord, StoreUnavailable where it remains open whether the
        change was written, and UnsafeStore where the store has no such condition, or never finds it to hold:
        then nothing was written.
        """
        nonce = self.nonce()
        refusals, has_moved = 0, False
        for last in self._tries(patience):
            changed = change(seen)
            if changed is None or (seen is not None and changed is seen.value):
                return seen, changed is not None
            body = codec.encode(changed, (nonce, seen.nonces[1] if seen else nonce))
            try:
                etag = self.objects.put(
                    key,
                    body,
                    content_type=JSON,
                    if_match=seen.etag if seen else None,
                    if_absent=seen is None,
                )
                value, nonces = codec.decode(body)
                return Stored(value, etag, nonces=nonces), True
            except (Conflict, NoSuchObject):
                pass
            except StoreUnavailable as error:
                has_moved = True
                if last or not error.transient:
                    raise
            before = seen.etag if seen else None
            try:
                seen = self._read_again(key, codec) if seen else self.read(key, codec)
            except StoreUnavailable as error:
                has_moved = True
                if last or not error.transient:
                    raise
                continue
            if seen is not None and nonce in seen.nonces:
                return seen, True
            refusals += 1
            has_moved = has_moved or before != (seen.etag if seen else None)
        if refusals >= SURE_AFTER and not has_moved:
            raise self._refusal(key, is_new=seen is None)
        raise StoreUnavailable("too many others write this at the same time")

    @contextmanager
    def scratch(self, prefix: str, *, is_new: bool = False) -> Iterator[tuple[str, str]]:
        """Write an object that nobody else knows, and yield its key and the ETag that is read of it.

        `is_new` writes it under that condition. Raises StoreUnavailable where what was written is not to be
        read: it is forbidden, or not there yet.
        """
        key = prefix + self.nonce()
        try:
            self.objects.put(key, b"{}", content_type=JSON, if_absent=is_new)
            found = self.read(key, SCRATCH, is_there=True)
            if found is None:
                raise StoreUnavailable(STALE)
            yield key, found.etag
        finally:
            with suppress(StoreError):
                self.objects.delete(key)

    def check_reads(self, prefix: str) -> None:
        """Raise StoreUnavailable where what is there may not be read."""
        with self.scratch(prefix):
            pass

    def _refusal(self, key: str, *, is_new: bool) -> StoreError:
        """Return what refused conditions mean, after one that holds for sure; raises StoreError.

        Each may have been made from a stale read, of what a writer elsewhere has changed long since.
        """
        try:
            with self.scratch(f"{key}.", is_new=is_new) as (own, etag):
                self.objects.put(own, b"{}", content_type=JSON, if_match=etag)
        except (Conflict, NoSuchObject):
            return UnsafeStore("the storage refuses each conditional write, though its condition holds")
        return StoreUnavailable(STALE)

    def _read_again(self, key: str, codec: Codec[T]) -> Stored[T]:
        """Read a document that was there; raises MalformedRecord, StoreUnavailable."""
        found = self.read(key, codec, is_there=True)
        if found is None:
            # Nothing deletes these but the bucket's rule, long after; stores say so while a disk is away.
            raise StoreUnavailable("a document of the storage that was there is missing now")
        return found

    def patiently(self, act: Callable[[], R], *, patience: float | None = None) -> R:
        """Do what may be repeated until the store answers; raises StoreUnavailable and what `act` raises."""
        for last in self._tries(patience):
            try:
                return act()
            except StoreUnavailable as error:
                if last or not error.transient:
                    raise
        raise StoreUnavailable

    def _tries(self, patience: float | None) -> Iterator[bool]:
        """Yield until the patience is over, with pauses that grow and jitter; True marks the last try."""
        deadline = self.clock.monotonic() + (self.patience if patience is None else patience)
        pause = FIRST_PAUSE
        while True:
            wait = pause * (0.5 + self.random())
            last = self.clock.monotonic() + wait >= deadline
            yield last
            if last:
                return
            self.clock.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)


def _finite(text: str) -> float:
    """Read a number; raises ValueError for one that could not be written as JSON again."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
