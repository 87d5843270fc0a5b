"""The budget is shared out between the examples and the phases."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from crosstalk.campaign.division import SharedDivision
from crosstalk.campaign.scheduler import PhaseScheduler
from crosstalk.core.history import History
from crosstalk.core.principals import ALICE
from crosstalk.core.script import Script
from crosstalk.core.verdict import Inconclusive, InconclusiveKind
from crosstalk.execution.executor import Executor
from crosstalk.oracles import Suspicion
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.targets.base import Target, discovered
from tests.unit.crosstalk.execution.test_replay import Notes


@dataclass
class _Phase:
    name: str = "tides"
    share: float = 0.25
    least: int = 10
    smallest: int = 0
    reason: str | None = None
    allowed: list[int] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)

    def obstacle(self, target: Target) -> str | None:
        return self.reason

    def run(self, budget: PhaseBudget) -> PhaseOutcome:
        self.allowed.append(budget.calls)
        self.drawn.append(budget.random.random())
        history = budget.fresh_history()
        while not budget.spent():
            budget.executor.execute(history, ALICE, "list", {})
        why = f"budget {len(self.allowed)}"
        return PhaseOutcome(inconclusive=[Inconclusive(InconclusiveKind.NOT_TRIED, self.name, why)])

    def reproduces(self, budget: PhaseBudget, script: Script) -> Suspicion | None:
        return None


def _scheduler(*phases: _Phase, seed: int = 1) -> PhaseScheduler:
    memory = Notes(leaks=False)
    executor = Executor({"mem": memory}, {e.name: e for e in memory.discover()}, memory)
    target = Target({"mem": memory}, memory, discovered({"mem": memory}))
    return PhaseScheduler(target, phases, executor, lambda: History({"alice": "a"}), seed)


def test_a_phase_runs_when_it_has_used_less_than_its_share() -> None:
    phase = _Phase()
    scheduler = _scheduler(phase)
    assert list(scheduler.run_those_behind()) == []
    scheduler.executor.calls_made = 40
    assert [str(each.inconclusive[0]) for each in scheduler.run_those_behind()] == [
        "tides: budget 1"
    ]
    assert phase.allowed == [10]
    assert list(scheduler.run_those_behind()) == []


def test_phases_own_calls_count_against_its_share() -> None:
    phase = _Phase()
    scheduler = _scheduler(phase)
    scheduler.executor.calls_made = 100
    list(scheduler.run_those_behind())
    scheduler.executor.calls_made += 30
    assert list(scheduler.run_those_behind()) == []


def test_a_phase_has_no_second_turn_with_what_another_needs_for_its_first() -> None:
    early, late = _Phase("early"), _Phase("late", share=0.0, least=100)
    scheduler = _scheduler(early, late)
    # A minute ago, so that no phase is ahead in seconds.
    scheduler._began -= 60.0
    scheduler.executor.calls_made = 40
    list(scheduler.run_those_behind(calls_left=160))
    scheduler.executor.calls_made = 100
    list(scheduler.run_those_behind(calls_left=105))
    assert (early.allowed, late.allowed) == ([10], [])
    list(scheduler.run_those_behind(calls_left=115))
    assert early.allowed == [10, 15]


def test_phases_that_are_behind_share_what_is_left_by_their_shares() -> None:
    phases = [_Phase("early"), _Phase("late"), _Phase("ending", share=0.0, least=40)]
    scheduler = _scheduler(*phases)
    # A minute ago, so that no phase is ahead in seconds.
    scheduler._began -= 60.0
    scheduler.executor.calls_made = 400
    list(scheduler.run_those_behind(calls_left=140))
    assert [each.allowed for each in phases] == [[50], [50], []]


def test_of_few_calls_the_first_phase_takes_what_it_wants() -> None:
    phases = [_Phase("early"), _Phase("late")]
    scheduler = _scheduler(*phases)
    scheduler.calls = 400
    scheduler._began -= 60.0
    scheduler.executor.calls_made = 320
    list(scheduler.run_those_behind(calls_left=80))
    assert phases[0].allowed == [70]


def test_a_phase_that_never_ran_runs_at_the_end_and_only_then() -> None:
    early, late = _Phase("early"), _Phase("late", share=0.0)
    scheduler = _scheduler(early, late)
    scheduler.executor.calls_made = 40
    list(scheduler.run_those_behind())
    list(scheduler.remaining())
    assert (len(early.allowed), late.allowed) == (1, [10])


def test_a_phase_that_meets_an_obstacle_is_left_out_with_its_reason() -> None:
    phase = _Phase(reason="nobody can be absent here")
    scheduler = _scheduler(phase)
    list(scheduler.remaining())
    assert phase.allowed == []
    assert scheduler.obstacles == {"tides": "nobody can be absent here"}
    assert scheduler.phases == ()
    # It plays its own findings again all the same.
    assert scheduler.named("tides") is phase


def test_the_seed_decides_what_a_phase_draws() -> None:
    drawn = []
    for seed in (1, 1, 2):
        phase = _Phase()
        list(_scheduler(phase, seed=seed).remaining())
        drawn.append(phase.drawn[0])
    assert drawn[0] == drawn[1] != drawn[2]


def test_phases_share_what_is_left_of_a_small_budget_and_are_named_as_short() -> None:
    first, second = _Phase("first", least=100), _Phase("second", least=60)
    scheduler = _scheduler(first, second)
    scheduler.executor.calls_made = 340
    list(scheduler.remaining(80))
    assert first.allowed == [50]
    assert second.allowed == [30]
    assert scheduler.executor.calls_made == 420
    assert scheduler.short() == {"first": (50, 100), "second": (30, 60)}


def test_phase_that_cannot_begin_leaves_its_part_to_the_others() -> None:
    first, second = _Phase("first", least=100), _Phase("second", least=300, smallest=100)
    scheduler = _scheduler(first, second)
    list(scheduler.remaining(80))
    assert (first.allowed, second.allowed) == ([80], [])
    assert scheduler.waiting() == 0
    assert scheduler.short() == {"first": (80, 100), "second": (0, 300)}


def test_phases_get_the_least_that_they_can_begin_with_before_any_gets_more() -> None:
    first = _Phase("first", least=100, smallest=40)
    second = _Phase("second", least=160, smallest=30)
    scheduler = _scheduler(first, second)
    assert scheduler.briefest() == 71
    list(scheduler.remaining(75))
    assert (first.allowed, second.allowed) == ([41], [34])


def test_phase_whose_least_does_not_fit_any_more_is_not_begun() -> None:
    class Greedy(_Phase):
        def run(self, budget: PhaseBudget) -> PhaseOutcome:
            outcome = super().run(budget)
            budget.executor.calls_made += 20
            return outcome

    first = Greedy("first", least=100, smallest=40)
    second = _Phase("second", least=100, smallest=40)
    scheduler = _scheduler(first, second)
    list(scheduler.remaining(90))
    assert (first.allowed, second.allowed) == ([45], [])


def test_last_phase_takes_nothing_of_calls_that_others_want() -> None:
    first = _Phase("first", least=100, smallest=40)
    last = _Phase("last", share=0.0, least=300, smallest=160)
    scheduler = _scheduler(first, last)
    assert scheduler.briefest() == 41
    list(scheduler.remaining(205))
    assert (first.allowed, last.allowed) == ([100], [])


def test_a_phase_that_used_more_than_its_part_leaves_the_next_one_less() -> None:
    class Greedy(_Phase):
        def run(self, budget: PhaseBudget) -> PhaseOutcome:
            outcome = super().run(budget)
            budget.executor.calls_made += 20
            return outcome

    first, second = Greedy("first", least=100), _Phase("second", least=100)
    scheduler = _scheduler(first, second)
    list(scheduler.remaining(80))
    assert (first.allowed, second.allowed) == ([40], [20])


def test_a_phase_that_had_a_whole_turn_is_not_short() -> None:
    scheduler = _scheduler(_Phase())
    list(scheduler.remaining())
    assert scheduler.short() == {}


def test_a_phase_does_first_and_without_a_turn_all_that_needs_no_call() -> None:
    free, dear, last = _Phase("free"), _Phase("dear", smallest=5), _Phase("last", share=0.0)
    scheduler = _scheduler(free, dear, last)
    list(scheduler.free_of_charge())
    assert (free.allowed, dear.allowed, last.allowed) == ([0], [], [])
    list(scheduler.remaining())
    assert [len(each.allowed) for each in (free, dear, last)] == [2, 1, 1]


def test_a_turn_of_a_short_campaign_is_no_more_than_the_phases_share_of_it() -> None:
    phase = _Phase(least=100, smallest=5)
    scheduler = _scheduler(phase)
    scheduler.calls = 800
    assert scheduler.waiting() == 100
    # Of few calls it is less: each operation is to be asked for once before.
    scheduler.calls = 200
    assert scheduler.waiting() == 30
    scheduler.calls = 4_000
    assert scheduler.waiting() == 100
    # It is never less than the smallest thing that the phase can do.
    scheduler.calls = 8
    assert scheduler.waiting() == 5


@dataclass
class _Prepared(_Phase):
    prepared: int = 0

    def prepare(self, target: Target) -> None:
        self.prepared += 1


def test_a_phase_without_a_turn_is_prepared_once_and_one_that_had_it_never() -> None:
    ending, early = _Prepared("ending", share=0.0), _Prepared("early")
    scheduler = _scheduler(early, _Phase(), ending)
    scheduler.executor.calls_made = 40
    list(scheduler.run_those_behind())
    for _ in range(2):
        scheduler.prepare_waiting()
    assert (early.prepared, ending.prepared) == (0, 1)


def test_a_phase_of_a_divided_campaign_has_its_turns_in_one_process(tmp_path: Path) -> None:
    played = []
    for number in (1, 2):
        phase = _Phase()
        scheduler = _scheduler(phase)
        scheduler.division = SharedDivision(tmp_path, number, 2)
        scheduler.executor.calls_made = 40
        list(scheduler.run_those_behind())
        list(scheduler.remaining(20))
        played.append(phase.allowed)
        if number == 2:
            assert scheduler.waiting() == 0
    assert played == [[10], []]
