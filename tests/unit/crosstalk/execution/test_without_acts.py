"""Two causes between two readings: an act that empties another's list, and a shared sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Actor, Answer, History, Probe
from crosstalk.core.identifiers import marker
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed
from crosstalk.execution.executor import Executor
from crosstalk.execution.replay import Replayer
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, ok

TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
ADD = Operation("rest", "rest:POST /notes", (TEXT,), reads_only=False)
EMPTY = Operation("rest", "rest:POST /empty", (), reads_only=False)
LIST = Operation("rest", "rest:GET /notes", (), reads_only=True, lists=True)
SUM = Operation("rest", "rest:GET /sum", (), reads_only=True)
OPERATIONS = {each.name: each for each in (ADD, EMPTY, LIST, SUM)}


class Notes:
    """Notes that any user can empty, and the number of all that were ever kept."""

    def __init__(self) -> None:
        self.kept: dict[str, list[str]] = {"alice": [], "bob": []}
        self.ever = 0

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(OPERATIONS.values())

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Do it."""
        mine = self.kept[presented.connection]
        if operation is ADD:
            mine.append(str(arguments.get("text", "")))
            self.ever += 1
        elif operation is EMPTY:
            for each in self.kept.values():
                each.clear()
        elif operation is LIST:
            return ok({"notes": list(mine)})
        else:
            return ok({"sum": self.ever})
        return ok({"done": True})

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return NOTHING if actor.user is None else Presented(connection=str(actor.user))


def test_sum_that_changes_without_a_known_act_is_found_beside_it() -> None:
    system = Notes()
    executor = Executor({"rest": system}, OPERATIONS, system)
    history = History({"alice": "alice", "bob": "bob"})
    executor.execute(history, ALICE, ADD.name, {"text": marker("alice", 1)})

    def read(part: Any) -> None:
        for each in (LIST, SUM):
            executor.execute(history, ALICE, each.name, {}, Probe("ownership", 1, part, "alice"))

    read("before")
    attack = Probe("ownership", 1, "attack", "alice")
    executor.execute(history, BOB, EMPTY.name, {}, attack)
    executor.execute(history, BOB, ADD.name, {"text": marker("bob", 2)}, attack)
    read("after")
    replayer = Replayer(executor, lambda: History({"alice": "alice", "bob": "bob"}))
    listed, summed = replayer.judged(history, "ownership")
    confirmation = Confirmation(replayer)
    known = confirmation.confirm(history, listed)
    assert isinstance(known, Confirmed)
    assert known.operation == EMPTY.name
    assert confirmation.changed_without({EMPTY.name}, history, listed) == {SUM.name}
    other = confirmation.confirm(history, summed, leaving_out={EMPTY.name})
    assert isinstance(other, Confirmed)
    assert other.operation == SUM.name
