"""Ports of this machine that nobody listens on."""

from __future__ import annotations

import random
import socket

CHOSEN = range(10_000, 32_768)
"""Below those that systems give out by themselves, so that no connection made meanwhile takes one before its
server is up: https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html"""


def free_ports(count: int) -> list[int]:
    """Return so many ports that nobody listens on, all different."""
    found: list[int] = []
    while len(found) < count:
        port = random.choice(CHOSEN)  # noqa: S311 - not a secret
        if port not in found and not is_taken(port):
            found.append(port)
    return found


def is_taken(port: int) -> bool:
    """Whether somebody listens on this port of the machine."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if probe.connect_ex((address, port)) == 0:
                return True
    return False
