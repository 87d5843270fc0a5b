"""One act alone between two readings, before all that others did is replayed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Actor, Answer, History, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.policy import Person, Policy, Share
from crosstalk.core.script import script_of
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed
from crosstalk.execution.executor import Executor
from crosstalk.execution.repeated_acts import with_one_act
from crosstalk.execution.replay import Replayer
from crosstalk.oracles import Suspicion
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok

SORT = Parameter("sort", {"type": "string", "enum": ["title", "year"]}, True, Role.VALUE)
TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
SET = Operation("rest", "rest:PUT /preferences", (SORT,), reads_only=False)
GET = Operation("rest", "rest:GET /preferences", (), reads_only=True, lists=True)
NOTE = Operation("rest", "rest:POST /notes", (TEXT,), reads_only=False)
DROP = Operation("rest", "rest:POST /undo", (), reads_only=False)
CAROL = Actor("carol", "carol", "carol")
# Calls by which a script is longer than a part of it.
_MANY = 5
OPERATIONS = {each.name: each for each in (SET, GET, NOTE, DROP)}


class Preferences:
    """One object of preferences for all users, which stays from one replay to the next."""

    def __init__(self) -> None:
        self.sort = "title"

    def discover(self) -> list[Operation]:
        """All operations."""
        return [*OPERATIONS.values()]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Set the order, show it, or do nothing."""
        if operation is SET:
            self.sort = str(arguments.get("sort", self.sort))
        return ok({"sort": self.sort} if operation is GET else {})

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Nothing."""
        return NOTHING


def _acted(executor: Executor) -> History:
    """Return a history in which bob does a lot between two readings of alice's."""
    history = History({"alice": "alice", "bob": "bob"})
    executor.execute(history, ALICE, GET.name, {}, Probe("ownership", 1, "before", "alice"))
    attack = Probe("ownership", 1, "attack", "alice")
    for number in range(9):
        executor.execute(history, BOB, NOTE.name, {"text": marker("bob", number)}, attack)
    executor.execute(history, BOB, SET.name, {"sort": "year"}, attack)
    for _ in range(9):
        executor.execute(history, BOB, DROP.name, {}, attack)
    executor.execute(history, ALICE, GET.name, {}, Probe("ownership", 1, "after", "alice"))
    return history


def _on(system: Preferences) -> tuple[Executor, Replayer]:
    executor = Executor({"rest": system}, OPERATIONS, system)
    return executor, Replayer(executor, lambda: History({"alice": "alice", "bob": "bob"}))


def test_each_act_is_made_alone_after_it_has_set_something_else() -> None:
    executor, replayer = _on(Preferences())
    history = _acted(executor)
    (suspicion,) = replayer.judged(history, "ownership")
    parts = with_one_act(history, suspicion, script_of(history), OPERATIONS)
    made = [[(step.operation, step.arguments.get("sort")) for step in each.steps] for each in parts]
    read = (GET.name, None)
    assert sorted(made, key=len) == [
        [read, (DROP.name, None), read],
        [read, (NOTE.name, None), read],
        [(SET.name, "title"), read, (SET.name, "year"), read],
    ]


def test_act_that_has_set_what_stays_is_found_among_many_with_few_calls() -> None:
    executor, replayer = _on(Preferences())
    history = _acted(executor)
    (suspicion,) = replayer.judged(history, "ownership")
    with executor.replaying():
        found = Confirmation(replayer).confirm(history, suspicion)
    assert isinstance(found, Confirmed)
    assert found.operation == SET.name
    assert found.minimal
    assert executor.replay_calls < 150


def test_act_comes_with_what_was_shared_before_by_its_user_and_the_reader() -> None:
    share = Share(("rest:POST /shares",), "person", "note_id", (), ("rest:POST /accept",))
    people = {each: Person(each) for each in ("alice", "bob", "carol")}
    history = History({each: each for each in people}, policy=Policy(people, shares=(share,)))
    story = Writer()
    story.history = history
    for owner, person in ((ALICE, BOB), (CAROL, BOB)):
        story.call(owner, "rest:POST /shares", {"note_id": "1", "person": person.name}, ok({}))
        story.call(person, "rest:POST /accept", {}, ok({}))
    asked: Mapping[str, Any] = {}
    for _ in range(_MANY):
        story.call(BOB, NOTE.name, {}, ok({}))
    story.call(
        ALICE, GET.name, asked, ok({"sort": "title"}), Probe("ownership", 1, "before", "alice")
    )
    story.call(BOB, SET.name, {"sort": "year"}, ok({}), Probe("ownership", 1, "attack", "alice"))
    story.call(
        ALICE, GET.name, asked, ok({"sort": "year"}), Probe("ownership", 1, "after", "alice")
    )
    suspicion = Suspicion("ownership", SET.name, (5 + _MANY, 6 + _MANY, 7 + _MANY), "changed")
    (part,) = with_one_act(history, suspicion, script_of(history), OPERATIONS)
    assert [(each.actor.name, each.operation) for each in part.steps[:3]] == [
        ("alice", "rest:POST /shares"),
        ("bob", "rest:POST /accept"),
        ("bob", "rest:POST /accept"),
    ]
