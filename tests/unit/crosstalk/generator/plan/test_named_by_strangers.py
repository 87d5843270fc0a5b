"""Users named by a stranger to a public operation, against accounts in memory."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.principals import USERS, Principals
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.named_by_strangers import NAMED, NamedByStrangers
from crosstalk.oracles.canary import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role

EMAIL = Parameter("email", {"type": "string"}, True, Role.IDENTITY)
CODE = Parameter("code", {"type": "string"}, True, Role.TEXT)
ME = Operation("mem", "mem:GET /me", (), reads_only=True, lists=True)
FORGOT = Operation("mem", "mem:POST /forgot", (EMAIL,), reads_only=False, public=True)
RESET = Operation("mem", "mem:POST /reset", (EMAIL, CODE), reads_only=False, public=True)


class Accounts:
    """Tells users their id, and whoever forgot a password that it was mailed."""

    def __init__(self, *, tells: bool) -> None:
        self.tells = tells

    def discover(self) -> list[Operation]:
        """Three operations."""
        return [ME, FORGOT, RESET]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve it."""
        user = presented.connection if operation is ME else str(arguments["email"])
        own = {"id": f"account-0123456789-{user}"}
        return Answer(Outcome.OK, 200, own if operation is ME or self.tells else {"sent": True})

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)

    def close(self) -> None:
        """Nothing is open."""


def part_of(
    system: Accounts, *operations: Operation
) -> tuple[NamedByStrangers, GeneratorState, list[History]]:
    """The part, with its state and the histories that it ends."""
    ended: list[History] = []
    executor = Executor({"mem": system}, {each.name: each for each in operations}, system)
    state = GeneratorState(
        executor=executor,
        fresh_history=lambda: History({name: f"{name}-9f3a2b" for name in USERS}),
        observations=(ME,),
        forgeries=(),
        on_example_end=ended.append,
        stopped=lambda: False,
        principals=Principals(),
    )
    return NamedByStrangers(state, Random(1)), state, ended


@pytest.mark.parametrize("tells", [True, False])
def test_an_answer_to_a_stranger_that_holds_what_is_the_users_is_seen(tells: bool) -> None:
    part, state, ended = part_of(Accounts(tells=tells), ME, FORGOT, RESET)
    assert part.applies()
    part.run()
    (history,) = ended
    assert [call.operation for call in history] == [ME.name, FORGOT.name]
    assert history.calls[-1].actor.user is None
    assert bool(Canary().judge(history)) == tells
    assert state.situations[NAMED] == 1


def test_no_call_is_made_where_nothing_names_a_user() -> None:
    assert not part_of(Accounts(tells=True), ME, RESET)[0].applies()
