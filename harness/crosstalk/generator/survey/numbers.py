"""Numbers that the system gives to what users store, as those of invoices.

One user stores twice, another twice, and the first one once more: one's own numbers go up by one.
"""

from __future__ import annotations

from crosstalk.core.history import Actor, Call, Outcome
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.provision import Provision
from crosstalk.oracles.numbers.counted import OTHERS_BETWEEN
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation

NAME = "numbers"
# Of one operation, where what it names has to be made first.
_LEAST_CALLS = 10
_MOST_OPERATIONS = 3
# Times that a user stores where others did before.
_ONCE_MORE = 2


class NumbersPart:
    """Has two users store in turn by what gives numbers to what is stored."""

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Store by each such operation, where that was not done yet.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        begun = users.example.state.executor.calls_made
        for operation in _numbering(users)[:_MOST_OPERATIONS]:
            left = most - (users.example.state.executor.calls_made - begun)
            store_in_turn(users, operation, left)


def store_after_others(users: Arrangement) -> None:
    """Have a user store twice by what gives numbers, where others have just stored by it."""
    for operation in _numbering(users)[:_MOST_OPERATIONS]:
        if len(_turns(users, operation)) == _ONCE_MORE:
            store_in_turn(users, operation, _LEAST_CALLS)


def store_in_turn(users: Arrangement, operation: Operation, most: int) -> None:
    """Have two users store in turn by one operation.

    Args:
        users: Who act.
        operation: By which.
        most: Calls that it may take; it is left alone where these are too few.
    """
    turns = _turns(users, operation)
    each = 1 + len(required_references(operation))
    if users.ended or each * len(turns) > most:
        return
    users.example.state.choices[NAME, operation.name] += 1
    for actor in turns:
        if not _store(users, operation, actor):
            return


def _turns(users: Arrangement, operation: Operation) -> list[Actor]:
    """Return who stores, in this order: one twice, where others did since that one did."""
    since: dict[str, int] = {}
    for call in _served(users, operation):
        for user in since:
            since[user] += 1
        since[str(call.actor.user)] = 0
    for actor in (users.victim, users.attacker):
        if since.get(str(actor.user), 0) >= OTHERS_BETWEEN:
            return [actor] * _ONCE_MORE
    one, other = users.victim, users.attacker
    return [one, one, *[other] * OTHERS_BETWEEN, one]


def _served(users: Arrangement, operation: Operation) -> list[Call]:
    return [
        call
        for call in users.example.history
        if call.operation == operation.name
        and call.actor.user is not None
        and call.actor.user == call.actor.claims
        and call.answer.outcome is Outcome.OK
    ]


def _numbering(users: Arrangement) -> list[Operation]:
    """Return what was seen to give numbers, and was not used so yet."""
    state = users.example.state
    return [
        each
        for each in users.example.capabilities.protected
        if each.name in state.numbering
        and not (each.conversational or state.choices[NAME, each.name])
    ]


def _store(users: Arrangement, operation: Operation, actor: Actor) -> bool:
    """Have a user store once more, about what was not stored about yet; return whether it was."""
    Provision.by(users.example, users.drawer).another(operation, actor)
    if users.ended:
        return False
    planned = users.own(operation, actor)
    call = users.example.execute(PlannedCall(actor, operation.name, planned.arguments))
    return call.answer.outcome is Outcome.OK
