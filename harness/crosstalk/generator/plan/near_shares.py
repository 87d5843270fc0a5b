"""Sharing among users with nearly equal names, once in each form of them.

What looks for an invitation, a member or a role by a pattern or without regard to case takes one
person for another only where both are there. An owner shares with one of two neighbours, and the
other tries what only the first may; then both are members, one of them gets a stronger role, and
loses their place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from crosstalk.core.history import Actor, Outcome
from crosstalk.core.neighbours import are_alike
from crosstalk.core.policy import Policy, Share
from crosstalk.execution.stopping import rule_errors_stop_the_run
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.shares.between_readings import between_readings
from crosstalk.generator.shares.offers import (
    Offer,
    accept_offer,
    change_role,
    end_offer,
    look_at_offer,
    make_offer,
    next_way,
    operations_of,
)
from crosstalk.generator.shares.shared_readings import shared_readings
from crosstalk.generator.shares.shared_writes import Place, stores_inside, writes_by_person
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import Capabilities

# Readings of a neighbour's, and changes that only the other one may make.
_READINGS, _WRITES = 4, 4
# Offers until one is not refused.
_TRIES = 3
# An owner and two neighbours.
_USERS = 3


class NearShares:
    """Makes one short example of each form of names, in which something is shared.

    Args:
        state: What it shares with the examples; each example has the next form.
        random: Makes the choices.
        forms: Returns how many of the next examples have each form once.
        policy: Says what shares.
    """

    def __init__(
        self, state: GeneratorState, random: Random, forms: Callable[[], int], policy: Policy
    ) -> None:
        self._state = state
        self._random = random
        self._forms = forms
        self._policy = policy
        self._capabilities = Capabilities.of(list(state.executor.operations.values()))

    def run(self) -> None:
        """Make them, of all forms."""
        plain = [each for each in self._policy.shares if each.object and not each.members]
        if len(self._state.principals.members) < _USERS or not plain:
            return
        for _ in range(self._forms()):
            if self._state.stopped():
                return
            with rule_errors_stop_the_run():
                example = ExampleRun(self._state, self._capabilities)
                if not are_alike(example.history.subjects):
                    continue
                try:
                    drawn_once(partial(self._one, example, plain), self._random)
                    if not example.over:
                        example.judge()
                finally:
                    example.end()

    def _one(self, example: ExampleRun, plain: list[Share], draw: Draw) -> None:
        """Share with one neighbour, then with both, and give one of them more."""
        first, second, owner = example.members[:_USERS]
        weak = min(plain, key=lambda each: each.change)
        promoting = [
            each
            for each in self._policy.shares
            if each.members and each.change and not each.transfers and each.object == weak.object
        ]
        stronger = [each for each in plain if each.change and each.object == weak.object]
        # Where no member is given more, one has more from the beginning.
        rule = weak if promoting or not stronger else stronger[0]
        offer = _offered(example, draw, rule, owner, first)
        if offer is None:
            return
        example.state.situations["shares among nearly equal users"] += 1
        stored = example.execute_all(stores_inside(example, draw, offer, owner))
        inside = [
            str(call.answer.body["id"])
            for call in stored
            if call.answer.outcome is Outcome.OK
            and isinstance(call.answer.body, dict)
            and "id" in call.answer.body
        ]
        if rule.accept:
            look_at_offer(example, draw, offer, by=[second])
            accept_offer(example, draw, offer, by=second)
            accept_offer(example, draw, offer)
        asked = shared_readings(example, draw, [offer.target, *inside], owner, second)
        example.execute_all(asked[:_READINGS])
        example.judge_soon(after=1)
        if not example.over:
            self._both(example, draw, offer, weak, promoting, inside)

    @staticmethod
    def _both(
        example: ExampleRun,
        draw: Draw,
        offer: Offer,
        weak: Share,
        promoting: list[Share],
        inside: list[str],
    ) -> None:
        """Share with the other one as well, and have them try what only the first may."""
        owner, second = offer.owner, example.members[1]
        other = _offered(example, draw, weak, owner, second, target=offer.target)
        if other is not None:
            accept_offer(example, draw, other)
            for rule in promoting[:1]:
                change_role(example, draw, offer, rule)
            if not weak.change:
                changes = writes_by_person(
                    example, draw, other, inside, Place.NEIGHBOUR, removals=False
                )
                between_readings(example, draw, other, inside, changes[:_WRITES])
            example.judge_soon(after=1)
        if example.over or not end_offer(example, draw, offer, owner, personal=True):
            return
        # The other one is a member still.
        asked = shared_readings(example, draw, [offer.target, *inside], owner, offer.person)
        example.execute_all(asked[:_READINGS])


def _offered(
    example: ExampleRun, draw: Draw, rule: Share, owner: Actor, person: Actor, target: str = ""
) -> Offer | None:
    """Return an offer; what was drawn for one may be refused, and each form has one example."""
    opening = operations_of(example, rule.opens)
    for _ in range(_TRIES if opening else 0):
        operation = next_way(example, draw, "shared with a neighbour by", opening)
        offer = make_offer(example, draw, rule, operation, owner, person, target=target)
        if offer is not None or example.state.stopped():
            return offer
    return None
