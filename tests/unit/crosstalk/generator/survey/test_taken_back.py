"""Both users take back what they have removed last, once each has done all that is theirs to do."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.survey.neighbour import watch_neighbour
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, DELETE, IDENTITY, LIST, NOTE, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

_RESTORE = Operation("rest", "rest:POST /bin/{note_id}/restore", (IDENTITY, NOTE), False)


class Bin(Notes):
    """Notes that can be taken out of a bin."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve any restoring."""
        if operation is _RESTORE:
            return Answer(Outcome.OK, 200, {"restored": True})
        return super().call(operation, arguments, presented)


def test_each_user_takes_back_what_that_user_has_removed_last() -> None:
    example = begun(Bin(), ADD, LIST, DELETE, _RESTORE)
    alice, bob = example.members[:2]
    watch_neighbour(example, Random(1), alice, bob)
    removed = {
        each.actor.name: each.arguments["note_id"]
        for each in example.history
        if each.operation == DELETE.name
    }
    taken = [each for each in example.history if each.operation == _RESTORE.name][-2:]
    assert {each.actor.name: each.arguments["note_id"] for each in taken} == removed
