"""The operations whose limits are tried at the end, in the order of their likelihood."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.phases.base import PhaseBudget
from crosstalk.phases.limits.choice import chosen
from crosstalk.phases.limits.phase import LimitsPhase
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target

TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
NAMED = Parameter("note_id", {"type": "string"}, True, Role.REFERENCE)
EMAIL = Parameter("email", {"type": "string"}, True, Role.IDENTITY)
LIST = Operation("mem", "mem:list_notes", (), reads_only=True, lists=True)
NOTE = Operation("mem", "mem:add_note", (TEXT,), reads_only=False)
TAG = Operation(
    "mem", "mem:add_tag", (TEXT,), reads_only=False, extra={"about": "At most 12 tags."}
)
SHARE = Operation("mem", "mem:share_note", (NAMED,), reads_only=False)
DELETE = Operation("mem", "mem:delete_note", (NAMED,), reads_only=False)
FORGOT = Operation("mem", "mem:forgot", (EMAIL,), reads_only=False, public=True)
NEWS = Operation("mem", "mem:subscribe", (TEXT,), reads_only=False, public=True)
ASK = Operation("chat", "chat:ask", (TEXT,), reads_only=False, conversational=True)
EDIT = Operation("mem", "mem:edit_note", (NAMED, TEXT), reads_only=False)
ALL = (EDIT, LIST, NOTE, TAG, SHARE, DELETE, FORGOT, NEWS, ASK)


class Kept:
    """Keeps what users add: all of them together as many as there may be, if it is shared."""

    def __init__(self, most: int = 10_000) -> None:
        self.most = most
        self.number = -1
        self.kept: dict[str, int] = {}

    def discover(self) -> list[Operation]:
        """Everything."""
        return list(ALL)

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve a call, or refuse one too many."""
        if operation is DELETE:
            self.kept.pop(str(arguments["note_id"]), None)
        if operation is not NOTE:
            return Answer(Outcome.OK, 200, {"items": ["mine"]})
        if len(self.kept) >= self.most:
            return Answer(Outcome.ERROR, 409, None, message="quota of notes is used up")
        self.number += 1
        name = f"note-{self.number:08}"
        self.kept[name] = 1
        return Answer(Outcome.OK, 200, {"id": name})

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)

    def close(self) -> None:
        """Nothing is open."""


def budget(system: Kept) -> PhaseBudget:
    """A budget of calls, after each operation was served once."""
    operations = {each.name: each for each in ALL}
    executor = Executor({"mem": system, "chat": system}, operations, system)
    number = iter(range(1, 1_000))

    def fresh() -> History:
        nonce = next(number)
        return History({name: f"{name}-{nonce}" for name in USERS})

    history, alice = fresh(), Actor("alice", "alice", "alice")
    for each in ALL:
        named = {one.name: "note-00000000" for one in each.parameters}
        executor.execute(history, alice, each.name, named)
    target = Target({"mem": system, "chat": system}, system, operations, production=lambda: None)
    return PhaseBudget(
        target, executor, (), (LIST,), fresh, Random(1), 700, time.monotonic() + 60.0
    )


def test_named_limits_come_first_then_models_then_what_is_stored_and_attempted() -> None:
    found = [each.operation for each in chosen(budget(Kept()))]
    assert found == [TAG, ASK, NOTE, FORGOT, SHARE, LIST]


def test_a_system_that_was_started_for_it_has_its_requests_limit_tried_before_kinds() -> None:
    given = budget(Kept())
    given = replace(given, target=replace(given.target, production_soon=lambda: None))
    assert [each.operation for each in chosen(given)][:4] == [TAG, ASK, LIST, NOTE]


def test_calls_are_as_many_as_a_description_says_or_a_part_of_what_is_left() -> None:
    calls = {each.operation.name: each.most(400) for each in chosen(budget(Kept()))}
    assert calls[TAG.name] == 18
    assert calls[ASK.name] == 100
    assert calls[NOTE.name] == 100
    assert calls[LIST.name] == 400


def test_a_quota_that_stays_used_up_is_confirmed_by_new_users() -> None:
    (finding,) = LimitsPhase(sleep=lambda seconds: None).run(budget(Kept(most=60))).findings
    assert finding.operation == NOTE.name
    assert finding.script.steps[0].actor != finding.script.steps[-1].actor
