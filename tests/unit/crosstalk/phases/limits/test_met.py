"""Limits that were met on the way, against a store in memory with a quota."""

from __future__ import annotations

import time
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.principals import USERS
from crosstalk.core.verdict import Finding
from crosstalk.execution.executor import Executor
from crosstalk.phases.base import PhaseBudget
from crosstalk.phases.limits.phase import LimitsPhase
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target

TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
NAMED = Parameter("note_id", {"type": "string"}, True, Role.REFERENCE)
ADD = Operation("mem", "mem:add_note", (TEXT,), reads_only=False)
DELETE = Operation("mem", "mem:delete_note", (NAMED,), reads_only=False)
QUOTA = 5


class Notes:
    """Keeps notes, as many as there may be for all users together or for each of them."""

    def __init__(self, *, shared: bool, removing: bool = True) -> None:
        self.shared = shared
        self.notes: dict[str, str] = {}
        self.number = 0
        self.operations = {e.name: e for e in ((ADD, DELETE) if removing else (ADD,))}

    def discover(self) -> list[Operation]:
        """What it offers."""
        return list(self.operations.values())

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Store a note, or remove one of one's own."""
        user = presented.connection
        if operation is DELETE:
            mine = self.notes.get(arguments["note_id"]) == user
            if mine:
                del self.notes[arguments["note_id"]]
            return Answer(Outcome.OK if mine else Outcome.ERROR, 200 if mine else 404, {})
        kept = [each for each in self.notes.values() if self.shared or each == user]
        if len(kept) >= QUOTA:
            return Answer(Outcome.ERROR, 403, None, message=f"the limit of {QUOTA} is reached")
        self.number += 1
        self.notes[f"n-{self.number:06}"] = user
        return Answer(Outcome.OK, 200, {"id": f"n-{self.number:06}"})

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)

    def close(self) -> None:
        """Nothing is open."""


def found(system: Notes, *, persistent: bool = False, passes: bool = False) -> list[Finding]:
    """What the review finds after users have stored in turn until one was refused."""
    executor = Executor({"mem": system}, system.operations, system)
    number = iter(range(1, 1_000))

    def fresh() -> History:
        nonce = 0 if persistent else next(number)
        return History({name: f"{name}-{nonce}" for name in USERS})

    target = Target(
        {"mem": system},
        system,
        system.operations,
        production=lambda: None,
        persistent=persistent,
    )
    given = PhaseBudget(target, executor, (), (), fresh, Random(1), 0, time.monotonic() + 60.0)
    history = fresh()
    for turn in range(12):
        user = "bob" if turn % 3 else "alice"
        executor.execute(history, Actor(user, user, user), ADD.name, {"text": f"note {turn}"})
    before = executor.calls_made
    phase = LimitsPhase(sleep=lambda seconds: system.notes.clear() if passes else None)
    if passes:
        system.notes.clear()
    outcome = phase.review(history, given)
    # Only replayed calls are made.
    assert executor.calls_made == before
    assert phase.review(history, given).findings == []
    return outcome.findings


@pytest.mark.parametrize("persistent", [True, False])
def test_room_that_one_user_leaves_is_another_users(persistent: bool) -> None:
    (finding,) = found(Notes(shared=True), persistent=persistent)
    assert (finding.oracle, finding.operation) == ("limits", ADD.name)
    assert len(finding.actors) == 2
    texts = [step.arguments["text"] for step in finding.script.steps]
    assert len(texts) == QUOTA + 1


def test_two_more_new_users_are_refused_where_nothing_can_be_taken_back() -> None:
    assert found(Notes(shared=True, removing=False))
    assert found(Notes(shared=True, removing=False), persistent=True) == []


def test_a_limit_that_lets_through_again_is_used_up_by_one_of_two_new_users() -> None:
    assert found(Notes(shared=True), passes=True)


@pytest.mark.parametrize("passes", [True, False])
def test_a_quota_of_each_users_own_is_none(passes: bool) -> None:
    assert found(Notes(shared=False), passes=passes) == []
    assert found(Notes(shared=False), persistent=True) == []


def test_users_who_have_all_used_up_their_own_quota_are_refused_for_no_other() -> None:
    system = Notes(shared=False)
    executor = Executor({"mem": system}, system.operations, system)

    def fresh() -> History:
        return History({name: f"{name}-0" for name in USERS})

    target = Target(
        {"mem": system}, system, system.operations, production=lambda: None, persistent=True
    )
    given = PhaseBudget(target, executor, (), (), fresh, Random(1), 0, time.monotonic() + 60.0)
    # What was stored before the run counts, though the run knows nothing of it.
    system.notes = {f"old-{user}-{n}": f"{user}-0" for user in USERS for n in range(QUOTA - 2)}
    history = fresh()
    for user in (*USERS, *USERS, *USERS, "alice", "bob"):
        executor.execute(history, Actor(user, user, user), ADD.name, {"text": "note"})
    note = next(iter(system.notes))
    executor.execute(history, Actor("alice", "alice", "alice"), DELETE.name, {"note_id": note})
    executor.execute(history, Actor("alice", "alice", "alice"), ADD.name, {"text": "note"})
    for user in USERS:
        executor.execute(history, Actor(user, user, user), ADD.name, {"text": "note"})
    assert executor.limits.early
    assert LimitsPhase(sleep=lambda seconds: None).review(history, given).findings == []
