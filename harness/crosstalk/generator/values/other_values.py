"""Other values for the arguments of a call that was served: larger numbers, another of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crosstalk.surface.operation import Operation, Parameter, Role

# A number so many times as large as a user's is larger than all of that user's numbers together.
_FACTOR = 100


def larger_values(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with large numbers in place of numbers.

    Args:
        operation: That takes them.
        arguments: Of a call that was served.
    """
    found = dict(arguments)
    # What need not be given has a usual value, beside which a larger one counts as well.
    usual = {
        each.name: each.schema.get("default")
        for each in operation.parameters
        if each.name not in arguments and not each.required
    }
    for each, value in _values(operation, {**usual, **arguments}):
        if isinstance(value, int | float) and not _listed(each):
            most = each.schema.get("maximum", _FACTOR * abs(value) + 1)
            found[each.name] = type(value)(most)
    return found


def other_values(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with another of the values that are listed, and switches turned over.

    Args:
        operation: That takes them.
        arguments: Of a call that was served.
    """
    found = dict(arguments)
    for each in operation.parameters:
        switched = arguments.get(each.name, None if each.required else each.schema.get("default"))
        if each.role is Role.VALUE and isinstance(switched, bool):
            # What the reader has turned on is turned off.
            found[each.name] = not switched
    for each, value in _values(operation, arguments):
        if listed := _listed(each):
            found[each.name] = listed[0] if value == listed[-1] else listed[-1]
    return found


def _values(operation: Operation, arguments: Mapping[str, Any]) -> Iterator[tuple[Parameter, Any]]:
    for each in operation.parameters:
        value = arguments.get(each.name)
        if each.role is Role.VALUE and value is not None and not isinstance(value, bool):
            yield each, value


def _listed(parameter: Parameter) -> list[Any]:
    return [each for each in parameter.schema.get("enum", ()) if each is not None]
