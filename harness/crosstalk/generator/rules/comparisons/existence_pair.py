"""One call with another user's id, and the same call with an id that no object has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal
from uuid import UUID

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Outcome, Probe
from crosstalk.core.identifiers import (
    is_short_id,
    map_markers,
    marker,
    marker_number,
    markers_in,
    missing_like,
)
from crosstalk.core.object_kinds import kind_named
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.provision import Provision
from crosstalk.generator.values.arguments import ArgumentDrawer
from crosstalk.generator.values.choice import Draw, HypothesisChoice
from crosstalk.surface.capabilities import (
    is_outermost,
    parts_of_places,
    required_references,
)
from crosstalk.surface.operation import Operation, Parameter, Role

# Of the 32 bits of a word's number those that words of one time have in common.
_NEAR = 0xFFFF_FF00


class ExistencePair:
    """Compares foreign ids with missing ones, parameter by parameter."""

    name = "existence_pair"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any parameter can name an object."""
        return bool(example.capabilities.comparable)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Make some pairs of calls: two calls settle one parameter."""
        pairs = example.capabilities.comparable
        for _ in range(draw(st.integers(4, 8))):
            actor = draw(st.sampled_from(example.members))
            victim = example.other_member(draw, actor)
            known = [
                (operation, each)
                for operation, each in pairs
                if example.pool.references(victim.name, each, operation.name)
            ]
            if not known:
                continue
            operation, parameter = example.least_chosen(
                draw, self.name, known, lambda each: (each[0].name, each[1].name)
            )
            owner, calls = comparison(example, draw, actor, victim, operation, parameter)
            # An answer to the owner may be cached for the next caller.
            if owner is not None and operation.reads_only and draw(st.integers(0, 3)) > 0:
                example.execute(owner)
            for each in calls:
                example.execute(each)
            # That the owner is served shows that the id is one of that operation's.
            if owner is not None and not operation.reads_only and draw(st.booleans()):
                example.execute(owner)


def comparison(
    example: ExampleRun,
    draw: Draw,
    actor: Actor,
    victim: Actor,
    operation: Operation,
    parameter: Parameter,
) -> tuple[PlannedCall | None, list[PlannedCall]]:
    """Return one call with an id of the victim, and the same with one that no object has.

    Returns:
        How the owner makes that call, and the two calls; none where the victim has no such object.
    """
    known = comparable_ids(example, actor, victim, operation, parameter)
    if not known:
        return None, []
    theirs = draw(st.sampled_from(known))
    # An item is looked for in its thread: where both are named, both may have to be foreign.
    joint = len(required_references(operation)) > 1 and draw(st.booleans())
    drawer = example.drawer_by(HypothesisChoice(draw))
    foreign, missing = pair(
        example, drawer, actor, victim, operation, parameter, theirs, joint=joint
    )
    identity = {
        name: subject
        for name, subject in example.with_identity(operation, victim).items()
        if name in foreign.arguments
    }
    by_owner = PlannedCall(victim, operation.name, {**foreign.arguments, **identity})
    calls = [foreign, missing]
    if draw(st.booleans()):
        # Whatever comes first may take longer for that alone.
        calls.reverse()
    return by_owner, calls


def pair(
    example: ExampleRun,
    drawer: ArgumentDrawer,
    actor: Actor,
    victim: Actor,
    operation: Operation,
    parameter: Parameter,
    theirs: str,
    *,
    joint: bool,
    alone: bool = False,
) -> tuple[PlannedCall, PlannedCall]:
    """Return a call that names an object of the victim, and the same with one that does not exist.

    Args:
        example: The example.
        drawer: Draws the other arguments.
        actor: Who makes both calls.
        victim: Whose object it is.
        operation: What is called.
        parameter: Names the object.
        theirs: The object.
        joint: Whether all other objects that the call names are the victim's too.
        alone: Whether all others are the actor's own, those that stand in one place with it too.
    """
    if not joint:
        # A revision is looked for in an own page: there has to be one.
        Provision.by(example, drawer).for_call(operation, actor, but=parameter)
    shared = drawer.arguments(
        operation,
        actor,
        references=(victim.name if joint else "own",),
        hostile=False,
        target=theirs if joint else "",
        naming=parameter,
    )
    if not (joint or alone) and has_neighbours(operation, parameter):
        # What is moved stands in what it is moved from: both are the other's then.
        inner = drawer.arguments(
            operation,
            actor,
            references=(victim.name,),
            hostile=False,
            target=theirs,
            naming=parameter,
        )
        # Of two places one is the other's alone, with all that it is named by.
        places = parts_of_places(operation)
        place = places.get(parameter.name, "")
        shared |= {
            # Of a list the last is the victim's: one of the caller's own is not inside it.
            each.name: inner[each.name][-1:] if each.many else inner[each.name]
            for each in required_references(operation)
            if each.name in inner
            and not is_outermost(operation, each)
            and places.get(each.name, "") == place
        }
    # Two different calls under one key differ for that alone.
    keys = {each.name for each in operation.parameters if each.role is Role.KEY}
    shared = {name: value for name, value in shared.items() if name not in keys}
    unknown = unknown_like(theirs, drawer.choice.uuid(), parameter)
    number = example.next_probe()
    parts: tuple[tuple[Literal["foreign", "missing"], str], ...] = (
        ("foreign", theirs),
        ("missing", unknown),
    )
    foreign, missing = (
        PlannedCall(
            actor,
            operation.name,
            {**shared, parameter.name: [named] if parameter.many else named},
            Probe("existence", number, part, victim.name),
        )
        for part, named in parts
    )
    return foreign, missing


def has_neighbours(operation: Operation, parameter: Parameter) -> bool:
    """Return whether a call names more than one object inside another, one of them by it."""
    named = required_references(operation)
    return len(named) > 2 and parameter in named and not is_outermost(operation, parameter)


def behind_own(
    mine: Sequence[str], parameter: Parameter, planned: Sequence[PlannedCall], *, once: bool = False
) -> list[PlannedCall]:
    """Return the calls with an object of the caller's own before those that each lists.

    A check of the first one alone lets the others through. The call that names what does not exist
    comes first: as a rule it does nothing, and what the other one does is refused a second time.

    Args:
        mine: Objects of the caller's own, the newest last; without any the calls stay as they are.
        parameter: Takes a list.
        planned: The calls of a pair.
        once: Whether each of the calls gets another own object: what is removed can be named once.
    """
    if len(mine) < (len(planned) if once else 1):
        return list(planned)
    name = parameter.name
    own = list(mine[-len(planned) :]) if once else [mine[-1]] * len(planned)
    ordered = sorted(planned, key=lambda each: each.probe is None or each.probe.part != "missing")
    return [
        replace(each, arguments={**each.arguments, name: [first, *each.arguments[name]]})
        for each, first in zip(ordered, own, strict=True)
    ]


def unknown_like(theirs: str, identifier: str, parameter: Parameter) -> str:
    """Return what no object is called, of the form of an object's name.

    A word gets another word in place of its marker, and nothing is longer than the schema admits:
    what is refused for its length tells nothing of the other. The word is as near to what others
    have stored as the one in its place, whose number begins alike: a search by likeness finds the
    caller's own by either.
    """

    number = UUID(identifier).int % 2**32

    def with_words(alike: int) -> str:
        """Return it with words whose numbers have these bits of the others' numbers."""
        if not markers_in(theirs):
            return missing_like(theirs, identifier)
        return map_markers(
            theirs,
            lambda word: marker("missing", marker_number(word) & alike | number & ~alike),
        )

    unknown = with_words(_NEAR)
    schema = parameter.schema
    wanted = schema.get("items") if parameter.many else schema
    longest = wanted.get("maxLength") if isinstance(wanted, Mapping) else None
    if isinstance(longest, int) and len(theirs) <= longest < len(unknown):
        # The end alone may be that of a word that is stored.
        return with_words(0)[-longest:]
    return unknown


def comparable_ids(
    example: ExampleRun, actor: Actor, victim: Actor, operation: Operation, parameter: Parameter
) -> list[str]:
    """Return the victim's objects that the parameter can name and the actor's own are not."""
    if operation.reads_only and example.pool.names_users(parameter):
        # It is given a user, and no id that may fit.
        return []
    # What a public list shows is no user's, nor is any other id one of these.
    listed = example.state.knowledge.catalogue.values(parameter.name, operation.name)
    known = example.pool.references(victim.name, parameter, operation.name, guess=not listed)
    mine = example.pool.references(
        actor.user or actor.claims, parameter, operation.name, removed=True
    )
    # A number or name that both have, each for an object of their own, compares nothing.
    own = set(mine) if parameter.role is Role.NAME else set(filter(is_short_id, mine))
    # What was said in another user's words names that user's object as well.
    only = [each for each in known if example.pool.is_first_of(victim.name, each)]
    foreign = [each for each in only or known if each not in own]
    if operation.reads_only:
        foreign = _shown(example, victim, operation, parameter, foreign) or foreign
    return _with_companions(example, victim, operation, parameter, foreign) or foreign


def _shown(
    example: ExampleRun,
    owner: Actor,
    operation: Operation,
    parameter: Parameter,
    known: Sequence[str],
) -> list[str]:
    """Return the ids with which their owner was shown something: the others may be of other kinds,
    e.g. the slug of a hive beside the code of an inspection.
    """
    asked = {
        str(call.arguments.get(parameter.name))
        for call in example.history
        if call.operation == operation.name
        and call.actor.user == owner.user == call.actor.claims
        and call.answer.outcome is Outcome.OK
    }
    return [each for each in known if each in asked]


def not_used_up(
    example: ExampleRun,
    owner: Actor,
    operation: Operation,
    parameter: Parameter,
    known: Sequence[str],
) -> list[str]:
    """Return the objects with which a change was not made by their owner yet, if there are any.

    An invoice that is paid, or a voucher that is redeemed, is refused to any user.
    """
    if operation.reads_only:
        return list(known)
    used = {
        str(call.arguments.get(parameter.name))
        for call in example.history
        if call.operation == operation.name
        and call.actor.user == owner.user == call.actor.claims
        and call.answer.outcome is Outcome.OK
    }
    return [each for each in known if each not in used] or list(known)


def _with_companions(
    example: ExampleRun,
    victim: Actor,
    operation: Operation,
    parameter: Parameter,
    known: Sequence[str],
) -> list[str]:
    """Return those for which the victim has all else that the operation names: a part of a job."""
    others = [each for each in required_references(operation) if each.name != parameter.name]
    kind = kind_named(parameter.name, operation.name)
    return [
        one
        for one in known
        if all(
            example.pool.together.belonging(
                kind_named(other.name, operation.name),
                example.pool.references(victim.name, other, operation.name, guess=False),
                [(kind, one)],
            )
            for other in others
        )
    ]
