"""The queue's requests, against moto's SQS and against raw answers."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from videogen.errors import QueueRefused, QueueUnavailable
from videogen.local.sqs import REGION, SqsServer
from videogen.queue.sqs import Message, SqsQueue
from videogen.settings import QueueSettings, Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

JOB_ID = "AAAAAAAAAAAAAAAAAAAAAA"


def test_a_message_holds_the_jobs_id_and_nothing_else(sqs: SqsServer) -> None:
    queue = sqs.queue()
    queue.send(JOB_ID)
    [found] = queue.receive(10, wait=0, visibility=30)
    assert json.loads(found.body) == {"jobId": JOB_ID}
    assert (found.receives, found.sent_at > 1_700_000_000) == (1, True)
    assert JOB_ID not in repr(found)


def test_a_received_message_is_hidden_until_it_is_given_back(sqs: SqsServer) -> None:
    queue = sqs.queue()
    queue.send(JOB_ID)
    [first] = queue.receive(10, wait=0, visibility=30)
    assert queue.receive(10, wait=0, visibility=30) == []
    queue.extend(first.receipt, 0)
    [again] = queue.receive(10, wait=0, visibility=30)
    queue.delete(again.receipt)
    queue.delete(again.receipt)
    assert (again.receives, queue.receive(10, wait=0, visibility=0)) == (2, [])


def test_after_three_receives_a_message_is_a_dead_letter(sqs: SqsServer) -> None:
    queue = sqs.queue()
    queue.send("no job")
    for _ in range(3):
        [found] = queue.receive(1, wait=0, visibility=0)
        queue.extend(found.receipt, 0)
    assert queue.receive(1, wait=0, visibility=0) == []
    assert sqs.queue(sqs.dead_letters_url).attributes()["ApproximateNumberOfMessages"] == "1"


def test_a_fifo_queue_takes_a_start_once_and_a_poll_s_message(sqs: SqsServer) -> None:
    url = sqs.create("videogen.fifo", FifoQueue="true")
    queue = sqs.queue(url)
    queue.send(JOB_ID)
    queue.send(JOB_ID)
    # A poll sends another one, which SQS would drop for five minutes under the same name.
    queue.send(JOB_ID, 1)
    assert len(queue.receive(10, wait=0, visibility=30)) == 2


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://rebind.example"}, {"Host": "rebind.example"}, {"Origin": "null"}], ids=str
)
def test_the_stand_in_obeys_no_page_of_another_site(
    http: httpx.Client, sqs: SqsServer, headers: dict[str, str]
) -> None:
    sqs.queue().send(JOB_ID)
    purge = {"Action": "PurgeQueue", "QueueUrl": sqs.queue_url}

    assert http.post(sqs.queue_url, data=purge, headers=headers).status_code == 403
    assert len(sqs.queue().receive(1, wait=0, visibility=30)) == 1


def test_a_queue_is_found_by_its_arn(sqs: SqsServer) -> None:
    queue = sqs.queue()
    assert queue.url_of(queue.attributes()["QueueArn"]) == sqs.queue_url


def test_a_queue_that_is_not_there_refuses(sqs: SqsServer) -> None:
    with pytest.raises(QueueRefused, match="the queue answered 400 QueueDoesNotExist"):
        sqs.queue(f"{sqs.url}/123456789012/other").send(JOB_ID)


def answering(status: str, body: bytes) -> Callable[[Any, socket.socket], None]:
    def behave(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    return behave


def queue_at(origin: str, path: str = "/1/q") -> SqsQueue:
    return SqsQueue(QueueSettings(origin + path, REGION, Secret("CANARY-ID"), Secret("CANARY-KEY")))


THROTTLED = b'{"__type":"com.amazonaws.sqs#RequestThrottled"}'
DENIED = b'{"__type":"com.amazon.coral.service#AccessDeniedException","message":"CANARY"}'


@pytest.mark.parametrize(
    ("status", "body", "error", "text"),
    [
        ("403 Forbidden", DENIED, QueueRefused, "the queue answered 403 AccessDeniedException"),
        ("400 Bad Request", b"", QueueRefused, "the queue answered 400"),
        ("404 Not Found", b"<html>", QueueRefused, "the queue answered 404"),
        ("400 Bad Request", THROTTLED, QueueUnavailable, "the queue answered 400 RequestThrottled"),
        ("403 Forbidden", b'{"__type":"OverLimit"}', QueueUnavailable, "the queue answered 403 OverLimit"),
        ("429 Slow", b"", QueueUnavailable, "the queue answered 429"),
        ("500 Oops", b"[]", QueueUnavailable, "the queue answered 500"),
        ("503 Busy", b"<html>", QueueUnavailable, "the queue answered 503"),
        ("301 Moved", b"", QueueUnavailable, "the queue answered 301"),
        ("200 OK", b"<html>", QueueUnavailable, "the queue's address answers, but not as SQS does"),
        ("200 OK", b"[1]", QueueUnavailable, "the queue's address answers, but not as SQS does"),
        ("200 OK", b"[" * 100_000, QueueUnavailable, "the queue's address answers, but not as SQS does"),
        ("500 Oops", b'{"a":' * 100_000, QueueUnavailable, "the queue answered 500"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_each_answer_means(
    serve: Callable[..., Any], status: str, body: bytes, error: type[Exception], text: str
) -> None:
    server = serve(answering(status, body))
    with pytest.raises(error) as caught:
        queue_at(server.origin).send(JOB_ID)
    assert (str(caught.value), len(server.requests)) == (text, 1)


def test_nobody_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        origin = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(QueueUnavailable, match="could not be reached"):
        queue_at(origin).send(JOB_ID)


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        (b"", []),
        (b"{}", []),
        (b'{"Messages": null}', []),
        (b'{"Messages": [7, {}]}', [Message("", "")]),
        (
            b'{"Messages": [{"Body": "b", "ReceiptHandle": "r", "Attributes": {"SentTimestamp": "x"}}]}',
            [Message("b", "r")],
        ),
        (
            b'{"Messages": [{"Body": "b", "Attributes": {"ApproximateReceiveCount": "-1"}}]}',
            [Message("b", "")],
        ),
        (
            b'{"Messages": [{"Body": "b", "Attributes": {"ApproximateReceiveCount": "%s"}}]}' % (b"9" * 400),
            [Message("b", "")],
        ),
        (
            b'{"Messages": [{"Body": "b", "Attributes": {"SentTimestamp": "%s"}}]}' % (b"9" * 5000),
            [Message("b", "")],
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_any_answer_is_read_as_messages(
    serve: Callable[..., Any], body: bytes, messages: list[Message]
) -> None:
    server = serve(answering("200 OK", body))
    assert queue_at(server.origin).receive(5, wait=0, visibility=1) == messages


def test_the_request_is_signed_for_the_queues_region(serve: Callable[..., Any]) -> None:
    server = serve(answering("200 OK", b"{}"))
    queue_at(server.origin).send(JOB_ID)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST / HTTP/1.1"
    assert "X-Amz-Target: AmazonSQS.SendMessage" in lines
    signed = next(line for line in lines if line.startswith("Authorization"))
    assert signed.startswith("Authorization: AWS4-HMAC-SHA256 Credential=CANARY-ID/")
    assert "/us-east-1/sqs/aws4_request" in signed
    assert json.loads(body) == {
        "QueueUrl": f"{server.origin}/1/q",
        "MessageBody": f'{{"jobId": "{JOB_ID}"}}',
    }
