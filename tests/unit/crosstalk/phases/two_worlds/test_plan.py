"""Plans for several worlds: which of an example's calls they take."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from crosstalk.core.history import Answer, Channel, Outcome, Probe
from crosstalk.core.policy import Person, Policy, Suspend
from crosstalk.core.principals import ANONYMOUS
from crosstalk.phases.two_worlds.plan import plan_of, prepared_plan
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok

TASK = Parameter("task_id", {"type": "integer"}, True, Role.REFERENCE)
TITLE = Parameter("title", {"type": "string"}, True, Role.TEXT)
ADD = Operation("rest", "rest:POST /tasks", (TITLE,), reads_only=False)
GET = Operation("rest", "rest:GET /tasks/{task_id}", (TASK,), reads_only=True)
DELETE = Operation("rest", "rest:DELETE /tasks/{task_id}", (TASK,), reads_only=False)
OPERATIONS = {each.name: each for each in (ADD, GET, DELETE)}


@pytest.mark.parametrize(("accepted", "asked"), [(frozenset(), 2), (frozenset(Channel), 1)])
def test_call_that_names_a_deleted_number_is_left_out_where_numbers_may_be_given_again(
    accepted: frozenset[Channel], asked: int
) -> None:
    writer = Writer().call(BOB, ADD.name, {"title": "b"}, ok({"id": 1}))
    writer.call(ALICE, ADD.name, {"title": "a"}, ok({"id": 2}))
    writer.call(ALICE, GET.name, {"task_id": 2}, ok({"id": 2, "title": "a"}))
    writer.call(ALICE, DELETE.name, {"task_id": 2}, ok(None, 204))
    writer.call(ALICE, GET.name, {"task_id": 2}, ok({"id": 2, "title": "new"}))
    writer.history.accepted = accepted
    plan = plan_of(writer.history, OPERATIONS, ALICE, random.Random(1), Counter())
    assert plan is not None
    assert [each.operation for each in plan.script.steps].count(GET.name) == asked


def test_plan_for_few_calls_is_short_and_varies_what_users_did_alone() -> None:
    writer = Writer()
    for number in range(30):
        writer.call(BOB, ADD.name, {"title": f"b{number}"}, ok({"id": 2 * number}))
        writer.call(ALICE, ADD.name, {"title": f"a{number}"}, ok({"id": 2 * number + 1}))
        writer.call(ANONYMOUS, ADD.name, {"title": "x"}, Answer(Outcome.REFUSED, 401, None, {}))
    whole, brief = (
        plan_of(writer.history, OPERATIONS, ALICE, random.Random(1), Counter(), size)
        for size in (1.0, 0.2)
    )
    assert whole is not None
    assert brief is not None
    assert len(brief.script.steps) < len(whole.script.steps) / 2
    assert brief.varied()
    assert all(each.actor != ANONYMOUS for each in brief.script.steps)


def test_accounts_are_not_compared_where_a_policy_says_who_may_list_them() -> None:
    accounts = Operation("rest", "rest:GET /accounts", (), reads_only=True, lists=True)
    lists = Operation("rest", "rest:GET /tasks", (), reads_only=True, lists=True)
    rule = Suspend(("admin",), ("rest:POST /off",), ("rest:POST /on",), "who", (accounts.name,))
    people = {"alice": Person("alice", roles=("admin",)), "bob": Person("bob")}
    writer = Writer().call(BOB, ADD.name, {"title": "b"}, ok({"id": 1}))
    writer.call(ALICE, ADD.name, {"title": "a"}, ok({"id": 2}))
    writer.history.policy = Policy(people=people, suspends=(rule,))
    operations = {**OPERATIONS, accounts.name: accounts, lists.name: lists}
    plan = plan_of(writer.history, operations, ALICE, random.Random(1), Counter())
    assert plan is not None
    read = {each.operation for each in plan.script.steps}
    assert lists.name in read
    assert accounts.name not in read


def test_prepared_plan_has_no_step_of_the_observer_that_needs_anothers_answer() -> None:
    writer = Writer()

    def probe(part: str) -> Probe:
        return Probe("worlds", len(writer.history) + 1, part, "alice")  # type: ignore[arg-type]

    writer.call(BOB, ADD.name, {"title": "b"}, ok({"id": 1}), probe("varied"))
    writer.call(ALICE, GET.name, {"task_id": 1}, ok({"id": 1, "title": "b"}), probe("observed"))
    writer.call(ALICE, ADD.name, {"title": "a"}, ok({"id": 2}), probe("observed"))
    writer.call(ALICE, GET.name, {"task_id": 2}, ok({"id": 2, "title": "a"}), probe("observed"))
    plan = prepared_plan(writer.history, OPERATIONS, most=100)
    assert plan is not None
    assert plan.observed() == [3, 4]
    assert plan.varied() == [1]
