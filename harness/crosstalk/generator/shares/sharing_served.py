"""Service of what shares things: offered, accepted, given another role, taken back, declined.

The owner of an object alone can serve none of these calls: whoever accepts is another user, and a
member to be removed has to be one. A few calls serve them all, on each surface that has them.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from random import Random

from crosstalk.core.history import Actor
from crosstalk.core.policy import Share
from crosstalk.core.policy.model import matches
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offers import (
    accept_offer,
    change_role,
    end_offer,
    make_offer,
    names_person,
    never_served,
    operations_of,
)
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.operation import Operation


def by_sharing_alone(example: ExampleRun, operation: Operation) -> bool:
    """Return whether an operation serves only those between whom something is shared."""
    policy = example.history.policy
    shares = policy.shares if policy is not None else ()
    offered = any(not each.members and matches(each.opens, operation.name) for each in shares)
    return not offered and any(
        matches(each.accept, operation.name)
        or (each.members and matches(each.opens, operation.name))
        or (matches(each.ends, operation.name) and any(map(names_person, operation.parameters)))
        for each in shares
        if each.object
    )


def serve_sharing(
    example: ExampleRun, random: Random, owner: Actor, person: Actor, surfaces: Collection[str]
) -> None:
    """Have two users go through what these surfaces have for sharing, once.

    Args:
        example: In which they act.
        random: Makes the choices.
        owner: Offers an object.
        person: Accepts it.
        surfaces: Names of the surfaces on which it is offered.
    """
    policy = example.history.policy
    for rule in policy.shares if policy is not None else ():
        if not rule.object or rule.members:
            continue
        for operation in operations_of(example, rule.opens):
            concerned = [
                each
                for each in example.capabilities.protected
                if rule.concerns(each.name) and by_sharing_alone(example, each)
            ]
            over = example.over or example.state.stopped()
            if operation.surface in surfaces and never_served(example, concerned) and not over:
                drawn_once(partial(_serve, example, rule, operation, owner, person), random)


def _serve(
    example: ExampleRun,
    rule: Share,
    operation: Operation,
    owner: Actor,
    person: Actor,
    draw: Draw,
) -> None:
    offer = make_offer(example, draw, rule, operation, owner, person)
    if offer is None:
        return
    accept_offer(example, draw, offer)
    policy = example.history.policy
    for other in policy.shares if policy is not None else ():
        if other.members and not other.transfers and other.object == rule.object:
            change_role(example, draw, offer, other)
    end_offer(example, draw, offer, owner, personal=True)
    if rule.accept:
        # It is left open, so that others can ask for it.
        make_offer(example, draw, rule, operation, owner, person, target=offer.target)
