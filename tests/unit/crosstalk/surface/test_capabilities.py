"""What can be done with an operation, from its parameters."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.surface.capabilities import (
    creators_among,
    first_word,
    needs_values,
    parts_of_places,
    removes,
    renewed_size,
    required_references,
    smallest_page,
    unusual_sizes,
)
from crosstalk.surface.operation import Operation, Parameter, Role


@pytest.mark.parametrize(
    ("schema", "size"),
    [
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 0}, 1),
        ({"type": "integer", "minimum": 5.0}, 5),
        ({"type": "integer", "minimum": "few"}, 1),
    ],
)
def test_smallest_page_is_one_row_or_what_the_schema_admits(
    schema: dict[str, Any], size: int
) -> None:
    limit = Parameter("query.per_page", schema, False, Role.VALUE)
    listing = Operation(surface="mcp", name="list", parameters=(limit,), reads_only=True)
    assert smallest_page(listing) == {"query.per_page": size}


@pytest.mark.parametrize(
    ("schema", "some"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 100, "default": 31}, True),
        ({"type": "integer"}, True),
        ({"type": "integer", "maximum": 20}, False),
        ({"type": "integer", "maximum": "many"}, False),
    ],
)
def test_unusual_sizes_are_large_and_neither_round_nor_usual(
    schema: dict[str, Any], some: bool
) -> None:
    found = unusual_sizes(Parameter("limit", schema, False, Role.VALUE))
    assert bool(found) is some
    assert not {1, 20, 30, 50, 100, schema.get("default")} & set(found)


def test_unusual_size_is_another_one_in_each_run_and_usual_ones_stay() -> None:
    limit = Parameter("limit", {"type": "integer"}, False, Role.VALUE)
    renewed = [renewed_size(37, limit, salt) for salt in (1, 2, 3)]
    assert len({37, *renewed}) == 4
    assert set(renewed) <= set(unusual_sizes(limit))
    assert [renewed_size(each, limit, 3) for each in (1, 20, 100)] == [1, 20, 100]


def test_operation_without_pages_has_no_smallest_page() -> None:
    assert (
        smallest_page(Operation(surface="mcp", name="list", parameters=(), reads_only=True)) == {}
    )


@pytest.mark.parametrize(
    ("name", "reads", "found"),
    [
        ("mcp:cancel_series", False, True),
        ("rest:POST /bookings/{code}/cancel", False, True),
        ("mcp:binLot", False, True),
        ("rest:GET /bin", True, False),
        ("rest:POST /bookings", False, False),
    ],
)
def test_act_that_takes_an_object_away_removes_it(name: str, *, reads: bool, found: bool) -> None:
    assert removes(Operation(name.partition(":")[0], name, (), reads_only=reads)) is found


def test_call_without_words_makes_something_where_its_kind_or_its_address_says_so() -> None:
    kilos = Parameter("kg", {"type": "number"}, True, Role.VALUE)
    named = Parameter("name", {"type": "string"}, True, Role.NAME)
    weight = Parameter("weight_id", {"type": "string"}, True, Role.REFERENCE)
    said = {"kind": "create"}
    bike = Operation("mcp", "mcp:add_bike", (named,), reads_only=False, extra=said)
    sent = Operation("mcp", "mcp:send", (kilos,), reads_only=False)
    weighed = Operation("rest", "rest:POST /weights", (kilos,), reads_only=False)
    shown = Operation("rest", "rest:GET /weights/{weight_id}", (weight,), reads_only=True)
    ended = Operation("rest", "rest:POST /session/end", (), reads_only=False)
    assert creators_among([bike, sent, weighed, shown, ended]) == [weighed, bike]


@pytest.mark.parametrize(
    ("name", "kind", "chosen"),
    [
        ("rest:PATCH /flags/{key}", "change", False),
        ("rest:POST /flags/{key}/copy", "change", False),
        ("rest:POST /flags/{key}", "create", True),
        ("rest:PUT /flags/{key}", "change", True),
        ("rest:POST /flags", "create", True),
        ("mcp:set_flag", "change", True),
    ],
)
def test_address_of_what_is_changed_names_what_is_there(
    name: str, kind: str, *, chosen: bool
) -> None:
    key = Parameter("key", {"type": "string"}, True, Role.NAME)
    text = Parameter("description", {"type": "string"}, False, Role.TEXT)
    operation = Operation("rest", name, (key, text), reads_only=False, extra={"kind": kind})
    assert operation.chooses(key) is chosen
    assert (key in required_references(operation)) is not chosen


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("mcp:cancel_series", "cancel"),
        ("rest:POST /bookings/{code}/cancel", "cancel"),
        ("rest:POST /graphql setCode", "set"),
        ("rest:POST /graphql", "graphql"),
    ],
)
def test_first_word_of_a_graphql_field_is_that_of_the_field(name: str, word: str) -> None:
    assert first_word(name) == word


def test_an_operation_that_names_two_places_says_which_each_argument_is_about() -> None:
    names = ("project_id", "number", "other_project_id", "other_number")
    text = {"type": "string"}
    named = tuple(Parameter(each, text, True, Role.REFERENCE) for each in names)
    address = "rest:POST /projects/{project_id}/snags/{number}/duplicate"
    found = parts_of_places(Operation("rest", address, named, reads_only=False))
    assert list(found.values()) == ["", "", "other", "other"]
    assert parts_of_places(Operation("rest", address, named[:3], reads_only=False)) == {}


def test_a_reading_may_need_a_value_beside_what_it_names() -> None:
    named = Parameter("gauge_id", {"type": "string"}, True, Role.REFERENCE)
    month = Parameter("month", {"type": "string"}, True, Role.VALUE)
    page = Parameter("page", {"type": "integer"}, False, Role.VALUE)
    assert needs_values(Operation("mcp", "mcp:month_summary", (named, month), reads_only=True))
    assert not needs_values(Operation("mcp", "mcp:get_gauge", (named, page), reads_only=True))
