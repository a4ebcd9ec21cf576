"""What an answer of the Blackbox API means: a video, or one of the errors that say what it may have cost.

The documented success is https://docs.blackbox.ai/api-reference/video: the answer's message is the link to
the video. The documented errors are https://docs.blackbox.ai/api-reference/errors; what is seen beside them
are errors of LiteLLM (https://github.com/BerriAI/litellm, whose adapter for Replicate explains most texts
below) and of the proxies in between. Pure: no network and no clock.

Nothing that the provider wrote is passed on but the link, two ids and an error code: its texts may quote the
prompt or hold the photos.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from videogen.errors import (
    BlackboxNotStarted,
    BlackboxNoVideo,
    BlackboxOutcomeUnknown,
    BlackboxRefused,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from videogen.errors import FailureCode

# A refusal may quote the whole request, photos included; an answer with a video is about 1 KB.
MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_RETRY_AFTER_SECONDS = 300.0
MAX_URL_CHARACTERS = 4096

_MAX_DEPTH = 8
# Where links are looked for inside a message that is no plain text; a thumbnail's link is not a video's.
_LINK_KEYS = (
    "video_url",
    "video",
    "videos",
    "url",
    "uri",
    "output",
    "result",
    "data",
    "file",
    "content",
    "text",
)
# Links, each up to white space or to what ends it in Markdown, JSON, HTML and Python.
_LINKS = re.compile(r"https?://[!#-&(-;=?-Z_a-z~]+", re.IGNORECASE)
# Where one link is glued to the next; a link inside another's path or query follows one of = & ? / :
_SEAM = re.compile(r"(?<=[^=&?/:])(?=https?://)", re.IGNORECASE)
_NO_PROVIDER = re.compile(r"\bno(?: \w+){0,3} providers?\b", re.IGNORECASE)
_UPSTREAM_KEY = re.compile(r"Exception\W+Authentication", re.IGNORECASE)
_MODERATION = re.compile(r"flagged|moderation|sensitive|nsfw|content.?policy|safety", re.IGNORECASE)
_ACCOUNT = re.compile(
    r"balance|credit|billing|payment|quota|user is locked|suspended|authenticat", re.IGNORECASE
)
# LiteLLM's dump of a Replicate prediction, as Python or as JSON inside JSON.
_PREDICTION = re.compile(r"prediction not succeeded", re.IGNORECASE)
_PREDICTION_STATUS = re.compile(r"""\bstatus\\*["']\s*:\s*\\*["'](\w{1,20})""")
_PREDICTION_STATES = {"starting", "processing", "succeeded", "failed", "canceled", "aborted"}
_UNKNOWN_MODEL = "The video provider does not know this model. Please choose another one."
_NO_PHOTOS = "The video provider takes no photo for this model. Please choose another one."
_TOO_LARGE = "The photos are too large for the video provider. Please use fewer or smaller ones."
_RESETS_IN = re.compile(r"resets in ~?([0-9]{1,6})s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Generated:
    """A video that was made: where it lies for about an hour, and the provider's names for the run."""

    url: str = field(repr=False)  # it may carry a signature
    request_id: str | None = None
    model: str | None = None


def parse_answer(
    status: int, headers: Mapping[str, str], body: bytes, *, allowed_origins: Collection[str] = ()
) -> Generated:
    """Return the video that an answer names, or raise what the answer means.

    Raises BlackboxNotStarted (429; 503 "no provider"), BlackboxRefused, BlackboxNoVideo (an answer that is
    complete and holds no link) and BlackboxOutcomeUnknown (anything that does not tell).
    """
    lower = {name.lower(): value for name, value in headers.items()}
    text = _decode(lower, body)
    payload, is_complete = _read_json(text)
    error = _error_in(payload)
    if not 200 <= status < 300:  # noqa: PLR2004 - the HTTP success range
        _raise_refusal(status, lower, error, text)
    if error is not None:
        # Errors come with HTTP 200 too; the body's own code then stands for the status
        # (https://docs.blackbox.ai/api-reference/errors).
        _raise_refusal(_number(error.get("code")), lower, error, json.dumps(error))
    if not is_complete:
        raise BlackboxOutcomeUnknown(note=f"status {status}, answer not readable")
    choice = _first_choice(payload)
    finish_reason = choice.get("finish_reason")
    if finish_reason == "content_filter":
        raise BlackboxRefused("content_refused", charged="unknown", note="finish_reason content_filter")
    if finish_reason == "error":
        raise BlackboxRefused("provider_rejected", charged="unknown", note="finish_reason error")
    url = _video_link([choice.get("message"), choice, payload], allowed_origins)
    if url is None:
        raise BlackboxNoVideo(note=f"status {status}, no link in the answer")
    return Generated(url, _identifier(payload, "id"), _identifier(payload, "model"))


def _raise_refusal(
    status: int, headers: Mapping[str, str], error: Mapping[str, Any] | None, text: str
) -> NoReturn:
    note = _note(status, error)
    message = error.get("message") if error else None
    message = message if isinstance(message, str) else ""
    match status:
        case 429:
            raise BlackboxNotStarted("provider_busy", retry_after=_retry_after(headers, text), note=note)
        # Short, so that it is the gateway's own sentence and no failure further up that quotes a prompt.
        case 503 if len(message) <= 200 and _NO_PROVIDER.search(message):  # noqa: PLR2004
            raise BlackboxNotStarted(
                "provider_busy", retry_after=_retry_after(headers, text), note=f"{note}, no provider"
            )
        case 400:
            raise _bad_request(message, text, note)
        case 401 | 402:
            # Blackbox's own key for the model behind it can be the bad one: then ours is in order.
            whose = ", the provider's own key upstream" if _UPSTREAM_KEY.search(text) else ""
            raise BlackboxRefused("provider_account", note=note + whose)
        case 403 if error and (_MODERATION.search(text) or not _ACCOUNT.search(message)):
            raise BlackboxRefused("content_refused", note=note)
        case 403:
            raise BlackboxRefused("provider_account", note=note)
        case 404:
            raise BlackboxRefused("provider_rejected", detail=_UNKNOWN_MODEL, note=note)
        case 413:
            raise BlackboxRefused("provider_rejected", detail=_TOO_LARGE, note=note)
        case 422:
            raise _unprocessable(text, note)
        case _:
            raise BlackboxOutcomeUnknown(note=note)


def _bad_request(message: str, text: str, note: str) -> BlackboxRefused:
    if "invalid model name" in text.lower():
        return BlackboxRefused("provider_rejected", detail=_UNKNOWN_MODEL, note=f"{note}, invalid model")
    if "prompt is not a string" in text:
        return BlackboxRefused("provider_rejected", detail=_NO_PHOTOS, note=f"{note}, prompt is not a string")
    if "prediction url is None" in text and re.search(r"\b40[12]\b|[Uu]nauth", text):
        return BlackboxRefused("provider_account", note=f"{note}, refused upstream")
    code: FailureCode = "content_refused" if _MODERATION.search(text) else "provider_rejected"
    # LiteLLM's word for a prediction that failed after it had begun.
    began = message.startswith("Error:")
    return BlackboxRefused(code, charged="unknown" if began else "no", note=note)


def _unprocessable(text: str, note: str) -> BlackboxRefused | BlackboxOutcomeUnknown:
    states = _PREDICTION_STATES.intersection(_PREDICTION_STATUS.findall(text))
    if states & {"failed", "canceled", "aborted"}:
        code: FailureCode = "content_refused" if _MODERATION.search(text) else "provider_rejected"
        return BlackboxRefused(code, charged="unknown", note=f"{note}, prediction failed")
    if states or _PREDICTION.search(text):
        return BlackboxOutcomeUnknown(note=f"{note}, prediction not succeeded")
    return BlackboxRefused("provider_rejected", note=note)


def _note(status: int, error: Mapping[str, Any] | None) -> str:
    code = (error or {}).get("code")
    is_plain = isinstance(code, str) and re.fullmatch(r"[a-z0-9_]{1,40}", code)
    if is_plain or (isinstance(code, int) and 0 <= code < 1000):  # noqa: PLR2004 - room for any HTTP status
        return f"status {status}, error code {code}"
    return f"status {status}"


def _retry_after(headers: Mapping[str, str], text: str) -> float | None:
    seconds: float | None = None
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", headers.get("retry-after-ms", "")):
        seconds = float(headers["retry-after-ms"]) / 1000
    elif re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", headers.get("retry-after", "")):
        seconds = float(headers["retry-after"])
    elif "retry-after" in headers:
        seconds = _seconds_between(headers.get("date", ""), headers["retry-after"])
    elif resets := _RESETS_IN.search(text):
        seconds = float(resets[1])
    return None if seconds is None else min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def _seconds_between(date: str, later: str) -> float | None:
    # Both by the provider's clock, so ours may be wrong.
    try:
        return (parsedate_to_datetime(later) - parsedate_to_datetime(date)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None


def _decode(headers: Mapping[str, str], body: bytes) -> str:
    if headers.get("content-encoding", "").strip().lower() in {"gzip", "x-gzip", "deflate"}:
        try:
            body = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, MAX_ANSWER_BYTES)
        except zlib.error:
            body = b""
    return body.decode(errors="replace").lstrip("\ufeff").strip()


def _read_json(text: str) -> tuple[Any, bool]:
    """Return the answer as JSON, and whether it is there to its end."""
    payload = _json_or_none(text)
    if payload is not None:
        return payload, True
    if re.match(r"(data|event|id|retry)?:", text):
        return _read_events(text)
    return None, False


def _read_events(text: str) -> tuple[Any, bool]:
    """Put together an answer that came as server-sent events, though nobody asked for them."""
    merged: dict[str, Any] = {}
    content: list[str] = []
    is_complete = False
    for line in text.splitlines():
        field_name, _, data = line.partition(":")
        if field_name != "data":
            continue
        if data.strip() == "[DONE]":
            is_complete = True
            continue
        event = _json_or_none(data)
        if not isinstance(event, dict):
            continue
        choice = _first_choice(event)
        merged |= {key: value for key, value in event.items() if key != "choices"}
        if choice.get("finish_reason") is not None:
            merged["choices"] = [{"finish_reason": choice["finish_reason"]}]
        for part in (choice.get("delta"), choice.get("message")):
            text_part = part.get("content") if isinstance(part, dict) else None
            content += [text_part] if isinstance(text_part, str) else []
    return merged | {
        "choices": [_first_choice(merged) | {"message": {"content": "".join(content)}}]
    }, is_complete


def _json_or_none(text: str) -> Any:  # noqa: ANN401 - JSON of any shape
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _error_in(payload: Any) -> dict[str, Any] | None:  # noqa: ANN401
    for holder in (payload, _first_choice(payload)):
        error = holder.get("error") if isinstance(holder, dict) else None
        if isinstance(error, dict) and error:
            return error
        if error and error != "None":
            return {"message": error}
    return None


def _first_choice(payload: Any) -> dict[str, Any]:  # noqa: ANN401
    choices = payload.get("choices") if isinstance(payload, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _number(code: object) -> int:
    if isinstance(code, int) and not isinstance(code, bool):
        return code
    return int(code) if isinstance(code, str) and re.fullmatch(r"[0-9]{3}", code) else 0


def _identifier(payload: Any, key: str) -> str | None:  # noqa: ANN401
    value = payload.get(key) if isinstance(payload, dict) else None
    if isinstance(value, str) and value != "None" and re.fullmatch(r"[A-Za-z0-9._:/@-]{1,200}", value):
        return value
    return None


def _video_link(places: list[Any], allowed_origins: Collection[str]) -> str | None:
    """Return the first link of the first place that has one; among several, one that names an MP4."""
    for place in places:
        links = [link for link in _links(place) if _is_usable(link, allowed_origins)]
        if links:
            return next((link for link in links if urlsplit(link).path.endswith(".mp4")), links[0])
    return None


def _links(value: Any, depth: int = 0) -> Iterator[str]:  # noqa: ANN401
    """Yield the links in a message, in order, whatever shape it has."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, str):
        inner = _json_or_none(value) if value.lstrip()[:1] in {"{", "["} else None
        if inner is not None:
            yield from _links(inner, depth + 1)
            return
        for glued in _LINKS.findall(value):
            yield from (
                _without_punctuation(link) for link in _SEAM.split(glued) if len(link) <= MAX_URL_CHARACTERS
            )
    elif isinstance(value, list):
        for item in value:
            yield from _links(item, depth + 1)
    elif isinstance(value, dict):
        for key in _LINK_KEYS:
            yield from _links(value.get(key), depth + 1)


def _without_punctuation(link: str) -> str:
    while link and (link[-1] in ".,;:!?*" or (link[-1] == ")" and link.count(")") > link.count("("))):
        link = link[:-1]
    return link


def _is_usable(link: str, allowed_origins: Collection[str]) -> bool:
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if f"{parts.scheme}://{parts.netloc}" in allowed_origins:
        return True
    return (
        parts.scheme == "https"
        and "@" not in parts.netloc
        and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) is not None
    )
