"""Days, weeks, months and years as arguments: those at which something is likely to be stored.

What is stored with a date, and then asked for by a month or a day, is found only where both are the
same; so are the windows of a search. The first date of any schema is in January 2030.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from crosstalk.core.identifiers import last_name
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.patterns import admits
from crosstalk.surface.schemas import says_when

_EARLY = re.compile(r"^(?:from|since|start|begin|after|min|earliest)(?:_|$)|^(?:date_?from|start)")
_LATE = re.compile(r"^(?:to|until|till|end|before|max|latest|upto)(?:_|$)|^(?:date_?to|end)")
_DATED = frozenset({"date", "date-time"})
_TEXTS: Mapping[str, tuple[str, str]] = {
    "year": ("2030", "%Y"),
    "season": ("2030", "%Y"),
    "month": ("2030-01", "%Y-%m"),
    "week": ("2030-W01", "%G-W%V"),
    "quarter": ("2030-Q1", "%Y-Q1"),
    "date": ("2030-01-01", "%Y-%m-%d"),
    "day": ("2030-01-01", "%Y-%m-%d"),
}
_NUMBERS: Mapping[str, tuple[int, str]] = {
    "year": (2030, "%Y"),
    "season": (2030, "%Y"),
    "month": (1, "%m"),
    "week": (1, "%V"),
    "day": (1, "%d"),
    "quarter": (1, ""),
}


def likely_moments(parameter: Parameter) -> list[Any]:
    """Return the values of an argument that names a day, week, month or year; else none.

    That of the first date of any schema comes first and oftenest, as all are stored with it; then
    that of today, which a system gives by itself.
    """
    schema = parameter.schema
    # `true` and `false` are schemas too.
    said = isinstance(schema, Mapping) and not {"enum", "const"} & set(schema)
    if not said or parameter.role is not Role.VALUE:
        return []
    word = says_when(last_name(parameter.name))
    now = datetime.now(UTC)
    kind = schema.get("type", "string")
    if kind == "string" and word in _TEXTS and schema.get("format", "date") == "date":
        first, form = _TEXTS[word]
        found: list[Any] = [first, first, now.strftime(form)]
        return [each for each in found if admits(schema, each)]
    if kind in ("integer", "number") and word in _NUMBERS:
        number, form = _NUMBERS[word]
        numbers = [number, number, int(now.strftime(form)) if form else number]
        return [each for each in numbers if _within(schema, each)]
    return []


def mostly_first(parameter: Parameter, values: Sequence[Any]) -> Sequence[Any]:
    """Return the values of a date with the first of them oftener: what is stored for a day and what
    is asked of a day meet only where both are the same.
    """
    said = isinstance(parameter.schema, Mapping) and parameter.schema.get("format") in _DATED
    return [*[values[0]] * (len(values) - 1), *values] if said else values


def window_edge(operation: Operation, parameter: Parameter, values: Sequence[Any]) -> Any:
    """Return the first date of all for the beginning of a reading's window, the last for its end.

    None where the argument is neither.
    """
    said = isinstance(parameter.schema, Mapping) and parameter.schema.get("format") in _DATED
    if not operation.reads_only or not said:
        return None
    name = last_name(parameter.name).lower()
    if _EARLY.search(name):
        return min(values, key=str)
    return max(values, key=str) if _LATE.search(name) else None


def _within(schema: Mapping[str, Any], number: int) -> bool:
    low, high = schema.get("minimum"), schema.get("maximum")
    return (not isinstance(low, int | float) or number >= low) and (
        not isinstance(high, int | float) or number <= high
    )
