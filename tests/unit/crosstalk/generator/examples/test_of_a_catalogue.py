"""What names an entry of a catalogue is called by users who have no object of that kind."""

from __future__ import annotations

from random import Random

import pytest

from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, IDENTITY, LIST, TEXT, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun
from tests.unit.crosstalk.histories import ALICE, Writer, ok

CLASS = Parameter("class_id", {"type": "string"}, True, Role.REFERENCE)
BOOK = Operation("rest", "rest:POST /bookings", (IDENTITY, CLASS, TEXT), reads_only=False)
TIMETABLE = [{"class_id": "spin-mon", "name": "Spinning"}, {"class_id": "row-fri", "name": "Row"}]


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
