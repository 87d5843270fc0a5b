"""Users with nearly equal names, on a system in memory that takes some of them for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History
from crosstalk.core.neighbours import ALL_FORMS, alike
from crosstalk.core.principals import USERS, Principals
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.near_names import NearNames
from crosstalk.oracles.canary import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.plan.test_sweep import LIST, Notes


class Folding(Notes):
    """Notes whose users are known by what a function makes of their names."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        super().__init__()
        self.fold = fold

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve what is kept under the folded name, where the call claims the caller's own."""
        caller, said = presented.headers.get("caller", ""), str(arguments.get("user_id"))
        if caller != said:
            return super().call(operation, arguments, presented)
        folded = self.fold(caller)
        known = Presented({"caller": folded})
        return super().call(operation, {**arguments, "user_id": folded}, known)


def met(notes: Notes) -> list[History]:
    """Return the histories of the examples with nearly equal names."""
    histories: list[History] = []
    # Examples before have had some of them.
    forms = iter([*ALL_FORMS[2:], *ALL_FORMS[:2]])
    operations = {each.name: each for each in notes.discover()}
    state = GeneratorState(
        executor=Executor({"rest": notes}, operations, notes),
        fresh_history=lambda: History(alike(next(forms), {n: f"{n}-1a" for n in USERS})),
        observations=[LIST],
        forgeries=(),
        on_example_end=histories.append,
        stopped=lambda: False,
        principals=Principals(),
    )
    NearNames(state, Random(1), lambda: len(ALL_FORMS)).run()
    return histories


@pytest.mark.parametrize(
    ("fold", "leaks"),
    [(str, False), (str.lower, True), (lambda name: name[:63], True)],
    ids=["exact", "case", "cut"],
)
def test_names_that_are_taken_for_one_show_each_others_notes(
    fold: Callable[[str], str], leaks: bool
) -> None:
    histories = met(Folding(fold))
    assert len(histories) == len(ALL_FORMS)
    assert bool([each for one in histories for each in Canary().judge(one)]) is leaks


def test_an_impostor_claims_a_name_that_differs_in_case_alone() -> None:
    histories = met(Notes())
    claims = [
        (call.actor, one.subjects)
        for one in histories
        for call in one
        if call.actor.user != call.actor.claims
    ]
    assert len(claims) == len(ALL_FORMS)
    assert any(_in_case(actor, subjects) for actor, subjects in claims)


def _in_case(actor: Actor, subjects: Mapping[str, str]) -> bool:
    mine, theirs = subjects[str(actor.user)], subjects[actor.claims]
    return mine != theirs and mine.lower() == theirs.lower()
