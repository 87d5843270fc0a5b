"""What counts as agreement between model and load."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.deadlock.topologies import Sizes, topologies
from loadtests.proof import Outcome, user_counts
from loadtests.topologies.__main__ import NAMES

CLEAN = {"stalls": 0, "errors": 0}
AGREED = Outcome(
    "t", "", 15, 15, cycle="a", observed_cycle="b", traced=9, phases=[CLEAN, {**CLEAN, "stalls": 1}]
)


def test_equal_boundaries_with_a_circle_seen_agree() -> None:
    assert AGREED.agree
    assert Outcome("t", "", None, None, traced=9, phases=[CLEAN]).agree


@pytest.mark.parametrize(
    "other",
    [
        replace(AGREED, observed=None, observed_cycle=""),
        replace(AGREED, observed=14),
        replace(AGREED, observed_cycle=""),
        replace(AGREED, departures=["step 1 is acquire lock; declared is the end"]),
        replace(AGREED, traced=0),
        replace(AGREED, phases=[{**CLEAN, "errors": 1}]),
        replace(AGREED, predicted=None, cycle=""),
    ],
)
def test_anything_else_does_not(other: Outcome) -> None:
    assert not other.agree


def test_a_topology_is_run_below_at_and_above_its_boundary() -> None:
    sizes = Sizes(pool=4, workers=8)
    assert user_counts(5, sizes, short=False) == [4, 5, 10]
    assert user_counts(5, sizes, short=True) == [4, 5]
    assert user_counts(1, sizes, short=True) == [1]
    assert min(user_counts(None, sizes, short=True)) > sizes.pool


def test_every_topology_that_runs_is_declared() -> None:
    assert set(NAMES) <= set(topologies())
