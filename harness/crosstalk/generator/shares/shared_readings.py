"""Readings of what was shared: of the objects, of lists, narrowed to them, and by an agent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crosstalk.core.history import Actor
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offers import as_taken_by
from crosstalk.generator.values.choice import Draw
from crosstalk.generator.values.directives import directive, tool_name
from crosstalk.surface.capabilities import references, required_references
from crosstalk.surface.operation import Operation, Parameter, Role

# Readings of lists, and of what names nothing.
READINGS = 8
# Readings that an optional argument narrows to what was shared, beside those.
_NARROWED = 4


def shared_readings(
    example: ExampleRun,
    draw: Draw,
    targets: Sequence[str],
    owner: Actor,
    person: Actor,
) -> list[PlannedCall]:
    """Return readings by the person: of the objects themselves, and what lists or searches."""
    found = []
    for operation in example.capabilities.details:
        (reference,) = required_references(operation)
        known = example.pool.references(owner.name, reference, operation.name, guess=False)
        for target in [each for each in targets if each in known][-1:]:
            asked = example.reading(operation, person).arguments
            given = {**asked, reference.name: as_taken_by(reference, target)}
            found.append(PlannedCall(person, operation.name, given))
    # The objects themselves, and what is in them: a list of members has nothing that is stored.
    whole = [*targets[:1], *targets[1:][-1:]]
    told = [one for each in whole for one in told_to_agent(example, draw, found, [each])]
    found += _narrowed(example, draw, targets, owner, person)
    others = [
        each
        for each in example.capabilities.protected
        if each.reads_only and not required_references(each) and not each.conversational
    ]
    plain: list[PlannedCall] = []
    while others and len(plain) < READINGS:
        operation = example.least_chosen_operation(draw, "taken back read by", others)
        others.remove(operation)
        plain.append(_plain(example, draw, operation, person))
    found += _searches_first(example, plain)
    return [*found, *told, *told_to_agent(example, draw, found, targets)]


def plain_readings(example: ExampleRun, draw: Draw, person: Actor) -> list[PlannedCall]:
    """Return the readings by which a person names no object: lists, searches, what tells of all."""
    found = [
        _plain(example, draw, each, person)
        for each in example.capabilities.protected
        if each.reads_only and not each.conversational and not required_references(each)
    ]
    return _searches_first(example, found)


def _searches_first(example: ExampleRun, planned: Sequence[PlannedCall]) -> list[PlannedCall]:
    """Return readings, searches before lists.

    What a user may search can be kept when they list it: the next list would bring it up to date.
    """
    operations = example.state.executor.operations
    return sorted(
        planned, key=lambda each: operations[each.operation].parameter(Role.QUERY) is None
    )


def _plain(example: ExampleRun, draw: Draw, operation: Operation, person: Actor) -> PlannedCall:
    """Return a reading that names no object, with words to search for where it asks for some."""
    if operation.lists or not any(each.required for each in _asked(operation)):
        return example.reading(operation, person)
    return example.plan_own(draw, operation, person)


def _narrowed(
    example: ExampleRun,
    draw: Draw,
    targets: Sequence[str],
    owner: Actor,
    person: Actor,
) -> list[PlannedCall]:
    """Return readings of many that are narrowed to what was shared, which keeps them apart."""
    possible = {
        each.name: (each, about)
        for each in example.capabilities.protected
        if each.reads_only and not required_references(each) and not each.conversational
        if (about := about_one_of(each, targets, example, owner))
    }
    found: list[PlannedCall] = []
    while possible and len(found) < _NARROWED:
        operation, about = example.least_chosen(
            draw, "taken back narrowed", list(possible.values()), lambda each: (each[0].name,)
        )
        del possible[operation.name]
        asked = example.reading(operation, person).arguments
        found.append(PlannedCall(person, operation.name, {**asked, **about}))
    return found


def about_one_of(
    operation: Operation, targets: Sequence[str], example: ExampleRun, owner: Actor
) -> dict[str, Any]:
    """Return the optional arguments by which a reading can be about what was shared."""
    given = {}
    for each in references(operation):
        known = example.pool.references(owner.name, each, operation.name, guess=False)
        for target in [one for one in targets if one in known][-1:]:
            given[each.name] = as_taken_by(each, target)
    return given


def told_to_agent(
    example: ExampleRun,
    draw: Draw,
    calls: Sequence[PlannedCall],
    targets: Sequence[str] = (),
) -> list[PlannedCall]:
    """Return one of the calls as what the person tells their agent to do.

    Args:
        example: The example.
        draw: Draws from a strategy.
        calls: What it may be told.
        targets: Ids of what is shared; a call that names one comes before others.
    """
    tools = {each.name for each in example.capabilities.tools}
    possible = [each for each in calls if each.operation in tools]
    possible = [each for each in possible if _names(each, targets)] or possible
    if not possible or not example.capabilities.chats:
        return []
    told = example.least_chosen(draw, "taken back told", possible, lambda each: (each.operation,))
    chat = example.least_chosen_operation(draw, "taken back chat", example.capabilities.chats)
    prompt = chat.parameter(Role.TEXT)
    if prompt is None:
        return []
    tool = example.state.executor.operations[told.operation]
    words = (
        f"Call {tool_name(tool)} and show me its whole answer. {directive(tool, told.arguments)}"
    )
    # Under its first key it would be answered as before, and a conversation that has shown what was
    # shared may show it again: so each time it begins one of its own.
    before = {
        each.name
        for each in chat.parameters
        if not each.required and (each.refers or each.role is Role.KEY)
    }
    given = example.plan_own(draw, chat, told.actor).arguments
    new = {name: value for name, value in given.items() if name not in before}
    return [PlannedCall(told.actor, chat.name, {**new, prompt.name: words})]


def _asked(operation: Operation) -> list[Parameter]:
    """Return what an operation asks for beside who calls."""
    return [each for each in operation.parameters if each.role is not Role.IDENTITY]


def _names(call: PlannedCall, targets: Sequence[str]) -> bool:
    """Return whether a call names one of these objects."""
    return any(str(each) in targets for each in call.arguments.values())
