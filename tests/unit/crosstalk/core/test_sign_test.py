"""Time as a statistic: how sure it is, and that it is told and is no verdict."""

from __future__ import annotations

import pytest

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.sign_test import time_difference
from crosstalk.report.timing import telling_times


def test_pairs_that_fall_one_way_are_as_unlikely_as_coins_that_do() -> None:
    found = time_difference([(0.002, 0.001)] * 10)
    assert found.p == pytest.approx(2 / 2**10)
    assert (found.pairs, found.slower) == (10, 1.0)
    assert found.median_ms == pytest.approx(1.0)


def test_pairs_that_fall_either_way_show_nothing() -> None:
    found = time_difference([(0.002, 0.001), (0.001, 0.002)] * 5)
    assert (found.p, found.slower) == (1.0, 0.5)


def test_ties_count_for_neither_side() -> None:
    assert time_difference([(0.001, 0.001)] * 4).p == 1.0
    assert time_difference([(0.001, 0.001)] * 4).slower == 0.5
    some = time_difference([(0.001, 0.001)] * 4 + [(0.002, 0.001)] * 6)
    assert some.p == pytest.approx(2 / 2**6)


def test_only_what_is_unlikely_over_all_operations_is_told() -> None:
    def told(pairs: int, operations: int) -> list[str]:
        times = {f"get {n}": time_difference([(0.001, 0.001)]) for n in range(operations - 1)}
        times["get slow"] = time_difference([(0.002, 0.001)] * pairs)
        return telling_times(CampaignResult("clean", 1, 1.0, 1, [], {}, [], times=times))

    (line,) = told(10, 4)
    assert "get slow" in line
    assert "no finding" in line
    assert told(10, 40) == []
    assert told(3, 1) == []
