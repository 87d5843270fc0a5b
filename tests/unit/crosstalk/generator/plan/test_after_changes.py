"""What was refused is tried again after each change that may have made it possible."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.plan.lacking import Lacking
from crosstalk.generator.plan.sweeping.context import PassContext
from crosstalk.generator.plan.sweeping.serving import serve_the_owner
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    DELETE,
    EDIT,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    Notes,
)
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

_LETTER = Parameter("letter_id", {"type": "string"}, True, Role.REFERENCE)
_SEND = Operation("rest", "rest:POST /letters/{letter_id}/send", (IDENTITY, _LETTER), False)
_TURN = Operation("rest", "rest:POST /notes/{note_id}/turn", (IDENTITY, NOTE), False)
_DROP = Operation("rest", "rest:POST /notes/{note_id}/drop", (IDENTITY, NOTE), False)
_UNDO = Operation("rest", "rest:POST /undo_drop", (IDENTITY,), False)
_OPERATIONS = (ADD, LIST, EDIT, DELETE, _TURN, _DROP, _SEND, _UNDO)


class Diary(Notes):
    """Notes that can be dropped and be taken back; nothing makes a letter."""

    dropped = False

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve what is done with a note as a change of it."""
        if operation is _SEND or (operation is _UNDO and not self.dropped):
            return MISSING
        if operation is _UNDO:
            return Answer(Outcome.OK, 200, {"taken": "back"})
        answer = super().call(
            DELETE if operation is _DROP else EDIT if operation is _TURN else operation,
            arguments,
            presented,
        )
        self.dropped = self.dropped or (operation is _DROP and answer.outcome is Outcome.OK)
        return answer


def test_undo_is_tried_right_after_its_change_and_nothing_that_has_no_object() -> None:
    example = begun(Diary(), *_OPERATIONS)
    served = [_SEND, _UNDO]
    context = PassContext(example, Lacking(served, (), (), ()), {"rest"}, Random(1), 0)
    context.use(ADD, context.victim)
    serve_the_owner(context)
    names = [each.operation for each in example.history]
    assert names.index(_UNDO.name, names.index(_DROP.name)) == names.index(_DROP.name) + 1
    assert _TURN.name not in names[: names.index(_DROP.name)]
    sent = [n for n, each in enumerate(names) if each == _SEND.name]
    assert all(each < names.index(_DROP.name) for each in sent)
