"""Attempts to go beyond a share: reading beside it, and taking more rights."""

from __future__ import annotations

from collections.abc import Sequence

from crosstalk.core.policy import Share
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offers import (
    Offer,
    accept_offer,
    another_object,
    as_taken_by,
    change_role,
    make_offer,
    next_way,
    operations_of,
)
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import required_references

# Readings of what the owner did not share.
_BESIDE = 3


def read_beside(
    example: ExampleRun, draw: Draw, offer: Offer, inside: Sequence[str]
) -> list[PlannedCall]:
    """Return readings by the person of what the owner has, and did not share.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What was shared.
        inside: Ids of what is stored in it.
    """
    found: list[PlannedCall] = []
    details = list(example.capabilities.details)
    while details and len(found) < _BESIDE:
        operation = example.least_chosen_operation(draw, "read beside", details)
        details.remove(operation)
        (reference,) = required_references(operation)
        known = example.pool.references(offer.owner.name, reference, operation.name, guess=False)
        asked = example.reading(operation, offer.person).arguments
        for target in [each for each in known if each not in (offer.target, *inside)][-1:]:
            given = {**asked, reference.name: as_taken_by(reference, target)}
            found.append(PlannedCall(offer.person, operation.name, given))
    return found


def take_more_rights(example: ExampleRun, draw: Draw, offer: Offer) -> None:
    """Give a person who may only read more in another object, and have them take more in this one.

    What they write next is in this object, which they have no right to change.
    """
    policy = example.history.policy
    stronger = [
        each
        for each in (policy.shares if policy is not None else ())
        if each.change and not each.transfers and each.object == offer.rule.object
    ]
    plain = [each for each in stronger if not each.members]
    promoting = [each for each in stronger if each.members]
    if stronger:
        # Where a role is given to members alone, they are made members there first.
        other = _share_elsewhere(example, draw, offer, (plain or [offer.rule])[0])
        if other is not None and not plain:
            change_role(example, draw, other, promoting[0])
    for rule in promoting[:1]:
        change_role(example, draw, offer, rule, by=offer.person)


def _share_elsewhere(example: ExampleRun, draw: Draw, offer: Offer, rule: Share) -> Offer | None:
    """Share another object of the owner's with the person by a rule; None where none can be."""
    opening = operations_of(example, rule.opens)
    target = another_object(example, draw, offer, opening[0]) if opening else ""
    if not target:
        return None
    operation = next_way(example, draw, "offered elsewhere by", opening)
    other = make_offer(example, draw, rule, operation, offer.owner, offer.person, target=target)
    if other is not None:
        accept_offer(example, draw, other)
        example.state.situations["two roles of one person in two objects"] += 1
    return other
