"""The Blackbox video API: one POST, which blocks until the video is made and costs money.

There is no idempotency key and no way to ask about a call later, so the one question that matters about each
failure is whether a generation can have begun. `blackbox_answer` decides it from what the provider said, this
module from what happened to the connection. Neither ever repeats a call.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import threading
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx

from videogen.blackbox_answer import MAX_ANSWER_BYTES, Generated, parse_answer
from videogen.blackbox_result import links_in
from videogen.errors import ProviderNotStarted
from videogen.outbound import CONNECT_SECONDS, Deadline

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection, Mapping, Sequence

    from videogen.settings import ImageMode, Secret

# Load balancers and NAT forget a connection that is silent for 350 s
# (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html), and a silent
# wait of minutes is what this call is.
_KEEP_ALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (
            ("TCP_KEEPIDLE", 30),
            ("TCP_KEEPALIVE", 30),
            ("TCP_KEEPINTVL", 15),
            ("TCP_KEEPCNT", 6),
        )
        if hasattr(socket, name)
    ),
]


_DONE = re.compile(rb"[\r\n]data: ?\[DONE\]")
_DONE_BYTES = 20
NO_PARAMETERS: Mapping[str, Any] = MappingProxyType({})


def data_uri(jpeg: bytes) -> str:
    """Return a JPEG as the `data:` URI that stands in a request."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def request_body(
    model: str,
    prompt: str,
    photos: Sequence[str],
    image_mode: ImageMode,
    parameters: Mapping[str, Any] = NO_PARAMETERS,
) -> dict[str, Any]:
    """Return the body of the call. `photos` are data URIs or https URLs, the start frame first.

    How a photo travels to a video model is not documented, so there are two shapes: content parts as in
    https://docs.blackbox.ai/api-reference/chat ("data" and "url"), or the start frame alone in the model's
    own top-level field ("field", https://replicate.com/google/veo-3-fast/api/schema). `parameters` are
    further top-level fields, which replace none of these.
    """
    if image_mode == "field":
        messages = [{"role": "user", "content": prompt}]
        return {**parameters, "model": model, "messages": messages, "image": photos[0]}
    parts: list[dict[str, Any]] = [{"type": "text", "text": prompt}]
    parts += [{"type": "image_url", "image_url": {"url": photo}} for photo in photos]
    return {**parameters, "model": model, "messages": [{"role": "user", "content": parts}]}


class Blackbox:
    """A client for one account. One call at a time; `close` may come from another thread.

    `allowed_origins` are origins such as `http://127.0.0.1:9000` whose links count although they are not
    https. Clients may share
    an `ssl_context`. `transport` stands in for the network and `monotonic` for the clock in tests.
    """

    def __init__(
        self,
        base_url: str,
        api_key: Secret,
        *,
        allowed_origins: Collection[str] = (),
        transport: httpx.BaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._key = api_key
        self._allowed_origins = allowed_origins
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._limit = Deadline()
        self._closed = False
        self._http = httpx.Client(
            headers={
                "Authorization": f"Bearer {api_key.reveal()}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "videogen",
                # LiteLLM would otherwise call again by itself, and each call may be charged
                # (https://docs.litellm.ai/docs/proxy/request_headers).
                "X-LiteLLM-Num-Retries": "0",
            },
            # Each call has a connection of its own: one that was kept may be dead, and to find that out from
            # a POST leaves its outcome unknown.
            transport=transport
            or httpx.HTTPTransport(
                verify=ssl_context or True,
                trust_env=False,
                limits=httpx.Limits(max_keepalive_connections=0),
                socket_options=_KEEP_ALIVE,
            ),
            follow_redirects=False,
        )

    def generate(
        self, body: Mapping[str, Any], *, deadline: float, start_by: float | None = None
    ) -> Generated:
        """Buy one video and wait for it until `deadline`; both moments are in `monotonic` seconds.

        Nothing is sent after `start_by`: it is looked at once more when the connection stands, just before
        the first byte of the request.

        Raises ProviderNotStarted where no generation can have begun, ProviderRefused, ProviderNoVideo, and
        ProviderOutcomeUnknown for everything else, a `close` included.
        """
        with self._lock:
            limit = self._limit = Deadline()
            if self._closed:
                raise ProviderNotStarted("provider_unreachable", note="the client is closed")
        remaining = deadline - self._monotonic()
        if remaining <= 0:
            raise ProviderNotStarted("provider_unreachable", note="no time left")

        is_sent = False

        def trace(event: str, info: Mapping[str, Any]) -> None:
            nonlocal is_sent
            limit.trace(event, info)
            if event == "http11.send_request_headers.started":
                if start_by is not None and self._monotonic() > start_by:
                    raise ProviderNotStarted("provider_unreachable", note="too late to start")
                is_sent = True

        status, headers, answer, broken = 0, httpx.Headers(), bytearray(), ""
        try:
            request = self._http.build_request(
                "POST",
                self._url,
                json=body,
                timeout=httpx.Timeout(remaining, connect=min(CONNECT_SECONDS, remaining)),
                extensions={"trace": trace},
            )
            with (
                limit.after(remaining),
                contextlib.closing(self._http.send(request, stream=True)) as response,
            ):
                status, headers = response.status_code, response.headers
                broken = self._read(response, answer, deadline)
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
        ) as error:
            # The causes are dropped: their texts may quote what was sent.
            raise ProviderNotStarted("provider_unreachable", note=type(error).__name__) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            broken = type(error).__name__
        except (httpx.InvalidURL, UnicodeError) as error:
            broken = type(error).__name__
            if not is_sent:  # our own address; else it is the one that the answer leads to
                raise ProviderNotStarted("provider_unreachable", note=broken) from None
        return parse_answer(
            status,
            headers,
            bytes(answer),
            allowed_origins=self._allowed_origins,
            secret=self._key.reveal(),
            sent=links_in(body),
            broken=broken,
        )

    def close(self) -> None:
        """Give up: a call that waits ends at once, and no other begins. From any thread."""
        with self._lock:
            self._closed = True
            self._limit.cut()

    def _read(self, response: httpx.Response, answer: bytearray, deadline: float) -> str:
        """Add to `answer` what comes; return what is wrong where its end does not."""
        for chunk in response.iter_raw():
            answer += chunk
            if _DONE.search(answer, max(0, len(answer) - len(chunk) - _DONE_BYTES)):
                break  # some senders leave the stream open after it
            if len(answer) > MAX_ANSWER_BYTES:
                return f"status {response.status_code}, answer too large"
            if self._monotonic() > deadline:
                return f"status {response.status_code}, answer too slow"
        return ""
