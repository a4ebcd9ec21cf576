"""Builds the zips and prints what they weigh, of what, and how fast they start: `make bundle`.

The build is `netlify build --offline`, as by hand. Where no interpreter can be downloaded it takes one made
from the Python that runs this, which shows sizes and times but must not be deployed; with `COPY=no` it fails
instead. It also fails if a function does not start.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

import bundle
import interpreter_mirror
from builds import NETLIFY, REPOSITORY, Built
from sandbox import Instance, unpack

SETTINGS = {
    "BLACKBOX_API_KEY": "sk-none",
    "S3_BUCKET": "none",
    "S3_REGION": "us-east-2",
    "S3_ACCESS_KEY_ID": "none",
    "S3_SECRET_ACCESS_KEY": "none",
    "VIDEOGEN_SIGNING_SECRET": "whsec_bm9uZSBub25lIG5vbmUgbm9uZSBub25lIG5vbmU=",
}
"""Enough for a handler to refuse a request that asks for nothing; no connection is made."""
LARGEST = 10
FAILED = "FAILED"
SERVER_ERROR = 500


def main() -> None:
    """Build, start each zip, print the table."""
    variables: dict[str, str] = {}
    if bundle.runs_here():
        variables = interpreter_mirror.variables(REPOSITORY / ".netlify/mirror")
    if variables and sys.argv[1:] == ["--no-copy"]:
        sys.exit("No interpreter can be downloaded.")
    if variables:
        print("No interpreter can be downloaded: a copy of this machine's goes in. DO NOT DEPLOY this build.")
    built = subprocess.run(
        [NETLIFY, "build", "--offline"], cwd=REPOSITORY, env=os.environ | variables, check=False
    )
    # Meant for a deploy, which this is not.
    (REPOSITORY / "public/config.json").unlink(missing_ok=True)
    if built.returncode:
        sys.exit(built.returncode)
    project = Built(REPOSITORY, "")
    print(f"{'function':<28}{'zip MB':>8}{'unpacked MB':>13}{'cold ms':>9}{'warm ms':>9}  first answer")
    rows = [row(project, name) for name in project.manifest]
    print("\n".join(rows))
    sbom = REPOSITORY / "build/sbom.cdx.json"
    sbom.parent.mkdir(exist_ok=True)
    sbom.write_text(json.dumps(bill_of_materials(project), indent=2) + "\n", encoding="utf-8")
    print(f"\nwhat the zips hold, as CycloneDX: {sbom.relative_to(REPOSITORY)}")
    heaviest = max(project.manifest, key=lambda name: project.zip(name).stat().st_size)
    print(f"\n  MB  the largest in {heaviest}.zip")
    for path, size in largest(project.zip(heaviest)):
        print(f"{size / 1e6:>4.1f}  {path}")
    if any(FAILED in line for line in rows):
        sys.exit("A function failed in its zip.")


def bill_of_materials(built: Built) -> dict[str, Any]:
    """Return the interpreter and the packages of the zips as CycloneDX.

    https://cyclonedx.org/docs/1.6/json/
    """
    found: dict[tuple[str, str], set[str]] = {}
    pythons: set[str] = set()
    for name in built.manifest:
        with zipfile.ZipFile(built.zip(name)) as opened:
            for path in opened.namelist():
                if match := re.search(r"/packages/([\w.]+)-([\w.]+)\.dist-info/", path):
                    key = (match[1].lower().replace("_", "-"), match[2])
                    found.setdefault(key, set()).add(name)
                elif match := re.search(r"/python/lib/python(3\.\d+)/", path):
                    pythons.add(match[1])
    interpreters = [
        {"type": "platform", "name": "cpython", "version": version} for version in sorted(pythons)
    ]
    packages = [
        {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "properties": [{"name": "function", "value": function} for function in sorted(functions)],
        }
        for (name, version), functions in sorted(found.items())
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [*interpreters, *packages],
    }


def row(built: Built, name: str) -> str:
    """Return the table's line for one function.

    Cold is the first invocation: the entry's import, Python's start, the handler's import and its answer.
    """
    with zipfile.ZipFile(built.zip(name)) as opened:
        unpacked = sum(info.file_size for info in opened.infolist())
    line = f"{name:<28}{built.zip(name).stat().st_size / 1e6:>8.1f}{unpacked / 1e6:>13.1f}"
    if not bundle.runs_here():
        return f"{line}  not started: it holds Linux x86-64 programs"
    if not shutil.which("bwrap"):
        return f"{line}  not started: install bubblewrap (apt-get install bubblewrap)"
    event = {"httpMethod": "GET", "rawUrl": "http://localhost/", "headers": {}}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:
        instance = Instance(unpack(built.zip(name), Path(folder)), SETTINGS, log)
        outcomes = [instance.invoke(event, f"request-{number}") for number in range(2)]
        instance.close()
    cold, warm = (outcome["milliseconds"] for outcome in outcomes)
    answer = outcomes[0].get("statusCode", SERVER_ERROR)
    said = answer if answer < SERVER_ERROR else f"{FAILED}: {outcomes[0].get('error', answer)}"
    return f"{line}{cold:>9.0f}{warm:>9.1f}  {said}"


def largest(archive: Path) -> list[tuple[str, int]]:
    """Return the packages and files that take most of a zip, with their compressed sizes in bytes."""
    sizes: Counter[str] = Counter()
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            sizes[thing(PurePosixPath(info.filename))] += info.compress_size
    return sizes.most_common(LARGEST)


def thing(path: PurePosixPath) -> str:
    """Return what a file counts for: its package, a library, an extension module, or one module."""
    parts = path.parts[path.parts.index("bundle") + 1 :] if "bundle" in path.parts else path.parts
    # python/lib/python3.X/<package or module>, and one level more for the extension modules.
    depth = 5 if "lib-dynload" in parts else 4 if parts[0] == "python" else 2
    return "/".join(parts[:depth])


if __name__ == "__main__":
    main()
