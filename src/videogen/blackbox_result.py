"""Where the video is in an answer of the Blackbox API: a link in any wrapping, or the file itself as base64.

The documented answer is a bare link (https://docs.blackbox.ai/api-reference/video). Gateways in front of
other vendors' models wrap it in Markdown, JSON, HTML or content parts, or answer with a task that is under
way. Pure.
"""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from videogen.errors import VideoInterrupted, VideoRefused
from videogen.videos import HEAD_BYTES, check_head

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

MAX_URL_CHARACTERS = 4096
_MAX_HOST_CHARACTERS = 254

_MAX_DEPTH = 8
# Where a video is looked for inside a message that is no plain text, likeliest first. A thumbnail's link is
# not a video's.
_VIDEO_KEYS = (
    "video_url",
    "video",
    "videos",
    "download_url",
    "file_url",
    "output_url",
    "url",
    "uri",
    "href",
    "src",
    "output",
    "outputs",
    "result",
    "results",
    "response",
    "data",
    "file",
    "files",
    "media",
    "attachments",
    "artifacts",
    "generations",
    "content",
    "text",
    "b64_json",
    "base64",
    "images",
    "image_url",
)
# Where else a video may be, but not the photo, the prompt or a still of it.
_NOT_THE_VIDEO = re.compile(
    r"input|prompt|request|reason|user|thumb|poster|cover|preview|image|photo|frame", re.IGNORECASE
)
# Nor what else comes with a task that is done.
_NOT_THE_RESULT = re.compile(
    rf"{_NOT_THE_VIDEO.pattern}|watermark|progress|audio|music|voice|sound|subtitle|caption|logs?\b|docs?\b"
    r"|help|support|terms|policy|license|pricing|upgrade|billing|dashboard|cancel|web(?!m)|page|share|stream"
    r"|self|status|poll|callback",
    re.IGNORECASE,
)
_OTHER_FILES = (
    *(".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".avif", ".svg", ".bmp", ".heic"),
    *(".mp3", ".wav", ".m4a", ".aac", ".ogg", ".srt", ".vtt", ".json", ".txt", ".zip", ".m3u8"),
)
_SURE, _OTHER = 2, 4
"""Ranks of links: up to which one a link is surely a video's, and which one is another file's."""
# Links, each up to white space or to what ends it in Markdown, JSON, HTML and Python.
_LINKS = re.compile(
    r"https?://[!#-&(-;=?-Z_a-z~]+"
    # Letters of other scripts belong to it where a video's name follows, elsewhere to the text around it.
    r"(?:(?<!\.mp4|\.m4v|\.mov)[^\W\x00-\x7f][\w!#-&(-;=?-Z~]{0,100}?\.(?:mp4|m4v|mov)[!#-&(-;=?-Z_a-z~]*)?",
    re.IGNORECASE,
)
_VIDEOS_NAME = r"\.(?:mp4|m4v|mov)"
_EMPHASIS = re.compile(r"(?<=\.mp4|\.m4v|\.mov)[_~*]+\Z", re.IGNORECASE)
# What is nothing but a link may have signs in it that end one in a text: spaces before a video's name or a
# further field of its query, letters of other scripts, brackets and apostrophes.
_VALUE = r"(?:[^\t-\r\"<>]*&[\w.-]+=)?[!#-%(-;=?-\[\]_a-~]*"
_WHOLE_LINK = re.compile(
    rf"https?://(?!.*://)(?:(?:(?!{_VIDEOS_NAME}[^?])[^?\t-\r\"<>])*{_VIDEOS_NAME}(?:\?{_VALUE})?"
    rf"|[^?\s\"<>]+\?{_VALUE})",
    re.IGNORECASE,
)
# So may what stands in quotes or <>.
_QUOTED_LINK = re.compile(
    rf"""(?<=["'<])https?://(?:(?!{_VIDEOS_NAME}[ ?])[^\t-\r:"<>()]){{1,2000}}"""
    rf"""{_VIDEOS_NAME}(?:\?[!#-&*-;=?-Z_a-z~]*)?(?=["'>])""",
    re.IGNORECASE,
)
_MARKDOWN = "*`<> \t\r\n"  # around a link
_VIDEO_ELEMENT = re.compile(r"<video\b[^<>]*>(?:.*</video>)?", re.IGNORECASE | re.DOTALL)
# Where one link is glued to the next; a link inside another's path or query follows one of = & ? / :
_SEAM = re.compile(r"(?<=[^=&?/:])(?=https?://)", re.IGNORECASE)
# A link written for JSON or HTML and never unwrapped: \/ and \u0026, &amp; and &#x2F;
_ESCAPED = re.compile(
    r"\\(/)|\\u00([2-7][0-9a-f])"
    r"|&(?:amp;)*(amp|quot|lt|gt|#0*(?:3[3-9]|[4-9][0-9]|1[01][0-9]|12[0-6])|#x0*(?:2[1-9a-f]|[3-7][0-9a-f]));",
    re.IGNORECASE,
)
_MAX_ESCAPED_CHARACTERS = 100_000
_DATA_URI = re.compile(
    r"data:[\w.+/-]*(?:; ?[\w.+-]+(?:=[\w.+-]*|=\"[^\"]{0,60}\")?){0,6}; ?base64,\s?\n?", re.IGNORECASE
)
# In lines perhaps, and in a Markdown fence.
_BASE64 = re.compile(r"\s*(?:```\w*\s+)?([A-Za-z0-9+/_-]{24,}(?:[\r\n]+[A-Za-z0-9+/_-]+)*)")
_HEAD_CHARACTERS = 88
# What becomes of a task, in the words of the APIs that have tasks (Replicate, fal, Runway, Kling, Luma,
# MiniMax, Vidu, Google), which some write with a prefix, a percentage or dots.
_WORD_PREFIX = re.compile(r"^((task|job)_)?(status|state)_")
_UNDER_WAY = re.compile(
    r"(?!warning|missing)\w+ing|(pending|waiting)_\w+|(in_)?(queue|progress|process)|(en)?queued"
    r"|(not_)?start(ed)?|render|generation|submitted|accepted|created|scheduled|throttled|not_ready"
)
_FAILED = re.compile(
    r"((task|job|generation|processing)_)?fail(ed|ure)?|error(ed)?|cancell?ed|abort(ed)?|rejected"
)
_DONE = re.compile(r"succe\w{2,8}|completed?|done|finished|ready|ok|active|generated")
_STATUS_KEYS = ("status", "state", "task_status", "job_status")
_STATUS_IN_TEXT = re.compile(
    r"""["'](?:(?:task|job)[_-]?)?(?:status|state)["']\s*:\s*["']([^"']{1,100})""", re.IGNORECASE
)
# A text whose links need not be its video's: a whole page, what quotes a prompt, an error, a stream's pieces.
_OTHER_TEXT = re.compile(
    r"""<(?:head|script|meta|title)\b|["'](?:\w{0,40}(?:input|prompt|request)|delta)["']\s*:"""
    r"""|["']error["']\s*:\s*["'{]""",
    re.IGNORECASE,
)
# A name without `_` and `-` under which a task or its id stands; an `id` alone may be the request's.
_OF_A_TASK = re.compile(
    r"(task|job|prediction|generation|operation|video|run)s?((?:uu)?ids?)?", re.IGNORECASE
)
_TASK_ID_KEYS = ("id", "request_id", "name")
# What is sent back of a request; what may say of an error that it is throttled, or how an account is.
ECHO = re.compile(r"input|prompt|request|messages", re.IGNORECASE)
_NO_TASK = re.compile(rf"{ECHO.pattern}|error|user|account|organi[sz]|subscri|plan|limit", re.IGNORECASE)
_TASK_URL_KEYS = ("polling_url", "poll_url", "status_url", "response_url", "task_url", "get")
_PATH = re.compile(r"/[A-Za-z0-9_][\w./-]{0,198}", re.ASCII)
_KEYS = {key.replace("_", ""): key for key in (*_VIDEO_KEYS, *_STATUS_KEYS, *_TASK_ID_KEYS, *_TASK_URL_KEYS)}
_MOST_KEYS = 1000
IDENTIFIER = re.compile(r"[A-Za-z0-9._:/@=+-]{1,200}")


def task_ids(payload: Any) -> dict[str, str]:  # noqa: ANN401 - JSON of any shape
    """Return what names a task in an answer, for whoever asks the provider about it."""
    if not isinstance(payload, dict):
        return {}
    ids = {
        key: value
        for place in (payload, payload.get("data"))
        for key in _TASK_ID_KEYS
        if (value := identifier(place, key)) is not None
    }
    return ids | _ids_of_tasks(payload) | task_urls(payload)


def names_a_task(payload: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    """Whether an answer or its error names a task, or anything but the error is under way."""
    return bool(task_urls(payload) or _ids_of_tasks(payload)) or "under way" in map(
        _state, _everywhere(payload, _NO_TASK)
    )


def _ids_of_tasks(payload: Any) -> dict[str, str]:  # noqa: ANN401 - JSON of any shape
    """Return the ids that can be no request's own, wherever they stand, but not a list of several tasks."""
    return {
        f"{found[1].lower()}_id": text
        for each in _everywhere(payload, ECHO)
        if isinstance(each, dict)
        for name, value in each.items()
        if (found := _OF_A_TASK.fullmatch(re.sub("[_-]", "", name)))
        for one in [value[0] if isinstance(value, list) and len(value) == 1 else value]
        if (text := identifier(one, "id") if isinstance(one, dict) else found[2] and _identifier(one))
        # An `operationId` may be the call's name in an API's description.
        if isinstance(one, dict) or found[1].lower() != "operation" or re.search(r"\d", text)
    }


def task_urls(payload: Any) -> dict[str, str]:  # noqa: ANN401 - JSON of any shape
    """Return the addresses under which a task can be asked about."""
    if not isinstance(payload, dict):
        return {}
    return {
        key: value
        for place in (payload, payload.get("urls"), payload.get("data"))
        for key, value in _named(place).items()
        if key in _TASK_URL_KEYS and isinstance(value, str) and is_task_address(value)
    }


def is_task_address(text: str) -> bool:
    """Whether a text is nothing but a link or a path, as APIs write where their task is."""
    return is_link(text) or _PATH.fullmatch(text) is not None


def progress(places: list[Any]) -> Literal["under way", "failed", "done", ""]:
    """Return what an answer says of its task, "" where nothing is known; the outermost word counts."""
    states = (_state(found) for place in places for found in _dictionaries(place))
    return next(filter(None, states), "")


def _state(found: Any) -> Literal["under way", "failed", "done", ""]:  # noqa: ANN401 - JSON of any shape
    """Return what an object says of a task in its own words."""
    named = _named(found)
    words = [_word(word) for key in _STATUS_KEYS if isinstance(word := named.get(key), str)]
    if any(map(_DONE.fullmatch, words)):
        return "done"
    if named.get("done") is False or any(map(_UNDER_WAY.fullmatch, words)):
        return "under way"
    if any(map(_FAILED.fullmatch, words)):
        return "failed"
    return "done" if named.get("done") is True and not named.get("error") else ""


def _word(status: str) -> str:
    word = re.sub(r"[\W\d_]+", "_", status[:100].lower()).strip("_")
    return _WORD_PREFIX.sub("", word)


def _dictionaries(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON of any shape
    """Yield an answer's objects, the outer ones first."""
    level = [value]
    for _ in range(_MAX_DEPTH):
        inner: list[Any] = []
        for each in level:
            found = _json_inside(each) if isinstance(each, str) else each
            if isinstance(found, dict):
                yield found
                named = _named(found)
                inner += [named[key] for key in _VIDEO_KEYS if key in named]
            elif isinstance(found, list):
                inner += found
        level = inner


def video_link(places: list[Any], usable: Callable[[str], bool]) -> str | None:
    """Return the likeliest link of the first place that has one, of another file only where there is none.

    The last place is the whole answer: what names a video may be anywhere in it.
    """

    def found(texts: Iterator[str]) -> list[str]:
        return [link for text in texts for link in _links(text) if usable(link)]

    likeliest = [min(links, key=_rank) for place in places if (links := found(_texts(place)))]
    likeliest += [link for link in found(texts_of(places[-1], _NOT_THE_VIDEO)) if names_a_video(link)]
    return next((link for link in likeliest if _rank(link) < _OTHER), next(iter(likeliest), None))


def only_link(places: list[Any], usable: Callable[[str], bool]) -> str | None:
    """Return the link of a task that is done, whatever its field is called, where it is the only one."""
    if progress(places) != "done":
        return None
    whole = places[-1]
    links = {link for text in texts_of(whole, _NOT_THE_RESULT) if is_link(text) for link in _links(text)}
    links -= {*task_urls(whole).values()}
    likely = [link for link in links if usable(link) and not names_another_file(link)]
    return likely[0] if len(likely) == 1 else None


def link_in_text(text: str, usable: Callable[[str], bool]) -> str | None:
    """Return the link that is surely a video's in a text of no known shape: prose, or JSON that was cut.

    One at the very end may be cut too.
    """
    last_status = [{"status": each} for each in _STATUS_IN_TEXT.findall(text)[-1:]]
    if _OTHER_TEXT.search(text) or progress(last_status) in {"under way", "failed"}:
        return None
    end = _unwrapped(text).rstrip(".,;:!?")[-MAX_URL_CHARACTERS:].replace(" ", "%20")
    links = [link for link in _links(text) if usable(link) and not end.endswith(link)]
    return next(filter(names_a_video, links), None)


def is_in_doubt(link: str, places: list[Any], usable: Callable[[str], bool]) -> bool:
    """Whether a link names no video and stands in a sentence, which may tell why there is none."""
    if names_a_video(link) or link == only_link(places, usable):
        return False
    texts = (_unwrapped(text).strip() for place in places for text in _texts(place))
    return not any(
        _without_punctuation(text.strip(_MARKDOWN)).replace(" ", "%20") == link
        or (_VIDEO_ELEMENT.fullmatch(text) and link in _links(text))
        for text in texts
    )


def names_a_video(link: str) -> bool:
    """Whether a link is surely a video's by its name; any other may be a page's in some sentence."""
    return _rank(link) <= _SURE


def names_another_file(link: str) -> bool:
    """Whether a link is surely no video's by its name."""
    return _rank(link) == _OTHER


def _rank(link: str) -> int:
    """Return how likely a link is a video's: the lower the likelier."""
    path = urlsplit(link).path.lower()
    if path.endswith((".mp4", ".m4v")):
        return 0
    if path.endswith((".mov", ".webm")):
        return 1
    if ".mp4" in link.lower():
        return _SURE
    return _OTHER if path.endswith(_OTHER_FILES) else _OTHER - 1


def video_itself(places: list[Any]) -> bytes | None:
    """Return the first MP4 that stands in the answer as base64, in a data URI or bare."""
    known = (text for place in places for text in _texts(place))
    for text in itertools.chain(known, texts_of(places[-1], _NOT_THE_VIDEO)):
        uri = _DATA_URI.search(text)
        encoded = _BASE64.match(text, uri.end() if uri else 0)
        if encoded is None:
            continue
        standard = "".join(encoded[1].split()).replace("-", "+").replace("_", "/")
        if is_video(base64.b64decode(standard[: min(_HEAD_CHARACTERS, len(standard) // 4 * 4)])):
            whole = standard[: len(standard) - (len(standard) % 4 == 1)]
            return base64.b64decode(whole + "=" * (-len(whole) % 4))
    return None


def _texts(value: Any, depth: int = 0) -> Iterator[str]:  # noqa: ANN401 - JSON of any shape
    """Yield the texts in a message where a video may stand, in order, whatever shape it has."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, str):
        inner = _json_inside(value)
        if inner is None:
            yield value
        else:
            yield from _texts(inner, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, depth + 1)
    elif isinstance(value, dict):
        named = _named(value)
        for key in _VIDEO_KEYS:
            yield from _texts(named.get(key), depth + 1)


def is_video(body: bytes) -> bool:
    """Whether bytes begin as a video's file does."""
    try:
        check_head(body[:HEAD_BYTES])
    except (VideoRefused, VideoInterrupted):
        return False
    return True


def is_link(text: str) -> bool:
    """Whether a text is nothing but a link."""
    return len(text) <= MAX_URL_CHARACTERS and _LINKS.fullmatch(text) is not None


def texts_of(value: Any, other: re.Pattern[str]) -> Iterator[str]:  # noqa: ANN401 - JSON of any shape
    """Yield all texts of an answer, but those in fields of something `other`."""
    return (each for each in _everywhere(value, other) if isinstance(each, str))


def _everywhere(value: Any, other: re.Pattern[str], depth: int = 0) -> Iterator[str | dict[str, Any]]:  # noqa: ANN401 - JSON of any shape
    """Yield all objects and texts of an answer, but those in fields of something `other`."""
    if depth > 2 * _MAX_DEPTH:
        return
    found = _json_inside(value) if isinstance(value, str) else value
    if isinstance(found, dict):
        yield found
        for name, each in found.items():
            if not other.search(name):
                yield from _everywhere(each, other, depth + 1)
    elif isinstance(found, list):
        for each in found:
            yield from _everywhere(each, other, depth + 1)
    elif isinstance(value, str):
        yield value


def _json_inside(text: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return the JSON that a text is, None for any other."""
    return json_or_none(text) if text.lstrip()[:1] in {"{", "["} else None


def _links(text: str) -> Iterator[str]:
    """Yield the links in a text, in order."""
    # Half a surrogate pair can be written as JSON, but nowhere else.
    text = re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", _unwrapped(text))
    alone = text.strip().strip(_MARKDOWN)
    is_whole = len(alone) <= MAX_URL_CHARACTERS and _WHOLE_LINK.fullmatch(alone)
    whole = [_without_punctuation(alone)] if is_whole else _QUOTED_LINK.findall(text)
    yield from (found for link in whole if len(found := link.replace(" ", "%20")) <= MAX_URL_CHARACTERS)
    for glued in _LINKS.findall(text):
        yield from (
            _without_punctuation(link) for link in _SEAM.split(glued) if len(link) <= MAX_URL_CHARACTERS
        )


def _unwrapped(text: str) -> str:
    return _ESCAPED.sub(_unescaped, text) if len(text) <= _MAX_ESCAPED_CHARACTERS else text


def _unescaped(found: re.Match[str]) -> str:
    slash, code, entity = found.groups()
    if slash or code:
        return slash or chr(int(code, 16))
    return html.unescape(f"&{entity.lower()};")


def _without_punctuation(link: str) -> str:
    surplus = link.count(")") - link.count("(")
    end = len(link)
    while end and (link[end - 1] in ".,;:!?*" or (link[end - 1] == ")" and surplus > 0)):
        surplus -= link[end - 1] == ")"
        end -= 1
    return _EMPHASIS.sub("", link[:end])


def links_in(value: object) -> set[str]:
    """Return all links in the texts of a request."""
    if isinstance(value, str):
        return set(_links(value))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(links_in, inner))


def is_usable(link: str, allowed_origins: Collection[str]) -> bool:
    """Whether a video may be fetched from a link: https and a public name, or an allowed origin."""
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname or "", parts.port
        if len(host) > _MAX_HOST_CHARACTERS:  # none has more, and to encode them takes long
            return False
        host = host.encode("idna").decode().removesuffix(".")
    except ValueError:
        return False
    if f"{parts.scheme}://{parts.netloc}" in allowed_origins:
        return True
    return (
        parts.scheme == "https"
        and "@" not in parts.netloc
        and re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", host) is not None
    )


def identifier(payload: Any, key: str) -> str | None:  # noqa: ANN401 - JSON of any shape
    """Return an id that an answer has under a key, None where it is none."""
    return _identifier(_named(payload).get(key))


def _identifier(value: object) -> str | None:
    text = str(value) if type(value) is int and value > 0 else value
    return text if isinstance(text, str) and text != "None" and IDENTIFIER.fullmatch(text) else None


def _named(value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON of any shape
    """Return an object by the names that are known here: `videoUrl` and `Video-URL` are `video_url`."""
    if not isinstance(value, dict):
        return {}
    found: dict[str, Any] = value
    if len(found) > _MOST_KEYS:  # no provider's answer has so many
        return found
    return {_KEYS.get(re.sub("[_-]", "", name).lower(), name): each for name, each in found.items()} | found


def json_or_none(text: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return a text as JSON, None where it is none."""
    try:
        return json.loads(text, strict=False)  # with line breaks inside a text
    except (ValueError, RecursionError):
        return None
