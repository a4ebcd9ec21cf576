"""The plots of `videogen usage`: outcomes, durations and money, as one HTML file and as lines of text. Pure.

The file asks nothing of anybody: no script, no font, no picture. Bars differ by pattern, so that they are
told apart without colour, and the colours follow the reader's choice of light or dark.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from videogen.cli.usage import Usage

WIDTH, BAR, GAP, LABEL = 900, 14, 6, 230
"""Pixels of a plot: its width, a bar's height, what lies between two, the names at the left."""
COLUMNS = 40
"""Characters of the longest bar in a terminal."""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif }}
  body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
  svg {{ width: 100%; height: auto }}
  text {{ fill: currentColor; font-size: 12px }}
  .first {{ fill: light-dark(#1d5fa8, #7db4f0) }}
  .second {{ fill: url(#hatched); stroke: light-dark(#a33b14, #f0a07d) }}
  .third {{ fill: none; stroke: currentColor; stroke-dasharray: 3 2 }}
  .line {{ stroke: light-dark(#a33b14, #f0a07d); stroke-width: 3 }}
</style>
<h1>{title}</h1>
<svg width="0" height="0" aria-hidden="true"><pattern id="hatched" width="6" height="6"
  patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="line" x1="0" y1="0" x2="0" y2="6"
  /></pattern></svg>
{plots}
</html>
"""


def page(title: str, times: Sequence[Usage], models: Sequence[Usage]) -> str:
    """Return the HTML file; `times` are days or hours, each in order and without the sum."""
    plots = (
        _plot(
            "Outcomes: completed (filled), failed or canceled (hatched), running (outlined)",
            times,
            lambda one: [one.completed, one.jobs - one.completed - one.running, one.running],
            lambda one: f"{one.completed} of {one.jobs}",
        ),
        _plot(
            "Seconds to a video: half of them (filled), nine in ten (hatched)",
            times,
            lambda one: [one.median or 0, (one.p90 or 0) - (one.median or 0), 0],
            _seconds,
        ),
        _plot(
            "USD by model: spent (filled), perhaps spent (hatched)",
            models,
            lambda one: [one.spent, one.maybe_spent, 0],
            money,
        ),
    )
    return PAGE.format(title=escape(title), plots="\n".join(plots))


def lines(times: Sequence[Usage], models: Sequence[Usage]) -> Iterator[str]:
    """Yield the same three plots as text."""
    yield "Outcomes: █ completed, ▒ failed or canceled, ░ running"
    yield from _bars(
        times,
        lambda one: [one.completed, one.jobs - one.completed - one.running, one.running],
        lambda one: f"{one.completed} of {one.jobs}",
    )
    yield "Seconds to a video: █ half of them, ▒ nine in ten"
    yield from _bars(times, lambda one: [one.median or 0, (one.p90 or 0) - (one.median or 0), 0], _seconds)
    yield "USD by model: █ spent, ▒ perhaps spent"
    yield from _bars(models, lambda one: [one.spent, one.maybe_spent, 0], money)


def _seconds(one: Usage) -> str:
    return "" if one.median is None else f"{one.median:.0f} and {one.p90:.0f} s"


def money(one: Usage) -> str:
    """Return what was spent in USD, and what may have been."""
    unpriced = f" + {one.unpriced} without a price" if one.unpriced else ""
    return (
        f"{one.spent:.2f}" + (f" to {one.spent + one.maybe_spent:.2f}" if one.maybe_spent else "") + unpriced
    )


def _plot(
    heading: str,
    groups: Sequence[Usage],
    parts: Callable[[Usage], list[float]],
    text: Callable[[Usage], str],
) -> str:
    most = max((sum(parts(one)) for one in groups), default=0) or 1
    drawn: list[str] = []
    for row, one in enumerate(groups):
        top, left = row * (BAR + GAP), float(LABEL)
        drawn.append(f'<text x="0" y="{top + BAR - 2}">{escape(one.name)}</text>')
        for kind, part in zip(("first", "second", "third"), parts(one), strict=True):
            wide = part / most * (WIDTH - LABEL - 200)
            if part:
                drawn.append(
                    f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{wide:.1f}" height="{BAR}"/>'
                )
            left += wide
        drawn.append(f'<text x="{left + 8:.1f}" y="{top + BAR - 2}">{escape(text(one))}</text>')
    height = len(groups) * (BAR + GAP) or BAR
    return (
        f'<h2>{escape(heading)}</h2>\n<svg viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(heading)}">\n' + "\n".join(drawn) + "\n</svg>"
    )


def _bars(
    groups: Sequence[Usage], parts: Callable[[Usage], list[float]], text: Callable[[Usage], str]
) -> Iterator[str]:
    most = max((sum(parts(one)) for one in groups), default=0) or 1
    wide = max((len(one.name) for one in groups), default=0)
    for one in groups:
        bar = "".join(
            sign * round(part / most * COLUMNS) for sign, part in zip("█▒░", parts(one), strict=True)
        )
        yield f"  {one.name:<{wide}}  {bar} {text(one)}"
