"""Acts of other users between two readings: one alone, with other values before, several times.

Where rows stay, a replay finds what the example and earlier replays have left: a place in a row, a
share or a mean comes to rest at a value that one more act of its kind does not move.
Several do. What was set stays set: a replay sets it to something else first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, TypeGuard
from uuid import UUID, uuid5

from crosstalk.core.history import History, Outcome
from crosstalk.core.identifiers import is_uuid, map_strings, remarked
from crosstalk.core.script import Script, Step, renumbered
from crosstalk.execution.likely import arranging, makers_of_names, said_before
from crosstalk.oracles.base import Suspicion
from crosstalk.surface.capabilities import removes
from crosstalk.surface.operation import Operation, Role

# Times that it is done besides, and the most steps that are.
_TIMES = 3
# Markers are numbered one after the other: far apart, none becomes its neighbour.
_APART = 2**28
_MOST_ACTS = 15
# Acts that are made alone, and the calls of such a part with all that its reader has said.
_MOST_ALONE, _MOST_OF_A_PART = 6, 25


def with_acts_repeated(
    script: Script, suspicion: Suspicion, operations: Mapping[str, Operation]
) -> Script | None:
    """Return a script in which others store several times what they stored, and set something else
    before the first reading; None where they stored nothing.

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
        and stores(operations[step.operation])
    ][-_MOST_ACTS:]
    if not acts:
        return None
    free = max(script.numbers()) + 1
    numbers = [each.number for each in acts]
    again: list[Step] = []
    for time in range(1, _TIMES + 1):
        new = {number: free + place for place, number in enumerate(numbers)}
        free += len(new)
        again += [_again(step, new, time) for step in acts]
    earlier = {step.number for step in script.steps[: first - 1]}
    ahead = [
        replace(step, number=free + place, arguments=other, together=0, probe=None)
        for place, step in enumerate(acts)
        if step.references() <= earlier
        and (other := _other_values(step.arguments, operations[step.operation])) != step.arguments
    ]
    steps = script.steps
    return Script(
        (*steps[: first - 1], *ahead, *steps[first - 1 : last - 1], *again, *steps[last - 1 :])
    )


def with_one_act(
    history: History, suspicion: Suspicion, script: Script, operations: Mapping[str, Operation]
) -> list[Script]:
    """Return parts of a script with one of the acts between two readings each, the likely ones
    first; none where no readings are compared.

    Args:
        history: In which it was suspected.
        suspicion: Of that history.
        script: Of that history, or of what of it is left.
        operations: Operation name to operation.
    """
    if suspicion.oracle != "ownership":
        return []
    steps = {step.number: step for step in script.steps}
    reader = history.calls[suspicion.calls[-1] - 1].actor.user
    compared = {
        each for each in suspicion.calls if history.calls[each - 1].actor.user == reader
    } | set(suspicion.besides)
    left = [each for each in suspicion.calls if each in steps and each not in compared]

    def likely_last(number: int) -> tuple[bool, bool, int]:
        call = history.calls[number - 1]
        served = call.answer.outcome is Outcome.OK
        return call.operation == suspicion.operation, served, number

    acts: dict[str, Step] = {}
    for number in sorted(left, key=likely_last, reverse=True):
        acts.setdefault(steps[number].operation, steps[number])
    said = said_before(history, suspicion, script)
    parts = []
    for act in [*acts.values()][:_MOST_ALONE]:
        # What was shared, and in which roles, decides what an act may do.
        arranged = arranging(history, script, {reader, act.actor.user}, before=act.number)
        for besides in (said, set[int]()):
            needed = {*compared, act.number, *besides, *arranged}
            named = makers_of_names(history, script, needed & steps.keys())
            part = script.only(script.needed_for(needed | named))
            if part is not None and len(part.steps) <= min(_MOST_OF_A_PART, len(script.steps) - 1):
                parts.append(_set_before(part, act, suspicion.calls[0], operations))
                break
    return parts


def _set_before(part: Script, act: Step, first: int, operations: Mapping[str, Operation]) -> Script:
    """Return a part in which an act sets something else before the first reading, if it can."""
    earlier = {step.number for step in part.steps if step.number < first}
    if act.operation not in operations or not stores(operations[act.operation]):
        return part
    other = _other_values(act.arguments, operations[act.operation])
    if other == act.arguments or not act.references() <= earlier:
        return part
    ahead = replace(act, number=max(part.numbers()) + 1, arguments=other, together=0, probe=None)
    place = part.numbers().index(first)
    return Script((*part.steps[:place], ahead, *part.steps[place:]))


def without_acts(
    script: Script, suspicion: Suspicion, operations: Collection[str]
) -> Script | None:
    """Return a script without some acts of others between two readings; None if nothing is left.

    Args:
        script: Whole: its steps are the calls of the history that was judged, in order.
        suspicion: Of that history, by two readings of one user.
        operations: Those of the acts.
    """
    first, last = suspicion.calls[0], suspicion.calls[-1]
    reader = script.steps[last - 1].actor.user
    return script.without(
        *(
            step.number
            for step in script.steps[first : last - 1]
            if step.actor.user != reader and step.operation in operations
        )
    )


def _again(step: Step, numbers: Mapping[int, int], time: int) -> Step:
    """Return a step under its new number, about what was stored this time."""
    arguments = renumbered(step.arguments, lambda number: numbers.get(number, number))
    new = numbers[step.number]
    return replace(step, number=new, arguments=_others(arguments, time), together=0)


def stores(operation: Operation) -> bool:
    """Return whether a call of an operation may be made several times, and stores something."""
    return not (operation.reads_only or operation.conversational or removes(operation))


def _other_values(arguments: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
    """Return arguments with another number, or another of the values that are listed."""
    found = dict(arguments)
    for each in operation.parameters:
        value, schema = arguments.get(each.name), each.schema
        if each.role is not Role.VALUE or value is None:
            continue
        values = schema.get("enum")
        listed = [one for one in values if one not in (None, value)] if _is_list(values) else []
        if listed:
            found[each.name] = listed[0]
        elif isinstance(value, bool):
            found[each.name] = not value
        elif isinstance(value, int | float):
            most = schema.get("maximum")
            full = isinstance(most, int | float) and value + 1 > most
            found[each.name] = value - 1 if full else value + 1
    return found


def _is_list(values: object) -> TypeGuard[list[Any]]:
    """Return whether these are several: schemas of strangers may hold anything."""
    return isinstance(values, list)


def _others(arguments: Mapping[str, Any], time: int) -> dict[str, Any]:
    """Return arguments with other words of the same users, and other ids that clients chose."""

    def other(text: str) -> str:
        return str(uuid5(UUID(int=time), text)) if is_uuid(text) else remarked(text, time * _APART)

    found: dict[str, Any] = map_strings(arguments, other)
    return found
