"""What takes another user's object beside one of the caller's own, and what shows it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.oracles import Existence
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    BEAR,
    GET,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    TEXT,
    Line,
    Notes,
    swept,
)

TABLE = Operation("rest", "rest:GET /table", (IDENTITY,), reads_only=True, lists=True)


def test_lists_are_read_once_an_object_was_given_anothers() -> None:
    called: list[tuple[str, str, bool]] = []

    class Tabled(Line):
        def discover(self) -> list[Operation]:
            return [BEAR, LIST, GET, TABLE]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            caller = presented.headers.get("caller", "")
            others = [each for owner, each in self.kept.items() if owner != caller]
            foreign = any(arguments.get("mother_id") in each for each in others)
            called.append((operation.name, caller, foreign))
            plain = LIST if operation is TABLE else operation
            return super().call(plain, arguments, presented)

    swept(Tabled())
    place = next(number for number, (*_, foreign) in enumerate(called) if foreign)
    caller = called[place][1]
    after = [(name, who) for name, who, _ in called[place + 1 :]]
    assert (TABLE.name, caller) in after[:3]


HOOK_ID = Parameter("hook_id", {"type": "string"}, True, Role.REFERENCE)
SEND = Operation("rest", "rest:POST /notes/{note_id}/send", (IDENTITY, NOTE, HOOK_ID), False)
HOOK = Operation("rest", "rest:POST /hooks", (IDENTITY, TEXT), reads_only=False)


@pytest.mark.parametrize("leaks", [True, False])
def test_another_users_object_is_sent_to_one_of_ones_own(*, leaks: bool) -> None:
    class Sent(Notes):
        def __init__(self) -> None:
            super().__init__()
            self.hooks: dict[str, str] = {}

        def discover(self) -> list[Operation]:
            return [ADD, LIST, HOOK, SEND]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            caller = presented.headers.get("caller", "")
            if operation is HOOK and caller == arguments.get("user_id"):
                name = f"01a1fc95-41f3-4131-b964-{len(self.hooks):012d}"
                self.hooks[name] = caller
                return Answer(Outcome.OK, 201, {"id": name})
            if operation is not SEND or caller != arguments.get("user_id"):
                return super().call(operation, arguments, presented)
            every = {name for kept in self.kept.values() for name in kept}
            known = every if leaks else self.kept.get(caller, {})
            own = self.hooks.get(str(arguments["hook_id"])) == caller
            found = own and arguments["note_id"] in known
            return Answer(Outcome.OK, 201, {"state": "sent"}) if found else MISSING

    found: set[str] = set()

    def judge(history: History) -> bool:
        told = [each for each in Existence().judge(history) if each.operation == SEND.name]
        found.update(each.operation for each in told)
        return False

    swept(Sent(), judge=judge)
    assert found == ({SEND.name} if leaks else set())
