"""Each command of docs/runbook.md answers on a site that has every kind of trouble."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from support.markdown_pages import Block, blocks
from support.terminal import Operator

if TYPE_CHECKING:
    from pathlib import Path

    from support.served_site import ServedSite

BLOCKS = [block for block in blocks("sh") if block.page == "docs/runbook.md"]
DONE_OR_NOT_WELL = {0, 1}


def test_the_runbook_has_an_answer_for_each_kind_of_night() -> None:
    assert len(BLOCKS) >= 11


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_each_command_of_the_runbook_answers(
    block: Block, site: ServedSite, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    job_id = site.make("[fault:E403] my daughter at the lake")
    operator = Operator(environ, tmp_path)
    for line in block.text.splitlines():
        program, *words = shlex.split(line)
        if program != "videogen":
            continue
        words = [site.url if word.startswith("https://") else word.replace("JOB", job_id) for word in words]

        ran = operator(*words, typed="y\n")

        assert ran.code in DONE_OR_NOT_WELL, (line, ran.err)
        assert ran.out or ran.err
