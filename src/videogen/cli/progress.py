"""The wait for a video, shown at a terminal: stage, bar, time. A pipe gets a line for each new stage."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.progress_bar import ProgressBar
from rich.text import Text

from videogen.cli.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

    from videogen.cli.terminal_page import Show

NEVER_MORE = 0.95
"""The share of the bar that time alone may fill: only the video itself ends it."""


@contextmanager
def shown(console: Console) -> Iterator[Show]:
    """Show the wait from `with` until its end, by what this hands over."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        _Likely(),
        _Seconds(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task("sending the photo", before=0.0, p50=None, p90=None)
    last = ""

    def show(stage: str, elapsed: float, estimate: Mapping[str, float] | None) -> None:
        nonlocal last
        here = bar.tasks[task].elapsed or 0.0
        known = estimate or {}
        bar.update(
            task,
            description=clean(stage),
            before=elapsed - here,
            p50=known.get("p50"),
            p90=known.get("p90"),
        )
        if stage != last and not console.is_terminal:
            console.print(Text(clean(stage)), soft_wrap=True)
        last = stage

    with bar:
        yield show


def likely_share(age: float, p90: float) -> float:
    """Return how far the bar goes at an age in seconds, from 0 to NEVER_MORE."""
    return max(0.0, min(age / p90, NEVER_MORE)) if p90 > 0 else 0.0


def _age(task: Task) -> float:
    before: float = task.fields["before"]
    return before + (task.elapsed or 0.0)


class _Likely(ProgressColumn):
    """A bar that is full when nine jobs in ten would be done; one that only moves while nothing is known."""

    max_refresh = 0.1

    def render(self, task: Task) -> ProgressBar:
        p90 = task.fields["p90"]
        if p90 is None:
            return ProgressBar(total=None, width=30, pulse=True)
        return ProgressBar(total=1.0, completed=likely_share(_age(task), p90), width=30)


class _Seconds(ProgressColumn):
    """The job's age, and what is usual."""

    def render(self, task: Task) -> Text:
        p50, p90 = task.fields["p50"], task.fields["p90"]
        usual = "" if p50 is None else f", usually {p50:.0f} to {p90:.0f} s"
        return Text(f"{_age(task):.0f} s{usual}")
