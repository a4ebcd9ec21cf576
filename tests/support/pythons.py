"""The Pythons of this machine that the plugin and the host have to run on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


def pythons() -> dict[str, str]:
    """Return this machine's Pythons by version, as 3.8; those that are too old are not among them."""
    found = {f"3.{sys.version_info.minor}": sys.executable}
    for placed in Path.home().glob(".pyenv/versions/3.*/bin/python3"):
        found.setdefault(".".join(placed.parts[-3].split(".")[:2]), str(placed))
    for version in (f"3.{minor}" for minor in range(8, 20)):
        path = shutil.which(f"python{version}")
        # pyenv has a name for each of its own, and starts none but the chosen one by it.
        if path and version not in found and subprocess.run([path, "-V"], check=False).returncode == 0:
            found[version] = path
    minors = {int(version.split(".")[1].split("-")[0]): version for version in found}
    return {found_as: found[found_as] for minor, found_as in sorted(minors.items()) if minor >= 8}


EVERY = pythons()
