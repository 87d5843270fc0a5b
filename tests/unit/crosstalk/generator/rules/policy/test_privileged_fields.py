"""Undeclared fields that would give a right, or move a thing to another user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crosstalk.core.history import Actor, Answer, Call, History, Outcome
from crosstalk.core.policy import Person, Policy, Reserve
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.state_machine import make_machine
from crosstalk.generator.plan.sweep import Sweep
from crosstalk.generator.rules.policy.privileged_fields import PrivilegedFields
from crosstalk.oracles import Escalation
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role

RENAME = Operation(
    "rest",
    "rest:PATCH /me",
    (Parameter("nickname", {"type": "string"}, True, Role.TEXT),),
    reads_only=False,
    takes_more=True,
)
REPORT = Operation("rest", "rest:GET /admin/report", (), reads_only=True, lists=True)
OTHERS = tuple(
    replace(RENAME, name=f"rest:POST /{each}") for each in ("notes", "tags", "lists", "shelves")
)
PEOPLE = {name: Person(name) for name in USERS}
POLICY = Policy(
    {**PEOPLE, "carol": replace(PEOPLE["carol"], roles=("admin",))},
    reserves=(Reserve(("admin",), ("GET /admin/*",)),),
)


class Profiles:
    """Profiles with a role, and a report for admins.

    Args:
        stores_all: Whether a role in a body counts.
    """

    def __init__(self, *, stores_all: bool) -> None:
        self._stores_all = stores_all
        self._admins: set[str] = set()

    def discover(self) -> list[Operation]:
        return [*OTHERS, RENAME, REPORT]

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        return Presented.bearer(subject if actor.user else "")

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        caller = presented.headers["Authorization"].removeprefix("Bearer ")
        if operation is RENAME:
            if self._stores_all and arguments.get("role") == "admin":
                self._admins.add(caller)
            return Answer(Outcome.OK, 200, {"nickname": "n", "role": "member"})
        if operation in OTHERS:
            return Answer(Outcome.OK, 200, {"nickname": "n"})
        if caller in self._admins or caller.startswith("carol"):
            return Answer(Outcome.OK, 200, {"takings": 3})
        return Answer(Outcome.REFUSED, 403, None)

    def close(self) -> None:
        """Close nothing."""


def _state(profiles: Profiles, histories: list[History]) -> GeneratorState:
    return GeneratorState(
        executor=Executor({"rest": profiles}, {e.name: e for e in profiles.discover()}, profiles),
        fresh_history=lambda: History(
            {name: f"{name}-{len(histories)}" for name in USERS}, policy=POLICY
        ),
        observations=[],
        forgeries=(),
        on_example_end=histories.append,
        stopped=lambda: False,
    )


def _histories(*, stores_all: bool) -> list[History]:
    histories: list[History] = []
    state = _state(Profiles(stores_all=stores_all), histories)
    for number in range(4):
        run_state_machine_as_test(
            seed(number)(make_machine(state, (PrivilegedFields(),))),
            settings=settings(
                max_examples=1,
                stateful_step_count=5,
                deadline=None,
                database=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
    return histories


def _attacks(histories: list[History], field: str) -> list[Call]:
    return [
        call
        for history in histories
        for call in history
        if call.probe is not None and call.probe.part == "attack" and field in call.arguments
    ]


def test_role_is_sent_by_users_who_lack_it() -> None:
    senders = {call.actor.name for call in _attacks(_histories(stores_all=False), "role")}
    assert senders
    assert "carol" not in senders


def test_thing_of_another_is_compared_with_the_same_call_without_the_fields() -> None:
    histories = _histories(stores_all=False)
    attacks = _attacks(histories, "owner_id")
    assert attacks
    for attack in attacks:
        history = next(each for each in histories if attack in list(each))
        assert attack.probe is not None
        alone = [
            call
            for call in history
            if call.probe is not None
            and (call.probe.key, call.probe.part) == (attack.probe.key, "alone")
        ]
        assert [(each.actor, each.operation) for each in alone] == [
            (attack.actor, attack.operation)
        ]
        assert "owner_id" not in alone[0].arguments


@pytest.mark.parametrize("stores_all", [True, False])
def test_role_in_a_body_is_found_where_it_counts(stores_all: bool) -> None:
    histories = _histories(stores_all=stores_all)
    found = [each for history in histories for each in Escalation().judge(history)]
    assert bool(found) is stores_all


def test_right_is_sent_first_to_what_shows_one() -> None:
    profiles, histories = Profiles(stores_all=True), list[History]()
    state = _state(profiles, histories)
    sweep = Sweep(state, dict, Random(1), 400)
    example = ExampleRun(state, Capabilities.of(profiles.discover()))
    for operation in (*OTHERS, RENAME):
        example.execute(PlannedCall(example.members[0], operation.name, {"nickname": "n"}))
    sweep.likely_rights()
    assert [each.operation for each in _attacks(histories, "role")] == [RENAME.name]
    assert [each for history in histories for each in Escalation().judge(history)]


def test_no_right_is_sent_early_where_no_answer_shows_one() -> None:
    profiles, histories = Profiles(stores_all=True), list[History]()
    state = _state(profiles, histories)
    example = ExampleRun(state, Capabilities.of(profiles.discover()))
    for operation in OTHERS:
        example.execute(PlannedCall(example.members[0], operation.name, {"nickname": "n"}))
    Sweep(state, dict, Random(1), 400).likely_rights()
    assert not histories


def test_each_reading_around_a_right_is_made_once() -> None:
    histories = _histories(stores_all=False)
    for history in histories:
        looked = [
            (each.probe.key, each.probe.part, each.actor, each.operation)
            for each in history
            if each.probe is not None and each.probe.part in ("before", "after")
        ]
        assert len(looked) == len(set(looked))


def test_first_privileges_are_a_few_calls_of_both_rules() -> None:
    profiles, histories = Profiles(stores_all=False), list[History]()
    state = _state(profiles, histories)
    Sweep(state, dict, Random(1), 4_000).privileges(2)
    assert _attacks(histories, "role")
    assert {call.actor.name for history in histories for call in history} >= {"carol"}
    assert sum(map(len, histories)) <= 60
    assert state.rule_runs["reserved_call"] == state.rule_runs["privileged_fields"] == 1
