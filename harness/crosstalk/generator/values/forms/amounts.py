"""Amounts that are stored with an object and taken from it: grams, seats, hours.

More than there is, is refused whoever asks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from crosstalk.core.identifiers import last_name
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.opposites import is_step

_NUMERIC = frozenset({"integer", "number"})


def amounts_among(operations: Iterable[Operation]) -> frozenset[str]:
    """Return the names of the numbers that one operation stores and a later step takes."""
    stored: set[str] = set()
    taken: set[str] = set()
    for operation in operations:
        numbers = {last_name(each.name) for each in operation.parameters if _is_number(each)}
        if takes_amounts(operation):
            taken |= numbers
        elif not operation.reads_only and not required_references(operation):
            stored |= numbers
    return frozenset(stored & taken)


def takes_amounts(operation: Operation) -> bool:
    """Return whether an operation may take an amount from an object that it names."""
    return is_step(operation) and bool(required_references(operation))


def given_amounts(operation: Operation, names: Collection[str]) -> set[str]:
    """Return the arguments that say how much is stored or taken, by their whole names.

    Args:
        operation: That stores or takes it.
        names: Of the numbers that are stored and taken.
    """
    if operation.reads_only:
        return set()
    return {each.name for each in operation.parameters if last_name(each.name) in names}


def sensible(operation: Operation, values: Sequence[Any]) -> list[Any]:
    """Return the least of what is taken, and the most of what is stored.

    Args:
        operation: That takes or stores it.
        values: Of the schema; those that are no positive numbers are left out.
    """
    numbers = [each for each in values if isinstance(each, int | float) and each > 0]
    choose = min if takes_amounts(operation) else max
    return [choose(numbers)] if numbers else list(values)


def _is_number(parameter: Parameter) -> bool:
    return parameter.role is Role.VALUE and parameter.schema.get("type") in _NUMERIC
