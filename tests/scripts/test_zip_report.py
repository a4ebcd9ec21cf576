"""What `make bundle` prints of a zip; the builds themselves are tested in tests/packaging."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import zip_report

if TYPE_CHECKING:
    from pathlib import Path


def test_the_largest_things_are_packages_and_libraries(tmp_path: Path) -> None:
    top = ".netlify/python/bundle"
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        for name, size in {
            f"{top}/packages/one/a.pyc": 300,
            f"{top}/packages/one/b/c.pyc": 300,
            f"{top}/python/lib/python3.14/encodings/big5.pyc": 500,
            f"{top}/python/lib/python3.14/lib-dynload/_ssl.so": 400,
            f"{top}/python/lib/python3.14/lib-dynload/_json.so": 40,
            f"{top}/python/bin/python3": 200,
            "___netlify-entry-point.mjs": 100,
        }.items():
            archive.writestr(name, bytes(size))
    assert zip_report.largest(tmp_path / "one.zip") == [
        ("packages/one", 600),
        ("python/lib/python3.14/encodings", 500),
        ("python/lib/python3.14/lib-dynload/_ssl.so", 400),
        ("python/bin/python3", 200),
        ("___netlify-entry-point.mjs", 100),
        ("python/lib/python3.14/lib-dynload/_json.so", 40),
    ]
