"""Two users read the same listing page by page in turn, and others use the first one's cursor.

A cursor may lead to its owner's rows whoever shows it. What a listing has kept for its later pages
may be what another user's first page left there: it shows only where the pages of two users are
read in turn, by the same words.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.provision import Provision
from crosstalk.generator.examples.readings import cursors_in
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import Draw, HypothesisChoice
from crosstalk.generator.values.texts import COMMON_WORD
from crosstalk.surface.capabilities import required_references, smallest_page
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.patterns import admits

# Listings that are tried the first time, at most.
_AT_FIRST = 16


class ForeignCursor:
    """Continues a listing as another user, and as its owner after another has begun it."""

    name = "foreign_cursor"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any listing is paged."""
        return bool(example.capabilities.paged)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Read one listing in turn; the first time every one that both users can read.

        Whoever stored last begins, so that the other's rows come after the cursor.
        """
        owner: Actor = draw(st.sampled_from(example.members))
        other = example.other_member(draw, owner)
        made = example.state.choices
        unread = [each for each in example.capabilities.paged if not made[self.name, each.name]]
        if len(unread) > 1:
            for actor in (other, owner, owner):
                _store(example, draw, example.capabilities.creators, actor)
            for actor in (other, owner):
                _provide(example, draw, unread, actor)
        unread = [
            each for each in unread if _able(example, each, owner) and _able(example, each, other)
        ][:_AT_FIRST]
        for number in range(len(unread) or 1):
            if example.over or example.state.stopped():
                return
            among = unread[number : number + 1] or example.capabilities.paged
            operation = example.least_chosen_operation(draw, self.name, among)
            self._read_in_turn(example, draw, operation, (owner, other), store=len(unread) < 2)

    @staticmethod
    def _read_in_turn(
        example: ExampleRun,
        draw: Draw,
        operation: Operation,
        readers: tuple[Actor, Actor],
        *,
        store: bool,
    ) -> None:
        """Get a cursor as one user, begin as another, and use the cursor as all users.

        What stands inside an object is read of one's own: the cursor may name the object, too.
        """
        owner, other = readers
        asked = small_page(example, draw, operation, owner)
        fresh = cursors_in(example.execute(asked).answer)
        if not fresh and store:
            # There is not enough for a second page.
            creators = example.capabilities.creators_on(operation) or example.capabilities.creators
            _store(example, draw, creators, owner)
            fresh = cursors_in(example.execute(asked).answer)
        if not fresh:
            return
        like = None if required_references(operation) else asked
        example.execute(small_page(example, draw, operation, other, None, like))
        further = [small_page(example, draw, operation, owner, fresh[-1], asked)]
        further += [
            small_page(example, draw, operation, each, fresh[-1], like)
            for each in example.members
            if each is not owner and _able(example, operation, each)
        ]
        example.execute_all(further)


def _able(example: ExampleRun, operation: Operation, actor: Actor) -> bool:
    """Return whether a user has an object for everything that a listing must name."""
    return all(
        example.pool.references(actor.name, each, operation.name, guess=False)
        for each in required_references(operation)
    )


def _provide(example: ExampleRun, draw: Draw, listings: Sequence[Operation], actor: Actor) -> None:
    """Have a user make what these listings must name and what they have none of."""
    drawer = example.drawer_by(HypothesisChoice(draw), HonestDrawer)
    provision = Provision.by(example, drawer)
    for each in listings:
        if not _able(example, each, actor):
            provision.for_call(each, actor)
    if not all(_able(example, each, actor) for each in listings):
        # A conversation begins with its first question.
        _store(example, draw, example.capabilities.chats, actor)


def _store(example: ExampleRun, draw: Draw, creators: Sequence[Operation], actor: Actor) -> None:
    """Have a user store one of each kind."""
    example.execute_all([example.plan_own(draw, each, actor) for each in creators])


def small_page(
    example: ExampleRun,
    draw: Draw,
    operation: Operation,
    actor: Actor,
    cursor: str | None = None,
    like: PlannedCall | None = None,
) -> PlannedCall:
    """Return a call for the smallest page, from the beginning or from a cursor on.

    Args:
        example: The example.
        draw: Draws from a strategy.
        operation: A listing.
        actor: Who reads.
        cursor: Where to continue.
        like: A call whose other arguments are repeated.
    """
    arguments = dict(
        like.arguments if like is not None else example.plan_own(draw, operation, actor).arguments
    )
    for each in operation.parameters:
        if each.role is Role.IDENTITY and (each.required or each.name in arguments):
            arguments[each.name] = example.history.subjects[actor.claims]
        elif each.role is Role.CURSOR:
            arguments.pop(each.name, None)
            if cursor is not None:
                arguments[each.name] = cursor
        elif like is None and not each.required:
            # A filter may leave nothing for a second page.
            arguments.pop(each.name, None)
        elif like is None and each.role is Role.QUERY and admits(each.schema, COMMON_WORD):
            # A text of one object's own finds that alone.
            arguments[each.name] = COMMON_WORD
    return PlannedCall(actor, operation.name, {**arguments, **smallest_page(operation)})
