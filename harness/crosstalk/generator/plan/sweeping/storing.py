"""Storing of what users have before anything is reached for."""

from __future__ import annotations

from collections.abc import Sequence

from crosstalk.core.object_kinds import kind_named
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.plan.sweeping.context import PassContext
from crosstalk.generator.shares.sharing_served import by_sharing_alone, serve_sharing
from crosstalk.generator.survey.switches import fill_empty_lists
from crosstalk.surface.capabilities import (
    acts_by_word,
    references,
    removes,
    required_references,
)
from crosstalk.surface.operation import Operation, Role

# Objects that a victim stores more than the attacker has, where their ids are the same.
_MORE = 3


def store(context: PassContext) -> None:
    """Have every user store something, the victim more where an operation takes several."""
    capabilities, creators = context.capabilities, context.creators()
    several = any(each.many for operation in context.wanted() for each in references(operation))
    for operation in creators:
        for actor in context.example.members:
            context.use(operation, actor)
        for _ in range(several or _has_options(operation)):
            # The first of all is stored without what is optional.
            context.use(operation, context.victim)
    for chat in capabilities.chats:
        if chat.surface in context.surfaces:
            for actor in (context.victim, context.attacker):
                context.use(chat, actor)
    _store_elsewhere(context, creators)
    _store_what_is_not_the_attackers(context, creators)


def share(context: PassContext) -> None:
    """Have the victim share something with a third user, where what shares was not served."""
    others = [e for e in context.example.members if e not in (context.victim, context.attacker)]
    for person in others[:1] or [context.attacker]:
        serve_sharing(context.example, context.random, context.victim, person, context.surfaces)


def _store_elsewhere(context: PassContext, done: Sequence[Operation]) -> None:
    """Have the victim store what stands inside another object, or what only another protocol,
    or a model, can make.
    """
    changing = [
        each
        for each in context.capabilities.protected
        if each.surface in context.surfaces
        and not (each.reads_only or each.conversational or removes(each))
        and each not in done
        and not by_sharing_alone(context.example, each)
    ]
    # A line stands inside an invoice. An order may take no text, but so does what scraps a car.
    # What acts on all that has a word may close what others would stand in.
    makers = sorted(
        changing,
        key=lambda each: (
            acts_by_word(each),
            not _has_content(each),
            len(required_references(each)),
        ),
    )
    makers += [
        each
        for each in (*context.capabilities.creators, *context.capabilities.chats)
        if each not in done and each.surface not in context.surfaces
    ]
    if any(context.newest(*each) is None for each in context.named()):
        # An order names an item of a catalogue: its number has to be known.
        for operation in context.capabilities.protected:
            if operation.surface in context.surfaces and operation.lists:
                context.example.execute(context.example.reading(operation, context.victim))
    for operation, parameter in context.named():
        while makers and not context.example.pool.references(
            context.victim.name, parameter, operation.name, guess=False, new=True
        ):
            context.use(makers.pop(0), context.victim, tries=2)
    wanted = {
        kind_named(parameter.name, operation.name)
        for operation, parameter in context.named()
        if context.newest(operation, parameter) is None
    }
    if wanted and not context.ended:
        # What nothing creates may begin with one value of an act: an incident with a failure.
        users = Arrangement(context.example, context.random, context.victim, context.attacker)
        fill_empty_lists(users, context.victim, wanted)


def _store_what_is_not_the_attackers(context: PassContext, creators: Sequence[Operation]) -> None:
    """Have the victim store more where each user's objects are numbered from 1."""
    for _ in range(_MORE):
        alike = [
            (operation, parameter)
            for operation, parameter in context.named()
            if context.newest(operation, parameter) is not None
            and context.target(operation, parameter) is None
        ]
        for operation in creators if alike else ():
            context.use(operation, context.victim, tries=1)


def _has_content(operation: Operation) -> bool:
    """Return whether an operation takes anything beside objects."""
    return any(each.role in (Role.TEXT, Role.VALUE) for each in operation.parameters)


def _has_options(operation: Operation) -> bool:
    """Return whether an operation takes anything that need not be given."""
    formed = (Role.TEXT, Role.VALUE)
    return any(not each.required and each.role in formed for each in operation.parameters)
