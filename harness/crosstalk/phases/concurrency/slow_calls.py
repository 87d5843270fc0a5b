"""Readings that take long: while one waits, others are answered, and may be mixed up with it.

What is answered at once leaves no time in which it could be. Where calls are few, those that have
taken longest so far are the ones to be made at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

from crosstalk.core.history import History, Outcome
from crosstalk.surface.operation import Operation

# Seconds that no reading takes which waits for nothing, and how many times as long as others take.
_SHORTEST, _TIMES = 0.008, 2.5
_MOST = 2


def slow_readings(
    examples: Sequence[History], operations: Mapping[str, Operation]
) -> list[Operation]:
    """Return the readings that took much longer than others, the slowest first.

    Args:
        examples: What was called so far.
        operations: Operation name to operation.
    """
    taken: defaultdict[str, list[float]] = defaultdict(list)
    for history in examples:
        for call in history:
            if call.actor.user is not None and call.answer.outcome is Outcome.OK:
                taken[call.operation].append(call.ended - call.started)
    usual = {name: median(seconds) for name, seconds in taken.items()}
    if not usual:
        return []
    least = max(_SHORTEST, _TIMES * median(usual.values()))
    slow = [
        operation
        for name, operation in operations.items()
        if usual.get(name, 0.0) >= least and _reads(operation)
    ]
    return sorted(slow, key=lambda each: -usual[each.name])[:_MOST]


def _reads(operation: Operation) -> bool:
    plain = operation.reads_only and not (operation.public or operation.pushes)
    return plain and not (operation.conversational or operation.descriptive)
