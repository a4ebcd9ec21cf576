"""A slow call in a thread of its own while the caller keeps its lease."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def with_heartbeat(
    call: Callable[[], T],
    *,
    wait: Callable[[], float],
    beat: Callable[[], None],
    give_up: Callable[[], None],
) -> T:
    """Return what `call` returns, or raise what it raises; `beat` each time that `wait()` seconds are over.

    The call sees the caller's context variables, so its log lines carry the same facts.

    Where a beat raises, `give_up` is called to make the call end early, the call is waited for, and the
    beat's error is raised: no thread outlives this function and writes on.
    """
    future: Future[T] = Future()
    context = copy_context()

    def work() -> None:
        try:
            future.set_result(context.run(call))
        except BaseException as error:  # noqa: BLE001 - handed to the caller whole
            future.set_exception(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while not wait_for([future], timeout=wait()).done:
            beat()
    except BaseException:
        give_up()
        thread.join()
        raise
    thread.join()
    return future.result()
