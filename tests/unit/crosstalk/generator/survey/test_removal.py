"""Removed objects: by which name they are asked for, and how often everything is read for it."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Answer, History, Outcome
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.survey.removal import RemovalPart
from crosstalk.oracles import Existence
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    DELETE,
    GET,
    LIST,
    REMOVE,
    Notes,
)
from tests.unit.crosstalk.generator.survey.test_survey import state_of

GONE = Answer(Outcome.ERROR, 410, None, {}, "gone")


class Recurring(Notes):
    """Notes of which the next one comes when one is removed, and is told by the list alone.

    Attributes:
        tells: Whether what was removed is answered to any user as gone.
    """

    def __init__(self, *, tells: bool) -> None:
        super().__init__()
        self.tells = tells
        self.gone: set[str] = set()

    def discover(self) -> list[Operation]:
        """Two ways to remove a note."""
        return [ADD, LIST, GET, DELETE, REMOVE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone, but for the leak."""
        named, caller = str(arguments.get("note_id", "")), presented.headers.get("caller", "")
        if operation is GET and self.tells and named in self.gone:
            return GONE
        text = self.kept.get(caller, {}).get(named)
        answer = super().call(operation, arguments, presented)
        if operation in (DELETE, REMOVE) and text is not None:
            self.gone.add(named)
            super().call(ADD, {**arguments, "text": text}, presented)
        return answer


def _removed(system: Notes, most: int = 200) -> History:
    """Run the part alone; return its calls."""
    state = state_of(system)
    capabilities = Capabilities.of(list(state.executor.operations.values()))
    example = ExampleRun(state, capabilities)
    victim, attacker = example.members[:2]
    RemovalPart().run(Arrangement(example, Random(1), victim, attacker), most)
    return example.history


@pytest.mark.parametrize("tells", [True, False])
def test_a_removed_object_is_asked_for_by_the_name_that_it_had(tells: bool) -> None:
    history = _removed(Recurring(tells=tells))
    judged = Existence().judge(history)
    # The notes of these users have ids that are counted.
    found = {each.operation for each in judged if each.rule is not BrokenRule.COUNTING}
    assert found == ({GET.name} if tells else set())


def test_everything_is_read_once_for_all_that_was_removed() -> None:
    history = _removed(Recurring(tells=False))
    removed = {each.operation for each in history if each.answer.status == 204}
    assert {DELETE.name, REMOVE.name} <= removed
    before = {
        each.probe.key
        for each in history
        if each.probe is not None and (each.probe.kind, each.probe.part) == ("ownership", "before")
    }
    assert len(before) == 1


def test_with_few_calls_one_object_is_asked_for_before_the_next_is_removed() -> None:
    history = _removed(Recurring(tells=False), most=40)
    removed = [each.index for each in history if each.answer.status == 204]
    asked = [each.index for each in history if each.probe and each.probe.kind == "existence"]
    assert removed[0] < asked[0]
    assert removed[1:] == [] or asked[0] < removed[1]
