"""One user sends fields that no schema declares, with another user's identity in them."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Probe
from crosstalk.core.object_kinds import deletes
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.undeclared import (
    UndeclaredField,
    owner_filters,
    takes_any_object,
    undeclared_fields,
)
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.operation import Operation

_CALLS = 5
# Where more owners than that are shown and none was sent yet.
_MOST_CALLS = 12


class UndeclaredFields:
    """Has one user name another as the owner of what they store, between two readings by that user.

    What then shows in the victim's lists, or is shown to the attacker by a right that they gave
    themselves, is a finding as any other.
    """

    name = "undeclared_fields"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any operation takes an object that may hold more than is declared."""
        return bool(_open(example)) and bool(example.state.observations)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Read as the victim, send some fields as another user, read as both."""
        attacker: Actor = draw(st.sampled_from(example.members))
        victim = example.other_member(draw, attacker)
        possible = [
            (operation, each)
            for operation in _open(example)
            for each in _fields_for(operation)(
                operation, example.history, victim.name, attacker.name
            )
        ]
        if not possible:
            return
        readings = example.some_readings(draw, victim, [])
        key = example.next_probe()
        example.read_twice(readings, victim, Probe("ownership", key, "before", victim.name))
        probe = Probe("ownership", key, "attack", victim.name)
        counts = example.state.choices
        # The owner as answers spell it is what a handler most likely stores.
        likely = [
            each for each in possible if each[1].shown and not counts[self.name, *_named(each)]
        ]
        for place in range(max(_CALLS, min(len(likely), _MOST_CALLS))):
            choices = likely[place : place + 1] or possible
            operation, extra = example.least_chosen(draw, self.name, choices, _named)
            planned = example.plan(
                draw, operation, attacker, sources=("own",), hostile=False, probe=probe
            )
            arguments = {**planned.arguments, extra.name: extra.value}
            example.execute_spoilt(PlannedCall(attacker, operation.name, arguments, probe))
        own = [example.own_reading(operation, attacker, probe) for operation, _ in readings]
        example.execute_all(own)
        after = Probe("ownership", key, "after", victim.name)
        example.execute_all([PlannedCall(victim, o.name, asked, after) for o, asked in readings])


def _named(choice: tuple[Operation, UndeclaredField]) -> tuple[str, ...]:
    """Return the name by which it is counted how often a field was sent."""
    operation, extra = choice
    inside = str(sorted(extra.value)) if isinstance(extra.value, dict) else ""
    kind = str({type(each).__name__ for each in extra.value.values()}) if inside else ""
    return operation.name, extra.name, inside + kind


def _fields_for(operation: Operation) -> Callable[..., list[UndeclaredField]]:
    return owner_filters if operation.reads_only else undeclared_fields


def _open(example: ExampleRun) -> list[Operation]:
    """Return the operations that take an object, where a credential proves who calls.

    Of readings those that take an object of any form, as filters often are.
    """
    return [
        each
        for each in example.capabilities.protected
        if not (each.unproven or deletes(each.name))
        and (takes_any_object(each) if each.reads_only else each.takes_more)
    ]
