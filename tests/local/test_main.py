"""`python -m videogen.local` starts what the environment does not name, says so, and ends with its parent."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from videogen import settings
from videogen.cas import Cas
from videogen.durations import Durations
from videogen.local import seaweed
from videogen.local.__main__ import blackbox_stand_in, main, s3_stand_in
from videogen.local.s3 import S3Server
from videogen.local.seaweed import locked
from videogen.objects import S3Objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextlib.contextmanager
def stand_ins(**environment: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """Start the program in an environment of its own; kill it where a test fails."""
    command = [sys.executable, "-m", "videogen.local"]
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "PYTHONPATH")}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean | {"VIDEOGEN_STORE": "memory"} | environment,
    ) as program:
        try:
            assert program.stdout
            yield program, json.loads(program.stdout.readline())
        finally:
            program.kill()


def ends_quietly(program: subprocess.Popen[bytes]) -> bool:
    output, errors = program.communicate(timeout=10)
    return (program.returncode, output, errors) == (0, b"", b"")


def test_the_site_knows_how_long_the_simulator_takes() -> None:
    with stand_ins(VIDEOGEN_SIMULATOR_DELAY="20") as (_, said):
        known = Durations(Cas(objects=S3Objects(settings.read(said["env"]).s3)))
        estimate = known.estimate("blackboxai/google/veo-3-fast")

    assert estimate is not None
    assert (estimate.p50, estimate.p90) == (21.0, 23.0)


def test_starts_both_and_ends_with_its_standard_input(http: httpx.Client) -> None:
    with stand_ins(AWS_PROFILE="of-another-project") as (program, said):
        environment = said["env"]
        blackbox, s3 = environment["BLACKBOX_BASE_URL"], environment["S3_ENDPOINT_URL"]
        secret = environment["VIDEOGEN_SIGNING_SECRET"]

        assert said == {
            "env": {
                "BLACKBOX_API_KEY": "simulator",
                "BLACKBOX_BASE_URL": blackbox,
                "VIDEOGEN_VIDEO_HOSTS": blackbox,
                "VIDEOGEN_SIMULATED": "1",
                "S3_BUCKET": environment["S3_BUCKET"],
                "S3_ENDPOINT_URL": s3,
                "S3_REGION": "us-east-1",
                "S3_ACCESS_KEY_ID": "local",
                "S3_SECRET_ACCESS_KEY": "local",
                "VIDEOGEN_SIGNING_SECRET": secret,
            },
            "notes": [
                "Blackbox: simulator",
                f"Its purchases: {blackbox}/_ledger",
                "S3: in memory, empty at each start",
            ],
        }
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
        assert http.get(f"{blackbox}/_ledger").json() == {"posts": 0, "purchases": []}
        assert http.get(f"{s3}/{environment['S3_BUCKET']}").status_code == 200

        assert ends_quietly(program)  # communicate closes its standard input
        for url in (blackbox, s3):
            with pytest.raises(httpx.ConnectError):
                http.get(url)


def test_a_store_on_disk_and_the_secret_outlive_a_restart(tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    with stand_ins(VIDEOGEN_STORE=store) as (program, first):
        objects = S3Objects(settings.read(first["env"]).s3)
        objects.put("videos/1.mp4", b"bytes", content_type="video/mp4")
        known = objects.get("stats/blackboxai_google_veo-3-fast.json").body
        assert first["notes"][2] == f"S3: SeaweedFS; jobs and videos are kept in {store}"
        assert ends_quietly(program)

    with stand_ins(VIDEOGEN_STORE=store) as (program, second):
        again = S3Objects(settings.read(second["env"]).s3)
        for name in ("S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "VIDEOGEN_SIGNING_SECRET"):
            assert second["env"][name] == first["env"][name]
        assert again.get("videos/1.mp4").body == b"bytes"
        assert again.get("stats/blackboxai_google_veo-3-fast.json").body == known
        assert ends_quietly(program)


def test_a_second_run_beside_the_first_has_a_store_of_its_own(tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    with locked(tmp_path / "store"), stand_ins(VIDEOGEN_STORE=store) as (_, second):
        assert second["notes"][2] == f"S3: SeaweedFS, empty at each start: another `netlify dev` has {store}"
        assert second["env"]["S3_BUCKET"]
    assert not (tmp_path / "store" / "kept.json").exists()


def test_memory_serves_where_there_is_no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seaweed, "program", lambda: None)

    with contextlib.ExitStack() as running:
        server, secret, note = s3_stand_in({}, running)

        assert isinstance(server, S3Server)
        assert (secret, note) == (
            None,
            "in memory, empty at each start (SeaweedFS, which keeps videos, has no wheel for this machine)",
        )


def test_a_store_that_does_not_start_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text("{")

    with contextlib.ExitStack() as running, pytest.raises(SystemExit) as ending:
        s3_stand_in({"VIDEOGEN_STORE": str(tmp_path)}, running)

    assert ending.value.code == (
        f"the S3 stand-in does not start: {tmp_path}/kept.json cannot be read: "
        "empty the store with make dev RESET=1"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_though_a_client_waits(http: httpx.Client, number: int) -> None:
    with stand_ins(VIDEOGEN_SIMULATOR_DELAY="800") as (program, said):
        ask = {"model": "blackboxai/veo-3.1", "messages": [{"role": "user", "content": "a lake"}]}
        with pytest.raises(httpx.ReadTimeout):
            http.post(
                said["env"]["BLACKBOX_BASE_URL"] + "/chat/completions",
                json=ask,
                headers={"Authorization": "Bearer simulator"},
                timeout=0.1,
            )
        program.send_signal(number)
        assert ends_quietly(program)


def test_leaves_alone_what_the_environment_names() -> None:
    with stand_ins(BLACKBOX_API_KEY="sk-real", S3_BUCKET="photos", VIDEOGEN_SIGNING_SECRET="whsec_set") as (
        program,
        said,
    ):
        assert said == {"env": {}, "notes": ["Blackbox: REAL, spends money", "S3: bucket photos"]}
        assert ends_quietly(program)


@pytest.mark.parametrize("delay", ["soon", "-1", "nan", "841"])
def test_a_malformed_delay_is_named(delay: str) -> None:
    with pytest.raises(SystemExit) as ending:
        main({"VIDEOGEN_SIMULATOR_DELAY": delay})
    assert ending.value.code == f"VIDEOGEN_SIMULATOR_DELAY is not a number of seconds from 0 to 840: {delay}"


@pytest.mark.parametrize(
    ("module", "start", "line"),
    [
        (
            "videogen.local.blackbox",
            lambda: blackbox_stand_in(1.0),
            (
                "BLACKBOX_API_KEY is not set, and the stand-in for Blackbox needs videogen.local.blackbox: "
                "install it with .venv/bin/pip install -r locks/local.txt, or set BLACKBOX_API_KEY"
            ),
        ),
        (
            "videogen.local.s3",
            lambda: s3_stand_in({"VIDEOGEN_STORE": "memory"}, contextlib.ExitStack()),
            (
                "S3_BUCKET is not set, and the stand-in for S3 needs videogen.local.s3: "
                "install it with .venv/bin/pip install -r locks/local.txt, or set S3_BUCKET"
            ),
        ),
        (
            "videogen.local.seaweed",
            lambda: s3_stand_in({}, contextlib.ExitStack()),
            (
                "S3_BUCKET is not set, and the stand-in for S3 needs videogen.local.seaweed: "
                "install it with .venv/bin/pip install -r locks/local.txt, or set S3_BUCKET"
            ),
        ),
    ],
    ids=["Blackbox", "S3", "S3 on disk"],
)
def test_a_stand_in_without_its_packages_names_the_lock(
    monkeypatch: pytest.MonkeyPatch, module: str, start: Callable[[], object], line: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(SystemExit) as ending:
        start()

    assert ending.value.code == line


def test_what_is_not_started_is_not_imported() -> None:
    """With both set nothing is needed but requirements.txt."""
    program = (
        "import sys; from videogen.local.__main__ import main;"
        "main({'BLACKBOX_API_KEY': 'sk-real', 'S3_BUCKET': 'b', 'VIDEOGEN_SIGNING_SECRET': 'whsec_set'});"
        "print([name for name in ('moto', 'flask', 'imageio_ffmpeg') if name in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert printed.splitlines()[1:] == ["[]"]
