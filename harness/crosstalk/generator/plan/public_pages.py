"""Visits of public pages that show one user's object: what counts them shows it to its owner alone.

Whoever knows a short link may follow it. How often it was followed, and from where, is its owner's
own: statistics stay at zero, and tell nothing, where no public page was ever opened.
"""

from __future__ import annotations

from dataclasses import replace

from crosstalk.core.history import Actor, Probe
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Role


def visit(users: Arrangement, actor: Actor, probe: Probe | None = None) -> None:
    """Have a user open each public page of an own object, and say where they come from.

    Args:
        users: Who act.
        actor: Whose object is opened, and who opens it.
        probe: What the call is part of.
    """
    for operation in _pages(users):
        if users.ended:
            return
        if not users.able(operation, actor, listed=False):
            continue
        planned = users.own(operation, actor, probe)
        said = {
            each.name: users.drawer.own_value(operation, each, actor)
            for each in operation.parameters
            if each.role is Role.TEXT and not planned.arguments.get(each.name)
        }
        users.example.execute(replace(planned, arguments={**planned.arguments, **said}))


def _pages(users: Arrangement) -> list[Operation]:
    return [
        each
        for each in users.example.state.executor.operations.values()
        if each.public
        and each.reads_only
        and not (each.pushes or each.conversational or each.descriptive)
        and len(required_references(each)) == 1
    ]
