"""Acts with each of their switches, where a list shows nothing yet.

An incident begins with a check that failed, an alarm with a value that is high: nothing creates
them by a call of its own, and what names them is out of reach until a list shows one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from crosstalk.core.history import Actor, Outcome
from crosstalk.core.object_kinds import noun_of, singular
from crosstalk.generator.examples.arrangement import Arrangement, changes, makers
from crosstalk.surface.capabilities import removes
from crosstalk.surface.operation import Operation, Parameter, Role

# Name of the survey's part, under which it is counted what was made.
NAME = "switches"
# Calls of one user, values of one switch, and lists that are read once more.
_MOST_CALLS, _MOST_VALUES, _LISTS = 12, 4, 3


def fill_empty_lists(
    users: Arrangement, actor: Actor, kinds: Collection[str] | None = None
) -> None:
    """Have a user act with every value of a switch, if any of their lists shows nothing yet.

    Args:
        users: Who act.
        actor: Whose lists they are.
        kinds: What the lists are of; of anything by default.
    """
    state = users.example.state
    empty = [
        each
        for each in _empty_lists(users)
        if kinds is None or singular(noun_of(each.name)) in kinds
    ]
    if not empty:
        return
    made = 0
    for operation, parameter, value in _switches(users):
        place = (NAME, actor.name, operation.name, parameter.name, str(value))
        if users.ended or made >= _MOST_CALLS:
            break
        if state.choices[place] or state.in_vain(operation) or not users.able(operation, actor):
            continue
        state.choices[place] += 1
        planned = users.own(operation, actor)
        said = _texts(users, operation, actor) | {parameter.name: value}
        users.example.execute(replace(planned, arguments={**planned.arguments, **said}))
        made += 1
    for each in empty[:_LISTS] if made else ():
        if not users.ended:
            call = users.example.execute(users.example.reading(each, actor))
            if call.answer.outcome is Outcome.OK and each.name in state.shown:
                state.situations["lists filled by a switch"] += 1


def _empty_lists(users: Arrangement) -> list[Operation]:
    """Return the lists that have shown no user anything so far."""
    shown = users.example.state.shown
    return [each for each in users.example.capabilities.own_lists if each.name not in shown]


def _switches(users: Arrangement) -> Iterator[tuple[Operation, Parameter, Any]]:
    """Yield the values of the switches of what acts on a user's own objects."""
    for operation in [*makers(users.example), *changes(users.example)]:
        if removes(operation):
            continue
        for parameter in operation.parameters:
            for value in _values(parameter):
                yield operation, parameter, value


def _values(parameter: Parameter) -> list[Any]:
    schema = parameter.schema
    if parameter.role is not Role.VALUE:
        return []
    if schema.get("type") == "boolean":
        return [True, False]
    listed = schema.get("enum")
    return list(listed[:_MOST_VALUES]) if isinstance(listed, list) else []


def _texts(users: Arrangement, operation: Operation, actor: Actor) -> dict[str, Any]:
    """Return words for what need not be said, by which what is listed is known."""
    return {
        each.name: users.drawer.own_value(operation, each, actor)
        for each in operation.parameters
        if each.role is Role.TEXT and not each.required
    }
