"""What the doctor says of a queue."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from videogen.cli import doctor_queue
from videogen.cli.findings import Failed, Finding
from videogen.local.sqs import REGION, SqsServer
from videogen.settings import QueueSettings, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sqs() -> Iterator[SqsServer]:
    with SqsServer() as server:
        yield server


def test_a_queue_in_order_is_told_with_its_messages(sqs: SqsServer) -> None:
    queue = sqs.queue()
    queue.send("AAAAAAAAAAAAAAAAAAAAAA")
    queue.send("BBBBBBBBBBBBBBBBBBBBBB")
    queue.receive(1, wait=0, visibility=60)

    assert list(doctor_queue.examine(sqs.settings())) == [
        Finding("ok", "queue", "answers; 1 messages wait, 1 are being worked on"),
        Finding("ok", "dead letters", "none; a message is parked after 3 tries"),
    ]


def test_a_queue_without_dead_letters_is_warned_of(sqs: SqsServer) -> None:
    url = sqs.create("bare", MessageRetentionPeriod="600")

    found = list(doctor_queue.examine(sqs.settings(url)))

    assert [(each.level, each.about) for each in found] == [
        ("ok", "queue"),
        ("warning", "queue"),
        ("warning", "dead letters"),
    ]


def test_dead_letters_are_counted(sqs: SqsServer) -> None:
    sqs.queue(sqs.dead_letters_url).send("no job")

    last = list(doctor_queue.examine(sqs.settings()))[-1]

    assert (last.level, last.detail) == ("warning", "1 messages could not be worked on after 3 tries")


def test_a_queue_that_is_not_there_is_named(sqs: SqsServer) -> None:
    with pytest.raises(Failed) as caught:
        list(doctor_queue.examine(sqs.settings(f"{sqs.url}/1/other")))
    assert "VIDEOGEN_QUEUE_URL" in str(caught.value.finding.remedy)


def test_a_queue_that_does_not_answer_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/1/q"
    with pytest.raises(Failed) as caught:
        list(doctor_queue.examine(QueueSettings(url, REGION, Secret("id"), Secret("key"))))
    assert caught.value.finding.detail.startswith("the queue could not be reached")
