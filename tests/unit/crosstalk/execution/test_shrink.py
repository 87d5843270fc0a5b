"""Delta debugging: what is left, and when it stops."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from crosstalk.core.history import Actor
from crosstalk.core.script import Script, Step
from crosstalk.execution.shrink import drop_steps, minimize, shrink_script

ALICE = Actor("alice", "alice", "alice")


def needing(*needed: int) -> tuple[list[int], object]:
    """An attempt that succeeds where all needed items are there, and the number of attempts."""
    attempts: list[int] = []

    def attempt(items: Sequence[int]) -> Sequence[int] | None:
        attempts.append(len(items))
        return items if set(needed) <= set(items) else None

    return attempts, attempt


@pytest.mark.parametrize("needed", [(), (0,), (19,), (3, 11), (0, 7, 8, 19)])
def test_minimize_keeps_exactly_the_items_that_are_needed(needed: tuple[int, ...]) -> None:
    attempts, attempt = needing(*needed)
    assert minimize(range(20), attempt, lambda: False) == list(needed)  # type: ignore[arg-type]
    assert len(attempts) < 80


def test_minimize_stops_when_its_allowance_is_spent() -> None:
    attempts, attempt = needing(3)
    left = minimize(range(64), attempt, lambda: len(attempts) >= 2)  # type: ignore[arg-type]
    assert 3 in left
    assert len(attempts) == 2


def script(*references: Collection[int]) -> Script:
    """Steps numbered from 1, each with the numbers of the steps whose answers it needs."""
    return Script(
        tuple(
            Step(
                number,
                ALICE,
                "add",
                {**{f"r{each}": f"${{{each}.id}}" for each in needed}, "spare": 1},
            )
            for number, needed in enumerate(references, start=1)
        )
    )


def test_dropping_a_step_drops_the_steps_that_need_its_answer() -> None:
    assert script((), (1,), (2,), ()).without(1) == script((), (), (), ()).only([4])


def test_steps_needed_for_a_call_are_those_whose_answers_it_needs_in_turn() -> None:
    assert script((), (1,), (), (2,)).needed_for([4]) == {1, 2, 4}


def test_shrinking_leaves_steps_and_arguments_that_matter() -> None:
    tried = []

    def shows(shorter: Script) -> bool:
        tried.append(shorter)
        steps = {step.number: step for step in shorter.steps}
        return 2 in steps and "r1" in steps[2].arguments

    shrunk = shrink_script(script((), (1,), (), (3,), ()), shows, lambda: False)
    assert [(step.number, list(step.arguments)) for step in shrunk.steps] == [(1, []), (2, ["r1"])]
    assert len(tried) < 20


def test_shrinking_keeps_arguments_that_must_stay() -> None:
    shrunk = shrink_script(
        script(()), lambda shorter: True, lambda: False, kept_arguments={(1, "spare")}, steps=[]
    )
    assert shrunk.arguments() == [(1, "spare")]


def test_dropping_steps_leaves_those_that_are_not_offered() -> None:
    left = drop_steps(script((), (), ()), lambda shorter: True, lambda: False, [2])
    assert left.numbers() == [1, 3]
