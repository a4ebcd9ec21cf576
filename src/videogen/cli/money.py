"""What a job has cost, in words and in USD. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videogen.jobs import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from videogen.jobs import Job


def verdict(job: Job) -> str:
    """Return one sentence that says whether money was spent."""
    if job.rescues:
        return f"This job spent no money: it only saves the video that job {job.rescues} has paid for."
    if not job.has_ended and job.stage is Stage.RENDERING:
        return "The paid call is under way: one video is being bought."
    return {
        "no": "No money was spent.",
        "yes": "One video was paid for.",
        "unknown": "One video may have been paid for: look at the provider's account.",
    }[job.charged]


def spent(jobs: list[Job], prices: Mapping[str, float | None]) -> tuple[float, float, int]:
    """Return USD surely spent, USD that may have been spent on top, and jobs whose model has no price.

    A job counts with the price of its own day; `prices` are today's, for records of before there was one.
    """
    sure = maybe = 0.0
    unpriced = 0
    for job in jobs:
        cost = job.charged
        price = job.price if job.price is not None else prices.get(job.model)
        if cost == "no":
            continue
        if price is None:
            unpriced += 1
        elif cost == "yes":
            sure += price
        else:
            maybe += price
    return round(sure, 4), round(maybe, 4), unpriced
