"""What an owner does before and after another user acts at large, which no reading shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.core.principals import USERS, Principals
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.survey.effects import EffectsPart
from crosstalk.oracles import Ownership
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    DELETE,
    EDIT,
    GET,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    TEXT,
    Notes,
)

WEEK = Parameter("week", {"type": "string", "enum": ["W1", "W2"]}, True, Role.VALUE)
ADD_IN = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, WEEK), reads_only=False)
BRING_BACK = Operation("rest", "rest:POST /notes/{note_id}/back", (IDENTITY, NOTE), False)
EMPTY = Operation("rest", "rest:DELETE /bin", (IDENTITY,), reads_only=False)
CLOSE = Operation("rest", "rest:POST /weeks/close", (IDENTITY, WEEK), reads_only=False)
OPEN = Operation("rest", "rest:POST /weeks/open", (IDENTITY, WEEK), reads_only=False)


class Binned(Notes):
    """Notes with a bin that nothing lists, and weeks after whose end nothing is edited.

    Attributes:
        leak: `bin` is emptied for all, or a `week` is closed for all.
    """

    def __init__(self, leak: str = "") -> None:
        super().__init__()
        self.leak = leak
        self.bin: dict[str, tuple[str, str]] = {}
        self.weeks: dict[str, str] = {}
        self.closed: set[tuple[str, str]] = set()

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD_IN, LIST, GET, EDIT, DELETE, BRING_BACK, EMPTY, CLOSE, OPEN]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone, but for the leak."""
        caller, name = presented.headers.get("caller", ""), str(arguments.get("note_id", ""))
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        whose = "" if self.leak == "week" else caller
        week = arguments.get("week", self.weeks.get(name, ""))
        if operation is EMPTY:
            mine = [each for each, (owner, _) in self.bin.items() if owner == caller]
            for each in list(self.bin) if self.leak == "bin" else mine:
                del self.bin[each]
            return Answer(Outcome.OK, 200, {"removed": len(mine)})
        if operation is CLOSE:
            self.closed.add((whose, week))
            return Answer(Outcome.OK, 200, {"closed": week})
        if operation is OPEN:
            self.closed.discard((whose, week))
            return Answer(Outcome.OK, 200, {"open": week})
        if operation is BRING_BACK:
            owner, text = self.bin.get(name, ("", ""))
            if owner != caller:
                return MISSING
            del self.bin[name]
            self.kept[caller][name] = text
            return Answer(Outcome.OK, 200, {"id": name})
        if operation in (ADD_IN, EDIT) and (whose, week) in self.closed:
            return Answer(Outcome.ERROR, 409, None, {}, "closed")
        if operation is DELETE and name in self.kept.get(caller, {}):
            self.bin[name] = (caller, self.kept[caller][name])
        answer = super().call(ADD if operation is ADD_IN else operation, arguments, presented)
        if operation is ADD_IN and answer.body:
            self.weeks[answer.body["id"]] = week
        return answer


PATTERN = {"type": "string", "pattern": r"^\d{4}-W\d{2}$"}
DATED = Parameter("week", PATTERN, False, Role.VALUE)
LOG = Operation("rest", "rest:POST /notes/{note_id}/lines", (IDENTITY, NOTE, TEXT, DATED), False)
SHUT = Operation("rest", CLOSE.name, (IDENTITY, replace(DATED, required=True)), False)


class Lines(Binned):
    """Notes with lines of a week, which is this one where none is given."""

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, GET, LOG, SHUT]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Take no line in a week that any user has closed."""
        if operation is SHUT:
            self.closed.add(("", arguments["week"]))
            return Answer(Outcome.OK, 200, {"closed": arguments["week"]})
        if operation is not LOG:
            return super().call(operation, arguments, presented)
        answer = super().call(GET, arguments, presented)
        week = arguments.get("week", "2026-W07")
        if ("", week) in self.closed:
            return Answer(Outcome.ERROR, 409, None, {}, "closed")
        shown = {"note_id": arguments["note_id"], "week": week}
        return replace(answer, body=shown) if answer.outcome is Outcome.OK else answer


def acted(system: Binned) -> History:
    """Run the part, after the victim was served each operation once."""
    operations = {each.name: each for each in system.discover()}
    state = GeneratorState(
        executor=Executor({"rest": system}, operations, system),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=[LIST],
        forgeries=(),
        on_example_end=lambda _: None,
        stopped=lambda: system.calls >= 400,
        principals=Principals(impostors=()),
        calls=400,
    )
    example = ExampleRun(state, Capabilities.of(list(operations.values())))
    victim, attacker = example.members[:2]
    users = Arrangement(example, Random(1), victim, attacker)
    made = users.use(operations[ADD.name], victim)
    assert made is not None
    named = {"user_id": example.history.subjects[victim.name], "note_id": made.answer.body["id"]}
    # It is refused until the note is in the bin.
    for operation in (BRING_BACK, DELETE, BRING_BACK) if BRING_BACK.name in operations else ():
        example.execute(PlannedCall(victim, operation.name, named))
    for each in (EDIT, LOG):
        if each.name in operations:
            for _ in range(3):
                users.use(each, victim)
    EffectsPart().run(users, 100)
    return example.history


@pytest.mark.parametrize(("leak", "act"), [("bin", EMPTY), ("week", CLOSE)])
def test_change_that_reaches_others_shows_in_calls_that_work_no_more(
    leak: str, act: Operation
) -> None:
    found = Ownership().judge(acted(Binned(leak)))
    assert {each.operation for each in found} == {act.name}
    assert all("does not work" in each.summary for each in found)


def test_acts_on_ones_own_are_not_suspected_and_are_an_opportunity() -> None:
    history = acted(Binned())
    assert Ownership().judge(history) == []
    assert {EMPTY.name, CLOSE.name} <= set(Ownership().opportunities(history))


def test_a_week_that_is_closed_for_all_is_one_that_nothing_else_is_in() -> None:
    system = Lines()
    history = acted(system)
    assert {each.operation for each in Ownership().judge(history)} == {CLOSE.name}
    # It stays closed, to the rest of the campaign and to replays.
    assert ("", "2026-W07") not in system.closed
