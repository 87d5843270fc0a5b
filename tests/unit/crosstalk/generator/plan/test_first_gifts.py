"""Stores that take the owner of a note from its body, in the first look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.oracles import Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.plan.test_first_look import looked
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, GET, LIST, Notes

STORE = replace(ADD, takes_more=True)


class Owned(Notes):
    """Shows whose a note is; may take that from the body.

    Args:
        believes: Whether it does.
    """

    def __init__(self, *, believes: bool) -> None:
        super().__init__()
        self.believes = believes

    def discover(self) -> list[Operation]:
        """Return what stores a note, and what shows it."""
        return [STORE, GET, LIST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone."""
        plain = ADD if operation is STORE else operation
        answer = super().call(plain, arguments, presented)
        owner = str(arguments.get("owner") or arguments.get("user_id"))
        if operation is not STORE or answer.outcome is not Outcome.OK or not self.believes:
            return answer if operation is not STORE else _with_owner(answer, arguments)
        mine = self.kept[str(arguments["user_id"])]
        self.kept.setdefault(owner, {})[answer.body["id"]] = mine.pop(answer.body["id"])
        return _with_owner(answer, {"user_id": owner})


def _with_owner(answer: Answer, arguments: Mapping[str, Any]) -> Answer:
    if answer.outcome is not Outcome.OK:
        return answer
    return Answer(Outcome.OK, 201, {**answer.body, "owner": arguments["user_id"]})


@pytest.mark.parametrize("believes", [True, False])
def test_field_that_shows_an_owner_is_sent_between_the_victims_readings(*, believes: bool) -> None:
    (history,) = looked(Owned(believes=believes))
    sent = [call for call in history if "owner" in call.arguments]
    assert [call.actor.user for call in sent] == ["bob"]
    changed = {history.calls[each.calls[-1] - 1].operation for each in Ownership().judge(history)}
    assert (LIST.name in changed) is believes
