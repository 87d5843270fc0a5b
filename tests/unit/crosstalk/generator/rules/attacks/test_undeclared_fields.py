"""Bodies that are stored as they come, with an owner that no schema declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.examples.undeclared import owner_filters, undeclared_fields
from crosstalk.generator.plan.state_machine import make_machine
from crosstalk.generator.rules.attacks.undeclared_fields import UndeclaredFields
from crosstalk.oracles import Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok

ADD = Operation(
    "rest",
    "rest:POST /notes",
    (Parameter("note.text", {"type": "string"}, True, Role.TEXT),),
    reads_only=False,
    takes_more=True,
)
LIST = Operation("rest", "rest:GET /notes", (), reads_only=True, lists=True)


class Notes:
    """Notes whose owner is `belongsTo.id` in answers.

    Args:
        stores_all: Whether the owner in a body counts.
    """

    def __init__(self, *, stores_all: bool) -> None:
        self._stores_all = stores_all
        self._notes: list[tuple[str, str]] = []

    def discover(self) -> list[Operation]:
        return [ADD, LIST]

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        return Presented.bearer(subject if actor.user else "")

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        caller = presented.headers["Authorization"].removeprefix("Bearer ")
        if not caller:
            return Answer(Outcome.REFUSED, 401, None)
        if operation is ADD:
            owner = str(arguments.get("note.author.id", caller)) if self._stores_all else caller
            self._notes.append((owner, str(arguments.get("note.text"))))
            return Answer(Outcome.OK, 201, {"note": {"text": "x", "author": {"id": caller}}})
        mine = [{"text": text} for owner, text in self._notes if owner == caller]
        return Answer(Outcome.OK, 200, mine)

    def close(self) -> None:
        """Close nothing."""


@pytest.mark.parametrize("stores_all", [True, False])
def test_note_is_stored_for_another_only_where_the_body_names_its_owner(stores_all: bool) -> None:
    notes = Notes(stores_all=stores_all)
    found: set[str] = set()

    def judged(history: History) -> None:
        for each in Ownership().judge(history):
            found.update(history.calls[index - 1].operation for index in each.calls)

    state = GeneratorState(
        executor=Executor({"rest": notes}, {e.name: e for e in notes.discover()}, notes),
        fresh_history=lambda: History({name: f"{name}-{state.planted}" for name in USERS}),
        observations=[LIST],
        forgeries=(),
        on_example_end=judged,
        stopped=lambda: False,
    )
    for number in range(4):
        run_state_machine_as_test(
            seed(number)(make_machine(state, (UndeclaredFields(),))),
            settings=settings(
                max_examples=1,
                stateful_step_count=5,
                deadline=None,
                database=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert found == ({ADD.name, LIST.name} if stores_all else set())


def test_fields_are_those_of_the_same_kind_in_the_answers_own_spelling() -> None:
    writer = Writer()
    writer.call(BOB, "list", {}, ok([{"text": "b", "ownerId": 17, "isAdmin": False, "at": 5}]))
    writer.call(ALICE, "list", {}, ok([{"city": "x", "account": "somebody"}]))
    found = undeclared_fields(ADD, writer.history, "bob", "alice")
    named = {each.name: each.value for each in found}
    assert named["note.ownerId"] == "17"
    assert named["note.isAdmin"] is True
    assert "note.account" not in named
    assert "note.user_id" not in named


def test_fields_have_usual_names_where_no_answer_shows_an_owner() -> None:
    writer = Writer().call(BOB, "list", {}, ok([{"text": "b"}]))
    found = undeclared_fields(ADD, writer.history, "bob", "alice")
    assert {"note.user_id", "note.owner_id", "note.role"} <= {each.name for each in found}
    assert next(each.value for each in found if each.name == "note.owner_id") == "bob-1"


def test_declared_field_is_not_sent_as_an_undeclared_one() -> None:
    owner = Parameter("note.ownerId", {"type": "string"}, False, Role.VALUE)
    declared = Operation("rest", "rest:POST /n", (*ADD.parameters, owner), False, takes_more=True)
    writer = Writer().call(BOB, "list", {}, ok([{"text": "b", "ownerId": "x"}]))
    found = undeclared_fields(declared, writer.history, "bob", "alice")
    assert "note.ownerId" not in {each.name for each in found}


def test_open_filter_asks_for_another_owner_as_answers_call_one() -> None:
    given = Parameter("filter", {"type": "object"}, True, Role.VALUE)
    find = Operation("mcp", "mcp:find_notes", (given,), reads_only=True)
    writer = Writer().call(BOB, "list", {}, ok([{"text": "b", "owner": "bob-1"}]))
    found = [each.value for each in owner_filters(find, writer.history, "bob", "alice")]
    assert found[0] == {"owner": "bob-1"}
    assert {"owner": {"$ne": "alice-1"}} in found
    closed = Parameter("filter", {"type": "object", "properties": {"text": {}}}, True, Role.VALUE)
    assert owner_filters(replace(find, parameters=(closed,)), writer.history, "bob", "alice") == []
