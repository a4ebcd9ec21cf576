"""Start the real `netlify dev`: `.venv/bin/python scripts/dev.py PORT`.

Of the environment: RESET=1 empties the store that earlier runs have left; HOST=0.0.0.0 opens the site to the
network; QUEUE=1 sends jobs through an SQS stand-in to `videogen worker`; REAL=1 uses the key and the bucket
that the environment or `.env` name. Without it they are masked, and the stand-ins serve.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from setup import home, say

from videogen.cli.environment import read_dotenv
from videogen.errors import SettingsError
from videogen.local.ports import free_ports, is_taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
ENV_FILES = (".env.development.local", ".env.local", ".env.development", ".env")
"""As the CLI reads them, the first one wins: https://docs.netlify.com/build/environment-variables/overview/"""
OF_ACCOUNTS = (
    "BLACKBOX_API_KEY",
    "BLACKBOX_BASE_URL",
    "S3_BUCKET",
    "S3_ENDPOINT_URL",
    "S3_REGION",
    "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
    "S3_PREFIX",
    "VIDEOGEN_QUEUE_URL",
    "VIDEOGEN_SIGNING_SECRET",
    "VIDEOGEN_VIDEO_HOSTS",
)
"""What leads to somebody's money or data."""
STORE = ".store"
"""Where the S3 stand-in keeps its objects; videogen.local knows it by this name too."""
OPEN = ("0.0.0.0", "::")  # noqa: S104 - asked for, and said
PORTS = range(1024, 65536)
"""Those that a program without rights may listen on."""


def main(port_text: str, environ: dict[str, str]) -> int:
    """Run the Netlify CLI till it ends; return its exit code."""
    port = port_number(port_text)
    if port is None:
        sys.exit(
            f"PORT={port_text} is not a port: choose a number from 1024 to 65535, as in: make dev PORT=8889"
        )
    if is_taken(port):
        another = port + 1 if port + 1 in PORTS else port - 1
        sys.exit(
            f"port {port} is taken: end what listens there, or choose another with: make dev PORT={another}"
        )
    if environ.get("RESET") == "1":
        if is_set("VIDEOGEN_STORE", environ):
            sys.exit(
                f"RESET=1 empties {STORE} alone, and VIDEOGEN_STORE names another place: empty that by hand"
            )
        reset(ROOT / STORE)
    for line in warnings(environ):
        say(line)
    say(f"netlify dev on http://localhost:{port} (Ctrl-C ends it)")
    # --offline: no account is asked for. Without edge functions the CLI need not fetch Deno. Two sites that
    # start at the same moment would both take the static server's default port.
    options = ["--offline", "--internal-disable-edge-functions", "--skip-gitignore", "--no-open"]
    ports = ["--port", str(port), "--staticServerPort", str(free_ports(1)[0])]
    with subprocess.Popen(
        ["netlify", "dev", *options, *ports],
        cwd=ROOT,
        env=child_environment(environ | home(environ), port),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        bufsize=1,
    ) as cli:
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, lambda number, _: cli.send_signal(number))
        for line in shown(cli.stdout or ()):
            print(line, end="", flush=True)
    return cli.returncode


def reset(store: Path) -> None:
    """Empty the store of the S3 stand-in; exits with a line while another run has it."""
    if not store.is_dir():
        return
    with (store / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"RESET=1 cannot empty {store.name}: end the other make dev of this folder first")
        # Not the folder itself: it may be a link to another disk.
        for path in store.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    say(f"{store.name} is emptied: jobs and videos of earlier runs are gone")


def warnings(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what the person should know before anything starts."""
    named = [name for name in ("BLACKBOX_API_KEY", "S3_BUCKET") if is_set(name, environ)]
    if named and not is_real(environ):
        subject = " and ".join(named) + (" is" if len(named) == 1 else " are")
        yield f"{subject} set and not used: make dev REAL=1 uses what is set, and spends money"
    if is_open(environ):
        yield "HOST: everybody in this network can open the site and start videos" + (
            ", and each one spends your money" if is_real(environ) and "BLACKBOX_API_KEY" in named else ""
        )
    elif environ.get("HOST", "localhost") not in {"", "localhost", "127.0.0.1", "::1"}:
        ignored = f"HOST={environ['HOST']} is not used"
        yield f"{ignored}: the site answers this machine alone, HOST=0.0.0.0 opens it"


def is_real(environ: Mapping[str, str]) -> bool:
    """Whether what the variables name is wanted, and not the stand-ins."""
    return environ.get("REAL") == "1"


def is_open(environ: Mapping[str, str]) -> bool:
    """Whether others than this machine are to be answered."""
    return environ.get("HOST") in OPEN


def is_set(name: str, environ: Mapping[str, str]) -> bool:
    """Whether the CLI would find a value for a variable; as there, an empty one of the process wins.

    Exits with a line where one of its files cannot be read.
    """
    try:
        for read in (environ, *(read_dotenv(ROOT / file) for file in ENV_FILES)):
            if name in read:
                return bool(read[name].strip())
    except SettingsError as error:
        sys.exit(error.detail)
    return False


def child_environment(environ: Mapping[str, str], port: int) -> dict[str, str]:
    """Return the CLI's environment: accounts masked unless they are wanted, servers on loopback."""
    listening = {"port": port, "host": "::" if is_open(environ) else "127.0.0.1"}
    preload = f"--import={(ROOT / 'scripts/loopback.mjs').as_uri()}?{urlencode(listening)}"
    return {
        **environ,
        **({} if is_real(environ) else dict.fromkeys(OF_ACCOUNTS, "")),
        # Minutes that only the masked queue allows.
        **({} if is_real(environ) or environ.get("QUEUE") == "1" else {"VIDEOGEN_JOB_MINUTES": ""}),
        **({"PYTHON_DEV_OPEN": "1"} if is_open(environ) else {}),
        **({"VIDEOGEN_LOCAL_QUEUE": "1"} if environ.get("QUEUE") == "1" else {}),
        **({"FORCE_COLOR": "1"} if sys.stdout.isatty() and "NO_COLOR" not in environ else {}),
        # Whose page may read the stand-in's videos by script.
        "VIDEOGEN_SITE": f"http://localhost:{port}",
        "NODE_OPTIONS": f"{environ.get('NODE_OPTIONS', '')} {preload}".strip(),
    }


def shown(lines: Iterable[str]) -> Iterator[str]:
    """Yield the CLI's lines without its dumps of the configuration, and what serves again below its box."""
    notes: list[str] = []
    dumping = False
    for line in lines:
        text = re.sub(r"\x1b\[[0-9;]*m", "", line).strip()
        if dumping or text.startswith("Netlify configuration property"):
            dumping = not text.endswith(".")
            continue
        if text.startswith(("Blackbox: ", "S3: ", "Queue: ")):
            notes.append(line)
        yield line
        if text.startswith("╰"):
            yield from notes
            notes = []


def port_number(text: str) -> int | None:
    """Return the port that a text names, None where it names none that can be used."""
    return int(text) if re.fullmatch(r"[0-9]{4,5}", text) and int(text) in PORTS else None


if __name__ == "__main__":
    # Not every terminal has the characters that the CLI draws its box with.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(main(sys.argv[1], dict(os.environ)))
