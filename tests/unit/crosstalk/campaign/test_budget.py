"""The budget of a campaign: when its search ends, and what the rest is kept for."""

from __future__ import annotations

from crosstalk.campaign.budget import CampaignBudget
from crosstalk.campaign.options import CampaignOptions
from crosstalk.execution.executor import Executor
from tests.unit.crosstalk.execution.test_replay import Notes


def _budget(calls: int, seconds: float) -> tuple[CampaignBudget, list[float]]:
    """A budget, and its clock."""
    memory = Notes(leaks=False)
    executor = Executor({"mem": memory}, {e.name: e for e in memory.discover()}, memory)
    now = [100.0]
    return CampaignBudget(CampaignOptions(calls, seconds), executor, lambda: now[0]), now


def test_the_search_keeps_calls_for_phases_that_had_no_turn_but_not_all() -> None:
    budget, _ = _budget(1_000, 60.0)
    budget.executor.calls_made = 740
    assert not budget.search_is_over(0)
    assert budget.search_is_over(260)
    budget.executor.calls_made = 640
    assert not budget.search_is_over(10_000)
    budget.executor.calls_made = 650
    assert budget.search_is_over(10_000)


def test_the_first_sweep_may_use_most_of_what_is_kept_for_phases() -> None:
    budget, _ = _budget(400, 60.0)
    budget.executor.calls_made = 330
    assert budget.search_is_over(320)
    budget.sweeping = True
    assert not budget.search_is_over(320)
    budget.executor.calls_made = 340
    assert budget.search_is_over(320)


def test_the_first_sweep_leaves_the_phases_what_they_cannot_begin_without() -> None:
    budget, _ = _budget(400, 60.0)
    budget.sweeping = True
    budget.executor.calls_made = 319
    assert not budget.search_is_over(320, 80)
    assert budget.search_is_over(320, 81)
    budget.executor.calls_made = 199
    assert not budget.search_is_over(640, 500)
    budget.executor.calls_made = 200
    assert budget.search_is_over(640, 500)


def test_the_search_keeps_seconds_to_judge_what_was_called_since_the_last_judgement() -> None:
    budget, now = _budget(10_000, 60.0)
    budget.executor.calls_made = 100
    budget.judged(1.0, 100)
    assert budget.for_judging() == 0.0
    budget.executor.calls_made = 700
    assert budget.for_judging() == 6.0
    now[0] += 40.0
    assert not budget.search_is_over(0)
    budget.executor.calls_made = 10_000
    assert budget.for_judging() == 12.0


def test_the_search_keeps_seconds_for_replays_as_the_system_is_slow() -> None:
    slow, now = _budget(10_000, 60.0)
    now[0] += 40.0
    slow.executor.calls_made = 200
    assert slow.seconds_a_call() == 0.2
    assert slow.for_replays() == 10.0
    assert not slow.search_is_over(0)
    assert slow.search_is_over(100)
    now[0] += 11.0
    assert slow.search_is_over(0)
    fast, now = _budget(10_000, 60.0)
    now[0] += 40.0
    fast.executor.calls_made = 8_000
    assert fast.for_replays() < 1.0


def test_shrinking_and_rest_have_shares_of_the_seconds() -> None:
    budget, now = _budget(10_000, 60.0)
    assert (budget.shortening_seconds(), budget.first_seconds()) == (6.0, 15.0)
    now[0] += 60.0
    assert budget.rest_seconds() == 3.0
    assert budget.last_replay < budget.ends == 160.0


def test_the_search_stops_early_enough_for_a_rule_that_is_under_way() -> None:
    budget, _ = _budget(400, 60.0)
    budget.executor.calls_made = 335
    # Of the largest phase nothing would be left once the rule has made its calls.
    assert budget.search_is_over(50, 50)
    assert not budget.search_is_over(0, 0)


def test_replays_are_hurried_once_they_took_long_and_the_calls_need_what_is_left() -> None:
    budget, now = _budget(400, 100.0)
    now[0] += 50.0
    budget.executor.calls_made = 100
    budget.executor.replay_seconds = 25.0
    assert not budget.hurries_replays()
    budget.executor.replay_seconds = 35.0
    # The other 300 calls take 45 seconds.
    assert budget.hurries_replays()
    budget.executor.calls_made = 390
    assert not budget.hurries_replays()


def test_one_script_is_shortened_with_no_more_calls_than_the_campaign_makes() -> None:
    made = {calls: _budget(calls, 60.0)[0].shortening_calls() for calls in (10, 400, 9_000)}
    assert made == {10: 300, 400: 400, 9_000: 1_500}


def test_one_suspicion_leaves_the_calls_of_a_slow_system_their_time() -> None:
    budget, now = _budget(6_000, 180.0)
    now[0] += 8.0
    budget.executor.calls_made = 400
    # A quarter to show again, and a tenth to be shortened.
    assert round(budget.one_replayed_by() - now[0]) == 63
    now[0] += 63.0
    budget.executor.replay_seconds = 63.0
    assert budget.hurries_replays()
    assert not budget.puts_off_replays()
    assert round(budget.one_replayed_by() - now[0]) == 18
    now[0] += 27.0
    budget.executor.replay_seconds = 90.0
    # Half of the seconds: what is suspected now waits for the calls.
    assert budget.puts_off_replays()


def test_a_system_that_answers_soon_enough_has_its_suspicions_replayed_at_once() -> None:
    budget, now = _budget(400, 180.0)
    budget.executor.calls_made = 100
    now[0] += 100.0
    budget.executor.replay_seconds = 98.0
    assert not budget.puts_off_replays()
    assert round(budget.one_replayed_by() - now[0]) == 63


def test_suspicions_put_off_have_the_seconds_that_are_left_when_the_calls_are_made() -> None:
    budget, now = _budget(6_000, 100.0)
    budget.executor.calls_made = 1_000
    now[0] += 57.0
    budget.put_off = 3
    assert round(budget.for_replays()) == 9
    budget.kept = 1
    # One is replayed after pauses.
    assert budget.for_replays() == 30.0
    budget.kept = 0
    budget.searched = True
    assert round(budget.one_replayed_by() - now[0]) == 20
    budget.put_off = 0
    assert budget.one_replayed_by() == budget.last_replay
