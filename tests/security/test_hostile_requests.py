"""Requests that nobody with good intentions sends: refused, quickly, and nothing of them is stored."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from support.functions_under_test import Context, data_uri, photo, start_body
from support.garbage import garbage_of
from support.memory_objects import MemoryObjects
from support.wsgi_site import ENDPOINTS, ENVIRON, memory_site
from videogen import photo_cleaning, signing
from videogen.functions import wiring
from videogen.functions.generate_video_background import make_handler
from videogen.functions.http import endpoint

POSTS = [name for name, (_, method) in ENDPOINTS.items() if method == "POST"]
QUICKLY = 1.5
"""Seconds of processor time; the worst of these takes a sixth of it."""
SIZE = 5_400_000
PHOTO_BEFORE, PHOTO_AFTER = b'{"prompt":"p","photos":[{"data":"', b'"}]}'


def filled(start: bytes, piece: bytes, end: bytes) -> bytes:
    """Return a body of the largest size, full of one piece."""
    return start + piece * ((SIZE - len(start) - len(end)) // len(piece)) + end


def photo_of(image: bytes) -> bytes:
    return PHOTO_BEFORE + b"data:image/jpeg;base64," + base64.b64encode(image) + PHOTO_AFTER


HOSTILE = {
    "NaN and Infinity": b'{"prompt":NaN,"photos":Infinity}',
    "an integer of 4000 digits": b'{"prompt":' + b"9" * 4000 + b"}",
    "an integer of 5.4 million digits": filled(b'{"prompt":', b"9", b"}"),
    "many long integers": filled(b'{"prompt":"p","photos":[', b"9" * 4299 + b",", b"1]}"),
    "a fraction of 5.4 million digits": filled(b'{"prompt":0.', b"1", b"}"),
    "an exponent beyond any number": b'{"prompt":1e999999999}',
    "objects without end": filled(b'{"prompt":"p","photos":[', b"{},", b"{}]}"),
    "lists without end": filled(b'{"prompt":"p","photos":[', b"[],", b"[]]}"),
    "nested lists": b"[" * SIZE,
    "nested objects": b'{"a":' * (SIZE // 5),
    "nested lists that end": b"[" * 500_000 + b"]" * 500_000,
    "one key again and again": filled(b'{"prompt":"p",', b'"prompt":1,', b'"photos":[]}'),
    "half characters, escaped": b'{"prompt":"\\ud800","photos":[{"data":"\\udfff"}],"\\ud800":1}',
    "half characters, raw": b'{"prompt":"\xed\xa0\x80"}',
    "UTF-16": json.dumps({"prompt": "p", "photos": []}).encode("utf-16"),
    "UTF-32": json.dumps({"prompt": "p", "photos": []}).encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"prompt":"p","photos":[]}',
    "white space for a prompt": filled(b'{"photos":[],"prompt":"', b" ", b'"}'),
    "base64 that ends wrong": filled(PHOTO_BEFORE + b"data:;base64,", b"A", b"!" + PHOTO_AFTER),
    "base64 of equals signs": filled(PHOTO_BEFORE + b"data:;base64,", b"=", PHOTO_AFTER),
    "base64 of new lines": filled(PHOTO_BEFORE + b"data:;base64,", b"\\n", PHOTO_AFTER),
    "a media type without end": filled(PHOTO_BEFORE + b"data:", b"a", PHOTO_AFTER),
    "a media type of slashes": filled(PHOTO_BEFORE + b"data:", b"a/", PHOTO_AFTER),
    "parameters without end": filled(PHOTO_BEFORE + b"data:a/b", b";a=b", PHOTO_AFTER),
    "JPEG of fill bytes": photo_of(b"\xff\xd8\xff" + b"\xff" * 3_900_000),
    "JPEG of segments": photo_of(b"\xff\xd8" + (b"\xff\xe1\x00\x02" * 900_000)),
    "WebP of chunks": photo_of(b"RIFF\0\0\0\0WEBP" + b"AAAA\0\0\0\0" * 480_000),
    "nearly an SVG": photo_of(b" " * 500 + b"<" * 3_800_000),
    "a PNG of 10 gigapixels": photo_of(
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (100_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0" + bytes(50)
    ),
    "a HEIC called JPEG": photo_of(b"\0\0\0\x18ftypheic" + bytes(100)),
    "an HTML page called JPEG": photo_of(b"<html><script>alert(1)</script>" + bytes(100)),
}


def call(
    name: str, objects: MemoryObjects, body: bytes | None, headers: dict[str, str], /, **event: Any
) -> dict[str, Any]:
    """Send a request to an endpoint of a site with a bucket in memory."""
    answer, method = ENDPOINTS[name]
    site = memory_site({**ENVIRON, "VIDEOGEN_DAILY_LIMIT": "5"}, objects=objects)
    handler: Any = endpoint(answer, methods=(method,), deps=lambda: site)
    given_event = {
        "httpMethod": method,
        "headers": headers,
        "body": base64.b64encode(body).decode() if body is not None else None,
        "isBase64Encoded": body is not None,
        "queryStringParameters": None,
        "requestContext": {"netlify": {"url": "https://site.example/", "site": {}, "deploy": {}}},
        **event,
    }
    answered: dict[str, Any] = handler(given_event, Context())
    return answered


@pytest.fixture
def objects() -> MemoryObjects:
    return MemoryObjects(time.time)


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("name", [name for name, (_, method) in ENDPOINTS.items() if method == "POST"])
def test_a_hostile_body_is_refused_quickly(name: str, raw: bytes, objects: MemoryObjects) -> None:
    begun = time.process_time()
    answer = call(name, objects, raw, {"content-type": "application/json"})
    took = time.process_time() - begun

    problem = json.loads(answer["body"])
    assert answer["statusCode"] in {400, 403, 413, 415}
    assert (problem["status"], problem["success"]) == (answer["statusCode"], False)
    assert took < QUICKLY
    assert len(answer["body"]) < 2000
    assert objects.held == {}


NO_BODIES: dict[str, dict[str, Any]] = {
    "base64 that is cut off": {"body": "A", "isBase64Encoded": True},
    "base64 with other characters": {"body": "e30=!", "isBase64Encoded": True},
    "base64 beyond ASCII": {"body": "\N{SNOWMAN}", "isBase64Encoded": True},
    "a number for base64": {"body": 5, "isBase64Encoded": True},
    "a number": {"body": 5, "isBase64Encoded": False},
    "a list": {"body": ["{}"], "isBase64Encoded": False},
}
"""What no platform hands over for a body."""


WITH_CODE = {"VIDEOGEN_ACCESS_CODE": "open sesame"}
PAUSED = {"VIDEOGEN_PAUSED": "Back on Monday."}
FULL = {"VIDEOGEN_DAILY_LIMIT": "1"}
OWNED = {"jobId": "A" * 22, "ownerToken": "forged"}
REFUSED: dict[str, tuple[str, dict[str, str], dict[str, str], object, int]] = {
    "no code": ("start-video", WITH_CODE, {}, start_body(), 401),
    "a wrong code": ("start-video", WITH_CODE, {"x-access-code": "guess"}, start_body(), 401),
    "a wrong code, and no JSON": ("start-video", WITH_CODE, {"x-access-code": "guess"}, "{", 401),
    "a wrong code, with a key": ("start-video", WITH_CODE, {"idempotency-key": "k" * 16}, start_body(), 401),
    "a closed site": ("start-video", PAUSED, {}, start_body(), 503),
    "a closed site, and a bad field": ("start-video", PAUSED, {}, {"prompt": 5}, 503),
    "a retry on a closed site": ("start-video", PAUSED, {}, {"prompt": "p", "retryOf": "A" * 22}, 503),
    "an unlisted model": ("start-video", {}, {}, start_body(model="another"), 400),
    "another's job": ("start-video", {}, {}, {"prompt": "p", "retryOf": "A" * 22}, 403),
    "a file that is no photo": ("start-video", {}, {}, start_body(photos=[{"data": "data:,x"}]), 400),
    "a full day": ("start-video", FULL, {}, start_body(), 429),
    "a form": ("start-video", {}, {"content-type": "text/plain"}, start_body(), 415),
    "a bad key": ("start-video", {}, {"idempotency-key": "short"}, start_body(), 400),
    **{f"no JSON for {name}": (name, {}, {}, "{", 400) for name in POSTS},
    **{f"a bad field for {name}": (name, {}, {}, {"jobId": 5}, 400) for name in POSTS},
    "a forged token to cancel": ("cancel-video", {}, {}, OWNED, 403),
    "a forged token to be told": ("notify-video", {}, {}, {**OWNED, "subscription": None}, 403),
    "an unknown job": ("check-video-status", {}, {}, "", 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_request_leaves_memory_at_once(name: str, objects: MemoryObjects) -> None:
    """Without a garbage collection: an error that its own frames name keeps megabytes until there is one."""
    endpoint_name, environ, headers, body, status = REFUSED[name]
    answer, method = ENDPOINTS[endpoint_name]
    site = memory_site({**ENVIRON, "VIDEOGEN_DAILY_LIMIT": "5", **environ}, objects=objects)
    handler = endpoint(answer, methods=(method,), deps=lambda: site)
    given = {
        "httpMethod": method,
        "headers": {"content-type": "application/json", **headers},
        "body": body if isinstance(body, str) else json.dumps(body),
    }
    if environ is FULL:
        handler(given, Context())
    answers: list[int] = []

    left = garbage_of(lambda: answers.append(handler(given, Context())["statusCode"]))

    assert (answers, left) == ([status, status], 0)


@pytest.mark.parametrize("event", NO_BODIES.values(), ids=NO_BODIES.keys())
@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_event_whose_body_cannot_be_decoded_is_a_400(
    name: str, event: dict[str, Any], objects: MemoryObjects
) -> None:
    answer = call(name, objects, None, {"content-type": "application/json"}, **event)

    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["code"], problem["detail"], problem["errors"]) == (
        400,
        "invalid_input",
        "The request body cannot be decoded.",
        [{"field": "", "message": "The request body cannot be decoded."}],
    )
    assert objects.requests == []


@pytest.mark.parametrize("event", NO_BODIES.values(), ids=NO_BODIES.keys())
def test_the_worker_refuses_an_event_whose_body_cannot_be_decoded_and_returns(
    event: dict[str, Any], objects: MemoryObjects, caplog: pytest.LogCaptureFixture
) -> None:
    worker = wiring.Worker(deps=memory_site(objects=objects), blackbox=None)

    answer = make_handler(lambda: worker)({"httpMethod": "POST", "headers": {}, **event}, Context())

    assert answer == {"statusCode": 400}
    assert [json.loads(record.message) for record in caplog.records] == [
        {
            "level": "warning",
            "action": "worker.refused",
            "requestId": Context.aws_request_id,
            "status": 400,
            "reason": "The request body cannot be decoded.",
        }
    ]
    assert objects.requests == []


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "application/jsonp",
        "application/json, text/plain",
        "",
    ],
)
def test_only_json_is_read_so_that_no_other_site_can_post_a_form(
    content_type: str, objects: MemoryObjects
) -> None:
    answer = call("start-video", objects, json.dumps(start_body()).encode(), {"content-type": content_type})

    assert answer["statusCode"] == 415
    assert objects.requests == []


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "HEAD", "TRACE", "POST\r\nX: y", ""])
def test_no_preflight_of_another_site_is_allowed(method: str, objects: MemoryObjects) -> None:
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}

    answer = call("start-video", objects, b"{}", headers, httpMethod=method)

    assert answer["statusCode"] == 405
    assert not [name for name in answer["headers"] if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "job_id",
    [
        "../../ledger/2026-11-22",
        "A" * 21 + "B",  # not what 16 bytes encode to
        "A" * 22 + "\n",
        "\uff21" * 22,
        "\u0661" * 22,
        "A" * 5_000_000,
        "A" * 21 + "\ud800",
        "%41" * 22,
    ],
)
def test_only_a_job_id_reaches_the_store(job_id: str, objects: MemoryObjects) -> None:
    answer = call("check-video-status", objects, None, {}, queryStringParameters={"jobId": job_id})

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "job_not_found")
    assert objects.requests == []


@pytest.mark.parametrize(
    "name",
    [
        '"; filename="evil.exe',
        "a\r\nSet-Cookie: x=y",
        "../../../etc/passwd",
        "\u202egpj.exe",
        "<img src=x onerror=alert(1)>",
        "n" * 1_000_000,
    ],
)
def test_a_file_s_name_reaches_nothing(name: str, objects: MemoryObjects) -> None:
    body = start_body(photos=[{"name": name, "data": data_uri(photo())}])

    answer = call("start-video", objects, json.dumps(body).encode(), {"content-type": "application/json"})

    everything = json.dumps(answer) + "".join(objects.held) + repr([*objects.held.values()])
    assert answer["statusCode"] == 202
    assert name not in everything
    assert json.dumps(name)[1:-1] not in everything


HEADERS_EVERY_ANSWER_HAS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_answer_has_the_security_headers(name: str, objects: MemoryObjects) -> None:
    answer = call(name, objects, b"{}", {})

    assert {header: answer["headers"].get(header) for header in HEADERS_EVERY_ANSWER_HAS} == (
        HEADERS_EVERY_ANSWER_HAS
    )


FIELDS = (
    *("prompt", "photos", "data", "jobId", "ownerToken", "delete", "retryOf", "model"),
    *("subscription", "endpoint", "keys", "p256dh", "auth"),
)
ANY_HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "content-type",
            "idempotency-key",
            "x-access-code",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
        ]
    ),
    st.one_of(
        st.sampled_from(["application/json", "application/json; charset=utf-8", "v1,AAAA", "1"]), st.text()
    ),
)
ANY_BODY = st.one_of(
    st.none(),
    st.binary(max_size=300),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(
                st.one_of(
                    st.text(),
                    st.sampled_from(FIELDS),
                ),
                inner,
                max_size=6,
            ),
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(ENDPOINTS)),
    body=ANY_BODY,
    headers=ANY_HEADERS,
    query=st.one_of(st.none(), st.dictionaries(st.one_of(st.just("jobId"), st.text()), st.text())),
)
def test_whatever_is_sent_the_answer_is_a_problem_of_the_sender(
    name: str, body: bytes | None, headers: dict[str, str], query: dict[str, str] | None
) -> None:
    objects = MemoryObjects(time.time)

    answer = call(name, objects, body, headers, queryStringParameters=query)

    assert 400 <= answer["statusCode"] < 500
    assert "Traceback" not in answer["body"]
    assert objects.held == {}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.one_of(st.binary(max_size=2000), ANY_BODY), headers=ANY_HEADERS)
def test_whatever_knocks_at_the_worker_s_door_reaches_no_store(
    body: bytes | None, headers: dict[str, str]
) -> None:
    objects = MemoryObjects(time.time)
    worker = wiring.Worker(deps=memory_site(objects=objects), blackbox=None)
    event = {
        "httpMethod": "POST",
        "headers": headers,
        "body": base64.b64encode(body or b"").decode(),
        "isBase64Encoded": True,
    }

    answer = make_handler(lambda: worker)(event, Context())

    assert answer["statusCode"] in {401, 413}
    assert objects.requests == []


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"jobId":5}',
        b'{"jobId":"../ledger"}',
        b'{"jobId":NaN}',
        b"\xff",
        b"[" * 1000,
    ],
)
def test_even_a_signed_call_must_name_a_job(body: bytes, objects: MemoryObjects) -> None:
    site = memory_site(objects=objects)
    headers = signing.sign(site.keys, "job_1", int(time.time()), body)
    event = {
        "httpMethod": "POST",
        "headers": headers,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }

    answer = make_handler(lambda: wiring.Worker(deps=site, blackbox=None))(event, Context())

    assert answer["statusCode"] == 400
    assert objects.requests == []


def test_a_large_body_is_not_even_hashed_at_the_worker_s_door(
    objects: MemoryObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = memory_site(objects=objects)
    monkeypatch.setattr(signing, "verify", lambda *_, **__: pytest.fail("looked at"))
    event = {"httpMethod": "POST", "headers": {}, "body": "x" * 1025, "isBase64Encoded": False}

    answer = make_handler(lambda: wiring.Worker(deps=site, blackbox=None))(event, Context())

    assert answer["statusCode"] == 413


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_meets_the_one_decoder_that_its_first_bytes_name(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow's own choice tries some forty parsers one after another."""
    image = photo(format=kind)
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("every parser"))

    assert photo_cleaning.clean(image, aspect_ratio="16:9").startswith(b"\xff\xd8\xff")
