"""Agreement between the model's prediction and the load."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstalk.deadlock.topologies import Sizes, topologies
from loadtests.report.outcome import TopologyOutcome
from loadtests.scenarios.verification import user_counts
from loadtests.topologies.__main__ import NAMES

CLEAN = {"stalls": 0, "errors": 0, "unfinished": 0}
AGREED = TopologyOutcome(
    "t", "", 15, 15, cycle="a", observed_cycle="b", traced=9, phases=[CLEAN, {**CLEAN, "stalls": 1}]
)


def test_topology_outcome_agrees_on_equal_boundaries_with_an_observed_cycle() -> None:
    assert AGREED.agree
    assert TopologyOutcome("t", "", None, None, traced=9, phases=[CLEAN]).agree


@pytest.mark.parametrize(
    "other",
    [
        replace(AGREED, observed=None, observed_cycle=""),
        replace(AGREED, observed=14),
        replace(AGREED, observed_cycle=""),
        replace(AGREED, same_cycle=False),
        replace(AGREED, departures=["step 1 is acquire lock; declared is the end"]),
        replace(AGREED, traced=0),
        replace(AGREED, phases=[{**CLEAN, "errors": 1}]),
        replace(AGREED, phases=[{**CLEAN, "unfinished": 1}]),
        # Open arrivals did not stall it, or did so far too early.
        replace(AGREED, open=CLEAN),
        replace(AGREED, open={**CLEAN, "stalls": 1, "unfinished": 14}),
        replace(AGREED, predicted=None, cycle=""),
    ],
)
def test_topology_outcome_disagrees_on_any_difference(other: TopologyOutcome) -> None:
    assert not other.agree


@pytest.mark.parametrize("other", ["stalls", "errors", "unfinished"])
def test_topology_outcome_needs_every_arrival_answered_where_nothing_can_stall(other: str) -> None:
    steady = TopologyOutcome("t", "", None, None, traced=9, phases=[CLEAN], open=CLEAN)
    assert steady.agree
    assert not replace(steady, open={**CLEAN, other: 1}).agree
    assert replace(AGREED, open={**CLEAN, "stalls": 1, "unfinished": 40}).agree


def test_user_counts_are_below_at_and_above_the_boundary() -> None:
    sizes = Sizes(pool=4, workers=8)
    assert user_counts(5, sizes, short=False) == [4, 5, 10]
    assert user_counts(5, sizes, short=True) == [4, 5]
    assert user_counts(1, sizes, short=True) == [1]
    assert min(user_counts(None, sizes, short=True)) > sizes.pool


def test_every_running_topology_is_declared() -> None:
    assert set(NAMES) <= set(topologies())
