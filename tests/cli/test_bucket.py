"""The operator's bucket, at a distance: many requests at a time, each on a connection that is kept."""

from __future__ import annotations

import json
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from support.buckets import s3_settings
from support.example_jobs import queued
from support.meddling_proxy import Passed, Reply, answering, s3_error
from videogen.cli.bucket import AT_ONCE, Bucket
from videogen.errors import StoreUnavailable
from videogen.job_record import to_object

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from conftest import RawServer

IDS = [f"{number:021}A" for number in range(2 * AT_ONCE)]
LISTED = "<Contents><Key>jobs/{}.json</Key><Size>1</Size><LastModified>{}</LastModified></Contents>"
ALL = "".join(LISTED.format(job_id, "2027-01-15T08:00:00Z") for job_id in IDS)
WHOLE = "<IsTruncated>false</IsTruncated>"
LISTING = f"<ListBucketResult>{WHOLE}{ALL}</ListBucketResult>".encode()


def bucket_at(url: str) -> Bucket:
    return Bucket(
        s3_settings(
            {
                "S3_BUCKET": "bucket",
                "S3_REGION": "us-east-1",
                "S3_ACCESS_KEY_ID": "id",
                "S3_SECRET_ACCESS_KEY": "secret",
                "S3_ENDPOINT_URL": url,
            }
        )
    )


def test_32_records_at_a_time_on_connections_that_are_kept(serve: Callable[..., RawServer]) -> None:
    all_asked = Barrier(AT_ONCE, timeout=10)
    connections: list[socket.socket] = []

    def answer_none_before_all_are_asked(server: RawServer, connection: socket.socket) -> None:
        connections.append(connection)
        while request := server.read_request(connection):
            path = request.split()[1].decode()
            body = LISTING
            if "list-type" not in path:
                all_asked.wait()
                job_id = path.rpartition("/")[2].removesuffix(".json")
                body = json.dumps(to_object(queued(id=job_id))).encode()
            connection.sendall(
                b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n' % len(body) + body
            )

    bucket = bucket_at(serve(answer_none_before_all_are_asked).origin)
    first, again = bucket.jobs(), bucket.jobs()

    assert AT_ONCE == 32
    assert sorted(job.id for job in first.jobs) == sorted(job.id for job in again.jobs) == IDS
    assert len(connections) <= AT_ONCE


def listing(
    *, whole: str = WHOLE, key: str = "<Key>jobs/a</Key>", modified: str = "2027-01-15T08:00:00Z"
) -> str:
    """Return a listing with one entry."""
    date = f"<LastModified>{modified}</LastModified>" if modified else ""
    return f"<ListBucketResult>{whole}<Contents>{key}<Size>1</Size>{date}</Contents></ListBucketResult>"


NO_XML = (
    "the bucket cannot be listed (500): allow s3:ListBucket, or ask `videogen doctor`"  # so boto3 calls it
)
NO_LISTING = "the bucket's listing cannot be read: is S3_ENDPOINT_URL the address of an S3 store?"
NOT_WHOLE = "the bucket's listing is incomplete: the store has more, but gives no continuation token"
NO_DATES = "the bucket's listing has no usable dates, so nothing can be treated as old"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>Log in</body></html>',
            NO_LISTING,
        ),
        ("<!doctype html><title>Sign in</title><br>", NO_XML),
        ('{"Contents": []}', NO_XML),
        ("", NO_LISTING),
        (listing()[:-30], NO_XML),
        (listing(key=""), NO_LISTING),
        (listing(modified=""), NO_LISTING),
        (listing(modified="soon"), NO_LISTING),
        (listing(modified="9" * 30), NO_LISTING),
        (listing(whole="<IsTruncated>true</IsTruncated>"), NOT_WHOLE),
        (listing(whole="<IsTruncated>true</IsTruncated><NextContinuationToken/>"), NOT_WHOLE),
        (listing(modified="0001-01-01T00:00:00Z"), NO_DATES),
        (listing(modified="1970-01-01T00:00:00.000Z"), NO_DATES),
        (listing(modified="1980-01-01T00:00:00Z"), NO_DATES),
    ],
)
def test_a_listing_that_cannot_be_believed_is_an_error(body: str, detail: str) -> None:
    with answering(lambda _: (200, {}, body.encode())) as store, pytest.raises(StoreUnavailable) as raised:
        list(bucket_at(store.url).entries("jobs/"))

    assert raised.value.detail == detail


def test_a_listing_without_entries_is_an_empty_bucket() -> None:
    body = f"<ListBucketResult>{WHOLE}</ListBucketResult>".encode()

    with answering(lambda _: (200, {}, body)) as store:
        assert list(bucket_at(store.url).entries("jobs/")) == []


UPLOAD = "<Upload><Key>{}</Key><UploadId>{}</UploadId><Initiated>{}</Initiated></Upload>"
UPLOADS = [
    (f"videos/{IDS[0]}/1.mp4", "old", "2027-01-01T00:00:00Z"),
    (f"videos/{IDS[0]}/2.mp4", "young", "2027-01-15T08:00:00Z"),
    (f"videos/{IDS[1]}/1.mp4", "undated", "0001-01-01T00:00:00Z"),
    ("videos/holiday.mp4", "foreign", "2027-01-01T00:00:00Z"),
]
JANUARY_2 = 1_798_848_000.0


def listing_of(uploads: list[tuple[str, str, str]]) -> bytes:
    listed = "".join(UPLOAD.format(*one) for one in uploads)
    return f"<ListMultipartUploadsResult>{WHOLE}{listed}</ListMultipartUploadsResult>".encode()


def aborted(reply: Reply, **which: float) -> list[str]:
    """Return the uploads that are aborted of UPLOADS, by a store that answers each of them so."""
    asked: list[str] = []

    def answer(request: Passed) -> Reply:
        if request.method != "DELETE":
            return (200, {}, listing_of(UPLOADS))
        asked.append(request.path.rpartition("=")[2])
        return reply

    with answering(answer) as store:
        bucket_at(store.url).abort_uploads("videos/", **which)
    return asked


def test_only_old_uploads_of_the_site_s_videos_are_aborted() -> None:
    assert aborted((204, {}, b""), before=JANUARY_2) == ["old"]


def test_an_upload_that_has_ended_keeps_no_other_from_its_end() -> None:
    assert aborted(s3_error(404, "NoSuchUpload")) == ["old", "young"]


@pytest.mark.parametrize("refused", ["GET", "DELETE"])
@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "AccessDenied"), (405, "MethodNotAllowed"), (501, "NotImplemented"), (500, "InternalError")],
)
def test_uploads_that_cannot_be_aborted_are_an_error(refused: str, status: int, code: str) -> None:
    def answer(request: Passed) -> Reply:
        return s3_error(status, code) if request.method == refused else (200, {}, listing_of(UPLOADS[:1]))

    with answering(answer) as store, pytest.raises(StoreUnavailable) as raised:
        bucket_at(store.url).abort_uploads("videos/")

    assert raised.value.detail == (
        f"the bucket cannot be listed ({code}): allow s3:ListBucketMultipartUploads and "
        "s3:AbortMultipartUpload, or ask `videogen doctor`"
    )
