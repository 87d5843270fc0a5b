"""Spans of time: what ends has to end after it began."""

from __future__ import annotations

import pytest

from crosstalk.generator.values.forms.spans import later_ends


@pytest.mark.parametrize(
    ("begun", "ended", "later"),
    [
        ("2026-03-01T09:00:00", "2026-03-01T09:00:00", "2026-03-01T10:00:00"),
        ("2026-03-01T09:00", "2026-03-01T09:00", "2026-03-01T10:00"),
        ("2030-01-01T12:00:00Z", "2030-01-01T12:00:00Z", "2030-01-01T13:00:00Z"),
        ("2030-01-01", "2029-01-01", "2030-01-02"),
    ],
)
def test_span_that_ends_when_it_begins_ends_later(begun: str, ended: str, later: str) -> None:
    assert later_ends({"began": begun, "ended": ended}) == {"ended": later}
    assert later_ends({"start_date": begun, "end_date": ended, "x": 1}) == {"end_date": later}


@pytest.mark.parametrize(
    ("begun", "ended"),
    [
        ("2030-01-01", "2030-01-02"),
        ("W1", "W1"),
        ("2030-01-01", "12:00"),
        (5, 5),
        ("12:00", "12:00"),
    ],
)
def test_values_that_are_no_span_or_in_order_stay(begun: object, ended: object) -> None:
    assert later_ends({"began": begun, "ended": ended}) == {}
    assert later_ends({"began": begun}) == {}


def test_no_span_ends_after_the_last_day() -> None:
    assert later_ends({"began": "9999-12-31", "ended": "9999-12-31"}) == {}
