"""`videogen generate` is the page for the terminal: it buys once, waits, downloads."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from support.meddling_proxy import Passed, Reply, answering, before, s3_error
from support.served_site import ServedSite
from videogen.cli import terminal_page
from videogen.cli.terminal import one_line
from videogen.clock import Clock

if TYPE_CHECKING:
    from pathlib import Path

    from support.terminal import Operator
    from videogen.local.blackbox import Simulator

MP4 = b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x50free" + bytes(72)


@pytest.fixture(autouse=True)
def _quick(site: ServedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the worker instead of the clock."""
    monkeypatch.setattr("videogen.cli.app.CLOCK", Clock(sleep=lambda _: site.join()))


def test_a_photo_becomes_a_file(videogen: Operator, site: ServedSite, lake: Path) -> None:
    ran = videogen("generate", str(lake), "slow pan", "--site", site.url, "--output", "lake.mp4", "--json")

    assert ran.code == 0, ran.err
    video = (videogen.folder / "lake.mp4").read_bytes()
    assert video[4:8] == b"ftyp"
    assert ran.json["status"] == "completed"
    assert ran.json["file"] == "lake.mp4"


def test_the_photo_and_the_prompt_arrive_once(
    videogen: Operator, site: ServedSite, simulator: Simulator, lake: Path
) -> None:
    bought = len(simulator.purchases)

    videogen("generate", str(lake), "slow pan", "--site", site.url, "--aspect-ratio", "9:16")

    assert [(one.model, one.photos) for one in simulator.purchases[bought:]] == [
        ("blackboxai/google/veo-3-fast", 1)
    ]
    assert [job.aspect_ratio for job in videogen.bucket.jobs().jobs] == ["9:16"]


def test_a_pipe_gets_a_line_for_each_stage(videogen: Operator, site: ServedSite, lake: Path) -> None:
    ran = videogen("generate", str(lake), "slow pan", "--site", site.url)

    job_id = ran.out.split(" ")[0].removeprefix("videogen-").removesuffix(".mp4")
    key, *others = ran.err.splitlines()
    assert re.fullmatch(r"key cli-[\w-]{22}", key)
    assert others == [f"job {job_id}  {site.url}/#{job_id}", "waiting for a worker", "downloading"]


def test_a_failure_says_what_it_cost_and_is_the_exit_code(
    videogen: Operator, site: ServedSite, lake: Path
) -> None:
    ran = videogen("generate", str(lake), "[fault:E403]", "--site", site.url)

    assert ran.code == 1
    assert "The video provider refused this photo or prompt" in ran.err
    assert "[content_refused] Not charged." in ran.err
    assert list(videogen.folder.glob("*.mp4*")) == []


def test_interrupted_it_prints_the_command_that_goes_on_and_that_buys_nothing(
    videogen: Operator,
    site: ServedSite,
    simulator: Simulator,
    lake: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bought = len(simulator.purchases)
    with monkeypatch.context() as interrupting:
        interrupting.setattr("videogen.cli.app.CLOCK", Clock(sleep=interrupt))
        ran = videogen("generate", str(lake), "slow pan", "--site", site.url, "--output", "my lake.mp4")

    assert ran.code == 130
    again = shlex.split(ran.err.splitlines()[-1])
    assert again[-3:] == ["--", str(lake), "slow pan"]
    resumed = videogen(*again[1:])
    assert resumed.code == 0, resumed.err
    assert (videogen.folder / "my lake.mp4").exists()
    assert len(simulator.purchases) == bought + 1


def test_a_site_that_does_not_answer_for_a_while_is_asked_again(
    videogen: Operator, site: ServedSite, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = iter((True, True, False))

    def sleep(_: float) -> None:
        site.broken = next(pauses, False)
        site.join()

    monkeypatch.setattr("videogen.cli.app.CLOCK", Clock(sleep=sleep))

    assert videogen("generate", str(lake), "slow pan", "--site", site.url).code == 0


@pytest.mark.parametrize(
    "odd",
    [
        "-5 degrees",
        "--help",
        'it\'s "so" $HOME `id` \\n !! #1 *',
        "\u202egnp.exe\u2066 \u200f",
        "\x1b[2J\x07\t\x9b31m\r",
        "two\nlines\u2028three",
        "~",
    ],
)
def test_the_command_that_goes_on_can_be_pasted(
    videogen: Operator, site: ServedSite, lake: Path, monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    photo = lake.rename(lake.with_name(f"{odd}.jpg")).name
    given = ["--site", site.url, "--output", f"{odd}.mp4", "--", photo, odd]
    with monkeypatch.context() as interrupting:
        interrupting.setattr("videogen.cli.app.CLOCK", Clock(sleep=interrupt))
        ran = videogen("generate", *given)

    assert (ran.code, one_line(ran.err.replace("\n", ""))) == (130, ran.err.replace("\n", ""))
    key, *_, line = ran.err.splitlines()
    pasted = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True)
    again = pasted.stdout.decode().split("\0")[:-1]
    options = ["--site", site.url, "--key", key.removeprefix("key "), "--output", f"{odd}.mp4"]
    assert again == ["videogen", "generate", *options, "--", photo, odd]
    assert videogen(*again[1:]).code == 0


@pytest.mark.parametrize(
    ("answers", "end"),
    [
        ({range(119): 200}, "completed"),
        ({range(200): 200}, "the site still calls this job running after 125 minutes"),
        ({range(60): 200, range(60, 79): 503}, "completed"),
        ({range(60): 200, range(60, 100): 503}, "answered 503 and no JSON"),
    ],
    ids=["two hours in a queue", "for ever", "silent for a while", "silent for good"],
)
def test_a_wait_lasts_as_long_as_a_job_may(
    videogen: Operator, lake: Path, monkeypatch: pytest.MonkeyPatch, answers: dict[range, int], end: str
) -> None:
    """A site says that the job runs, minute by minute, or answers with an error."""
    minute = 0

    def sleep(seconds: float) -> None:
        nonlocal minute
        minute += round(seconds / 60) or 1

    def answer(request: Passed) -> Reply:
        status = next((status for span, status in answers.items() if minute in span), 0)
        job = {"jobId": "A" * 22, "status": "queued" if status else "completed", "pollAfterMs": 60_000}
        ended = {"elapsedSeconds": 60.0 * minute, "downloadUrl": f"http://{request.headers['host']}/"}
        body = b"" if status >= 400 else json.dumps(job | ended).encode()
        body = MP4 if request.path == "/" else body
        return status or 200, {"Content-Type": "application/json"}, body

    clock = Clock(monotonic=lambda: 60.0 * minute, sleep=sleep)
    monkeypatch.setattr("videogen.cli.app.CLOCK", clock)

    with answering(answer) as queued:
        ran = videogen("generate", str(lake), "slow pan", "--site", queued.url, "--json")

    assert end in (ran.json.get("status") or ran.json["error"])


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (s3_error(503, "SlowDown"), "status 503"),
        (s3_error(403, "AccessDenied"), "status 403"),
        ((302, {"Location": "/sign-in"}, b""), "status 302"),
        ((204, {}, b""), "status 204"),
        ((200, {}, b""), "the file is empty"),
        ((200, {"Content-Type": "text/html"}, b"<html>Sign in</html>"), "a page in place of the file"),
        ((200, {"Content-Type": "video/mp4"}, b'{"error": "busy"}'), "a page in place of the file"),
        ((200, {}, bytes(100)), "the file is no MP4"),
        ((206, {}, b"abc"), "a page in place of the file"),
        ((206, {"Content-Range": "bytes 0-99/5000"}, MP4), "a part of the file"),
    ],
)
def test_what_is_no_video_names_the_command_that_goes_on(
    videogen: Operator, site: ServedSite, lake: Path, simulator: Simulator, reply: Reply, why: str
) -> None:
    bought = len(simulator.purchases)

    def refuse(request: Passed) -> Reply | None:
        return reply if "disposition" in request.path else None

    with before(videogen, refuse), ServedSite(videogen.environ) as slow:
        ran = videogen("generate", str(lake), "slow pan", "--site", slow.url)

    assert (ran.code, ran.err.splitlines()[-1]) == (1, f"videogen: the store did not send the video: {why}")
    again = next(line for line in ran.err.splitlines() if line.startswith("videogen generate"))
    assert videogen(*shlex.split(again.replace(slow.url, site.url))[1:]).code == 0
    assert len(simulator.purchases) == bought + 1
    assert len(list(videogen.folder.glob("*.mp4"))) == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_video_is_what_its_bytes_say_whatever_its_label(
    videogen: Operator, lake: Path, encoding: str
) -> None:
    asked: list[str | None] = []

    def label(request: Passed) -> Reply | None:
        if "disposition" not in request.path:
            return None
        asked.append(request.headers.get("accept-encoding"))
        return 200, {"Content-Encoding": encoding}, MP4

    with before(videogen, label), ServedSite(videogen.environ) as site:
        ran = videogen("generate", str(lake), "slow pan", "--site", site.url, "-o", "lake.mp4")

    assert (ran.code, asked) == (0, ["identity"])
    assert (videogen.folder / "lake.mp4").read_bytes() == MP4


def test_a_photo_too_large_for_a_request_is_made_smaller(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.frombytes("RGB", (1500, 1000), os.urandom(4_500_000)).save(path)

    uri = terminal_page.photo_uri(path)

    assert path.stat().st_size > 4_000_000
    assert uri.startswith("data:image/jpeg;base64,")
    assert len(uri) < 4_000_000


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"GIF89a" + bytes(20), "GIF"), (b"", "not a photo")],
    ids=["a GIF", "an empty file"],
)
def test_what_is_no_photo_is_refused_before_anything_is_sent(
    videogen: Operator, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)

    ran = videogen("generate", str(path), "slow pan", "--site", "http://127.0.0.1:9")

    assert ran.code == 1
    assert said in ran.err


@pytest.mark.parametrize(
    "out", ["folder", "none/lake.mp4", "lake.jpg/lake.mp4", "x" * 300 + "/a", "pipe", "a.mp4"]
)
def test_nothing_starts_where_the_video_cannot_be_written(
    videogen: Operator, site: ServedSite, lake: Path, out: str
) -> None:
    (videogen.folder / "folder").mkdir()
    (videogen.folder / "a.mp4.part").mkdir()
    os.mkfifo(videogen.folder / "pipe")

    ran = videogen("generate", str(lake), "slow pan", "--site", site.url, "-o", out)

    assert (ran.code, "'--output' / '-o'" in ran.err) == (2, True)
    assert videogen.bucket.jobs().jobs == []


def test_a_disk_that_fills_up_names_the_way_on(
    videogen: Operator, site: ServedSite, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as filling:
        filling.setattr(terminal_page, "download", full)
        ran = videogen("generate", str(lake), "slow pan", "--site", site.url)

    assert (ran.code, ran.err.splitlines()[-1]) == (1, "videogen: [Errno 28] No space left on device")
    again = next(line for line in ran.err.splitlines() if line.startswith("videogen generate"))
    assert videogen(*shlex.split(again)[1:]).code == 0


def test_a_photo_of_any_name_is_sent(videogen: Operator, site: ServedSite, lake: Path) -> None:
    odd = lake.rename(lake.with_name(os.fsdecode(b"caf\xe9\n\x1b.jpg")))

    assert videogen("generate", str(odd), "slow pan", "--site", site.url).code == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompt": os.fsdecode(b"caf\xe9")}, "this is no text in UTF-8"),
        ({"--model": os.fsdecode(b"\xff")}, "this is no text in UTF-8"),
        ({"--site": ""}, "name a site"),
        ({"--key": "schl\u00fcssel-schl\u00fcssel"}, "a key has 16 to 255 visible ASCII characters"),
        ({"--key": "short"}, "a key has 16 to 255 visible ASCII characters"),
    ],
)
def test_what_cannot_be_sent_is_wrong_usage(
    videogen: Operator, lake: Path, changes: dict[str, str], said: str
) -> None:
    given = {"--site": "http://127.0.0.1:9", "prompt": "slow pan"} | changes
    prompt = given.pop("prompt")

    ran = videogen("generate", str(lake), prompt, *(word for pair in given.items() for word in pair))

    assert (ran.code, said in " ".join(ran.err.replace("\u2502", " ").split())) == (2, True)


@pytest.mark.parametrize("code", ["gru\u00dfwort-1", "line\nbreak"])
def test_an_access_code_that_no_header_carries_is_said(videogen: Operator, lake: Path, code: str) -> None:
    videogen.environ["VIDEOGEN_ACCESS_CODE"] = code

    ran = videogen("generate", str(lake), "slow pan", "--site", "http://127.0.0.1:9")

    form = "8 or more letters, digits and signs of ASCII"
    assert (ran.code, ran.err) == (
        1,
        f"videogen: VIDEOGEN_ACCESS_CODE is malformed: write it as {form}\n",
    )


@pytest.mark.parametrize(
    ("started", "ended", "said"),
    [
        ({"pollAfterMs": -5}, {}, "answered without a job"),
        ({"pollAfterMs": float("nan")}, {}, "answered without a job"),
        ({"pollAfterMs": 1e300}, {}, "answered without a job"),
        ({"estimatedSeconds": {"p50": float("inf")}}, {}, "answered without a job"),
        ({"jobId": "../../escape"}, {}, "answered without a job"),
        ({}, {"elapsedSeconds": -1.0}, "answered without a job"),
        ({}, {"downloadUrl": "http://[::1"}, "the site's link to the video is no web address"),
        ({}, {"downloadUrl": "/videos/x.mp4"}, "the site's link to the video is no web address"),
        ({}, {"downloadUrl": "https://xn--a.example/"}, "the site's link to the video is no web address"),
        ({}, {"downloadUrl": ""}, "the site's link to the video is no web address"),
    ],
)
def test_a_site_that_answers_oddly_is_said_in_one_line(
    videogen: Operator, lake: Path, started: dict[str, object], ended: dict[str, object], said: str
) -> None:
    first = {"jobId": "A" * 22, "status": "queued", "pollAfterMs": 10} | started
    last = {
        "jobId": "A" * 22,
        "status": "completed",
        "elapsedSeconds": 3.0,
        "downloadUrl": "http://127.0.0.1:9/",
    }

    def answer(request: Passed) -> Reply:
        told = first if "start" in request.path else last | ended
        return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()

    with answering(answer) as odd:
        ran = videogen("generate", str(lake), "slow pan", "--site", odd.url)

    assert (ran.code, said in ran.err.splitlines()[-1]) == (1, True)
    assert [path.name for path in videogen.folder.iterdir()] == ["lake.jpg"]


def test_a_site_that_has_moved_is_not_sent_the_photo(
    videogen: Operator, site: ServedSite, lake: Path
) -> None:
    def move(request: Passed) -> Reply:
        return 301, {"Location": site.url + request.path}, b""

    with answering(move) as moved:
        ran = videogen("generate", str(lake), "slow pan", "--site", moved.url)

    said = f"videogen: {moved.url} redirects to {site.url}: if that is your site, pass it with --site"
    assert (ran.code, ran.err.splitlines()[-1]) == (1, said)
    assert videogen.bucket.jobs().jobs == []


def test_a_missing_photo_is_wrong_usage(videogen: Operator) -> None:
    assert videogen("generate", "none.jpg", "slow pan", "--site", "http://127.0.0.1:9").code == 2


def interrupt(_: float) -> None:
    raise KeyboardInterrupt
