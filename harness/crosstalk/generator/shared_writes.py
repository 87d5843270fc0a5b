"""Changes of what was shared: by who may make them, who may only read, and who lost it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.core.object_kinds import deletes, kind_of_argument
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.choice import Draw
from crosstalk.generator.example_run import ExampleRun
from crosstalk.generator.offers import Offer, as_taken_by
from crosstalk.surface.capabilities import references
from crosstalk.surface.operation import Operation, Role

_WRITES = 2
# By who may only read, who has no right to any of them.
_WRITES_BY_READERS = 4
# Removals of the whole object, and of what names it.
_REMOVALS = 2
# Times that arguments are drawn until a text is among them.
_DRAWS = 6


def stores_inside(
    example: ExampleRun,
    draw: Draw,
    offer: Offer,
    actor: Actor,
    among: Sequence[Operation] | None = None,
) -> list[PlannedCall]:
    """Return a call that stores something in the object, if there is an operation that does.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What was offered.
        actor: Who stores.
        among: The operations to choose from; all by default.
    """
    shared = kind_of_argument(offer.rule.object, offer.call.operation)
    found = [
        each
        for each in example.capabilities.creators
        if (among is None or each in among)
        and any(kind_of_argument(one.name, each.name) == shared for one in references(each))
    ]
    if not found:
        return []
    what = "taken back in" if among is None else "taken back told in"
    operation = example.least_chosen_operation(draw, what, found)
    given = dict(example.plan_own(draw, operation, actor).arguments)
    for each in references(operation):
        if kind_of_argument(each.name, operation.name) == shared:
            given[each.name] = as_taken_by(each, offer.target)
    return [PlannedCall(actor, operation.name, given)]


def writes_by_person(
    example: ExampleRun,
    draw: Draw,
    offer: Offer,
    inside: Sequence[str],
    among: Sequence[Operation] | None = None,
    *,
    removals: bool = True,
    lost: bool = False,
) -> list[PlannedCall]:
    """Return changes by the person, some of whom may make them and some not.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What was offered.
        inside: Ids of what is stored in the object.
        among: The operations to choose from; all by default.
        removals: Whether who may only read tries to remove the object as well.
        lost: Whether the person has no right to it any more.
    """
    may = offer.rule.change and not lost
    planned = stores_inside(example, draw, offer, offer.person, among)
    for target in [*inside[-1:], offer.target]:
        changing = [
            each
            for each in example.mutating_operations_on(offer.owner, target)
            if not deletes(each.name)
            and not each.conversational
            and (among is None or each in among)
        ]
        chosen = _by_each_surface(
            example, draw, "taken back write", changing, _WRITES if may else _WRITES_BY_READERS
        )
        planned += [_on(example, draw, each, offer, target) for each in chosen]
    deleting = [
        each
        for target in inside[-1:]
        for each in example.mutating_operations_on(offer.owner, target)
        if deletes(each.name) and (among is None or each in among)
    ]
    # Where it is allowed, nothing is left to be read.
    if not may or draw(st.integers(0, 3)) == 3:
        chosen = _by_each_surface(example, draw, "taken back delete", deleting, 1 if may else 0)
        planned += [_on(example, draw, each, offer, inside[-1]) for each in chosen]
    if removals and not may:
        planned += _removals(example, draw, offer, among)
    return planned


def _by_each_surface(
    example: ExampleRun, draw: Draw, what: str, operations: Sequence[Operation], number: int
) -> list[Operation]:
    """Return that many of the operations, by every surface in turn; one a surface for 0.

    What one service still remembers shows by the surface that it serves alone.
    """
    surfaces = list(dict.fromkeys(each.surface for each in operations))
    return [
        example.least_chosen_operation(
            draw, what, [each for each in operations if each.surface == surface]
        )
        for place in range(min(number or len(surfaces), len(operations)))
        for surface in [surfaces[place % len(surfaces)]]
    ]


def _removals(
    example: ExampleRun, draw: Draw, offer: Offer, among: Sequence[Operation] | None
) -> list[PlannedCall]:
    """Return removals of the object itself, by who may not change it."""
    possible = [
        each
        for each in example.mutating_operations_on(offer.owner, offer.target)
        if deletes(each.name) and (among is None or each in among)
    ]
    what = "taken back remove" if among is None else "taken back told to remove"
    found: list[PlannedCall] = []
    while possible and len(found) < _REMOVALS:
        operation = example.least_chosen_operation(draw, what, possible)
        possible.remove(operation)
        found.append(_on(example, draw, operation, offer, offer.target))
    return found


def _on(
    example: ExampleRun, draw: Draw, operation: Operation, offer: Offer, target: str
) -> PlannedCall:
    """Return a call by the person on an object of the owner's.

    It says something new, and does not move the object: who may change it may not always move
    it, and a call that says nothing changes nothing.
    """
    texts = {each.name for each in operation.parameters if each.role is Role.TEXT}
    moving = {each.name for each in references(operation) if not each.required}
    for _ in range(_DRAWS):
        planned = example.plan(
            draw,
            operation,
            offer.person,
            sources=(offer.owner.name,),
            hostile=False,
            target=target,
        )
        if not texts or texts & set(planned.arguments):
            break
    kept = {
        name: value
        for name, value in planned.arguments.items()
        if name not in moving or value == target
    }
    return replace(planned, arguments=kept)


def with_a_key(
    example: ExampleRun, draw: Draw, planned: Sequence[PlannedCall]
) -> list[PlannedCall]:
    """Return the calls, the first that can have an idempotency key with a new one.

    What is repeated under its key may be answered with what it was answered first.
    """
    found = list(planned)
    for place, each in enumerate(found):
        if key := example.key_of(each):
            given = {**each.arguments, key: str(draw(st.uuids(version=4)))}
            found[place] = replace(each, arguments=given)
            break
    return found


def keyed_first(example: ExampleRun, planned: Sequence[PlannedCall]) -> list[PlannedCall]:
    """Return the calls that were made under a key, and then the others."""
    return sorted(planned, key=lambda each: example.key_of(each) not in each.arguments)
