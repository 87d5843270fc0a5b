"""Reasons for which a situation was not made."""

from __future__ import annotations

from crosstalk.generator.situations import (
    SITUATIONS,
    counts_in_words,
    situations_not_made,
)
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target
from tests.unit.crosstalk.generator.rules.situations.test_situations import (
    ADD,
    DELETE,
    EDIT,
    LIST,
    Things,
)

READ = Operation("rest", "rest:GET /about", (), reads_only=True, lists=True)


def target(*operations: Operation, neighbours: tuple[str, ...] = ()) -> Target:
    system = Things()
    return Target(
        surfaces={"rest": system},
        credentials=system,
        operations={each.name: each for each in operations},
        neighbours=neighbours,
    )


def test_a_system_that_only_reads_has_a_reason_for_nearly_every_situation() -> None:
    found = situations_not_made({}, target(READ))
    assert set(found) == {each.name for each in SITUATIONS}
    assert found["lists read to their end"] == "no listing takes a cursor and the size of a page"
    assert found["many of a kind"] == "no operation stores something of a user's own"
    assert "says what they are called" in found["users with nearly equal names"]


def test_a_situation_that_could_have_been_made_was_not_reached() -> None:
    found = situations_not_made(
        {"floods": 1}, target(ADD, EDIT, DELETE, LIST, neighbours=("case",))
    )
    assert "many of a kind" not in found
    assert found["honest change"] == "the calls or the time were over before it"
    assert found["users with nearly equal names"] == "the calls or the time were over before it"
    assert found["another's id stored"] == "the calls or the time were over before it"


def test_a_write_without_room_for_an_id_is_no_second_order() -> None:
    number = Parameter("amount", {"type": "integer"}, True, Role.VALUE)
    pay = Operation("rest", "rest:POST /pay", (number,), reads_only=False)
    found = situations_not_made({}, target(pay))
    assert found["another's id stored"].startswith("no write has room for an id")


def test_a_count_is_told_with_what_it_is_a_part_of() -> None:
    made = {"constraints broken": 5, "constraints to break": 9, "floods": 1}
    assert counts_in_words(made) == ["constraints broken 5 of 9", "floods 1"]
