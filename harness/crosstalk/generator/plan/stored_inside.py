"""Calls by which a victim stores something inside an object in the first look, to be shown later.

Most is one call. Where the object is refused by one of its names it is named by another, and what
says yes or no is said both ways: a check that fails opens an incident, one that passes opens none.
"""

from __future__ import annotations

from crosstalk.core.history import Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation


def store_inside(users: Arrangement, operation: Operation, acting: Probe) -> None:
    """Have the victim store something inside an own object.

    Args:
        users: Who act.
        operation: Stores it; it names one object.
        acting: What the call is part of.
    """
    before = _named(users, operation)
    call = users.use(operation, users.victim, acting, tries=1)
    if call is None and _named(users, operation) not in ([], before):
        # The refusal has taught that it takes a name where an id was given.
        call = users.use(operation, users.victim, acting, tries=1)
    if call is None or users.ended:
        return
    other = {
        each.name: not call.arguments[each.name]
        for each in operation.parameters
        if each.required and isinstance(call.arguments.get(each.name), bool)
    }
    if other:
        said = {**users.own(operation, users.victim).arguments, **other}
        users.example.execute(PlannedCall(users.victim, operation.name, said, acting))


def _named(users: Arrangement, operation: Operation) -> list[str]:
    """Return the victim's objects as the operation would name them."""
    (named,) = required_references(operation)
    return users.example.pool.references(users.victim.name, named, operation.name, guess=False)
