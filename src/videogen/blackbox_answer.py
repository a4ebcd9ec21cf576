"""What an answer of the Blackbox API means: a video, or one of the errors that say what it may have cost.

The documented success is https://docs.blackbox.ai/api-reference/video: the answer's message is the link to
the video. The documented errors are https://docs.blackbox.ai/api-reference/errors; what is seen beside them
are errors of LiteLLM (https://github.com/BerriAI/litellm, whose adapter for Replicate explains most texts
below) and of the proxies in between. Pure: no network and no clock.

Nothing that the provider wrote is passed on but the video, ids and an error code: its texts may quote the
prompt, the photos or the key.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from videogen.blackbox_result import (
    ECHO,
    IDENTIFIER,
    identifier,
    is_in_doubt,
    is_link,
    is_task_address,
    is_usable,
    is_video,
    json_or_none,
    link_in_text,
    names_a_task,
    names_a_video,
    names_another_file,
    only_link,
    progress,
    task_ids,
    task_urls,
    texts_of,
    video_itself,
    video_link,
)
from videogen.errors import (
    JobError,
    ProviderNotStarted,
    ProviderNoVideo,
    ProviderOutcomeUnknown,
    ProviderRefused,
    VideoInterrupted,
    VideoRefused,
)
from videogen.videos import unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping

    from videogen.errors import FailureCode

# Room for a short video that stands in the answer itself; one with a link is about 1 KB, and a refusal may
# quote the whole request, photos included.
MAX_ANSWER_BYTES = 12 * 1024 * 1024
_PIECE_BYTES = 16 * 1024
MAX_RETRY_AFTER_SECONDS = 300.0
# Headers in which the API and the proxies before it name one call, and LiteLLM its price
# (https://docs.litellm.ai/docs/proxy/response_headers).
_CALL_HEADERS = re.compile(
    r"(?:[a-z0-9-]{1,40}-)?"
    r"(?:request|call|trace|correlation|generation|response|prediction|task|job|operation)-?id"
    r"|cf-ray|x-vercel-id|x-litellm-response-cost"
)
_OF_A_TASK_ALONE = re.compile(r"(?:prediction|task|job|operation)-?id")
_MAX_CALL_IDS = 12
# Where an API writes its task's address, and under which statuses `location` is that as well
# (https://www.rfc-editor.org/rfc/rfc9110#name-location,
# https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md).
_TASKS_ADDRESS = "operation-location"
_ACCEPTED = {201, 202, 303}
# That there is none, and no more: "No response from provider" comes from one that was asked.
_NO_PROVIDER = re.compile(
    r"\bno (?:(?:available|allowed|active|healthy|suitable|matching|eligible|other|upstream|model) ){0,3}"
    r"providers?\b(?! (?!(?:(?:is|are) )?(?:available|left|found|for|that|configured)\b))",
    re.IGNORECASE,
)
# Signs that an attempt came before this error. LiteLLM goes on to other models, or calls again, and reports
# only the last failure (https://docs.litellm.ai/docs/proxy/reliability); with `Fallbacks=None` there was no
# other model. The rest is a task's address or id: that has digits; an endpoint's name has none, but for
# `image2video` and models below `/video/`. No sign begins with a repetition: a long text takes linear time.
_AFTER_AN_ATTEMPT = re.compile(
    r"Error doing the fallback(?<!Fallbacks=None\\nError doing the fallback)|[Rr]etried:? [1-9]"
    r"|/(?:(?:prediction|request|operation|generation|task|job|run|result)s?|videos)"
    r"(?:\\?/[\w-]{1,20}2video)?\\?/(?=[\w-]*\d)[\w-]{6,}+(?<!2video)"
    r"|(?:/video\\?/|\b(?i:prediction|operation|generation|task|job|run) )"
    r"(?=[A-Za-z-]*\d)(?:[0-9a-f-]{8}|[0-9A-Za-z]{16})"
    r"|(?:task|job|prediction|generation|video|run)_?(?:id|Id)=|[?&]id=[\w-]{6}|:fetchPredictOperation"
)
# Who is asked about a task too often has it: two of a task, how it is and who looks stand side by side. An
# upload or a download of the photo comes before it, and a "status 429" or a `'status'` is the answer's own.
_TASK = r"(?:video|task|job|prediction|generation|operation|output|\bruns?\b)"
_LOOKS = (
    r"(?:fetch|retriev|(?:(?:down|up)load|quer)(?!y?(?:i?e?s\b| limit| quota))|checking"
    r"|while a?waiting|(?<!s |e )awaiting|sav(?:e|ing)(?! more| capacity))"
)
_HOW_IT_IS = (
    r"""(?:(?<!with |HTTP |plan |tier )(?<!account )status(?! page|[ _]?code|[ :=(]+\d|["'\\])"""
    r"|(?<!as a )result(?!ed|ing|s? in| of too))"
)
_BESIDE = r"(?:(?!image|photo|input|plan|tier|account)[^.,;:\n]){0,40}"
_ASKED_ABOUT = re.compile(
    r"\bpoll(?:ed|ing)\b|status checks?|\d attempts made"
    r"|(?<!limit exceeded )(?<!limit reached )after [1-9]\d? (?:attempts|retries|tries)"
    rf"|(?<!稍后)(?<!稍后再)查询|任务(?:状态|结果)|(?<!for ){_TASK} completion(?!s)"
    rf"|(?:{_TASK}|{_LOOKS})(?:'s)?[ _]status(?:: |=| \()\d"
    rf"|(?:{_TASK}|{_LOOKS}){_BESIDE}{_HOW_IT_IS}|{_HOW_IT_IS}{_BESIDE}(?:{_TASK}|{_LOOKS})"
    rf"|{_LOOKS}{_BESIDE}(?:{_TASK}|completion(?!s))|{_TASK}{_BESIDE}{_LOOKS}",
    re.IGNORECASE,
)
# Words of a refusal that came after the generation; who is asked too often may have generated others.
_AFTER_A_GENERATION = re.compile(
    r"(?<!be )(?<!-)generated|generation[ _]time(?:d|[ _-]?out| limit)|no output(?![_ ](?:format|size))"
    r"|generation[ _]failed(?!: (?:the )?(?:image|photo|prompt|input|invalid|missing|unsupported)\b)"
    r"|output(?:[ _]?video[ _]?risk|[ _]?moderation| video(?! (?:format|resolution|size|must|should)\b))",
    re.IGNORECASE,
)
_ATTEMPT_HEADERS = ("x-litellm-response-cost", "x-litellm-attempted-retries", "x-litellm-attempted-fallbacks")
_A_VIDEOS_NAME = re.compile(r"\.(?:mp4|m4v|mov|webm)\b", re.IGNORECASE)
_UPSTREAM_KEY = re.compile(r"Exception\W+Authentication", re.IGNORECASE)
_MODERATION = re.compile(
    r"flagged|moderation|sensitive|nsfw|(?:content|usage).?(?:polic|filter)|safety|unsafe|prohibited"
    r"|inappropriate|responsible.?ai|guideline|risk.?detection|data.?inspection.?fail|敏感",
    re.IGNORECASE,
)
# What does not tell why an answer has no video.
_NOT_THE_REASON = re.compile(rf"{ECHO.pattern}|logs?\b|model|param|setting|option", re.IGNORECASE)
# Trouble with the account in an error's `type` or `code` (LiteLLM's ProxyErrorTypes, OpenAI's codes) …
_ACCOUNT_TYPE = re.compile(
    r"budget|quota|billing|insufficient|auth_error|authentication|expired_key|token_not_found|access_denied"
    r"|permission|payment",
    re.IGNORECASE,
)
# … and in the first words of its message; what follows them may quote a prompt.
_ACCOUNT = re.compile(
    r"budget has been exceeded|exceeded\s?budget|(?:over|crossed) budget|exceeded your current quota"
    r"|insufficient (?:funds|credits?|balance|quota)|exhausted balance|credit balance|user is locked"
    r"|balance is (?:too )?low"
    r"|(?:invalid|incorrect|missing|no) api.?key|api.?key (?:is )?(?:not valid|invalid)"
    r"|(?:not allowed to|cannot|can only) access|virtual key expected|invalid proxy server token"
    r"|(?:account|organization|key|user) (?:is |has been )?(?:suspended|disabled|deactivated|blocked)"
    r"|key (?:is |has )?expired",
    re.IGNORECASE,
)
_FIRST_WORDS = 300
# The address is none that takes the call: it leads elsewhere, or knows no such path, no POST or no JSON. A
# 303 is none of them: it leads to what the POST has done (https://www.rfc-editor.org/rfc/rfc9110#name-303-see-other).
_WRONG_ADDRESS = {*range(300, 400), 404, 405, 406, 410, 411, 414, 415, 417, 421, 426, 428, 431} - {303}
# LiteLLM's dump of a Replicate prediction, as Python or as JSON inside JSON.
_PREDICTION = re.compile(r"prediction not succeeded", re.IGNORECASE)
_PREDICTION_STATUS = re.compile(r"""\bstatus\\*["']\s*:\s*\\*["'](\w{1,20})""")
_PREDICTION_STATES = {"starting", "processing", "succeeded", "failed", "canceled", "aborted"}
# What an event may say of a field that another has filled.
_NOTHING = {"", "none", "null", "0", "false", "no error", "200", "ok", "success"}
_EMPTY: tuple[object, ...] = (None, "", [], {})
_UNKNOWN_MODEL = "The video provider does not know this model. Please choose another one."
_NO_PHOTOS = "The video provider takes no photo for this model. Please choose another one."
_TOO_LARGE = "The photos are too large for the video provider. Please use fewer or smaller ones."
_RESETS_IN = re.compile(r"resets in ~?([0-9]{1,6})s", re.IGNORECASE)
_NOT_THE_ADDRESS = ", BLACKBOX_BASE_URL does not take this call"
_SHORTEST_SECRET = 8
_DEEPEST_SHAPE = 6
_WIDEST_SHAPE = 20


@dataclass(frozen=True, slots=True)
class Generated:
    """A video that was made: where it lies for about an hour, and the provider's names for the call.

    `video` is the file itself where the answer holds it; `url` then names it by its digest and leads nowhere.
    `link_in_doubt` says that the link may lead to something else than a video, such as the terms that the
    answer quotes. `shape` is the answer's, as `shape_of` tells it.
    """

    url: str = field(repr=False)  # it may carry a signature
    request_id: str | None = None
    model: str | None = None
    call_ids: Mapping[str, str] = field(default_factory=dict, repr=False)
    video: bytes | None = field(default=None, repr=False)
    link_in_doubt: bool = False
    shape: str = field(default="", compare=False)


def parse_answer(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    allowed_origins: Collection[str] = (),
    secret: str = "",
    sent: Collection[str] = (),
    broken: str = "",
) -> Generated:
    """Return the video that an answer names or holds, or raise what the answer means.

    `secret` is the key of the call: a gateway may quote it, and nothing that is returned or raised holds it.
    `sent` are the links of the request: one that comes back is no video's. `broken` says how the connection
    ended where that was too early: what is there to its end counts all the same, and no refusal does.

    Raises ProviderNotStarted (429; 503 "no provider"), ProviderRefused, ProviderNoVideo (an answer that is
    complete and holds no video) and ProviderOutcomeUnknown (anything that does not tell); each has the ids of
    the call as `call_ids`.
    """
    secret = secret if len(secret) >= _SHORTEST_SECRET else ""
    lower = {name.lower(): value for name, value in headers.items()}
    ids = call_ids(lower, secret)
    body, is_whole = _unpacked(body)
    is_cut = bool(broken) or not is_whole
    text = _decode(body)
    payload, is_complete = _read_json(text)

    def usable(link: str) -> bool:
        return link not in sent and is_usable(link, allowed_origins)

    try:
        if 200 <= status < 300 and is_video(body):  # noqa: PLR2004 - the HTTP success range
            if is_cut:
                raise ProviderOutcomeUnknown(note=f"status {status}, the video is cut")
            found = replace(_held(body), shape="video")
        else:
            # A bare link may be cut as well.
            is_complete = is_complete and not (is_cut and isinstance(payload, str))
            found = _found(status, lower, text, payload, usable, is_complete=is_complete)
    except JobError as meaning:
        error = ProviderOutcomeUnknown(note=broken) if broken else meaning
        error.note = _hidden(error.note, secret)
        error.answer_shape = _hidden(shape_of(payload), secret)
        error.call_ids = ids | _without(_task_headers(status, lower) | task_ids(payload), secret)
        raise error from None
    own = _without({"id": found.request_id or "", "model": found.model or ""}, secret)
    return replace(
        found,
        url=_hidden(found.url, secret),
        request_id=own.get("id") or None,
        model=own.get("model") or None,
        call_ids=ids,
        shape=found.shape or _hidden(shape_of(payload), secret),
    )


def _found(
    status: int,
    headers: Mapping[str, str],
    text: str,
    payload: Any,  # noqa: ANN401 - JSON of any shape
    usable: Callable[[str], bool],
    *,
    is_complete: bool,
) -> Generated:
    """Return the video of an answer that is not the file itself, or raise what it means."""
    error = _error_in(payload)
    if not 200 <= status < 300:  # noqa: PLR2004 - the HTTP success range
        location = headers.get("location", "")
        if 300 <= status < 400 and _A_VIDEOS_NAME.search(location):  # noqa: PLR2004 - HTTP's redirects
            if is_link(location) and usable(location):
                return Generated(location)
            raise ProviderOutcomeUnknown(note=f"status {status}, a redirect to a video")
        raise _meaning(_Refusal(status, headers, error, text), payload, usable)
    found = _generated(payload, usable) if is_complete else None
    if error is not None and not (found and (found.video or names_a_video(found.url))):
        # Errors come with HTTP 200 too; the body's own code then stands for the status
        # (https://docs.blackbox.ai/api-reference/errors).
        refusal = _Refusal(_number(error.get("code")), headers, error, json.dumps(error))
        raise _meaning(refusal, payload, usable)
    if not is_complete and (url := link_in_text(text, usable)) is not None:
        return Generated(url)
    if found is None:
        raise _without_video(status, payload, is_complete=is_complete)
    return found


def _hidden(text: str, secret: str) -> str:
    return text.replace(secret, "") if secret else text


def _without(ids: Mapping[str, str], secret: str) -> dict[str, str]:
    """Return the ids that do not hold the secret."""
    return {name: value for name, value in ids.items() if not secret or secret not in value}


def shape_of(value: object, depth: int = 0) -> str:
    """Return the names and types of an answer without its values, for whoever adapts to a new format."""
    if isinstance(value, dict) and depth < _DEEPEST_SHAPE:
        # A name may be anything at all, a prompt among them.
        known = [(key, each) for key, each in value.items() if IDENTIFIER.fullmatch(key)][:_WIDEST_SHAPE]
        return "{" + ", ".join(f"{key}: {shape_of(each, depth + 1)}" for key, each in known) + "}"
    if isinstance(value, list) and depth < _DEEPEST_SHAPE:
        return "[" + ", ".join(dict.fromkeys(shape_of(each, depth + 1) for each in value[:3])) + "]"
    return "null" if value is None else type(value).__name__


def call_ids(headers: Mapping[str, str], secret: str = "") -> dict[str, str]:
    """Return the ids that an answer's headers (lower-case names) give the call, by header."""
    found = {
        name: value.strip()
        for name, value in _without(headers, secret).items()
        if _CALL_HEADERS.fullmatch(name) and IDENTIFIER.fullmatch(value.strip())
    }
    return dict(sorted(found.items())[:_MAX_CALL_IDS])


def _task_headers(status: int, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses that the headers of a call give its task, by header."""
    names = ("location", _TASKS_ADDRESS) if status in _ACCEPTED else (_TASKS_ADDRESS,)
    return {name: headers[name] for name in names if is_task_address(headers.get(name, ""))}


def _generated(payload: Any, usable: Callable[[str], bool]) -> Generated | None:  # noqa: ANN401 - JSON of any shape
    """Return the video of a complete answer, None where it has none."""
    places = _places(payload)
    choice = _first_choice(payload)
    if _is_filtered(choice) or choice.get("finish_reason") == "error":
        return None
    if progress(places) in {"under way", "failed"}:
        return None
    request_id, model = identifier(payload, "id"), identifier(payload, "model")
    url = video_link(places, usable)
    if url is None or names_another_file(url):
        if (video := video_itself(places)) is not None:
            return replace(_held(video), request_id=request_id, model=model)
        url = only_link(places, usable) or url
    if url is None:
        return None
    return Generated(url, request_id, model, link_in_doubt=is_in_doubt(url, places, usable))


def _is_filtered(choice: Mapping[str, Any]) -> bool:
    return _MODERATION.search(str(choice.get("finish_reason"))[:100]) is not None


def _places(payload: Any) -> list[Any]:  # noqa: ANN401 - JSON of any shape
    """Return where a video may be, likeliest first: not in an error, whose words may quote a prompt."""
    choice = _first_choice(payload)
    return [choice.get("message"), _without_error(choice), _without_error(payload)]


def _without_error(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    return {key: each for key, each in value.items() if key != "error"} if isinstance(value, dict) else value


def _has_begun(it: _Refusal, payload: Any, usable: Callable[[str], bool]) -> bool:  # noqa: ANN401 - JSON of any shape
    """Whether an answer beside its error names a task, a link or the beginning of a message."""
    places = _places(payload)
    return (
        names_a_task(payload)
        or any(map(_OF_A_TASK_ALONE.search, call_ids(it.headers)))
        or bool(_task_headers(it.status, it.headers))
        or _says_something(payload)
        or (video_link(places, usable) or only_link(places, usable)) is not None
    )


def _says_something(payload: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    """Whether a message had begun before its error."""
    message = _first_choice(payload).get("message")
    values = [each for key, each in message.items() if key != "role"] if isinstance(message, dict) else []
    return not all(map(_says_nothing, values))


def _without_video(status: int, payload: Any, *, is_complete: bool) -> JobError:  # noqa: ANN401 - JSON of any shape
    """Return what an answer without an error and without a video means."""
    if not is_complete:
        return ProviderOutcomeUnknown(note=f"status {status}, answer not readable")
    choice = _first_choice(payload)
    if choice.get("finish_reason") == "error":
        return ProviderRefused("provider_rejected", charged="unknown", note="finish_reason error")
    message, task = choice.get("message"), progress(_places(payload))
    if (
        _is_filtered(choice)
        or (isinstance(message, dict) and not _says_nothing(message.get("refusal")))
        or (task in {"failed", "done"} and any(map(_MODERATION.search, texts_of(payload, _NOT_THE_REASON))))
    ):
        return ProviderRefused("content_refused", charged="unknown", note=f"status {status}, moderated")
    if task == "failed":
        return ProviderNoVideo(note=f"status {status}, the task failed")
    # Ids beside a message are its own, not those of a video's task.
    has_task = task_urls(payload) or names_a_task(message if _says_something(payload) else payload)
    if task == "under way" or status == 202 or (task != "done" and has_task):  # noqa: PLR2004 - HTTP's "accepted": the work is still to be done
        return ProviderOutcomeUnknown(note=f"status {status}, the video is not ready")
    return ProviderNoVideo(note=f"status {status}, no link in the answer")


def _held(video: bytes) -> Generated:
    return Generated(f"data:video/mp4;sha256={hashlib.sha256(video).hexdigest()}", video=video)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """An answer that is an error: its status, the body's error object, and the texts that may tell more."""

    status: int
    headers: Mapping[str, str]
    error: Mapping[str, Any] | None
    text: str

    @property
    def message(self) -> str:
        message = self.error.get("message") if self.error else None
        return message if isinstance(message, str) else ""

    @property
    def first_words(self) -> str:
        """What it says before it may quote a prompt."""
        return (self.message or self.text)[:_FIRST_WORDS]

    @property
    def is_page(self) -> bool:
        """Whether it is a web page and no answer of an API."""
        return self.text.lstrip().startswith("<")

    @property
    def kinds(self) -> str:
        """The `type` and the `code` of its error, where they are words."""
        kinds = (self.error.get(key) for key in ("type", "code")) if self.error else ()
        return " ".join(kind[:100] for kind in kinds if isinstance(kind, str))

    @property
    def names_reasons(self) -> bool:
        """Whether it has the metadata of a moderated request."""
        metadata = self.error.get("metadata") if self.error else None
        return isinstance(metadata, dict) and not {"reasons", "flagged_input"}.isdisjoint(metadata)

    def refused(self, code: FailureCode, note: str = "", **more: Any) -> ProviderRefused:  # noqa: ANN401 - passed on
        return ProviderRefused(code, note=_note(self.status, self.error) + note, **more)

    def unknown(self, note: str = "") -> ProviderOutcomeUnknown:
        return ProviderOutcomeUnknown(note=_note(self.status, self.error) + note)


def _meaning(it: _Refusal, payload: Any, usable: Callable[[str], bool]) -> JobError:  # noqa: ANN401 - JSON of any shape
    """Return what an error means: the first row of the table that fits, unless something has begun."""
    means = next((row[2] for row in _MEANINGS if it.status in row[0] and row[1](it)), _Refusal.unknown)
    error = means(it)
    has_begun = _tells_of_an_attempt(it) or _has_cost(it, payload) or _has_begun(it, payload, usable)
    if error.charged != "no" or not has_begun:
        return error
    note = f"{error.note}, but something began"
    if error.code == "content_refused":
        return ProviderRefused("content_refused", charged="unknown", note=note)
    return ProviderOutcomeUnknown(note=note)


def _tells_of_an_attempt(it: _Refusal) -> bool:
    # A page's links lead anywhere.
    return not it.is_page and (
        _AFTER_AN_ATTEMPT.search(it.text) is not None
        # A bad request is refused in the same words.
        or (it.status in {429, 503} and _ASKED_ABOUT.search(it.first_words) is not None)
        or (it.status != 429 and _AFTER_A_GENERATION.search(f"{it.kinds} {it.first_words}") is not None)  # noqa: PLR2004 - HTTP
    )


def _has_cost(it: _Refusal, payload: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    """Whether a refusal says what it cost, or that others came before it."""
    usage = payload.get("usage") if isinstance(payload, dict) else None
    # A 402 names what the call would cost.
    costs = [usage.get("cost")] if isinstance(usage, dict) and it.status != 402 else []  # noqa: PLR2004 - HTTP
    costs += [it.headers.get(name) for name in _ATTEMPT_HEADERS]
    return any(re.fullmatch(r"(?=.*[1-9])[0-9.]+(?:e-?[0-9]+)?", str(each)[:100]) for each in costs)


def _is_about_the_account(it: _Refusal) -> bool:
    if it.names_reasons:
        return False
    return (_ACCOUNT_TYPE.search(it.kinds) or _ACCOUNT.search(it.first_words)) is not None


def _says_no_provider(it: _Refusal) -> bool:
    # Short, so that it is the gateway's own sentence and no failure further up that quotes a prompt.
    return len(it.message) <= 200 and _NO_PROVIDER.search(it.message) is not None  # noqa: PLR2004 - longer is another text around it


def _is_moderated(it: _Refusal) -> bool:
    # A firewall's page speaks of what is prohibited as well.
    words = "" if it.is_page else it.first_words
    return it.names_reasons or any(map(_MODERATION.search, (it.message, it.kinds, words)))


def _has_error_object(it: _Refusal) -> bool:
    # The API's own 404 has one; a page or another API's JSON means another address.
    return it.error is not None


def _has_a_prediction(it: _Refusal) -> bool:
    return _PREDICTION.search(it.text) is not None


def _always(_: _Refusal) -> bool:
    return True


def _busy(it: _Refusal) -> ProviderNotStarted:
    note = _note(it.status, it.error) + (", no provider" if it.status == 503 else "")  # noqa: PLR2004 - HTTP
    return ProviderNotStarted("provider_busy", retry_after=_retry_after(it.headers, it.text), note=note)


def _account(it: _Refusal) -> ProviderRefused:
    # Blackbox's own key for the model behind it can be the bad one: then ours is in order.
    is_theirs = it.status in {401, 402} and _UPSTREAM_KEY.search(it.text)
    return it.refused("provider_account", ", the provider's own key upstream" if is_theirs else "")


def _bad_request(it: _Refusal) -> ProviderRefused:
    if "invalid model name" in it.text.lower():
        return it.refused("provider_rejected", ", invalid model", detail=_UNKNOWN_MODEL)
    if "prompt is not a string" in it.text:
        return it.refused("provider_rejected", ", prompt is not a string", detail=_NO_PHOTOS)
    if "prediction url is None" in it.text and re.search(r"\b40[12]\b|[Uu]nauth", it.text):
        return it.refused("provider_account", ", refused upstream")
    code: FailureCode = "content_refused" if _MODERATION.search(it.text) else "provider_rejected"
    # LiteLLM's word for a prediction that failed after it had begun.
    return it.refused(code, charged="unknown" if it.message.startswith("Error:") else "no")


def _unprocessable(it: _Refusal) -> ProviderRefused | ProviderOutcomeUnknown:
    states = _PREDICTION_STATES.intersection(_PREDICTION_STATUS.findall(it.text))
    if states & {"failed", "canceled", "aborted"}:
        code: FailureCode = "content_refused" if _MODERATION.search(it.text) else "provider_rejected"
        return it.refused(code, ", prediction failed", charged="unknown")
    if states or _has_a_prediction(it):
        return it.unknown(", prediction not succeeded")
    return it.refused("provider_rejected")


_MEANINGS: tuple[tuple[Container[int], Callable[[_Refusal], bool], Callable[[_Refusal], JobError]], ...] = (
    # statuses, a sign in the answer, what it means
    # LiteLLM gives a prediction that had begun any status, by words in its texts.
    ({*range(400, 500), 503}, _has_a_prediction, _unprocessable),
    ({400, 403, 429}, _is_about_the_account, _account),
    ({429}, _always, _busy),
    ({503}, _says_no_provider, _busy),
    ({400}, _always, _bad_request),
    ({401, 402}, _always, _account),
    ({403}, _is_moderated, lambda it: it.refused("content_refused")),
    ({403}, _always, _account),
    ({404}, _has_error_object, lambda it: it.refused("provider_rejected", detail=_UNKNOWN_MODEL)),
    ({413}, _always, lambda it: it.refused("provider_rejected", detail=_TOO_LARGE)),
    ({422}, _always, _unprocessable),
    (_WRONG_ADDRESS, _always, lambda it: it.refused("misconfigured", _NOT_THE_ADDRESS)),
)
"""Everything else leaves the outcome unknown, whatever it says: only these prove what happened."""


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


def _unpacked(body: bytes) -> tuple[bytes, bool]:
    """Return an answer as it was before it was packed, and whether it is whole.

    Whether it is packed, its bytes say: labels are wrong both ways.
    """
    pieces = (body[at : at + _PIECE_BYTES] for at in range(0, len(body), _PIECE_BYTES))
    found: list[bytes] = []
    left = MAX_ANSWER_BYTES
    is_whole = True
    try:
        for piece in unpacked(pieces):
            found.append(piece)
            left -= len(piece)
            if left < 0:
                is_whole = False
                break
    except (VideoRefused, VideoInterrupted):
        is_whole = False
    return b"".join(found), is_whole


def _decode(body: bytes) -> str:
    return body.decode(json.detect_encoding(body), errors="replace").lstrip("\ufeff")


def _read_json(text: str) -> tuple[Any, bool]:
    """Return the answer as JSON, and whether it is there to its end."""
    # Comments keep a connection alive (https://html.spec.whatwg.org/multipage/server-sent-events.html), and
    # plain JSON may follow them.
    plain = re.sub(r"\A(?::[^\r\n]*[\r\n]+\s*)+", "", text.strip())
    payload = json_or_none(plain)
    if payload is not None:
        return payload, True
    if is_link(plain):
        return plain, True
    if re.match(r"(data|event|id|retry):", plain):
        return _read_events(_event_data(plain))
    lines = re.split(r"[\r\n]+", plain)
    if all(isinstance(json_or_none(line), dict) for line in lines):
        return _read_events(lines)
    return None, False


def _read_events(events: Iterable[str]) -> tuple[Any, bool]:
    """Put together an answer that came as events or in lines of JSON, though nobody asked for them."""
    merged: dict[str, Any] = {}
    message: dict[str, Any] = {}
    contents: list[Any] = []
    is_complete = False
    for data in events:
        if data.strip() == "[DONE]":
            is_complete = True
            continue
        event = json_or_none(data)
        if not isinstance(event, dict):
            continue
        choice = _first_choice(event)
        merged |= {key: value for key, value in event.items() if key != "choices" and value not in _EMPTY}
        if choice.get("finish_reason") is not None:
            merged["choices"] = [{"finish_reason": choice["finish_reason"]}]
            is_complete = True  # some senders leave it at that
        for part in (choice.get("delta"), choice.get("message")):
            if isinstance(part, dict):
                message |= {key: value for key, value in part.items() if value not in _EMPTY}
                contents.append(part.get("content"))
    pieces = "".join(each for each in contents if isinstance(each, str))
    others = [each for each in contents if each and not isinstance(each, str)]
    if contents:
        message["content"] = [pieces, *others] if others else pieces
    else:
        is_complete |= progress([merged]) == "done"  # an event of a task is whole, and so is its last one
    return merged | {"choices": [_first_choice(merged) | {"message": message}]}, is_complete


def _event_data(text: str) -> Iterator[str]:
    """Yield the data of each event: its lines end with CR, LF or both, and may be several."""
    for event in re.split(r"(?:\r\n|\r|\n){2,}", text):
        lines = [line.partition(":") for line in re.split(r"\r\n|\r|\n", event)]
        values = [value.removeprefix(" ") for name, _, value in lines if name == "data"]
        whole = "\n".join(values)
        # Some senders leave out the empty line between two events.
        yield from [whole] if len(values) < 2 or json_or_none(whole) is not None else values  # noqa: PLR2004 - one is whole by itself


def _error_in(payload: Any) -> dict[str, Any] | None:  # noqa: ANN401 - JSON of any shape
    for holder in (payload, _first_choice(payload)):
        error = holder.get("error") if isinstance(holder, dict) else None
        values = error.values() if isinstance(error, dict) else [error]
        if not all(map(_says_nothing, values)):
            return error if isinstance(error, dict) else {"message": error}
    return None


def _says_nothing(value: object) -> bool:
    return not value or (isinstance(value, str | int) and str(value).strip().lower() in _NOTHING)


def _first_choice(payload: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON of any shape
    choices = payload.get("choices") if isinstance(payload, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _number(code: object) -> int:
    if isinstance(code, int) and not isinstance(code, bool):
        return code
    return int(code) if isinstance(code, str) and re.fullmatch(r"[0-9]{3}", code) else 0
