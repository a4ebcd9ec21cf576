"""What each answer of the Blackbox API means, row by row."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import time
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from videogen.blackbox_answer import Generated, parse_answer, shape_of
from videogen.errors import (
    JobError,
    ProviderNotStarted,
    ProviderNoVideo,
    ProviderOutcomeUnknown,
    ProviderRefused,
)

URL = "https://replicate.delivery/xezq/6gaM/output.mp4"
MODEL = "google/veo-2:0546b4e90d4f215c7fc42c9b8d815df3a7b6e47a754ee94ddb62b3f667fea9a5"
PROMPT = "CANARY-PROMPT a cat on a beam"


def answer(content: object = URL, **choice: object) -> dict[str, Any]:
    """Return the documented success with another content."""
    message = {"role": "assistant", "content": content, "tool_calls": "None", "function_call": "None"}
    return {
        "id": "chatcmpl-1757152743",
        "created": 1757152743,
        "object": "chat.completion",
        "system_fingerprint": "None",
        "model": MODEL,
        "choices": [{"finish_reason": "stop", "index": 0, "message": message} | choice],
        "usage": {"completion_tokens": 0, "completion_tokens_details": "None"},
    }


def parse(
    payload: object, status: int = 200, headers: dict[str, str] | None = None, allowed: tuple[str, ...] = ()
) -> Generated:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return parse_answer(status, headers or {}, body, allowed_origins=allowed)


def failure(payload: object, status: int = 200, headers: dict[str, str] | None = None) -> JobError:
    with pytest.raises(JobError) as caught:
        parse(payload, status, headers)
    assert "CANARY" not in f"{caught.value!r} {caught.value.note} {caught.value.detail}"
    return caught.value


def refusal(message: object, code: object, **more: object) -> dict[str, Any]:
    return {"error": {"message": message, "type": "None", "param": "None", "code": code} | more}


def test_the_documented_success() -> None:
    assert parse(answer()) == Generated(url=URL, request_id="chatcmpl-1757152743", model=MODEL)


LINK = "https://provider.example/policies/usage-policies"


@pytest.mark.parametrize(
    ("body", "in_doubt"),
    [
        (answer(f"I'm sorry, I can't make this video. Please see {LINK} for what is allowed."), True),
        (answer(f"{LINK} tells what is allowed."), True),
        (answer(f"[What is allowed]({LINK})"), True),
        (answer([{"type": "text", "text": f"Please see {LINK}"}]), True),
        ({"data": {"text": f"Please see {LINK}", "sources": [{"url": LINK}]}}, True),
        (answer(f" {LINK}\n"), False),
        (answer(f"{LINK}."), False),
        (
            answer(
                [{"type": "text", "text": "Here it is"}, {"type": "video_url", "video_url": {"url": LINK}}]
            ),
            False,
        ),
        (answer(f"Here is your video: {URL}"), False),
        ({"video": {"url": LINK}}, False),
        ({"status": "succeeded", "resultLink": LINK}, False),
        (answer(f"**{LINK}**"), False),
        (answer(f"<{LINK}>"), False),
        (answer(f"`{LINK}`"), False),
        (answer(f"```\n{LINK}\n```\n"), False),
        (answer(f'<video src="{LINK}"></video>'), False),
        (answer(f"<video controls src='{LINK}'>\n"), False),
        (answer(f'<video controls>\n<source src="{LINK}">\n</video>'), False),
        (answer(f'<a href="{LINK}">What is allowed</a>'), True),
        (answer(f'<video src="{LINK}"></video> is what I would have made'), True),
    ],
    ids=str,
)
def test_a_link_in_a_sentence_that_names_no_video_is_in_doubt(body: object, *, in_doubt: bool) -> None:
    found = parse(body)

    assert (found.url, found.link_in_doubt) == (URL if URL in str(body) else LINK, in_doubt)


@pytest.mark.parametrize("value", ["видео&Signature=ab", "1|2", "{1}", "c d&e=f", "it's&e=f"])
def test_a_link_of_any_signs_that_stands_alone_is_in_no_doubt(value: str) -> None:
    link = f"https://h.example/get?x={value}"
    for content in (link, f"**{link}**", f"<{link}>", f"```\n{link}\n```"):
        assert parse(answer(content)) == Generated(link.replace(" ", "%20"), "chatcmpl-1757152743", MODEL)
    assert parse({"url": link}) == Generated(link.replace(" ", "%20"))
    assert parse(answer(f"Please see {link}")).link_in_doubt


def test_a_link_with_a_signature_does_not_show() -> None:
    assert URL not in repr(parse(answer()))


@pytest.mark.parametrize(
    ("content", "url"),
    [
        (f"  {URL}\n", URL),
        (f"![Generated Image]({URL})", URL),
        (f"[video]({URL})", URL),
        (f"[{URL}]({URL})", URL),
        (f"**{URL}**", URL),
        (f"<{URL}>", URL),
        (f'<video src="{URL}"></video>', URL),
        (f"Here is your video: {URL}. Enjoy!", URL),
        (f"(see {URL})", URL),
        (f"Your video ({URL}), as asked", URL),
        ("https://h.example/a_(1).mp4", "https://h.example/a_(1).mp4"),
        (f"{URL}https://replicate.delivery/second.mp4", URL),
        (f"{URL}\nhttps://replicate.delivery/second.mp4", URL),
        (f"{URL},https://replicate.delivery/second.mp4", URL),
        (f"[![still](https://h.example/still.jpg)]({URL})", URL),
        (f"As https://docs.example/videos says: {URL}", URL),
        (f'["{URL}"]', URL),
        (f"['{URL}', 'https://h.example/2.mp4']", URL),
        (json.dumps({"video": {"url": URL, "file_name": "output.mp4"}, "seed": 7}), URL),
        (
            '{"video":{"url":"https:\\/\\/h.example\\/v.mp4?a=1\\u0026b=2"}}',
            "https://h.example/v.mp4?a=1&b=2",
        ),
        ({"video_url": URL}, URL),
        ([{"type": "video_url", "video_url": {"url": URL}}], URL),
        ([{"type": "text", "text": "Here it is"}, {"type": "video_url", "video_url": {"url": URL}}], URL),
        ([URL], URL),
        (
            "https://b.s3.amazonaws.com/v.mp4?X-Amz-Signature=ab%2Fc&X-Amz-Expires=3600&x=_",
            "https://b.s3.amazonaws.com/v.mp4?X-Amz-Signature=ab%2Fc&X-Amz-Expires=3600&x=_",
        ),
        ("https://fal.media/files/zebra/Xyz", "https://fal.media/files/zebra/Xyz"),
        (
            "https://h.example/get?u=https://o.example/v.mp4&v=1",
            "https://h.example/get?u=https://o.example/v.mp4&v=1",
        ),
        ("HTTPS://H.example/v.mp4", "HTTPS://H.example/v.mp4"),
        ("https://h.example/v.mp4\N{IDEOGRAPHIC FULL STOP}", "https://h.example/v.mp4"),
        ("https://h.example/still.jpg https://h.example/V.MP4", "https://h.example/V.MP4"),
        ("https://h.example/still.webp https://h.example/v.mov", "https://h.example/v.mov"),
        ("https://h.example/docs https://h.example/get?file=v.mp4", "https://h.example/get?file=v.mp4"),
        ("https://h.example/still.png https://h.example/abc", "https://h.example/abc"),
        ("https://h.example/a[1]|{b}.mp4", "https://h.example/a[1]|{b}.mp4"),
        ("https://my_bucket.storage.googleapis.com/v.mp4", "https://my_bucket.storage.googleapis.com/v.mp4"),
        (f"_{URL}_", URL),
        (f"__{URL}__", URL),
        (f"~~{URL}~~", URL),
        ("https://h.example/get/a_", "https://h.example/get/a_"),
        (f"_**{URL}**_", URL),
        ("https://h.example/日本 https://h.example/v.mp4", "https://h.example/v.mp4"),
        ("[v](https://h.example/日本.mp4)", "https://h.example/日本.mp4"),
        ("https://h.example/日本.mp4?x=1", "https://h.example/日本.mp4?x=1"),
        ("Here: https://h.example/café.mp4", "https://h.example/café.mp4"),
        ("完成 https://h.example/日本.mp4。お楽しみください", "https://h.example/日本.mp4"),
        ("「https://h.example/v.mp4」をどうぞ", "https://h.example/v.mp4"),
        ("视频https://h.example/日本.mp4已完成", "https://h.example/日本.mp4"),
        ("视频https://h.example/v.mp4已完成", "https://h.example/v.mp4"),
        ("https://h.example/slow pan.mp4", "https://h.example/slow%20pan.mp4"),
        (" https://h.example/slow pan.mp4?x=1&y=2\n", "https://h.example/slow%20pan.mp4?x=1&y=2"),
        ("https://h.example/it's.mp4", "https://h.example/it's.mp4"),
        ({"url": "https://h.example/it's a pan.mp4"}, "https://h.example/it's%20a%20pan.mp4"),
        ('<video src="https://h.example/slow pan.mp4"></video>', "https://h.example/slow%20pan.mp4"),
        ("<video src='https://h.example/slow pan.mp4'>", "https://h.example/slow%20pan.mp4"),
        ('<video src="https://h.example/it\'s.mp4"></video>', "https://h.example/it's.mp4"),
        ("[v](<https://h.example/slow pan.mp4>)", "https://h.example/slow%20pan.mp4"),
        ("https://h.example/a" + " b" * 900 + ".mp4?" + "c" * 2000, "https://h.example/a"),
        *(
            (link, link.replace(" ", "%20"))
            for link in (
                "https://h.example/slow pan (1).mp4",
                "https://h.example:8443/slow pan.mp4",
                "https://h.example/v.mp4?name=it's&sig=abc",
                "https://h.example/v.mp4?name=slow pan&sig=abc",
                "https://h.example/get/7?name=it's a pan&sig=abc",
                "https://h.example/v.mp4?filename=pan(1).mp4&sig=abc",
                "https://h.example/v.mp4?name=日本&sig=abc",
                "https://h.example/get/日本?sig=abc",
                "https://h.example/get/v.mp4?x=[1]&sig={a}",
                "https://bücher.example/v.mp4",
                "https://пример.рф/v.mp4",
                "https://h.example./v.mp4",
            )
        ),
        ("https://h.example/slow pan \ud83d.mp4", "https://h.example/slow%20pan%20\ufffd.mp4"),
        ("https://h.example/v.mp4?name=\udc00 a&sig=b", "https://h.example/v.mp4?name=\ufffd%20a&sig=b"),
        ("https://h.example/v.mp4?x=1.", "https://h.example/v.mp4?x=1"),
        ("https://h.example/get/7 is your video", "https://h.example/get/7"),
        ("https://h.example/get/7?x=1 is it", "https://h.example/get/7?x=1"),
        ("https://h.example/v.mp4已完成", "https://h.example/v.mp4"),
        ("https://h.example/v.mp4)", "https://h.example/v.mp4"),
        (f"{URL} and other.mp4", URL),
        (f"{URL}?x=1 and other.mp4", f"{URL}?x=1"),
        *(
            (f"https://h.example/a.{name} https://h.example/get/7", "https://h.example/get/7")
            for name in ("mp3", "wav", "m4a", "srt", "json", "zip", "jfif", "bmp", "heic", "m3u8")
        ),
        (["https://h.example/A.WAV?x=1", "https://h.example/get/7"], "https://h.example/get/7"),
    ],
)
def test_a_link_is_found_in_every_shape_of_message(content: object, url: str) -> None:
    assert parse(answer(content)).url == url


@pytest.mark.parametrize(
    "payload",
    [
        {"video_url": URL},
        {"data": {"video_url": URL}},
        {"data": [{"url": URL}]},
        {"output": URL},
        answer(None) | {"output": [URL]},
        answer(None, video_url=URL),
        answer(None) | {"choices": [{"message": {"content": ""}}, {"message": {"content": URL}}]},
        answer(None, message={"tool_calls": [{"function": {"arguments": json.dumps({"url": URL})}}]}),
        answer(None, message={"content": "Done", "annotations": [{"url_citation": {"url": URL}}]}),
        {"task_status": "succeed", "data": {"task_result": {"videos": [{"id": "1", "url": URL}]}}},
        {"generatedVideos": [{"video": {"uri": URL}}], "prompt": "https://h.example/prompt.mp4"},
        {"input": {"video": "https://h.example/input.mp4"}, "assets": {"clip": URL}},
        {"choices": [{"message": {"content": "https://h.example/still.jpg"}}], "videoUrl": URL},
        {"status": "succeeded", "downloadUrl": URL},
        URL,
        URL.encode(),
        json.dumps(answer()).encode("utf-16"),
        json.dumps(answer(f"Here it is:#{URL}")).replace("#", "\n").encode(),
        f'data: {{"choices": [{{"delta": {{"content": "{URL}"}}, "finish_reason": "stop"}}]}}\n\n'.encode(),
    ],
)
def test_a_link_is_found_beside_the_message(payload: object) -> None:
    assert parse(payload).url == URL


@pytest.mark.parametrize("name", ["videoUrl", "VideoURL", "video-url", "downloadUrl", "outputUrl", "FileUrl"])
def test_a_field_is_known_however_its_name_is_written(name: str) -> None:
    link = "https://h.example/get/7"
    for payload in ({name: link}, {"data": {name: link}}, answer({name: link})):
        assert parse(payload).url == link
    assert parse({"output": {"thumb": link, "URL": "https://h.example/1", "url": link}}).url == link


def test_nulls_and_unknown_fields_do_no_harm() -> None:
    payload = answer() | {"system_fingerprint": None, "cost": 0.8, "provider": "replicate", "error": None}
    payload["choices"][0]["message"] |= {"tool_calls": None, "provider_specific_fields": {}}
    assert parse(payload) == Generated(URL, "chatcmpl-1757152743", MODEL)
    assert parse(payload | {"error": "None"}).url == URL


@pytest.mark.parametrize(
    "error",
    [
        {"code": 0, "message": ""},
        {"code": "0", "message": None},
        {"code": None, "message": None, "param": "None"},
        {"code": "", "details": [], "is_error": False},
        {"code": 200, "message": "OK"},
        {"code": "200", "message": "ok"},
        {"code": "SUCCESS", "message": "Success"},
        {"code": "SUCCESS"},
        "no error",
        "No Error",
        "false",
        "null",
        "none",
        " NONE ",
        "",
        0,
        False,
        [],
    ],
)
def test_an_error_that_says_nothing_is_none(error: object) -> None:
    assert parse({"status": "completed", "url": URL, "error": error}).url == URL
    assert type(failure({"error": error})) is ProviderNoVideo


@pytest.mark.parametrize("value", [None, "None", 0, -5, 1.5, True, "x" * 201, "two words", "<script>"])
def test_an_identifier_that_is_none_is_left_out(value: object) -> None:
    assert parse(answer() | {"id": value, "model": value}) == Generated(URL)


@pytest.mark.parametrize(
    "payload",
    [
        answer(" "),
        answer(None),
        answer("None"),
        answer(""),
        answer(7),
        answer("I'm sorry, I can't create videos."),
        answer("You have reached your request limit for the hour"),
        answer(message=None),
        answer() | {"choices": []},
        answer() | {"choices": "None"},
        answer() | {"choices": [None]},
        {"id": "chatcmpl-1"},
        *(
            answer("I cannot make videos.") | beside
            for beside in (
                {"generation_id": "g-1"},
                {"metadata": {"run_id": "abc-1"}},
                {"usage": {"video": {"id": "x"}}},
                {"session": {"status": "streaming"}},
            )
        ),
        {"detail": PROMPT},
        [],
        "text",
        b"data: [DONE]\n\n",
        answer("http://replicate.delivery/v.mp4"),
        answer("ftp://replicate.delivery/v.mp4"),
        answer("https://user:pw@replicate.delivery/v.mp4"),
        answer("https://localhost/v.mp4"),
        answer("https://..."),
        answer("https://h..example/v.mp4"),
        answer("https://münchen/v.mp4"),
        answer("https://"),
        answer("https://[::1]/v.mp4"),
        answer("https://h.example:99999/v.mp4"),
        answer("https://h.example/" + "a" * 4096),
    ],
)
def test_a_complete_answer_without_a_usable_link_is_no_video(payload: object) -> None:
    error = failure(payload)
    assert (type(error), error.code, error.charged) == (ProviderNoVideo, "no_video", "unknown")
    assert error.note == "status 200, no link in the answer"


def test_a_message_is_searched_to_a_bounded_depth() -> None:
    # From CPython 3.12 on the JSON parser goes deeper than Python code can.
    message: object = URL
    for _ in range(6):
        message = [message]
    assert parse(answer(message)).url == URL
    for _ in range(20):
        message = [message]
    assert type(failure(answer(message))) is ProviderNoVideo


@pytest.mark.parametrize(
    ("url", "is_usable"),
    [
        ("http://127.0.0.1:9000/v.mp4", True),
        ("http://127.0.0.1:9000.evil.example/v.mp4", False),
        ("http://127.0.0.1:9000@evil.example/v.mp4", False),
        ("http://127.0.0.1:9001/v.mp4", False),
        ("https://127.0.0.1:9000/v.mp4", True),
    ],
)
def test_a_local_link_counts_from_its_very_origin_only(url: str, is_usable: bool) -> None:  # noqa: FBT001 - a case of the parameters
    if is_usable:
        assert parse(answer(url), allowed=("http://127.0.0.1:9000",)).url == url
    else:
        with pytest.raises(ProviderNoVideo):
            parse(answer(url), allowed=("http://127.0.0.1:9000",))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>login</html>",
        b'{"choices":[{"message":{"content":"https://replicate.delivery/xezq/6g',
        b"\xff\xfe",
        b"null",
        b"[" * 100_000,
        b'data: {"choices":[{"delta":{"content":"https://replicate.delivery/v.mp4"}}]}\n\n',
    ],
)
def test_an_answer_that_cannot_be_read_to_its_end_leaves_the_outcome_unknown(body: bytes) -> None:
    error = failure(body)
    assert (type(error), error.charged) == (ProviderOutcomeUnknown, "unknown")
    assert error.note == "status 200, answer not readable"


JSON = json.dumps(answer()).encode()


@pytest.mark.parametrize(
    "body",
    [
        f"Here is your video: {URL}\n".encode(),
        f"![video]({URL})".encode(),
        f"**{URL}**".encode(),
        f"{URL}\n{URL}2.mp4".encode(),
        f'<html><body><video src="{URL}"></video></body></html>'.encode(),
        f"<r><url>{URL}</url></r>".encode(),
        f'{{"status":"processing"}}\n{{"status":"succeeded","output":"{URL}"}}\n'.encode(),
        JSON + b"\n\ndata: [DONE]\n\n",
        JSON + b"\0",
        JSON * 2,
        b"```json\n" + JSON + b"\n```",
        JSON[: JSON.index(b".mp4") + 5],
        JSON.replace(b"/", b"\\/")[:-3],
        f'{{"prompt":"x","status":"processing"}}\n{{"prompt":"x","status":"succeeded","output":"{URL}"}}'.encode(),
        f'{{"type":"start","input":{{}}}}\r\n\r\n{{"type":"end","done":true,"status":"ok","url":"{URL}"}}\r\n'.encode(),
        f'{{"choices":[{{"delta":{{"content":"{URL[:9]}"}}}}]}}\n'
        f'{{"choices":[{{"delta":{{"content":"{URL[9:]}"}},"finish_reason":"stop"}}]}}\n'.encode(),
        f"event: output\ndata: {URL}\n\nevent: done\ndata: {{}}\n\n".encode(),
        f'event: completed\ndata: {{"video":{{"url":"{URL}"}}}}\n\n'.encode(),
        f'data: {{"choices":[{{"message":{{"content":"{URL}"}}}}]}}\n\n'.encode(),
    ],
)
def test_a_videos_link_is_found_in_any_text(body: bytes) -> None:
    assert parse(body).url == URL


@pytest.mark.parametrize(
    "body",
    [
        f"Here is your video: {URL}".encode(),
        f"Here is your video: {URL}?".encode(),
        b'{"url": "https://h.example/slow pan.mp4',
        JSON[: JSON.index(b".mp4") + 4],
        JSON.replace(b"/", b"\\/")[: JSON.replace(b"/", b"\\/").index(b".mp4") + 4],
        b"See https://h.example/pricing for more",
        f'<!doctype html><head><title>x</title></head><video src="{URL}">'.encode(),
        f'{{"input": {{"prompt": "CANARY {URL} "}}, "video'.encode(),
        f'{{"error": {{"code": 500, "message": "CANARY {URL} '.encode(),
        f'{{"status":"succeeded"}}\n{{"status": "In progress", "output":"{URL}"}}\n'.encode(),
        f'{{"status": "failed", "output":"{URL}"'.encode(),
        f'{{"taskStatus": "failed", "output":"{URL}"'.encode(),
        f'{{"choices":[{{"delta":{{"content":"{URL}"}}}}]}}\n{{}}'.encode(),
    ],
)
def test_a_link_in_a_text_that_may_be_another_or_cut_is_none(body: bytes) -> None:
    error = failure(body)
    assert (type(error), error.note) == (ProviderOutcomeUnknown, "status 200, answer not readable")


def test_a_text_under_another_status_has_no_video() -> None:
    assert type(failure(f"Here is your video: {URL}\n".encode(), 500)) is ProviderOutcomeUnknown


def test_an_answer_in_events_is_put_together() -> None:
    body = (
        b": PROCESSING\n\n"
        b'data: {"id":"gen-1","choices":[{"delta":{"role":"assistant","content":"https://replicate"}}]}\n\n'
        b"event: x\ndata: junk\n\n"
        b'data: {"id":"gen-1","choices":[{"delta":{"content":".delivery/v.mp4"},"finish_reason":"stop"}]}\n\n'
        b"data: [DONE]\n\n"
    )
    assert parse(body) == Generated("https://replicate.delivery/v.mp4", "gen-1")


PARTS = [{"type": "video_url", "video_url": {"url": URL}}]


@pytest.mark.parametrize(
    "events",
    [
        [{"status": "succeeded", "video_url": "https://h.example/get/7"}],
        [{"status": "processing"}, {"status": "COMPLETED", "output": ["https://h.example/get/7"]}],
        [{"status": "succeeded", "output": "https://h.example/get/7"}, {"status": "", "output": []}],
    ],
)
def test_a_done_tasks_event_ends_an_answer(events: list[Any]) -> None:
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    assert parse(body.encode()).url == "https://h.example/get/7"


@pytest.mark.parametrize(
    "deltas",
    [
        [{"content": PARTS}, {"content": ""}],
        [{"content": ""}, {"content": PARTS}],
        [{"content": "Generating"}, {"content": PARTS}, {"content": None}],
        [{"content": PARTS}, {"content": [{"type": "text", "text": "Enjoy"}]}],
        [{"videos": [{"url": URL}]}, {"videos": []}],
        [{"video": {"url": URL}}, {"video": None}, {"video": {}}],
    ],
)
def test_an_event_that_says_nothing_takes_nothing_away(deltas: list[Any]) -> None:
    events = [{"choices": [{"delta": each}]} for each in deltas]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    assert parse(body.encode()).url == URL


def test_a_task_under_way_ends_no_answer() -> None:
    body = f'data: {{"status": "succeeded"}}\n\ndata: {{"status": "processing", "url": "{URL}"}}\n\n'
    assert type(failure(body.encode())) is ProviderOutcomeUnknown


def test_an_error_among_events_counts() -> None:
    body = b'data: {"choices":[{"delta":{"content":""}}]}\n\ndata: {"error":{"code":402,"message":"x"}}\n\n'
    assert failure(body).code == "provider_account"


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_answer_is_read(encoding: str, pack: Any) -> None:
    assert parse(pack(json.dumps(answer()).encode()), headers={"Content-Encoding": encoding}).url == URL
    assert type(failure(b"x", headers={"content-encoding": encoding})) is ProviderOutcomeUnknown


@pytest.mark.parametrize("pack", [gzip.compress, lambda body: gzip.compress(gzip.compress(body))])
def test_a_decompression_bomb_stays_small(pack: Any) -> None:
    bomb = pack(b" " * 50_000_000)
    tracemalloc.start()
    assert type(failure(bomb, headers={"content-encoding": "gzip"})) is ProviderOutcomeUnknown
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000


DUMP = {"id": "p1", "input": {"prompt": PROMPT, "image": "data:image/jpeg;base64,CANARY"}}


def dump(status: str, error: str = "it broke") -> dict[str, Any]:
    text = str(DUMP | {"error": error, "status": status})
    return refusal(f"LiteLLM Error - prediction not succeeded - {text}", "422")


UPSTREAM_KEY = (
    'blackbox.Error: AzureException AuthenticationError - {"error":{"code":"invalid_api_key"}}. '
    "Received Model Group=x"
)
NESTED_429 = 'blackbox.Error: AzureException RateLimitError - {\n "error": {"code": "rate_limit_exceeded"}}'
INVALID_MODEL = "{'error': '/chat/completions: Invalid model name passed in model=CANARY. Call `/v1/models`'}"
FLAGGED = {"reasons": ["violence"], "flagged_input": "CANARY", "provider_name": "g", "model_slug": "veo"}
CONNECTION_500 = (
    "blackbox.Error: InternalServerError: Vercel_ai_gatewayException - Connection error.. "
    "Received Model Group=CANARY\nAvailable Model Group Fallbacks=None"
)
CLOUDFLARE_524 = b"<html><title>api.blackbox.ai | 524: A timeout occurred</title>no provider</html>"
CF_JSON = refusal("Gateway timeout.", 524, type="cf_gateway_timeout")
NO_VERDICT = refusal(
    "LiteLLM Error - prediction not succeeded - {'detail': 'throttled', 'status': 429}", "422"
)
FALLBACK = (
    "blackbox.RateLimitError: ReplicateException - Too many requests. Received Model Group=veo\n"
    "Available Model Group Fallbacks=['veo-backup']\n"
    "Error doing the fallback: blackbox.Timeout: ReplicateException - timed out after 600 s"
)
# What LiteLLM says where other models have a fallback and this one has none.
NO_FALLBACK = (
    "litellm.RateLimitError: Too many requests. Received Model Group=veo\n"
    "Available Model Group Fallbacks=None\n"
    "Error doing the fallback: litellm.RateLimitError: Too many requests"
)
THROTTLED = (
    "litellm.RateLimitError: ReplicateException - LiteLLM Error - prediction not succeeded - "
    "{'detail': 'Request was throttled. Your rate limit resets in ~1s.', 'status': 429}"
)


@pytest.mark.parametrize(
    ("status", "payload", "code", "charged", "note"),
    [
        (
            400,
            refusal("bad parameters: CANARY", 400),
            "provider_rejected",
            "no",
            "status 400, error code 400",
        ),
        (
            400,
            refusal(INVALID_MODEL, "400"),
            "provider_rejected",
            "no",
            "status 400, error code 400, invalid model",
        ),
        (
            400,
            refusal("LiteLLM Error - prompt is not a string - [CANARY]", "400"),
            "provider_rejected",
            "no",
            "status 400, error code 400, prompt is not a string",
        ),
        (
            400,
            refusal(
                "LiteLLM Error - prediction url is None - {'title': 'Unauthenticated', 'status': 401}", None
            ),
            "provider_account",
            "no",
            "status 400, refused upstream",
        ),
        (
            400,
            refusal("LiteLLM Error - prediction url is None - {'status': 422}", None),
            "provider_rejected",
            "no",
            "status 400",
        ),
        (400, refusal("flagged as sensitive", 400), "content_refused", "no", "status 400, error code 400"),
        (
            400,
            refusal("Error: CANARY ran out of memory", "400"),
            "provider_rejected",
            "unknown",
            "status 400, error code 400",
        ),
        (400, {"error": "a plain text"}, "provider_rejected", "no", "status 400"),
        (400, b"<html>Bad Request</html>", "provider_rejected", "no", "status 400"),
        (
            401,
            refusal("No auth credentials found", 401),
            "provider_account",
            "no",
            "status 401, error code 401",
        ),
        (
            401,
            refusal(UPSTREAM_KEY, "401"),
            "provider_account",
            "no",
            "status 401, error code 401, the provider's own key upstream",
        ),
        (
            401,
            refusal("Vercel_ai_gatewayException - Authentication failed", "invalid_api_key"),
            "provider_account",
            "no",
            "status 401, error code invalid_api_key, the provider's own key upstream",
        ),
        (402, refusal("insufficient credits", 402), "provider_account", "no", "status 402, error code 402"),
        (
            403,
            refusal("CANARY", 403, metadata=FLAGGED),
            "content_refused",
            "no",
            "status 403, error code 403",
        ),
        (
            403,
            refusal("your credit card photo", 403, metadata=FLAGGED),
            "content_refused",
            "no",
            "status 403, error code 403",
        ),
        (403, refusal("Input was flagged", 403), "content_refused", "no", "status 403, error code 403"),
        (
            403,
            refusal("User is locked. Reason: Exhausted balance. Top up at https://x.example", 403),
            "provider_account",
            "no",
            "status 403, error code 403",
        ),
        (403, b"<html>Attention Required! | Cloudflare</html>", "provider_account", "no", "status 403"),
        (
            404,
            refusal("blackbox.Error: NotFoundError: Vercel_ai_gatewayException - Not Found", "404"),
            "provider_rejected",
            "no",
            "status 404, error code 404",
        ),
        (413, b"<html>413 Request Entity Too Large</html>", "provider_rejected", "no", "status 413"),
        (
            422,
            refusal("messages: field required", "422"),
            "provider_rejected",
            "no",
            "status 422, error code 422",
        ),
        (422, b"", "provider_rejected", "no", "status 422"),
        (
            400,
            refusal("Timeout while downloading https://h.example/photos/0-1a2b3c.jpg", 400),
            "provider_rejected",
            "no",
            "status 400, error code 400",
        ),
        (
            400,
            refusal("Failed to download the image for video generation", 400),
            "provider_rejected",
            "no",
            "status 400, error code 400",
        ),
        (
            403,
            refusal("CANARY " * 50 + "while waiting for the result", 403, metadata=FLAGGED),
            "content_refused",
            "no",
            "status 403, error code 403",
        ),
        (
            422,
            dump("failed"),
            "provider_rejected",
            "unknown",
            "status 422, error code 422, prediction failed",
        ),
        (
            400,
            dump("failed"),
            "provider_rejected",
            "unknown",
            "status 400, error code 422, prediction failed",
        ),
        (
            422,
            dump("canceled"),
            "provider_rejected",
            "unknown",
            "status 422, error code 422, prediction failed",
        ),
        (
            422,
            dump("failed", "The input was flagged as sensitive. (E005)"),
            "content_refused",
            "unknown",
            "status 422, error code 422, prediction failed",
        ),
        (
            422,
            {
                "error": {
                    "message": json.dumps(DUMP | {"status": "failed", "get": "/v1/predictions/gm3qorzd"}),
                    "code": "CANARY x",
                }
            },
            "provider_rejected",
            "unknown",
            "status 422, prediction failed",
        ),
        (
            200,
            answer(finish_reason="content_filter"),
            "content_refused",
            "unknown",
            "status 200, moderated",
        ),
        (200, answer(finish_reason="error"), "provider_rejected", "unknown", "finish_reason error"),
        (200, refusal("x", 401), "provider_account", "no", "status 401, error code 401"),
        (200, refusal("x", "402"), "provider_account", "no", "status 402, error code 402"),
        (200, refusal("x", 403, metadata=FLAGGED), "content_refused", "no", "status 403, error code 403"),
        (
            200,
            answer(None, error={"code": 400, "message": "x"}),
            "provider_rejected",
            "no",
            "status 400, error code 400",
        ),
    ],
)
def test_a_final_no(status: int, payload: object, code: str, charged: str, note: str) -> None:
    error = failure(payload, status)
    assert (type(error), error.code, error.charged, error.note) == (ProviderRefused, code, charged, note)


@pytest.mark.parametrize(
    ("status", "payload"),
    [
        (303, b""),
        (303, b"<html>See Other</html>"),
        (408, refusal("timed out", 408)),
        (409, refusal("conflict", 409)),
        (422, dump("processing")),
        (422, NO_VERDICT),
        *((status, NO_VERDICT) for status in (400, 401, 403, 404, 429, 503)),
        (400, dump("processing")),
        (429, refusal(THROTTLED, "429")),
        (429, refusal("prediction not succeeded - {'detail': 'insufficient credits', 'status': 402}", "429")),
        (500, refusal(CONNECTION_500, "500")),
        (500, refusal(CONNECTION_500, 500)),
        (500, refusal("No response received from Replicate API after max retries", "500")),
        (500, refusal("no provider", 503)),
        (502, refusal("model down", 502)),
        (502, b"<html>502 Bad Gateway</html>"),
        (503, b"<html>Service Suspended</html>"),
        (503, b"no provider"),
        (503, b""),
        (503, refusal("upstream is overloaded", 503)),
        (503, refusal("no provider " + "x" * 200, 503)),
        # It was asked.
        (503, refusal("No response from provider", 503)),
        (503, refusal("No output from provider", 503)),
        (503, refusal("No result returned by provider after 180 s", 503)),
        (503, refusal("No video from upstream provider", 503)),
        (503, refusal("Generation started, no result from provider yet", 503)),
        (503, refusal("No response received from the provider", 503)),
        (503, refusal("No provider response within 180 s", 503)),
        (503, refusal("No output from provider available", 503)),
        (503, refusal("No provider finished the video in time", 503)),
        (503, refusal("no model provider was able to finish the video", 503)),
        (200, refusal("No response from provider", 503)),
        # It is asked about.
        (429, refusal("Error polling prediction abc: 429 Too Many Requests", 429)),
        *(
            (429, refusal(words, 429))
            for words in (
                "Error getting video status: 429 Too Many Requests",
                "Failed to query task status",
                "Failed to get task result: too many requests",
                "Error while waiting for completion: 429 Too Many Requests",
                "Failed to upload the generated video to storage: 429",
                "Could not save result: rate limited by storage",
                "Error reading operation status: 429",
                "Status check for job 12345 was rate limited",
                "Rate limited during status checks",
                "Result retrieval failed: 429",
                "Generation was started but its status endpoint is rate limited",
                "Video generation 8f14e45f: 429 while awaiting result",
                "GET /jobs: 429 (task_status unknown)",
                "查询任务状态失败: 429 Too Many Requests",
                "获取任务结果失败",
                "Retried 2 times",
                "litellm.APIError: retried 2 times",
                "after 3 attempts: 429 Too Many Requests",
                "Max retries exceeded: 3 attempts made, last error 429",
                "Max retries exceeded after 3 attempts",
                "Failed to get the result of the task: 429",
                "Error reading the video generation status: 429",
                "Error checking status: 429",
                "Failed to get the job's status: 429",
                "Failed to read operation status (429)",
                "Failed to get task completion: 429",
                "Timed out awaiting the task: 429",
                "Error awaiting the prediction: 429 Too Many Requests",
                "Failed to save the video: 429 Too Many Requests",
                "Task 8f14e45f-ceea: 429 Too Many Requests",
            )
        ),
        (429, {"detail": "The task was polled too often"}),
        *(
            (429, refusal(f"Client error '429 Too Many Requests' for url '{address}'", "429"))
            for address in (
                "https://api.replicate.com/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu",
                "https://queue.fal.run/fal-ai/veo3/fast/requests/764cabcf-b745-4b3e-ae38/status",
                "https://generativelanguage.googleapis.com/v1beta/models/veo/operations/abc123",
                "https://api.lumalabs.ai/dream-machine/v1/generations/9a8b7c6d-1234",
                "https://api.klingai.com/v1/videos/image2video/831922345719271433",
                "https://api.minimax.io/v1/query/video_generation?task_id=106916112212032",
                "https://api.kie.ai/api/v1/jobs/recordInfo?taskId=281e5b0f",
                "https://h.example/query?id=8f14e45fceea",
                "https://h.example/v1/task/8f14e45f-ceea",
                "https://h.example/v1/prediction/8f14e45fceea",
                "https://h.example/v1/video/8f14e45f-ceea-467f",
                "https://h.example/v2/video/result/323999",
                "https://h.example/v1/video/831922345719271433",
                "https://h.example/v1/video/gm3qorzdhgbfurvjtvhg6dckhu",
                "https://h.example/v1/runs/8f14e45f12",
            )
        ),
        (404, {"detail": "Not Found: https://api.replicate.com/v1/predictions/gm3qorzdhgbfurvjtvhg6"}),
        *(
            (status, refusal(words, status))
            for status in (400, 401, 403, 404, 429)
            for words in (
                "Error for url https://api.dev.runwayml.com/v1/tasks/764cabcf-b745",
                "Refused while checking the status of prediction 764cabcf",
            )
        ),
        (429, refusal("Refused while waiting for the result of task 764cabcf", 429)),
        (429, refusal("Rate limit exceeded: could not fetch the result", 429)),
        (
            429,
            refusal("Provider returned error", 429, metadata={"raw": "GET /v1/predictions/gm3qorzd failed"}),
        ),
        (429, b'{"detail": "GET https:\\/\\/api.replicate.com\\/v1\\/predictions\\/gm3qorzd: 429"}'),
        (429, refusal("Too many requests while downloading the generated video", 429)),
        (503, refusal("No provider available to fetch the result of task 764cabcf", 503)),
        # It is the last of several attempts.
        *((status, refusal(FALLBACK, str(status))) for status in (400, 401, 402, 403, 404, 413, 422, 429)),
        (200, refusal(FALLBACK, 429)),
        (429, refusal(f"{'x' * 900} LiteLLM Retried: 2 times, LiteLLM Max Retries: 2", "429")),
        (503, refusal("No provider available. Error doing the fallback: litellm.Timeout", 503)),
        (504, b""),
        (524, CLOUDFLARE_524),
        (524, CF_JSON),
        (200, refusal("the model is down", 502)),
        (200, refusal("timed out", 408)),
        (200, refusal("slow down", "rate_limit_exceeded")),
        (200, {"error": "no provider"}),
        (200, {"error": {"message": ["no provider"]}}),
        (200, {"error": {"code": True}}),
        (200, {"error": True}),
        (200, {"error": {"code": 10**30}}),
    ],
)
def test_what_does_not_tell_leaves_the_outcome_unknown(status: int, payload: object) -> None:
    error = failure(payload, status)
    assert (type(error), error.code, error.charged) == (ProviderOutcomeUnknown, "outcome_unknown", "unknown")


SLOW = {"code": 429, "message": "slow down"}
CUT = b'data: {"choices":[{"delta":{"content":"https://replicate.delivery/v"}}]}\n\n'


@pytest.mark.parametrize(
    ("status", "payload"),
    [
        (200, {"id": "p", "status": "processing", "error": SLOW}),
        (200, {"id": "p", "status": "processing", "error": SLOW | {"code": 401}}),
        (200, {"id": "p", "urls": {"get": "https://api.example/p"}, "error": SLOW}),
        (200, b'data: {"status":"processing"}\n\ndata: ' + json.dumps({"error": SLOW}).encode() + b"\n\n"),
        (200, CUT + b"data: " + json.dumps({"error": SLOW}).encode() + b"\n\n"),
        (429, {"id": "p", "status": "starting", "urls": {"get": "https://api.example/p"}}),
        (429, {"id": "p", "polling_url": "https://api.example/p"}),
        (503, {"data": {"state": "running"}, "error": {"code": 503, "message": "no provider"}}),
        (
            200,
            b'data: {"choices":[{"delta":{"content":"10%"}}]}\n\ndata: '
            + json.dumps({"error": SLOW}).encode(),
        ),
        (200, answer("Rendering 40%", finish_reason="error", error=SLOW)),
        (200, answer([{"type": "text", "text": "Rendering 40%"}], error=SLOW)),
        (200, answer(None, message={"content": "", "reasoning": "The camera pans"}, error=SLOW)),
        (429, {"task_id": "t-1", "error": SLOW}),
        (429, {"taskId": "t-1", "error": SLOW}),
        (429, {"data": {"prediction_id": "p-1"}, "error": SLOW}),
        (429, {"data": {"metadata": {"job_id": "p-1"}}, "error": SLOW}),
        (429, {"error": SLOW | {"metadata": {"prediction_id": "p-1"}}}),
        (503, {"error": {"code": 503, "message": "no provider", "generation_id": "g-1"}}),
        # Its task stands anywhere.
        *(
            (429, {"error": SLOW} | beside)
            for beside in (
                {"task_id": 3239999999},
                {"output": {"task_id": "abc-1"}},
                {"result": {"task_id": "abc-1"}},
                {"Resp": {"video_id": 323}},
                {"data": [{"task_id": "abc-1"}]},
                {"taskUUID": "abc-1"},
                {"task_ids": ["abc-1"]},
                {"run_id": "abc-1"},
                {"operationId": "op-1"},
                {"operation": {"id": "abc"}},
                {"task": {"id": "abc-1"}},
                {"jobs": [{"status": "queued"}]},
                {"prediction": {"status": "starting"}},
                {"detail": {"task_id": "abc-1"}},
                {"error": SLOW | {"data": {"task_id": "abc-1"}}},
                {"error": SLOW | {"details": [{"job-id": 7}]}},
            )
        ),
        *((status, answer()) for status in (302, 400, 401, 402, 403, 404, 413, 422, 429)),
        (401, answer() | {"error": {"code": 401, "message": "x"}}),
        (429, {"status": "completed", "result_url": "https://h.example/get/7", "error": SLOW}),
        # A page's link beside a refusal is no video; what began nobody knows.
        (200, answer("See https://pages.example/pricing") | {"error": {"code": 429, "message": "x"}}),
        (200, {"url": "https://pages.example/errors", "error": {"code": 401, "message": "x"}}),
    ],
)
def test_a_refusal_beside_something_that_began_leaves_the_outcome_unknown(
    status: int, payload: object
) -> None:
    error = failure(payload, status)
    assert (type(error), error.code, error.charged) == (ProviderOutcomeUnknown, "outcome_unknown", "unknown")
    assert error.note.endswith(", but something began")


@pytest.mark.parametrize(
    ("headers", "ids"),
    [
        ({"X-Task-Id": "abc-1"}, {"x-task-id": "abc-1"}),
        ({"x-prediction-id": "abc-1"}, {"x-prediction-id": "abc-1"}),
        ({"job-id": "7"}, {"job-id": "7"}),
        ({"Operation-Location": "/v1/tasks/abc"}, {"operation-location": "/v1/tasks/abc"}),
    ],
)
def test_a_refusal_whose_headers_name_a_task_is_unknown(headers: dict[str, str], ids: dict[str, str]) -> None:
    for status in (403, 429):
        error = failure({"error": SLOW}, status, headers)
        assert (type(error), error.charged, error.call_ids) == (ProviderOutcomeUnknown, "unknown", ids)


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 429, 500, 503, "rate_limit_exceeded"])
def test_a_video_beside_an_error_is_the_video(code: object) -> None:
    error = {"code": code, "message": "no provider, see https://h.example/help.mp4"}
    events = f'data: {json.dumps(answer())}\n\ndata: {{"error": {json.dumps(error)}}}\n\n'
    for payload in (answer() | {"error": error}, answer(error=error), events.encode()):
        assert parse(payload).url == URL


@pytest.mark.parametrize("status", [200, 401, 429])
def test_a_refusals_own_status_is_no_tasks(status: int) -> None:
    assert (
        failure({"status": "missing_api_key", "error": {"code": 401, "message": "x"}}, status).charged == "no"
    )
    assert failure({"status": "missing", "error": {"code": 401, "message": "x"}}, status).charged == "no"


@pytest.mark.parametrize(
    "beside",
    [
        {"organization": {"status": "pending"}},
        {"organisation": {"state": "pending"}},
        {"subscription": {"status": "trialing"}},
        {"account": {"status": "pending_verification"}},
        {"user": {"status": "waiting_list"}, "current_plan": {"status": "starting"}},
        {"rate_limits": {"state": "throttling"}},
        {"jobs": [{"id": "job-1"}, {"id": "job-2"}]},
        {"running": {"task_ids": ["a-1", "b-2"]}},
        {"operationId": "createVideo"},
        {"error": SLOW | {"operation_id": "video.create"}},
    ],
)
def test_what_a_refusal_says_of_others_is_not_its_tasks(beside: dict[str, Any]) -> None:
    for status, code in ((402, "provider_account"), (403, "provider_account"), (429, "provider_busy")):
        error = failure({"error": SLOW} | beside, status)
        assert (error.code, error.charged) == (code, "no")


def test_a_firewalls_page_is_no_moderation() -> None:
    page = b"<!doctype html><title>403</title><p>Access to this content is prohibited by our content policy."
    assert failure(page, 403).code == "provider_account"


@pytest.mark.parametrize("status", [200, 401, 429])
def test_a_link_in_an_errors_own_words_is_no_video(status: int) -> None:
    error = failure({"error": {"code": 401, "message": f"A prompt with {URL}"}}, status)
    assert error.charged == "no"


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (400, "The generated video was flagged by our output moderation", "content_refused"),
        (403, "Your video was generated but was blocked by the safety filter", "content_refused"),
        (400, "OutputVideoRiskDetection: flagged", "content_refused"),
        (422, "Video generation failed after 3 attempts", "outcome_unknown"),
        (400, "Generation timed out after 300 seconds", "outcome_unknown"),
        (403, "generation_timeout", "outcome_unknown"),
        (422, "no_media_generated", "outcome_unknown"),
        (400, "Model produced no output", "outcome_unknown"),
        (400, "The output video was flagged", "content_refused"),
        (422, "Generation time limit exceeded", "outcome_unknown"),
        (400, "Video generation failed: out of memory", "outcome_unknown"),
    ],
)
def test_a_refusal_after_the_generation_may_be_charged(status: int, words: str, code: str) -> None:
    for payload in (
        refusal(words, status),
        refusal("x", words),
        {"detail": [{"loc": ["body"], "msg": "x", "type": words}]},
    ):
        error = failure(payload, status)
        assert error.charged == "unknown"
        assert error.code in {code, "outcome_unknown"}
    assert failure(refusal(words, status), status).code == code


@pytest.mark.parametrize(
    "words",
    [
        "output_format must be mp4",
        "This content cannot be generated",
        "AI-generated photos are not allowed",
        "Your video request failed our safety check",
        "The prompt may result in unsafe video",
        "The prompt was flagged, so no credits were used",
        "Failed to download file for video generation",
        "Unable to fetch the provided URL for video generation",
        "Image download failed for video generation",
        "Invalid query parameter 'video_length'",
        "output_video_format must be mp4",
        "The output video format must be mp4",
        "Unknown field: output_video",
        "This model needs an uploaded video",
        "no output_format",
        "no output format given",
        "Video generation failed: image too small",
        "Video generation failed: invalid aspect_ratio '4:5'",
        "Generation failed: the prompt is empty",
        "duration must be 5; generation time may be long",
        "Your account status does not allow video generation",
        "Model blackboxai/video/veo-3-fast not found",
        "No such model. Query GET /models for video models",
        "The uploaded file is too large for video generation",
        "Insufficient credits: you can save no more videos",
    ],
)
def test_a_refusal_before_the_generation_is_not_charged(words: str) -> None:
    for status in (400, 401, 402, 403, 404, 413, 422):
        plain = failure(refusal("Your video request failed our safety check", status), status)
        error = failure(refusal(words, status), status)
        assert (type(error), error.charged, error.note) == (ProviderRefused, "no", plain.note)
        if status in {401, 402, 404, 413}:
            assert (error.code, error.detail) == (plain.code, plain.detail)


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({"x-litellm-response-cost": "0.8"}, {}),
        ({"X-LiteLLM-Response-Cost": "1e-05"}, {}),
        ({"x-litellm-attempted-retries": "1"}, {}),
        ({"x-litellm-attempted-fallbacks": "2"}, {}),
        ({}, {"usage": {"cost": 0.8}}),
    ],
)
def test_a_refusal_beside_a_cost_or_an_attempt_is_unknown(
    headers: dict[str, str], more: dict[str, Any]
) -> None:
    for status in (400, 401, 403, 422, 429):
        error = failure({"error": SLOW} | more, status, headers)
        assert (type(error), error.charged) == (ProviderOutcomeUnknown, "unknown")
    error = failure(refusal("flagged", 403) | more, 403, headers)
    assert (error.code, error.charged) == ("content_refused", "unknown")


def test_what_a_call_would_have_cost_is_not_charged() -> None:
    for more in ({"cost": 0.75}, {"cost": "0.75", "balance": 0.1}):
        for status, code in ((400, "provider_rejected"), (402, "provider_account"), (429, "provider_busy")):
            error = failure({"error": "slow down"} | more, status)
            assert (error.code, error.charged) == (code, "no")
    error = failure({"error": "Insufficient credits", "usage": {"cost": 0.75}}, 402)
    assert (error.code, error.charged) == ("provider_account", "no")


@pytest.mark.parametrize(
    "payload",
    [
        *(answer("", finish_reason=each) for each in ("SAFETY", "content-filter", "CONTENT_FILTER")),
        answer(URL, finish_reason="PROHIBITED_CONTENT"),
        answer(None, message={"content": None, "refusal": "I can't make this"}),
        {"status": "failed", "failureCode": "SAFETY.INPUT.TEXT"},
        {"status": "failed", "error_reason": "The output was flagged", "urls": {"get": URL}},
        {"output": {"task_status": "FAILED", "code": "DataInspectionFailed"}},
        {"done": True, "response": {"raiMediaFilteredReasons": ["violates our usage guidelines"]}},
    ],
)
def test_a_moderated_success_is_a_refusal_that_may_be_charged(payload: dict[str, Any]) -> None:
    error = failure(payload)
    assert (type(error), error.code, error.charged) == (ProviderRefused, "content_refused", "unknown")


@pytest.mark.parametrize(
    "payload",
    [
        {"status": "failed", "code": "OOM", "input": {"prompt": "a sensitive safety officer"}},
        {"status": "failed", "logs": "Running safety checker... ok\nCUDA out of memory"},
        {"status": "failed", "data": {"run_log": "NSFW check passed"}},
        {"status": "failed", "message": "The image was lost during the data inspection process"},
        {"status": "completed", "output": [], "model": "x/sensitive-edit"},
        {"status": "completed", "output": [], "parameters": {"safety": "safety_default"}},
        {"status": "completed", "output": [], "safetySettings": ["safety_default"]},
        {"status": "completed", "output": [], "options": {"moderation": "moderation_low"}},
    ],
)
def test_other_fields_of_a_task_are_no_moderation(payload: dict[str, Any]) -> None:
    error = failure(payload)
    assert (type(error), error.note) == (
        ProviderNoVideo,
        "status 200, the task failed"
        if payload["status"] == "failed"
        else "status 200, no link in the answer",
    )


BUDGET = "Budget has been exceeded! Current cost: 26.1, Max budget: 25.0"
GROUP = "Received Model Group=CANARY\nAvailable Model Group Fallbacks=None"


@pytest.mark.parametrize(
    ("status", "payload"),
    [
        (400, refusal(BUDGET, "400", type="budget_exceeded")),
        (429, refusal(BUDGET, "429", type="budget_exceeded")),
        (400, refusal(BUDGET, 400, type="auth_error")),
        (400, refusal("ExceededBudget: User=CANARY over budget. Spend=10.6, Budget=10.0", "400")),
        (400, refusal(f"blackbox.BadRequestError: OpenAIException - {BUDGET}. {GROUP}", "400")),
        (429, refusal("No deployments available - crossed budget: Exceeded budget for CANARY", "429")),
        (429, refusal("You exceeded your current quota, please check your plan", "insufficient_quota")),
        (429, refusal("slow down", "429", type="insufficient_quota")),
        (429, {"detail": BUDGET}),
        (200, refusal(BUDGET, "429", type="budget_exceeded")),
        (400, refusal("Invalid API key provided", "400")),
        (400, refusal("API key not valid. Please pass a valid API key.", "400")),
        (429, refusal("Your account balance is too low", "429")),
        (403, refusal("key not allowed to access model. Tried to access CANARY", "403")),
        (403, refusal("CANARY", "403", type="key_model_access_denied")),
        (403, refusal("Cannot access application 'CANARY'", 403)),
        (403, refusal("Forbidden", 403)),
        (403, {"message": "This organization has been disabled."}),
        (403, b"Access denied"),
        (401, refusal("expired", "401", type="expired_key")),
        (402, b""),
    ],
)
def test_budget_and_access_are_the_accounts(status: int, payload: object) -> None:
    error = failure(payload, status)
    assert (type(error), error.code, error.charged) == (ProviderRefused, "provider_account", "no")


@pytest.mark.parametrize(
    ("status", "payload", "code"),
    [
        (
            429,
            refusal("Rate limit reached. " + "x" * 300 + " Budget has been exceeded", "429"),
            "provider_busy",
        ),
        (400, refusal("bad parameters: " + "x" * 300 + "insufficient credits", 400), "provider_rejected"),
        (403, refusal("over budget", 403, metadata=FLAGGED), "content_refused"),
        (403, refusal("The prompt violates our safety system", 403), "content_refused"),
        (403, refusal("CANARY " * 60 + "moderation", "content_policy_violation"), "content_refused"),
        (403, refusal("Your request was rejected", "content_policy_violation"), "content_refused"),
        (403, refusal("Your request was rejected", 403, type="moderation_blocked"), "content_refused"),
        (403, {"detail": "Your prompt was flagged by our moderation"}, "content_refused"),
        (403, {"message": "Your prompt was flagged by our moderation"}, "content_refused"),
        (403, {"errors": [{"message": "Content flagged"}]}, "content_refused"),
        (403, {"error": {"error": {"message": "flagged", "code": 403}}}, "content_refused"),
        (403, {"error": {"message": ["flagged by moderation"]}}, "content_refused"),
        (403, {"detail": "x" * 300 + " safety"}, "provider_account"),
        *(
            (403, refusal(words, 403), "content_refused")
            for words in (
                "This prompt contains words that violate Google's Responsible AI practices",
                "The prompt violates our usage policies",
                "This request does not follow our community guidelines",
                "Unsafe content",
                "InputTextRiskDetection",
                "输入内容包含敏感信息",
            )
        ),
        (403, refusal("x", "DataInspectionFailed"), "content_refused"),
        (
            400,
            refusal("Unable to download the image during the data inspection process.", 400),
            "provider_rejected",
        ),
    ],
)
def test_what_a_refusal_quotes_is_not_its_reason(status: int, payload: object, code: str) -> None:
    assert failure(payload, status).code == code


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 308, 404, 405, 406, 410, 415, 421, 426])
def test_an_address_that_takes_no_call_is_misconfigured(status: int) -> None:
    page = b'<html>Not Found <a href="/videos/episode-1234">watch</a></html>'
    for payload in (b"", page, {"detail": "Not Found"}):
        error = failure(payload, status)
        assert (type(error), error.code, error.charged, error.note) == (
            ProviderRefused,
            "misconfigured",
            "no",
            f"status {status}, BLACKBOX_BASE_URL does not take this call",
        )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_video_leads_to_what_was_made(status: int) -> None:
    assert parse(b"", status, {"Location": URL, "x-request-id": "r"}) == Generated(
        URL, call_ids={"x-request-id": "r"}
    )
    for location in ("/files/v.mp4", "http://h.example/v.mp4", "https://h.example/" + "a" * 4096 + ".mp4"):
        error = failure(b"", status, {"Location": location})
        assert (type(error), error.note) == (
            ProviderOutcomeUnknown,
            f"status {status}, a redirect to a video",
        )


KEY = "sk-0123456789canarykey"
QUOTES_KEY = f"LiteLLM Virtual Key expected. Received={KEY}, expected to start with 'sk-'."


@pytest.mark.parametrize(
    ("status", "headers", "payload"),
    [
        (401, {}, refusal(QUOTES_KEY, "401", type="auth_error")),
        (401, {"x-request-id": KEY}, refusal("x", KEY[3:])),
        (500, {"X-LiteLLM-Call-Id": f"call-{KEY}"}, {"id": KEY, "error": {"code": KEY}}),
        (200, {}, answer(" ") | {"id": KEY, "model": KEY}),
    ],
)
def test_no_error_holds_the_key_that_it_quotes(
    status: int, headers: dict[str, str], payload: dict[str, Any]
) -> None:
    with pytest.raises(JobError) as caught:
        parse_answer(status, headers, json.dumps(payload).encode(), secret=KEY)
    assert KEY not in f"{vars(caught.value)}"


QUOTES_IN_A_TASK = {"id": KEY, "task_id": "t", "polling_url": f"https://a.example/x?api_key={KEY}"}


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize(
    "pack",
    [bytes, gzip.compress, zlib.compress, lambda body: body.replace(b"sk-0", b"sk\\u002d\\u0030")],
    ids=["plain", "gzip", "deflate", "escaped"],
)
def test_no_id_holds_the_key_however_it_is_written(status: int, pack: Any) -> None:
    body = pack(json.dumps(QUOTES_IN_A_TASK | {"error": {"code": KEY}, KEY: 1}).encode())
    with pytest.raises(JobError) as caught:
        parse_answer(status, {}, body, secret=KEY)
    assert caught.value.call_ids == {"task_id": "t"}
    assert KEY not in f"{vars(caught.value)}"


def test_no_note_or_shape_holds_a_key_of_letters() -> None:
    with pytest.raises(JobError) as caught:
        parse_answer(
            500, {}, gzip.compress(b'{"error":{"code":"canarykey"},"canarykey":1}'), secret="canarykey"
        )
    assert "canarykey" not in f"{vars(caught.value)}"


def test_no_video_holds_the_key_that_its_answer_quotes() -> None:
    payload = answer(f"{URL}?key={KEY}") | {"id": KEY}
    found = parse_answer(200, {"x-request-id": KEY}, json.dumps(payload).encode(), secret=KEY)
    assert (found.url, found.request_id, found.call_ids) == (f"{URL}?key=", None, {})


CALL_HEADERS = {
    "X-LiteLLM-Call-Id": "5f1d-0c3a",
    "x-litellm-response-cost": "0.8",
    "x-request-id": "req_1",
    "CF-RAY": "8f1e-FRA",
    "content-type": "application/json",
    "x-litellm-key-spend": "12",
    "x-trace-id": "two words",
}
IDS = {"cf-ray": "8f1e-FRA", "x-litellm-call-id": "5f1d-0c3a", "x-litellm-response-cost": "0.8"}
IDS |= {"x-request-id": "req_1"}


@pytest.mark.parametrize(
    ("status", "payload"),
    [(500, b"<html>"), (401, b""), (429, b""), (302, b""), (200, b"{"), (422, dump("processing"))],
)
def test_each_error_has_the_ids_of_its_call(status: int, payload: object) -> None:
    assert failure(payload, status, CALL_HEADERS).call_ids == IDS


TASK = "https://api.example/v1/videos/abc"


@pytest.mark.parametrize("status", [201, 202, 303])
def test_an_accepted_call_has_its_tasks_address(status: int) -> None:
    for address in (TASK, f"{TASK}?api-version=preview", "/v1/videos/abc", "/" + "a" * 199):
        for name in ("Location", "Operation-Location"):
            found = failure(b"", status, {name: address, "CF-RAY": "a"}).call_ids
            assert found == {"cf-ray": "a", name.lower(): address}


@pytest.mark.parametrize(
    ("status", "address"),
    [
        *((status, TASK) for status in (200, 301, 302, 404, 429)),
        *((202, each) for each in ("", "see /v1/videos", "/v1/<b>", "//", "/" + "a" * 200, "v1/videos")),
        (202, f"{TASK}?key={KEY}"),
        (202, f"/v1/{KEY}"),
    ],
)
def test_a_location_that_is_no_tasks_address_is_left_out(status: int, address: str) -> None:
    with pytest.raises(JobError) as caught:
        parse_answer(status, {"Location": address}, b"", secret=KEY)
    assert caught.value.call_ids == {}


def test_a_video_has_the_ids_of_its_call() -> None:
    assert parse(answer(), headers=CALL_HEADERS).call_ids == IDS


@pytest.mark.parametrize(
    ("payload", "shape"),
    [
        ({"id": "secret", "ok": True, "n": 1.5, "none": None}, "{id: str, ok: bool, n: float, none: null}"),
        ([{"url": URL}, {"url": URL}, 5], "[{url: str}, int]"),
        ({"a prompt for a name": 1}, "{}"),
        ("text", "str"),
    ],
)
def test_a_shape_tells_names_and_types_alone(payload: object, shape: str) -> None:
    assert shape_of(payload) == shape


def test_an_answer_and_an_error_tell_the_shape() -> None:
    assert "choices: [{finish_reason: str, index: int, message: {role: str" in parse(answer()).shape
    assert failure(refusal(PROMPT, 400), 400).answer_shape == (
        "{error: {message: str, type: str, param: str, code: int}}"
    )


POLLING = "https://api.example/v1/tasks/7"


@pytest.mark.parametrize(
    ("payload", "ids"),
    [
        (
            {"id": "task-7", "status": "pending", "polling_url": POLLING},
            {"id": "task-7", "polling_url": POLLING},
        ),
        (
            {"request_id": "r", "status": "IN_QUEUE", "status_url": POLLING},
            {"request_id": "r", "status_url": POLLING},
        ),
        ({"id": "p", "status": "starting", "urls": {"get": POLLING}}, {"id": "p", "get": POLLING}),
        ({"code": 0, "data": {"task_id": "k", "task_status": "submitted"}}, {"task_id": "k"}),
        ({"id": "l", "state": "dreaming", "video": {"url": URL}}, {"id": "l"}),
        ({"id": "v", "status": "in-progress", "output": URL}, {"id": "v"}),
        ({"name": "operations/9", "done": False}, {"name": "operations/9"}),
        (answer({"status": "processing", "url": URL}), {"id": "chatcmpl-1757152743"}),
        (answer(json.dumps({"state": "Running", "url": URL})), {"id": "chatcmpl-1757152743"}),
        ({"id": "x", "polling_url": POLLING}, {"id": "x", "polling_url": POLLING}),
        ({"id": "x", "polling_url": "/api/v1/videos/x"}, {"id": "x", "polling_url": "/api/v1/videos/x"}),
        ({"id": "x", "polling_url": "/api?a b", "status": "queued"}, {"id": "x"}),
        (
            {"taskId": "t", "taskStatus": "running", "pollingUrl": POLLING, "videoUrl": URL},
            {"task_id": "t", "polling_url": POLLING},
        ),
        ({"Data": 1, "data": {"taskId": "t", "State": "queued"}}, {"task_id": "t"}),
        ({"output": {"task_id": "abc-1", "task_status": "PENDING"}}, {"task_id": "abc-1"}),
        ({"task_id": 3239999999, "status": "processing"}, {"task_id": "3239999999"}),
        ({"ErrCode": 0, "Resp": {"video_id": 323}}, {"video_id": "323"}),
        ({"status": "queued", "input": {"task_id": "theirs"}, "runs": [{"id": 7}]}, {"run_id": "7"}),
        (
            answer('{"taskUUID": "t", "status": "processing"}'),
            {"id": "chatcmpl-1757152743", "task_id": "t"},
        ),
        (answer('{"taskUUID": "t"}'), {"id": "chatcmpl-1757152743", "task_id": "t"}),
        (answer("") | {"task_id": "t"}, {"id": "chatcmpl-1757152743", "task_id": "t"}),
        (
            answer("Please wait") | {"polling_url": POLLING},
            {"id": "chatcmpl-1757152743", "polling_url": POLLING},
        ),
    ],
)
def test_a_task_under_way_is_unknown_and_named(payload: dict[str, Any], ids: dict[str, str]) -> None:
    error = failure(payload)
    assert (type(error), error.note) == (ProviderOutcomeUnknown, "status 200, the video is not ready")
    assert error.call_ids == ids


@pytest.mark.parametrize("link", [URL, "https://api.example/tasks/7"])
@pytest.mark.parametrize(
    "status",
    [
        "Queueing",
        "NOT_START",
        "not_started",
        "enqueued",
        "waiting_in_queue",
        "pending_review",
        "generating",
        "generation",
        "transcoding",
        "TASK_STATUS_PROCESSING",
        "TASK_STATUS_QUEUED",
        "JOB_STATE_RUNNING",
        "STATE_PROCESSING",
        "running...",
        "In progress (45%)",
    ],
)
def test_a_link_beside_a_task_under_way_is_no_video(status: str, link: str) -> None:
    error = failure({"id": "p", "status": status, "url": link})
    assert (type(error), error.note) == (ProviderOutcomeUnknown, "status 200, the video is not ready")


@pytest.mark.parametrize("link", [URL, "https://api.example/tasks/7", None])
@pytest.mark.parametrize(
    "status",
    [
        "failed",
        "FAILURE",
        "error",
        "cancelled",
        "CANCELED",
        "aborted",
        "JOB_STATE_FAILED",
        "generation_failed",
    ],
)
def test_a_link_beside_a_task_that_failed_is_no_video(status: str, link: str | None) -> None:
    error = failure({"id": "p", "status": status, "url": link, "urls": {"get": POLLING}})
    assert (type(error), error.charged) == (ProviderNoVideo, "unknown")
    assert error.note == "status 200, the task failed"


def test_accepted_without_a_video_is_unknown() -> None:
    assert type(failure({"id": "x"}, 202)) is ProviderOutcomeUnknown
    assert parse(answer(), 202).url == URL


@pytest.mark.parametrize(
    "status",
    [
        *("succeeded", "completed", "COMPLETED", "done", "success", "ready", "weird", "warning"),
        *(
            "generated",
            "ACTIVE",
            "rendered",
            "TASK_STATUS_SUCCEED",
            "JOB_STATE_SUCCEEDED",
            "Completed (100%)",
        ),
    ],
)
def test_a_link_beside_another_status_is_the_video(status: str) -> None:
    assert parse({"status": status, "output": [URL], "urls": {"get": POLLING}}).url == URL


UNNAMED = "https://cdn.example/files/abc123?sig=x"
STILL = "https://cdn.example/files/still"


@pytest.mark.parametrize(
    "payload",
    [
        {"id": "j", "status": "completed", "polling_url": POLLING, "unsigned_urls": [UNNAMED]},
        {
            "message": "SUCCEED",
            "data": {
                "task_status": "succeed",
                "task_result": {"videos": [{"id": "1", "url": UNNAMED, "watermark_url": STILL}]},
            },
        },
        {
            "id": "l",
            "state": "completed",
            "assets": {"video": UNNAMED, "image": STILL, "progress_video": STILL},
        },
        {"state": "success", "creations": [{"id": "c", "url": UNNAMED, "cover_url": STILL}]},
        {
            "code": 200,
            "data": {
                "state": "success",
                "resultJson": json.dumps({"resultUrls": [UNNAMED]}),
                "param": json.dumps({"callBackUrl": STILL, "input": {"image_urls": [STILL]}}),
            },
        },
        *(
            {"status": "done", name: link, "audio_url": STILL, "urls": {"get": POLLING, "cancel": POLLING}}
            for name in ("result_url", "video_urls", "resultUrls", "media_url", "signed_url", "asset")
            for link in (UNNAMED, [UNNAMED], {"url": UNNAMED, "docs": STILL})
        ),
        {"done": True, "name": "operations/9", "response": {"sample": {"uri": UNNAMED}}},
        {
            "done": True,
            "response": {"generateVideoResponse": {"generatedSamples": [{"video": {"uri": UNNAMED}}]}},
        },
        {"status": "done", "media_url": UNNAMED, "mirror_url": UNNAMED, "message": f"See {STILL}"},
        {"status": "done", "media_url": UNNAMED, "other": "https://h.example/still.jpg"},
        {"status": "done", "media_url": UNNAMED, "image_url": "https://h.example/still.jpg"},
    ],
)
def test_the_one_link_of_a_task_that_is_done_is_its_video(payload: dict[str, Any]) -> None:
    assert parse(payload).url == UNNAMED


@pytest.mark.parametrize(
    "payload",
    [
        {"status": "completed", "media_url": UNNAMED, "other": "https://cdn.example/files/abc124"},
        {"status": "completed", "thumbnail_url": UNNAMED, "logs": UNNAMED, "help": {"url": UNNAMED}},
        {"status": "completed", "polling_url": UNNAMED, "mirror": UNNAMED},
        {"status": "completed", "urls": {"get": POLLING, "cancel": UNNAMED, "web": UNNAMED}},
        {"status": "completed", "message": f"Read {UNNAMED}"},
        {"data": {"done": True, "error": {"code": 3}, "sample": UNNAMED}},
        {"status": "completed", "media_url": "https://h.example/still.jpg"},
        {"media_url": UNNAMED},
    ],
)
def test_a_link_that_may_be_another_files_is_no_video(payload: dict[str, Any]) -> None:
    error = failure(payload)
    assert (type(error), error.note) == (ProviderNoVideo, "status 200, no link in the answer")


SIGNED = "https://h.example/v.mp4?a=1&b=2"


@pytest.mark.parametrize(
    "content",
    [
        "https://h.example/v.mp4?a=1&amp;b=2",
        "https://h.example/v.mp4?a=1&amp;amp;b=2",
        "https://h.example/v.mp4?a=1&#38;b=2",
        "https://h.example/v.mp4?a=1&#x26;b=2",
        "https:&#x2F;&#x2F;h.example&#x2F;v.mp4?a&#x3D;1&amp;b&#x3D;2",
        "https&#58;&#47;&#047;h.example/v.mp4?a&#61;1&#38;b&#61;2",
        "https:&amp;#x2f;&amp;#x2f;h.example/v.mp4?a=1&amp;b=2",
        "Done: https:\\/\\/h.example\\/v.mp4?a=1\\u0026b=2.",
        "&lt;video src=&quot;https://h.example/v.mp4?a=1&amp;b=2&quot;&gt;",
        "<a href='https://h.example/v.mp4?a=1&amp;b=2'>video</a>",
        [{"type": "text", "text": "see https://h.example/v.mp4?a=1\\u0026b=2"}],
    ],
)
def test_an_escaped_link_is_unescaped(content: object) -> None:
    assert parse(answer(content)).url == SIGNED


def test_a_query_that_only_looks_escaped_stays() -> None:
    url = "https://h.example/v.mp4?a=1&copy=2&ampere=3&lt=4"
    assert parse(answer(url)).url == url


@pytest.mark.parametrize(
    "message",
    [
        {"images": [{"type": "image_url", "image_url": {"url": URL}}]},
        {"content": None, "videos": [{"url": URL}]},
        {"content": "", "attachments": [{"href": URL}]},
        {"content": {"result": {"files": [{"download_url": URL}]}}},
        {"content": "Here it is", "media": [{"src": URL}]},
    ],
)
def test_a_link_is_found_beside_the_content(message: dict[str, Any]) -> None:
    assert parse(answer(message={"role": "assistant"} | message)).url == URL


FILM = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + bytes(range(256)) * 9
FILM_BASE64 = base64.b64encode(FILM).decode()


@pytest.mark.parametrize(
    "content",
    [
        f"data:video/mp4;base64,{FILM_BASE64}",
        f"DATA:application/octet-stream;charset=x;base64,{FILM_BASE64}",
        f"![video](data:video/mp4;base64,{FILM_BASE64})",
        FILM_BASE64,
        base64.urlsafe_b64encode(FILM).decode().rstrip("="),
        base64.encodebytes(FILM).decode(),
        "data:video/mp4;base64,\r\n" + base64.encodebytes(FILM).decode().replace("\n", "\r\n"),
        f'data:video/mp4; codecs="avc1.4D401E"; base64, {FILM_BASE64}',
        {"b64_json": FILM_BASE64},
        f"```\n{FILM_BASE64}\n```",
        f"```base64\r\n{FILM_BASE64}\r\n```\r\n",
        f" \n\t{FILM_BASE64}",
        f"\n```mp4\n{base64.encodebytes(FILM).decode()}```",
        {"predictions": [{"bytesBase64Encoded": FILM_BASE64}]},
        [{"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{FILM_BASE64}"}}],
    ],
)
def test_a_video_inside_the_answer_is_the_video(content: object) -> None:
    found = parse(answer(content))
    digest = hashlib.sha256(FILM).hexdigest()
    assert (found.video, found.url) == (FILM, f"data:video/mp4;sha256={digest}")


@pytest.mark.parametrize("box", [b"free", b"wide", b"skip", b"styp"])
def test_a_video_in_the_answer_may_begin_with_another_box(box: bytes) -> None:
    film = b"\0\0\0\x08" + box + FILM
    assert parse(film).video == film
    assert parse(answer(base64.b64encode(film).decode())).video == film


def test_a_video_inside_the_answer_precedes_any_other_link() -> None:
    payload = {"status": "completed", "asset": FILM_BASE64}
    for name, link in (("link", "https://h.example/get/7"), ("image_url", "https://h.example/still.jpg")):
        assert parse(payload | {name: link}).video == FILM


def test_an_answer_that_is_the_video_is_the_video() -> None:
    found = parse(FILM, headers={"Content-Type": "video/mp4", "x-request-id": "call-1"})

    assert (found.video, found.call_ids) == (FILM, {"x-request-id": "call-1"})
    assert parse(gzip.compress(FILM)).video == FILM
    assert type(failure(gzip.compress(FILM)[:-9])) is ProviderOutcomeUnknown
    assert type(failure(FILM, 500)) is ProviderOutcomeUnknown


@pytest.mark.parametrize(
    "content", ["data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB", "data:,x", "A" * 5001, "AAAA" * 6]
)
def test_base64_that_is_no_video_is_none(content: str) -> None:
    assert type(failure(answer(content))) is ProviderNoVideo


@pytest.mark.parametrize(
    "body",
    [
        b": PROCESSING\n\n" + json.dumps(answer()).encode(),
        b": OPENROUTER PROCESSING\r\n\r\n: again\r\n" + json.dumps(answer()).encode(),
        b"   \n\n" + json.dumps(answer()).encode() + b"\n",
        b"event: message\r\ndata: "
        + json.dumps(answer("\u2028" + URL)).encode()
        + b"\r\n\r\ndata: [DONE]\r\n",
        b"".join(b"data: %s\n" % line for line in json.dumps(answer(), indent=1).encode().splitlines())
        + b"\ndata: [DONE]\n\n",
        b"data: " + json.dumps(answer()).encode() + b"\ndata: [DONE]\n",
    ],
)
def test_comments_and_events_around_an_answer_are_read(body: bytes) -> None:
    assert parse(body).url == URL


@pytest.mark.parametrize(
    ("label", "pack"),
    [
        ("gzip", bytes),
        ("identity", gzip.compress),
        ("aws-chunked", bytes),
        ("", zlib.compress),
        ("UTF-8", bytes),
        ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
        ("gzip", lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:])),
    ],
)
def test_an_answers_bytes_say_whether_it_is_compressed(label: str, pack: Any) -> None:
    assert parse(pack(json.dumps(answer()).encode()), headers={"Content-Encoding": label}).url == URL


@pytest.mark.parametrize(
    "piece",
    [
        ")",
        ".",
        "https://" + ")" * 4000,
        '"https://' + "a" * 20,
        "<https://h.example/" + "' .mp" * 300 + '"',
        "&#x2F;",
        "https://h.example/" + ".)" * 2000 + " ",
        "https://h.example/" + 100 * "é",
        "https://h.example/é.mp4" + 100 * "é",
        ".mp4_",
        "&amp;",
        "\\/",
        "<",
        "data:;",
        "/tasks/",
        "/videos/" + "a" * 4000,
        "while waiting for the ",
        "video status: 4",
        "job ",
        "prediction " + "a-" * 2000,
        "/video/" + "a" * 4000,
        "&id=" + "a" * 5,
        "<video><video ",
        "[",
        '{"a":',
    ],
)
def test_any_answer_is_read_in_linear_time(piece: str) -> None:
    content = piece * (1_200_000 // len(piece))
    body = json.dumps(answer(content) | {"status": "completed"}).encode()
    begun = time.process_time()
    for status in (200, 400):
        with contextlib.suppress(JobError):
            parse_answer(status, {}, body)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    "link", ["https://h.example/a?" + "&a=" * 1300 + "é", "https://" + "ü." * 2000 + "/v.mp4"]
)
def test_many_long_links_are_read_in_linear_time(link: str) -> None:
    body = json.dumps({"results": [link] * 250, "status": "done"}).encode()
    begun = time.process_time()
    with contextlib.suppress(JobError):
        parse_answer(200, {}, body)
    assert time.process_time() - begun < 10


DATE = "Tue, 03 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("status", "payload", "headers", "retry_after"),
    [
        (429, refusal(NESTED_429, "429"), {}, None),
        (429, b"<html>Too Many Requests</html>", {}, None),
        (429, refusal(NESTED_429, "429"), {"Retry-After": "30"}, 30.0),
        (429, b"", {"retry-after": "0.5"}, 0.5),
        (429, b"", {"retry-after-ms": "1500", "retry-after": "30"}, 1.5),
        (429, b"", {"retry-after": "999999999"}, 300.0),
        (429, b"", {"retry-after": "9" * 5000}, None),
        (429, b"", {"retry-after": "-5"}, None),
        (429, b"", {"retry-after": "soon"}, None),
        (429, b"", {"retry-after": "Tue, 03 Nov 2026 10:00:45 GMT", "date": DATE}, 45.0),
        (429, b"", {"retry-after": "Tue, 03 Nov 2026 09:00:00 GMT", "date": DATE}, 0.0),
        (429, b"", {"retry-after": "Tue, 03 Nov 2026 10:00:45 -0000", "date": DATE}, None),
        (429, b"", {"retry-after": "Tue, 03 Nov 2026 10:00:45 GMT"}, None),
        (429, {"detail": "Request was throttled. Your rate limit resets in ~30s."}, {}, 30.0),
        (503, refusal("No provider available for this model", 503), {"retry-after": "7"}, 7.0),
        (503, refusal("There is no available model provider that meets your needs", 503), {}, None),
        (200, refusal("Rate limited", 429), {}, None),
        (200, refusal("No provider", "503"), {}, None),
        (503, refusal("No allowed providers are available for the selected model.", 503), {}, None),
        (503, refusal("No healthy upstream provider", 503), {}, None),
        (503, refusal("no provider left", 503), {}, None),
        (429, refusal(NO_FALLBACK, "429"), {}, None),
        (429, refusal("Too many requests. LiteLLM Max Retries: 2", "429"), {}, None),
        (429, refusal("Please wait for your running task, or check the status page", 429), {}, None),
        (429, refusal("Too many requests while waiting for a free place", 429), {}, None),
        *(
            (429, refusal(words, 429), {}, None)
            for words in (
                "Rate limit for video generation reached, try again in 20 s",
                "You can run 2 jobs at a time",
                "Too many tasks waiting",
                "Too many requests: video upload limit",
                "Too many running tasks. Please wait until your video is finished",
                "Video generation failed with status code 429",
                "Failed to create the task: status: 429",
                "Video generation failed with status: 429",
                "Video generation failed (HTTP status 429)",
                "Failed to upload the photo: 429 Too Many Requests",
                "Rate limit exceeded for output tokens per minute",
                "Failed to generate video: 429 Too Many Requests",
                "当前任务数已达上限",
                "Retried: 0",
                "Requests to the Creates a completion for the chat message Operation have exceeded the limit",
                "Video generation API returned status: 429 Too Many Requests",
                "Failed to create video task (status_code=429)",
                "Failed to create video task, statusCode: 429",
                "Failed to create video task (status: 429)",
                "Video API responded with HTTP status (429)",
                "Video API error, unexpected status: 429",
                "Concurrency limit reached, please wait for the completion of your current task",
                "Too many running videos; wait for completion of an existing job",
                "Too many tasks awaiting processing",
                "Too many video generation tasks are awaiting a free place",
                "Quota exceeded for quota metric 'Video generation queries' and limit 'Video queries'",
                "Video query limit reached",
                "Video generation is rate limited as a result of high demand",
                "Your video requests result in a rate limit",
                "The operation results in too many requests",
                "You've reached the limit of video downloads",
                "Video download limit reached",
                "Too many uploads for video generation",
                "Your account status does not allow more video requests",
                "Rate limit reached for video generation, see your plan status",
                "Rate limit reached for video generation on tier status free",
                "Rate limit exceeded: upgrade to save more videos",
                "We limit video jobs to save capacity",
                "Rate limit exceeded after 3 attempts",
                "Rate limit reached after 10 retries",
                "Too many attempts made",
                "请求过于频繁, 请稍后查询",
                "请求过于频繁, 请稍后再查询",
            )
        ),
        *(
            (429, refusal(f"429 Client Error: Too Many Requests for url: {address}", "429"), {}, None)
            for address in (
                "https://api.replicate.com/v1/models/google/veo-3-fast/predictions",
                "https://api.blackbox.ai/v1/videos/generations",
                "https://api.klingai.com/v1/videos/image2video",
                "https://api.lumalabs.ai/dream-machine/v1/generations/video",
                "https://docs.example.com/errors/429-rate-limit",
                "https://docs.example.com/requests/rate-limits",
                "https://docs.example.com/limits?id=429",
                "https://app.example.com/video/limits-2024",
            )
        ),
        # A request has an id of its own, whatever became of it.
        (429, {"id": "gen-1", "request_id": "r-1", "error": SLOW | {"metadata": {"name": "x"}}}, {}, None),
        (
            429,
            {"error": SLOW, "task_id": 0, "input": {"job_id": "x"}, "messages": [{"run_id": "x"}]},
            {},
            None,
        ),
        (429, {"error": SLOW | {"status": "throttled"}, "task": "image-to-video", "jobs": []}, {}, None),
        (429, {"error": SLOW}, {"x-request-id": "r-1"}, None),
        (429, {"error": SLOW}, {"x-litellm-response-cost": "0.0", "x-litellm-attempted-retries": "0"}, None),
        (429, {"error": SLOW, "usage": {"cost": 0}, "cost": None}, {"x-litellm-response-cost": "None"}, None),
        (429, refusal("Too many videos generated today", 429), {}, None),
        (200, answer(" ", finish_reason="error", error=SLOW), {}, None),
    ],
)
def test_what_proves_that_nothing_started(
    status: int, payload: object, headers: dict[str, str], retry_after: float | None
) -> None:
    error = failure(payload, status, headers)
    assert isinstance(error, ProviderNotStarted)
    assert (error.code, error.charged, error.retry_after) == ("provider_busy", "no", retry_after)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.just(URL)
    | st.just("None"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "message",
                    "content",
                    "error",
                    "code",
                    "video",
                    "url",
                    "data",
                    "id",
                    "finish_reason",
                    "delta",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(
    status=st.sampled_from([200, 201, 302, 400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 503, 524]),
    headers=st.dictionaries(
        st.sampled_from(["content-encoding", "retry-after", "retry-after-ms", "date", "Retry-After"]),
        st.text(max_size=30) | st.sampled_from(["gzip", DATE, "5", "Tue, 03 Nov 99999 10:00:45 GMT"]),
    ),
    body=st.binary(max_size=300)
    | json_values.map(lambda value: json.dumps(value).encode())
    | json_values.map(lambda value: b"data: " + json.dumps(value).encode() + b"\n\ndata: [DONE]\n"),
)
@example(status=200, headers={}, body=b'{"choices":[{"finish_reason":[]}]}')
@example(status=200, headers={}, body=b'{"choices":[{"message":{"content":"' + b"https://" * 3000 + b'"}}]}')
@example(
    status=200, headers={}, body=b'{"choices":[{"message":{"content":' + b"[" * 900 + b"]" * 900 + b"}}]}"
)
@example(status=200, headers={}, body=json.dumps(answer("https://h.example/" + ")" * 100_000)).encode())
def test_any_answer_is_a_video_or_a_documented_error(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    try:
        generated = parse_answer(status, headers, body)
    except (ProviderNotStarted, ProviderRefused, ProviderOutcomeUnknown, ProviderNoVideo):
        return
    assert 200 <= status < 300
    assert generated.url.lower().startswith("https://")
