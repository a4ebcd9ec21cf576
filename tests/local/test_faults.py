"""What each fault of the simulator puts on the wire, row by row, read from raw sockets where that matters."""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from videogen.local.blackbox import Simulator
from videogen.local.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

    Buy = Callable[..., httpx.Response]

POST = (
    b"POST /chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\nContent-Length: %d\r\n\r\n"
)
LINK = r"http://127\.0\.0\.1:\d+/videos/[\w-]{32}/output\.mp4"


@dataclass(frozen=True)
class Wire:
    """What came back on a raw socket, and how the connection ended: closed, reset or silent."""

    received: bytes
    end: str

    @property
    def body(self) -> bytes:
        return self.received.partition(b"\r\n\r\n")[2]

    @property
    def length(self) -> int:
        found = re.search(rb"(?i)content-length: (\d+)", self.received)
        assert found
        return int(found[1])


def raw(simulator: Simulator, request: bytes, *, limit: int = 1_000_000, patience: float = 0.2) -> Wire:
    """Send a request as it stands and read until the end, `limit` bytes or `patience` seconds of silence."""
    received = b""
    with socket.create_connection(("127.0.0.1", simulator.server_port), timeout=5) as connection:
        connection.sendall(request)
        connection.settimeout(patience)
        while len(received) < limit:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                return Wire(received, "reset")
            except TimeoutError:
                return Wire(received, "silent")
            if not piece:
                return Wire(received, "closed")
            received += piece
    return Wire(received, "unending")


def raw_buy(simulator: Simulator, prompt: str, **options: Any) -> Wire:
    ask = {"model": "blackboxai/veo-3.1", "messages": [{"role": "user", "content": prompt}]}
    body = json.dumps(ask).encode()
    return raw(simulator, POST % len(body) + body, **options)


def raw_get(simulator: Simulator, link: str, **options: Any) -> Wire:
    host, _, path = link.removeprefix("http://").partition("/")
    return raw(simulator, f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), **options)


def content_of(answer: httpx.Response) -> Any:
    assert answer.status_code == 200
    return answer.json()["choices"][0]["message"]["content"]


# S: answers that say 200


@pytest.mark.parametrize("name", ["S1", "S1-70s", "S1-170s"])
def test_success_after_a_while(buy: Buy, name: str) -> None:
    assert re.fullmatch(LINK, content_of(buy(f"a lake [fault:{name}]")))


def test_the_slow_successes_take_more_than_cloudflare_s_100_seconds_or_less() -> None:
    assert {name: FAULTS[name].delay for name in ("S1", "S1-70s", "S1-170s", "E500a", "E500b", "E524")} == {
        "S1": None,
        "S1-70s": 70,
        "S1-170s": 170,
        "E500a": 0,
        "E500b": 25,
        "E524": 100,
    }


def test_s2_has_nulls_and_a_cost(buy: Buy) -> None:
    body = buy("a lake [fault:S2]").json()

    assert '"None"' not in json.dumps(body)
    assert re.fullmatch(LINK, body["choices"][0]["message"]["content"])
    assert body["choices"][0]["message"]["tool_calls"] is None
    assert body["choices"][0]["message"]["provider_specific_fields"] == {"refusal": None}
    assert (body["provider"], body["usage"]["cost"], body["system_fingerprint"]) == ("Replicate", 0.8, None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("S3-whitespace", rf"\n  {LINK} \n"),
        ("S3-space", " "),
        ("S4-image", rf"!\[Generated Video\]\({LINK}\)"),
        ("S4-link", rf"\[video\]\({LINK}\)"),
        ("S4-prose", rf"Your video is ready: {LINK}\."),
        ("S4-parenthesis", rf"Here it is \({LINK}\)"),
        (
            "S4-query",
            rf"{LINK}\?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=3600&X-Amz-Signature=[0-9a-f]+",
        ),
        ("S4-no-extension", LINK.removesuffix(r"/output\.mp4")),
        ("S5-glued", rf"{LINK}{LINK}"),
        ("S5-list", rf'\["{LINK}"\]'),
        ("S5-object", rf'\{{"video": \{{"url": "{LINK}"\}}\}}'),
        ("S6", r"I'm sorry, I can't create videos\."),
        ("S7-error", ""),
        ("S7-filter", ""),
    ],
)
def test_the_content_of_an_answer(buy: Buy, name: str, content: str) -> None:
    assert re.fullmatch(content, content_of(buy(f"a lake [fault:{name}]")))


@pytest.mark.parametrize("name", ["S4-query", "S4-no-extension", "S5-glued"])
def test_the_first_link_of_an_answer_works(http: httpx.Client, buy: Buy, clip: bytes, name: str) -> None:
    link = "http" + content_of(buy(f"a lake [fault:{name}]")).split("http")[1]
    assert http.get(link).content == clip


def test_a_signed_link_works_only_whole(http: httpx.Client, buy: Buy) -> None:
    link = content_of(buy("a lake [fault:S4-query]"))
    for cut in (link.partition("?")[0], link.partition("&")[0], link[:-1]):
        answer = http.get(cut)
        assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/xml")


def test_contents_that_are_no_string(buy: Buy) -> None:
    parts = content_of(buy("a lake [fault:S5-parts]"))

    assert content_of(buy("a lake [fault:S3-null]")) is None
    assert buy("a lake [fault:S3-absent]").json()["choices"][0]["message"] == {"role": "assistant"}
    assert buy("a lake [fault:S3-no-choices]").json()["choices"] == []
    assert parts == [{"type": "video_url", "video_url": {"url": parts[0]["video_url"]["url"]}}]
    assert re.fullmatch(LINK, parts[0]["video_url"]["url"])


@pytest.mark.parametrize(
    ("name", "find"),
    [
        ("S5-top-level", lambda body: body["video_url"]),
        ("S5-data-object", lambda body: body["data"]["video_url"]),
        ("S5-data-list", lambda body: body["data"][0]["url"]),
        ("S5-choice", lambda body: body["choices"][0]["video_url"]),
    ],
)
def test_links_outside_of_the_message(buy: Buy, name: str, find: Callable[[Any], str]) -> None:
    assert re.fullmatch(LINK, find(buy(f"a lake [fault:{name}]").json()))


@pytest.mark.parametrize("code", [401, 403, 408, 429, 502, 503])
def test_s7_is_an_error_with_status_200(buy: Buy, code: int) -> None:
    answer = buy(f"a lake [fault:S7-{code}]")
    assert (answer.status_code, list(answer.json()), answer.json()["error"]["code"]) == (200, ["error"], code)


@pytest.mark.parametrize(("name", "reason"), [("S7-error", "error"), ("S7-filter", "content_filter")])
def test_s7_finish_reasons(buy: Buy, name: str, reason: str) -> None:
    assert buy(f"a lake [fault:{name}]").json()["choices"][0]["finish_reason"] == reason


def test_s8_streams(buy: Buy) -> None:
    stream, error, done = (buy(f"a lake [fault:S8-{name}]") for name in ("stream", "error", "done"))
    events = [json.loads(line.removeprefix("data: ")) for line in stream.text.split("\n\n")[:-2]]

    assert {answer.headers["Content-Type"] for answer in (stream, error, done)} == {"text/event-stream"}
    assert re.fullmatch(LINK, "".join(event["choices"][0]["delta"].get("content", "") for event in events))
    assert [event["choices"][0]["finish_reason"] for event in events] == [None, None, "stop"]
    assert stream.text.endswith("data: [DONE]\n\n")
    assert error.text == (
        'data: {"error": {"code": 502, "message": "Your chosen model is down"}}\n\ndata: [DONE]\n\n'
    )
    assert done.text == "data: [DONE]\n\n"


# E: error statuses


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        (
            "E400",
            400,
            "{'error': '/chat/completions: Invalid model name passed in model=blackboxai/google/veo",
        ),
        ("E400b", 400, "LiteLLM Error - prompt is not a string - ["),
        ("E400c", 400, "LiteLLM Error - prediction url is None - {"),
        ("E400d", 400, "Error: "),
        ("E401-upstream", 401, "blackbox.Error: AzureException AuthenticationError - {"),
        ("E403-account", 403, "User is locked. Reason: Exhausted balance."),
        ("E404", 404, "blackbox.Error: NotFoundError: Vercel_ai_gatewayException - Not Found"),
        (
            "E422",
            422,
            "LiteLLM Error - prediction not succeeded - {'id': 'm4xq7crk5srge0cs8m2b0jt2vr', 'status': 'f",
        ),
        (
            "E422-unknown",
            422,
            "LiteLLM Error - prediction not succeeded - {'detail': 'Throttled.', 'status': 429}",
        ),
        ("E429", 429, 'blackbox.Error: AzureException RateLimitError - {\n "error": {'),
        ("E429-seconds", 429, 'blackbox.Error: AzureException RateLimitError - {\n "error": {'),
        ("E429-date", 429, 'blackbox.Error: AzureException RateLimitError - {\n "error": {'),
        (
            "E500a",
            500,
            "blackbox.Error: InternalServerError: Vercel_ai_gatewayException - Connection error.. Rec",
        ),
        ("E500b", 500, "No response received from Replicate API after max retries"),
    ],
)
def test_errors_as_they_were_seen(buy: Buy, name: str, status: int, message: str) -> None:
    answer = buy(f"a lake [fault:{name}]")
    error = answer.json()["error"]

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    assert error["message"].startswith(message)
    assert error == {"message": error["message"], "type": "None", "param": "None", "code": str(status)}


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("E401", 401, "Invalid credentials"),
        ("E402", 402, "Your account or API key has insufficient credits."),
        ("E408", 408, "Your request timed out"),
        ("E502", 502, "Your chosen model is down"),
        ("E503", 503, "There is no available model provider that meets your routing requirements"),
    ],
)
def test_errors_as_they_are_documented(buy: Buy, name: str, status: int, message: str) -> None:
    answer = buy(f"a lake [fault:{name}]")

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    assert answer.json() == {"error": {"code": status, "message": message}}


def test_e403_carries_the_documented_metadata(buy: Buy) -> None:
    prompt = "a duel [fault:E403] " + "x" * 200

    assert buy(prompt).json()["error"]["metadata"] == {
        "reasons": ["violence"],
        "flagged_input": prompt[:100],
        "provider_name": "Replicate",
        "model_slug": "blackboxai/google/veo-3-fast",
    }


def test_e422_quotes_prompt_and_photo(buy: Buy) -> None:
    message = buy("my secret [fault:E422]").json()["error"]["message"]
    assert "my secret" in message
    assert "data:image/jpeg;base64," in message


def test_e429_says_when_to_come_back(buy: Buy) -> None:
    plain, seconds, date, throttled = (
        buy(f"a lake [fault:E429{name}]") for name in ("", "-seconds", "-date", "-throttled")
    )
    wait = parsedate_to_datetime(date.headers["Retry-After"]) - parsedate_to_datetime(date.headers["Date"])

    assert "Retry-After" not in plain.headers
    assert seconds.headers["Retry-After"] == "30"
    assert 28 <= wait.total_seconds() <= 30
    assert throttled.status_code == 429
    assert throttled.json() == {"detail": "Request was throttled. Your rate limit resets in ~30s."}


@pytest.mark.parametrize(
    ("name", "status", "title", "server"),
    [
        ("E413", 413, "413 Request Entity Too Large", "nginx"),
        ("E502-html", 502, "502 Bad Gateway", "nginx"),
        ("E503-html", 503, "Service Suspended", "nginx"),
        ("E524", 524, "A timeout occurred", "cloudflare"),
    ],
)
def test_errors_that_are_pages(buy: Buy, name: str, status: int, title: str, server: str) -> None:
    answer = buy(f"a lake [fault:{name}]")

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")
    assert answer.headers["Server"] == server
    assert f"<title>{title}</title>" in answer.text


@pytest.mark.parametrize(("name", "status"), [("E502-empty", 502), ("E503-empty", 503)])
def test_errors_that_are_empty(buy: Buy, name: str, status: int) -> None:
    answer = buy(f"a lake [fault:{name}]")
    assert (answer.status_code, answer.content) == (status, b"")


def test_e524_names_its_ray(buy: Buy) -> None:
    page, answer = buy("a lake [fault:E524]"), buy("a lake [fault:E524-json]")

    assert page.headers["CF-RAY"] == answer.headers["CF-RAY"] == "8f1e2d3c4b5a6978-FRA"
    assert answer.status_code == 524
    assert answer.json() == {
        "error": {"code": 524, "message": "Gateway timeout.", "param": None, "type": "cf_gateway_timeout"}
    }


# N: the connection


@pytest.mark.parametrize(("name", "end"), [("close", "closed"), ("reset", "reset"), ("silence", "silent")])
def test_n1_without_an_answer(simulator: Simulator, name: str, end: str) -> None:
    assert raw_buy(simulator, f"a lake [fault:N1-{name}]") == Wire(b"", end)


def test_n1_unread_resets_before_the_photo_has_arrived(simulator: Simulator) -> None:
    assert raw(simulator, POST % 9_000_000 + b'{"messages": "[fault:N1-unread]') == Wire(b"", "reset")
    assert (simulator.posts, simulator.purchases) == (1, [])


@pytest.mark.parametrize(("name", "end"), [("cut", "reset"), ("stall", "silent")])
def test_n1_ends_in_the_middle_of_the_body(simulator: Simulator, name: str, end: str) -> None:
    wire = raw_buy(simulator, f"a lake [fault:N1-{name}]")

    assert wire.received.startswith(b"HTTP/1.1 200 ")
    assert wire.end == end
    assert len(wire.body) == wire.length // 2


def test_n1_length_says_more_than_comes(simulator: Simulator) -> None:
    wire = raw_buy(simulator, "a lake [fault:N1-length]")

    assert re.search(LINK, json.loads(wire.body)["choices"][0]["message"]["content"])
    assert (wire.length - len(wire.body), wire.end) == (1000, "closed")


def test_n1_invalid_is_no_json(buy: Buy) -> None:
    answer = buy("a lake [fault:N1-invalid]")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


class Waits(threading.Event):
    """A server's `closing` that records how long an answer is held up, and lets it pass."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0)
        return False


def test_n1_slow_sends_a_byte_a_second_times_the_scale(buy: Buy, clip: bytes) -> None:
    with Simulator(time_scale=0.1, render=lambda _: clip) as simulator:
        simulator.closing = waits = Waits()
        body = buy("a lake [fault:N1-slow]", of=simulator).content
    assert waits.seconds[1:] == [0.1] * len(body)  # the first is the answer's own delay


def test_n1_gzip_is_compressed_although_nobody_asked(simulator: Simulator) -> None:
    wire = raw_buy(simulator, "a lake [fault:N1-gzip]")

    assert b"Content-Encoding: gzip\r\n" in wire.received
    assert re.fullmatch(LINK, json.loads(gzip.decompress(wire.body))["choices"][0]["message"]["content"])


def test_n1_endless_never_ends(simulator: Simulator) -> None:
    wire = raw_buy(simulator, "a lake [fault:N1-endless]", limit=5_000_000)
    assert (wire.end, len(wire.received) >= 5_000_000) == ("unending", True)


# D: the download


def link_with(buy: Buy, name: str) -> str:
    link = content_of(buy(f"a lake [fault:{name}]"))
    assert isinstance(link, str)
    return link


@pytest.mark.parametrize(
    ("name", "head", "body"),
    [
        ("D403", (403, "application/xml"), b"<Error><Code>AccessDenied</Code></Error>"),
        ("D404", (404, "text/plain"), b"Not Found"),
        ("D410", (410, "text/plain"), b"Gone"),
        ("D500", (500, "application/xml"), b"<Error><Code>InternalError</Code></Error>"),
        ("D503", (503, "application/xml"), b"<Error><Code>SlowDown</Code></Error>"),
        ("D-html", (200, "text/html"), b"<title>Sign in</title>"),
        ("D-garbage", (200, "video/mp4"), b"This is no video."),
        ("D-empty", (200, "video/mp4"), b""),
        ("D-octet-stream", (200, "application/octet-stream"), b"ftypisom"),
    ],
)
def test_downloads_of_something_else(
    http: httpx.Client, buy: Buy, name: str, head: tuple[int, str], body: bytes
) -> None:
    answer = http.get(link_with(buy, name))

    assert (answer.status_code, answer.headers["Content-Type"]) == head
    assert body in answer.content
    assert (answer.content == b"") == (body == b"")


def test_d302_leads_to_another_host_that_has_the_video(http: httpx.Client, buy: Buy, clip: bytes) -> None:
    link = link_with(buy, "D302")
    answer = http.get(link)

    assert (answer.status_code, answer.content) == (302, b"")
    assert answer.headers["Location"] == link.replace("127.0.0.1", "localhost")
    assert http.get(answer.headers["Location"]).content == clip


def test_d302_on_the_same_origin(http: httpx.Client, buy: Buy, clip: bytes) -> None:
    link = link_with(buy, "D302-same")

    assert http.get(link).headers["Location"] == f"{link}/moved"
    assert http.get(link, follow_redirects=True).content == clip


def test_d302_to_itself_and_to_the_private_network(http: httpx.Client, buy: Buy) -> None:
    link = link_with(buy, "D302-loop")

    assert http.get(link).headers["Location"] == link
    private = http.get(link_with(buy, "D302-private"))
    assert private.headers["Location"] == "http://169.254.169.254/latest/meta-data/"


def test_d_length_says_more_than_comes(simulator: Simulator, buy: Buy, clip: bytes) -> None:
    wire = raw_get(simulator, link_with(buy, "D-length"))
    assert (wire.body, wire.length, wire.end) == (clip, len(clip) + 1000, "closed")


def test_d_cut_resets_in_the_middle_and_the_rest_can_be_had_by_range(
    http: httpx.Client, simulator: Simulator, buy: Buy, clip: bytes
) -> None:
    link = content_of(buy("a lake [fault:D-cut] [times:1]"))
    half = len(clip) // 2

    wire = raw_get(simulator, link)
    rest = http.get(link, headers={"Range": f"bytes={half}-"})

    assert (wire.body, wire.length, wire.end) == (clip[:half], len(clip), "reset")
    assert wire.body + rest.content == clip


def test_d_chunked_has_no_length(http: httpx.Client, buy: Buy, clip: bytes) -> None:
    answer = http.get(link_with(buy, "D-chunked"))

    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in answer.headers
    assert answer.content == clip


def test_d_slow_sends_a_thousand_bytes_a_second(http: httpx.Client, buy: Buy, clip: bytes) -> None:
    with Simulator(time_scale=10, render=lambda _: clip) as simulator:
        link = content_of(buy("a lake [fault:D-slow]", of=simulator))
        simulator.closing = waits = Waits()
        assert http.get(link).content == clip
    assert waits.seconds == [0.01] * len(clip)


@pytest.mark.parametrize(("name", "size"), [("D-200mb", 200_000_000), ("D-10gb", 10_000_000_000)])
def test_a_large_video_is_padded_to_its_size_by_a_box_that_players_skip(
    http: httpx.Client, buy: Buy, clip: bytes, name: str, size: int
) -> None:
    link = link_with(buy, name)
    start = http.get(link, headers={"Range": f"bytes=0-{len(clip) + 15}"}).content
    end = http.get(link, headers={"Range": "bytes=-3"})

    assert http.head(link).headers["Content-Length"] == str(size)
    assert end.content == bytes(3)
    assert end.headers["Content-Range"] == f"bytes {size - 3}-{size - 1}/{size}"
    assert start[: len(clip)] == clip
    box = start[len(clip) :]
    if size - len(clip) < 2**32:
        assert (int.from_bytes(box[:4]), box[4:8]) == (size - len(clip), b"free")
    else:
        assert (int.from_bytes(box[:4]), box[4:8], int.from_bytes(box[8:])) == (1, b"free", size - len(clip))


def test_d_endless_begins_as_a_video_and_never_ends(simulator: Simulator, buy: Buy, clip: bytes) -> None:
    wire = raw_get(simulator, link_with(buy, "D-endless"), limit=5_000_000)

    assert b"Transfer-Encoding: chunked\r\n" in wire.received
    assert clip in wire.received
    assert wire.end == "unending"


# The table


def test_an_answer_and_a_download_can_be_combined(http: httpx.Client, buy: Buy) -> None:
    link = content_of(buy("a lake [fault:D404] [fault:S4-link]")).removeprefix("[video](").removesuffix(")")
    assert http.get(link).status_code == 404


@pytest.mark.parametrize("name", sorted(FAULTS.keys() - {"N1-silence", "N1-stall", "N1-endless"}))
def test_the_ledger_counts_what_the_table_calls_a_purchase(buy: Buy, simulator: Simulator, name: str) -> None:
    try:
        buy(f"a lake [fault:{name}]")
    except httpx.TransportError:
        assert name.startswith("N1-")
    assert [purchase.faults for purchase in simulator.purchases] == [(name,)] * FAULTS[name].purchase


@pytest.mark.parametrize(
    ("name", "status", "signs"),
    [
        ("E301", 301, ["Moved"]),
        ("E400-budget", 400, ["budget_exceeded", "Budget has been exceeded!"]),
        ("E401-quoted", 401, ["Virtual Key expected. Received=key", '"code": "key"']),
        ("E403-model", 403, ["key_model_access_denied"]),
        ("E403-application", 403, ["Cannot access application"]),
        ("E404-html", 404, ["<title>404 Not Found</title>"]),
        ("E405", 405, ["Method Not Allowed"]),
        ("E415", 415, ["<title>Unsupported Media Type</title>"]),
        ("E429-budget", 429, ["budget_exceeded"]),
        ("S4-html", 200, ["&amp;X-Amz-Expires"]),
        ("S4-escaped", 200, ["\\\\/", "\\\\u0026X-Amz-Expires"]),
        ("S5-images", 200, ['"images": [{']),
        ("S5-attachments", 200, ['"attachments": [{']),
        ("S5-inside", 200, ['"data:video/mp4;base64,AAAA']),
        ("S8-comment", 200, [": PROCESSING\n\n{"]),
        ("S9-pending", 200, ['"status": "pending"', "polling_url"]),
        ("S9-link", 200, ['"status": "processing"', "/output.mp4"]),
        ("S9-accepted", 202, ['"status": "accepted"']),
    ],
)
def test_what_a_row_puts_on_the_wire(buy: Buy, name: str, status: int, signs: list[str]) -> None:
    answer = buy(f"a lake [fault:{name}]")
    assert answer.status_code == status
    assert [sign for sign in signs if sign not in answer.text] == []


@pytest.mark.parametrize(
    ("name", "status", "headers"),
    [
        ("D206", 206, {"content-range": "bytes 0-"}),
        ("D206-half", 206, {"content-range": "bytes 0-"}),
        ("D-label-gzip", 200, {"content-encoding": "gzip"}),
        ("D-label-aws", 200, {"content-encoding": "aws-chunked"}),
        ("D-label-charset", 200, {"content-encoding": "UTF-8"}),
        ("D-gzip", 200, {"content-encoding": "gzip"}),
    ],
)
def test_a_mislabelled_download(
    simulator: Simulator, buy: Buy, clip: bytes, name: str, status: int, headers: dict[str, str]
) -> None:
    wire = raw_get(simulator, content_of(buy(f"a lake [fault:{name}]")))
    head = wire.received.partition(b"\r\n\r\n")[0].decode().lower()
    assert f" {status}" in head.splitlines()[0]
    assert all(f"{key}: {value.lower()}" in head for key, value in headers.items())
    assert (clip in wire.body) == (name not in {"D206-half", "D-gzip"})


def test_only_answers_that_prove_it_are_no_purchase() -> None:
    assert {name for name, fault in FAULTS.items() if not fault.purchase} == {
        *("S7-401", "S7-403", "S7-429", "S7-503"),
        *("E400", "E400b", "E400c", "E401", "E401-upstream", "E402", "E403", "E403-account", "E404", "E413"),
        *("E301", "E307", "E400-budget", "E401-quoted", "E403-model", "E403-application", "E404-html"),
        *("E405", "E415", "E429-budget"),
        *("E429", "E429-seconds", "E429-date", "E429-throttled", "E503"),
        "N1-unread",
    }
