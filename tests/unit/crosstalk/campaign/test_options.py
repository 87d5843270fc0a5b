"""A profile says how much is tried; what is given takes its place."""

from __future__ import annotations

from crosstalk.campaign.options import PROFILES, options_of


def test_a_quick_run_takes_a_minute_and_each_profile_more_than_the_one_before() -> None:
    budgets = [PROFILES[each] for each in ("quick", "standard", "deep")]
    assert budgets[0].seconds == 60
    assert [b.calls for b in budgets] == sorted({b.calls for b in budgets})
    assert [b.seconds for b in budgets] == sorted({b.seconds for b in budgets})


def test_given_options_win_over_the_profile() -> None:
    options = options_of("quick", calls=77, seed=5)
    assert (options.calls, options.seconds, options.seed) == (77, 60.0, 5)


def test_without_a_seed_one_is_drawn() -> None:
    assert len({options_of("quick").seed for _ in range(3)}) > 1
