"""Words that another user has taken, in an example that has just begun."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.survey.names import NamesPart
from crosstalk.oracles import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, IDENTITY, LIST, NOTE, TEXT, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

PERSON = Operation("rest", "rest:POST /notes/{note_id}/people", (IDENTITY, NOTE, TEXT), False)


class Trees(Notes):
    """Notes, in which people are noted."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve a person as a note."""
        return super().call(ADD if operation is PERSON else operation, arguments, presented)


def test_attacker_who_has_nothing_makes_what_the_same_words_are_stored_in() -> None:
    example = begun(Trees(), ADD, LIST, PERSON)
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    users.use(ADD, alice)
    # What needs nothing else was compared in another example.
    example.state.choices[NamesPart.name, ADD.name] += 1
    NamesPart().run(users, 100)
    compared = [each for each in example.history if each.probe and each.probe.kind == "names"]
    assert [each.operation for each in compared] == [PERSON.name] * 2
    assert all(each.actor == bob for each in compared)


_STARTS = Parameter("starts", {"type": "string", "format": "date-time"}, True, Role.VALUE)
_PLACE = Parameter("place", {"type": "string"}, False, Role.TEXT)
_MEET = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, _STARTS, _PLACE), False)


class Meetings(Notes):
    """Meetings, with which of a user's own one clashes, or with which of all at the same place.

    Args:
        leak: Whether it is looked for among those of all users.
    """

    def __init__(self, *, leak: bool) -> None:
        super().__init__()
        self.leak = leak
        self.meetings: list[tuple[str, Mapping[str, Any]]] = []

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve a meeting as a note."""
        if operation is not _MEET:
            return super().call(operation, arguments, presented)
        caller = presented.headers.get("caller", "")
        place, starts = arguments.get("place"), arguments["starts"]
        own = [each for who, each in self.meetings if who == caller]
        all_there = [each for _, each in self.meetings if place and each.get("place") == place]
        others = own + all_there if self.leak else own
        clash = next((each["text"] for each in others if each["starts"] == starts), "nothing")
        self.meetings.append((caller, arguments))
        self.made += 1
        code = f"01a1fc95-41f3-4131-b962-{self.made:012d}"
        return Answer(Outcome.OK, 200, {"id": code, "clashes_with": clash})


@pytest.mark.parametrize("leak", [True, False])
def test_clash_at_one_place_and_time_is_told_by_its_name(*, leak: bool) -> None:
    example = begun(Meetings(leak=leak), _MEET, LIST)
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    # The attacker has something at each time that is usual.
    for _ in range(3):
        users.use(_MEET, bob)
    NamesPart().run(users, 100)
    assert bool(Canary().judge(example.history)) is leak
