"""The sweep on systems made of memory: what it gives each oracle, and at how many calls."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Actor, Answer, Call, History, Outcome
from crosstalk.core.policy import Person, Policy, Share
from crosstalk.core.principals import USERS, Principals
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.sweep import Sweep, surfaces_together
from crosstalk.oracles import Canary, Existence, Ownership
from crosstalk.oracles.controls import controls_of
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role

IDENTITY = Parameter("user_id", {"type": "string"}, True, Role.IDENTITY)
NOTE = Parameter("note_id", {"type": "string"}, True, Role.REFERENCE)
QUERY = Parameter("q", {"type": "string"}, True, Role.QUERY)
TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
ADD = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT), reads_only=False)
LIST = Operation("rest", "rest:GET /notes", (IDENTITY,), reads_only=True, lists=True)
GET = Operation("rest", "rest:GET /notes/{note_id}", (IDENTITY, NOTE), reads_only=True)
EDIT = Operation("rest", "rest:PATCH /notes/{note_id}", (IDENTITY, NOTE, TEXT), reads_only=False)
DELETE = Operation("rest", "rest:DELETE /notes/{note_id}", (IDENTITY, NOTE), reads_only=False)
REMOVE = Operation("rest", "rest:DELETE /bin/notes/{note_id}", (IDENTITY, NOTE), reads_only=False)
ABOUT = Operation("rest", "rest:GET /about", (IDENTITY,), reads_only=True)
OPERATIONS = (ADD, LIST, GET, EDIT, DELETE, REMOVE, ABOUT)
MISSING = Answer(Outcome.ERROR, 404, None, {}, "not_found")


@dataclass
class Notes:
    """Keeps each user's notes apart.

    Attributes:
        accepted: Whether a call's arguments are accepted at all.
        numbered: Whether each user's notes are numbered from 1.
    """

    accepted: Any = lambda *_: True
    numbered: bool = False
    kept: dict[str, dict[str, str]] = field(default_factory=dict)
    made: int = 0
    calls: int = 0

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(OPERATIONS)

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone."""
        self.calls += 1
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        if not self.accepted(operation, arguments):
            return Answer(Outcome.ERROR, 400, None, {}, "bad_request", "something is wrong")
        if operation is ABOUT:
            return Answer(Outcome.OK, 200, {"opening_hours": "9 to 5"})
        mine = self.kept.setdefault(caller, {})
        if operation is LIST:
            return Answer(Outcome.OK, 200, [{"id": i, "text": t} for i, t in mine.items()])
        name = str(arguments.get("note_id", ""))
        if operation is ADD:
            self.made += 1
            name = f"01a1fc95-41f3-4131-b962-{self.made * 7919:012d}"
            name = str(max(map(int, mine), default=0) + 1) if self.numbered else name
        elif name not in mine:
            return MISSING
        if operation in (DELETE, REMOVE):
            del mine[name]
            return Answer(Outcome.OK, 204, None)
        if "text" in arguments:
            mine[name] = str(arguments["text"])
        return Answer(Outcome.OK, 200, {"id": name, "text": mine[name]})

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """The caller's subject as a header; nothing for a stranger."""
        return NOTHING if actor.user is None else Presented({"caller": subject})


ITEMS = Operation("rest", "rest:GET /items", (IDENTITY,), reads_only=True, lists=True)
ITEM = Parameter("item_id", {"type": "integer"}, True, Role.REFERENCE)
ORDER = Parameter("order_id", {"type": "integer"}, True, Role.REFERENCE)
BUY = Operation("rest", "rest:POST /orders", (IDENTITY, ITEM), reads_only=False)
SHOW = Operation("rest", "rest:GET /orders/{order_id}", (IDENTITY, ORDER), reads_only=True)


class Shop(Notes):
    """Takes orders of items of a catalogue for every user; both have numbers."""

    def discover(self) -> list[Operation]:
        """Three operations."""
        return [ITEMS, BUY, SHOW]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own orders alone."""
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        if operation is ITEMS:
            return Answer(Outcome.OK, 200, [{"item_id": 501}, {"item_id": 502}])
        mine = self.kept.setdefault(caller, {})
        if operation is SHOW:
            found = mine.get(str(arguments.get("order_id")))
            return Answer(Outcome.OK, 200, {"item_id": found}) if found else MISSING
        if str(arguments.get("item_id")) not in ("501", "502"):
            return Answer(Outcome.ERROR, 422, None, {}, "unknown_item")
        self.made += 1
        mine[str(self.made)] = str(arguments["item_id"])
        return Answer(Outcome.OK, 201, {"order_id": self.made})


BIN = Operation("rest", "rest:GET /bin/notes", (IDENTITY,), reads_only=True, lists=True)


class Bin(Notes):
    """Keeps what was removed in one bin for all users."""

    removed: list[tuple[str, str]]
    shown: list[tuple[str, str]]

    def discover(self) -> list[Operation]:
        """All operations but the second way to remove."""
        self.removed, self.shown = [], []
        return [ADD, LIST, GET, DELETE, BIN]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """serve the caller's own notes, and every user's removed ones."""
        caller = presented.headers.get("caller", "")
        if operation is BIN and caller == arguments.get("user_id"):
            self.shown += [(caller, owner) for owner, _ in self.removed]
            return Answer(Outcome.OK, 200, [{"text": text} for _, text in self.removed])
        text = self.kept.get(caller, {}).get(str(arguments.get("note_id")), "")
        answer = super().call(operation, arguments, presented)
        if operation is DELETE and answer.outcome is Outcome.OK:
            self.removed.append((caller, text))
        return answer


def swept(
    notes: Notes,
    most: int = 1_000,
    judge: Callable[[History], bool] | None = None,
    principals: Principals | None = None,
    policy: Policy | None = None,
) -> tuple[dict[str, dict[str, int]], ServiceRecord]:
    """Run the sweep; return each operation's opportunities, and what was served."""
    operations = {each.name: each for each in notes.discover()}
    service = ServiceRecord(operations)
    counted: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))

    def take(history: History) -> None:
        service.take(history)
        for name, control in controls_of(history).items():
            for oracle, count in control.oracles.items():
                counted[oracle][name] += count

    state = GeneratorState(
        executor=Executor({"rest": notes, "mcp": notes}, operations, notes),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}, policy=policy),
        observations=[each for each in operations.values() if each.lists],
        forgeries=(),
        on_example_end=take,
        stopped=lambda: notes.calls >= most,
        unserved=service.unserved,
        principals=principals or Principals(impostors=()),
        judge=judge,
    )
    # What is replayed is judged by its replay: nothing of it counts as an opportunity.
    Sweep(state, lambda: {} if judge else counted, Random(1), most, policy).run()
    return {oracle: dict(counts) for oracle, counts in counted.items()}, service


def test_each_oracle_has_its_opportunity_at_each_operation_in_few_calls() -> None:
    notes = Notes()
    opportunities, service = swept(notes)
    changing = {each.name for each in (ADD, EDIT, DELETE, REMOVE)}
    by_id = {each.name for each in (GET, EDIT, DELETE, REMOVE)}
    assert not service.unserved()
    assert changing <= opportunities["ownership"].keys()
    assert by_id <= opportunities["existence"].keys()
    assert {each.name for each in OPERATIONS} <= opportunities["identity"].keys()
    assert {ADD.name, LIST.name, GET.name, EDIT.name} <= opportunities["canary"].keys()
    assert notes.calls <= 8 * len(OPERATIONS)


def test_another_identity_is_claimed_once_with_each_operation_that_is_told_who_calls() -> None:
    notes, claimed = Notes(), list[str]()
    serve = notes.call

    def call(operation: Operation, arguments: Mapping[str, Any], presented: Presented) -> Answer:
        caller = presented.headers.get("caller", "")
        if caller and arguments.get("user_id") != caller:
            claimed.append(operation.name)
        return serve(operation, arguments, presented)

    notes.call = call  # type: ignore[method-assign]
    swept(notes, principals=Principals())
    assert sorted(claimed) == sorted(each.name for each in OPERATIONS)
    reading = [name in (LIST.name, GET.name, ABOUT.name) for name in claimed]
    assert reading == sorted(reading, reverse=True)


def test_changes_are_made_again_only_while_an_operation_is_refused() -> None:
    asked: list[str] = []

    def accepted(operation: Operation, _: Mapping[str, Any]) -> bool:
        asked.append(operation.name)
        return True

    swept(Notes(accepted))
    # Two deletions want an object each, so that one of them is refused at first.
    assert asked.count(ADD.name) <= 9


def test_surfaces_on_which_nothing_can_be_stored_are_swept_with_one_that_stores() -> None:
    read = replace(GET, surface="mcp-resources", name="mcp:resources/read")
    add = replace(ADD, surface="mcp", name="mcp:add")
    ask = replace(ABOUT, surface="chat", name="chat:POST /chat")
    together = surfaces_together(Capabilities.of([*OPERATIONS, read, add, ask]))
    assert together == [["mcp", "mcp-resources"], ["chat", "rest"]]
    assert surfaces_together(Capabilities.of([ask, GET])) == [["chat", "rest"]]
    assert surfaces_together(Capabilities.of([])) == []


def test_suspicion_in_every_attack_leaves_no_operation_of_the_owner_unserved() -> None:
    def replayed(history: History) -> bool:
        return any(each.probe is not None and each.probe.part == "attack" for each in history)

    _, service = swept(Notes(), judge=replayed)
    assert not service.unserved()


def test_data_that_is_no_users_own_is_shown_to_two_users_and_known_as_public() -> None:
    _, service = swept(Notes())
    assert service.public() == [ABOUT.name]


def test_victim_stores_more_where_the_objects_of_each_user_are_numbered_from_one() -> None:
    opportunities, _ = swept(Notes(numbered=True))
    assert {GET.name, EDIT.name, DELETE.name} <= opportunities["existence"].keys()


def test_lists_are_read_by_another_user_after_the_owner_has_removed_something() -> None:
    notes = Bin()
    swept(notes)
    assert any(reader != owner for reader, owner in notes.shown)


def test_order_that_names_an_item_of_a_catalogue_is_made_and_compared() -> None:
    opportunities, service = swept(Shop())
    assert not service.unserved()
    assert SHOW.name in opportunities["existence"]


def test_a_call_that_is_refused_is_made_again_with_other_arguments() -> None:
    refused: defaultdict[str, int] = defaultdict(int)

    def accepted(operation: Operation, arguments: Mapping[str, Any]) -> bool:
        refused[operation.name] += 1
        return refused[operation.name] > 2

    notes = Notes(accepted)
    _, service = swept(notes)
    assert not service.unserved()


def test_an_operation_that_is_never_served_does_not_use_up_the_budget() -> None:
    notes = Notes(lambda operation, _: operation is not EDIT)
    _, service = swept(notes, 10_000)
    assert service.unserved() == {EDIT.name}
    assert notes.calls < 300


def served_last(notes: Notes, unserved: str) -> list[Call]:
    """Return the calls with which one operation that was never served is served at the end."""
    operations = {each.name: each for each in notes.discover()}
    made: list[Call] = []
    state = GeneratorState(
        executor=Executor({"rest": notes, "mcp": notes}, operations, notes),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=[each for each in operations.values() if each.lists],
        forgeries=(),
        on_example_end=made.extend,
        stopped=lambda: False,
        unserved=lambda: {unserved},
        principals=Principals(impostors=()),
    )
    Sweep(state, dict, Random(1), 1_000).serve()
    return made


def test_last_calls_serve_what_was_never_served_and_no_more() -> None:
    notes = Notes()
    called = Counter(each.operation for each in served_last(notes, EDIT.name))
    assert called[EDIT.name] == 1
    assert called[DELETE.name] == 0
    assert notes.calls < 20


def test_last_calls_store_what_is_searched() -> None:
    find = Operation("rest", "rest:GET /notes/search", (IDENTITY, QUERY), reads_only=True)

    class Searched(Notes):
        def discover(self) -> list[Operation]:
            return [*OPERATIONS, find]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            answer = super().call(LIST if operation is find else operation, arguments, presented)
            if operation is find and answer.outcome is Outcome.OK:
                found = [each for each in answer.body if str(arguments["q"]) in each["text"]]
                return Answer(Outcome.OK, 200, found)
            return answer

    notes = Searched()
    shown = [e.answer.body for e in served_last(notes, find.name) if e.operation == find.name]
    assert shown[0]
    assert notes.calls < 10


def test_later_passes_leave_what_shares_to_the_lives_of_shares() -> None:
    accept = Operation("rest", "rest:POST /notes/{note_id}/accept", (IDENTITY, NOTE), False)

    class Shared(Notes):
        def discover(self) -> list[Operation]:
            return [*OPERATIONS, accept]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            if operation is accept:
                self.calls += 1
                return MISSING
            return super().call(operation, arguments, presented)

    share = Share(("rest:POST /shares",), "person", "note_id", accept=(accept.name,))
    policy = Policy(people={each: Person(each) for each in USERS}, shares=(share,))
    without, with_policy = Shared(), Shared()
    swept(without)
    swept(with_policy, policy=policy)
    assert with_policy.calls < without.calls


def test_operation_that_is_possible_after_a_change_alone_is_tried_after_each() -> None:
    removed: set[str] = set()

    def accepted(operation: Operation, arguments: Mapping[str, Any]) -> bool:
        named = str(arguments.get("note_id"))
        if operation is EDIT:
            removed.add(named)
        return operation is not REMOVE or named in removed

    _, service = swept(Notes(accepted))
    assert not service.unserved()


YEAR = Parameter("year", {"type": "integer", "enum": [2026]}, True, Role.VALUE)
SUMMARY = Operation("rest", "rest:GET /summary/{year}", (IDENTITY, YEAR), reads_only=True)


@dataclass
class Summed(Notes):
    """Notes with a summary of a year, which is kept for whoever asks for the same year.

    Attributes:
        asked: Who asked for a summary, in order.
    """

    asked: list[str] = field(default_factory=list)

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, SUMMARY]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Show the caller's own texts."""
        if operation is not SUMMARY:
            return super().call(operation, arguments, presented)
        self.calls += 1
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        self.asked.append(caller)
        return Answer(Outcome.OK, 200, {"texts": [*self.kept.get(caller, {}).values()]})


def test_another_user_asks_in_the_same_words_for_what_a_victim_was_shown() -> None:
    system = Summed()
    swept(system)
    assert "bob-1" in system.asked[system.asked.index("alice-1") :][:4]


def test_call_that_was_refused_is_not_made_again_unchanged() -> None:
    system = Notes(accepted=lambda operation, _: operation is not ABOUT)
    executor: list[str] = []
    inner = system.call

    def call(operation: Operation, arguments: Mapping[str, Any], presented: Presented) -> Answer:
        if operation is ABOUT and presented.headers.get("caller") == "alice-1":
            executor.append(operation.name)
        return inner(operation, arguments, presented)

    system.call = call  # type: ignore[method-assign]
    swept(system)
    # Once in each pass.
    assert len(executor) <= 4


START = Operation("rest", "rest:POST /threads", (IDENTITY, TEXT), reads_only=False)
RETRY = Operation(
    "rest",
    "rest:POST /threads/{thread_id}/items/{item_id}/retry",
    (
        IDENTITY,
        Parameter("thread_id", {"type": "string"}, True, Role.REFERENCE),
        Parameter("item_id", {"type": "string"}, True, Role.REFERENCE),
    ),
    reads_only=False,
)


@dataclass
class Threads(Notes):
    """Threads of two items, of which the one that is asked for first is never retried.

    Attributes:
        inside: Item to its owner and thread.
        refused: Thread to the item that is not retried.
    """

    inside: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def discover(self) -> list[Operation]:
        """All operations."""
        return [START, RETRY]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own threads alone."""
        self.calls += 1
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        if operation is START:
            thread, *items = (str(uuid.uuid4()) for _ in range(3))
            self.inside |= dict.fromkeys(items, (caller, thread))
            shown = [{"id": each, "thread_id": thread} for each in items]
            return Answer(Outcome.OK, 201, {"id": thread, "items": shown})
        thread, item = str(arguments.get("thread_id")), str(arguments.get("item_id"))
        if self.inside.get(item) != (caller, thread):
            return MISSING
        if self.refused.setdefault(thread, item) == item:
            return Answer(Outcome.ERROR, 422, None)
        return Answer(Outcome.OK, 200, {"id": item})


def test_another_item_of_the_same_thread_is_named_where_one_is_refused() -> None:
    _, service = swept(Threads())
    assert not service.unserved()


def test_a_flood_for_which_it_is_too_early_is_left_for_later() -> None:
    notes = Notes()
    operations = {each.name: each for each in notes.discover()}
    state = GeneratorState(
        executor=Executor({"rest": notes, "mcp": notes}, operations, notes),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=[each for each in operations.values() if each.lists],
        forgeries=(),
        on_example_end=lambda history: None,
        stopped=lambda: False,
        principals=Principals(impostors=()),
    )
    sweep = Sweep(state, dict, Random(1), 6_000)
    sweep.flood(1)
    assert state.situations["floods"] == 0
    state.executor.calls_made = 3_000
    sweep.flood(1)
    assert state.situations["floods"] == 1


PAY = Operation(
    "rest",
    "rest:POST /notes/pay",
    (IDENTITY, Parameter("note_ids", {"type": "array"}, True, Role.REFERENCE)),
    reads_only=False,
)
CANCEL = replace(PAY, name="rest:POST /notes/cancel")


class Paid(Notes):
    """Notes that are paid for, or cancelled, several at once: all of them are the caller's, or
    the first one.
    """

    def __init__(self, act: Operation, *, leaks: bool) -> None:
        super().__init__()
        self.act = act
        self.leaks = leaks

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, GET, self.act]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Refuse a list in which anything is not there."""
        if operation is not self.act:
            return super().call(operation, arguments, presented)
        self.calls += 1
        caller, named = presented.headers.get("caller", ""), list(arguments["note_ids"])
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        mine = self.kept.get(caller, {})
        every = {name for kept in self.kept.values() for name in kept}
        known = every if self.leaks and {*named[:1]} <= mine.keys() else mine.keys()
        if not known >= {*named}:
            return MISSING
        for kept in self.kept.values() if operation is CANCEL else ():
            for each in kept.keys() & {*named}:
                del kept[each]
        return Answer(Outcome.OK, 200, {"done": len(named)})


@pytest.mark.parametrize("leaks", [True, False])
@pytest.mark.parametrize("act", [PAY, CANCEL])
def test_another_users_object_is_listed_behind_ones_own(act: Operation, *, leaks: bool) -> None:
    found: set[str] = set()

    def judge(history: History) -> bool:
        found.update(
            each.operation
            for each in (*Existence().judge(history), *Ownership().judge(history))
            if each.rule is not BrokenRule.COUNTING
        )
        return False

    swept(Paid(act, leaks=leaks), judge=judge)
    assert found == ({act.name} if leaks else set())


MOTHER = Parameter("mother_id", {"type": "string"}, False, Role.REFERENCE)
BEAR = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, MOTHER), reads_only=False)
LINE = Operation("rest", "rest:GET /notes/{note_id}/line", (IDENTITY, NOTE), reads_only=True)


class Line(Notes):
    """Notes with a note that they follow, which is shown with them; it may be any user's."""

    def __init__(self) -> None:
        super().__init__()
        self.mothers: dict[str, str] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [BEAR, LIST, GET, LINE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Take any note that is there as one that another follows."""
        every = {name: text for kept in self.kept.values() for name, text in kept.items()}
        mother = arguments.get("mother_id")
        if operation is BEAR:
            if mother is not None and mother not in every:
                return MISSING
            answer = super().call(ADD, arguments, presented)
            if mother is not None and answer.outcome is Outcome.OK:
                self.mothers[answer.body["id"]] = str(mother)
            return answer
        answer = super().call(GET if operation is LINE else operation, arguments, presented)
        if operation is LINE and answer.outcome is Outcome.OK:
            shown = every.get(self.mothers.get(str(arguments["note_id"]), ""), "")
            return replace(answer, body={**answer.body, "line": shown})
        return answer


def test_an_object_that_was_given_anothers_is_read_by_all_that_shows_it() -> None:
    found: set[str] = set()

    def judge(history: History) -> bool:
        found.update(each.operation for each in Canary().judge(history))
        return False

    swept(Line(), judge=judge)
    assert LINE.name in found


SUBMIT = Operation("rest", "rest:POST /notes/{note_id}/submit", (IDENTITY, NOTE), reads_only=False)
ACCEPT = Operation("rest", "rest:POST /notes/{note_id}/accept", (IDENTITY, NOTE), reads_only=False)
CLOSE = Operation("rest", "rest:POST /notes/{note_id}/close", (IDENTITY, NOTE), reads_only=False)
REOPEN = Operation("rest", "rest:POST /notes/{note_id}/reopen", (IDENTITY, NOTE), reads_only=False)


class Staged(Notes):
    """Notes of which a second step is served after a first one alone, whoever takes it or not.

    Attributes:
        first: The first step.
        second: The second one.
        leaks: Whether it is taken before it is looked whose the note is.
    """

    def __init__(self, first: Operation, second: Operation, *, leaks: bool) -> None:
        super().__init__()
        self.first, self.second, self.leaks = first, second, leaks
        self.begun: set[str] = set()

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, self.first, self.second]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Tell no one of what is not theirs; a note's stage is the end of its text."""
        if operation not in (self.first, self.second):
            return super().call(operation, arguments, presented)
        name, caller = str(arguments.get("note_id")), presented.headers.get("caller", "")
        owner = next((each for each, mine in self.kept.items() if name in mine), None)
        steps = operation is self.first or name in self.begun
        known = caller == owner == arguments.get("user_id")
        if owner is not None and steps and (known or (self.leaks and operation is self.second)):
            (self.begun.add if operation is self.first else self.begun.discard)(name)
            self.kept[owner][name] += f" {operation.name}"
        if known and not steps:
            return Answer(Outcome.ERROR, 409, None, {}, "conflict", "not now")
        return super().call(GET, arguments, presented)


@pytest.mark.parametrize("leaks", [True, False])
@pytest.mark.parametrize(("first", "second"), [(SUBMIT, ACCEPT), (CLOSE, REOPEN)])
def test_step_that_follows_a_change_is_tried_by_another_user_after_it(
    first: Operation, second: Operation, *, leaks: bool
) -> None:
    found: set[str] = set()

    def judge(history: History) -> bool:
        found.update(each.operation for each in Ownership().judge(history))
        return False

    swept(Staged(first, second, leaks=leaks), judge=judge)
    assert found == ({second.name} if leaks else set())


SCRAP = Operation("rest", "rest:POST /notes/{note_id}/scrap", (IDENTITY, NOTE), reads_only=False)
DISCARD = Operation("mcp", "mcp:discard_note", (IDENTITY, NOTE), reads_only=False)
PART = Parameter("part_id", {"type": "string"}, True, Role.REFERENCE)
ATTACH = Operation("rest", "rest:POST /notes/{note_id}/parts", (IDENTITY, NOTE, TEXT), False)
FIT = Operation("rest", "rest:POST /notes/{note_id}/parts/{part_id}", (IDENTITY, NOTE, PART), False)


def test_call_that_takes_words_is_made_before_one_that_names_an_object_alone() -> None:
    called: list[str] = []

    class Parts(Notes):
        def discover(self) -> list[Operation]:
            return [ADD, LIST, SCRAP, FIT, ATTACH]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            called.append(operation.name)
            if operation is ATTACH:
                self.made += 1
                fitted = f"01a1fc95-41f3-4131-b963-{self.made:012d}"
                return Answer(Outcome.OK, 201, {"part_id": fitted, "text": arguments["text"]})
            if operation in (SCRAP, FIT):
                operation = GET
            return super().call(operation, arguments, presented)

    swept(Parts(), most=40)
    assert called.index(ATTACH.name) < called.index(SCRAP.name)


class Rows(Notes):
    """Notes with remarks, which are kept by the number of a row that is given away again.

    Attributes:
        leaks: Whether remarks stay when their note is deleted.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.rows: dict[str, int] = {}
        self.remarks: defaultdict[int, list[str]] = defaultdict(list)

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, REMARK, REMARKS, DELETE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Keep a caller's own remarks."""
        name = str(arguments.get("note_id"))
        if operation not in (REMARK, REMARKS):
            answer = super().call(operation, arguments, presented)
            if operation is ADD and answer.outcome is Outcome.OK:
                self.rows[answer.body["id"]] = max(self.rows.values(), default=0) + 1
            if operation is DELETE and answer.outcome is Outcome.OK:
                row = self.rows.pop(name)
                if not self.leaks:
                    del self.remarks[row]
            return answer
        answer = super().call(GET, arguments, presented)
        if answer.outcome is not Outcome.OK:
            return answer
        kept = self.remarks[self.rows[name]]
        if operation is REMARK:
            kept.append(str(arguments["text"]))
        return Answer(Outcome.OK, 200, {"remarks": list(kept)})


REMARK = Operation("rest", "rest:POST /notes/{note_id}/remarks", (IDENTITY, NOTE, TEXT), False)
REMARKS = Operation("rest", "rest:GET /notes/{note_id}/remarks", (IDENTITY, NOTE), reads_only=True)


@pytest.mark.parametrize("leaks", [True, False])
def test_next_object_is_read_by_its_owner_after_another_user_removed_the_last(
    *, leaks: bool
) -> None:
    found: set[str] = set()

    def judge(history: History) -> bool:
        found.update(each.operation for each in Canary().judge(history))
        return False

    swept(Rows(leaks=leaks), judge=judge)
    assert found == ({REMARKS.name} if leaks else set())


def test_discarding_call_makes_nothing_that_others_name() -> None:
    stores = replace(ADD, surface="mcp", name="mcp:add_note")
    inside = replace(FIT, surface="mcp", name="mcp:fit_part")
    called: list[str] = []

    class Discarding(Notes):
        def discover(self) -> list[Operation]:
            return [stores, DISCARD, inside, replace(LIST, surface="mcp", name="mcp:list_notes")]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            called.append(operation.name)
            known = {stores.name: ADD, "mcp:list_notes": LIST, DISCARD.name: DELETE}
            return super().call(known.get(operation.name, GET), arguments, presented)

    swept(Discarding(), most=60)
    assert inside.name in called[: called.index(DISCARD.name)]
