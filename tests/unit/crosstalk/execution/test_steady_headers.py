"""A validator that counts every user's changes is believed, though only later calls show that it is
steady.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History, Probe
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed
from crosstalk.execution.executor import Executor
from crosstalk.execution.replay import Replayer
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, ok

TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
ADD = Operation("rest", "rest:POST /notes", (TEXT,), reads_only=False)
LIST = Operation("rest", "rest:GET /notes", (), reads_only=True, lists=True)
OPERATIONS = {each.name: each for each in (ADD, LIST)}


class Revised:
    """Notes of each user, with a validator made of the changes of one user, or of all."""

    def __init__(self, *, leaks: bool) -> None:
        self.leaks = leaks
        self.kept: dict[str, list[str]] = {}

    def discover(self) -> list[Operation]:
        """Both operations."""
        return [ADD, LIST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Keep a note, or show the caller's own with the validator."""
        mine = self.kept.setdefault(presented.connection, [])
        if operation is ADD:
            mine.append(str(arguments.get("text", "")))
            return ok({"kept": True})
        revision = sum(map(len, self.kept.values())) if self.leaks else len(mine)
        return replace(ok({"notes": [*mine]}), headers={"etag": f"r{revision}"})

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return NOTHING if actor.user is None else Presented(connection=subject)


@pytest.mark.parametrize("leaks", [True, False])
def test_validator_is_believed_that_was_seen_to_be_steady_after_it_changed(*, leaks: bool) -> None:
    system = Revised(leaks=leaks)
    executor = Executor({"rest": system}, OPERATIONS, system)

    def fresh() -> History:
        nonce = secrets.token_hex(4)
        return History({"alice": f"alice-{nonce}", "bob": f"bob-{nonce}"})

    history = fresh()
    executor.execute(history, ALICE, ADD.name, {"text": "a"})
    executor.execute(history, ALICE, LIST.name, {}, Probe("ownership", 1, "before", "alice"))
    executor.execute(
        history, BOB, ADD.name, {"text": "b"}, Probe("ownership", 1, "attack", "alice")
    )
    executor.execute(history, ALICE, LIST.name, {}, Probe("ownership", 1, "after", "alice"))
    for _ in range(2):
        executor.execute(history, BOB, LIST.name, {})
    replayer = Replayer(executor, fresh)
    found = replayer.judged(history, "ownership")
    assert bool(found) is leaks
    for each in found:
        assert isinstance(Confirmation(replayer).confirm(history, each), Confirmed)
