"""Numbers of other users' acts that are larger in each replay than in any before.

Where rows stay, a best of all is beaten once: the replay after it finds the number that the example
has left. A larger one each time beats it in one replay as in the next.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from crosstalk.core.history import History
from crosstalk.core.script import Script, Step
from crosstalk.execution.repeated_acts import stores
from crosstalk.oracles.base import Suspicion
from crosstalk.surface.operation import Operation, Role

_RISING = re.compile(r"\$\{above (\S+) up to (\S+) since (\d+)\}")


def with_rising_numbers(
    script: Script,
    suspicion: Suspicion,
    operations: Mapping[str, Operation],
    history: History,
    since: int,
) -> Script | None:
    """Return a script in which others give a larger number in each replay; None where no number
    that they gave is one that the reader was shown after it, and not before.

    Args:
        script: Whole: its steps are the calls of the history, in order.
        suspicion: Of that history, by two readings of one user.
        operations: Operation name to operation.
        history: In which it was suspected.
        since: Calls that were made by now.
    """
    first, last = suspicion.calls[0], suspicion.calls[-1]
    shown = {*_numbers(history.calls[last - 1].answer.body)}
    new = shown - {*_numbers(history.calls[first - 1].answer.body)}
    reader = script.steps[last - 1].actor.user
    steps = [
        _risen(step, operations[step.operation], new, since)
        if first < place < last
        and step.actor.user not in (None, reader)
        and step.operation in operations
        and stores(operations[step.operation])
        else step
        for place, step in enumerate(script.steps, 1)
    ]
    return Script(tuple(steps)) if tuple(steps) != script.steps else None


def risen(value: Any, calls: int) -> Any:
    """Return the number of one replay for what stands for a rising one; any other value as it is.

    Args:
        value: An argument of a script.
        calls: Calls that were made by now: with each it rises.
    """
    found = _RISING.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    low, high, since = found.groups()
    number = min(float(high), float(low) + max(1, calls - int(since)))
    return int(number) if "." not in low else number


def _risen(step: Step, operation: Operation, new: set[float], since: int) -> Step:
    """Return a step with rising numbers in the place of those that were shown after it."""
    said = dict(step.arguments)
    for each in operation.parameters:
        value, high = said.get(each.name), each.schema.get("maximum", math.inf)
        plain = each.role is Role.VALUE and type(value) in (int, float)
        if plain and "enum" not in each.schema and value in new and value < high:
            said[each.name] = f"${{above {value} up to {high} since {since}}}"
    return replace(step, arguments=said) if said != step.arguments else step


def _numbers(body: Any) -> Iterator[float]:
    """Yield every number in an answer."""
    if isinstance(body, Mapping | list):
        for each in body.values() if isinstance(body, Mapping) else body:
            yield from _numbers(each)
    elif isinstance(body, int | float) and not isinstance(body, bool):
        yield body
