"""Builds the zips and prints what they weigh and how fast they start: `make bundle`.

The build is `netlify build --offline`, as by hand. Where no interpreter can be downloaded it takes one made
from the Python that runs this, which shows sizes and times but must not be deployed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import mirror

import bundle
from support.builds import NETLIFY, REPOSITORY, Built
from support.running import run_site
from support.sandbox import unpack


def main() -> None:
    """Build, start each zip twice, print the table."""
    variables: dict[str, str] = {}
    if bundle.runs_here() and not mirror.can_download():
        print("No interpreter can be downloaded: a copy of this machine's goes in. DO NOT DEPLOY this build.")
        variables = mirror.make(REPOSITORY / ".netlify/mirror")
    built = subprocess.run(
        [NETLIFY, "build", "--offline"], cwd=REPOSITORY, env=os.environ | variables, check=False
    )
    if built.returncode:
        sys.exit(built.returncode)
    print(f"{'function':<28}{'zip MB':>8}{'unpacked MB':>13}{'cold ms':>9}{'warm ms':>9}  first answer")
    for name in Built(REPOSITORY, "").manifest:
        print(row(Built(REPOSITORY, ""), name))


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
    with tempfile.TemporaryDirectory() as folder:
        path = unpack(built.zip(name), Path(folder))
        with run_site(built, {name: path}, stand_ins=True) as site:
            route = built.manifest[name].get("routes", [{"pattern": f"/.netlify/functions/{name}"}])[0][
                "pattern"
            ]
            outcomes = []
            for _ in range(2):
                site.client.get(route)
                outcomes.append(site.control("outcome", name))
    cold, warm = (outcome["milliseconds"] for outcome in outcomes)
    return f"{line}{cold:>9.0f}{warm:>9.1f}  {outcomes[0].get('statusCode') or outcomes[0]['error']}"


if __name__ == "__main__":
    main()
