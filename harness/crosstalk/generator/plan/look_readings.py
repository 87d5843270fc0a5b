"""Readings of the first look: what it reads of a victim, and in how many ways."""

from __future__ import annotations

from collections.abc import Sequence

from crosstalk.core.history import Actor
from crosstalk.core.identifiers import identifiers_of, is_marker
from crosstalk.core.object_kinds import thing_of
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.readings import Reading
from crosstalk.generator.examples.valued_readings import valued_readings
from crosstalk.surface.capabilities import (
    needs_values,
    observation_arguments,
    required_references,
)
from crosstalk.surface.operation import Operation, Role


def one_a_surface(users: Arrangement, reading: Sequence[Operation]) -> list[Operation]:
    """Return one reading of each surface that would show the victim's own, a list before a detail.

    Args:
        users: Who act.
        reading: The operations to choose from.
    """
    shown = {
        call.operation
        for call in users.example.history
        if call.actor == users.victim and any(map(is_marker, identifiers_of(call.answer.body)))
    }
    capabilities = users.example.capabilities
    stored = {thing_of(each.name) for each in (*capabilities.creators, *capabilities.chats)}
    telling = sorted(
        reading,
        key=lambda each: (
            each.name not in shown,
            not each.lists,
            thing_of(each.name) not in stored,
            len(required_references(each)),
        ),
    )
    return list({each.surface: each for each in reversed(telling)}.values())


def unsaid(example: ExampleRun, operation: Operation, actor: Actor) -> list[PlannedCall]:
    """Return a reading without the argument that says who calls, where it can be left out."""
    identity = operation.parameter(Role.IDENTITY)
    if identity is None or f"{{{identity.name}}}" in operation.name:
        return []
    planned = example.reading(operation, actor)
    given = {name: value for name, value in planned.arguments.items() if name != identity.name}
    return [PlannedCall(actor, operation.name, given)]


def left_to_the_sweep(operation: Operation) -> bool:
    """Return whether a stranger's call of an operation shows nothing that a reading shows."""
    return operation.unproven or operation.descriptive or operation.effect_only or operation.pushes


def lists_read(users: Arrangement, reader: Actor) -> list[Reading]:
    """Return the readings by which a user's own is observed, descriptions left out.

    Args:
        users: Who act.
        reader: Who reads.
    """
    example = users.example
    return [
        (each, observation_arguments(each, example.history, reader))
        for each in example.state.observations
        if not each.descriptive
    ]


def details_read(users: Arrangement) -> list[Reading]:
    """Return the victim's readings of one object of each kind, in every way that there is."""
    example, victim = users.example, users.victim
    found: list[Reading] = []
    valued = {
        operation.name: asked
        for operation, asked in valued_readings(example, users.drawer, victim)
        if required_references(operation)
    }
    for operation in example.capabilities.details:
        if needs_values(operation):
            # Without the month of a summary it is refused.
            found += [(operation, valued[operation.name])] if operation.name in valued else []
            continue
        (reference,) = required_references(operation)
        known = example.pool.references(victim.name, reference, operation.name, guess=False)
        if known and not operation.conversational:
            asked = observation_arguments(operation, example.history, victim)
            named = [known[-1]] if reference.many else known[-1]
            found.append((operation, {**asked, reference.name: named}))
    return found


def one_a_kind(readings: Sequence[Reading]) -> list[Reading]:
    """Return the first reading of each kind of objects: what is changed shows there."""
    return list({thing_of(each[0].name): each for each in reversed(readings)}.values())[::-1]
