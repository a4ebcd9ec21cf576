"""Jobs, their photos and their videos in the store: where they lie, and what may be written when.

`videogen.cas` writes the records, and `videogen.jobs` decides what may be written.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from videogen import job_record
from videogen.cas import JSON, Codec, Stored, known_to_be_there
from videogen.errors import Conflict, MalformedRecord, NoSuchObject, UnsafeStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from videogen.cas import Cas, Nonces
    from videogen.jobs import Job
    from videogen.objects import Objects, StoredObject

JPEG = "image/jpeg"
MP4 = "video/mp4"
JOBS_FOLDER = "jobs/"
NO_ETAG = "0" * 32
"""An ETag that no object has."""
RECORD: Codec[Job] = Codec(job_record.from_object, job_record.to_object)


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as it lies in the store. `age` is the seconds since its last write, by the store's clock."""

    job: Job
    etag: str
    age: float = 0.0
    nonces: Nonces = ("", "")


class JobStore:
    """The jobs of one site."""

    def __init__(self, cas: Cas) -> None:
        self.cas = cas
        self._is_safe = False

    @property
    def objects(self) -> Objects:
        """The bucket."""
        return self.cas.objects

    def create(self, job: Job) -> tuple[StoredJob, bool]:
        """Store a new job; return what is there now and whether it is the one handed in.

        Raises StoreUnavailable.
        """
        stored, is_new = self.cas.swap(
            job_key(job.id), RECORD, None, lambda there: job if there is None else None
        )
        if stored is None:
            raise NoSuchObject
        return _stored_job(job.id, stored), is_new

    def read(self, job_id: str, *, is_ours: bool = False, surely: bool = False) -> StoredJob:
        """Read a job; raises NoSuchObject, StoreUnavailable, MalformedRecord.

        With `is_ours` a token or a signature proves that the job was made here: what may not be read is then
        unavailable, and not missing. With `surely` it is so unless other reads are allowed.
        """
        key, read = job_key(job_id), self.cas.read
        return _stored_job(
            job_id, self.cas.patiently(lambda: read(key, RECORD, is_there=is_ours, surely=surely))
        )

    def swap(
        self,
        stored: StoredJob,
        change: Callable[[StoredJob], Job | None],
        *,
        patience: float | None = None,
    ) -> StoredJob | None:
        """Apply a change to a job; return what is stored then, or None where it may not happen any more.

        Raises NoSuchObject, MalformedRecord, UnsafeStore, and StoreUnavailable where it remains open whether
        the change was written.
        """
        job_id = stored.job.id
        try:
            found, is_changed = self.cas.swap(
                job_key(job_id),
                RECORD,
                Stored(stored.job, stored.etag, stored.age, stored.nonces),
                lambda there: change(_stored_job(job_id, there)),
                patience=patience,
            )
        except UnsafeStore as error:
            return self._end_unclaimed(job_id, change, error)
        return _stored_job(job_id, found) if is_changed else None

    def _end_unclaimed(
        self, job_id: str, change: Callable[[StoredJob], Job | None], error: UnsafeStore
    ) -> StoredJob | None:
        """End a job without a condition where the store takes none; raises the error for any other change.

        On such a store nobody can claim a job, so one that was never claimed has no run whose work it would
        undo. Without this it could neither fail nor be canceled or erased.
        """
        there = self.read(job_id, is_ours=True)
        changed = change(there)
        if changed is None or changed is there.job:
            return None if changed is None else there
        if there.job.epoch or not changed.has_ended:
            raise error
        nonces = (self.cas.nonce(), there.nonces[1])
        body = RECORD.encode(changed, nonces)
        etag = self.cas.patiently(lambda: self.objects.put(job_key(job_id), body, content_type=JSON))
        return StoredJob(changed, etag, nonces=nonces)

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
        key, body = job_key(stored.job.id), RECORD.encode(stored.job, stored.nonces)
        writes = [partial(self.objects.put, key, body, content_type=JSON, if_match=NO_ETAG)]
        if stored.job.estimate is None:
            writes.append(partial(self.objects.put, key, body, content_type=JSON, if_absent=True))
        for write in writes:
            with suppress(Conflict, NoSuchObject):
                self.cas.patiently(write)
                raise UnsafeStore
        self._is_safe = True

    def put_photo(self, key: str, body: bytes, content_type: str, *, if_absent: bool = False) -> None:
        """Store a photo as it came; raises StoreUnavailable, and Conflict if one is there already.

        With `if_absent` the one that is there may be this call's own, where a reply was lost.
        """
        self.cas.patiently(
            lambda: self.objects.put(key, body, content_type=content_type, if_absent=if_absent)
        )

    def copy_photo(self, source: str, target: str) -> None:
        """Give a job another job's photo; raises NoSuchObject, StoreUnavailable."""
        with known_to_be_there():
            self.cas.patiently(lambda: self.objects.copy(source, target))

    def get_photo(self, key: str) -> StoredObject:
        """Read a photo; raises NoSuchObject, StoreUnavailable."""
        with known_to_be_there():
            return self.cas.patiently(lambda: self.objects.get(key))

    def replace_photo(self, key: str, body: bytes, original: StoredObject) -> None:
        """Put the clean JPEG in place of the photo it was made from; raises StoreUnavailable.

        Conditional, so that a photo erased meanwhile does not come back.
        """
        with suppress(Conflict, NoSuchObject):
            self.cas.patiently(lambda: self.objects.put(key, body, content_type=JPEG, if_match=original.etag))

    def put_video(self, key: str, parts: Iterator[bytes]) -> None:
        """Store a video. The key belongs to one epoch and so to one run: no condition is needed."""
        self.objects.put_parts(key, parts, content_type=MP4)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete photos and videos; raises StoreUnavailable."""
        for key in keys:
            self.cas.patiently(partial(self.objects.delete, key))


def _stored_job(job_id: str, found: Stored[Job] | None) -> StoredJob:
    """Return the job under its key; raises NoSuchObject, and MalformedRecord for another job's record."""
    if found is None:
        raise NoSuchObject
    if found.value.id != job_id:
        raise MalformedRecord("a job's record names another job")
    return StoredJob(found.value, found.etag, found.age, found.nonces)


def job_key(job_id: str) -> str:
    """Return the key of a job's record."""
    return f"{JOBS_FOLDER}{job_id}.json"


def photo_key(job_id: str, number: int, digest: str = "") -> str:
    """Return a photo's key; photos are numbered from 1.

    The digest is that of the photo as it came, so that of two requests with one idempotency key neither can
    write the other's photo. Photos of older versions have none.
    """
    return f"photos/{job_id}/{number}-{digest}" if digest else f"photos/{job_id}/{number}"


def photo_keys(job: Job) -> list[str]:
    """Return the keys of a job's photos, in order."""
    return [photo_key(job.id, number, photo.digest) for number, photo in enumerate(job.photos, 1)]


def digest_of(photo: bytes) -> str:
    """Return what tells a photo from others in its key."""
    return hashlib.sha256(photo).hexdigest()[:16]


def video_key(job_id: str, epoch: int) -> str:
    """Return the key under which a run of this epoch stores its video."""
    return f"videos/{job_id}/{epoch}.mp4"
