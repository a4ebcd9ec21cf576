"""Jobs in the store: every write is a compare-and-swap that recognises itself.

A conditional write whose reply was lost comes back as 412, or as nothing at all. So each logical write
carries a nonce of its own in the body; after any doubt the record is read back. Own nonce: it was applied.
Otherwise the change is applied anew to what is there now, and `videogen.jobs` decides whether it may still
happen.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from videogen import jobs
from videogen.backoff import tries
from videogen.errors import Conflict, NoSuchObject, StoreUnavailable, UnsafeStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from videogen.clock import Clock
    from videogen.jobs import Job
    from videogen.objects import Objects, StoredObject

T = TypeVar("T")

JSON = "application/json"
JPEG = "image/jpeg"
MP4 = "video/mp4"
JOBS_FOLDER = "jobs/"
NO_ETAG = "0" * 32
"""An ETag that no object has."""


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as it lies in the store. `age` is the seconds since its last write, by the store's clock."""

    job: Job
    etag: str
    age: float = 0.0


class JobStore:
    """The jobs of one site.

    `patience` is how many seconds a write goes on trying; `random` gives a float in [0, 1) for jitter, and
    `nonce` a new random text for each logical write.
    """

    def __init__(
        self,
        objects: Objects,
        *,
        clock: Clock,
        random: Callable[[], float],
        nonce: Callable[[], str],
        patience: float = 3.0,
    ) -> None:
        self.objects = objects
        self._clock = clock
        self._random = random
        self._nonce = nonce
        self._patience = patience
        self._is_safe = False

    def create(self, job: Job) -> tuple[StoredJob, bool]:
        """Store a new job; return what is there now and whether it is the one handed in.

        Raises StoreUnavailable.
        """
        nonce = self._nonce()
        job = replace(job, nonce=nonce, origin=nonce)
        for last in self._tries(self._patience):
            try:
                etag = self.objects.put(job_key(job.id), encode(job), content_type=JSON, if_absent=True)
                return StoredJob(job, etag), True
            except Conflict:
                pass
            except StoreUnavailable as error:
                if last or not error.transient:
                    raise
            try:
                found = self._read_once(job.id)
            except NoSuchObject:
                continue
            except StoreUnavailable as error:
                if last or not error.transient:
                    raise
                continue
            # A worker may have written it since, so its first nonce counts and not its latest.
            return found, found.job.origin == nonce
        raise StoreUnavailable

    def read(self, job_id: str) -> StoredJob:
        """Read a job; raises NoSuchObject, StoreUnavailable, MalformedRecord."""
        return self._patiently(lambda: self._read_once(job_id))

    def swap(
        self,
        stored: StoredJob,
        change: Callable[[StoredJob], Job | None],
        *,
        patience: float | None = None,
    ) -> StoredJob | None:
        """Apply a change to a job; return what is stored then, or None where it may not happen any more.

        Raises NoSuchObject, MalformedRecord, and StoreUnavailable where it remains open whether the change
        was written.
        """
        nonce = self._nonce()
        for last in self._tries(self._patience if patience is None else patience):
            changed = change(stored)
            if changed is None:
                return None
            if changed is stored.job:
                return stored
            changed = replace(changed, nonce=nonce)
            try:
                etag = self.objects.put(
                    job_key(changed.id), encode(changed), content_type=JSON, if_match=stored.etag
                )
                return StoredJob(changed, etag)
            except (Conflict, NoSuchObject):
                pass
            except StoreUnavailable as error:
                if last or not error.transient:
                    raise
            try:
                stored = self._read_once(changed.id)
            except StoreUnavailable as error:
                if last or not error.transient:
                    raise
                continue
            if stored.job.nonce == nonce:
                return stored
        raise StoreUnavailable("too many others wrote this job at the same time")

    def probe(self, stored: StoredJob) -> None:
        """Raise UnsafeStore where the store ignores a condition, StoreUnavailable; asks once per process.

        Without If-Match two runs could claim a job. Without If-None-Match a start that is repeated with its
        Idempotency-Key would put a new job in place of the finished one, and that would be bought again. A
        job with an estimate needs no second question: its store holds the durations of jobs that were made
        in it, and where the answer is bad none is ever made.

        It writes the record as it stands under conditions that cannot hold, so that even a store which lets
        it through keeps the same record.
        """
        if self._is_safe:
            return
        key, body = job_key(stored.job.id), encode(stored.job)
        writes = [partial(self.objects.put, key, body, content_type=JSON, if_match=NO_ETAG)]
        if stored.job.estimate is None:
            writes.append(partial(self.objects.put, key, body, content_type=JSON, if_absent=True))
        for write in writes:
            with suppress(Conflict, NoSuchObject):
                self._patiently(write)
                raise UnsafeStore
        self._is_safe = True

    def put_photo(
        self, job_id: str, number: int, body: bytes, content_type: str, *, if_absent: bool = False
    ) -> None:
        """Store a photo as it came; raises StoreUnavailable, and Conflict if one is there already.

        With `if_absent` the one that is there may be this call's own, where a reply was lost.
        """
        key = photo_key(job_id, number)
        self._patiently(lambda: self.objects.put(key, body, content_type=content_type, if_absent=if_absent))

    def copy_photo(self, source_id: str, job_id: str, number: int) -> None:
        """Give a job another job's photo; raises NoSuchObject, StoreUnavailable."""
        self._patiently(lambda: self.objects.copy(photo_key(source_id, number), photo_key(job_id, number)))

    def get_photo(self, job_id: str, number: int) -> StoredObject:
        """Read a photo; raises NoSuchObject, StoreUnavailable."""
        return self._patiently(lambda: self.objects.get(photo_key(job_id, number)))

    def replace_photo(self, job_id: str, number: int, body: bytes, original: StoredObject) -> None:
        """Put the clean JPEG in place of the photo it was made from; raises StoreUnavailable.

        Conditional, so that a photo erased meanwhile does not come back.
        """
        key = photo_key(job_id, number)
        with suppress(Conflict, NoSuchObject):
            self._patiently(lambda: self.objects.put(key, body, content_type=JPEG, if_match=original.etag))

    def put_video(self, key: str, parts: Iterator[bytes]) -> None:
        """Store a video. The key belongs to one epoch and so to one run: no condition is needed."""
        self.objects.put_parts(key, parts, content_type=MP4)

    def erase_objects(self, job_id: str, *, photos: int, epochs: int) -> None:
        """Delete a job's photos and whatever videos its epochs may have stored; raises StoreUnavailable."""
        keys = [photo_key(job_id, number) for number in range(1, photos + 1)]
        keys += [video_key(job_id, epoch) for epoch in range(1, epochs + 1)]
        for key in keys:
            self._patiently(partial(self.objects.delete, key))

    def _read_once(self, job_id: str) -> StoredJob:
        found = self.objects.get(job_key(job_id))
        job = decode(found.body)
        if job.id != job_id:
            raise jobs.MalformedRecord("a job's record names another job")
        return StoredJob(job, found.etag, found.age)

    def _patiently(self, act: Callable[[], T]) -> T:
        """Do what may be repeated until the store answers; raises StoreUnavailable and what `act` raises."""
        for last in self._tries(self._patience):
            try:
                return act()
            except StoreUnavailable as error:
                if last or not error.transient:
                    raise
        raise StoreUnavailable

    def _tries(self, patience: float) -> Iterator[bool]:
        return tries(self._clock, self._random, patience)


def encode(job: Job) -> bytes:
    """Return a job's record as stored."""
    return json.dumps(jobs.to_object(job), ensure_ascii=False, separators=(",", ":")).encode()


def decode(body: bytes) -> Job:
    """Read a stored record; raises MalformedRecord."""
    try:
        record = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise jobs.MalformedRecord("a job's record is not JSON") from error
    if not isinstance(record, dict):
        raise jobs.MalformedRecord("a job's record is not a JSON object")
    return jobs.from_object(record)


def job_key(job_id: str) -> str:
    """Return the key of a job's record."""
    return f"{JOBS_FOLDER}{job_id}.json"


def photo_key(job_id: str, number: int) -> str:
    """Return a photo's key; photos are numbered from 1."""
    return f"photos/{job_id}/{number}"


def video_key(job_id: str, epoch: int) -> str:
    """Return the key under which a run of this epoch stores its video."""
    return f"videos/{job_id}/{epoch}.mp4"
