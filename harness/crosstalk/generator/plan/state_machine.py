"""Hypothesis state machine that runs the generator's rules (`crosstalk.generator.rules`).

Each example has fresh subjects and a history of its own, judged when the example ends. It runs
some of the rules only, as Hypothesis draws them (swarm testing, Groce et al. 2012): a rule that
would undo what another needs is away now and then. The machine only decides calls. It does not
judge them, and never stops at an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from hypothesis.stateful import rule as hypothesis_rule

from crosstalk.execution.stopping import rule_errors_stop_the_run
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.rules import POLICY_RULES, RULES, SETUP
from crosstalk.generator.rules.base import Rule
from crosstalk.generator.situations import rules_owed
from crosstalk.surface.capabilities import Capabilities

# Rules that an example begins with: those whose situation was never made, and those that swarms
# have left out.
_SITUATIONS, _CATCH_UP = 5, 2
# Turns after which a rule that has not made its situation waits like all others.
_ATTEMPTS = 3
_STEPS_BETWEEN_JUDGEMENTS = 3


class _Machine(Protocol):
    def run_rule(self, rule: Rule, data: st.DataObject) -> None: ...


def make_machine(
    state: GeneratorState, rules: Sequence[Rule] = RULES, *, policy: bool = False
) -> type[RuleBasedStateMachine]:
    """Return the state machine class that runs these rules with this state.

    Args:
        state: What the examples share.
        rules: Those that run.
        policy: Whether the rules that a policy asks for run as well.
    """
    # A policy's rules catch up by themselves: they do not wait for all others.
    groups = (rules, POLICY_RULES) if policy else (rules,)
    rules = (*rules, *POLICY_RULES) if policy else rules
    capabilities = Capabilities.of(list(state.executor.operations.values()))

    class Example(RuleBasedStateMachine):
        """One example: some users, their data, and what they try."""

        def __init__(self) -> None:
            super().__init__()
            self.example: ExampleRun | None = None
            self.steps = 0

        @initialize(data=st.data(), draw=st.integers(0, 2**16))
        def set_up(self, data: st.DataObject, draw: int) -> None:
            """Begin the example with data of every user, and the rules run least so far."""
            # Hypothesis tries the simplest of all examples first, which is always the same.
            if state.stopped() or not draw:
                reject()
            with rule_errors_stop_the_run():
                self.example = ExampleRun(state, capabilities)
                SETUP.run(self.example, data.draw)
            # What swarms have left out so far runs once, whatever this one leaves out.
            for group in groups:
                for each in first_rules(group, self.example):
                    self.run_rule(each, data)

        def run_rule(self, rule: Rule, data: st.DataObject) -> None:
            """Run a rule once, unless no more calls are to be made."""
            example = self.example
            if example is None or example.over or state.stopped():
                return
            state.rule_runs[rule.name] += 1
            with rule_errors_stop_the_run():
                if rule.applies(example):
                    rule.run(example, data.draw)

        @invariant()
        def judge(self) -> None:
            """Judge the calls so far, now and then: a leak is worth no more calls."""
            if self.example is None:
                return
            self.steps += 1
            if self.steps % _STEPS_BETWEEN_JUDGEMENTS == 0 and not self.example.over:
                with rule_errors_stop_the_run():
                    self.example.judge()

        def teardown(self) -> None:
            """Hand the history over to be judged."""
            if self.example is not None:
                with rule_errors_stop_the_run():
                    self.example.end()

    steps = {each.name: _step(each) for each in rules}
    return type("GeneratedExample", (Example,), steps)


def first_rules(rules: Sequence[Rule], example: ExampleRun) -> list[Rule]:
    """Return the rules that an example begins with, whatever it otherwise leaves out.

    A situation that never came about goes before a second turn of another: a campaign that ends
    early has made as many of them as it could.

    Args:
        rules: Those to choose from.
        example: That begins.
    """
    state = example.state
    owed = rules_owed(state.situations)
    possible = sorted(
        (each for each in rules if each.applies(example)),
        key=lambda each: state.rule_runs[each.name],
    )
    first = [
        each for each in possible if each.name in owed and state.rule_runs[each.name] < _ATTEMPTS
    ][:_SITUATIONS]
    missed = [each for each in possible if each.guaranteed and each not in first]
    return [*first, *missed[:_CATCH_UP]]


def _step(rule: Rule) -> Callable[..., Any]:
    """Return the method by which Hypothesis runs a rule."""

    def step(self: _Machine, data: st.DataObject) -> None:
        self.run_rule(rule, data)

    step.__name__ = rule.name
    step.__doc__ = rule.__doc__
    return hypothesis_rule(data=st.data())(step)
