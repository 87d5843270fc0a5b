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
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, DELETE, IDENTITY, LIST, NOTE, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

RESTORE = Operation("rest", "rest:POST /notes/{note_id}/restore", (IDENTITY, NOTE), False)


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
