"""The simulator keeps the real API's contract, refuses what that refuses, and counts what it would charge."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from videogen.local.blackbox import LINK_SECONDS, MODELS, Purchase, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    Buy = Callable[..., httpx.Response]

MODEL = "blackboxai/google/veo-3-fast"


def data_uri(photo: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(photo).decode()


def message(text: str, *links: str) -> list[dict[str, object]]:
    parts: list[dict[str, object]] = [{"type": "text", "text": text}]
    return parts + [{"type": "image_url", "image_url": {"url": link}} for link in links]


def sha256(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def link_of(response: httpx.Response) -> str:
    link = response.json()["choices"][0]["message"]["content"]
    assert isinstance(link, str)
    return link


@pytest.mark.parametrize("path", ["/chat/completions", "/v1/chat/completions"])
def test_answers_with_the_documented_body(buy: Buy, simulator: Simulator, path: str) -> None:
    answer = buy(path=path)

    body = answer.json()
    link = link_of(answer)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert link.startswith(f"{simulator.url}/videos/")
    assert body == {
        "id": f"chatcmpl-{body['created']}",
        "created": body["created"],
        "model": "google/veo-3-fast:0546b4e90d4f215c7fc42c9b8d815df3",
        "object": "chat.completion",
        "system_fingerprint": "None",
        "choices": [
            {
                "finish_reason": "stop",
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": link,
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


def test_the_link_serves_the_video_and_any_range_of_it(http: httpx.Client, buy: Buy, clip: bytes) -> None:
    link = link_of(buy())

    whole = http.get(link)
    part = http.get(link, headers={"Range": "bytes=4-7"})
    tail = http.get(link, headers={"Range": "bytes=2000-"})
    last = http.get(link, headers={"Range": "bytes=-5"})
    other = http.get(link, headers={"Range": "bytes=4-7", "If-Range": '"another"'})
    beyond = http.get(link, headers={"Range": f"bytes={len(clip)}-"})
    head = http.head(link)

    assert (whole.status_code, whole.content) == (200, clip)
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["Content-Length"] == str(len(clip))
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["Content-Range"] == f"bytes 4-7/{len(clip)}"
    assert part.headers["ETag"] == whole.headers["ETag"]
    assert (tail.status_code, tail.content) == (206, clip[2000:])
    assert (last.status_code, last.content) == (206, clip[-5:])
    assert (other.status_code, other.content) == (200, clip)
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(clip)}")
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(clip)), b"")


def test_a_link_cannot_be_guessed_and_dies_after_an_hour(http: httpx.Client, buy: Buy, clip: bytes) -> None:
    now = 0.0
    with Simulator(clock=lambda: now, render=lambda _: clip) as simulator:
        first, second = (link_of(buy(of=simulator)) for _ in range(2))
        assert first != second
        assert http.get(f"{simulator.url}/videos/guess/output.mp4").status_code == 404
        now = LINK_SECONDS - 1
        assert http.get(first).status_code == 200
        now = LINK_SECONDS
        assert http.get(first).status_code == 404


def test_lists_its_models(http: httpx.Client, simulator: Simulator) -> None:
    assert http.get(f"{simulator.url}/v1/models").json() == {
        "object": "list",
        "data": [
            {"id": model, "object": "model", "created": 1677610602, "owned_by": "openai"} for model in MODELS
        ],
    }


def test_unknown_paths_are_404(http: httpx.Client, buy: Buy, simulator: Simulator) -> None:
    assert buy(path="/videos/generations").status_code == 404
    assert http.get(f"{simulator.url}/models").status_code == 404


def test_takes_photos_as_data_uris_in_order(buy: Buy, simulator: Simulator, photo: bytes) -> None:
    other = photo + b"\0"

    answer = buy(message("pan", data_uri(photo), data_uri(other)))

    assert answer.status_code == 200
    assert simulator.purchases == [Purchase(MODEL, sha256("pan"), "data", 2, ())]
    assert simulator.requests[-1].photos == (sha256(photo), sha256(other))
    assert simulator.requests[-1].prompt == "pan"


def test_fetches_photos_from_links(buy: Buy, simulator: Simulator, photo: bytes) -> None:
    with Simulator(render=lambda _: photo) as host:  # serves the photo as if it were a video
        link = link_of(buy(of=host))
        answer = buy(message("pan", link))
        dead = buy(message("pan", f"{host.url}/videos/dead"))

    assert (answer.status_code, dead.status_code) == (200, 400)
    assert simulator.purchases == [Purchase(MODEL, sha256("pan"), "url", 1, ())]
    assert simulator.requests[0].photos == (sha256(photo),)


def test_takes_a_photo_in_the_field_image(buy: Buy, simulator: Simulator, photo: bytes) -> None:
    assert buy("pan", image=data_uri(photo)).status_code == 200
    assert simulator.purchases == [Purchase(MODEL, sha256("pan"), "field", 1, ())]


def test_makes_the_video_of_the_first_photo(buy: Buy, photo: bytes, clip: bytes) -> None:
    rendered: list[bytes | None] = []

    def render(photo: bytes | None) -> bytes:
        rendered.append(photo)
        return clip

    with Simulator(render=render) as simulator:
        for content in (message("pan", data_uri(photo), data_uri(photo + b"\0")), "pan"):
            buy(content, of=simulator)

    assert rendered == [photo, None]


@pytest.mark.parametrize("key", ["", "key", "Bearer", "Basic a2V5"])
def test_refuses_a_missing_key(buy: Buy, simulator: Simulator, key: str) -> None:
    answer = buy(key=key)

    assert answer.status_code == 401
    assert answer.json() == {"error": {"code": 401, "message": "No API key, or an invalid one."}}
    assert simulator.purchases == []


def test_refuses_a_model_without_its_prefix(buy: Buy, simulator: Simulator) -> None:
    answer = buy(model="google/veo-3-fast")

    assert answer.status_code == 400
    assert answer.json() == {
        "error": {
            "message": "{'error': '/chat/completions: Invalid model name passed in model=google/veo-3-fast. "
            "Call `/v1/models` to view available models for your key.'}",
            "type": "None",
            "param": "None",
            "code": "400",
        }
    }
    assert simulator.purchases == []


@pytest.mark.parametrize(
    "fields",
    [
        {"model": None},
        {"messages": None},
        {"messages": []},
        {"messages": ["a lake"]},
        {"messages": [{"content": "a lake"}]},
        {"messages": [{"role": "wizard", "content": "a lake"}]},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "user", "content": 7}]},
        {"messages": [{"role": "user", "content": ""}]},
        {"messages": [{"role": "user", "content": ["a lake"]}]},
        {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": 7}]}]},
        {"messages": [{"role": "user", "content": [{"type": "input_image", "image_url": "https://a/b"}]}]},
        {
            "messages": [
                {"role": "user", "content": [*message("pan"), {"type": "image_url", "image_url": "x"}]}
            ]
        },
        {"messages": [{"role": "user", "content": message("pan", "data:image/jpeg;base64,%%%")}]},
        {"messages": [{"role": "user", "content": message("pan", "data:image/jpeg;base64,aGVsbG8=")}]},
        {"messages": [{"role": "user", "content": message("pan", "ftp://127.0.0.1/photo.jpg")}]},
        {"messages": [{"role": "user", "content": message("pan", "http://127.0.0.1:1/photo.jpg")}]},
        {"image": ["data:image/jpeg;base64,aGVsbG8="]},
        {"image": "no link"},
    ],
)
def test_refuses_malformed_bodies(buy: Buy, simulator: Simulator, fields: dict[str, Any]) -> None:
    assert buy(**fields).status_code == 400
    assert simulator.purchases == []


def test_refuses_a_truncated_photo(buy: Buy, photo: bytes) -> None:
    with Simulator() as simulator:
        assert buy(message("pan", data_uri(photo[:300])), of=simulator).status_code == 400
        assert simulator.purchases == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_refuses_what_is_no_json_object(http: httpx.Client, simulator: Simulator, body: bytes) -> None:
    key = {"Authorization": "Bearer key"}
    assert http.post(f"{simulator.url}/chat/completions", content=body, headers=key).status_code == 400


def test_refuses_a_body_of_unknown_or_excessive_length(simulator: Simulator) -> None:
    def answer(headers: str) -> bytes:
        with socket.create_connection(("127.0.0.1", simulator.server_port), timeout=5) as connection:
            connection.sendall(f"POST /chat/completions HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
            return connection.makefile("rb").read()

    assert answer("Transfer-Encoding: chunked\r\n").startswith(b"HTTP/1.1 411 ")
    assert answer("Content-Length: 20000001\r\n").startswith(b"HTTP/1.1 413 ")


def test_a_fault_that_does_not_exist_is_refused(buy: Buy, simulator: Simulator) -> None:
    answer = buy("a lake [fault:E999]")

    assert (answer.status_code, simulator.purchases) == (400, [])
    assert answer.json()["error"]["message"] == "The simulator knows no fault E999."


def test_the_ledger_can_be_read_by_another_process(
    http: httpx.Client, buy: Buy, simulator: Simulator, photo: bytes
) -> None:
    buy(message("pan [fault:S2] [fault:D404]", data_uri(photo)))
    buy("zoom")
    buy(key="")

    ledger = http.get(f"{simulator.url}/_ledger").json()

    assert ledger == {
        "posts": 3,
        "purchases": [
            {
                "model": MODEL,
                "prompt_sha256": sha256("pan [fault:S2] [fault:D404]"),
                "photo_transport": "data",
                "photos": 1,
                "faults": ["S2", "D404"],
            },
            {
                "model": MODEL,
                "prompt_sha256": sha256("zoom"),
                "photo_transport": None,
                "photos": 0,
                "faults": [],
            },
        ],
    }
    assert ledger["purchases"] == json.loads(json.dumps([asdict(one) for one in simulator.purchases]))


def test_times_lets_a_fault_play_for_the_first_requests_only(
    http: httpx.Client, buy: Buy, simulator: Simulator, clip: bytes
) -> None:
    prompt = "a lake [fault:E429] [fault:D500] [times:2]"

    assert [buy(prompt).status_code for _ in range(2)] == [429, 429]
    link = link_of(buy(prompt))

    assert [http.get(link).status_code for _ in range(2)] == [500, 500]
    assert http.get(link).content == clip
    assert len(simulator.purchases) == 1


def test_an_answer_waits_as_asked_times_the_scale_with_its_purchase_in_the_ledger(
    buy: Buy, clip: bytes
) -> None:
    waits: list[tuple[float, int]] = []

    class Closing(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append((round(timeout or 0, -1), len(simulator.purchases)))
            return False

    with Simulator(delay=8, time_scale=10, render=lambda _: clip) as simulator:
        simulator.closing = Closing()
        for prompt in ("a lake", "a lake [delay:70]", "a lake [fault:S1-170s]", "a lake [fault:E500a]"):
            buy(prompt, of=simulator)

    assert waits == [(80, 1), (700, 2), (1700, 3), (0, 4)]


def test_closing_ends_answers_in_waiting_and_leaves_no_thread(buy: Buy, clip: bytes) -> None:
    before = threading.active_count()
    with Simulator(delay=800, render=lambda _: clip) as simulator:
        for prompt in ("a lake", "a lake [fault:N1-silence] [delay:0]"):
            with pytest.raises(httpx.ReadTimeout):
                buy(prompt, of=simulator, timeout=0.1)
    assert threading.active_count() == before
