"""The victim's cursors, presented by the attacker: a cursor may say whose list goes on.

The survey stores for a second page what it takes; a list that has gone on by itself shows in one
call whether its cursor is believed, whoever sends it.
"""

from __future__ import annotations

from collections.abc import Iterator

from crosstalk.core.history import Outcome, Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.readings import cursors_in
from crosstalk.generator.plan.sweeping.context import PassContext
from crosstalk.surface.capabilities import observation_arguments, required_references
from crosstalk.surface.operation import Operation, Role

# Under which it is counted that the cursor of a list was presented.
_GONE_ON = "gone on"


def next_pages(context: PassContext, acting: Probe) -> Iterator[PlannedCall]:
    """Yield the attacker's calls that go on where lists of the victim's do, one of each list.

    Args:
        context: Who acts.
        acting: What the calls are part of.
    """
    example, attacker = context.example, context.attacker
    for operation in context.capabilities.protected:
        cursor = operation.parameter(Role.CURSOR)
        plain = operation.reads_only and not (operation.descriptive or operation.pushes)
        if cursor is None or not plain or required_references(operation):
            continue
        given = _given_to_the_victim(context, operation)
        if given is None or example.state.choices[_GONE_ON, operation.name]:
            continue
        example.state.choices[_GONE_ON, operation.name] += 1
        asked = observation_arguments(operation, example.history, attacker)
        yield PlannedCall(attacker, operation.name, {**asked, cursor.name: given}, acting)


def _given_to_the_victim(context: PassContext, operation: Operation) -> str | None:
    """Return the newest cursor by which a list of the victim's goes on; None where it ends.

    The number of a row, or of a page, says nothing of whose it is.
    """
    for call in reversed(context.example.history.calls):
        if call.operation != operation.name or call.actor != context.victim:
            continue
        if call.answer.outcome is Outcome.OK:
            found = [each for each in cursors_in(call.answer) if not each.isdecimal()]
            return found[-1] if found else None
    return None
