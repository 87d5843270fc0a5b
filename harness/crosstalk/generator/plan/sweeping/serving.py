"""Service of the victim: with what was reached for, and after each of their own changes."""

from __future__ import annotations

import re

from crosstalk.generator.plan.sweeping.attacking import (
    attack_between_changes,
    attack_what_was_changed,
)
from crosstalk.generator.plan.sweeping.context import TRIES, PassContext
from crosstalk.generator.shares.sharing_served import by_sharing_alone
from crosstalk.surface.capabilities import (
    first_word,
    is_comparable,
    references,
    removes,
    required_references,
)
from crosstalk.surface.operation import Operation, Parameter
from crosstalk.surface.opposites import is_step

# Changes after which refused calls are tried again, and the most such calls.
_CHANGES = 6
_MOST_REFUSED = 5


def serve_the_owner(context: PassContext) -> None:
    """Have the victim make the same calls, and those that were never served."""
    named = {operation.name: (parameter, theirs) for operation, parameter, theirs in context.asked}
    refused = []
    changed: set[str] = set()
    for operation in sorted(context.wanted(), key=_harm):
        if context.ended:
            return
        if (operation.name, named.get(operation.name, (None, ""))[1]) in context.shown:
            continue
        if operation.name in named:
            parameter, theirs = named[operation.name]
            optional = operation.reads_only and not parameter.required
            tries = 1 if optional else TRIES
            if theirs in changed and is_step(operation):
                attack_between_changes(context, operation, parameter, theirs)
            served = context.use(operation, context.victim, parameter, theirs, tries=tries)
            if served and not operation.reads_only:
                changed.add(theirs)
            if not served and len(required_references(operation)) > 1:
                # Another message of a thread may be served.
                served = context.use(operation, context.victim)
            # By a filter a list may show nothing, whatever is changed.
            served = served or (optional and operation not in context.lacking.service)
        elif operation.lists and operation not in context.lacking.service:
            continue
        else:
            served = context.use(operation, context.victim)
        if not served:
            refused.append(operation)
    _serve_after_changes(context, refused)


def list_what_was_removed(context: PassContext) -> None:
    """Have another user read every list once the owner has removed something.

    What is removed may go to a list that had nothing to show before, e.g. a bin.
    """
    if context.hurried or not any(removes(each) for each in context.wanted()):
        return
    for operation in context.capabilities.protected:
        if context.ended:
            return
        listing = operation.reads_only and operation.lists and not operation.conversational
        # What a server says of itself is no list of objects.
        here = operation.surface in context.surfaces and not operation.descriptive
        if listing and here and not required_references(operation):
            context.use(operation, context.attacker, tries=1)


def _serve_after_changes(context: PassContext, refused: list[Operation]) -> None:
    """Try again what was refused, each time after another change of a new object.

    What was removed can be restored then, and what was opened can be closed.
    """
    changes = [
        each
        for each in sorted(context.capabilities.mutates_by_id, key=_harm)
        if each.surface in context.surfaces
        and each not in refused
        and not each.conversational
        and not by_sharing_alone(context.example, each)
        and len(required_references(each)) == 1
    ]
    changes.sort(key=lambda each: not any(_speaks_of(one, each) for one in refused))
    learnt: list[Operation] = []
    for change in changes[:_CHANGES] if len(refused) <= _MOST_REFUSED else ():
        if not refused:
            break
        for creator in context.creators():
            context.use(creator, context.victim, tries=1)
        (changed,) = required_references(change)
        newest = context.newest(change, changed)
        if newest is None or not context.use(change, context.victim, changed, newest):
            continue
        read: set[str] = set()
        for operation in list(refused):
            if context.ended:
                return
            parameter, target = _after_change(context, operation, newest, read)
            if required_references(operation) and parameter is None:
                # With what is made up it would be refused as before.
                continue
            if context.use(operation, context.victim, parameter, target, tries=1):
                refused.remove(operation)
                if not (removes(change) or removes(operation) or operation.reads_only):
                    context.example.state.knowledge.changed_first[operation.name] = change.name
                    learnt.append(operation)
    attack_what_was_changed(context, learnt)


def _speaks_of(operation: Operation, change: Operation) -> bool:
    """Return whether an operation is called by what a change does: `undo_cancel` by `cancel`."""
    words = re.findall(r"[a-z]+", operation.name.partition(":")[2].lower())
    return operation is not change and first_word(change.name) in words


def _after_change(
    context: PassContext, operation: Operation, changed: str, read: set[str]
) -> tuple[Parameter | None, str]:
    """Return what an operation names once an object was changed: it, or what lists show now.

    What was thrown away may go by another id in a bin.

    Args:
        context: Who acts.
        operation: That was refused before.
        changed: The object.
        read: Names of the lists that were read since; added to.
    """
    wanted = required_references(operation)
    if not wanted:
        return None, ""
    pool, owner = context.example.pool, context.victim.name
    if changed in pool.references(owner, wanted[0], operation.name, guess=False):
        return wanted[0], changed
    context.provision.look(operation, context.victim, read)
    newest = context.newest(operation, wanted[0])
    return (wanted[0], newest) if newest is not None else (None, "")


def _harm(operation: Operation) -> tuple[bool, bool, bool]:
    """Return an order: what reads, what changes, what deletes one object, what deletes several."""
    deleting = removes(operation)
    names_one = any(is_comparable(operation, each) for each in references(operation))
    return deleting, not operation.reads_only, names_one is not deleting
