"""An owner changes or removes an object, and another user asks for that very object.

What was removed may be kept and found again by its id; what was changed may be cached for the
next caller. Neither shows while an object is only read.
"""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation

_READINGS = 2


class StaleRead:
    """Reads as another user what its owner has just changed or removed."""

    name = "stale_read"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether there are steady readings."""
        return bool(example.state.observations)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Make one write by an owner, and readings of its object by others."""
        owner: Actor = draw(st.sampled_from(list(example.members)))
        possible = _possible_writes(example, owner)
        if not possible:
            return
        operation, known = example.least_chosen(
            draw, self.name, possible, lambda each: (each[0].name,)
        )
        target = draw(st.sampled_from(known))
        asked = example.plan_own(draw, operation, owner)
        (reference,) = required_references(operation)
        example.execute(
            PlannedCall(owner, operation.name, {**asked.arguments, reference.name: target})
        )
        readings = [
            (each, parameter)
            for each in example.capabilities.details
            for parameter in required_references(each)
            if target in example.pool.references(owner.name, parameter, each.name, guess=False)
        ]
        planned = []
        for _ in range(_READINGS if readings else 0):
            reading, parameter = example.least_chosen(
                draw, "stale read by", readings, lambda each: (each[0].name,)
            )
            attacker = draw(
                st.sampled_from([each for each in example.members if each is not owner])
            )
            arguments = {**example.reading(reading, attacker).arguments, parameter.name: target}
            planned.append(PlannedCall(attacker, reading.name, arguments))
        example.execute_all(planned)


def _possible_writes(example: ExampleRun, owner: Actor) -> list[tuple[Operation, list[str]]]:
    """Return the mutations of one object, each with the owner's objects that it can name."""
    possible = []
    for operation in example.capabilities.mutates_by_id:
        needed = required_references(operation)
        known = [
            each
            for parameter in needed
            for each in example.pool.references(owner.name, parameter, operation.name, guess=False)
        ]
        if len(needed) == 1 and known:
            possible.append((operation, known))
    return possible
