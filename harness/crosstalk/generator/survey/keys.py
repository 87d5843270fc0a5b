"""One key of two users: what is kept for a repeated call is another's, where it is kept by the key.

A key is its client's to choose, and two clients may choose the same.
"""

from __future__ import annotations

from dataclasses import replace

from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.rules.attacks.idempotency_collision import (
    IdempotencyCollision,
    collision,
)
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.surface.capabilities import removes
from crosstalk.surface.operation import Operation, Role

# Name of the survey's part.
NAME = "keys"
# In words of one's own a call each; in the same words another one, and the first one's repeat.
_LEAST_CALLS = 5
# Operations that are tried; a system keeps its keys in one way for all of them, as a rule.
_MOST = 3


class KeysPart:
    """Has the attacker use the key under which the victim has stored something."""

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Have both meet at a key of an operation, where no pair of users has met yet.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        example, choices = users.example, users.example.state.choices
        begun, rule = example.state.executor.calls_made, IdempotencyCollision.name
        for operation in _keyed(users)[:_MOST]:
            if choices[rule, operation.name] or not users.able(operation, users.attacker):
                continue
            choices[rule, operation.name] += 1
            for planned in (*_in_own_words(users, operation), *_in_the_same(users, operation)):
                if users.spent(begun, most):
                    return
                example.execute_spoilt(planned)


def _in_own_words(users: Arrangement, operation: Operation) -> list[PlannedCall]:
    """Return the victim's call, and the attacker's in words of their own under the same key."""
    (key,) = (each.name for each in operation.parameters if each.role is Role.KEY)
    one, other = users.own(operation, users.victim), users.own(operation, users.attacker)
    same = {key: users.example.state.plant(users.victim.name)}
    return [replace(each, arguments={**each.arguments, **same}) for each in (one, other)]


def _in_the_same(users: Arrangement, operation: Operation) -> list[PlannedCall]:
    """Return the calls of both with the same key and the same words."""
    return collision(
        operation,
        users.own(operation, users.victim).arguments,
        users.victim,
        users.attacker,
        users.attacker,
        subjects=users.example.history.subjects,
        plant=users.example.state.plant,
        unused_id=RandomChoice(users.random).uuid(),
        probe=users.example.next_probe(),
    )


def _keyed(users: Arrangement) -> list[Operation]:
    """Return what takes a key and stores something of the victim's, what makes it first."""
    creators = users.example.capabilities.creators
    return sorted(
        (
            each
            for each in users.example.capabilities.keyed
            if not (each.reads_only or each.conversational or removes(each))
            and users.able(each, users.victim)
        ),
        key=lambda each: each not in creators,
    )
