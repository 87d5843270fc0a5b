"""A share of all users' rows that one act moves no more, as earlier replays have left so many."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, Call, History, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.script import script_of
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed
from crosstalk.execution.executor import Executor
from crosstalk.execution.repeated_acts import with_acts_repeated
from crosstalk.execution.replay import Replayer
from crosstalk.oracles import Suspicion
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, ok

TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
ADD = Operation("rest", "rest:POST /notes", (TEXT,), reads_only=False)
SHARE = Operation("rest", "rest:GET /share", (), reads_only=True, lists=True)
OPERATIONS = {each.name: each for each in (ADD, SHARE)}
FULL = 200


class Shared:
    """Notes under names that are new, with the share of all notes that is the caller's."""

    def __init__(self) -> None:
        self.kept: dict[str, set[str]] = {"alice": set(), "bob": set()}
        self.leaks = True

    def discover(self) -> list[Operation]:
        """Both operations."""
        return [ADD, SHARE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Keep a note, or show the share."""
        mine = self.kept[presented.connection]
        if operation is ADD:
            mine.add(str(arguments.get("text", "")))
            return ok({"kept": True})
        all_notes = sum(map(len, self.kept.values())) if self.leaks else len(mine)
        return ok({"share": 100 * len(mine) // all_notes if all_notes else 0})

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return NOTHING if actor.user is None else Presented(connection=str(actor.user))


@pytest.mark.parametrize("leaks", [True, False])
def test_share_that_one_more_act_does_not_move_is_believed_by_several(*, leaks: bool) -> None:
    system = Shared()
    executor = Executor({"rest": system}, OPERATIONS, system)
    history = History({"alice": "alice", "bob": "bob"})
    executor.execute(history, ALICE, ADD.name, {"text": marker("alice", 1)})
    executor.execute(history, ALICE, SHARE.name, {}, Probe("ownership", 1, "before", "alice"))
    attack = Probe("ownership", 1, "attack", "alice")
    executor.execute(history, BOB, ADD.name, {"text": marker("bob", 2)}, attack)
    executor.execute(history, ALICE, SHARE.name, {}, Probe("ownership", 1, "after", "alice"))
    replayer = Replayer(executor, lambda: History({"alice": "alice", "bob": "bob"}))
    (suspicion,) = replayer.judged(history, "ownership")
    system.kept = {
        user: {f"{user} {secrets.token_hex(4)} {each}" for each in range(FULL)}
        for user in system.kept
    }
    system.leaks = leaks
    found = Confirmation(replayer).confirm(history, suspicion)
    assert isinstance(found, Confirmed) is leaks


FORGET = Operation("rest", "rest:POST /forget", (), reads_only=False)
NOTES = Operation("rest", "rest:GET /notes", (), reads_only=True, lists=True)


class Forgetting(Shared):
    """Notes that one call forgets, those of all users."""

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, FORGET, NOTES]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Keep a note, show the caller's, or forget all."""
        if operation is FORGET:
            self.kept = {user: set() for user in self.kept}
            return ok({"forgotten": True})
        if operation is NOTES:
            return ok({"notes": sorted(self.kept[presented.connection])})
        return super().call(operation, arguments, presented)


def test_whole_script_is_replayed_where_its_part_showed_by_what_was_left_before() -> None:
    system = Forgetting()
    operations = {each.name: each for each in system.discover()}
    executor = Executor({"rest": system}, operations, system)
    history = History({"alice": "alice", "bob": "bob"})
    executor.execute(history, ALICE, ADD.name, {"text": marker("alice", 1)})
    executor.execute(history, ALICE, NOTES.name, {}, Probe("ownership", 1, "before", "alice"))
    attack = Probe("ownership", 1, "attack", "alice")
    executor.execute(history, BOB, FORGET.name, {}, attack)
    executor.execute(history, ALICE, NOTES.name, {}, Probe("ownership", 1, "after", "alice"))
    replayer = Replayer(executor, lambda: History({"alice": "alice", "bob": "bob"}))
    (suspicion,) = replayer.judged(history, "ownership")
    system.kept["alice"] = {"left"}
    found = Confirmation(replayer).confirm(history, suspicion)
    assert isinstance(found, Confirmed)
    assert ADD.name in {step.operation for step in found.script.steps}


MINUTES = Parameter("minutes", {"type": "integer", "maximum": 60}, False, Role.VALUE)
SET = Operation("rest", "rest:PATCH /settings", (MINUTES,), reads_only=False)
SETTINGS = Operation("rest", "rest:GET /settings", (), reads_only=True, lists=True)


class Defaults(Shared):
    """Settings that all users have in common, and keep for good."""

    def __init__(self) -> None:
        super().__init__()
        self.minutes = 1

    def discover(self) -> list[Operation]:
        """Both operations."""
        return [SET, SETTINGS]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Set or show them."""
        if operation is SET:
            self.minutes = int(arguments.get("minutes", self.minutes))
        return ok({"minutes": self.minutes})


@pytest.mark.parametrize("minutes", [20, 60])
def test_value_that_replays_set_is_set_to_another_one_before(minutes: int) -> None:
    system = Defaults()
    operations = {each.name: each for each in system.discover()}
    executor = Executor({"rest": system}, operations, system)
    history = History({"alice": "alice", "bob": "bob"})
    executor.execute(history, ALICE, SETTINGS.name, {}, Probe("ownership", 1, "before", "alice"))
    attack = Probe("ownership", 1, "attack", "alice")
    executor.execute(history, BOB, SET.name, {"minutes": minutes}, attack)
    executor.execute(history, ALICE, SETTINGS.name, {}, Probe("ownership", 1, "after", "alice"))
    replayer = Replayer(executor, lambda: History({"alice": "alice", "bob": "bob"}))
    (suspicion,) = replayer.judged(history, "ownership")
    found = Confirmation(replayer).confirm(history, suspicion)
    assert isinstance(found, Confirmed)
    assert found.operation in (SET.name, SETTINGS.name)


@pytest.mark.parametrize(
    ("schema", "other"),
    [
        ({"type": "integer"}, 6),
        ({"type": "integer", "maximum": 5}, 4),
        ({"type": "integer", "maximum": "5"}, 6),
        ({"type": "integer", "enum": [5, 7]}, 7),
        ({"type": "integer", "enum": None}, 6),
    ],
)
def test_values_are_others_whatever_the_schema_says(schema: Mapping[str, Any], other: int) -> None:
    minutes = Parameter("minutes", schema, True, Role.VALUE)
    log = Operation("rest", "rest:PUT /log", (minutes,), reads_only=False)
    total = Operation("rest", "rest:GET /total", (), reads_only=True, lists=True)
    history = History({"alice": "a-1", "bob": "b-1"})
    readings = [Probe("ownership", 1, part, "alice") for part in ("before", "after")]
    calls = [
        (ALICE, total, {}, readings[0]),
        (BOB, log, {"minutes": 5}, None),
        (ALICE, total, {}, readings[1]),
    ]
    for index, (actor, operation, given, probe) in enumerate(calls, start=1):
        history.record(Call(index, actor, operation.name, given, ok({}), 0.0, 0.1, probe))
    suspicion = Suspicion("ownership", log.name, (1, 2, 3), "")
    script = with_acts_repeated(script_of(history), suspicion, {log.name: log, total.name: total})
    assert script is not None
    set_before = [each.arguments["minutes"] for each in script.steps if each.arguments]
    assert set_before[0] == other
