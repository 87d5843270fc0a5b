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
        ours=lambda: side("ours", [99.0, 2.0, 4.4, 8.0]),
        anchor=lambda: side("anchor", [1.0, 1.0, 2.0, 4.0]),
        rounds=3,
    )
    assert order == ["anchor", "ours", "ours", "anchor", "anchor", "ours", "ours", "anchor"]
    assert found.ratios == [2.0, 2.2, 2.0]
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
        (Goal("least", 0.9), "met"),
        (Goal("least", 1.06), "undecided"),
        (Goal("least", 1.2), "missed"),
        (Goal("most", 1.2), "met"),
        (Goal("most", 1.0), "undecided"),
        (Goal("most", 0.9), "missed"),
    ],
)
def test_goal_is_decided_where_the_middle_half_lies_on_one_side(
    goal: Goal | None, met: str | None
) -> None:
    found = figure([0.1, 1.0, 1.05, 1.1, 9.0], goal)
    assert found.verdict == met
    assert found.met is (None if met is None else met == "met")
    assert found.summarized()["spread"] == [0.1, 9.0]
    assert found.summarized()["middle"] == [1.0, 1.1]


@pytest.mark.parametrize(
    ("ratios", "asked", "rounds"),
    [
        ([2.0] * 30, 3, 3),
        ([1.0, 2.0, 3.0, *[2.0] * 27], 3, 5),
        ([1.0, 2.0, 3.0] * 10, 3, 9),
        ([1.0, 2.0] * 10, 2, 2),
    ],
)
async def test_rounds_are_added_until_the_figure_is_steady_or_three_times_as_many(
    ratios: list[float], asked: int, rounds: int
) -> None:
    values = iter([9.0, *ratios])
    found = await alternate(
        "x", "", "calls/s", ours=lambda: next(values), anchor=lambda: 1.0, rounds=asked
    )
    assert len(found.ratios) == rounds
    assert found.steady is (rounds in (3, 5))


def test_results_table_names_unmet_goals_and_missing_benchmarks() -> None:
    text = markdown([figure([0.5] * 3, Goal("least", 0.8))], ["chats: no model"], {"cores": 2})
    row = "| x | 0.5 | 1.0 | calls/s | 0.5 | 0.5 to 0.5 | 0.5, 0.5 | ≥ 0.8 | **missed** |"
    assert row in text
    assert "- x: goal ≥ 0.8 missed, 0.5 (0.5 to 0.5)" in text
    assert "- not measured: chats: no model" in text
