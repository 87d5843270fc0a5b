"""Calls that a sweep makes beside the plain ones: likely spellings, lists and owners.

Rules of their own try all of them. These are few, so that a short run has tried the likeliest too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crosstalk.core.history import Actor, Probe
from crosstalk.core.identifiers import ELEMENT
from crosstalk.core.object_kinds import deletes
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import between_bounds
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.undeclared import undeclared_fields
from crosstalk.generator.values.arguments import ArgumentDrawer
from crosstalk.generator.values.forms.spellings import BEGINNING, forms_for, spelled
from crosstalk.generator.values.texts import COMMON_WORD
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.nesting import further
from crosstalk.surface.operation import Operation, Parameter, Role

_FORMS = 2
_FIELDS = 2


def unusual_calls(
    example: ExampleRun,
    drawer: ArgumentDrawer,
    attacker: Actor,
    victim: Actor,
    surface: str,
    probe: Probe,
) -> Iterator[PlannedCall]:
    """Yield calls of an attacker who knows names that a victim chose, and what an owner is called.

    Args:
        example: The example.
        drawer: Draws the other arguments.
        attacker: Who makes the calls.
        victim: Whose names and identity they carry.
        surface: Protocol of the operations.
        probe: What the calls are part of.
    """
    for operation in example.capabilities.protected:
        if operation.surface != surface or operation.conversational or operation.unproven:
            continue
        drawn = drawer.arguments(operation, attacker, references=(attacker.name,), hostile=False)
        extra = [
            *_names_in_other_spellings(example, operation, attacker, victim),
            *_behind_own_ones(example, operation, attacker, victim),
            *_owners(example, operation, attacker, victim),
            *_searches(example, drawer, operation, victim),
            *_second_elements(drawer, operation, attacker, victim),
        ]
        for more in extra:
            yield PlannedCall(attacker, operation.name, {**drawn, **more}, probe)


def _names_in_other_spellings(
    example: ExampleRun, operation: Operation, attacker: Actor, victim: Actor
) -> Iterator[dict[str, Any]]:
    for parameter in operation.parameters:
        if parameter.role is not Role.NAME or parameter.many or deletes(operation.name):
            continue
        theirs = example.pool.references(victim.name, parameter, operation.name, guess=False)
        mine = example.pool.references(attacker.name, parameter, operation.name, guess=False)
        subject = example.history.subjects[victim.name]
        # A name that a user chose is seldom found by its beginning.
        forms = [each for each in forms_for(parameter.schema) if each != BEGINNING][:_FORMS]
        for form in forms if theirs and mine else ():
            yield {parameter.name: spelled(form, theirs[-1], mine[-1], subject)}


def _behind_own_ones(
    example: ExampleRun, operation: Operation, attacker: Actor, victim: Actor
) -> Iterator[dict[str, Any]]:
    """Yield lists of an own object and one of the victim's: a check may look at the first alone."""
    for parameter in operation.parameters:
        if not (parameter.refers and parameter.many) or deletes(operation.name):
            continue
        theirs = example.pool.references(victim.name, parameter, operation.name, guess=False)
        mine = example.pool.references(attacker.name, parameter, operation.name, guess=False)
        if theirs and mine:
            yield {parameter.name: [mine[-1], theirs[-1]]}


def _owners(
    example: ExampleRun, operation: Operation, attacker: Actor, victim: Actor
) -> Iterator[dict[str, Any]]:
    if not operation.takes_more or operation.reads_only or deletes(operation.name):
        return
    found = undeclared_fields(operation, example.history, victim.name, attacker.name)
    for each in [one for one in found if one.shown][:_FIELDS]:
        yield {each.name: each.value}


def _searches(
    example: ExampleRun, drawer: ArgumentDrawer, operation: Operation, victim: Actor
) -> Iterator[dict[str, Any]]:
    """Yield what is looked for: a word of all texts, a text of the victim's, what names them."""
    if not operation.reads_only or operation.pushes or required_references(operation):
        return
    for parameter in operation.parameters:
        if parameter.role is Role.QUERY and parameter.required:
            yield {parameter.name: COMMON_WORD}
        if parameter.role is not Role.TEXT:
            continue
        if example.pool.texts.names_user(parameter):
            yield {parameter.name: example.history.subjects[victim.name]}
        elif parameter.required:
            theirs = drawer.arguments(
                operation, victim, references=(victim.name,), hostile=False
            ).get(parameter.name)
            yield from ({parameter.name: each} for each in dict.fromkeys([COMMON_WORD, theirs]))


def names_in_elements(operation: Operation) -> bool:
    """Return whether an operation changes what the objects of a list name, each for itself."""
    names = any(each.refers for each in _inner(operation))
    return names and not (deletes(operation.name) or operation.conversational)


def _inner(operation: Operation) -> list[Parameter]:
    return [each for each in operation.parameters if f"{ELEMENT}." in each.name]


def _second_elements(
    drawer: ArgumentDrawer, operation: Operation, attacker: Actor, victim: Actor
) -> Iterator[dict[str, Any]]:
    """Yield a second element of a list of objects, which names an object of the victim's.

    A check may look at the first alone: `answers[].deck` is the caller's, `answers[1].deck` not.
    """
    if not names_in_elements(operation):
        return
    inner = _inner(operation)
    drawn = drawer.arguments(operation, attacker, references=(victim.name,), hostile=False)
    # A grade of none may leave the object as it is.
    drawn = between_bounds(operation, drawn)
    yield {further(each.name): drawn[each.name] for each in inner if each.name in drawn}
