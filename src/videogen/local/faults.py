"""What the Blackbox simulator can be asked to play: the table FAULTS, by name.

A fault is either an answer to the paid POST or something that happens to the download of the video. Its name
goes into the prompt, `[fault:E500b]`; an answer and a download can be combined.

The bodies are those of the vendor's documents (https://docs.blackbox.ai/api-reference/errors) and of public
issues. The wording of LiteLLM (https://github.com/BerriAI/litellm) shows in the API's errors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Ending(Enum):
    """How a connection ends where an answer does not end by itself."""

    CLOSE = "close"  # in order: the client reads end-of-file
    RESET = "reset"  # a TCP reset
    SILENCE = "silence"  # open until the client leaves


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, wrong in ways that an ordinary server's interface would not let through."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    """What Content-Length says; None: the length of `body`, or chunked encoding where that is an iterable."""
    ending: Ending | None = None
    """None: the connection stays open for the next request."""
    sends: int | None = None
    """Body bytes that go out before `ending`; None: all; -1: not even a status line."""
    seconds_per_byte: float = 0.0
    """Unscaled."""


@dataclass(frozen=True)
class Order:
    """A POST that was found in order."""

    model: str
    prompt: str
    created: int
    """Seconds since 1970."""
    make_video: Callable[[], str]
    """Renders the video and returns the link to it."""


@dataclass(frozen=True)
class Fault:
    """One thing that the simulator can play."""

    plays: str
    """What it is, in a line."""
    purchase: bool = True
    """Whether the ledger counts the POST; it does where the answer leaves that open, as a client must."""
    answer: Callable[[Order], Reply] | None = None
    """None: the documented success."""
    download: Callable[[Reply, str], Reply] | None = None
    """Turns the right answer to a GET of the video, whose path is given, into another; None: leaves it."""
    delay: float | None = None
    """Seconds until the answer, unscaled; None: the simulator's own."""
    link: str | None = None
    """What follows the video's unguessable path; a query must come back as it was given. None: /output.mp4"""
    size: int | None = None
    """Bytes that the video is padded to."""
    unread: bool = False
    """Whether the answer begins before the request's body is read."""


def problem(status: int, message: str, **metadata: object) -> Reply:
    """Return the documented error: its code is a number."""
    error: dict[str, object] = {"code": status, "message": message}
    return _json(status, {"error": error | ({"metadata": metadata} if metadata else {})})


def invalid_model(model: object) -> Reply:
    """Return the refusal of an unknown model: a Python repr in the message, a string for the code."""
    message = str(
        {
            "error": f"/chat/completions: Invalid model name passed in model={model}. "
            "Call `/v1/models` to view available models for your key."
        }
    )
    return _seen_error(400, message)


def too_large() -> Reply:
    """Return a front server's refusal of a large body."""
    return _html(413, "413 Request Entity Too Large", server="nginx")


def success(order: Order) -> Reply:
    """Return the documented success."""
    return _json(200, _completion(order, order.make_video()))


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(body).encode(), headers=headers or {})


def _html(status: int, title: str, *, server: str) -> Reply:
    page = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
    return Reply(status, page.encode(), content_type="text/html", headers={"Server": server})


def _seen_error(status: int, message: str) -> Reply:
    """Return an error as public logs show it: "None" and the code are strings."""
    return _json(
        status, {"error": {"message": message, "type": "None", "param": "None", "code": str(status)}}
    )


def _completion(order: Order, content: object, *, finish_reason: str = "stop") -> dict[str, object]:
    """Return the answer of https://docs.blackbox.ai/api-reference/video, where "None" is a string."""
    return {
        "id": f"chatcmpl-{order.created}",
        "created": order.created,
        "model": f"{order.model.removeprefix('blackboxai/')}:0546b4e90d4f215c7fc42c9b8d815df3",
        "object": "chat.completion",
        "system_fingerprint": "None",
        "choices": [
            {
                "finish_reason": finish_reason,
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": content,
                    "tool_calls": "None",
                    "function_call": "None",
                },
            }
        ],
        "usage": {
            "completion_tokens": 0,
            "prompt_tokens": 0,
            "total_tokens": 0,
            "completion_tokens_details": "None",
            "prompt_tokens_details": "None",
        },
    }


FAULTS: Mapping[str, Fault] = {
    "S1": Fault("the documented success"),
    "E500b": Fault(
        "500 of an upstream that did not answer in time; the video is being made",
        delay=25,
        answer=lambda _: _seen_error(500, "No response received from Replicate API after max retries"),
    ),
    "D404": Fault(
        "the link is dead at once",
        download=lambda _, __: Reply(404, b"Not Found", content_type="text/plain"),
    ),
}
