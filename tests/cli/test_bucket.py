"""The operator's bucket, at a distance: many requests at a time, each on a connection that is kept."""

from __future__ import annotations

import json
from threading import Barrier
from typing import TYPE_CHECKING

from support.buckets import s3_settings
from support.example_jobs import queued
from videogen.cli.bucket import AT_ONCE, Bucket
from videogen.job_record import to_object

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from conftest import RawServer

IDS = [f"{number:021}A" for number in range(2 * AT_ONCE)]
LISTED = "<Contents><Key>jobs/{}.json</Key><Size>1</Size><LastModified>{}</LastModified></Contents>"
ALL = "".join(LISTED.format(job_id, "2027-01-15T08:00:00Z") for job_id in IDS)
LISTING = f"<ListBucketResult>{ALL}</ListBucketResult>".encode()


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

    store = serve(answer_none_before_all_are_asked)
    settings = s3_settings(
        {
            "S3_BUCKET": "bucket",
            "S3_REGION": "us-east-1",
            "S3_ACCESS_KEY_ID": "id",
            "S3_SECRET_ACCESS_KEY": "secret",
            "S3_ENDPOINT_URL": store.origin,
        }
    )

    bucket = Bucket(settings)
    first, again = bucket.jobs(), bucket.jobs()

    assert AT_ONCE == 32
    assert sorted(job.id for job in first.jobs) == sorted(job.id for job in again.jobs) == IDS
    assert len(connections) <= AT_ONCE
