"""Jobs in the store: every write is a compare-and-swap that recognises itself.

A conditional write whose reply was lost comes back as 412, or as nothing at all. So each logical write
carries a nonce of its own in the body; after any doubt the record is read back. Own nonce: it was applied.
Otherwise the change is applied anew to what is there now, and `videogen.jobs` decides whether it may still
happen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from videogen import jobs
from videogen.errors import Conflict, NoSuchObject, StoreUnavailable, UnsafeStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from videogen.clock import Clock
    from videogen.jobs import Job
    from videogen.objects import Objects, StoredObject

JSON = "application/json"
JPEG = "image/jpeg"
MP4 = "video/mp4"
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.5
"""Some stores take one write a second for one key, so a pause must be able to outlast that."""


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
        job = replace(job, nonce=self._nonce())
        for last in self._tries(self._patience):
            try:
                etag = self.objects.put(_key(job.id), encode(job), content_type=JSON, if_absent=True)
                return StoredJob(job, etag), True
            except (Conflict, StoreUnavailable) as error:
                if isinstance(error, StoreUnavailable) and (last or not error.transient):
                    raise
            try:
                found = self._read_once(job.id)
            except NoSuchObject:
                continue
            except StoreUnavailable:
                if last:
                    raise
                continue
            return found, found.job.nonce == job.nonce
        raise StoreUnavailable

    def read(self, job_id: str) -> StoredJob:
        """Read a job; raises NoSuchObject, StoreUnavailable."""
        for last in self._tries(self._patience):
            try:
                return self._read_once(job_id)
            except StoreUnavailable as error:
                if last or not error.transient:
                    raise
        raise StoreUnavailable

    def swap(
        self,
        stored: StoredJob,
        change: Callable[[StoredJob], Job | None],
        *,
        patience: float | None = None,
    ) -> StoredJob | None:
        """Apply a change to a job; return what is stored then, or None where it may not happen any more.

        Raises NoSuchObject, and StoreUnavailable where it remains open whether the change was written.
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
                    _key(changed.id), encode(changed), content_type=JSON, if_match=stored.etag
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
        """Raise UnsafeStore where the store ignores conditions, StoreUnavailable; asks once per process.

        It writes the record as it stands under a condition that cannot hold, so that even a store which
        lets it through keeps the same record.
        """
        if self._is_safe:
            return
        for last in self._tries(self._patience):
            try:
                self.objects.put(
                    _key(stored.job.id), encode(stored.job), content_type=JSON, if_match="0" * 32
                )
            except (Conflict, NoSuchObject):
                self._is_safe = True
                return
            except StoreUnavailable as error:
                if last or not error.transient:
                    raise
            else:
                raise UnsafeStore

    def put_photo(
        self, job_id: str, number: int, body: bytes, content_type: str, *, if_absent: bool = False
    ) -> None:
        """Store a photo as it came; raises StoreUnavailable, and Conflict if one is there already."""
        for last in self._tries(self._patience):
            try:
                self.objects.put(
                    photo_key(job_id, number), body, content_type=content_type, if_absent=if_absent
                )
            except StoreUnavailable as error:
                if last or not error.transient:
                    raise
            else:
                return

    def copy_photo(self, source_id: str, job_id: str, number: int) -> None:
        """Give a job another job's photo; raises NoSuchObject, StoreUnavailable."""
        self.objects.copy(photo_key(source_id, number), photo_key(job_id, number))

    def get_photo(self, job_id: str, number: int) -> StoredObject:
        """Read a photo; raises NoSuchObject, StoreUnavailable."""
        for last in self._tries(self._patience):
            try:
                return self.objects.get(photo_key(job_id, number))
            except StoreUnavailable as error:
                if last or not error.transient:
                    raise
        raise StoreUnavailable

    def replace_photo(self, job_id: str, number: int, body: bytes, original: StoredObject) -> None:
        """Put the clean JPEG in place of the photo it was made from; raises StoreUnavailable.

        Conditional, so that a photo erased meanwhile does not come back.
        """
        try:
            self.objects.put(photo_key(job_id, number), body, content_type=JPEG, if_match=original.etag)
        except (Conflict, NoSuchObject):
            return

    def put_video(self, key: str, parts: Iterator[bytes]) -> None:
        """Store a video. The key belongs to one epoch and so to one run: no condition is needed."""
        self.objects.put_parts(key, parts, content_type=MP4)

    def erase_objects(self, job_id: str, *, photos: int, epochs: int) -> None:
        """Delete a job's photos and whatever videos its epochs may have stored; raises StoreUnavailable."""
        for number in range(1, photos + 1):
            self.objects.delete(photo_key(job_id, number))
        for epoch in range(1, epochs + 1):
            self.objects.delete(video_key(job_id, epoch))

    def _read_once(self, job_id: str) -> StoredJob:
        found = self.objects.get(_key(job_id))
        return StoredJob(decode(found.body), found.etag, found.age)

    def _tries(self, patience: float) -> Iterator[bool]:
        """Yield until patience ends, pausing in between; True marks the last try."""
        deadline = self._clock.monotonic() + patience
        pause = FIRST_PAUSE
        while True:
            wait = pause * (0.5 + self._random())
            last = self._clock.monotonic() + wait >= deadline
            yield last
            if last:
                return
            self._clock.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)


def encode(job: Job) -> bytes:
    """Return a job's record as stored."""
    return json.dumps(jobs.to_record(job), ensure_ascii=False, separators=(",", ":")).encode()


def decode(body: bytes) -> Job:
    """Read a stored record; raises MalformedRecord."""
    try:
        record = json.loads(body)
    except ValueError as error:
        raise jobs.MalformedRecord("a job's record is not JSON") from error
    if not isinstance(record, dict):
        raise jobs.MalformedRecord("a job's record is not a JSON object")
    return jobs.from_record(record)


def _key(job_id: str) -> str:
    return f"jobs/{job_id}"


def photo_key(job_id: str, number: int) -> str:
    """Return a photo's key; photos are numbered from 1."""
    return f"photos/{job_id}/{number}"


def video_key(job_id: str, epoch: int) -> str:
    """Return the key under which a run of this epoch stores its video."""
    return f"videos/{job_id}/{epoch}.mp4"
