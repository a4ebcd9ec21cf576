"""A slow call beside which the caller goes on beating."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from videogen.heartbeat import with_heartbeat

FACT: ContextVar[str] = ContextVar("FACT", default="none")
NEVER = 3600.0


def no_beat() -> None:
    raise AssertionError("no beat was due")


def not_given_up() -> None:
    raise AssertionError("nobody gave up")


def test_what_the_call_returns() -> None:
    assert with_heartbeat(lambda: 5, wait=lambda: NEVER, beat=no_beat, give_up=not_given_up) == 5


def test_what_the_call_raises() -> None:
    def call() -> None:
        raise KeyError("inner")

    with pytest.raises(KeyError, match="inner"):
        with_heartbeat(call, wait=lambda: NEVER, beat=no_beat, give_up=not_given_up)


def test_beats_come_while_the_call_goes_on_and_each_wait_is_asked_for_anew() -> None:
    go_on = threading.Event()
    beats: list[int] = []
    waits = iter([0.0, 0.0, 0.0, NEVER])

    def beat() -> None:
        beats.append(threading.get_ident())
        if len(beats) == 3:
            go_on.set()

    def call() -> int:
        assert go_on.wait(10)
        return threading.get_ident()

    called_in = with_heartbeat(call, wait=lambda: next(waits), beat=beat, give_up=not_given_up)

    assert beats == [threading.get_ident()] * 3
    assert called_in != threading.get_ident()


def test_a_beat_that_raises_gives_the_call_up_and_waits_for_its_end() -> None:
    given_up = threading.Event()
    order: list[str] = []

    def call() -> None:
        assert given_up.wait(10)
        order.append("the call has ended")
        raise ConnectionError("cut off")

    def beat() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        with_heartbeat(call, wait=lambda: 0.0, beat=beat, give_up=given_up.set)
    order.append("the caller goes on")

    assert order == ["the call has ended", "the caller goes on"]
    assert not [thread for thread in threading.enumerate() if thread.name.endswith("(work)")]


def test_the_call_sees_the_callers_context() -> None:
    token = FACT.set("request 1")
    try:
        assert with_heartbeat(FACT.get, wait=lambda: NEVER, beat=no_beat, give_up=not_given_up) == "request 1"
    finally:
        FACT.reset(token)
