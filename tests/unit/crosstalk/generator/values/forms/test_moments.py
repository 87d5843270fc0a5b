"""Moments as arguments: those at which something is stored."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.generator.values.forms.moments import likely_moments, window_edge
from crosstalk.surface.operation import Operation, Parameter, Role

DATES = ("2030-01-01", "2020-01-01", "2035-12-31")


@pytest.mark.parametrize(
    ("name", "schema", "first"),
    [
        ("month", {"type": "string"}, "2030-01"),
        ("week", {"type": "string"}, "2030-W01"),
        ("billingMonth", {"type": "string"}, "2030-01"),
        ("year", {"type": "integer", "minimum": 1900}, 2030),
        ("month", {"type": "integer", "minimum": 1, "maximum": 12}, 1),
        ("day", {"type": "string", "format": "date"}, "2030-01-01"),
    ],
)
def test_moment_is_that_of_the_first_date_of_any_schema(
    name: str, schema: dict[str, Any], first: object
) -> None:
    assert likely_moments(Parameter(name, schema, True, Role.VALUE))[0] == first


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("monthly", {"type": "number"}),
        ("update", {"type": "string"}),
        ("week", {"enum": ["this", "next"]}),
        ("starts", {"type": "string", "format": "date-time"}),
        ("year", True),
    ],
)
def test_other_arguments_are_no_moments(name: str, schema: Any) -> None:
    assert likely_moments(Parameter(name, schema, True, Role.VALUE)) == []


@pytest.mark.parametrize(
    ("name", "edge"),
    [("from", "2020-01-01"), ("date_to", "2035-12-31"), ("until", "2035-12-31"), ("on", None)],
)
def test_window_of_a_reading_is_as_wide_as_it_can_be(name: str, edge: str | None) -> None:
    parameter = Parameter(name, {"type": "string", "format": "date"}, True, Role.VALUE)
    reading = Operation("rest", "rest:GET /events", (parameter,), reads_only=True)
    assert window_edge(reading, parameter, DATES) == edge
    writing = Operation("rest", "rest:POST /events", (parameter,), reads_only=False)
    assert window_edge(writing, parameter, DATES) is None
