"""Start the real `netlify dev` on a port: `python3 scripts/dev.py PORT`."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(port: int) -> None:
    """Replace this process by the Netlify CLI, so that Ctrl-C reaches it alone; exits if it cannot."""
    if is_taken(port):
        sys.exit(
            f"port {port} is taken: end what listens there, or choose another with: make dev PORT={port + 1}"
        )
    print(f"==> netlify dev on http://localhost:{port} (Ctrl-C ends it)", flush=True)
    os.chdir(ROOT)
    # --offline: no account is asked for. Without edge functions the CLI need not fetch Deno. Two sites that
    # start at the same moment would both take the static server's default port.
    options = ["--offline", "--internal-disable-edge-functions", "--skip-gitignore", "--no-open"]
    ports = ["--port", str(port), "--staticServerPort", str(free_port())]
    os.execvp("netlify", ["netlify", "dev", *options, *ports])  # noqa: S606 - no shell is the point


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Whether somebody listens on this port of the machine."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if probe.connect_ex((address, port)) == 0:
                return True
    return False


if __name__ == "__main__":
    main(int(sys.argv[1]))
