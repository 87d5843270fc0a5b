"""Answers that are kept for repeated calls belong to the user who made the call, not to its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer
from crosstalk.oracles import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, GET, LIST, Notes
from tests.unit.crosstalk.generator.survey.test_survey import surveyed

KEY = Parameter("Idempotency-Key", {"type": "string"}, False, Role.KEY)
KEYED = Operation("rest", ADD.name, (*ADD.parameters, KEY), ADD.reads_only)


class Repeated(Notes):
    """Notes whose creation is answered as before under a key: a key of any user, or one's own."""

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.answers: dict[tuple[str, str], Answer] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [KEYED, LIST, GET]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Answer a repeated call as the first one."""
        caller, key = presented.headers.get("caller", ""), str(arguments.get(KEY.name, ""))
        if operation is not KEYED or caller != arguments.get("user_id") or not key:
            return super().call(
                ADD if operation is KEYED else operation,
                {name: each for name, each in arguments.items() if name != KEY.name},
                presented,
            )
        place = ("" if self.leaks else caller, key)
        if place not in self.answers:
            given = {name: each for name, each in arguments.items() if name != KEY.name}
            self.answers[place] = super().call(ADD, given, presented)
        return self.answers[place]


@pytest.mark.parametrize("leaks", [True, False])
def test_key_of_another_user_gives_no_answer_of_that_user(*, leaks: bool) -> None:
    history, _ = surveyed(Repeated(leaks=leaks))
    used = [str(call.arguments.get(KEY.name)) for call in history if KEY.name in call.arguments]
    assert len(used) > len(set(used))
    assert (KEYED.name in {each.operation for each in Canary().judge(history)}) is leaks
