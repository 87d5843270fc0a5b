"""Storing where another user has just removed the newest: what stood inside it may be left.

A database gives the number of the last row away again, and what was kept by that number, in a table
or a cache, is the next owner's.
"""

from __future__ import annotations

from crosstalk.core.history import Outcome
from crosstalk.generator.examples.arrangement import Arrangement, makers
from crosstalk.generator.examples.readings import detail, details_of
from crosstalk.generator.plan.sweeping.context import PassContext
from crosstalk.generator.shares.sharing_served import by_sharing_alone
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation, Parameter

# Under which it is counted that a removal was followed by another user's storing.
_INHERITED = "inherited"
# Kinds of objects that are removed, what is stored inside one, and readings of the next one.
_MOST_REMOVED, _MOST_INSIDE, _MOST_READ = 2, 2, 4


def inherit(context: PassContext) -> None:
    """Have the victim store and remove something, and the attacker store the next and read it."""
    if context.hurried:
        return
    for operation in _removing(context)[:_MOST_REMOVED]:
        if context.ended:
            return
        context.example.state.choices[_INHERITED, operation.name] += 1
        _remove_the_newest(context, operation)


def _removing(context: PassContext) -> list[Operation]:
    """Return what removes one object that an operation without references stores."""
    example = context.example
    return [
        each
        for each in context.capabilities.mutates_by_id
        if each.surface in context.surfaces
        and removes(each)
        and len(named := required_references(each)) == 1
        and not (named[0].many or by_sharing_alone(example, each))
        and not example.state.choices[_INHERITED, each.name]
        and any(_is_filled(context, one) for one in _creators(context, each, named[0]))
    ]


def _creators(context: PassContext, operation: Operation, reference: Parameter) -> list[Operation]:
    sources = context.example.pool.sources(reference, operation.name)
    return [each for each in context.creators() if each.name in sources]


def _is_filled(context: PassContext, creator: Operation) -> bool:
    """Return whether anything can be stored inside what an operation stores."""
    pool = context.example.pool
    return any(
        creator.name in pool.sources(each, maker.name)
        for maker in makers(context.example)
        for each in required_references(maker)
    )


def _remove_the_newest(context: PassContext, operation: Operation) -> None:
    victim, attacker = context.victim, context.kept_from(operation)
    users = Arrangement(context.example, context.random, victim, attacker)
    (reference,) = required_references(operation)
    creator = _creators(context, operation, reference)[0]
    if not context.use(creator, victim):
        return
    newest = context.newest(operation, reference)
    if newest is None or not _store_inside(users, newest):
        return
    if context.use(operation, victim, reference, newest, tries=1) and not users.ended:
        stored = context.example.execute(users.own(creator, attacker))
        if stored.answer.outcome is Outcome.OK:
            _read_the_next(users, operation, reference)


def _store_inside(users: Arrangement, newest: str) -> bool:
    """Have the victim store what stands inside an object; return whether anything does."""
    stored = 0
    for maker in makers(users.example):
        if stored < _MOST_INSIDE and not users.ended and _takes(users, maker, newest):
            stored += users.use(maker, users.victim, tries=1) is not None
    return stored > 0


def _read_the_next(users: Arrangement, operation: Operation, reference: Parameter) -> None:
    """Have the attacker read what stands inside the object that was stored last."""
    example, attacker = users.example, users.attacker
    known = example.pool.references(attacker.name, reference, operation.name, guess=False)
    found = details_of(example, attacker, known[-1]) if known else []
    asked = [detail(example, each, attacker, known[-1]) for each in found]
    if not users.ended:
        example.execute_all(asked[:_MOST_READ])
        example.judge_soon(after=1)


def _takes(users: Arrangement, maker: Operation, newest: str) -> bool:
    pool, victim = users.example.pool, users.victim
    return any(
        newest in pool.references(victim.name, each, maker.name, guess=False)
        for each in required_references(maker)
    )
