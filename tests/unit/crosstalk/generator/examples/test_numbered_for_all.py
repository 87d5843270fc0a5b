"""Small numbers by which a change was served, of kinds that no user makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.principals import USERS, Principals
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role

NUMBER = Parameter("mechanic_id", {"type": "integer"}, True, Role.REFERENCE)
TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
REVIEW = Operation("rest", "rest:POST /mechanics/{mechanic_id}/reviews", (NUMBER, TEXT), False)
HIRE = Operation("rest", "rest:POST /mechanics", (TEXT,), False)


class Workshop:
    """Takes reviews of mechanic 1."""

    def discover(self) -> list[Operation]:
        """What it offers."""
        return [REVIEW]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve what is there."""
        if str(arguments.get("mechanic_id")) == "1":
            return Answer(Outcome.OK, 201, {"stars": 5})
        return Answer(Outcome.ERROR, 404, None, message="mechanic not found")

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)

    def close(self) -> None:
        """Nothing is open."""


def known_after(number: str, *others: Operation) -> list[str]:
    """The catalogue's mechanics once a user has named one by a number."""
    operations = {each.name: each for each in (REVIEW, *others)}
    workshop = Workshop()
    state = GeneratorState(
        executor=Executor({"rest": workshop}, operations, workshop),
        fresh_history=lambda: History({name: f"{name}-9f3a2b" for name in USERS}),
        observations=(),
        forgeries=(),
        on_example_end=lambda history: None,
        stopped=lambda: False,
        principals=Principals(),
    )
    example = ExampleRun(state, Capabilities.of(list(operations.values())))
    bob = Actor("bob", "bob", "bob")
    example.execute_spoilt(PlannedCall(bob, REVIEW.name, {"mechanic_id": number, "text": "x"}))
    return state.knowledge.catalogue.values("mechanic_id", REVIEW.name)


@pytest.mark.parametrize(("number", "known"), [("1", ["1"]), ("2", [])])
def test_a_guess_that_was_served_names_what_is_there_for_every_user(
    number: str, known: list[str]
) -> None:
    assert known_after(number) == known


def test_a_number_of_a_kind_that_users_make_is_one_users() -> None:
    assert known_after("1", HIRE) == []
