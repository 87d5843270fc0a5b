"""State that the examples share: which operations are tried no more."""

from __future__ import annotations

import pytest

from crosstalk.core.history import History
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.state import GeneratorState
from tests.unit.crosstalk.generator.plan.test_sweep import EDIT, GET, Notes


def _state(calls: int) -> GeneratorState:
    notes = Notes()
    operations = {each.name: each for each in notes.discover()}
    return GeneratorState(
        executor=Executor({"rest": notes}, operations, notes),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=(),
        forgeries=(),
        on_example_end=lambda _: None,
        stopped=lambda: False,
        calls=calls,
    )


@pytest.mark.parametrize(
    ("calls", "tries"),
    [(50, 8), (400, 16), (1_000, 40), (4_000, 60)],
)
def test_operation_that_never_serves_is_left_alone_after_a_part_of_the_calls(
    calls: int, tries: int
) -> None:
    state = _state(calls)
    state.tried[EDIT.name] = tries - 1
    assert not state.in_vain(EDIT)
    state.tried[EDIT.name] = tries
    assert state.in_vain(EDIT)


def test_operation_that_served_once_is_never_in_vain() -> None:
    state = _state(400)
    state.tried[EDIT.name], state.served[EDIT.name] = 1_000, 1
    assert not state.in_vain(EDIT)


def test_refusals_of_one_operation_say_nothing_of_another() -> None:
    state = _state(400)
    state.tried[EDIT.name] = 1_000
    assert not state.in_vain(GET)
