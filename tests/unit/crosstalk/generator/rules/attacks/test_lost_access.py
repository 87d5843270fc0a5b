"""A write that no reading shows, judged by whether its victim can still log in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.state_machine import make_machine
from crosstalk.generator.rules.attacks.lost_access import LostAccess
from crosstalk.oracles import Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role

USERNAME = Parameter("username", {"type": "string"}, True, Role.IDENTITY)
PASSWORD = Parameter("password", {"type": "string"}, True, Role.TEXT)
LOGIN = Operation("rest", "rest:POST /login", (USERNAME, PASSWORD), reads_only=False)
CHANGE = Operation("rest", "rest:PUT /users/{username}/password", (USERNAME, PASSWORD), False)


class Accounts:
    """Accounts whose first login sets the password; changes answer 204 whatever they do.

    Args:
        checks: Whether a change of another user's password is left without effect.
    """

    def __init__(self, *, checks: bool) -> None:
        self._checks = checks
        self._passwords: dict[str, str] = {}

    def discover(self) -> list[Operation]:
        return [LOGIN, CHANGE]

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        return Presented.bearer(subject if actor.user else "")

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        caller = presented.headers["Authorization"].removeprefix("Bearer ")
        named, password = str(arguments.get("username")), str(arguments.get("password"))
        if not caller:
            return Answer(Outcome.REFUSED, 401, None)
        if operation == CHANGE:
            if caller == named or not self._checks:
                self._passwords[named] = password
            return Answer(Outcome.OK, 204, None)
        if self._passwords.setdefault(named, password) != password:
            return Answer(Outcome.ERROR, 403, None, message="wrong password")
        return Answer(Outcome.OK, 200, {"welcome": "back"})

    def close(self) -> None:
        """Close nothing."""


def suspected(accounts: Accounts) -> set[str]:
    """Return the operations of calls that ownership suspects when this rule runs alone."""
    found: set[str] = set()

    def judged(history: History) -> None:
        for each in Ownership().judge(history):
            found.update(history.calls[index - 1].operation for index in each.calls)

    state = GeneratorState(
        executor=Executor({"rest": accounts}, {e.name: e for e in accounts.discover()}, accounts),
        fresh_history=lambda: History({name: f"{name}-{state.planted}" for name in USERS}),
        observations=[],
        forgeries=(),
        on_example_end=judged,
        stopped=lambda: False,
    )
    run_state_machine_as_test(
        seed(3)(make_machine(state, (LostAccess(),))),
        settings=settings(
            max_examples=6,
            stateful_step_count=6,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return found


@pytest.mark.parametrize(
    ("checks", "expected"), [(False, {LOGIN.name, CHANGE.name}), (True, set())]
)
def test_password_of_another_is_changed_only_where_its_owner_is_locked_out(
    checks: bool, expected: set[str]
) -> None:
    assert suspected(Accounts(checks=checks)) == expected
