"""The registry of rules, and the machine that runs whatever is registered."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crosstalk.core.history import History
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.generator.choice import Draw
from crosstalk.generator.example_run import ExampleRun
from crosstalk.generator.rules import RULES
from crosstalk.generator.rules.base import Rule
from crosstalk.generator.state import GeneratorState
from crosstalk.generator.state_machine import make_machine
from tests.unit.crosstalk.generator.test_state_machine import LIST, Shelf


class Counted:
    """A rule that counts how often it was run and makes no calls."""

    name = "counted"
    guaranteed = True

    def __init__(self, *, applies: bool) -> None:
        self._applies = applies
        self.runs = 0

    def applies(self, example: ExampleRun) -> bool:
        """Return what the test wants."""
        return self._applies

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Count."""
        self.runs += 1


def run_example(*rules: Rule, number: int = 1) -> GeneratorState:
    """Return the generator's state after one example with these rules."""
    shelf = Shelf()
    state = GeneratorState(
        executor=Executor({"rest": shelf}, {e.name: e for e in shelf.discover()}, shelf),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=[LIST],
        forgeries=(),
        on_example_end=lambda history: None,
        stopped=lambda: False,
    )
    run_state_machine_as_test(
        seed(number)(make_machine(state, rules)),
        settings=settings(
            max_examples=1,
            stateful_step_count=6,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return state


def test_rule_names_are_unique() -> None:
    assert len({each.name for each in RULES}) == len(RULES)


def test_machine_runs_a_rule_that_is_registered_and_applies() -> None:
    rule = Counted(applies=True)
    state = run_example(rule)
    assert rule.runs == state.rule_runs["counted"] > 0


def test_machine_leaves_out_a_rule_that_does_not_apply() -> None:
    rule = Counted(applies=False)
    run_example(rule)
    assert rule.runs == 0


def test_example_begins_with_guaranteed_rules_that_were_run_least() -> None:
    state = run_example(*RULES)
    guaranteed = [each.name for each in RULES if each.guaranteed]
    assert all(state.rule_runs[name] for name in guaranteed[:2])
