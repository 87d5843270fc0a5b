"""Crossings in a described system's database, put together: one for each way of a table."""

from __future__ import annotations

from dataclasses import dataclass

from crosstalk.phases.layers.database import Examined

_WRITES = ("write", "delete", "change", "insert for", "move", "take")


@dataclass(frozen=True, slots=True)
class Crossing:
    """One way in which rows of a table cross.

    Attributes:
        where: The table, view or function.
        attempt: The attempt that shows it, as `Examined` names it.
        crossed: What crossed, in words.
        remark: Other attempts that show it, and what the catalog says, in words.
    """

    where: str
    attempt: str
    crossed: str
    remark: str


def crossings_of(found: Examined) -> list[Crossing]:
    """Return what crossed: reads, changes, and each side channel of a table are one each."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for attempt in found.crossed:
        name, _, where = attempt.partition(", ")
        grouped.setdefault((where, _way(name)), []).append(attempt)
    crossings = []
    for (where, _), attempts in grouped.items():
        first, *others = attempts
        also = ", ".join(each.partition(", ")[0] for each in others)
        remarks = [f"also: {also}"] if also else []
        remarks += [why] if (why := found.why.get(where)) else []
        remark = f" ({'; '.join(remarks)})" if remarks else ""
        crossings.append(Crossing(where, first, found.crossed[first], remark))
    return crossings


def _way(attempt: str) -> str:
    if attempt.startswith("read"):
        return "read"
    return "change" if attempt.startswith(_WRITES) else attempt
