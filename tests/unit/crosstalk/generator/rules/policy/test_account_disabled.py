"""Accounts that are disabled while a credential is still valid, and enabled again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crosstalk.core.history import Actor, Answer, Call, History, Outcome
from crosstalk.core.policy import Person, Policy, Reserve, Suspend
from crosstalk.core.policy.suspension import suspensions_of
from crosstalk.core.principals import CAROL, MEMBERS, USERS
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.enabling import enabled_again
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.state_machine import make_machine
from crosstalk.generator.rules.base import Rule
from crosstalk.generator.rules.policy.account_disabled import AccountDisabled
from crosstalk.oracles import Revocation
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role

ADD = Operation(
    "rest",
    "rest:POST /notes",
    (Parameter("text", {"type": "string"}, True, Role.TEXT),),
    reads_only=False,
)
LIST = Operation("rest", "rest:GET /notes", (), reads_only=True)
_PERSON = Parameter("person", {"type": "string"}, True, Role.REFERENCE)
DISABLE = Operation("rest", "rest:POST /people/{person}/disable", (_PERSON,), reads_only=False)
ENABLE = Operation("rest", "rest:POST /people/{person}/enable", (_PERSON,), reads_only=False)
PEOPLE = {name: Person(name) for name in USERS}
POLICY = Policy(
    {**PEOPLE, "carol": replace(PEOPLE["carol"], roles=("admin",))},
    reserves=(Reserve(("admin",), ("* /people/*",)),),
    suspends=(Suspend(("admin",), (DISABLE.name,), (ENABLE.name,), "person"),),
)


class Notes:
    """Notes of accounts that carol disables.

    Args:
        asks: Whether reading asks if the account is disabled.
    """

    def __init__(self, *, asks: bool) -> None:
        self._asks = asks
        self._notes: dict[str, list[str]] = {}
        self._disabled: set[str] = set()

    def discover(self) -> list[Operation]:
        return [ADD, LIST, DISABLE, ENABLE]

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        return Presented.bearer(subject if actor.user else "")

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        caller = presented.headers["Authorization"].removeprefix("Bearer ")
        refused = Answer(Outcome.REFUSED, 403, None)
        if not caller or (caller in self._disabled and (self._asks or operation is not LIST)):
            return refused
        if operation in (DISABLE, ENABLE):
            if not caller.startswith("carol"):
                return refused
            (self._disabled.add if operation is DISABLE else self._disabled.discard)(
                str(arguments["person"])
            )
            return Answer(Outcome.OK, 200, {"done": True})
        if operation is ADD:
            self._notes.setdefault(caller, []).append(str(arguments["text"]))
        return Answer(Outcome.OK, 200, {"items": list(self._notes.get(caller, []))})

    def close(self) -> None:
        """Close nothing."""


def _histories(rules: tuple[Rule, ...], *, asks: bool, steps: int = 3) -> list[History]:
    notes = Notes(asks=asks)
    operations = {each.name: each for each in (ADD, LIST, DISABLE, ENABLE)}
    histories: list[History] = []
    state = GeneratorState(
        executor=Executor({"rest": notes}, operations, notes),
        fresh_history=lambda: History(
            {name: f"{name}-{len(histories)}" for name in USERS}, policy=POLICY
        ),
        observations=[],
        forgeries=(),
        on_example_end=histories.append,
        stopped=lambda: False,
    )
    for number in range(3):
        run_state_machine_as_test(
            seed(number)(make_machine(state, rules)),
            settings=settings(
                max_examples=1,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
    return histories


def test_account_that_is_still_served_is_found_and_one_that_is_refused_is_an_opportunity() -> None:
    leaking = _histories((AccountDisabled(),), asks=False)
    assert {each.operation for history in leaking for each in Revocation().judge(history)} == {
        LIST.name
    }
    sound = _histories((AccountDisabled(),), asks=True)
    assert not any(Revocation().judge(each) for each in sound)
    assert sum((Revocation().opportunities(each)[LIST.name] for each in sound), 0)


def test_account_that_the_rule_disabled_is_enabled_at_the_end() -> None:
    histories = _histories((AccountDisabled(),), asks=True)
    found = [each for history in histories for each in suspensions_of(POLICY, history)]
    assert found
    assert all(each.ended is not None for each in found)


def test_account_that_a_call_happened_to_disable_is_enabled_by_its_caller() -> None:
    story = {"person": "alice-0"}
    disabled = Call(1, CAROL, DISABLE.name, story, Answer(Outcome.OK, 200, {}), 0.0, 1.0)
    refused = replace(disabled, answer=Answer(Outcome.REFUSED, 403, None))
    (again,) = enabled_again(POLICY, [disabled], MEMBERS, [LIST, ENABLE])
    assert (again.actor, again.operation, again.arguments) == (CAROL, ENABLE.name, story)
    assert not enabled_again(POLICY, [refused], MEMBERS, [LIST, ENABLE])
    assert not enabled_again(None, [disabled], MEMBERS, [LIST, ENABLE])
