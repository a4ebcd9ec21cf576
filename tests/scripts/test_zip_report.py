"""What `make bundle` prints of a zip; the builds themselves are tested in tests/packaging."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest
import zip_report

import bundle
from builds import Built

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


def test_the_bill_of_materials_names_what_each_zip_holds(tmp_path: Path) -> None:
    functions = tmp_path / ".netlify/functions"
    functions.mkdir(parents=True)
    top = ".netlify/python/bundle"
    for name, packages in {
        "start": ["boto3-1.44.1"],
        "worker": ["boto3-1.44.1", "typing_extensions-4.16.0"],
    }.items():
        with zipfile.ZipFile(functions / f"{name}.zip", "w") as archive:
            archive.writestr(f"{top}/python/lib/python3.14/os.pyc", b"")
            for package in packages:
                archive.writestr(f"{top}/packages/{package}.dist-info/METADATA", b"")
    manifest = {"functions": [{"name": "start"}, {"name": "worker"}]}
    (functions / "manifest.json").write_text(json.dumps(manifest))

    found = zip_report.bill_of_materials(Built(tmp_path, ""))

    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    assert [(one["name"], one["version"], one.get("purl")) for one in found["components"]] == [
        ("cpython", "3.14", None),
        ("boto3", "1.44.1", "pkg:pypi/boto3@1.44.1"),
        ("typing-extensions", "4.16.0", "pkg:pypi/typing-extensions@4.16.0"),
    ]
    assert [len(one.get("properties", [])) for one in found["components"]] == [0, 2, 1]


BUILD = """#!/bin/sh
[ "$*" = "build --offline" ] && printf '{}' > public/config.json && exit %d
"""


def exit_code_of_main() -> object:
    try:
        zip_report.main()
    except SystemExit as ending:
        return ending.code
    return 0


@pytest.mark.parametrize("code", [0, 3])
def test_a_build_leaves_nothing_in_the_page_s_folder(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it writes there is for a deploy: a site that serves this folder would show its prices."""
    (tmp_path / "public").mkdir()
    functions = tmp_path / ".netlify/functions"
    functions.mkdir(parents=True)
    (functions / "manifest.json").write_text('{"functions": [{"name": "start"}]}')
    with zipfile.ZipFile(functions / "start.zip", "w") as archive:
        archive.writestr("handler.py", b"")
    netlify = tmp_path / "netlify"
    netlify.write_text(BUILD % code)
    netlify.chmod(0o755)
    monkeypatch.setattr(zip_report, "REPOSITORY", tmp_path)
    monkeypatch.setattr(zip_report, "NETLIFY", netlify)
    monkeypatch.setattr(zip_report, "row", lambda _, name: name)
    monkeypatch.setattr(bundle, "runs_here", lambda: False)

    assert exit_code_of_main() == code
    assert list((tmp_path / "public").iterdir()) == []
    assert (tmp_path / "build/sbom.cdx.json").exists() is (code == 0)
