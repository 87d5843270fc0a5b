"""Figures: alternating measurements of two sides, with median and spread of their ratio."""

from __future__ import annotations

import inspect
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

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
    def met(self) -> bool | None:
        """Result of the goal; None without one."""
        return None if self.goal is None else self.goal.met_by(self.ratio)

    def summarized(self) -> dict[str, Any]:
        """Return the entry in `summary.json`."""
        return {
            "what": self.what,
            "unit": self.unit,
            "ours": _rounded(statistics.median(self.ours)),
            "anchor": _rounded(statistics.median(self.anchor)),
            "ratio": _rounded(self.ratio),
            "spread": [_rounded(min(self.ratios)), _rounded(max(self.ratios))],
            "goal": str(self.goal) if self.goal else None,
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

    A first round warms both sides up and does not count.

    Args:
        name: See `Figure`.
        what: See `Figure`.
        unit: See `Figure`.
        ours: Measures the system once.
        anchor: Measures the anchor once.
        rounds: Number of counted rounds.
        goal: See `Figure`.
        relation: Ratio of the two within a round; their quotient by default.
    """
    taken: dict[str, list[float]] = {"ours": [], "anchor": []}
    sides: list[tuple[str, Measure]] = [("ours", ours), ("anchor", anchor)]
    for number in range(rounds + 1):
        for side, measure in sides if number % 2 else reversed(sides):
            value = measure()
            taken[side].append(await value if inspect.isawaitable(value) else value)
    pairs = list(zip(taken["ours"][1:], taken["anchor"][1:], strict=True))
    return Figure(
        name,
        what,
        unit,
        [each for each, _ in pairs],
        [each for _, each in pairs],
        [relation(*pair) for pair in pairs],
        goal,
    )


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
