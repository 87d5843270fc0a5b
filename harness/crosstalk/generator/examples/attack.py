"""The attack that two rules share: a victim reads, an attacker acts, the victim reads again."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Probe
from crosstalk.core.principals import BY_USER
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import references


def attack(example: ExampleRun, draw: Draw, attacker: Actor, victim: Actor) -> None:
    """Have the attacker act on the victim's data, between two readings of it by the victim."""
    capabilities, impostor = example.capabilities, attacker.claims != attacker.user
    target, readings = example.pick_target(draw, victim)
    if target:
        _give_own_object(example, draw, BY_USER[attacker.user or attacker.claims], victim, target)
    key = example.next_probe()
    example.read_twice(readings, victim, Probe("ownership", key, "before", victim.name))
    probe = Probe("ownership", key, "attack", victim.name)
    # What needs no object named is tried with one's own objects: it may reach too far.
    mutating = (
        example.mutating_operations_on(victim, target)
        if target
        else capabilities.bulk_mutations or capabilities.mutates_by_id
    )
    # Counted apart: what is tried often without an object is still to be tried with one.
    rule = ("identity_spoof" if impostor else "cross_user_access") + (" by id" if target else "")
    for _ in range(draw(st.integers(4, 8))):
        operation = example.least_chosen_operation(
            draw,
            rule,
            # Now and then one that is not known to be able to change the object.
            draw(st.sampled_from((*[mutating] * 5, capabilities.mutates_by_id))),
        )
        example.execute(
            example.plan(
                draw,
                operation,
                attacker,
                sources=(victim.name,) if target else (victim.name, "own"),
                hostile=False,
                probe=probe,
                target=target,
            )
        )
    own: list[PlannedCall] = []
    for operation, _ in readings if not target else ():
        own.append(example.own_reading(operation, attacker, probe))
        if impostor:
            own.append(example.reading(operation, attacker, probe))
    example.execute_all(own)
    after = Probe("ownership", key, "after", victim.name)
    example.execute_all([PlannedCall(victim, o.name, asked, after) for o, asked in readings])


def _give_own_object(
    example: ExampleRun, draw: Draw, attacker: Actor, victim: Actor, target: str
) -> None:
    """Create an object of the attacker's to list before the victim's, where lists are taken."""
    for operation in example.mutating_operations_on(victim, target):
        for each in references(operation):
            if each.many and not example.pool.references(
                attacker.name, each, operation.name, guess=False
            ):
                creators = example.capabilities.creators_on(operation)
                example.execute_all([example.plan_own(draw, one, attacker) for one in creators])
                return
