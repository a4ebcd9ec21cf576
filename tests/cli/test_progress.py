"""The bar promises nothing: it is never full before the video is there."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from videogen.cli.progress import likely_share, shown


@pytest.mark.parametrize(
    ("age", "share"), [(-3.0, 0.0), (0.0, 0.0), (55.0, 0.5), (110.0, 0.95), (1000.0, 0.95)]
)
def test_the_bar_follows_the_time_in_which_nine_of_ten_jobs_end(age: float, share: float) -> None:
    assert likely_share(age, 110.0) == share


def test_a_terminal_sees_stage_time_and_what_is_usual() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)

    with shown(console) as show:
        show("the provider is making the video", 30.0, {"p50": 70.0, "p90": 110.0})

    assert isinstance(console.file, io.StringIO)
    assert "the provider is making the video" in console.file.getvalue()
    assert "30 s, usually 70 to 110 s" in console.file.getvalue()
