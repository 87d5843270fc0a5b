"""A figure: what is measured, against what, in turns, with medians and spread."""

from __future__ import annotations

import inspect
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

# Measures one side once: so many a second, or so many milliseconds.
Side: TypeAlias = Callable[[], Awaitable[float]] | Callable[[], float]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a ratio should be: at least or at most so much."""

    at: Literal["least", "most"]
    value: float

    def met_by(self, ratio: float) -> bool:
        """Whether a ratio is as it should be."""
        return ratio >= self.value if self.at == "least" else ratio <= self.value

    def __str__(self) -> str:
        """As in a table."""
        return f"{'≥' if self.at == 'least' else '≤'} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One comparison.

    Attributes:
        name: Short, stable: the key in `summary.json`.
        what: What is compared, in a sentence.
        unit: Of both sides.
        ours: Each round's measurement of ours.
        anchor: Each round's measurement of what ours is compared with.
        ratios: Ours against the anchor, a round.
        goal: What the ratio should be; None where it is for comparison only.
        also: More that was measured on the way.
    """

    name: str
    what: str
    unit: str
    ours: Sequence[float]
    anchor: Sequence[float]
    ratios: Sequence[float]
    goal: Goal | None = None
    also: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.ratios)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        return None if self.goal is None else self.goal.met_by(self.ratio)

    def summarized(self) -> dict[str, Any]:
        """As in `summary.json`."""
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
            **self.also,
        }


async def in_turns(
    name: str,
    what: str,
    unit: str,
    *,
    ours: Side,
    anchor: Side,
    rounds: int,
    goal: Goal | None = None,
    relation: Callable[[float, float], float] = lambda ours, anchor: ours / anchor,
) -> Figure:
    """Measure two sides in turns: A B, B A, A B, so that a drift of the machine falls on both.

    A first round warms both sides up and does not count.

    Args:
        name: See `Figure`.
        what: See `Figure`.
        unit: See `Figure`.
        ours: Measures ours once.
        anchor: Measures what it is compared with once.
        rounds: How many count.
        goal: See `Figure`.
        relation: Of ours to the anchor within a round; their quotient by default.
    """
    taken: dict[str, list[float]] = {"ours": [], "anchor": []}
    sides: list[tuple[str, Side]] = [("ours", ours), ("anchor", anchor)]
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
