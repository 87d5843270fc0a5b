"""Refusals for being too many, told from refusals of a value."""

from __future__ import annotations

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.limit_refusals import names_a_limit, number_named, refused_for_many


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "You have reached the limit of 20 notes"),
        (409, "no more tasks can be kept: delete some"),
        (402, "Your plan allows at most 3 projects"),
        (422, "quota_exceeded"),
        (200, "Your storage quota is used up"),
        (200, "You have too many tasks already; the limit is 15"),
        (423, "Too many attempts, try again later"),
        (403, "QuotaExceeded"),
    ],
)
def test_words_of_a_limit_refuse_for_being_too_many(status: int, message: str) -> None:
    assert refused_for_many(Answer(Outcome.ERROR, status, None, message=message))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (422, "String should have at most 100 characters"),
        (422, "limit: Input should be less than or equal to 100"),
        (400, "limit must be at most 100"),
        (403, "admins only"),
        (404, "no such note"),
        (409, "you have a vehicle with this plate"),
    ],
)
def test_a_value_that_is_refused_is_not_too_many(status: int, message: str) -> None:
    assert not refused_for_many(Answer(Outcome.ERROR, status, None, message=message))


def test_429_needs_no_words_and_what_is_served_is_not_refused() -> None:
    assert refused_for_many(Answer(Outcome.LIMITED, 429, None))
    assert not refused_for_many(Answer(Outcome.OK, 200, "3 of your quota of 5 are left"))


def test_descriptions_name_limits_and_how_many_they_let_through() -> None:
    assert names_a_limit("Store a note. At most 20 notes.")
    assert number_named("Store a note. At most 20 notes.") == 20
    assert names_a_limit("Five exports an hour")
    assert not names_a_limit("A title of at most 100 characters")
    assert not names_a_limit("All notes")
    assert number_named("Five exports an hour") == 0
