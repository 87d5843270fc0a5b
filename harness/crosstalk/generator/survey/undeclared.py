"""Fields that no schema declares, with the victim in the place of the owner that answers show.

A handler that stores whatever it is sent stores the owner, too (mass assignment, CWE-915): what one
user then gives to another shows in the readings of the other.
"""

from __future__ import annotations

from crosstalk.core.history import Probe
from crosstalk.core.object_kinds import deletes
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.honest_calls import read_again
from crosstalk.generator.examples.undeclared import undeclared_fields
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation

NAME = "undeclared"
# Of one field, between two readings.
_LEAST_CALLS = 6
# Calls of the part beside its readings, and fields of one operation.
_MOST_CALLS = 10
_MOST_FIELDS = 2


class UndeclaredPart:
    """Has the attacker name the victim as the owner of what the attacker stores or changes."""

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Send each field that shows an owner once with each operation, between two readings.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        example, victim, attacker = users.example, users.victim, users.attacker
        for operation in example.capabilities.creators:
            users.use(operation, attacker, tries=1)
        attacks = _attacks(users)
        # What was given to another is in their lists.
        readings = [
            each
            for each in users.readings(victim, switches=False)
            if not required_references(each[0])
        ]
        if not attacks or most < 3 * len(readings) + len(attacks):
            return
        key = example.next_probe()
        example.read_twice(readings, victim, Probe("ownership", key, "before", victim.name))
        for each in attacks:
            if users.ended:
                return
            _send(users, *each, key=key)
        read_again(example, readings, victim, key)


def give(users: Arrangement, key: int, most: int) -> None:
    """Have the attacker name the victim as the owner of what they store, between two readings.

    Args:
        users: Who act.
        key: Of the readings.
        most: Calls that it may take.
    """
    first = {each[0].name: each for each in reversed(_attacks(users))}
    for each in list(reversed(first.values()))[:most]:
        if users.ended:
            return
        _send(users, *each, key=key)


def _send(users: Arrangement, operation: Operation, field: str, value: object, *, key: int) -> None:
    """Have the attacker make one call with a field besides."""
    users.example.state.choices[NAME, operation.name, field] += 1
    probe = Probe("ownership", key, "attack", users.victim.name)
    drawn = users.own(operation, users.attacker).arguments
    planned = PlannedCall(users.attacker, operation.name, {**drawn, field: value}, probe)
    users.example.execute_spoilt(planned)


def _attacks(users: Arrangement) -> list[tuple[Operation, str, object]]:
    """Return operations with the fields that were not sent with them yet."""
    example = users.example
    found = [
        (operation, each.name, each.value)
        for operation in example.capabilities.protected
        if operation.takes_more
        and not (operation.reads_only or operation.conversational or operation.unproven)
        and not deletes(operation.name)
        and users.able(operation, users.attacker)
        for each in [
            one
            for one in undeclared_fields(
                operation, example.history, users.victim.name, users.attacker.name
            )
            if one.shown and not example.state.choices[NAME, operation.name, one.name]
        ][:_MOST_FIELDS]
    ]
    return found[:_MOST_CALLS]
