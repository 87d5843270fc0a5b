"""Looks of one observer in one world: what changes with others' activity or by itself."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from itertools import count

import pytest

from crosstalk.core.history import Call, History
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.phases.base import PhaseOutcome
from crosstalk.phases.two_worlds.phase import VISITS, TwoWorldsPhase
from crosstalk.phases.two_worlds.watch import _LONGEST_SECONDS
from crosstalk.phases.two_worlds.watching import _READINGS, _WIDE
from tests.unit.crosstalk.phases.two_worlds.diary import Diary, budget


def run_phase(diary: Diary, turns: int, calls: int = 400) -> list[PhaseOutcome]:
    """Return what came of some turns of one phase, the last of which may have found something."""
    phase = TwoWorldsPhase()
    outcomes = []
    for seed in range(turns):
        outcomes.append(phase.run(budget(diary, seed=seed, calls=calls)))
        if outcomes[-1].findings:
            break
    return outcomes


def test_a_visit_takes_a_fraction_of_the_calls_of_a_pair_of_worlds() -> None:
    made: Counter[str] = Counter()
    calls = 0
    for seed in range(4):
        allowed = budget(Diary(), seed=seed, calls=150)
        made.update(TwoWorldsPhase().run(allowed).situations)
        calls += allowed.calls - allowed.left()
    # A watch begins with one that makes all that the others do.
    assert made[VISITS] >= calls / 12


@pytest.mark.parametrize("number", ["clock", "seconds", "time left", "random"])
def test_a_number_that_changes_without_the_others_is_no_finding(number: str) -> None:
    for _ in range(2):
        outcomes = run_phase(Diary(number), turns=6, calls=200)
        assert [each for outcome in outcomes for each in outcome.findings] == []
        assert [each for outcome in outcomes for each in outcome.inconclusive] == []


@pytest.mark.parametrize("number", ["estimate", "requests"])
def test_an_unsteady_number_is_found_where_it_changes_more_with_the_others(number: str) -> None:
    diary = Diary(number)
    (finding,) = run_phase(diary, turns=20)[-1].findings
    assert "body.number changes more where the others act" in finding.summary
    assert "a false alarm at most once in 1,000 times" in finding.summary
    assert finding.replayed[0] >= 10
    assert {each.number for each in finding.evidence} <= set(
        range(1, len(finding.script.steps) + 1)
    )
    again = TwoWorldsPhase().reproduces(budget(diary), finding.script)
    assert again is not None
    assert again.operation == "list_entries"
    assert TwoWorldsPhase().reproduces(budget(Diary("random")), finding.script) is None


@pytest.mark.long
def test_time_to_the_second_is_found_where_the_others_move_it() -> None:
    (finding,) = run_phase(Diary("last-modified"), turns=3)[-1].findings
    assert "headers.last-modified" in finding.summary
    assert any(each.after >= 1.0 for each in finding.script.steps)


def test_the_first_visit_of_a_watch_meets_all_readings_with_all_that_the_others_do() -> None:
    for fault in ("total", "limit first", "etag"):
        diary = Diary(fault)
        allowed = budget(diary, calls=150)
        outcome = TwoWorldsPhase().run(allowed)
        assert outcome.findings
        assert outcome.situations[VISITS] <= 2


def test_all_readings_of_the_first_visit_are_made_at_once_where_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once: list[int] = []
    make_all = Executor.execute_all

    def noted(self: Executor, history: History, planned: Sequence[PlannedCall]) -> list[Call]:
        at_once.append(len(planned))
        return make_all(self, history, planned)

    monkeypatch.setattr(Executor, "execute_all", noted)
    TwoWorldsPhase().run(budget(Diary(), calls=150))
    # Before, after a rest, and after all that the others do.
    assert at_once[0] > 1
    assert at_once[:3] == at_once[:1] * 3


def test_others_rest_for_as_long_as_they_act_by_turns_and_not_for_a_visit_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = count()
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks) / 100)
    rests: list[float] = []
    phase = TwoWorldsPhase(rests.append)
    assert phase.run(budget(Diary(), calls=200)).situations[VISITS] > _WIDE / _READINGS
    assert rests
    # All that the others do takes many times as long as what they do in a turn.
    assert max(rests) < _LONGEST_SECONDS
