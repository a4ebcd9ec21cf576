"""Cleans a photo in a process of its own, so that no file costs the worker more than a fixed amount.

A decoder that hangs, crashes or eats memory ends with that process, and the photo counts as unreadable. The
process has no environment, and so no key. It runs on the very interpreter that runs the caller, by vfork and
exec: forking alone would copy the locks of other threads. Standard library only; Pillow is the process's.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from videogen.errors import PhotoUnreadable

if TYPE_CHECKING:
    from videogen.photo_cleaning import AspectRatio

CPU_SECONDS = 10
MEMORY_BYTES = 76 * 2**20
"""What cleaning may take beside the interpreter and Pillow: the largest photos that are taken need 68 MB."""
PATIENCE = 120.0
"""Seconds until a process is ended that uses no processor time either."""

_READY = b"."
PROGRAM = "import sys; sys.path[:] = sys.argv[2:]; from videogen.photo_process import main; main()"
# So many run at a time as there are processors; more would only take memory.
_turns = BoundedSemaphore(os.cpu_count() or 1)


class CleanerBroken(RuntimeError):
    """The process did not come as far as reading the photo: that is the site's fault, not the photo's."""


def clean(data: bytes, *, aspect_ratio: AspectRatio | None) -> bytes:
    """Do what `photo_cleaning.clean` does, within limits.

    Raises PhotoUnreadable where that does, and where a limit was reached; CleanerBroken, OSError where the
    process could not start.
    """
    command = [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, aspect_ratio or "", *filter(None, sys.path)]
    with _turns:
        try:
            done = subprocess.run(  # noqa: S603 - this very program
                command, input=data, env={}, capture_output=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            raise PhotoUnreadable(note="cleaning took too long") from None
    last_words = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    if not done.stdout.startswith(_READY):
        raise CleanerBroken(last_words)
    if done.returncode < 0:
        raise PhotoUnreadable(note=f"cleaning ended with {signal.Signals(-done.returncode).name}")
    if done.returncode:
        raise PhotoUnreadable(note=last_words)
    return done.stdout.removeprefix(_READY)


def main() -> None:
    """Clean the photo at standard input; what is printed is for `clean` above."""
    from videogen import photo_cleaning  # noqa: PLC0415 - Pillow is imported here alone

    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, CPU_SECONDS)
    if sys.platform == "linux":  # elsewhere the address space says little of the memory used
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + MEMORY_BYTES)
    output = sys.stdout.buffer
    output.write(_READY)
    output.flush()
    ratios: dict[str, AspectRatio] = {"auto": "auto", "16:9": "16:9", "9:16": "9:16"}
    try:
        output.write(photo_cleaning.clean(sys.stdin.buffer.read(), aspect_ratio=ratios.get(sys.argv[1])))
    except PhotoUnreadable as error:
        sys.exit(error.note)


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (lower, lower))
