"""The call that costs money, against real sockets."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from videogen.blackbox import Blackbox, data_uri, request_body
from videogen.blackbox_answer import MAX_ANSWER_BYTES, Generated
from videogen.errors import (
    JobError,
    ProviderNotStarted,
    ProviderNoVideo,
    ProviderOutcomeUnknown,
    ProviderRefused,
)
from videogen.settings import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Serve = Callable[..., Any]

KEY = Secret("CANARY-KEY")
BODY = request_body("blackboxai/google/veo-3-fast", "CANARY-PROMPT", ["data:image/jpeg;base64,AAAA"], "data")
URL = "https://replicate.delivery/v.mp4"
ANSWER = json.dumps({"id": "chatcmpl-1", "model": "m", "choices": [{"message": {"content": URL}}]}).encode()


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def longer(body: bytes) -> bytes:
    """Return an answer that ends before its length."""
    return b"HTTP/1.1 200 OK\r\nX-Request-Id: call-1\r\nContent-Length: 99999\r\n\r\n" + body


def chunks(*bodies: bytes) -> bytes:
    """Return an answer in chunks, without the last one."""
    head = b"HTTP/1.1 200 OK\r\nX-Request-Id: call-1\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(body), body) for body in bodies)


def replying(reply: bytes) -> Callable[[Any, socket.socket], None]:
    def behave(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(reply)

    return behave


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def call(base_url: str, *, seconds: float = 20, **more: Any) -> Generated:
    client = Blackbox(base_url, KEY)
    try:
        return client.generate(BODY, deadline=time.monotonic() + seconds, **more)
    finally:
        client.close()


def failure(base_url: str, *, seconds: float = 20, **more: Any) -> JobError:
    with pytest.raises(JobError) as caught:
        call(base_url, seconds=seconds, **more)
    assert "CANARY" not in f"{caught.value!r} {caught.value.note}"
    # What httpx and h11 say may quote the request, so it is not handed on.
    assert caught.value.__cause__ is None
    return caught.value


def test_photos_travel_as_content_parts() -> None:
    assert request_body("m", "p", ["data:1", "data:2"], "data") == {
        "model": "m",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "p"},
                    {"type": "image_url", "image_url": {"url": "data:1"}},
                    {"type": "image_url", "image_url": {"url": "data:2"}},
                ],
            }
        ],
    }
    assert request_body("m", "p", ["https://s3/1"], "url") == request_body("m", "p", ["https://s3/1"], "data")


def test_the_start_frame_may_travel_in_the_models_own_field() -> None:
    assert request_body("m", "p", ["data:1", "data:2"], "field") == {
        "model": "m",
        "messages": [{"role": "user", "content": "p"}],
        "image": "data:1",
    }


@pytest.mark.parametrize("mode", ["data", "field"])
def test_parameters_are_merged_and_replace_nothing(mode: Any) -> None:
    parameters = {"duration": 4, "last_frame": {"url": "x"}, "model": "y", "messages": [], "image": "z"}
    sent = request_body("m", "p", ["data:1"], mode, parameters)
    own = request_body("m", "p", ["data:1"], mode)
    assert sent == {"image": "z", **own, "duration": 4, "last_frame": {"url": "x"}}


def test_a_photo_becomes_a_data_uri() -> None:
    assert data_uri(b"\xff\xd8\xff") == "data:image/jpeg;base64,/9j/"


def test_the_documented_call_gives_a_video(serve: Serve) -> None:
    server = serve(replying(http(ANSWER)))
    assert call(server.origin) == Generated(URL, "chatcmpl-1", "m")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert json.loads(body) == BODY
    assert sorted(head.decode().split("\r\n")) == sorted(
        [
            "POST /chat/completions HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            "Authorization: Bearer CANARY-KEY",
            "Accept: application/json",
            "Accept-Encoding: identity",
            "User-Agent: videogen",
            "X-LiteLLM-Num-Retries: 0",
            "Connection: keep-alive",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
    )


def test_an_answer_may_come_in_pieces(serve: Serve) -> None:
    def behave(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for byte in ANSWER:
            connection.sendall(b"1\r\n" + bytes([byte]) + b"\r\n")
        connection.sendall(b"0\r\n\r\n")

    assert call(serve(behave).origin).url == URL


def test_a_local_link_counts_where_its_origin_is_allowed(serve: Serve) -> None:
    body = json.dumps({"choices": [{"message": {"content": "http://127.0.0.1:9/v.mp4"}}]}).encode()
    client = Blackbox(serve(replying(http(body))).origin, KEY, allowed_origins=("http://127.0.0.1:9",))
    assert client.generate(BODY, deadline=time.monotonic() + 20).url == "http://127.0.0.1:9/v.mp4"
    client.close()


def test_a_refusal_is_what_the_answer_says(serve: Serve) -> None:
    error = failure(serve(replying(http(b'{"error":{"code":402}}', "402 Payment Required"))).origin)
    assert (type(error), error.code) == (ProviderRefused, "provider_account")


def test_a_refusal_before_the_whole_request_was_read_is_heard(serve: Serve) -> None:
    def behave(_: Any, connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(http(b"<html>too large</html>", "413 Payload Too Large", "Connection: close"))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    client = Blackbox(serve(behave).origin, KEY)
    with pytest.raises(ProviderRefused) as caught:
        client.generate({"image": "x" * 8_000_000}, deadline=time.monotonic() + 20)
    assert caught.value.note == "status 413"
    client.close()


@pytest.mark.parametrize("status", ["301 Moved", "307 Temporary Redirect"])
def test_a_redirect_is_not_followed(serve: Serve, status: str) -> None:
    other = serve(replying(http(ANSWER)))
    server = serve(replying(http(b"", status, f"Location: {other.origin}/chat/completions")))
    assert failure(server.origin).code == "misconfigured"
    assert other.requests == []


def test_nobody_there_proves_that_nothing_started() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}")
    assert (type(error), error.code, error.note) == (
        ProviderNotStarted,
        "provider_unreachable",
        "ConnectError",
    )


def test_an_unknown_name_proves_that_nothing_started() -> None:
    assert type(failure("http://no-such-host.invalid")) is ProviderNotStarted


def test_a_failed_handshake_proves_that_nothing_started(serve: Serve) -> None:
    def behave(_: Any, connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(b"no TLS here\r\n\r\n")

    server = serve(behave)
    assert type(failure(f"https://127.0.0.1:{server.port}")) is ProviderNotStarted


@pytest.mark.parametrize(
    "host",
    ["999.1.1.1", "a" * 64 + ".example", "xn--zzzzzzz-.example", ".".join(["a" * 60] * 5), "a..example"],
)
def test_a_host_that_can_be_none_proves_that_nothing_started(host: str) -> None:
    error = failure(f"https://{host}")
    assert (type(error), error.code) == (ProviderNotStarted, "provider_unreachable")


def closes_at_once(_: Any, connection: socket.socket) -> None:
    connection.close()


def resets_after_the_request(server: Any, connection: socket.socket) -> None:
    server.read_request(connection)
    reset(connection)


def resets_in_the_body(server: Any, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(http(ANSWER)[:-20])
    reset(connection)


def no_behaviour_of_http(server: Any, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(b"garbage\r\n\r\n")


@pytest.mark.parametrize(
    "behave",
    [
        closes_at_once,
        resets_after_the_request,
        resets_in_the_body,
        no_behaviour_of_http,
        replying(http(ANSWER)[:-20]),
        replying(longer(URL.encode())),
        replying(longer(b"https://h.example/get/7")),
        replying(longer(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + URL.encode() + b" ")),
        replying(longer(b'data: {"choices":[{"delta":{"content":"https://h.example/get/7"}}]}\n\n')),
        replying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000),
        replying(http(b"", "302 Found", "Location: https://xn--a.example/")),
    ],
)
def test_a_connection_that_breaks_leaves_the_outcome_unknown_and_is_not_tried_again(
    serve: Serve, behave: Callable[[Any, socket.socket], None]
) -> None:
    connections = []

    def counted(server: Any, connection: socket.socket) -> None:
        connections.append(connection)
        behave(server, connection)

    error = failure(serve(counted).origin)
    assert (type(error), error.charged) == (ProviderOutcomeUnknown, "unknown")
    assert len(connections) == 1


def resets_after_the_body(server: Any, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Request-Id: call-1\r\n\r\n" + ANSWER)
    reset(connection)


EVENTS = [b'data: {"choices":[{"delta":{"content":"%b"}}]}\n\n' % URL.encode(), b"data: [DONE]\n\n"]


@pytest.mark.parametrize(
    "behave",
    [
        replying(longer(ANSWER)),
        replying(longer(ANSWER + b"\n")),
        replying(longer(b"".join(EVENTS))),
        replying(longer(b'{"status":"succeeded","output":"%b"}' % URL.encode())),
        replying(chunks(ANSWER)),
        replying(chunks(*EVENTS)),
        resets_after_the_body,
    ],
)
def test_an_answer_that_is_whole_counts_however_it_ends(
    serve: Serve, behave: Callable[[Any, socket.socket], None]
) -> None:
    found = call(serve(behave).origin)
    assert (found.url, found.call_ids) == (URL, {"x-request-id": "call-1"})


def test_a_stream_left_open_ends_with_its_last_event(serve: Serve) -> None:
    def behave(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(chunks(*EVENTS, b": ping\n\n"))
        server.stopped.wait()

    began = time.monotonic()
    assert call(serve(behave).origin).url == URL
    assert time.monotonic() - began < 5


def test_an_answer_left_open_counts_at_the_deadline(serve: Serve) -> None:
    def behave(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(chunks(ANSWER))
        server.stopped.wait()

    assert call(serve(behave).origin, seconds=0.5).url == URL


def test_no_id_of_a_broken_answer_holds_the_key(serve: Serve) -> None:
    head = f"HTTP/1.1 401 X\r\nX-Request-Id: {KEY.reveal()}\r\nCF-Ray: a\r\nContent-Length: 9\r\n\r\n{{"
    assert failure(serve(replying(head.encode())).origin).call_ids == {"cf-ray": "a"}


PHOTO = "https://b.s3.amazonaws.com/photos/1-ab?X-Amz-Signature=ab&x=1"
FILM = "https://films.example/demo.mp4"


@pytest.mark.parametrize(
    ("content", "url"),
    [
        (f"I cannot make this: Move like {FILM}, please", None),
        (f"I cannot make this: Move like **{FILM}**", None),
        (f"[{FILM}]({FILM}) became {URL}", URL),
        (f"Start frame: {PHOTO} Video: https://h.example/get/7", "https://h.example/get/7"),
        (
            f"Start frame: {PHOTO.replace('&', '&amp;')} Video: https://h.example/get/7",
            "https://h.example/get/7",
        ),
        ([{"image_url": {"url": PHOTO}}, {"video_url": {"url": URL}}], URL),
        ([{"image_url": {"url": PHOTO}}], None),
    ],
)
@pytest.mark.parametrize("mode", ["url", "field"])
def test_a_link_that_was_sent_is_not_the_video(
    serve: Serve, content: object, url: str | None, mode: Any
) -> None:
    client = Blackbox(
        serve(replying(http(json.dumps({"choices": [{"message": {"content": content}}]}).encode()))).origin,
        KEY,
    )
    body = request_body("m", f"Move like {FILM}, please", [PHOTO], mode)
    with contextlib.closing(client):
        if url is None:
            with pytest.raises(ProviderNoVideo):
                client.generate(body, deadline=time.monotonic() + 20)
        else:
            assert client.generate(body, deadline=time.monotonic() + 20).url == url


def test_a_dead_connection_is_not_used_for_a_second_call(serve: Serve) -> None:
    server = serve(replying(http(b"", "429 Too Many Requests", "Retry-After: 1")))
    client = Blackbox(server.origin, KEY)
    for _ in range(2):
        with pytest.raises(ProviderNotStarted):
            client.generate(BODY, deadline=time.monotonic() + 20)
    client.close()
    assert len(server.requests) == 2


def trickle(head: bytes, pause: float) -> Callable[[Any, socket.socket], None]:
    def behave(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(head)
        while not server.stopped.wait(pause):
            connection.sendall(b" ")

    return behave


@pytest.mark.parametrize(
    ("head", "pause"),
    [
        (b"", 60),
        (b"HTTP/1.1 200 OK\r\nX: ", 0.02),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 60),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 0.02),
    ],
    ids=["silence", "endless header", "half an answer", "slow body"],
)
def test_the_deadline_holds_against_silence_and_against_trickling(
    serve: Serve, head: bytes, pause: float
) -> None:
    began = time.monotonic()
    error = failure(serve(trickle(head, pause)).origin, seconds=0.3)
    assert type(error) is ProviderOutcomeUnknown
    assert 0.25 < time.monotonic() - began < 5


def test_the_deadline_is_looked_at_with_each_chunk() -> None:
    now = [100.0]

    def chunks() -> Iterator[bytes]:
        for _ in range(1000):
            now[0] += 30
            yield b" "

    client = Blackbox(
        "https://api.example",
        KEY,
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=chunks())),
        monotonic=lambda: now[0],
    )
    with pytest.raises(ProviderOutcomeUnknown) as caught:
        client.generate(BODY, deadline=900.0)
    assert (caught.value.note, now[0]) == ("status 200, answer too slow", 910.0)


def test_an_endless_answer_is_cut_at_the_cap() -> None:
    sent = [0]

    def chunks() -> Iterator[bytes]:
        while True:
            sent[0] += 65536
            yield b" " * 65536

    client = Blackbox(
        "https://api.example",
        KEY,
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=chunks())),
    )
    with pytest.raises(ProviderOutcomeUnknown) as caught:
        client.generate(BODY, deadline=time.monotonic() + 60)
    assert caught.value.note == "status 200, answer too large"
    assert sent[0] == MAX_ANSWER_BYTES + 65536


def test_nothing_is_sent_after_the_deadline_or_the_latest_start(serve: Serve) -> None:
    server = serve(replying(http(ANSWER)))
    assert failure(server.origin, seconds=0).note == "no time left"
    assert failure(server.origin, start_by=time.monotonic() - 0.001).note == "too late to start"
    assert server.requests == []
    assert call(server.origin, start_by=time.monotonic() + 20).url == URL


@pytest.mark.parametrize("tls", [False, True], ids=["reading", "in the handshake"])
def test_close_ends_a_call_that_waits(serve: Serve, tls: bool) -> None:  # noqa: FBT001 - a case of the parameters
    waiting = threading.Event()

    def behave(server: Any, connection: socket.socket) -> None:
        connection.recv(65536)
        waiting.set()
        server.stopped.wait()

    server = serve(behave)
    client = Blackbox(f"https://127.0.0.1:{server.port}" if tls else server.origin, KEY)

    def close() -> None:
        waiting.wait()
        client.close()

    closer = threading.Thread(target=close)
    closer.start()
    began = time.monotonic()
    with pytest.raises(ProviderNotStarted if tls else ProviderOutcomeUnknown):
        client.generate(BODY, deadline=began + 60)
    assert time.monotonic() - began < 5
    closer.join()
    with pytest.raises(ProviderNotStarted) as caught:
        client.generate(BODY, deadline=time.monotonic() + 60)
    assert caught.value.note == "the client is closed"


def test_the_connection_is_kept_alive_while_it_is_silent(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = socket.create_connection
    connections: list[socket.socket] = []

    def recording(*args: Any, **kwargs: Any) -> socket.socket:
        connection = connect(*args, **kwargs)
        connections.append(connection.dup())
        return connection

    monkeypatch.setattr(socket, "create_connection", recording)
    call(serve(replying(http(ANSWER))).origin)
    with connections[0] as connection:
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 15
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 6


def test_proxies_of_the_environment_are_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(replying(http(ANSWER)))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.origin)
    server = serve(replying(http(ANSWER)))
    call(server.origin)
    assert (len(server.requests), proxy.requests) == (1, [])


def test_neither_key_nor_address_reaches_the_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    call(serve(replying(http(ANSWER))).origin)
    assert caplog.text == ""
