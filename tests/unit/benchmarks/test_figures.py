"""Figures compare within a round, and their goals follow from their medians."""

from __future__ import annotations

import pytest

from benchmarks.figures import Figure, Goal, alternate
from benchmarks.results import markdown


def figure(ratios: list[float], goal: Goal | None) -> Figure:
    return Figure("x", "one thing against another", "calls/s", ratios, [1.0] * 3, ratios, goal)


async def test_alternate_swaps_the_sides_and_ignores_the_first_round() -> None:
    order: list[str] = []

    def side(name: str, values: list[float]) -> float:
        order.append(name)
        return values[order.count(name) - 1]

    found = await alternate(
        "x",
        "",
        "calls/s",
        ours=lambda: side("ours", [99.0, 2.0, 6.0, 4.0]),
        anchor=lambda: side("anchor", [1.0, 1.0, 2.0, 4.0]),
        rounds=3,
    )
    assert order == ["anchor", "ours", "ours", "anchor", "anchor", "ours", "ours", "anchor"]
    assert found.ratios == [2.0, 3.0, 1.0]
    assert found.ratio == 2.0


async def test_ratio_within_a_round_is_not_changed_by_a_drift_of_the_machine() -> None:
    speeds = iter([1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 1.0, 1.0])

    async def side(factor: float) -> float:
        return factor * next(speeds)

    found = await alternate(
        "x", "", "calls/s", ours=lambda: side(3.0), anchor=lambda: side(2.0), rounds=3
    )
    assert found.ratios == [1.5, 1.5, 1.5]


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (None, None),
        (Goal("least", 0.9), True),
        (Goal("least", 1.1), False),
        (Goal("most", 1.0), True),
        (Goal("most", 0.9), False),
    ],
)
def test_goal_is_met_by_the_median(goal: Goal | None, met: bool | None) -> None:
    found = figure([0.1, 1.0, 9.0], goal)
    assert found.met is met
    assert found.summarized()["met"] is met
    assert found.summarized()["spread"] == [0.1, 9.0]


def test_results_table_names_unmet_goals_and_missing_benchmarks() -> None:
    text = markdown([figure([0.5] * 3, Goal("least", 0.8))], ["chats: no model"], {"cores": 2})
    assert "| x | 0.5 | 1.0 | calls/s | 0.5 | 0.5 to 0.5 | ≥ 0.8 | **no** |" in text
    assert "- not measured: chats: no model" in text
