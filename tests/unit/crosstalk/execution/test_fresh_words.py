"""Words that several users store, in replays on a system that keeps everything."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Answer, History
from crosstalk.core.identifiers import marker, markers_in
from crosstalk.core.script import Script, Step
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed
from crosstalk.execution.executor import Executor
from crosstalk.execution.fresh_words import with_fresh_keys, with_fresh_words
from crosstalk.execution.replay import Replayer
from crosstalk.oracles.canary import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, ok

ITEMS = Parameter("items", {"type": "array"}, True, Role.VALUE)
KIND = Parameter("kind", {"type": "string", "enum": ["plain", "rich"]}, True, Role.VALUE)
PUT = Operation("mem", "import_notes", (ITEMS, KIND), reads_only=False)
LIST = Operation("mem", "list_notes", (), reads_only=True, lists=True)
OPERATIONS = {each.name: each for each in (PUT, LIST)}


class Imports:
    """Keeps notes by a key that callers choose: one for all users, and for good."""

    def __init__(self) -> None:
        self.rows: dict[Any, dict[str, Any]] = {}

    def discover(self) -> list[Operation]:
        """Two operations."""
        return list(OPERATIONS.values())

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Update what has such a key already, whosever it is, or list one's own."""
        if operation is PUT:
            for each in arguments.get("items", ()):
                row = self.rows.setdefault(each.get("key"), {"owner": presented.connection})
                row["text"] = each.get("text")
            return ok({"imported": len(arguments.get("items", ()))})
        mine = [row for row in self.rows.values() if row["owner"] == presented.connection]
        return ok([{"text": row["text"]} for row in mine])

    def close(self) -> None:
        """Nothing is open."""

    def present(self, actor: Any, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)


def test_name_that_is_taken_for_good_is_new_in_a_replay() -> None:
    system = Imports()
    executor = Executor({"mem": system}, OPERATIONS, system)
    number = itertools.count(1)

    def fresh() -> History:
        place = next(number)
        return History({"alice": f"alice-{place:04d}", "bob": f"bob-{place:04d}"})

    history = fresh()
    for place, actor in enumerate((ALICE, BOB)):
        item = {"key": "0", "text": f"note {marker(actor.name, place)}"}
        executor.execute(history, actor, PUT.name, {"items": [item], "kind": "plain"})
    executor.execute(history, ALICE, LIST.name, {})
    (suspicion,) = Canary().judge(history)
    found = Confirmation(Replayer(executor, fresh)).confirm(history, suspicion)
    assert isinstance(found, Confirmed)
    assert found.replayed[0] == found.replayed[1]


def test_words_of_one_user_and_of_a_schema_stay_as_they_are() -> None:
    def step(number: int, actor: Any, key: str) -> Step:
        arguments = {"items": [{"key": key, "text": f"only {actor.name}"}], "kind": "plain"}
        return Step(number, actor, PUT.name, arguments)

    apart = Script((step(1, ALICE, "a"), step(2, BOB, "b")))
    assert with_fresh_words(apart, OPERATIONS) is None
    shared = with_fresh_words(Script((step(1, ALICE, "a"), step(2, BOB, "a"))), OPERATIONS)
    assert shared is not None
    first, second = (each.arguments for each in shared.steps)
    assert first["items"][0]["key"] == second["items"][0]["key"]
    assert markers_in(first["items"][0]["key"])
    assert (first["kind"], first["items"][0]["text"]) == ("plain", "only alice")


TITLE = Parameter("title", {"type": "string"}, True, Role.TEXT)
ADD = Operation("mem", "add_note", (TITLE,), reads_only=False)
FIND = Operation(
    "mem", "find_notes", (Parameter("q", {"type": "string"}, True, Role.QUERY),), reads_only=True
)
KEPT = {each.name: each for each in (ADD, FIND)}


class Searched(Imports):
    """Notes with a search whose answers are kept for good, by their words alone."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, list[str]] = {}

    def discover(self) -> list[Operation]:
        """Both operations."""
        return list(KEPT.values())

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Keep a note, or find one's own, or what was found before."""
        owner = presented.connection
        if operation is ADD:
            text = str(arguments.get("title", ""))
            self.rows[len(self.rows)] = {"owner": owner, "text": text}
            return ok({"kept": True})
        word = str(arguments.get("q", ""))
        mine = [row["text"] for row in self.rows.values() if row["owner"] == owner]
        return ok(self.kept.setdefault(word, [each for each in mine if word in each]))


def test_answer_that_is_kept_under_a_word_is_asked_for_by_another_one_in_a_replay() -> None:
    system = Searched()
    executor = Executor({"mem": system}, KEPT, system)
    history = History({"alice": "alice-1", "bob": "bob-1"})
    executor.execute(history, ALICE, ADD.name, {"title": f"note {marker('alice', 1)}"})
    executor.execute(history, ALICE, FIND.name, {"q": "note"})
    executor.execute(history, BOB, FIND.name, {"q": "note"})
    replayer = Replayer(executor, lambda: History({"alice": "alice-1", "bob": "bob-1"}))
    (suspicion,) = replayer.judged(history, Canary.name)
    assert isinstance(Confirmation(replayer).confirm(history, suspicion), Confirmed)


def test_keys_of_a_second_replay_name_other_calls() -> None:
    key = Parameter("key", {"type": "string"}, False, Role.KEY)
    text = Parameter("text", {"type": "string"}, True, Role.TEXT)
    add = Operation("rest", "add", (key, text), reads_only=False)
    said = {"key": marker("alice", 1), "text": marker("alice", 2)}
    script = Script((Step(1, ALICE, "add", said), Step(2, BOB, "add", said)))
    first, second = (each.arguments for each in with_fresh_keys(script, {"add": add}).steps)
    assert first == second
    assert first["text"] == said["text"]
    assert first["key"] != said["key"]
