"""Changes by whom something was offered to, between two readings of its owner."""

from __future__ import annotations

from collections.abc import Sequence

from crosstalk.core.history import Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offers import Offer
from crosstalk.generator.shares.shared_readings import shared_readings
from crosstalk.generator.values.choice import Draw

_OWNER_READINGS = 3


def between_readings(
    example: ExampleRun,
    draw: Draw,
    offer: Offer,
    inside: Sequence[str],
    changes: Sequence[PlannedCall],
) -> None:
    """Have changes made while the owner reads before and after.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What was offered.
        inside: Ids of what is stored in the object.
        changes: What is tried meanwhile.
    """
    owner, key = offer.owner, example.next_probe()
    asked = shared_readings(example, draw, [*inside[-1:], offer.target], owner, owner)
    observed = [
        (example.state.executor.operations[each.operation], dict(each.arguments))
        for each in asked[:_OWNER_READINGS]
    ]
    example.read_twice(observed, owner, Probe("ownership", key, "before", owner.name))
    act = Probe("ownership", key, "attack", owner.name)
    for each in changes:
        example.execute(PlannedCall(each.actor, each.operation, each.arguments, act))
    after = Probe("ownership", key, "after", owner.name)
    example.execute_all([PlannedCall(owner, one.name, given, after) for one, given in observed])
