"""Objects that begin with a value of an act: a list is empty until a check has failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.oracles import Existence
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    GET,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    Notes,
    swept,
)
from tests.unit.crosstalk.generator.survey.test_survey import surveyed

STATE = {"type": "string", "enum": ["good", "fair", "poor", "failed"]}
CHECK = Operation(
    "rest",
    "rest:POST /notes/{note_id}/checks",
    (IDENTITY, NOTE, Parameter("state", STATE, False, Role.VALUE)),
    False,
)
FAILURES = Operation("rest", "rest:GET /failures", (IDENTITY,), True, lists=True)
FAILURE = Parameter("failure_id", {"type": "string"}, True, Role.REFERENCE)
ONE = Operation("rest", "rest:GET /failures/{failure_id}", (IDENTITY, FAILURE), True)


class Checked(Notes):
    """Notes that are checked; a check that failed is a failure, which others may read or not."""

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.failures: dict[str, str] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, GET, CHECK, FAILURES, ONE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Keep failures for their owners."""
        if operation not in (CHECK, FAILURES, ONE):
            return super().call(operation, arguments, presented)
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        self.calls += 1
        if operation is CHECK:
            if arguments["note_id"] not in self.kept.get(caller, {}):
                return MISSING
            if arguments.get("state") == "failed":
                self.failures[str(uuid4())] = caller
            return Answer(Outcome.OK, 200, {"checked": True})
        if operation is FAILURES:
            own = [{"failure_id": each} for each, of in self.failures.items() if of == caller]
            return Answer(Outcome.OK, 200, own)
        owner = self.failures.get(str(arguments["failure_id"]))
        if owner is None or (owner != caller and not self.leaks):
            return MISSING
        return Answer(Outcome.OK, 200, {"failure_id": arguments["failure_id"]})


@pytest.mark.parametrize("leaks", [True, False])
def test_a_list_is_filled_by_the_one_value_that_fills_it(*, leaks: bool) -> None:
    history, state = surveyed(Checked(leaks=leaks))
    assert state.situations["lists filled by a switch"]
    tried = {each.arguments.get("failure_id") for each in history if each.operation == ONE.name}
    assert tried
    found = {each.operation for each in Existence().judge(history)}
    assert (ONE.name in found) is leaks


@pytest.mark.parametrize("leaks", [True, False])
def test_sweep_fills_lists_before_it_tries_calls_that_name_an_object_of_one(*, leaks: bool) -> None:
    found: set[str] = set()

    def judge(history: History) -> bool:
        found.update(each.operation for each in Existence().judge(history))
        return False

    swept(Checked(leaks=leaks), judge=judge)
    assert (ONE.name in found) is leaks
