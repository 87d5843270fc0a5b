"""Removed objects: another user asks to read, restore or remove them, and takes their names.

A removed object is looked for in another place than what is there, which has its own check, if any.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement, changes
from crosstalk.generator.examples.honest_calls import read_again
from crosstalk.generator.rules.comparisons.existence_pair import pair
from crosstalk.generator.survey.names import store_in_freed_words
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation, Parameter

NAME = "removal"
# Of one object that is stored, removed and asked for.
_LEAST_CALLS = 15
# Operations by which one removed object is asked for.
_MOST_PAIRS = 8
# To store and remove one object, and to ask for it, about.
_CALLS_AN_OBJECT = 30


class RemovalPart:
    """Has the victim remove objects, and the attacker ask for them, and restore what is restored
    without being named.
    """

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Remove by each operation that removes one object, where that was not done yet.

        The readings around all that is asked are made once for several objects: they are most of
        its calls.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        example = users.example
        begun = example.state.executor.calls_made
        removing = [
            each
            for each in changes(example)
            if removes(each)
            and len(required_references(each)) == 1
            and not example.state.choices[NAME, each.name]
        ]
        while removing and not users.ended:
            readings = len(users.readings(users.victim, switches=False))
            left = most - (example.state.executor.calls_made - begun) - 2 * readings
            if left < _MOST_PAIRS:
                return
            # So many objects are asked for between two readings as there are calls for.
            together = max(1, left // _CALLS_AN_OBJECT)
            users.store(users.victim, each=1)
            gone = _removed(users, removing[:together])
            removing = removing[together:]
            if gone:
                self._ask(users, gone)

    @staticmethod
    def _ask(users: Arrangement, removed: list[tuple[Operation, str]]) -> None:
        example, victim, attacker = users.example, users.victim, users.attacker
        readings = users.readings(victim, switches=False)
        key = example.next_probe()
        before = Probe("ownership", key, "before", victim.name)
        known = set(example.pool.long_ids(victim.name))
        example.read_twice(readings, victim, before)
        # A list of what was removed may give it another name.
        told = [each for each in example.pool.long_ids(victim.name) if each not in known]
        asked: list[tuple[Operation, Mapping[str, Any]]] = []
        pairs = 0
        for _, gone in removed:
            made = 0
            for one, parameter in _asking(users, [gone, *told]):
                if users.ended or made >= _MOST_PAIRS:
                    break
                named = next(
                    each
                    for each in _names(users, one, gone, told)
                    if _takes(users, one, parameter, each)
                )
                made += 1
                foreign, missing = pair(
                    example, users.drawer, attacker, victim, one, parameter, named, joint=False
                )
                for planned in (foreign, missing):
                    example.execute_spoilt(planned)
                asked.append((one, foreign.arguments))
            pairs += made
        attack = Probe("ownership", key, "attack", victim.name)
        at_large = [each for each in changes(example) if not required_references(each)]
        for operation, _ in removed if at_large else ():
            if users.left_to(operation, attacker):
                # A bin may be emptied for all users only where its caller has something in it.
                users.use(operation, attacker, attack, tries=1)
        for each in at_large:
            if not users.ended:
                example.execute(users.own(each, attacker, attack))
        read_again(example, readings, victim, key)
        example.state.situations["removed objects asked for"] += pairs
        unserved = example.state.unserved()
        for one, arguments in asked:
            if one.name in unserved and not users.ended:
                # To restore something is served only now; that its owner can is to be seen.
                mine = {**arguments, **example.with_identity(one, victim)}
                example.execute(PlannedCall(victim, one.name, mine))
        store_in_freed_words(users)


def _removed(users: Arrangement, removing: list[Operation]) -> list[tuple[Operation, str]]:
    """Have the victim remove an object by each operation; return those that were served, each
    with the object.
    """
    found: list[tuple[Operation, str]] = []
    for operation in removing:
        if found and not users.left_to(operation, users.victim):
            users.store(users.victim, each=1)
        call = users.use(operation, users.victim)
        if call is None:
            continue
        users.example.state.choices[NAME, operation.name] += 1
        (reference,) = required_references(operation)
        named = call.arguments[reference.name]
        found.append((operation, str(named[0] if isinstance(named, list) else named)))
    return found


def _names(users: Arrangement, operation: Operation, gone: str, told: list[str]) -> list[str]:
    """Return what may name a removed object, the likeliest first.

    What was served knows it by the name that it had; what restores it was never served yet, and
    may know it by the name that a list of what was removed gives it.
    """
    never_served = operation.name in users.example.state.unserved()
    return [*told, gone] if never_served else [gone, *told]


def _asking(users: Arrangement, named: list[str]) -> list[tuple[Operation, Parameter]]:
    """Return where something that was removed can be named: what was never served first."""
    unserved = users.example.state.unserved()
    found = [
        (operation, parameter)
        for operation, parameter in users.example.capabilities.comparable
        if not operation.conversational
        and not parameter.many
        and any(_takes(users, operation, parameter, each) for each in named)
    ]
    return sorted(found, key=lambda each: (each[0].name not in unserved, removes(each[0])))


def _takes(users: Arrangement, operation: Operation, parameter: Parameter, named: str) -> bool:
    return named in users.example.pool.references(
        users.victim.name, parameter, operation.name, guess=False, removed=True
    )
