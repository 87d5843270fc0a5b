"""An order by what all users do, and a mean over all, that earlier replays have brought to rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History, Outcome, Probe
from crosstalk.core.script import script_of
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed
from crosstalk.execution.executor import Executor
from crosstalk.execution.other_entries import chosen, with_other_entries
from crosstalk.execution.replay import Replayer
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, ok

CLASSES = ["box", "row", "spin"]
NAME = Parameter("class_id", {"type": "string"}, True, Role.REFERENCE)
MINUTES = Parameter("minutes", {"type": "integer"}, True, Role.VALUE)
BOOK = Operation("rest", "rest:POST /bookings", (NAME, MINUTES), reads_only=False)
POPULAR = Operation("rest", "rest:GET /popular", (), reads_only=True, lists=True)
MEAN = Operation("rest", "rest:GET /mean", (), reads_only=True)
PROSE = Operation("rest", "rest:GET /popular.txt", (), reads_only=True, lists=True)
OPERATIONS = {each.name: each for each in (BOOK, POPULAR, MEAN, PROSE)}


class Gym:
    """Bookings, the classes in the order in which they are booked, and the mean of all minutes."""

    def __init__(self) -> None:
        self.booked: list[tuple[str, str, int]] = []
        self.leaks = True

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(OPERATIONS.values())

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Book, or show what was booked."""
        me = presented.connection
        if operation is BOOK and not {"class_id", "minutes"} <= set(arguments):
            return Answer(Outcome.ERROR, 422, {"problem": "which class, and how long?"})
        if operation is BOOK:
            self.booked.append((me, arguments["class_id"], arguments["minutes"]))
            return ok({"booked": True})
        seen = [each for each in self.booked if self.leaks or each[0] == me]
        times = Counter(name for _, name, _ in seen)
        ordered = sorted(CLASSES, key=lambda each: -times[each])
        if operation is POPULAR:
            return ok(ordered)
        if operation is PROSE:
            return ok({"result": "\n".join(f"{each} 45 min" for each in ordered)})
        return ok({"mean": round(sum(m for *_, m in seen) / len(seen), 1) if seen else 0})

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return NOTHING if actor.user is None else Presented(connection=str(actor.user))


def _story(system: Gym, reading: Operation) -> tuple[History, Replayer]:
    executor = Executor({"rest": system}, OPERATIONS, system)
    history = History({"alice": "alice", "bob": "bob"})
    for part in ("before", "attack", "after"):
        probe = Probe("ownership", 1, part, "alice")
        if part == "attack":
            given = {"class_id": "spin", "minutes": 2}
            executor.execute(history, BOB, BOOK.name, given, probe)
        else:
            executor.execute(history, ALICE, reading.name, {}, probe)
    return history, Replayer(executor, lambda: History({"alice": "alice", "bob": "bob"}))


@pytest.mark.parametrize("leaks", [True, False])
@pytest.mark.parametrize("reading", [POPULAR, MEAN, PROSE], ids=["order", "mean", "lines"])
def test_order_or_mean_at_rest_is_moved_by_other_entries_and_numbers(
    reading: Operation, *, leaks: bool
) -> None:
    system = Gym()
    history, replayer = _story(system, reading)
    (suspicion,) = replayer.judged(history, "ownership")
    system.booked = [("bob", each, 2) for each in CLASSES for _ in range(5)]
    system.booked += [("bob", "spin", 2)] * 4
    system.leaks = leaks
    found = Confirmation(replayer).confirm(history, suspicion)
    assert isinstance(found, Confirmed) is leaks
    if isinstance(found, Confirmed):
        # To name what any user can name is no reach for another's.
        assert found.operation == reading.name


def test_acts_are_about_the_entry_that_is_shown_last() -> None:
    system = Gym()
    history, replayer = _story(system, POPULAR)
    (suspicion,) = replayer.judged(history, "ownership")
    script = with_other_entries(script_of(history), suspicion, OPERATIONS, history)
    assert script is not None
    reading = next(each for each in script.steps if each.operation == POPULAR.name)
    said = {step.arguments["class_id"] for step in script.steps[2:-1]}
    assert said == {f"${{{reading.number}.2|listed}}"}


def test_choice_is_one_in_a_replay_and_another_in_the_next() -> None:
    system = Gym()
    history, replayer = _story(system, MEAN)
    (suspicion,) = replayer.judged(history, "ownership")
    script = with_other_entries(script_of(history), suspicion, OPERATIONS, history)
    assert script is not None
    (text,) = {step.arguments["minutes"] for step in script.steps[2:-1]}
    assert text == "${one of [2, 5, 11, 41, 101]}"
    assert [chosen(text, salt) for salt in (0, 1, 5)] == [2, 5, 2]
    assert chosen("spin", 1) == "spin"
