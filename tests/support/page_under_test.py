"""The page for browser tests: served as the site serves it, with the functions played by the test."""

from __future__ import annotations

import contextlib
import functools
import http.server
import io
import json
import math
import os
import random
import re
import shutil
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageDraw
from playwright.sync_api import expect

from videogen.local import clips
from videogen.page_config import content_security_policy, page_config
from videogen.settings import SiteSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        FilePayload,
        Locator,
        Page,
        Playwright,
        Request,
        Route,
    )

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "tests/node_modules/axe-core/axe.min.js"
AT_REST: Final = "async () => { await Promise.all(document.getAnimations().map(one => one.finished)) }"
"""Waits for the end of what moves: on its way, what fades in has less contrast."""
RUN_AXE = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] })
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`))
}"""
IN_LAB: Final = bool(float(os.environ.get("LAB_SECONDS", "0")))
"""Whether `make lab` runs the tests, which has the time for every case."""
JOB_ID: Final = "AAAAAAAAAAAAAAAAAAAAAA"
OWNER_TOKEN: Final = "token-of-the-owner"


def chromium_path(playwright: Playwright) -> str:
    """Return the machine's Chromium, or Playwright's own where there is none."""
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    return next(found, None) or playwright.chromium.executable_path


def windowless_path(playwright: Playwright) -> str:
    """Return the build that can open no window, where there is one: it costs a third less."""
    return shutil.which("chromium-headless-shell") or chromium_path(playwright)


def launch(playwright: Playwright) -> Browser:
    """Start a browser without a window."""
    return playwright.chromium.launch(executable_path=windowless_path(playwright))


# --- photos ------------------------------------------------------------------------------------------------


@functools.cache
def photo(width: int = 1200, height: int = 800, *, orientation: int = 1, noise: bool = False) -> bytes:
    """Return a JPEG of a lake at dusk; `orientation` is the EXIF tag, `noise` makes it hard to compress."""
    image = _scene(width, height)
    if noise:
        grain = Image.frombytes("RGB", (width, height), random.Random(7).randbytes(3 * width * height))  # noqa: S311 - no secret
        image = Image.blend(image, grain, 0.5)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90, exif=exif)
    return buffer.getvalue()


def upload(body: bytes, name: str = "lake.jpg", media_type: str = "image/jpeg") -> FilePayload:
    """Return a file as Playwright's set_input_files takes it."""
    return {"name": name, "mimeType": media_type, "buffer": body}


def _scene(width: int, height: int) -> Image.Image:
    """Paint sky, sun, three ranges of hills, and the lake that mirrors them."""
    horizon = round(height * 0.64)
    sky = Image.new("RGB", (width, horizon))
    draw = ImageDraw.Draw(sky)
    for y in range(horizon):
        share = y / horizon
        draw.line(
            (0, y, width, y),
            fill=(round(44 + 208 * share**1.5), round(62 + 116 * share**1.2), round(110 + 14 * share)),
        )
    left, top, size = width * 0.6, horizon * 0.61, min(width, height) * 0.12
    draw.ellipse((left, top, left + size, top + size), fill=(255, 232, 176))
    for layer, (tone, rise) in enumerate(
        (((158, 104, 116), 0.2), ((98, 70, 98), 0.13), ((42, 38, 66), 0.075))
    ):
        waves = random.Random(layer)  # noqa: S311 - the shape of hills
        phases = [(waves.uniform(1.5, 9), waves.uniform(0, 7), waves.uniform(0.1, 0.5)) for _ in range(5)]
        ridge = [
            (
                step * width / 90,
                horizon
                - height
                * rise
                * (0.55 + sum(part * math.sin(often * step / 22 + at) for often, at, part in phases) / 4),
            )
            for step in range(91)
        ]
        draw.polygon([(0, horizon), *ridge, (width, horizon)], fill=tone)
    image = Image.new("RGB", (width, height))
    image.paste(sky)
    lake = sky.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((width, round(horizon * 0.9)))
    image.paste(Image.blend(lake, Image.new("RGB", lake.size, (30, 34, 58)), 0.42), (0, horizon))
    return image


# --- the site ----------------------------------------------------------------------------------------------


class Held:
    """A start-video that has read the whole request and does not answer before it may."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.bodies: list[bytes] = []
        self.may_answer = threading.Event()


class StaticSite:
    """Serves public/ with the page's real policy, config.json as the build writes it, and a video."""

    def __init__(self) -> None:
        self.settings = SiteSettings(simulated=True)
        self.held = Held()
        handler = functools.partial(_Handler, self)
        self._policy = content_security_policy(None)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://localhost:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def policy(self) -> str:
        """The Content-Security-Policy of every answer."""
        return self._policy

    def stop(self) -> None:
        """End the server."""
        self.held.may_answer.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, site: StaticSite, *arguments: Any) -> None:
        self._site = site
        super().__init__(*arguments, directory=str(ROOT / "public"))

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a page that is closed reads nothing to its end
            super().handle()

    def do_GET(self) -> None:
        if self.path == "/config.json":
            self._send(json.dumps(page_config(self._site.settings)).encode(), "application/json")
        elif self.path.startswith("/clip.mp4"):
            self._send(
                clips.render(photo(640, 400)), "video/mp4", is_download=self.path.endswith("?download")
            )
        else:
            super().do_GET()

    def do_POST(self) -> None:
        held = self._site.held
        held.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        held.keys.append(self.headers["Idempotency-Key"])
        held.may_answer.wait()
        self._send(json.dumps(accepted()).encode(), "application/json")

    def _send(self, body: bytes, content_type: str, *, is_download: bool = False) -> None:
        self.send_response(HTTPStatus.OK)
        if is_download:
            self.send_header("Content-Disposition", 'attachment; filename="video.mp4"')
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self._site.policy)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing: the test's output is what matters."""


# --- the functions -----------------------------------------------------------------------------------------


def accepted(**changes: object) -> dict[str, Any]:
    """Return the answer to a start."""
    return {
        "success": True,
        "jobId": JOB_ID,
        "ownerToken": OWNER_TOKEN,
        "status": "queued",
        "statusUrl": f"/api/check-video-status?jobId={JOB_ID}",
        "pollAfterMs": 20,
        "estimatedSeconds": None,
        "createdAt": "2026-11-20T09:30:00.000Z",
        "message": "Your video is being made.",
    } | changes


def status(name: str, **changes: object) -> dict[str, Any]:
    """Return a job's state as check-video-status gives it."""
    ended = name in {"completed", "failed", "canceled"}
    return {
        "jobId": JOB_ID,
        "status": name,
        "stage": None,
        "prompt": "The light turns to gold.",
        "photosCount": 1,
        "createdAt": "2026-11-20T09:30:00.000Z",
        "startedAt": None,
        "completedAt": "2026-11-20T09:31:07.000Z" if ended else None,
        "elapsedSeconds": 67.0 if ended else 21.0,
        "estimatedSeconds": {"p50": 70, "p90": 110},
        "pollAfterMs": None if ended else 20,
        "videoUrl": None,
        "downloadUrl": None,
        "videoUrlExpiresAt": None,
        "keptUntil": None,
        "deletedAt": None,
        "error": None,
        "failure": None,
    } | changes


def completed(**changes: object) -> dict[str, Any]:
    """Return the state of a job whose video is there."""
    links = {
        "videoUrl": "/clip.mp4",
        "downloadUrl": "/clip.mp4?download",
        "videoUrlExpiresAt": "2099-01-01T00:00:00.000Z",
        "keptUntil": "2026-12-20T09:31:07.000Z",
    }
    return status("completed", **(links | changes))


def failed(code: str, charged: str = "no", *, retryable: bool = True) -> dict[str, Any]:
    """Return the state of a job that failed."""
    return status(
        "failed", failure=failure(code, charged, retryable=retryable), error=f"The detail of {code}."
    )


def failure(code: str, charged: str, *, retryable: bool) -> dict[str, Any]:
    """Return a failure as a job carries it."""
    return {"code": code, "charged": charged, "retryable": retryable, "detail": f"The detail of {code}."}


def problem(number: int, code: str, **members: object) -> Answer:
    """Return an RFC 9457 problem."""
    body = {"type": "about:blank", "title": code, "status": number, "code": code, "detail": f"{code}."}
    return Answer(number, body | members, "application/problem+json")


@dataclass
class Answer:
    """What a function answers; `body` may be anything, since proxies answer what they like."""

    status: int
    body: object
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Functions:
    """The site's functions as the test wants them: each answers with the first of a list, then the next.

    The last one stays. An answer of None is a connection that breaks.
    """

    def __init__(self) -> None:
        self.start: list[Answer | None] = [Answer(202, accepted())]
        self.status: list[Answer | None] = [Answer(200, status("processing", stage="rendering"))]
        self.cancel: list[Answer | None] = [Answer(200, status("canceled"))]
        self.starts: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.codes: list[str | None] = []
        self.polls: list[str] = []
        self.pollers: list[Page] = []
        self.cancels: list[dict[str, Any]] = []
        self.subscribed: list[dict[str, Any]] = []

    def states(self, *states: dict[str, Any]) -> None:
        """Answer polls with these, one after another."""
        self.status = [Answer(200, one) for one in states]

    def attach(self, page: Page, *, starts: bool = True) -> None:
        """Answer this page's requests; without `starts`, the site's `held` takes those."""
        if starts:
            page.route("**/api/start-video", self._answer_start)
        page.route("**/api/check-video-status?*", self._answer_status)
        page.route("**/api/cancel-video", self._answer_cancel)
        page.route("**/api/notify-video", self._answer_notify)

    def _answer_start(self, route: Route, request: Request) -> None:
        self.starts.append(json.loads(request.post_data or "{}"))
        self.keys.append(request.headers["idempotency-key"])
        self.codes.append(request.headers.get("x-access-code"))
        _answer(route, self.start)

    def _answer_status(self, route: Route, request: Request) -> None:
        self.polls.append(request.url)
        self.pollers.append(request.frame.page)
        _answer(route, self.status)

    def _answer_notify(self, route: Route, request: Request) -> None:
        self.subscribed.append(json.loads(request.post_data or "{}"))
        route.fulfill(status=204)

    def _answer_cancel(self, route: Route, request: Request) -> None:
        self.cancels.append(json.loads(request.post_data or "{}"))
        _answer(route, self.cancel)


def _answer(route: Route, answers: list[Answer | None]) -> None:
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if answer is None:
        route.abort("connectionreset")
        return
    body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
    headers = {"Content-Type": answer.content_type, "Date": formatdate(usegmt=True), **answer.headers}
    route.fulfill(status=answer.status, headers=headers, body=body)


class Complaints:
    """What the browser's console says of a page, without the requests that a test lets fail."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.found.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        may_fail = any(
            part in url
            for part in (
                "/api/",
                "/config.json",
                "/gone",
                "/clip.mp4",
                "/jobs_page.js",
                "/photos.js",
                "/photo_worker.js",
            )
        )
        is_expected = message.text.startswith("Failed to load resource") and (
            may_fail or "ERR_INTERNET_DISCONNECTED" in message.text
        )
        is_playwrights_own = "blocked by Playwright" in message.text
        if message.type in {"error", "warning"} and not is_expected and not is_playwrights_own:
            self.found.append(f"{message.text} {url}")


# --- what every test wants to know -------------------------------------------------------------------------


def axe_violations(page: Page) -> list[str]:
    """Return what axe finds wrong on the page as it stands, each with the element.

    axe is loaded from a file of this machine into the page, past its policy: the policy itself stays on.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    page.evaluate(AT_REST)
    return list(page.evaluate(RUN_AXE))


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for something that the test itself sees, while the page goes on."""
    for _ in range(2000):
        if holds():
            return
        page.wait_for_timeout(10)
    raise AssertionError("it did not come to that within 20 s")


def stop_clock(page: Page) -> None:
    """Let a page's installed clock stand from a second ahead on: from then on only the test moves it."""
    page.clock.pause_at(page.evaluate("() => Date.now()") / 1000 + 1)


# --- what a person does ------------------------------------------------------------------------------------


def visit(context: BrowserContext, url: str) -> Page:
    """Open an address in a new tab, and wait until the page is there."""
    page = context.new_page()
    page.goto(url)
    headline(page).wait_for()
    return page


def fill(page: Page, *, prompt: str = "The light turns to gold.", photos: Sequence[bytes] = ()) -> None:
    """Fill in the form by its labels, and wait until the photos are ready."""
    bodies = list(photos or [photo()])
    files = [upload(body, f"photo-{number}.jpg") for number, body in enumerate(bodies, 1)]
    page.get_by_label("Choose photos").set_input_files(files)
    page.get_by_label("What happens in the video?").fill(prompt)
    tiles = page.get_by_role("list", name="Photos").get_by_role("img")
    # An expectation looks ever more seldom: a photo that takes 0.4 s is seen after 0.85 s.
    wait_until(page, lambda: tiles.count() == len(files))


def generate(page: Page, **wanted: Any) -> None:
    """Fill in the form and press Generate."""
    fill(page, **wanted)
    page.get_by_role("button", name="Generate").click()


def buttons(page: Page) -> list[str]:
    """Return what can be done with the job that is shown, in order."""
    shown = page.get_by_role("article").locator(".actions").locator("button:visible, a:visible")
    return [text.strip() for text in shown.all_inner_texts()]


def press_more(page: Page, name: str) -> None:
    """Press a button of the shown job that lies behind More."""
    article = page.get_by_role("article")
    if not article.get_by_role("button", name=name).is_visible():
        article.get_by_text("More", exact=True).click()
    article.get_by_role("button", name=name).click()


def history(page: Page) -> list[str]:
    """Return the texts of the jobs in the history."""
    return page.get_by_role("region", name="Your videos").locator(".card-prompt").all_inner_texts()


def headline(page: Page) -> Locator:
    """Return the page's heading of the first level."""
    return page.get_by_role("heading", level=1)


def expect_video(page: Page) -> None:
    """Wait until the real site's video is there, and moves."""
    expect(headline(page)).to_have_text(re.compile("Your video is ready|A photo that moves"), timeout=90_000)
    video = page.get_by_role("article").locator("video")
    expect(video).to_be_visible()
    # By the clock: a tab that is not in front draws no frames to count.
    page.wait_for_function("video => video.currentTime > 0.2", arg=video.element_handle(), polling=100)
