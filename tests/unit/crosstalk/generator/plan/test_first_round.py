"""The first round on systems made of memory: each rule once, within its part of the calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from crosstalk.core.history import History
from crosstalk.core.principals import USERS, Principals
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.first_round import LONG_ROUND, ROUND, FirstRound
from crosstalk.generator.rules import RULES
from crosstalk.generator.rules.base import Rule
from crosstalk.generator.values.choice import Draw
from tests.unit.crosstalk.generator.plan.test_sweep import LIST, Notes


@dataclass
class _Reading:
    """Has a user read their list a number of times."""

    name: str
    runs: list[str]
    calls: int = 1
    possible: bool = True
    guaranteed: bool = True
    examples: set[int] = field(default_factory=set)

    def applies(self, example: ExampleRun) -> bool:
        return self.possible

    def run(self, example: ExampleRun, draw: Draw) -> None:
        self.runs.append(self.name)
        for _ in range(self.calls):
            example.execute(example.reading(LIST, example.members[0]))


def played(*rules: Rule, calls: int = 1_000, replays: bool = False) -> list[History]:
    """Run the first round with these rules; return the histories of its examples."""
    notes, histories = Notes(), list[History]()
    operations = {each.name: each for each in notes.discover()}
    state = GeneratorState(
        executor=Executor({"rest": notes}, operations, notes),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=[LIST],
        forgeries=(),
        on_example_end=histories.append,
        stopped=lambda: False,
        principals=Principals(),
        judge=lambda _: replays,
    )
    state.rule_runs["made before"] = 1
    FirstRound(state, Random(1), calls, rules).run()
    return histories


def test_each_rule_that_was_not_run_yet_runs_once_in_one_example() -> None:
    runs: list[str] = []
    histories = played(
        _Reading("one", runs),
        _Reading("impossible", runs, possible=False),
        _Reading("made before", runs),
        _Reading("two", runs),
    )
    assert runs == ["one", "two"]
    assert len(histories) == 1


def test_a_replay_begins_a_new_example() -> None:
    runs: list[str] = []
    histories = played(_Reading("one", runs), _Reading("two", runs), replays=True)
    assert runs == ["one", "two"]
    assert len(histories) == len(runs)


def test_no_rule_begins_once_its_part_of_the_calls_is_used() -> None:
    runs: list[str] = []
    played(_Reading("one", runs, calls=30), _Reading("two", runs), calls=200)
    assert runs == ["one"]


def test_every_rule_of_it_is_a_rule_of_the_search() -> None:
    assert {each.name for each in (*ROUND, *LONG_ROUND)} <= {each.name for each in RULES}
