"""Lists that show their reader's data are read again once the account is disabled."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.rules.policy.account_disabled import AccountDisabled
from crosstalk.oracles import Revocation
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.rules.policy.test_account_disabled import (
    ADD,
    DISABLE,
    ENABLE,
    POLICY,
    Notes,
)

LIST = Operation("rest", "rest:GET /notes", (), reads_only=True, lists=True)
EMPTY = tuple(
    Operation("rest", f"rest:GET /empty/{number}", (), reads_only=True, lists=True)
    for number in range(12)
)


class NotesAmongEmptyLists(Notes):
    """Notes that are listed after the account was disabled, and lists of nothing."""

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, *EMPTY, LIST, DISABLE, ENABLE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Answer with the caller's notes in one list alone."""
        if operation in EMPTY:
            return Answer(Outcome.OK, 200, {"items": []})
        caller = presented.headers["Authorization"].removeprefix("Bearer ")
        if operation is LIST:
            return Answer(Outcome.OK, 200, {"items": list(self._notes.get(caller, []))})
        return super().call(operation, arguments, presented)


def test_list_that_shows_own_data_is_read_again_whatever_others_are() -> None:
    for number in range(6):
        notes = NotesAmongEmptyLists(asks=True)
        operations = {each.name: each for each in notes.discover()}
        state = GeneratorState(
            executor=Executor({"rest": notes}, operations, notes),
            fresh_history=lambda: History({name: f"{name}-1" for name in USERS}, policy=POLICY),
            observations=[],
            forgeries=(),
            on_example_end=lambda history: None,
            stopped=lambda: False,
        )
        example = ExampleRun(state, Capabilities.of(list(operations.values())))
        drawn_once(
            lambda draw, example=example: AccountDisabled().run(example, draw),  # type: ignore[misc]
            Random(number),
        )
        assert {each.operation for each in Revocation().judge(example.history)} >= {LIST.name}
