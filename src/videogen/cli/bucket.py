"""The bucket as its operator sees it: unlike the functions, this may list it and ask for its rules."""

from __future__ import annotations

import math
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, PaginationError
from botocore.parsers import ResponseParserError

from videogen import signing
from videogen.cas import Cas
from videogen.errors import MalformedRecord, NoSuchObject, StoreUnavailable
from videogen.job_store import JOBS_FOLDER, JobStore
from videogen.objects import S3Objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from botocore.awsrequest import AWSResponse
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

    from videogen.jobs import Job
    from videogen.settings import S3Settings

S3_BEGAN = 1_142_294_400.0
"""2006-03-14. What has no date gets the first day of somebody's calendar: year 1, 1970, 1980."""
AT_ONCE = 32
"""Requests under way at a time. 2,000 jobs at 40 ms a request: `videogen usage` takes 6 s; with 8, 14 s."""


FOLDERS = ("photos", "videos")
_ID = signing.JOB_ID.pattern
_OF_A_JOB = re.compile(rf"{JOBS_FOLDER}(?P<record>{_ID})\.json|(?:{'|'.join(FOLDERS)})/(?P<file>{_ID})/[^/]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """An object in a listing: its key without the site's prefix, its size, and when it was written."""

    key: str
    bytes: int
    modified: float


@dataclass(frozen=True, slots=True)
class Listed:
    """The jobs of a bucket, the newest first, and the ids of the records that cannot be read."""

    jobs: list[Job]
    unreadable: list[str]


class Bucket(S3Objects):
    """A site's bucket, with what only the operator needs."""

    def __init__(self, settings: S3Settings) -> None:
        super().__init__(settings, connections=AT_ONCE)
        self.settings = settings
        self.store = JobStore(Cas(objects=self))

    @property
    def client(self) -> S3Client:
        """boto3's own client, for questions that no function ever asks."""
        return self._client

    def answer(self, key: str) -> AWSResponse:
        """Read an object as the functions do; return the whole answer. Raises StoreError."""
        return self._send("GET", key, {}, reading=True)

    def entries(self, folder: str) -> Iterator[Entry]:
        """List the objects under a folder such as "jobs/"; raises StoreUnavailable."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + folder
        )
        with _listing():
            for page in pages:
                yield from self._entries(page)

    def objects_of(self, job_id: str) -> Iterator[Entry]:
        """List a job's photos and videos; raises StoreUnavailable."""
        for folder in FOLDERS:
            yield from self.entries(f"{folder}/{job_id}/")

    def jobs(self, *, since: float = 0.0, told: Callable[[int, int], None] = lambda _, __: None) -> Listed:
        """Read every job created since a moment; raises StoreUnavailable.

        `told` hears after each record how many have been read, and of how many.
        """
        # A record is never written before its job was created, so a listing's date spares most reads.
        entries = [entry for entry in self.entries(JOBS_FOLDER) if entry.modified >= since]
        ids = list(filter(None, map(id_of, entries)))
        found: list[Job] = []
        unreadable: list[str] = []
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number, (job_id, job) in enumerate(zip(ids, pool.map(self._job, ids), strict=True), 1):
                told(number, len(ids))
                if isinstance(job, MalformedRecord):
                    unreadable.append(job_id)
                elif job is not None and job.created_at >= since:
                    found.append(job)
        return Listed(sorted(found, key=lambda job: job.created_at, reverse=True), sorted(unreadable))

    def delete_all(self, keys: Iterable[str]) -> None:
        """Delete objects, several at a time; raises StoreUnavailable."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self.delete, keys))

    def abort_uploads(self, folder: str, *, before: float = math.inf) -> None:
        """Abort the unfinished uploads under a folder that began before a moment; raises StoreUnavailable.

        What no site writes is not touched.
        """
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self._bucket, Prefix=self._prefix + folder
        )
        with _listing("s3:ListBucketMultipartUploads and s3:AbortMultipartUpload"):
            for upload in [upload for page in pages for upload in page.get("Uploads", [])]:
                began = Entry(upload["Key"].removeprefix(self._prefix), 0, upload["Initiated"].timestamp())
                if id_of(began) and S3_BEGAN <= began.modified < before:
                    self._abort(upload["Key"], upload["UploadId"])

    def _abort(self, key: str, upload: str) -> None:
        try:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)
        except ClientError as error:
            # It has ended meanwhile.
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
                raise

    def _entries(self, page: ListObjectsV2OutputTypeDef) -> Iterator[Entry]:
        """Return what a page of a listing has; raises StoreUnavailable unless it tells all that it should."""
        # A web page has no IsTruncated and so is no empty bucket. Without a token boto3 takes a part for all.
        if page["IsTruncated"] and not page.get("NextContinuationToken"):
            raise StoreUnavailable(
                "the bucket's listing is incomplete: the store has more, but gives no continuation token"
            )
        for found in page.get("Contents", []):
            key = found["Key"].removeprefix(self._prefix)
            if key.endswith("/"):  # what a store's web console makes of a folder
                continue
            modified = found["LastModified"].timestamp()
            if modified < S3_BEGAN:
                raise StoreUnavailable(
                    "the bucket's listing has no usable dates, so nothing can be treated as old"
                )
            yield Entry(key, found["Size"], modified)

    def _job(self, job_id: str) -> Job | MalformedRecord | None:
        """Read a job, None where it went meanwhile."""
        try:
            return self.store.read(job_id).job
        except NoSuchObject:
            return None
        except MalformedRecord as error:
            return error


@contextmanager
def _listing(rights: str = "s3:ListBucket") -> Iterator[None]:
    """Turn what may come of a listing into StoreUnavailable, which names the rights that it needs."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise StoreUnavailable(
            f"the bucket cannot be listed ({code}): allow {rights}, or ask `videogen doctor`"
        ) from None
    # A key or a date is missing, or is none.
    except (KeyError, ValueError, OverflowError, RuntimeError, ResponseParserError, PaginationError):
        raise StoreUnavailable(
            "the bucket's listing cannot be read: is S3_ENDPOINT_URL the address of an S3 store?"
        ) from None
    except BotoCoreError as error:
        raise StoreUnavailable(f"the storage could not be reached ({type(error).__name__})") from None


def id_of(entry: Entry) -> str:
    """Return the job whose record, photo or video an object is, "" of what no site writes."""
    found = _OF_A_JOB.fullmatch(entry.key)
    return (found["record"] or found["file"]) if found else ""
