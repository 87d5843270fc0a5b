"""What names an entry of a catalogue is called by users who have no object of that kind."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.survey.names import NamesPart
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, IDENTITY, LIST, TEXT, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun
from tests.unit.crosstalk.histories import ALICE, Writer, ok

CLASS = Parameter("class_id", {"type": "string"}, True, Role.REFERENCE)
BOOK = Operation("rest", "rest:POST /bookings", (IDENTITY, CLASS, TEXT), reads_only=False)
TIMETABLE = [{"class_id": "spin-mon", "name": "Spinning"}, {"class_id": "row-fri", "name": "Row"}]


class Bookings(Notes):
    """Notes, of which each books a class."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve a booking as a note."""
        return super().call(ADD if operation is BOOK else operation, arguments, presented)


@pytest.mark.parametrize("listed", [True, False])
def test_an_entry_that_is_there_for_every_user_can_be_named(*, listed: bool) -> None:
    example = begun(Notes(), ADD, LIST, BOOK)
    if listed:
        shown = Writer().call(ALICE, "rest:GET /timetable", {}, ok(TIMETABLE)).history.calls[0]
        example.state.knowledge.catalogue.learn(shown)
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    assert users.able(BOOK, alice) is listed
    users.use(BOOK, alice)
    named = {each.arguments["class_id"] for each in example.history if each.operation == BOOK.name}
    assert named <= {"spin-mon", "row-fri"}
    assert bool(named) is listed


def test_pair_by_a_name_is_not_made_by_what_books_the_same_entry_twice() -> None:
    example = begun(Bookings(), ADD, LIST, BOOK)
    shown = Writer().call(ALICE, "rest:GET /timetable", {}, ok(TIMETABLE)).history.calls[0]
    example.state.knowledge.catalogue.learn(shown)
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    users.use(ADD, alice)
    NamesPart().run(users, 100)
    booked = [each for each in example.history if each.operation == BOOK.name]
    assert booked
    assert all(each.actor == alice for each in booked)
