"""A leak that shows what an earlier example stored, on a system of existing users that keeps it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History
from crosstalk.core.identifiers import is_marker, marker
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed
from crosstalk.execution.executor import Executor
from crosstalk.execution.replay import Replayer
from crosstalk.oracles import Canary
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, ok

TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
ADD = Operation("mem", "add", (TEXT,), reads_only=False)
FIRST = Operation("mem", "first", (), reads_only=True, lists=True)


class Kept:
    """Shows every user some of the texts of all, whoever stored them.

    Args:
        shown: How many of the first ones, or 0 for all.
    """

    def __init__(self, shown: int) -> None:
        self.texts: list[str] = []
        self.shown = shown

    def discover(self) -> list[Operation]:
        """Both operations."""
        return [ADD, FIRST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Store a text, or show the first ones."""
        if operation is ADD:
            self.texts.append(str(arguments.get("text", "")))
            return ok({})
        return ok(self.texts[: self.shown or None])

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Nothing: the system knows no users."""
        return NOTHING


@pytest.mark.parametrize(("shown", "steps"), [(2, [FIRST.name]), (0, [ADD.name, FIRST.name])])
def test_leak_is_confirmed_by_what_a_replay_stores_and_else_by_what_stayed(
    shown: int, steps: list[str]
) -> None:
    system = Kept(shown)
    executor = Executor({"mem": system}, {each.name: each for each in (ADD, FIRST)}, system)
    said: defaultdict[str, set[str]] = defaultdict(set)

    def fresh() -> History:
        for call in executor.since_last_time():
            said[str(call.actor.user)] |= set(filter(is_marker, call.sent))
        known = {user: frozenset(values) for user, values in said.items()}
        return History({"alice": "alice-1", "bob": "bob-1"}, said=known, supplied=known)

    history = fresh()
    for number in range(3):
        executor.execute(history, ALICE, ADD.name, {"text": marker("alice", number)})
    history = fresh()
    executor.execute(history, ALICE, ADD.name, {"text": marker("alice", 3)})
    executor.execute(history, BOB, FIRST.name, {})
    (suspicion,) = Canary().judge(history)
    found = Confirmation(Replayer(executor, fresh), calls=50).confirm(history, suspicion)
    assert isinstance(found, Confirmed)
    assert [each.operation for each in found.script.steps] == steps


TAG = Operation("mem", "tag", (), reads_only=False)
RENAME = Operation("mem", "rename", (TEXT,), reads_only=False)


class Tagged(Kept):
    """Has one list of tags; whoever renames the usual one renames it for all."""

    def discover(self) -> list[Operation]:
        """All operations."""
        return [TAG, RENAME, FIRST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Tag, rename, or show the tags."""
        if operation is TAG:
            self.texts.append("usual")
        if operation is RENAME:
            new = str(arguments.get("text", "usual"))
            self.texts = [new if each == "usual" else each for each in self.texts]
        return ok(self.texts if operation is FIRST else {})


def test_script_is_shortened_by_what_shows_twice_where_a_replay_uses_up_what_one_left() -> None:
    system = Tagged(0)
    executor = Executor({"mem": system}, {each.name: each for each in system.discover()}, system)

    def fresh() -> History:
        return History({"alice": "alice-1", "bob": "bob-1"})

    history = fresh()
    executor.execute(history, ALICE, TAG.name, {})
    executor.execute(history, BOB, RENAME.name, {"text": marker("bob", 1)})
    executor.execute(history, ALICE, FIRST.name, {})
    (suspicion,) = Canary().judge(history)
    found = Confirmation(Replayer(executor, fresh)).confirm(history, suspicion)
    assert isinstance(found, Confirmed)
    assert found.minimal
    assert [each.operation for each in found.script.steps] == [TAG.name, RENAME.name, FIRST.name]
