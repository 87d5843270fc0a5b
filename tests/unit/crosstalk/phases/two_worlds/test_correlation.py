"""The sign test on pairs of changes: what is suspected, what is proven, and how sure that is."""

from __future__ import annotations

import math

import pytest

from crosstalk.phases.two_worlds.correlation import (
    FALSE_ALARM,
    PAIRS,
    Pairs,
    is_duration,
    proven,
    size_of_change,
)


def test_a_false_alarm_is_as_rare_as_the_bound_says() -> None:
    # Every order in which coins may fall, counted by how often the first is greater.
    alarms = 0
    for greater in range(PAIRS + 1):
        pairs = [(1.0, 0.0)] * greater + [(0.0, 1.0)] * (PAIRS - greater)
        orders = math.comb(PAIRS, greater)
        alarms += orders if proven(pairs) else 0
    assert 0 < alarms / 2**PAIRS <= FALSE_ALARM


def test_numbers_tried_at_once_share_the_bound() -> None:
    pairs = [(1.0, 0.0)] * 20 + [(0.0, 1.0)] * 4
    assert proven(pairs)
    assert not proven(pairs, among=2)


def test_a_number_that_changes_more_without_the_others_is_not_suspected() -> None:
    found: Pairs[str] = Pairs()
    for _ in range(8):
        found.add("clock", 1.0, 2.0)
        found.add("steady", 0.0, 0.0)
        found.add("total", 3.0, 1.0)
    assert found.suspected() == ["total"]
    found.forget("total")
    assert found.suspected() == []


@pytest.mark.parametrize(
    ("before", "after", "size"),
    [
        ("3", "7", 4.0),
        ("7.5", "7", 0.5),
        ("12 of your notes", "14 of your notes", 2.0),
        ("12 of your notes", "14 of your tasks", None),
        ("1 of 2", "2 of 2", None),
        ("<change:1>", "<change:2>", None),
        (None, "2", None),
        ("v3a", "v4a", None),
    ],
)
def test_the_only_number_of_a_text_has_a_size_of_change(
    before: str | None, after: str | None, size: float | None
) -> None:
    assert size_of_change(before, after) == size


def test_a_duration_of_the_call_is_told_by_its_name() -> None:
    assert is_duration("body.took_ms")
    assert is_duration("headers.x-elapsed")
    assert not is_duration("body.items.0.total")
