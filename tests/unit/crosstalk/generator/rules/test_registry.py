"""The registry of rules, and the machine that runs whatever is registered."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crosstalk.core.history import History
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.state_machine import first_rules, make_machine
from crosstalk.generator.rules import RULES
from crosstalk.generator.rules.base import Rule
from crosstalk.generator.situations import rules_owed
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import Capabilities
from tests.unit.crosstalk.generator.plan.test_state_machine import LIST, Shelf


class Counted:
    """A rule that counts how often it was run and makes no calls."""

    name = "counted"
    guaranteed = True

    def __init__(self, *, applies: bool, name: str = "counted") -> None:
        self._applies = applies
        self.name = name
        self.runs = 0

    def applies(self, example: ExampleRun) -> bool:
        """Return what the test wants."""
        return self._applies

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Count."""
        self.runs += 1


def fresh_state() -> GeneratorState:
    """Return the state of a campaign that begins."""
    shelf = Shelf()
    return GeneratorState(
        executor=Executor({"rest": shelf}, {e.name: e for e in shelf.discover()}, shelf),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=[LIST],
        forgeries=(),
        on_example_end=lambda history: None,
        stopped=lambda: False,
    )


def shown_example() -> ExampleRun:
    """Return an example without any calls."""
    state = fresh_state()
    return ExampleRun(state, Capabilities.of(list(state.executor.operations.values())))


def run_example(*rules: Rule, number: int = 1) -> GeneratorState:
    """Return the generator's state after one example with these rules."""
    state = fresh_state()
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
    rules = [Counted(applies=True, name=name) for name in ("first", "second", "third")]
    state = run_example(*rules)
    assert all(state.rule_runs[each.name] for each in rules[:2])


def test_first_rules_are_those_whose_situation_was_never_made() -> None:
    example = shown_example()
    state = example.state
    names = ["last_page", "equal_words", "second_order", "broken_constraint", "later"]
    names.append("self_description")
    rules = [Counted(applies=True, name=name) for name in ("attack", *names)]
    idle = Counted(applies=False, name="many_objects")
    assert [each.name for each in first_rules([idle, *rules], example)] == [
        *names[:5],
        "attack",
        names[5],
    ]
    state.situations.update({"lists read to their end": 1, "writes with another's id": 1})
    first = [each.name for each in first_rules(rules, example)]
    assert first[:2] == ["equal_words", "broken_constraint"]


def test_first_rules_leave_out_a_situation_that_cannot_be_made() -> None:
    example = shown_example()
    example.state.rule_runs["last_page"] = 3
    rules = [Counted(applies=True, name=name) for name in ("last_page", "one", "other")]
    assert [each.name for each in first_rules(rules, example)] == ["one", "other"]


def test_every_rule_of_a_situation_is_registered() -> None:
    assert rules_owed({}) <= {each.name for each in RULES}
