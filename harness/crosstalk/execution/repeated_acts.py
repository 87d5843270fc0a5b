"""What other users did between two readings, done several times.

Where rows stay, a replay finds what the example and earlier replays have left: a place in a row, a
share or a mean comes to rest at a value that one more act of the same kind does not move. Several do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from crosstalk.core.identifiers import is_uuid, map_strings, remarked
from crosstalk.core.script import Script, Step, renumbered
from crosstalk.oracles.base import Suspicion
from crosstalk.surface.capabilities import removes
from crosstalk.surface.operation import Operation

# Times that it is done besides, and the most steps that are.
_TIMES = 3
# Markers are numbered one after the other: far apart, none becomes its neighbour.
_APART = 2**28
_MOST_ACTS = 15


def with_acts_repeated(
    script: Script, suspicion: Suspicion, operations: Mapping[str, Operation]
) -> Script | None:
    """Return a script in which others store several times what they stored; None where none did.

    Args:
        script: Whole: its steps are the calls of the history that was judged, in order.
        suspicion: Of that history, by two readings of one user.
        operations: Operation name to operation.
    """
    first, last = suspicion.calls[0], suspicion.calls[-1]
    reader = script.steps[last - 1].actor.user
    acts = [
        step
        for step in script.steps[first : last - 1]
        if step.actor.user not in (None, reader)
        and step.actor.claims == step.actor.user
        and step.operation in operations
        and _stores(operations[step.operation])
    ][-_MOST_ACTS:]
    if not acts:
        return None
    free = max(script.numbers()) + 1
    numbers = [each.number for each in acts]
    again: list[Step] = []
    for time in range(1, _TIMES + 1):
        new = {number: free + place for place, number in enumerate(numbers)}
        free += len(new)
        again += [
            replace(
                step,
                number=new[step.number],
                arguments=_others(renumbered(step.arguments, lambda n: new.get(n, n)), time),
                together=0,
            )
            for step in acts
        ]
    return Script((*script.steps[: last - 1], *again, *script.steps[last - 1 :]))


def _stores(operation: Operation) -> bool:
    return not (operation.reads_only or operation.conversational or removes(operation))


def _others(arguments: Mapping[str, Any], time: int) -> dict[str, Any]:
    """Return arguments with other words of the same users, and other ids that clients chose."""

    def other(text: str) -> str:
        return str(uuid5(UUID(int=time), text)) if is_uuid(text) else remarked(text, time * _APART)

    found: dict[str, Any] = map_strings(arguments, other)
    return found
