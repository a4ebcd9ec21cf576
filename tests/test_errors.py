"""The tree of errors as it is drawn, and as it is."""

from __future__ import annotations

import inspect

from videogen import errors
from videogen.errors import FAILURES, JobError, VideogenError


def test_the_drawn_tree_names_each_error() -> None:
    assert errors.__doc__ is not None
    found = [
        name
        for name, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, VideogenError) and value.__module__ == errors.__name__
    ]

    assert [name for name in found if name not in errors.__doc__] == []


def test_what_may_have_cost_something_never_says_that_it_did_not() -> None:
    free = {code for code, meaning in FAILURES.items() if "Nothing was charged" in meaning.detail}

    assert {FAILURES[code].charged for code in free} == {"no"}


def test_a_job_s_error_says_what_its_code_means() -> None:
    error = JobError("save_failed")

    assert (error.code, error.charged, error.retryable, error.detail) == (
        "save_failed",
        *FAILURES["save_failed"],
    )
