"""What a job has cost is said truly, at every moment of its life."""

from __future__ import annotations

import pytest

from support.example_jobs import (
    OLD_ID,
    canceled,
    completed,
    failed,
    given_up,
    queued,
    rendering,
    rescue,
    saving,
)
from videogen.cli import money
from videogen.jobs import Failure, Job

PRICES = {"blackboxai/google/veo-3-fast": 0.8}
REFUSED = failed(Failure.of("content_refused"))


@pytest.mark.parametrize(
    ("job", "charged", "sentence"),
    [
        (queued(), "no", "No money was spent."),
        (rendering(), "unknown", "The paid call is under way: one video is being bought."),
        (saving(), "yes", "One video was paid for."),
        (completed(), "yes", "One video was paid for."),
        (REFUSED, "no", "No money was spent."),
        (given_up(), "unknown", "One video may have been paid for: look at the provider's account."),
        (canceled(), "no", "No money was spent."),
        (rescue(), "no", f"This job spent no money: it only saves the video that job {OLD_ID} has paid for."),
    ],
    ids=["queued", "rendering", "saving", "completed", "refused", "given up", "canceled", "a rescue"],
)
def test_a_job_s_cost(job: Job, charged: str, sentence: str) -> None:
    assert (job.charged, money.verdict(job)) == (charged, sentence)


def test_spending_keeps_the_sure_from_the_doubtful_and_counts_what_has_no_price() -> None:
    unpriced = completed(saving(rendering(queued(model="blackboxai/other"))))

    assert money.spent([completed(), given_up(), REFUSED, unpriced], PRICES) == (0.8, 0.8, 1)
