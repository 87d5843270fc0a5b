"""The survey: leaks that show when another user has nothing left, or in a page of an object."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.provision import Provision
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.rules.situations.many_objects import ManyObjects
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import Draw, RandomChoice
from crosstalk.oracles import Ownership
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    DELETE,
    IDENTITY,
    LIST,
    NOTE,
    TEXT,
    Notes,
)
from tests.unit.crosstalk.generator.survey.test_survey import surveyed

LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 50}, False, Role.VALUE)
LINES = Operation(
    "rest", "rest:GET /notes/{note_id}/lines", (IDENTITY, NOTE, LIMIT), reads_only=True
)


class Older(Notes):
    """Notes whose list says whether any user has an older one."""

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, DELETE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone, but for what it says of older ones."""
        answer = super().call(operation, arguments, presented)
        caller = presented.headers.get("caller", "")
        if operation is not LIST or answer.outcome is not Outcome.OK:
            return answer
        mine = self.kept.get(caller, {})
        others = [each for user, kept in self.kept.items() if user != caller for each in kept]
        more = self.leaks and any(each < min(mine, default="") for each in others)
        return Answer(Outcome.OK, 200, {"notes": answer.body, "has_more": more})


@pytest.mark.parametrize("leaks", [True, False])
def test_another_user_removes_all_that_was_there_before(*, leaks: bool) -> None:
    history, _ = surveyed(Older(leaks=leaks))
    assert bool(Ownership().judge(history)) is leaks


class Lined(Notes):
    """Notes with lines, the newest first: of all lines, or of the note's own."""

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, LINES]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes and lines alone."""
        caller = presented.headers.get("caller", "")
        if operation is not LINES or caller != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        name = str(arguments["note_id"])
        lines = sorted((each for kept in self.kept.values() for each in kept), reverse=True)
        if name not in self.kept.get(caller, {}):
            return Answer(Outcome.ERROR, 404, None, {}, "not_found")
        limit = int(arguments.get("limit", 50))
        newest = lines[:limit] if self.leaks else lines
        own = [each for each in newest if each == name][:limit]
        return Answer(Outcome.OK, 200, {"lines": [{"text": self.kept[caller][e]} for e in own]})


@pytest.mark.parametrize("leaks", [True, False])
def test_pages_of_what_stands_in_an_object_are_read_in_each_size(*, leaks: bool) -> None:
    history, _ = surveyed(Lined(leaks=leaks))
    sizes = {call.arguments.get("limit") for call in history if call.operation == LINES.name}
    assert {1, None} <= sizes
    assert bool(Ownership().judge(history)) is leaks


def test_many_are_stored_of_what_may_stand_inside_another_object() -> None:
    box = Parameter("box_id", {"type": "string"}, False, Role.REFERENCE)
    boxes = Operation("rest", "rest:POST /boxes", (IDENTITY, TEXT), reads_only=False)
    notes = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, box), reads_only=False)

    class Boxes(Notes):
        def discover(self) -> list[Operation]:
            return [boxes, notes, LIST]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            made = ADD if operation in (boxes, notes) else operation
            return super().call(made, arguments, presented)

    system = Boxes()
    operations = {each.name: each for each in system.discover()}
    state = GeneratorState(
        executor=Executor({"rest": system}, operations, system),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=[LIST],
        forgeries=(),
        on_example_end=lambda _: None,
        stopped=lambda: False,
    )
    example = ExampleRun(state, Capabilities.of(list(operations.values())))
    flooded: list[str] = []

    def flood(draw: Draw) -> None:
        flooded.extend(operation.name for operation, _ in ManyObjects()._flood(example, draw))

    drawn_once(flood, Random(1))
    assert set(flooded) == {boxes.name, notes.name}


EMPTY = Operation("rest", "rest:DELETE /bin", (IDENTITY,), reads_only=False)
SHOWN = Operation("rest", "rest:GET /bin", (IDENTITY,), reads_only=True, lists=True)


class Emptied(Notes):
    """Notes with a bin, which is emptied for its caller, or for all users.

    Attributes:
        leaks: Whether for all, where the caller has something in it.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.bins: dict[str, dict[str, str]] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, DELETE, SHOWN, EMPTY]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes and bin alone, but for the leak."""
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        mine = self.bins.setdefault(caller, {})
        if operation is SHOWN:
            return Answer(Outcome.OK, 200, [{"id": i, "text": t} for i, t in mine.items()])
        if operation is EMPTY:
            removed = len(mine)
            for each in self.bins.values() if self.leaks and removed else [mine]:
                each.clear()
            return Answer(Outcome.OK, 200, {"removed": removed})
        thrown = dict(self.kept.get(caller, {}))
        answer = super().call(operation, arguments, presented)
        if operation is DELETE and answer.outcome is Outcome.OK:
            name = str(arguments["note_id"])
            mine[name] = thrown[name]
        return answer


@pytest.mark.parametrize("leaks", [True, False])
def test_a_bin_is_emptied_by_a_user_who_has_something_in_it(*, leaks: bool) -> None:
    history, _ = surveyed(Emptied(leaks=leaks))
    assert any(
        call.operation == EMPTY.name and call.answer.body["removed"]
        for call in history
        if call.answer.outcome is Outcome.OK
    )
    assert (EMPTY.name in {each.operation for each in Ownership().judge(history)}) is leaks


def test_restoring_call_is_given_an_object_that_its_owner_removes_first() -> None:
    restore = Operation("rest", "rest:POST /notes/{note_id}/restore", (IDENTITY, NOTE), False)
    system = Notes()
    operations = {each.name: each for each in (ADD, LIST, DELETE, restore)}
    state = GeneratorState(
        executor=Executor({"rest": system}, operations, system),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=[LIST],
        forgeries=(),
        on_example_end=lambda _: None,
        stopped=lambda: False,
    )
    example = ExampleRun(state, Capabilities.of(list(operations.values())))
    alice = example.members[0]
    drawer = example.drawer_by(RandomChoice(Random(1)), HonestDrawer)
    provision = Provision.by(example, drawer)
    for _ in range(2):
        provision.use(ADD, alice)
    named = provision.renewed(restore, NOTE, alice)
    gone = [call.arguments["note_id"] for call in example.history if call.operation == DELETE.name]
    assert gone == [named]
    assert provision.renewed(DELETE, NOTE, alice) is None
