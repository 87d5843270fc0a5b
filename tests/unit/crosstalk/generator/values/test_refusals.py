"""Values that refusals ask for, in the words of frameworks and of people."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.values.refusals import (
    described_values,
    lessons,
    listed_values,
    repeated_in,
    usual_values,
)
from crosstalk.surface.operation import Parameter, Role

TEXT = {"type": "string"}
PRIORITY = Parameter("priority", TEXT, False, Role.TEXT)
DUE = Parameter("due_date", TEXT, False, Role.TEXT)
COUNT = Parameter("count", {"type": "integer"}, True, Role.VALUE)


def refusal(body: Any = None, message: str | None = None) -> Answer:
    """Return a refusal of a call's form."""
    return Answer(Outcome.ERROR, 422, body, message=message)


def pydantic(*location: str, msg: str) -> dict[str, Any]:
    """Return a refusal as FastAPI words it."""
    return {"detail": [{"loc": list(location), "msg": msg, "input": "note", "type": "x"}]}


@pytest.mark.parametrize(
    ("body", "name", "first"),
    [
        (pydantic("body", "priority", msg="Input should be 'low' or 'high'"), "priority", "low"),
        ({"error": "priority must be one of: low, medium, high"}, "priority", "low"),
        ({"error": "'note' is not one of ['p1', 'p2'] (priority)"}, "priority", "p1"),
        ({"error": "invalid priority, allowed values are low|high."}, "priority", "low"),
        ({"errors": {"priority": ["Must be one of: urgent, later."]}}, "priority", "urgent"),
        (
            {"error": "due_date: time data 'x' does not match format '%d.%m.%Y'"},
            "due_date",
            "01.01.2030",
        ),
        ({"error": "due date must be YYYY-MM-DD HH:MM"}, "due_date", "2030-01-01 12:00"),
        ({"error": "bad due_date, use an ISO 8601 timestamp"}, "due_date", "2030-01-01T12:00:00Z"),
        ({"error": "due_date must start with 'on:'"}, "due_date", "on:note1"),
        (
            pydantic("body", "count", msg="Input should be greater than or equal to 10"),
            "count",
            10,
        ),
        ({"error": "count must be between 5 and 7"}, "count", 5),
        ({"error": "A priority has 3 to 9 small letters."}, "priority", "{end:9}"),
        (
            pydantic("body", "due_date", msg="not a valid date or datetime"),
            "due_date",
            "2030-01-01",
        ),
        (
            {"error": "priority: the header must be: sku;name;email"},
            "priority",
            "sku;name;email\nnote {marker};note {marker};{marker}@example.com\n",
        ),
    ],
)
def test_refusal_gives_the_value_that_it_asks_for(body: Any, name: str, first: object) -> None:
    assert lessons(refusal(body), [PRIORITY, DUE, COUNT])[name][0] == first


@pytest.mark.parametrize(
    "state", ["there, or archived", "taken or reserved", "already in use, try"]
)
def test_refusal_of_a_name_that_is_there_gives_no_value(state: str) -> None:
    label = Parameter("label", TEXT, True, Role.NAME)
    assert lessons(refusal({"error": f"a note of this label is {state}"}), [label]) == {}


def test_refusal_that_asks_for_a_number_gives_one_where_the_schema_says_nothing() -> None:
    untyped = Parameter("laps", {}, True, Role.VALUE)
    said = refusal({"error": "laps is a number"})
    assert lessons(said, [untyped])["laps"][0] == 1


def test_refusal_that_names_no_argument_is_about_the_one_that_is_suspected() -> None:
    answer = refusal(message="must be one of a1, b2")
    assert lessons(answer, [PRIORITY, DUE], ["due_date"]) == {"due_date": ["a1", "b2"]}
    assert lessons(answer, [PRIORITY, DUE]) == {}


def test_text_of_a_length_that_a_refusal_tells_holds_a_marker() -> None:
    for said, value in (
        ("priority is text of at most 500 characters", "note {marker}"),
        ("priority has at most 9 characters", "{end:9}"),
        ("priority has at most 3 characters", "not"),
    ):
        assert lessons(refusal({"error": said}), [PRIORITY])["priority"][0] == value


def test_example_of_a_files_name_is_followed_with_a_marker_before_its_ending() -> None:
    name = Parameter("name", {"type": "string"}, True, Role.NAME)
    said = refusal({"title": "a sketch is called like m31-core.txt"})
    assert lessons(said, [name, PRIORITY]) == {"name": ["{marker}.txt", "m31-core.txt"]}


def test_pattern_of_a_refusal_is_matched() -> None:
    body = pydantic("body", "priority", msg="String should match pattern '^P[0-9]{3}$'")
    (value, *_) = lessons(refusal(body), [PRIORITY])["priority"]
    assert value[0] == "P"
    assert value[1:].isdigit()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dueDate", "2030-01-01"),
        ("color", "#336699"),
        ("repeat", "FREQ=DAILY"),
        ("timezone", "UTC"),
        ("reminder.email", "{marker}@example.com"),
    ],
)
def test_name_says_what_is_usual_where_a_refusal_says_nothing(name: str, value: str) -> None:
    assert usual_values(name)[0] == value


def test_name_that_says_nothing_gives_nothing() -> None:
    assert usual_values("description") == []


@pytest.mark.parametrize(
    ("body", "schema", "value"),
    [
        ({"error": "priority is written like 2025-03"}, TEXT, "2025-03"),
        ({"error": "priority: use e.g. P-17, please"}, TEXT, "P-17"),
        ({"error": "a priority is like high/urgent, without dots"}, TEXT, "high/urgent"),
        (
            {"error": "Cannot read the priority 'x'; write: front = back"},
            {"type": "array", "items": TEXT},
            ["{marker} = back"],
        ),
    ],
)
def test_refusal_that_shows_an_example_gives_it(
    body: Any, schema: dict[str, Any], value: object
) -> None:
    found = lessons(refusal(body), [Parameter("priority", schema, True, Role.VALUE)])
    assert found["priority"][0] == value


def test_denial_lists_the_values_that_there_are() -> None:
    show = Parameter("show_id", TEXT, True, Role.REFERENCE)
    said = refusal(message="Unknown show; there are rust-in-peace, long-table, night-bus")
    assert listed_values(said, [show, PRIORITY]) == {
        "show_id": ["rust-in-peace", "long-table", "night-bus"]
    }
    assert listed_values(refusal(message="Unknown show"), [show]) == {}
    assert listed_values(refusal(message="There is no show like yours"), [show]) == {}


def test_description_shows_values() -> None:
    described = {**TEXT, "description": "front = back, one a line"}
    assert described_values(described) == ["{marker} = back", "front = back"]
    assert described_values({**TEXT, "description": "A day, e.g. 2025-03-01."}) == ["2025-03-01"]
    assert described_values({**TEXT, "description": "The title"}) == []
    assert described_values({**TEXT, "examples": ["2030W01"]}) == ["2030W01"]
    assert described_values(True) == []


def test_table_that_a_refusal_asks_for_comes_with_its_header_and_without() -> None:
    table = Parameter("csv", TEXT, True, Role.TEXT)
    said = "five columns are wanted: day,payee,cents,category,reference"
    found = lessons(refusal({"error": said}), [table], ["csv"])["csv"]
    row = "2030-01-01,note {marker},1,note {marker},note {marker}\n"
    assert found[:2] == ["day,payee,cents,category,reference\n" + row, row]


def test_value_that_a_refusal_repeats_tells_its_argument() -> None:
    answer = refusal(message="note x1y2 is not a time like 2026-03-01T09:00:00")
    assert repeated_in(answer, {"began": "note x1y2", "ended": "note z3"}) == ["began"]
    assert repeated_in(answer, {"began": "note", "ended": "note"}) == []
    texts = [Parameter(each, {"type": "string"}, True, Role.TEXT) for each in ("began", "ended")]
    # What the sentence shows says more than its words: `12:00` is a time, too.
    assert lessons(answer, texts, ["began"]) == {"began": ["2026-03-01T09:00:00"]}
