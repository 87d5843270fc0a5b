"""Changes of what was shared: by who may make them, who may only read, and who lost it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import deletes, kind_of_argument
from crosstalk.core.policy import Share
from crosstalk.core.policy.model import matches
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import makers, stores_anew
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offers import Offer, as_taken_by, name_of
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import references, required_references, without_key
from crosstalk.surface.operation import Operation, Role

_WRITES = 2
# By who has no right to any of them, once each was tried; until then what is untried, and of the
# campaign's calls no more than this part at a time.
_FORBIDDEN = 4
_PART_FORBIDDEN = 0.005
# Changes that an agent is told to make, each time.
_TOLD = 2
# Removals of the whole object, and of what names it.
_REMOVALS = 2
# Times that arguments are drawn until a text is among them.
_DRAWS = 6


class Place(StrEnum):
    """Standing of a person in a share while they write; only an editor may."""

    OFFERED = "offered"
    READER = "reader"
    NEIGHBOUR = "reader beside an editor of nearly the same name"
    EDITOR = "editor"
    DEMOTED = "demoted"
    FORMER = "former"
    FORMER_OWNER = "former owner"


def place_by(rule: Share) -> Place:
    """Return where a person stands to whom a rule has given something."""
    return Place.EDITOR if rule.change else Place.READER


def stores_inside(example: ExampleRun, draw: Draw, offer: Offer, actor: Actor) -> list[PlannedCall]:
    """Return a call that stores something in the object, if there is an operation that does.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What was offered.
        actor: Who stores.
    """
    policy = example.history.policy
    # What takes nothing but what it is stored in, and words, makes something there as well.
    inner = [
        each
        for each in makers(example)
        if len(required_references(each)) == 1
        and stores_anew(each)
        and not (policy is not None and policy.arranges(each.name))
    ]
    found = _storing_inside(example, offer, inner)
    if not found:
        return []
    operation = example.least_chosen_operation(draw, "taken back in", found)
    return [_inside(example, draw, operation, offer, actor)]


def _storing_inside(
    example: ExampleRun, offer: Offer, others: Sequence[Operation] = ()
) -> list[Operation]:
    """Return the operations that store something in an object of the kind that was offered."""
    shared = kind_of_argument(offer.rule.object, offer.call.operation)
    return [
        each
        for each in (*example.capabilities.creators, *others)
        if any(kind_of_argument(one.name, each.name) == shared for one in references(each))
    ]


def _inside(
    example: ExampleRun, draw: Draw, operation: Operation, offer: Offer, actor: Actor
) -> PlannedCall:
    """Return the call by which a user stores something in the object."""
    shared = kind_of_argument(offer.rule.object, offer.call.operation)
    given = without_key(operation, example.plan_own(draw, operation, actor).arguments)
    for each in references(operation):
        if kind_of_argument(each.name, operation.name) == shared:
            given[each.name] = as_taken_by(each, offer.target)
    return PlannedCall(actor, operation.name, given)


def writes_by_person(
    example: ExampleRun,
    draw: Draw,
    offer: Offer,
    inside: Sequence[str],
    place: Place,
    *,
    removals: bool = True,
) -> list[PlannedCall]:
    """Return changes by the person, some of whom may make them and some not.

    What a place forbids is tried once with each operation, in the order in which they are found,
    before any of them is tried again: to forbid one and not the next is what goes wrong.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What was offered.
        inside: Ids of what is stored in the object.
        place: Where the person stands in the share.
        removals: Whether who may only read tries to remove the object as well.
    """
    may = place is Place.EDITOR
    storing = _storing_inside(example, offer)
    chosen = _least_tried(example, f"shared store {place}", storing, 1 if may else len(storing))
    planned = [_inside(example, draw, each, offer, offer.person) for each in chosen]
    for target in [*inside[-1:], offer.target]:
        changing = _changes(example, offer, target)
        number = _WRITES if may else _untried(example, f"shared write {place}", changing)
        chosen = _least_tried(example, f"shared write {place}", changing, number)
        planned += [_on(example, draw, each, offer, target) for each in chosen]
    # Where it is allowed, nothing is left to be read.
    if not may or draw(st.integers(0, 3)) == 3:
        for target in inside[-1:]:
            deleting = _removals(example, offer, target)
            number = 1 if may else len({each.surface for each in deleting})
            chosen = _least_tried(example, f"shared delete {place}", deleting, number)
            planned += [_on(example, draw, each, offer, target) for each in chosen]
    if removals and not may:
        removing = _removals(example, offer, offer.target)
        chosen = _least_tried(example, f"shared remove {place}", removing, _REMOVALS)
        planned += [_on(example, draw, each, offer, offer.target) for each in chosen]
    return planned


def told_writes(
    example: ExampleRun, draw: Draw, offer: Offer, inside: Sequence[str], place: Place
) -> list[PlannedCall]:
    """Return the changes that the person's agent was told to make least.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What was offered.
        inside: Ids of what is stored in the object.
        place: Where the person stands in the share.
    """
    tools, person = example.capabilities.tools, offer.person
    storing = [each for each in _storing_inside(example, offer) if each in tools]
    planned = [_inside(example, draw, each, offer, person) for each in storing]
    for target in [*inside[-1:], offer.target]:
        possible = [*_changes(example, offer, target)]
        if place is not Place.EDITOR:
            possible += _removals(example, offer, target)
        planned += [_on(example, draw, e, offer, target) for e in possible if e in tools]
    by_name = {each.operation: each for each in reversed(planned)}
    operations = [example.state.executor.operations[each] for each in reversed(by_name)]
    chosen = _least_tried(example, f"shared told {place}", operations, _TOLD)
    return [by_name[each.name] for each in chosen]


def _changes(example: ExampleRun, offer: Offer, target: str) -> list[Operation]:
    """Return the operations that change an object and do not remove it."""
    return [
        each
        for each in example.mutating_operations_on(offer.owner, target)
        if not deletes(each.name) and not each.conversational
    ]


def _removals(example: ExampleRun, offer: Offer, target: str) -> list[Operation]:
    """Return the operations that remove an object, or what names it."""
    return [
        each for each in example.mutating_operations_on(offer.owner, target) if deletes(each.name)
    ]


def _untried(example: ExampleRun, what: str, operations: Sequence[Operation]) -> int:
    """Return how many operations have not been tried, as far as calls allow; else a few."""
    untried = sum(not example.state.choices[what, each.name] for each in operations)
    return max(_FORBIDDEN, min(untried, int(_PART_FORBIDDEN * example.state.calls)))


def _least_tried(
    example: ExampleRun, what: str, operations: Sequence[Operation], number: int
) -> list[Operation]:
    """Return that many of the operations, those tried least first, by every surface in turn.

    What one service still remembers shows by the surface that it serves alone.
    """
    tried, met = example.state.choices, Counter[str]()
    turns: list[tuple[int, int, Operation]] = []
    for each in sorted(operations, key=lambda one: tried[what, one.name]):
        turns.append((tried[what, each.name], met[each.surface], each))
        met[each.surface] += 1
    chosen = [each for _, _, each in sorted(turns, key=lambda one: one[:2])][:number]
    tried.update((what, each.name) for each in chosen)
    return chosen


def _on(
    example: ExampleRun, draw: Draw, operation: Operation, offer: Offer, target: str
) -> PlannedCall:
    """Return a call by the person on an object of the owner's.

    It says something new, and does not move the object: who may change it may not always move
    it, and a call that says nothing changes nothing.
    """
    texts = {each.name for each in operation.parameters if each.role is Role.TEXT}
    moving = {each.name for each in references(operation) if not each.required}
    for _ in range(_DRAWS):
        planned = example.plan(
            draw,
            operation,
            offer.person,
            sources=(offer.owner.name,),
            hostile=False,
            target=target,
        )
        if not texts or texts & set(planned.arguments):
            break
    kept = {
        name: value
        for name, value in planned.arguments.items()
        if name not in moving or value == target
    }
    # The key of an earlier call would have this one do nothing.
    given = without_key(operation, kept)
    return replace(planned, arguments={**given, **_about_another(example, operation, offer)})


def _about_another(example: ExampleRun, operation: Operation, offer: Offer) -> dict[str, Any]:
    """Return whom a call that shares, or ends sharing, is about: not the person, who may leave."""
    policy = example.history.policy
    rules = [e for e in (policy.shares if policy is not None else ()) if e.concerns(operation.name)]
    third = [each for each in example.members if each not in (offer.owner, offer.person)]
    if matches(offer.rule.ends, operation.name):
        whom = offer.owner
    elif third and any(matches(e.opens, operation.name) for e in rules if not e.members):
        whom = third[0]
    else:
        whom = offer.person
    people = {last_name(each.person) for each in rules}
    named = [each for each in operation.parameters if last_name(each.name) in people]
    return {each.name: as_taken_by(each, name_of(example, each, whom)) for each in named}


def with_a_key(
    example: ExampleRun, draw: Draw, planned: Sequence[PlannedCall]
) -> list[PlannedCall]:
    """Return the calls, the first that can have an idempotency key with a new one.

    What is repeated under its key may be answered with what it was answered first.
    """
    found = list(planned)
    for place, each in enumerate(found):
        if key := example.key_of(each):
            given = {**each.arguments, key: str(draw(st.uuids(version=4)))}
            found[place] = replace(each, arguments=given)
            break
    return found


def keyed_first(example: ExampleRun, planned: Sequence[PlannedCall]) -> list[PlannedCall]:
    """Return the calls that were made under a key, and then the others."""
    return sorted(planned, key=lambda each: example.key_of(each) not in each.arguments)
