"""Words that another user has taken, in an example that has just begun."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from crosstalk.core.history import Answer
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.survey.names import NamesPart
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
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
