"""Figures: alternating measurements of two sides, with median and spread of their ratio."""

from __future__ import annotations

import inspect
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

# Of the middle half of the rounds, relative to the median: above it more rounds are made.
STEADY = 0.15
# No figure takes more than this many times the rounds that are asked for.
_MOST_TIMES = 3

Verdict: TypeAlias = Literal["met", "missed", "undecided"]

# Measures one side once: a rate, or milliseconds.
Measure: TypeAlias = Callable[[], Awaitable[float]] | Callable[[], float]


@dataclass(frozen=True, slots=True)
class Goal:
    """Goal of a ratio: at least or at most a value."""

    at: Literal["least", "most"]
    value: float

    def met_by(self, ratio: float) -> bool:
        """Return whether a ratio meets the goal."""
        return ratio >= self.value if self.at == "least" else ratio <= self.value

    def __str__(self) -> str:
        """Format the goal for a table."""
        return f"{'≥' if self.at == 'least' else '≤'} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A comparison of the system with an anchor.

    Attributes:
        name: Short and stable: the key in `summary.json`.
        what: The comparison, in a sentence.
        unit: Of both sides.
        ours: Measurement of the system in each round.
        anchor: Measurement of the anchor in each round.
        ratios: System to anchor in each round.
        goal: Of the ratio; None for information only.
        extra: Additional entries in `summary.json`.
    """

    name: str
    what: str
    unit: str
    ours: Sequence[float]
    anchor: Sequence[float]
    ratios: Sequence[float]
    goal: Goal | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Median over the rounds."""
        return statistics.median(self.ratios)

    @property
    def middle(self) -> tuple[float, float]:
        """Lower and upper quartile of the rounds: between them lies the middle half."""
        if len(self.ratios) < 2:
            return self.ratio, self.ratio
        low, _, high = statistics.quantiles(self.ratios, n=4, method="inclusive")
        return low, high

    @property
    def steady(self) -> bool:
        """True where the middle half of the rounds lies within 15 % of the median."""
        low, high = self.middle
        return high - low <= STEADY * abs(self.ratio)

    @property
    def verdict(self) -> Verdict | None:
        """Result of the goal; undecided where the middle half crosses it, None without one."""
        if self.goal is None:
            return None
        sides = {self.goal.met_by(each) for each in self.middle}
        if len(sides) > 1:
            return "undecided"
        return "met" if sides == {True} else "missed"

    @property
    def met(self) -> bool | None:
        """True where the goal is met for certain; None without one."""
        return None if self.goal is None else self.verdict == "met"

    def summarized(self) -> dict[str, Any]:
        """Return the entry in `summary.json`."""
        return {
            "what": self.what,
            "unit": self.unit,
            "ours": _rounded(statistics.median(self.ours)),
            "anchor": _rounded(statistics.median(self.anchor)),
            "ratio": _rounded(self.ratio),
            "spread": [_rounded(min(self.ratios)), _rounded(max(self.ratios))],
            "middle": [_rounded(each) for each in self.middle],
            "steady": self.steady,
            "goal": str(self.goal) if self.goal else None,
            "verdict": self.verdict,
            "met": self.met,
            "rounds": {
                "ours": [_rounded(each) for each in self.ours],
                "anchor": [_rounded(each) for each in self.anchor],
            },
            **self.extra,
        }


async def alternate(
    name: str,
    what: str,
    unit: str,
    *,
    ours: Measure,
    anchor: Measure,
    rounds: int,
    goal: Goal | None = None,
    relation: Callable[[float, float], float] = lambda ours, anchor: ours / anchor,
) -> Figure:
    """Measure two sides alternately: A B, B A, A B, so that a drift of the machine affects both.

    A first round warms both sides up and does not count. Rounds are added until the figure is
    steady, up to three times as many; two rounds or fewer are a try-out and are not added to.

    Args:
        name: See `Figure`.
        what: See `Figure`.
        unit: See `Figure`.
        ours: Measures the system once.
        anchor: Measures the anchor once.
        rounds: Number of counted rounds, at least.
        goal: See `Figure`.
        relation: Ratio of the two within a round; their quotient by default.
    """
    pairs: list[tuple[float, float]] = []
    figure = Figure(name, what, unit, [], [], [], goal)
    while len(pairs) <= rounds or (rounds > 2 and _unsteady(figure, rounds)):
        pairs.append(await _round(ours, anchor, swapped=len(pairs) % 2 == 0))
        counted = pairs[1:]
        figure = Figure(
            name,
            what,
            unit,
            [each for each, _ in counted],
            [each for _, each in counted],
            [relation(*pair) for pair in counted],
            goal,
        )
    return figure


async def _round(ours: Measure, anchor: Measure, *, swapped: bool) -> tuple[float, float]:
    """Measure each side once, the anchor first where they are swapped."""
    taken = []
    for measure in (anchor, ours) if swapped else (ours, anchor):
        value = measure()
        taken.append(await value if inspect.isawaitable(value) else value)
    first, second = taken
    return (second, first) if swapped else (first, second)


def _unsteady(figure: Figure, rounds: int) -> bool:
    return not figure.steady and len(figure.ratios) < _MOST_TIMES * rounds


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
