"""Situations that rules make on purpose, on a system in memory that pages and checks arguments."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.state_machine import make_machine
from crosstalk.generator.rules.base import Rule
from crosstalk.generator.rules.situations.broken_constraint import BrokenConstraint
from crosstalk.generator.rules.situations.busy_neighbour import BusyNeighbour
from crosstalk.generator.rules.situations.equal_words import EqualWords
from crosstalk.generator.rules.situations.honest_change import HonestChange
from crosstalk.generator.rules.situations.last_page import LastPage
from crosstalk.generator.rules.situations.later import Later
from crosstalk.generator.rules.situations.many_objects import ManyObjects
from crosstalk.generator.rules.situations.second_order import SecondOrder
from crosstalk.oracles.ownership import Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role

IDENTITY = Parameter("user_id", {"type": "string"}, True, Role.IDENTITY)
TITLE = Parameter("title", {"type": "string", "maxLength": 40}, True, Role.TEXT)
THING = Parameter("thing_id", {"type": "string", "format": "uuid"}, True, Role.REFERENCE)
LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 20}, False, Role.VALUE)
CURSOR = Parameter("cursor", {"type": "string"}, False, Role.CURSOR)
ADD = Operation("rest", "rest:POST /things", (IDENTITY, TITLE), reads_only=False)
EDIT = Operation("rest", "rest:PATCH /things/{thing_id}", (IDENTITY, THING, TITLE), False)
DELETE = Operation("rest", "rest:DELETE /things/{thing_id}", (IDENTITY, THING), False)
LIST = Operation("rest", "rest:GET /things", (IDENTITY, LIMIT, CURSOR), reads_only=True, lists=True)
QUERY = Parameter("query", {"type": "string"}, True, Role.QUERY)
SEARCH = Operation("rest", "rest:GET /search", (IDENTITY, QUERY), reads_only=True)


class Things:
    """Keeps things of users, and gives them in pages."""

    def __init__(self) -> None:
        self.things: dict[str, str] = {}
        self.numbers = itertools.count(1)

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, EDIT, DELETE, LIST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call."""
        user = presented.connection
        title, thing = arguments.get("title"), str(arguments.get("thing_id"))
        if operation in (ADD, EDIT) and not (isinstance(title, str) and len(title) <= 40):
            return Answer(Outcome.ERROR, 422, None, {}, "validation_error")
        if operation is ADD:
            made = f"01a1fc95-41f3-7131-b962-{next(self.numbers):012d}"
            self.things[made] = user
            return Answer(Outcome.OK, 201, {"id": made})
        if operation is SEARCH:
            return Answer(Outcome.OK, 200, {"items": []})
        if operation is not LIST:
            if self.things.get(thing) != user:
                return Answer(Outcome.ERROR, 404, None, {}, "not_found")
            if operation is DELETE:
                del self.things[thing]
            return Answer(Outcome.OK, 200, {})
        mine = [each for each, owner in self.things.items() if owner == user]
        start = str(arguments.get("cursor") or "cursor-0000-0").rpartition("-")[2]
        limit = arguments.get("limit", 5)
        if not isinstance(limit, int) or not 1 <= limit <= 20 or not start.isdigit():
            return Answer(Outcome.ERROR, 422, None, {}, "validation_error")
        end = int(start) + limit
        following = {"next_cursor": f"cursor-{user}-{end}"} if end < len(mine) else {}
        return Answer(
            Outcome.OK, 200, {"items": [{"id": e} for e in mine[int(start) : end]], **following}
        )

    def close(self) -> None:
        """Nothing is open."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)


def played(
    *rules: Rule,
    examples: int = 4,
    further: tuple[Operation, ...] = (),
    sleep: Callable[[float], None] = time.sleep,
    system: Things | None = None,
    observed: tuple[Operation, ...] = (LIST,),
) -> tuple[GeneratorState, list[History]]:
    """The generator's state, and what was done, after some examples with these rules."""
    system = system or Things()
    found: list[History] = []
    number = itertools.count(1)

    def fresh() -> History:
        nonce = next(number)
        return History({name: f"{name}-{nonce:04d}" for name in USERS})

    state = GeneratorState(
        executor=Executor(
            {"rest": system}, {e.name: e for e in (*system.discover(), *further)}, system
        ),
        fresh_history=fresh,
        observations=observed,
        forgeries=(),
        on_example_end=found.append,
        stopped=lambda: False,
        sleep=sleep,
    )
    machine = make_machine(state, rules)
    for each in range(examples):
        options = settings(
            max_examples=1,
            stateful_step_count=10,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        # What can be drawn depends on what was answered, as in a campaign.
        with contextlib.suppress(FlakyStrategyDefinition):
            run_state_machine_as_test(seed(each)(machine), settings=options)
    return state, found


class Told(Things):
    """Things whose lists tell of all users' things: by a number, or by when one was changed.

    Args:
        how: `total`, `last-modified`, or `page`, cut before it is filtered; empty for nothing.
    """

    def __init__(self, how: str = "") -> None:
        super().__init__()
        self.how = how
        self.seconds = 0.0
        self.changed = 0

    def pass_time(self, seconds: float) -> None:
        """Be later by some seconds."""
        self.seconds += seconds

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call."""
        if operation is not LIST:
            self.changed = int(self.seconds)
            return super().call(operation, arguments, presented)
        every = dict(self.things)
        if self.how == "page":
            newest = list(every)[-int(arguments.get("limit", 5)) :]
            self.things = {each: every[each] for each in newest}
        answer = super().call(operation, arguments, presented)
        self.things = every
        if self.how == "total" and isinstance(answer.body, dict):
            return replace(answer, body={**answer.body, "total": len(every)})
        if self.how == "last-modified":
            stamp = f"Sat, 28 Nov 2026 10:{self.changed // 60:02}:{self.changed % 60:02} GMT"
            return replace(answer, headers={"last-modified": stamp})
        return answer


@pytest.mark.parametrize("how", ["", "total", "last-modified", "page"])
def test_a_busy_neighbour_shows_in_what_a_user_reads_of_their_own(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The wait is the system's alone: a history's times are the real ones.
    monkeypatch.setattr("crosstalk.oracles.ownership._TIMED_SECONDS", 0.0)
    rule = "crosstalk.generator.rules.situations.busy_neighbour"
    monkeypatch.setattr(f"{rule}._FIRST_AFTER", 0)
    system = Told(how)
    state, found = played(
        BusyNeighbour(), examples=2, further=(SEARCH,), sleep=system.pass_time, system=system
    )
    suspected = [each for history in found for each in Ownership().judge(history)]
    assert bool(suspected) == bool(how)
    assert {each.operation for each in suspected} <= {ADD.name, EDIT.name, DELETE.name}
    # Everything that is one's own is read around everything that another user may do.
    calls = [call for call in found[0] if call.probe is not None and call.probe.key == 1]
    acts = {call.operation for call in calls if call.probe and call.probe.part == "attack"}
    assert acts == {ADD.name, EDIT.name, DELETE.name}
    read = [call for call in calls if call.probe and call.probe.part == "after"]
    assert {call.operation for call in read} == {LIST.name, SEARCH.name}
    assert {call.arguments.get("limit") for call in read} == {1, 20, None}
    assert state.situations["readings around all that another user may do"] >= len(read)


def test_owners_change_their_objects_and_all_users_read_after_that() -> None:
    state, found = played(HonestChange())
    assert state.situations["honest updates"] >= 5
    assert state.situations["honest deletions"] >= 5
    deleted = [call for history in found for call in history if call.operation == DELETE.name]
    assert deleted
    for history in found:
        changed = False
        readers: set[str | None] = set()
        for call in history:
            changed = changed or call.operation in (EDIT.name, DELETE.name)
            if changed and call.operation == LIST.name:
                readers.add(call.actor.user)
        assert not changed or readers == set(USERS)


def test_a_paged_list_is_read_to_its_end_and_a_cursor_of_it_is_tried_by_another_user() -> None:
    state, found = played(LastPage())
    assert state.situations["lists read to their end"] >= 5
    assert state.situations["pages read"] > state.situations["lists read to their end"]
    tried = {
        (call.actor.user, str(call.arguments["cursor"]).split("-")[1])
        for history in found
        for call in history
        if "cursor" in call.arguments
    }
    assert any(user != owner for user, owner in tried)
    assert any(user == owner for user, owner in tried)


def test_constraints_are_broken_each_before_any_is_broken_again() -> None:
    state, found = played(BrokenConstraint(), examples=7)
    broken, whole = (state.situations[f"constraints {each}"] for each in ("broken", "to break"))
    assert 20 <= broken <= whole == 22
    refused = [
        call for history in found for call in history if call.answer.code == "validation_error"
    ]
    assert len(refused) >= 5
    assert any(call.arguments.get("limit") == 21 for call in refused)
    assert any(len(str(call.arguments.get("title"))) == 41 for call in refused)
    # What was refused on purpose teaches nothing about arguments.
    assert state.knowledge.values.of(TITLE.schema)


@pytest.mark.parametrize("examples", [8])
def test_a_user_stores_more_than_a_page_holds_between_two_readings_of_another(
    examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosstalk.generator.rules.situations.many_objects._FIRST_AFTER", 50)
    monkeypatch.setattr("crosstalk.generator.rules.situations.many_objects._FEWEST_CALLS", 50)
    state, found = played(ManyObjects(), examples=examples)
    assert state.situations["floods"] == 1 + (state.executor.calls_made - 50) // 700
    assert state.situations["largest number of one kind"] == 61
    probed = [call for history in found for call in history if call.probe is not None]
    parts = [call.probe.part for call in probed if call.probe is not None]
    assert parts.count("attack") >= 61
    assert parts[0] == "before"
    assert parts[-1] == "after"


def test_two_users_store_the_same_words_and_search_for_them_in_turn() -> None:
    state, found = played(EqualWords(), further=(SEARCH,))
    assert state.situations["equal words stored by two users"] >= 5
    in_turn = 0
    for history in found:
        for one, other in itertools.pairwise(history):
            if one.operation == other.operation == SEARCH.name:
                same = one.arguments["query"] == other.arguments["query"]
                in_turn += same and one.actor.user != other.actor.user
    assert in_turn >= 10
    titles = [
        {call.actor.user for call in history if call.arguments.get("title") == title}
        for history in found
        for title in {c.arguments.get("title") for c in history if c.operation == ADD.name}
    ]
    assert any(len(users) > 1 for users in titles)


def test_an_id_of_another_user_is_stored_and_both_users_read_after_that() -> None:
    state, found = played(SecondOrder())
    assert state.situations["accepted writes with another's id followed up"] >= 5
    followed = 0
    for history in found:
        owners = {
            each.answer.body["id"]: each.actor.user
            for each in history
            if each.operation == ADD.name and each.answer.body
        }
        for call in history:
            held = {
                owner for made, owner in owners.items() if made in str(call.arguments.get("title"))
            }
            if not held - {call.actor.user} or call.answer.outcome is not Outcome.OK:
                continue
            later = {
                each.actor.user
                for each in history.calls[call.index :]
                if each.operation == LIST.name
            }
            assert call.probe is not None
            assert later >= {call.actor.user, call.probe.victim}
            followed += 1
    assert followed >= 5


def test_every_text_of_a_write_holds_several_ids_of_another_users() -> None:
    note = Parameter("description", {"type": "string"}, False, Role.TEXT)
    title = Parameter("title", {"type": "string"}, True, Role.TEXT)
    add = Operation("rest", "rest:POST /things", (IDENTITY, title, note), reads_only=False)

    class Titled(Things):
        def discover(self) -> list[Operation]:
            return [add, EDIT, DELETE, LIST]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            if operation is add:
                arguments = {**arguments, "title": str(arguments["title"])[:40]}
            return super().call(ADD if operation is add else operation, arguments, presented)

    _, found = played(SecondOrder(), examples=2, system=Titled())
    most = 0
    for history in found:
        owners: dict[str, str | None] = {}
        for call in history:
            if call.operation == add.name and call.answer.body:
                held = [
                    {made for made, owner in owners.items() if made in str(text)}
                    for text in (call.arguments["title"], call.arguments.get("description"))
                ]
                if held[0] == held[1] and all(owners[e] != call.actor.user for e in held[0]):
                    most = max(most, len(held[0]))
                owners[call.answer.body["id"]] = call.actor.user
    assert most > 1


def test_users_store_something_and_read_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosstalk.generator.rules.situations.later._FIRST_AFTER", 20)
    monkeypatch.setattr("crosstalk.generator.rules.situations.later._CALLS_BETWEEN", 40)
    waited: list[float] = []
    state, found = played(Later(), examples=8, sleep=waited.append)
    assert state.situations["waits before readings"] == len(waited) >= 2
    assert min(waited) > 1.0
    stored_by_all = [
        history
        for history in found
        if {call.actor.user for call in history if call.operation == LIST.name} == set(USERS)
    ]
    assert stored_by_all


def test_a_list_of_what_users_store_is_read_to_its_end_first() -> None:
    empty = Operation(
        "rest", "rest:GET /offers", (IDENTITY, LIMIT, CURSOR), reads_only=True, lists=True
    )
    others = [replace(empty, name=f"rest:GET /{each}") for each in ("offers", "visits", "bills")]

    class Shop(Things):
        def discover(self) -> list[Operation]:
            return [*others, *super().discover()]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            if operation in others:
                return Answer(Outcome.OK, 200, {"items": []})
            return super().call(operation, arguments, presented)

    state, found = played(LastPage(), examples=1, system=Shop())
    (first,) = found[:1]
    assert state.situations["lists read to their end"]
    continued = next(call.index for call in first if "cursor" in call.arguments)
    read = {call.operation for call in first.calls[:continued] if call.arguments.get("limit") == 1}
    assert read == {LIST.name}
