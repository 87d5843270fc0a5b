"""A best of all users that the example has beaten already, where rows stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History, Outcome, Probe
from crosstalk.core.script import Script, script_of
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed
from crosstalk.execution.executor import Executor
from crosstalk.execution.replay import Replayer
from crosstalk.execution.rising_numbers import risen, with_rising_numbers
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, ok

MINUTES = Parameter("minutes", {"type": "integer", "maximum": 1440}, True, Role.VALUE)
LOG = Operation("rest", "rest:POST /entries", (MINUTES,), reads_only=False)
REPORT = Operation("rest", "rest:GET /report", (), reads_only=True)
OPERATIONS = {each.name: each for each in (LOG, REPORT)}


class Times:
    """Entries that stay, and the longest of them.

    Attributes:
        leaks: Whether it is of every user's.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[str, int]] = []
        self.leaks = True

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(OPERATIONS.values())

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Log, or report what was logged."""
        me = presented.connection
        if operation is LOG and not isinstance(arguments.get("minutes"), int):
            return Answer(Outcome.ERROR, 422, {"problem": "how long?"})
        if operation is LOG:
            self.entries.append((me, arguments["minutes"]))
            return ok({"logged": True})
        seen = [minutes for who, minutes in self.entries if self.leaks or who == me]
        return ok({"week": 7, "longest": max(seen, default=0)})

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return NOTHING if actor.user is None else Presented(connection=str(actor.user))


def _story(system: Times) -> tuple[History, Replayer]:
    executor = Executor({"rest": system}, OPERATIONS, system)
    history = History({"alice": "alice", "bob": "bob"})
    for part in ("before", "attack", "after"):
        probe = Probe("ownership", 1, part, "alice")
        if part == "attack":
            executor.execute(history, BOB, LOG.name, {"minutes": 20}, probe)
        else:
            executor.execute(history, ALICE, REPORT.name, {}, probe)
    return history, Replayer(executor, lambda: History({"alice": "alice", "bob": "bob"}))


@pytest.mark.parametrize("leaks", [True, False])
def test_best_of_all_is_beaten_in_each_replay(*, leaks: bool) -> None:
    system = Times()
    history, replayer = _story(system)
    (suspicion,) = replayer.judged(history, "ownership")
    system.leaks = leaks
    script = with_rising_numbers(script_of(history), suspicion, OPERATIONS, history, 60)
    assert script is not None
    assert [each.arguments for each in script.steps][1] == {
        "minutes": "${above 20 up to 1440 since 60}"
    }
    found = Confirmation(replayer).confirm(history, suspicion)
    assert isinstance(found, Confirmed) is leaks
    if isinstance(found, Confirmed):
        assert found.operation == REPORT.name


def test_number_that_is_shown_nowhere_stays() -> None:
    history, replayer = _story(Times())
    (suspicion,) = replayer.judged(history, "ownership")
    script = script_of(history)
    others = [
        replace(step, arguments={"minutes": 19}) if step.operation == LOG.name else step
        for step in script.steps
    ]
    script = Script(tuple(others))
    assert with_rising_numbers(script, suspicion, OPERATIONS, history, 0) is None


def test_rising_number_is_larger_with_each_call_and_never_too_large() -> None:
    text = "${above 20 up to 1440 since 60}"
    assert [risen(text, calls) for calls in (0, 60, 75, 5_000)] == [21, 21, 35, 1440]
    assert risen("${above 2.5 up to inf since 0}", 10) == 12.5
    assert risen("spin", 10) == "spin"
