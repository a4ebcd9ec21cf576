"""Tells about the Python that runs this what `netlify dev` wants to know.

    python dev_check.py [REQUIREMENTS [VERSION]]

prints a JSON object: `executable`, `requirements` (their file), `missing` (names of packages) and `note` (a
line about the version, or "").
Standard library of Python 3.8.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import sys

import python_version
import requirements


def main() -> None:
    """Print what is found."""
    given, version = ([argument or None for argument in sys.argv[1:]] + [None, None])[:2]
    path = requirements.find(given)
    required = requirements.names(path) if path and path.suffix == ".txt" else []
    print(
        json.dumps(
            {
                "executable": sys.executable,
                "requirements": str(path or "requirements.txt"),
                "missing": [name for name in required if not is_installed(name)],
                "note": version_note(python_version.python_version(version, os.environ)),
            }
        )
    )


def is_installed(name: str) -> bool:
    """Whether a distribution is there.

    Python 3.9 looks for the very name, where 3.8 and the later ones know that `ruamel.yaml` is `ruamel_yaml`.
    """
    for spelling in (name, re.sub(r"[-_.]+", "-", name)):
        try:
            importlib.metadata.version(spelling)
        except importlib.metadata.PackageNotFoundError:
            continue
        return True
    return False


def version_note(wanted: str) -> str:
    """Return a line if the functions will run on another Python than this."""
    here = ".".join(map(str, sys.version_info[:2]))
    deployed = ".".join(wanted.split(".")[:2])
    if here == deployed:
        return ""
    return f"netlify dev runs Python {here}, the deployed functions {deployed}"


if __name__ == "__main__":
    try:
        main()
    except (requirements.RequirementsError, python_version.VersionError) as error:
        sys.exit(str(error))
