"""Acts whose answers tell of others: suspected in one history, proven in worlds of their own."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History
from crosstalk.core.identifiers import marker
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.two_worlds.acts import answered_otherwise
from crosstalk.phases.two_worlds.phase import TwoWorldsPhase
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target, discovered
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok, refused

TITLE = Parameter("title", {"type": "string"}, True, Role.TEXT)
DISH = Parameter("dish_id", {"type": "string"}, True, Role.REFERENCE)
SERVINGS = Parameter("servings", {"type": "integer"}, False, Role.VALUE)
ADD = Operation("mem", "add_dish", (TITLE, SERVINGS), reads_only=False)
COOK = Operation("mem", "cook_dish", (DISH,), reads_only=False)
THROW = Operation("mem", "mem:delete_dish", (DISH,), reads_only=False)
RESTORE = Operation("mem", "mem:restore_dish", (DISH,), reads_only=False)
EMPTY = Operation("mem", "mem:empty_bin", (), reads_only=False)
OPERATIONS = {each.name: each for each in (ADD, COOK, THROW, RESTORE, EMPTY)}


@dataclass
class Kitchen:
    """Counts how often a dish was cooked, by its owner and title; `over_all` by its title alone.

    Dishes are thrown away, restored and removed for good: with `over_all` those of all cooks, and
    none is restored whose title another one has.
    """

    over_all: bool = False
    thrown: set[str] = field(default_factory=set)
    dishes: dict[str, tuple[str, str]] = field(default_factory=dict)
    cooked: list[tuple[str, str]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(OPERATIONS.values())

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)

    def close(self) -> None:
        """Nothing is open."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Do it, for whoever calls."""
        me = presented.connection
        if any(each.required and each.name not in arguments for each in operation.parameters):
            return refused(422, "validation_error")
        if operation == ADD:
            identifier = f"dish-{secrets.token_hex(8)}{next(self._numbers)}"
            self.dishes[identifier] = me, arguments["title"]
            return ok({"id": identifier, "servings": arguments.get("servings", 2)}, 201)
        if operation == EMPTY:
            mine = {each for each in self.thrown if self.over_all or self.dishes[each][0] == me}
            self.thrown -= mine
            for each in mine:
                del self.dishes[each]
            return ok({"removed": len(mine)})
        dish = arguments["dish_id"]
        owner, title = self.dishes.get(dish, ("", ""))
        if owner != me or (dish in self.thrown) is not (operation == RESTORE):
            return refused(404, "not_found")
        if operation == THROW:
            self.thrown.add(dish)
            return ok({"id": dish})
        if operation == RESTORE:
            others = [each for each in self.dishes.items() if each[0] not in self.thrown]
            if any(each[1] == title and (self.over_all or each[0] == me) for _, each in others):
                return refused(409, "taken")
            self.thrown.discard(dish)
            return ok({"id": dish})
        self.cooked.append((me, title))
        counted = [
            who for who, each in self.cooked if each == title and (self.over_all or who == me)
        ]
        return ok({"title": title, "times": len(counted)}, 201)


def cook(calling: Executor, history: History) -> None:
    """Have two users cook a dish of one title."""
    title = {"title": f"note {marker('alice', 1)}"}
    for actor in (ALICE, BOB):
        added = calling.execute(history, actor, ADD.name, title)
        dish = {"dish_id": added.answer.body["id"]}
        calling.execute(history, actor, COOK.name, dish)


def take_back(calling: Executor, history: History) -> None:
    """Have one user throw a dish away and restore it, another empty the bin between."""
    title = {"title": f"note {marker('alice', 1)}"}
    dish = {"dish_id": calling.execute(history, ALICE, ADD.name, title).answer.body["id"]}
    calling.execute(history, ALICE, THROW.name, dish)
    calling.execute(history, BOB, EMPTY.name, {})
    calling.execute(history, ALICE, RESTORE.name, dish)


def take_back_a_name(calling: Executor, history: History) -> None:
    """Have one user throw a dish away and restore it, where another has one of its title."""
    title = {"title": f"note {marker('alice', 1)}"}
    calling.execute(history, ALICE, ADD.name, title)
    dish = {"dish_id": calling.execute(history, BOB, ADD.name, title).answer.body["id"]}
    calling.execute(history, BOB, THROW.name, dish)
    calling.execute(history, BOB, RESTORE.name, dish)


def review(kitchen: Kitchen, act: Callable[[Executor, History], None] = cook) -> PhaseOutcome:
    """Review an example of these acts; users and rows stay."""
    calling = Executor({"mem": kitchen}, OPERATIONS, kitchen)

    def fresh() -> History:
        return History({name: f"{name}-who-stays" for name in USERS})

    history = fresh()
    act(calling, history)
    target = Target({"mem": kitchen}, kitchen, discovered({"mem": kitchen}), persistent=True)
    budget = PhaseBudget(
        target=target,
        executor=calling,
        examples=(history,),
        observations=(),
        fresh_history=fresh,
        random=Random(1),
        calls=0,
        deadline=float("inf"),
    )
    before = calling.calls_made
    outcome = TwoWorldsPhase(sleep=lambda seconds: None).review(history, budget)
    assert calling.calls_made == before
    return outcome


def test_a_count_that_an_act_answers_is_found_though_users_and_rows_stay() -> None:
    (finding,) = review(Kitchen(over_all=True)).findings
    assert (finding.oracle, finding.operation) == ("two-worlds", COOK.name)
    assert "body.times is 2, not 1" in finding.summary
    assert len(finding.script.steps) == 4


@pytest.mark.parametrize("act", [take_back, take_back_a_name])
def test_refusal_to_take_back_what_one_has_removed_is_found_where_it_is_for_another(
    act: Callable[[Executor, History], None],
) -> None:
    (finding,) = review(Kitchen(over_all=True), act).findings
    assert (finding.oracle, finding.operation) == ("two-worlds", RESTORE.name)
    assert (review(Kitchen(), act).findings, review(Kitchen(), act).inconclusive) == ([], [])


def test_a_count_of_ones_own_is_no_finding_and_leaves_nothing_open() -> None:
    outcome = review(Kitchen())
    assert (outcome.findings, outcome.inconclusive) == ([], [])


@pytest.mark.parametrize(
    ("one", "other", "suspected"),
    [
        ({"times": 1}, {"times": 2}, True),
        ({"best": True}, {"best": False}, True),
        ({"records": ["squat"]}, {"records": []}, True),
        ({"text": "Cooked 1 time."}, {"text": "Cooked 2 times."}, True),
        ({"times": 1}, {"times": 1}, False),
        # Words of one's own, and what the caller has sent.
        ({"text": "the first"}, {"text": "another one"}, False),
        ({"servings": 2}, {"servings": 4}, False),
    ],
)
def test_an_act_is_suspected_where_another_users_was_answered_with_another_number(
    one: Mapping[str, Any], other: Mapping[str, Any], suspected: bool
) -> None:
    writer = Writer().call(ALICE, ADD.name, {"title": marker("alice", 1)}, ok({"id": "d-a1"}))
    given = {"title": marker("bob", 2), "servings": 4}
    writer.call(BOB, ADD.name, given, ok({"id": "d-b2"}))
    writer.call(ALICE, COOK.name, {"dish_id": "d-a1"}, ok(one))
    writer.call(BOB, COOK.name, {"dish_id": "d-b2"}, ok(other))
    found = [each.call.index for each in answered_otherwise(writer.history, OPERATIONS)]
    assert found == ([4] if suspected else [])


def test_an_act_is_compared_with_the_same_act_for_as_many_times_alone() -> None:
    writer = Writer().call(ALICE, COOK.name, {"dish_id": "d-a1"}, ok({"times": 1}))
    writer.call(BOB, COOK.name, {"dish_id": "d-b2"}, ok({"times": 1}))
    writer.call(BOB, COOK.name, {"dish_id": "d-b2"}, ok({"times": 2}))
    assert list(answered_otherwise(writer.history, OPERATIONS)) == []
