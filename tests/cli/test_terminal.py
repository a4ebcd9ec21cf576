"""Nothing from outside drives the terminal, and no id is cut: whatever a record, a site or an error says."""

from __future__ import annotations

import inspect
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import typer.main
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from support.example_jobs import JOB_ID, STATES, completed
from videogen import job_record
from videogen.cli import app, terminal

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from conftest import RawServer
    from support.terminal import Operator, Ran

CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x9b31mred",
    "safe\rrm -rf /",
    "\x08\x08\x08hidden",
    "\u202egnp.exe\u2066\u2069\u200f",
    "[red]markup[/red] [link=http://evil.example]",
    ":boom:",
    "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)])),
    "line\nbreak\u2028separator",
)
LONG = "x" * 10_000_000 + "\x1b[0m"
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("jobs", "--days", "1000"),
    ("jobs", "--days", "1000", "--json"),
    ("show", JOB_ID),
    ("show", JOB_ID, "--json"),
    ("usage", "--days", "1000"),
    ("usage", "--days", "1000", "--by", "model", "--plot"),
    ("usage", "--days", "1000", "--by", "model", "--json"),
    ("doctor", "--since", "999d"),
    ("doctor", "--since", "999d", "--json"),
    ("purge", "--dry-run"),
    ("fail", JOB_ID),
    ("rescue", JOB_ID, "--site", "http://127.0.0.1:9"),
    ("retry", JOB_ID, "--yes", "--site", "http://127.0.0.1:9"),
    ("cancel", JOB_ID, "--yes"),
    ("erase", JOB_ID, "--yes", "--json"),
)
"""Those that end a job come last."""
OF_A_SITE: tuple[tuple[str, ...], ...] = (
    ("generate", "lake.jpg", "a lake"),
    ("generate", "lake.jpg", "a lake", "--json"),
    ("retry", JOB_ID, "--yes"),
    ("rescue", JOB_ID),
    ("doctor",),
    ("doctor", "--json"),
)
OWN_WORDS_ALONE = {"push-keys", "worker"}


def store(operator: Operator, *records: object) -> list[str]:
    """Store records under ids of their own, the first under JOB_ID; return the ids."""
    client = operator.bucket.client
    ids = [JOB_ID, *(f"{number:021}A" for number in range(1, len(records)))]
    for job_id, record in zip(ids, records, strict=True):
        client.put_object(
            Bucket=operator.environ["S3_BUCKET"],
            Key=f"{operator.environ['S3_PREFIX']}/jobs/{job_id}.json",
            Body=json.dumps(record).encode(),
        )
    return ids


def check(ran: Ran) -> None:
    for printed in (ran.out, ran.err):
        assert CONTROLS.search(printed) is None
        assert "Traceback" not in printed


def changed(record: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a record that says a text wherever it may say one."""
    return record | {
        "prompt": text,
        "model": text,
        "callIds": {text: text},
        "providerRequestId": text,
        "holder": text,
        "photos": [{"type": text, "bytes": 1}],
        "history": [{"at": "2027-01-15T08:00:00.000Z", "epoch": 0, "action": text}],
        "later": text,
    }


@pytest.mark.parametrize("state", ["completed", "queued", "failed", "given up, link known"])
def test_a_hostile_record_prints_no_control(videogen: Operator, state: str) -> None:
    store(videogen, changed(job_record.to_object(STATES[state]()), "".join(HOSTILE)))
    for command in COMMANDS:
        check(videogen(*command))


def test_a_prompt_of_ten_megabytes_is_one_line(videogen: Operator) -> None:
    store(videogen, job_record.to_object(completed()) | {"prompt": LONG})

    listed = videogen("jobs", "--days", "1000")

    check(listed)
    assert (len(listed.out.splitlines()), len(listed.out) < 1000) == (2, True)
    for command in COMMANDS:
        check(videogen(*command))


RECORD = job_record.to_object(completed())
WRONG = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=st.fixed_dictionaries(dict.fromkeys(sorted(RECORD), WRONG)))
def test_a_record_of_wrong_types_prints_no_traceback(videogen: Operator, values: dict[str, object]) -> None:
    """Each field is wrong in a record of its own; one command lists them all."""
    ids = store(videogen, *(RECORD | {name: value} for name, value in values.items()))
    for command in COMMANDS:
        check(videogen(*command))
    for job_id in ids[1:]:
        check(videogen("show", job_id))


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize(
    "kind",
    [
        "a failed job",
        "a text",
        "a list",
        "another's JSON",
        "a job that is none",
        "no state",
        "no link",
        "no cost",
    ],
)
@pytest.mark.usefixtures("lake")
def test_a_hostile_site_prints_no_control(
    videogen: Operator, serve: Callable[..., RawServer], status: int, kind: str
) -> None:
    text = "".join(HOSTILE)
    fields = dict.fromkeys(("detail", "title", "code", "error", "jobId", "stage", "videoUrl"), text)
    answers = {"a failed job": json.dumps(fields | {"status": "failed"}), "a text": text, "a list": "[1]"}
    answers |= {"another's JSON": '{"ok": true}', "a job that is none": '{"jobId": [{}], "status": {}}'}
    answers |= {
        "no state": '{"jobId": "x", "status": {}}',
        "no link": '{"jobId": "x", "status": "completed"}',
    }
    answers |= {"no cost": '{"jobId": "x", "status": "failed", "failure": {"code": "x", "charged": []}}'}
    body = answers[kind].encode()

    def behave(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))

    store(videogen, changed(job_record.to_object(STATES["given up, link known"]()), text))
    site = serve(behave).origin
    for command in OF_A_SITE:
        check(videogen(*command, "--site", site))


def test_every_command_that_prints_is_tried() -> None:
    tried = {command[0] for command in (*COMMANDS, *OF_A_SITE)}

    assert tried | OWN_WORDS_ALONE == set(typer.main.get_group(app.app).commands)


def test_json_is_exact_though_it_is_escaped(videogen: Operator) -> None:
    text = "".join(HOSTILE)
    store(videogen, changed(job_record.to_object(completed()), text))

    assert [job["prompt"] for job in videogen("jobs", "--days", "1000", "--json").json] == [text]


def test_what_is_printed_is_spelled_out() -> None:
    assert terminal.clean("a\x1b[0m\x9b\u202eb\nc\td") == r"a\x1b[0m\x9b\u202eb" + "\n" + r"c\x09d"
    assert terminal.clean("Zürich 東京 🎬 עברית") == "Zürich 東京 🎬 עברית"


def test_a_crash_is_told_without_its_controls(capsys: pytest.CaptureFixture[str]) -> None:
    error = RuntimeError(HOSTILE[0])
    terminal.print_crash(RuntimeError, error, None)

    assert r"RuntimeError: \x1b[2J\x1b]0;owned\x07" in capsys.readouterr().err


@pytest.mark.parametrize("term", ["xterm", "dumb", "unknown"])
@pytest.mark.parametrize("columns", [20, 40, 79, 80, 100, 200])
def test_no_id_is_cut_or_wrapped(
    videogen: Operator, monkeypatch: pytest.MonkeyPatch, columns: int, term: str
) -> None:
    monkeypatch.setenv("TERM", term)
    store(videogen, changed(job_record.to_object(STATES["given up, link known"]()), "a long prompt " * 20))
    screen = io.StringIO()
    monkeypatch.setattr(
        terminal,
        "output",
        lambda: Console(file=screen, width=columns, force_terminal=True, color_system=None),
    )
    videogen("jobs", "--days", "1000")
    (line,) = [line for line in screen.getvalue().splitlines() if JOB_ID in line]
    assert line.rstrip().endswith("…")
    assert len(line.rstrip()) <= max(columns, 110)

    videogen("show", JOB_ID)
    assert f"videogen rescue {JOB_ID} saves" in screen.getvalue()


def test_every_print_goes_through_the_terminal_module() -> None:
    source = inspect.getsource(app)

    assert re.findall(r"(?<![.\w])print\(|typer\.echo|Console\(|sys\.std", source) == []
