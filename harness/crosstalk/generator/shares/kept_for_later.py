"""Cursors and offers from the time of a share, used by its person once it has ended.

A cursor may be taken for the permission that its first page needed, and an offer that rests on a
membership may be accepted when there is none any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from crosstalk.core.history import Outcome
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.readings import cursors_in
from crosstalk.generator.shares.offers import (
    Offer,
    accept_offer,
    next_way,
    offer_call,
    operations_of,
)
from crosstalk.generator.shares.shared_readings import about_one_of, shared_readings
from crosstalk.generator.shares.shared_writes import stores_inside
from crosstalk.generator.values.choice import Draw
from crosstalk.generator.values.texts import COMMON_WORD
from crosstalk.surface.capabilities import required_references, smallest_page
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.patterns import admits

# Lists whose second page is kept for later: of the object alone, and of all that a person sees.
_OF_OBJECT, _OF_ALL = 3, 1
# Under which it is counted that a list was chosen.
_CHOSEN = "begun for later"
# Readings after an offer was accepted that had no right to be.
_READINGS = 4


@dataclass(frozen=True, slots=True)
class KeptForLater:
    """Calls and offers that a member can still try when their share has ended.

    Attributes:
        further: Calls that go on where their lists went on.
        pending: Offers that rest on the share, and are not accepted yet.
    """

    further: Sequence[PlannedCall]
    pending: Sequence[Offer]


def keep_for_later(example: ExampleRun, draw: Draw, offer: Offer) -> KeptForLater:
    """Have a member begin the object's lists, and be offered what only members are.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What the person accepted.
    """
    return KeptForLater(_begun_lists(example, draw, offer), _pending_offers(example, draw, offer))


def use_what_was_kept(example: ExampleRun, draw: Draw, offer: Offer, kept: KeptForLater) -> None:
    """Have the former member go on with their lists, and accept what was offered to a member."""
    example.execute_all(kept.further)
    example.judge_soon(after=1)
    for each in kept.pending:
        if example.over:
            return
        accept_offer(example, draw, each, ended=True)
        asked = shared_readings(example, draw, [offer.target], offer.owner, offer.person)
        example.execute_all(asked[:_READINGS])
        example.judge_soon(after=1)


def _begun_lists(example: ExampleRun, draw: Draw, offer: Offer) -> list[PlannedCall]:
    """Have the person read the smallest first pages; return the calls for the second ones."""
    lists = [each for each in example.capabilities.paged if not each.conversational]
    named = {each.name: about_one_of(each, [offer.target], example, offer.owner) for each in lists}
    possible = [
        each
        for each in lists
        if all(one.name in named[each.name] for one in required_references(each))
    ]
    of_object = [each for each in possible if named[each.name]]
    of_all = [each for each in possible if not required_references(each)]
    some = partial(example.least_chosen_operations, draw, _CHOSEN)
    chosen = [(each, named[each.name]) for each in some(of_object, _OF_OBJECT)]
    chosen += [(each, {}) for each in some(of_all, _OF_ALL)]
    if not chosen:
        return []
    # One that is older than the first page, whatever else was stored there or removed.
    example.execute_all([one for _ in range(2) for one in _stored(example, draw, offer)])
    found = []
    for operation, about in chosen:
        asked = _first_page(example, draw, operation, offer, about)
        cursor = operation.parameter(Role.CURSOR)
        fresh = cursors_in(example.execute(asked).answer)
        if cursor is not None and fresh:
            further = {**asked.arguments, cursor.name: fresh[-1]}
            found.append(PlannedCall(offer.person, operation.name, further))
    return found


def _stored(example: ExampleRun, draw: Draw, offer: Offer) -> list[PlannedCall]:
    return stores_inside(example, draw, offer, offer.owner)


def _first_page(
    example: ExampleRun, draw: Draw, operation: Operation, offer: Offer, about: dict[str, Any]
) -> PlannedCall:
    """Return the call for the smallest page of a list, narrowed to the object where it can be."""
    own = example.plan_own(draw, operation, offer.person).arguments
    needed = {each.name: own[each.name] for each in operation.parameters if each.name in own}
    for each in operation.parameters:
        if each.role is Role.CURSOR or (not each.required and each.role is not Role.IDENTITY):
            # A filter may leave nothing for a second page.
            needed.pop(each.name, None)
        elif each.role is Role.QUERY and admits(each.schema, COMMON_WORD):
            needed[each.name] = COMMON_WORD
    given = {**needed, **about, **smallest_page(operation)}
    return PlannedCall(offer.person, operation.name, given)


def _pending_offers(example: ExampleRun, draw: Draw, offer: Offer) -> list[Offer]:
    """Have the owner offer the member what only members are offered; they do not accept it yet."""
    policy, found = example.history.policy, []
    for rule in policy.shares if policy is not None else ():
        opening = operations_of(example, rule.opens)
        if not (rule.members and rule.accept and opening) or rule.object != offer.rule.object:
            continue
        operation = next_way(example, draw, "offered to a member by", opening)
        planned = offer_call(
            example, draw, rule, operation, offer.owner, offer.person, target=offer.target
        )
        call = example.execute(planned) if planned is not None else None
        if call is not None and call.answer.outcome is Outcome.OK:
            found.append(Offer(rule, offer.target, offer.owner, offer.person, "", call))
    return found
