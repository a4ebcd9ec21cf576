"""What the Blackbox simulator can be asked to play: the table FAULTS, by name.

A fault is either an answer to the paid POST or something that happens to the download of the video. Its name
goes into the prompt, `[fault:E500b]`; an answer and a download can be combined.

The bodies are those of the vendor's documents (https://docs.blackbox.ai/api-reference/errors) and of public
issues. The wording of LiteLLM (https://github.com/BerriAI/litellm) shows in the API's errors.
"""

from __future__ import annotations

import base64
import gzip
import itertools
import json
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from enum import Enum
from typing import TYPE_CHECKING, Any

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
    make_file: Callable[[], bytes] = bytes
    """Renders the video and returns it."""
    key: str = field(default="", repr=False)
    """The caller's, which some gateways quote."""


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
    """Turns the right answer to a GET of the video, whose URL is given, into another; None: leaves it."""
    delay: float | None = None
    """Seconds until the answer, unscaled; None: the simulator's own."""
    link: str | None = None
    """What follows the video's unguessable path; a query must come back as it was given. None: /output.mp4"""
    size: int | None = None
    """Bytes that the video is padded to."""
    unread: bool = False
    """Whether the connection is reset before its body is read, whatever its other words say."""


def problem(status: int, message: str, metadata: Mapping[str, object] | None = None) -> Reply:
    """Return the documented error: its code is a number."""
    return _json(status, {"error": _error(status, message, metadata)})


def invalid_model(model: object) -> Reply:
    """Return the refusal of an unknown model: a Python repr in the message, a string for the code."""
    text = (
        f"/chat/completions: Invalid model name passed in model={model}. "
        "Call `/v1/models` to view available models for your key."
    )
    return _seen(400, str({"error": text}))


def too_large() -> Reply:
    """Return a front server's refusal of a large body."""
    return _html(413, "413 Request Entity Too Large")


def success(order: Order) -> Reply:
    """Return the documented success."""
    return _json(200, _completion(order, order.make_video()))


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(body).encode(), headers=headers or {})


def _html(status: int, title: str, headers: Mapping[str, str] | None = None) -> Reply:
    page = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
    return Reply(status, page.encode(), "text/html", headers or {"Server": "nginx"})


def _error(code: int, message: str, metadata: Mapping[str, object] | None = None) -> dict[str, object]:
    return {"code": code, "message": message} | ({"metadata": metadata} if metadata else {})


def _seen(status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an error as public logs show it: "None" and the code are strings."""
    error = {"message": message, "type": "None", "param": "None", "code": str(status)}
    return _json(status, {"error": error}, headers)


def _completion(
    order: Order, content: object, *, finish_reason: str = "stop", nothing: str | None = "None"
) -> dict[str, Any]:
    """Return the answer of https://docs.blackbox.ai/api-reference/video, where "None" is a string."""
    message = {"role": "assistant", "content": content, "tool_calls": nothing, "function_call": nothing}
    return {
        "id": f"chatcmpl-{order.created}",
        "created": order.created,
        "model": f"{order.model.removeprefix('blackboxai/')}:0546b4e90d4f215c7fc42c9b8d815df3",
        "object": "chat.completion",
        "system_fingerprint": nothing,
        "choices": [{"finish_reason": finish_reason, "index": 0, "message": message}],
        "usage": {
            "completion_tokens": 0,
            "prompt_tokens": 0,
            "total_tokens": 0,
            "completion_tokens_details": nothing,
            "prompt_tokens_details": nothing,
        },
    }


def _with_message(order: Order, message: Mapping[str, object]) -> Reply:
    """Return a success whose message has these members beside its role."""
    choice = {"finish_reason": "stop", "index": 0, "message": {"role": "assistant"} | dict(message)}
    return _json(200, _completion(order, None) | {"choices": [choice]})


def _content(write: Callable[[str], object]) -> Callable[[Order], Reply]:
    """Return an answer whose content is what `write` makes of the link."""
    return lambda order: _json(200, _completion(order, write(order.make_video())))


def _chat_like(order: Order) -> Reply:
    """Return the success in the shape of the API's chat answers: nulls, and fields of its own."""
    answer = _completion(order, order.make_video(), nothing=None)
    answer["choices"][0]["message"]["provider_specific_fields"] = {"refusal": None}
    answer["usage"]["cost"] = 0.8
    return _json(200, answer | {"model": order.model.removeprefix("blackboxai/"), "provider": "Replicate"})


def _elsewhere(place: Callable[[str], dict[str, object]]) -> Callable[[Order], Reply]:
    """Return an answer with an empty content, whose link stands where `place` puts it."""
    return lambda order: _json(200, _completion(order, "") | place(order.make_video()))


def _stream(*events: object) -> Reply:
    """Return server-sent events, as for `stream: true`."""
    lines = [f"data: {json.dumps(event)}\n\n" for event in events] + ["data: [DONE]\n\n"]
    return Reply(200, "".join(lines).encode(), "text/event-stream")


def _stream_success(order: Order) -> Reply:
    """Return the link in two pieces, as a model that writes token by token would."""
    link = order.make_video()
    events = [
        {
            "id": f"chatcmpl-{order.created}",
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
        }
        for delta, finish_reason in (
            ({"role": "assistant", "content": link[:30]}, None),
            ({"content": link[30:]}, None),
            ({}, "stop"),
        )
    ]
    return _stream(*events)


def _flagged(order: Order) -> Reply:
    metadata = {
        "reasons": ["violence"],
        "flagged_input": order.prompt[:100],
        "provider_name": "Replicate",
        "model_slug": order.model,
    }
    return problem(403, "Your chosen model requires moderation and your input was flagged", metadata)


def _failed_prediction(order: Order) -> Reply:
    prediction = {
        "id": "m4xq7crk5srge0cs8m2b0jt2vr",
        "status": "failed",
        "error": "Prediction failed: the model produced no output",
        "input": {"prompt": order.prompt, "image": "data:image/jpeg;base64,/9j/4AAQSkZJRg=="},
    }
    return _seen(422, f"LiteLLM Error - prediction not succeeded - {prediction}")


def _gzipped(order: Order) -> Reply:
    body = json.dumps(_completion(order, order.make_video())).encode()
    return Reply(200, gzip.compress(body), headers={"Content-Encoding": "gzip"})


def _quotes_key(order: Order) -> Reply:
    """Return LiteLLM's refusal of a key that is none of its own: it repeats what it got."""
    message = f"LiteLLM Virtual Key expected. Received={order.key}, expected to start with 'sk-'."
    error = {"message": message, "type": "auth_error", "param": "None", "code": order.key}
    return _json(401, {"error": error}, {"X-Request-Id": order.key})


def _typed(status: int, message: str, kind: str) -> Reply:
    """Return an error of LiteLLM's proxy, whose `type` says what it is about."""
    return _json(
        status, {"error": {"message": message, "type": kind, "param": "None", "code": str(status)}}, _CALL_IDS
    )


def _task(order: Order, **more: object) -> Reply:
    """Return a task that is under way, as APIs that do not block answer."""
    return _json(200, {"id": f"task-{order.created}", "status": "pending"} | more, _CALL_IDS)


def _after_comments(order: Order) -> Reply:
    reply = success(order)
    return replace(reply, body=b": PROCESSING\n\n: PROCESSING\n\n" + _bytes(reply))


def _beside_content(place: Callable[[str], dict[str, object]]) -> Callable[[Order], Reply]:
    """Return a success whose message has no content and the link where `place` puts it."""
    return lambda order: _with_message(order, {"content": None} | place(order.make_video()))


def _labelled(label: str) -> Callable[[Reply, str], Reply]:
    """Return the video under a Content-Encoding that it does not have."""
    return lambda reply, _: replace(reply, headers={**reply.headers, "Content-Encoding": label})


def _packed(reply: Reply, _: str) -> Reply:
    headers = {**reply.headers, "Content-Encoding": "gzip"}
    return replace(reply, body=gzip.compress(_bytes(reply)), headers=headers, length=None)


def _whole_range(reply: Reply, _: str) -> Reply:
    last = (reply.length or 0) - 1
    return replace(
        reply, status=206, headers={**reply.headers, "Content-Range": f"bytes 0-{last}/{last + 1}"}
    )


def _first_half(reply: Reply, _: str) -> Reply:
    body = _bytes(reply)
    half = len(body) // 2
    headers = {**reply.headers, "Content-Range": f"bytes 0-{half - 1}/{len(body)}"}
    return replace(reply, status=206, body=body[:half], headers=headers, length=half)


def _ending(ending: Ending, *, after_head: bool) -> Callable[[Order], Reply]:
    """Return a success that ends in the middle of its body, or before its first byte."""

    def answer(order: Order) -> Reply:
        reply = success(order)
        return replace(reply, ending=ending, sends=len(_bytes(reply)) // 2 if after_head else -1)

    return answer


def _overstated(reply: Reply) -> Reply:
    """Say a Content-Length that the body does not reach."""
    length = reply.length if reply.length is not None else len(_bytes(reply))
    return replace(reply, length=length + 1000, ending=Ending.CLOSE)


def _bytes(reply: Reply) -> bytes:
    return reply.body if isinstance(reply.body, bytes) else b"".join(reply.body)


def _endless(first: Iterable[bytes], filling: bytes) -> Iterable[bytes]:
    return itertools.chain(first, itertools.repeat(filling))


def _redirect(url: str) -> Reply:
    return Reply(302, content_type="text/html", headers={"Location": url})


def _moved(status: int) -> Reply:
    return replace(_html(status, "Moved"), headers={"Location": "https://www.blackbox.example/chat"})


def _answer(reply: Reply) -> Callable[[Order], Reply]:
    return lambda _: reply


def _refusal(plays: str, reply: Reply) -> Fault:
    """Return a fault that buys nothing and answers each order alike."""
    return Fault(plays, purchase=False, answer=_answer(reply))


def _download(reply: Reply) -> Callable[[Reply, str], Reply]:
    return lambda _, __: reply


def _xml(status: int, code: str) -> Reply:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'
    return Reply(status, body.encode(), "application/xml")


_BUDGET = "Budget has been exceeded! Current cost: 26.075, Max budget: 25.0"
_CALL_IDS = {"X-LiteLLM-Call-Id": "5f1d0c3a-9be8-4e27", "X-Request-Id": "req_8f1e2d3c"}
_SIGNED = "/output.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=3600&X-Amz-Signature=5f1d0c3a9be84e27"
_NO_ROUTE = "There is no available model provider that meets your routing requirements"
_RATE_LIMIT = (
    "blackbox.Error: AzureException RateLimitError - "
    '{\n "error": {\n  "message": "Rate limit exceeded.",\n  "code": "rate_limit_exceeded"\n }\n}'
)
_WRONG_UPSTREAM_KEY = (
    "blackbox.Error: AzureException AuthenticationError - "
    '{"error":{"code":"invalid_api_key","message":"Incorrect API key provided"}}'
)
_CONNECTION_ERROR = (
    "blackbox.Error: InternalServerError: Vercel_ai_gatewayException - Connection error.. "
    "Received Model Group=blackboxai/google/veo-3-fast\nAvailable Model Group Fallbacks=None"
)
_CLOUDFLARE = {"Server": "cloudflare", "CF-RAY": "8f1e2d3c4b5a6978-FRA"}
_CLOUDFLARE_ERROR = {"code": 524, "message": "Gateway timeout.", "param": None, "type": "cf_gateway_timeout"}

_ANSWERS: dict[str, Fault] = {
    "S1": Fault("the documented success"),
    "S1-70s": Fault("the documented success after 70 s", delay=70),
    "S1-170s": Fault("the documented success after 170 s", delay=170),
    "S2": Fault("the success with nulls, cost and provider fields", answer=_chat_like),
    "S3-whitespace": Fault("white space around the link", answer=_content(lambda link: f"\n  {link} \n")),
    "S3-space": Fault("a space for content", answer=lambda order: _json(200, _completion(order, " "))),
    "S3-null": Fault("null for content", answer=lambda order: _json(200, _completion(order, None))),
    "S3-absent": Fault("no content", answer=lambda order: _with_message(order, {})),
    "S3-no-choices": Fault(
        "no choices", answer=lambda order: _json(200, _completion(order, "") | {"choices": []})
    ),
    "S4-image": Fault("a Markdown image", answer=_content(lambda link: f"![Generated Video]({link})")),
    "S4-link": Fault("a Markdown link", answer=_content(lambda link: f"[video]({link})")),
    "S4-prose": Fault(
        "the link in a sentence", answer=_content(lambda link: f"Your video is ready: {link}.")
    ),
    "S4-parenthesis": Fault("the link in parentheses", answer=_content(lambda link: f"Here it is ({link})")),
    "S4-query": Fault("a signed link, which only the whole query opens", link=_SIGNED),
    "S4-no-extension": Fault("a link that does not end in .mp4", link=""),
    "S4-html": Fault(
        "a link written for HTML",
        link=_SIGNED,
        answer=_content(lambda link: f'<a href="{link.replace("&", "&amp;")}">video</a>'),
    ),
    "S4-escaped": Fault(
        "a link written for JSON, in a sentence",
        link=_SIGNED,
        answer=_content(lambda link: "Done: " + link.replace("/", "\\/").replace("&", "\\u0026") + " enjoy"),
    ),
    "S5-glued": Fault(
        "two links without a separator",
        answer=lambda order: _json(200, _completion(order, order.make_video() + order.make_video())),
    ),
    "S5-list": Fault("a JSON list in the string", answer=_content(lambda link: json.dumps([link]))),
    "S5-object": Fault(
        "a JSON object in the string", answer=_content(lambda link: json.dumps({"video": {"url": link}}))
    ),
    "S5-parts": Fault(
        "a list of content parts",
        answer=_content(lambda link: [{"type": "video_url", "video_url": {"url": link}}]),
    ),
    "S5-top-level": Fault("the link as video_url", answer=_elsewhere(lambda link: {"video_url": link})),
    "S5-data-object": Fault(
        "the link as data.video_url", answer=_elsewhere(lambda link: {"data": {"video_url": link}})
    ),
    "S5-data-list": Fault(
        "the link as data[0].url", answer=_elsewhere(lambda link: {"data": [{"url": link}]})
    ),
    "S5-choice": Fault(
        "the link as choices[0].video_url",
        answer=_elsewhere(
            lambda link: {"choices": [{"finish_reason": "stop", "index": 0, "video_url": link}]}
        ),
    ),
    "S5-images": Fault(
        "the link in message.images",
        answer=_beside_content(lambda link: {"images": [{"type": "image_url", "image_url": {"url": link}}]}),
    ),
    "S5-attachments": Fault(
        "the link in message.attachments",
        answer=_beside_content(lambda link: {"attachments": [{"type": "video", "href": link}]}),
    ),
    "S5-inside": Fault(
        "the video itself as a data URI",
        answer=lambda order: _json(
            200,
            _completion(order, f"data:video/mp4;base64,{base64.b64encode(order.make_file()).decode()}"),
        ),
    ),
    "S6": Fault(
        "chat instead of a video",
        answer=lambda order: _json(200, _completion(order, "I'm sorry, I can't create videos.")),
    ),
    "S7-401": _refusal("200 with a refused key", replace(problem(401, "Invalid key"), status=200)),
    "S7-403": Fault(
        "200 with a flagged input", purchase=False, answer=lambda order: replace(_flagged(order), status=200)
    ),
    "S7-408": Fault(
        "200 with a time-out", answer=_answer(replace(problem(408, "Your request timed out"), status=200))
    ),
    "S7-429": _refusal(
        "200 with a rate limit", replace(problem(429, "You are being rate limited"), status=200)
    ),
    "S7-502": Fault(
        "200 with a model that is down",
        answer=_answer(replace(problem(502, "Your chosen model is down"), status=200)),
    ),
    "S7-503": _refusal("200 with no provider", replace(problem(503, _NO_ROUTE), status=200)),
    "S7-error": Fault(
        'finish_reason "error"',
        answer=lambda order: _json(200, _completion(order, "", finish_reason="error")),
    ),
    "S7-filter": Fault(
        'finish_reason "content_filter"',
        answer=lambda order: _json(200, _completion(order, "", finish_reason="content_filter")),
    ),
    "S8-stream": Fault("server-sent events that nobody asked for", answer=_stream_success),
    "S8-error": Fault(
        "server-sent events with an error",
        answer=_answer(_stream({"error": _error(502, "Your chosen model is down")})),
    ),
    "S8-done": Fault("server-sent events with nothing but [DONE]", answer=_answer(_stream())),
    "S8-comment": Fault("plain JSON after comments that kept the connection alive", answer=_after_comments),
    "S9-pending": Fault(
        "a task that is under way, and where to ask about it",
        answer=lambda order: _task(order, polling_url="https://api.example/v1/tasks/7"),
    ),
    "S9-link": Fault(
        "a link beside a status that is not done",
        answer=lambda order: _task(order, status="processing", video={"url": order.make_video()}),
    ),
    "S9-accepted": Fault(
        "202 with an id", answer=lambda order: replace(_task(order, status="accepted"), status=202)
    ),
    "E301": _refusal("301 to another host", _moved(301)),
    "E307": _refusal("307 to another host", _moved(307)),
    "E400": Fault("400, invalid model", purchase=False, answer=lambda order: invalid_model(order.model)),
    "E400b": _refusal(
        "400, a list of parts is refused",
        _seen(400, "LiteLLM Error - prompt is not a string - [{'type': 'text', 'text': '...'}]"),
    ),
    "E400c": _refusal(
        "400, the upstream refused to begin",
        _seen(400, "LiteLLM Error - prediction url is None - {'detail': 'Throttled', 'status': 429}"),
    ),
    "E400d": Fault(
        "400, the upstream began and failed", answer=_answer(_seen(400, "Error: Prediction failed: E004"))
    ),
    "E400-budget": _refusal("400, the budget of the key is spent", _typed(400, _BUDGET, "budget_exceeded")),
    "E401": _refusal("401, our key", problem(401, "Invalid credentials")),
    "E401-upstream": _refusal("401, the provider's own upstream key", _seen(401, _WRONG_UPSTREAM_KEY)),
    "E401-quoted": Fault("401 that quotes our key", purchase=False, answer=_quotes_key),
    "E402": _refusal("402, no credit", problem(402, "Your account or API key has insufficient credits.")),
    "E403": Fault("403, the input was flagged", purchase=False, answer=_flagged),
    "E403-account": _refusal(
        "403, the provider's account is locked",
        _seen(403, "User is locked. Reason: Exhausted balance. Top up your balance."),
    ),
    "E403-model": _refusal(
        "403, the key may not use the model",
        _typed(403, "key not allowed to access model.", "key_model_access_denied"),
    ),
    "E403-application": _refusal(
        "403, the key may not use the API", _seen(403, "Cannot access application 'video'")
    ),
    "E404": _refusal(
        "404, no such model upstream",
        _seen(404, "blackbox.Error: NotFoundError: Vercel_ai_gatewayException - Not Found"),
    ),
    "E404-html": _refusal("404, HTML", _html(404, "404 Not Found")),
    "E405": _refusal("405", _json(405, {"detail": "Method Not Allowed"})),
    "E408": Fault("408, timed out", answer=_answer(problem(408, "Your request timed out"))),
    "E413": _refusal("413, HTML", too_large()),
    "E415": _refusal("415, HTML", _html(415, "Unsupported Media Type")),
    "E422": Fault("422, the prediction failed; quotes prompt and photo", answer=_failed_prediction),
    "E422-unknown": Fault(
        "422, the upstream's progress could not be read",
        answer=_answer(
            _seen(422, "LiteLLM Error - prediction not succeeded - {'detail': 'Throttled.', 'status': 429}")
        ),
    ),
    "E429": _refusal("429, nested JSON", _seen(429, _RATE_LIMIT)),
    "E429-budget": _refusal("429, the budget of the key is spent", _typed(429, _BUDGET, "budget_exceeded")),
    "E429-seconds": _refusal("429, Retry-After in seconds", _seen(429, _RATE_LIMIT, {"Retry-After": "30"})),
    "E429-date": Fault(
        "429, Retry-After as a date in 30 s",
        purchase=False,
        answer=lambda order: _seen(
            429, _RATE_LIMIT, {"Retry-After": formatdate(order.created + 30, usegmt=True)}
        ),
    ),
    "E429-throttled": _refusal(
        "429, a bare detail", _json(429, {"detail": "Request was throttled. Your rate limit resets in ~30s."})
    ),
    "E500a": Fault(
        "500, connection error upstream, at once", delay=0, answer=_answer(_seen(500, _CONNECTION_ERROR))
    ),
    "E500b": Fault(
        "500 after 25 s, the upstream was too slow; the video is being made",
        delay=25,
        answer=_answer(_seen(500, "No response received from Replicate API after max retries")),
    ),
    "E502": Fault("502, the model is down", answer=_answer(problem(502, "Your chosen model is down"))),
    "E502-html": Fault("502, HTML", answer=_answer(_html(502, "502 Bad Gateway"))),
    "E502-empty": Fault("502, empty", answer=_answer(Reply(502, content_type="text/plain"))),
    "E503": _refusal("503, no provider", problem(503, _NO_ROUTE)),
    "E503-html": Fault("503, HTML", answer=_answer(_html(503, "Service Suspended"))),
    "E503-empty": Fault("503, empty", answer=_answer(Reply(503, content_type="text/plain"))),
    "E524": Fault(
        "524 of Cloudflare after 100 s, HTML",
        delay=100,
        answer=_answer(_html(524, "A timeout occurred", _CLOUDFLARE)),
    ),
    "E524-json": Fault(
        "524 of Cloudflare after 100 s, JSON",
        delay=100,
        answer=_answer(_json(524, {"error": _CLOUDFLARE_ERROR}, _CLOUDFLARE)),
    ),
    "N1-unread": Fault("reset before the request was read", purchase=False, unread=True),
    "N1-close": Fault("closed without an answer", answer=_ending(Ending.CLOSE, after_head=False)),
    "N1-reset": Fault("reset without an answer", answer=_ending(Ending.RESET, after_head=False)),
    "N1-silence": Fault("no answer, ever", answer=_ending(Ending.SILENCE, after_head=False)),
    "N1-cut": Fault("reset in the middle of the body", answer=_ending(Ending.RESET, after_head=True)),
    "N1-stall": Fault("silence in the middle of the body", answer=_ending(Ending.SILENCE, after_head=True)),
    "N1-length": Fault(
        "fewer bytes than Content-Length says", answer=lambda order: _overstated(success(order))
    ),
    "N1-invalid": Fault("invalid JSON", answer=_answer(Reply(200, b'{"id": "chatcmpl-1", "choices": [}'))),
    "N1-slow": Fault("a byte a second", answer=lambda order: replace(success(order), seconds_per_byte=1)),
    "N1-gzip": Fault("gzip, though nobody asked", answer=_gzipped),
    "N1-endless": Fault("white space without end", answer=_answer(Reply(200, _endless([], b" " * 65536)))),
}

_DOWNLOADS: dict[str, Fault] = {
    "D206": Fault("206 with the whole file", download=_whole_range),
    "D206-half": Fault("206 with half of the file, though nobody asked for a part", download=_first_half),
    "D302": Fault(
        "a redirect to another host name, which would serve the video",
        download=lambda reply, url: (
            reply if "//localhost:" in url else _redirect(url.replace("//127.0.0.1:", "//localhost:"))
        ),
    ),
    "D302-same": Fault(
        "a redirect on the same origin, which serves the video",
        download=lambda reply, url: reply if url.endswith("/moved") else _redirect(f"{url}/moved"),
    ),
    "D302-loop": Fault("a redirect to itself", download=lambda _, url: _redirect(url)),
    "D302-private": Fault(
        "a redirect into the private network",
        download=_download(_redirect("http://169.254.169.254/latest/meta-data/")),
    ),
    "D403": Fault("403, XML", download=_download(_xml(403, "AccessDenied"))),
    "D404": Fault(
        "404: the link expired at once", download=_download(Reply(404, b"Not Found", "text/plain"))
    ),
    "D410": Fault("410", download=_download(Reply(410, b"Gone", "text/plain"))),
    "D500": Fault("500, XML", download=_download(_xml(500, "InternalError"))),
    "D503": Fault("503, XML", download=_download(_xml(503, "SlowDown"))),
    "D-html": Fault("200, a page", download=_download(_html(200, "Sign in"))),
    "D-octet-stream": Fault(
        "application/octet-stream",
        download=lambda reply, _: replace(reply, content_type="application/octet-stream"),
    ),
    "D-label-gzip": Fault("a plain file called gzip", download=_labelled("gzip")),
    "D-label-aws": Fault("a plain file called aws-chunked", download=_labelled("aws-chunked")),
    "D-label-charset": Fault("a plain file called UTF-8", download=_labelled("UTF-8")),
    "D-gzip": Fault("a file that is gzip", download=_packed),
    "D-garbage": Fault(
        "video/mp4 that is none", download=_download(Reply(200, b"This is no video.\0" * 1000, "video/mp4"))
    ),
    "D-empty": Fault("no bytes", download=lambda reply, _: Reply(200, b"", "video/mp4", reply.headers)),
    "D-length": Fault("fewer bytes than Content-Length says", download=lambda reply, _: _overstated(reply)),
    "D-cut": Fault(
        "reset in the middle",
        download=lambda reply, _: replace(reply, ending=Ending.RESET, sends=(reply.length or 0) // 2),
    ),
    "D-chunked": Fault("chunked, without a length", download=lambda reply, _: replace(reply, length=None)),
    "D-slow": Fault(
        "a thousand bytes a second", download=lambda reply, _: replace(reply, seconds_per_byte=1e-3)
    ),
    "D-200mb": Fault("200 MB", size=200_000_000),
    "D-10gb": Fault("10 GB", size=10_000_000_000),
    "D-endless": Fault(
        "chunked, without an end",
        download=lambda reply, _: replace(reply, length=None, body=_endless([_bytes(reply)], bytes(65536))),
    ),
}

FAULTS: Mapping[str, Fault] = _ANSWERS | _DOWNLOADS
"""By name, answers first: what it plays and whether it is a purchase are in each value."""
