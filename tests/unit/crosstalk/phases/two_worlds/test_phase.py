"""The whole phase against a diary in memory: each fault is found, and nothing else."""

from __future__ import annotations

import pytest

from crosstalk.core.history import Flow
from crosstalk.oracles import ORACLES
from crosstalk.phases.base import PhaseOutcome
from crosstalk.phases.two_worlds.phase import TwoWorldsPhase
from crosstalk.targets.base import Target, discovered
from tests.unit.crosstalk.phases.two_worlds.diary import Diary, budget

FAULTS = ("total", "limit first", "global unique", "touched", "etag", "shared limit")


def run_phase(diary: Diary, *flows: Flow, turns: int = 4) -> PhaseOutcome:
    """Run the phase a few times, until something is found."""
    phase = TwoWorldsPhase(sleep=lambda seconds: None)
    outcome = PhaseOutcome()
    for seed in range(turns):
        outcome = phase.run(budget(diary, *flows, seed=seed))
        if outcome.findings:
            break
    return outcome


@pytest.mark.parametrize("fault", FAULTS)
def test_two_worlds_finds_what_lets_one_user_notice_the_others(fault: str) -> None:
    (finding,) = run_phase(Diary(fault)).findings
    # The observer's call as it was answered in both worlds, with the line that it comes from.
    lines = finding.script.lines()
    *_, absent, active = finding.evidence
    assert "where the others are absent" in absent.call
    assert "where the others are active" in active.call
    assert absent.number == active.number
    assert active.call.split()[1] in lines[active.number - 1]
    assert finding.oracle == "two-worlds"
    assert finding.confirmed
    observer = finding.script.steps[-1].actor
    others = [each for each in finding.script.steps if each.actor != observer]
    # A shared limit shows once it is used up; anything else after one call of another user.
    assert len(others) == 1 or fault == "shared limit"


def test_a_name_that_any_user_may_have_taken_is_found_where_nothing_is_reset() -> None:
    diary = Diary("global unique")
    phase = TwoWorldsPhase(sleep=lambda seconds: None)
    outcomes = [phase.run(budget(diary, seed=seed, resets=False)) for seed in range(4)]
    findings = [each for outcome in outcomes for each in outcome.findings]
    assert findings
    assert {each.operation for each in findings} == {"add_entry"}
    # What is taken for good must not be said of every later name.
    clean = Diary()
    for seed in range(4):
        outcome = phase.run(budget(clean, seed=seed, resets=False))
        assert (outcome.findings, outcome.inconclusive) == ([], [])


@pytest.mark.parametrize("fault", ["", "chance"])
def test_two_worlds_finds_nothing_where_users_are_kept_apart(fault: str) -> None:
    assert run_phase(Diary(fault), turns=8).findings == []


def test_an_order_by_random_ids_is_known_for_chance_and_leaves_nothing_open() -> None:
    phase = TwoWorldsPhase(sleep=lambda seconds: None)
    outcomes = [phase.run(budget(Diary("order"), seed=seed)) for seed in range(8)]
    assert [each for outcome in outcomes for each in outcome.findings] == []
    assert [each for outcome in outcomes for each in outcome.inconclusive] == []


def test_numbers_that_all_users_share_show_by_their_gaps() -> None:
    (finding,) = run_phase(Diary(numbered=True)).findings
    assert "(gap)" in finding.summary


@pytest.mark.parametrize("fault", FAULTS)
def test_no_oracle_of_one_history_would_have_seen_it(fault: str) -> None:
    (history,) = budget(Diary(fault)).examples
    assert [each for oracle in ORACLES for each in oracle.judge(history)] == []


def test_finding_shows_again_and_not_on_the_repaired_system() -> None:
    (finding,) = run_phase(Diary("total")).findings
    assert TwoWorldsPhase().reproduces(budget(Diary("total")), finding.script) is not None
    assert TwoWorldsPhase().reproduces(budget(Diary()), finding.script) is None


def test_sharing_that_is_declared_is_no_finding_and_undeclared_is_one() -> None:
    everything = Flow("*", "*", frozenset({"list_entries"}))
    assert run_phase(Diary("total"), everything).findings == []
    assert run_phase(Diary("total"), Flow("*", "*", frozenset({"get_entry"}))).findings


def test_answer_counts_as_a_chance_only_after_others_were_active() -> None:
    phase = TwoWorldsPhase()
    outcome = phase.run(budget(Diary()))
    chances = {name: each.oracles.get("two-worlds", 0) for name, each in outcome.controls.items()}
    assert chances["list_entries"] >= 1
    assert sum(chances.values()) < sum(each.answered for each in outcome.controls.values())


def test_fixed_users_without_a_reset_and_sharing_of_everything_are_obstacles() -> None:
    diary = Diary()
    obstacle = TwoWorldsPhase().obstacle
    assert obstacle(Target({"mem": diary}, diary, discovered({"mem": diary}))) is None
    assert "reset command" in str(
        obstacle(Target({"mem": diary}, diary, discovered({"mem": diary}), persistent=True))
    )
    shared = Target({"mem": diary}, diary, discovered({"mem": diary}), allowed_flows=(Flow(),))
    assert "allowed_flows" in str(obstacle(shared))
