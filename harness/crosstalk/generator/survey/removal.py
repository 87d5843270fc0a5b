"""Removed objects: another user asks to read, restore or remove them, and takes their names.

A removed object is looked for in another place than what is there, which has its own check, if any.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Call, Probe
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


class RemovalPart:
    """Has the victim remove objects, and the attacker ask for them, and restore what is restored
    without being named.
    """

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Remove by each operation that removes one object, where that was not done yet.

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
        readings = len(users.readings(users.victim, switches=False))
        for operation in removing:
            if users.ended:
                return
            left = most - (example.state.executor.calls_made - begun)
            if left < 2 * readings + _MOST_PAIRS:
                return
            users.store(users.victim, each=1)
            removed = users.use(operation, users.victim)
            if removed is not None:
                example.state.choices[NAME, operation.name] += 1
                self._ask(users, operation, removed)

    @staticmethod
    def _ask(users: Arrangement, operation: Operation, removed: Call) -> None:
        example, victim, attacker = users.example, users.victim, users.attacker
        (reference,) = required_references(operation)
        gone = removed.arguments[reference.name]
        gone = str(gone[0] if isinstance(gone, list) else gone)
        readings = users.readings(victim, switches=False)
        key = example.next_probe()
        before = Probe("ownership", key, "before", victim.name)
        known = set(example.pool.long_ids(victim.name))
        example.read_twice(readings, victim, before)
        # A list of what was removed may give it another name.
        told = [each for each in example.pool.long_ids(victim.name) if each not in known]
        made = 0
        asked: list[tuple[Operation, Mapping[str, Any]]] = []
        for one, parameter in _asking(users, [gone, *told]):
            if users.ended or made >= _MOST_PAIRS:
                break
            named = next(each for each in [*told, gone] if _takes(users, one, parameter, each))
            made += 1
            foreign, missing = pair(
                example, users.drawer, attacker, victim, one, parameter, named, joint=False
            )
            for planned in (foreign, missing):
                example.execute_spoilt(planned)
            asked.append((one, foreign.arguments))
        attack = Probe("ownership", key, "attack", victim.name)
        at_large = [each for each in changes(example) if not required_references(each)]
        if at_large and users.left_to(operation, attacker):
            # A bin may be emptied for all users only where its caller has something in it.
            users.use(operation, attacker, attack, tries=1)
        for each in at_large:
            if not users.ended:
                example.execute(users.own(each, attacker, attack))
        read_again(example, readings, victim, key)
        example.state.situations["removed objects asked for"] += made
        unserved = example.state.unserved()
        for one, arguments in asked:
            if one.name in unserved and not users.ended:
                # To restore something is served only now; that its owner can is to be seen.
                mine = {**arguments, **example.with_identity(one, victim)}
                example.execute(PlannedCall(victim, one.name, mine))
        store_in_freed_words(users)


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
