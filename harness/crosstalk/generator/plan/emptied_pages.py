"""Pages that are gone on to after what stood behind them was removed.

A cursor, or the number of a page, outlives the rows that it leads to: what is answered in the place
of nothing is made by code that is seldom run, from what is left over of another's list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crosstalk.core.history import Outcome, Probe
from crosstalk.core.object_kinds import thing_of
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.readings import last_cursor
from crosstalk.generator.values.texts import COMMON_WORD
from crosstalk.surface.capabilities import (
    observation_arguments,
    removes,
    required_references,
    smallest_page,
)
from crosstalk.surface.operation import Operation, Parameter, Role

# Rows that are stored before, one for the first page, and such as are removed behind it.
_STORED, _MOST_REMOVED = 2, 4


def whole_list(users: Arrangement, operation: Operation) -> dict[str, Any]:
    """Return the arguments by which the victim reads the whole of a list.

    Args:
        users: The victim, and another user.
        operation: The list.
    """
    example, victim = users.example, users.victim
    whole = observation_arguments(operation, example.history, victim)
    query = operation.parameter(Role.QUERY)
    if query is not None:
        whole[query.name] = COMMON_WORD
    needed = {each.name for each in operation.parameters if each.required}
    own = users.own(operation, victim).arguments
    return {**{name: value for name, value in own.items() if name in needed}, **whole}


def go_on_where_nothing_is_left(
    users: Arrangement, operation: Operation, creators: Sequence[Operation]
) -> None:
    """Have the victim read a page, remove what stands behind it, and go on; meanwhile the other
    user reads theirs to the second page.

    Args:
        users: The victim, and another user, both with some of the kind.
        operation: A list with cursors; of another nothing is done.
        creators: What stores one of each kind.
    """
    example, victim, cursor = users.example, users.victim, operation.parameter(Role.CURSOR)
    remover = _remover(users, operation)
    if cursor is None or remover is None:
        return
    for creator in creators:
        if thing_of(creator.name) == thing_of(operation.name):
            for _ in range(_STORED):
                users.use(creator, victim, observed(users), tries=1)
    small = {**whole_list(users, operation), **smallest_page(operation)}
    first = example.execute(PlannedCall(victim, operation.name, small, observed(users)))
    following = last_cursor(first.answer)
    if first.answer.outcome is not Outcome.OK or following is None:
        return
    _read_two_pages(users, operation, cursor)
    removing, reference = remover
    shown = set(first.texts)
    behind = [
        each
        for each in example.pool.references(victim.name, reference, removing.name, guess=False)
        if each not in shown
    ]
    for each in behind[-_MOST_REMOVED:]:
        arguments = {**users.own(removing, victim).arguments, reference.name: each}
        if not users.ended:
            example.execute(PlannedCall(victim, removing.name, arguments, observed(users)))
    if not users.ended:
        given = {**small, cursor.name: following}
        example.execute(PlannedCall(victim, operation.name, given, observed(users)))
        example.state.situations["pages emptied before they were read"] += bool(behind)


def _read_two_pages(users: Arrangement, operation: Operation, cursor: Parameter) -> None:
    """Have the other user read the first two pages of their own list."""
    example, other = users.example, users.attacker
    given = {
        **observation_arguments(operation, example.history, other),
        **smallest_page(operation),
    }
    given = {**users.own(operation, other).arguments, **given}
    given.pop(cursor.name, None)
    for _ in range(2):
        if users.ended:
            return
        varied = Probe("worlds", example.next_probe(), "varied", users.victim.name)
        answer = example.execute(PlannedCall(other, operation.name, given, varied)).answer
        following = last_cursor(answer)
        if following is None:
            return
        given = {**given, cursor.name: following}


def _remover(users: Arrangement, operation: Operation) -> tuple[Operation, Parameter] | None:
    """Return what removes one of what a list shows, and the argument that names it."""
    pool = users.example.pool
    for each in users.example.capabilities.mutates_by_id:
        named = required_references(each)
        if not removes(each) or len(named) != 1 or named[0].many:
            continue
        if operation.name in pool.sources(named[0], each.name):
            return each, named[0]
    return None


def observed(users: Arrangement) -> Probe:
    """Return the mark of a call whose answer must be the same where the other user is absent."""
    return Probe("worlds", users.example.next_probe(), "observed", users.victim.name)
