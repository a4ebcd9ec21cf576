"""When the next question about a job of some age is due."""

from __future__ import annotations

import math

import pytest

from videogen.polling import UNKNOWN, poll_after

STRETCHES = (10.0, 5.0, 40.0, 30.0, 60.0, 2.0)
"""Every 5 s for 10 s, then every 30 s for half a minute, then every 2 s for 20 s."""


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (0.0, 5.0),
        (4.0, 5.0),
        # A second of five is left: the rest of the question is used up at 4/5 of 30 s.
        (9.0, 1.0 + 0.8 * 30.0),
        (10.0, 30.0),
        # A second of thirty is left, and then 29/30 of 2 s.
        (39.0, 1.0 + 29 / 30 * 2.0),
        (41.0, 2.0),
    ],
)
def test_the_next_question_comes_when_one_interval_is_used_up(age: float, expected: float) -> None:
    assert poll_after(age, STRETCHES) == pytest.approx(expected)


def test_a_question_that_comes_early_or_late_moves_the_next_and_no_more() -> None:
    assert 20.0 + poll_after(20.0, STRETCHES) == pytest.approx(40.0 + (1 - 20 / 30) * 2.0)
    assert 21.0 + poll_after(21.0, STRETCHES) == pytest.approx(40.0 + (1 - 19 / 30) * 2.0)


def test_after_the_last_stretch_questions_become_rare_with_age() -> None:
    assert poll_after(100.0, STRETCHES) == 10.0
    assert poll_after(800.0, STRETCHES) == 40.0


@pytest.mark.parametrize("age", [-5.0, 0.0, 1e9])
@pytest.mark.parametrize("stretches", [UNKNOWN, (), (90.0,), (90.0, 0.0), (90.0, math.inf), (math.inf, 5.0)])
def test_odd_ages_and_stretches_have_an_answer(age: float, stretches: tuple[float, ...]) -> None:
    assert 1 <= poll_after(age, stretches) < math.inf
