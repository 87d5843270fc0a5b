"""Objects that are made before a call names them."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.provision import Provision
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    DELETE,
    GET,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    TEXT,
    Notes,
)
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

RESTORE = Operation("rest", "rest:POST /notes/{note_id}/restore", (IDENTITY, NOTE), False)


LINE = Parameter("line_id", {"type": "string"}, True, Role.REFERENCE)
WRITE = Operation("rest", "rest:POST /notes/{note_id}/lines", (IDENTITY, NOTE, TEXT), False)
CHANGE = Operation("rest", "rest:PATCH /lines/{line_id}", (IDENTITY, LINE, TEXT), False)


class Worded(Notes):
    """Says of what it stores that it did; lists alone show ids."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Answer in words."""
        answer = super().call(operation, arguments, presented)
        stored = operation is ADD and answer.outcome is Outcome.OK
        return Answer(Outcome.OK, 200, "It is kept.") if stored else answer


def test_object_that_lists_alone_show_is_removed_before_it_is_restored() -> None:
    example = begun(Worded(), ADD, LIST, DELETE, RESTORE)
    alice = example.members[0]
    drawer = example.drawer_by(RandomChoice(Random(1)), HonestDrawer)
    given = {"user_id": example.history.subjects[alice.name]}
    for operation, said in ((ADD, {"text": "a"}), (LIST, {})):
        example.execute(PlannedCall(alice, operation.name, {**given, **said}))
    renewed = Provision.by(example, drawer).renewed(RESTORE, NOTE, alice)
    removed = [each for each in example.history if each.operation == DELETE.name]
    assert [each.arguments["note_id"] for each in removed] == [renewed]


class Lined(Notes):
    """Notes with lines in them."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Write a line into a note of the caller's."""
        if operation is not WRITE:
            return super().call(operation, arguments, presented)
        if super().call(GET, arguments, presented).outcome is not Outcome.OK:
            return MISSING
        self.made += 1
        line = f"01a1fc95-41f3-4131-b963-{self.made:012d}"
        return Answer(Outcome.OK, 201, {"line_id": line, "text": arguments["text"]})


def test_maker_has_made_first_what_it_names_itself() -> None:
    example = begun(Lined(), ADD, LIST, WRITE, CHANGE)
    alice, bob = example.members[:2]
    drawer = example.drawer_by(RandomChoice(Random(1)), HonestDrawer)
    given = {"user_id": example.history.subjects[alice.name], "text": "a"}
    kept = example.execute(PlannedCall(alice, ADD.name, given))
    inside = {**given, "note_id": kept.answer.body["id"]}
    example.execute(PlannedCall(alice, WRITE.name, inside))
    Provision.by(example, drawer).for_call(CHANGE, bob)
    made = [each.operation for each in example.history if each.actor == bob]
    assert made == [ADD.name, WRITE.name]
    assert example.pool.references(bob.name, LINE, CHANGE.name, guess=False)
