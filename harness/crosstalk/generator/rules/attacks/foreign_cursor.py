"""One user gets a small page, and others continue the listing with that user's cursor."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.choice import Draw
from crosstalk.generator.example_run import ExampleRun
from crosstalk.surface.capabilities import smallest_page
from crosstalk.surface.operation import Operation, Role


class ForeignCursor:
    """Continues a listing as another user."""

    name = "foreign_cursor"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any listing is paged."""
        return bool(example.capabilities.paged)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Get a cursor as one user, and use it as the others."""
        operation = example.least_chosen_operation(draw, self.name, example.capabilities.paged)
        owner: Actor = draw(st.sampled_from(example.members))
        asked = small_page(example, draw, operation, owner)
        fresh = _new_cursors(example, asked)
        if not fresh:
            # There is not enough for a second page.
            creators = example.capabilities.creators_on(operation) or example.capabilities.creators
            example.execute_all([example.plan_own(draw, each, owner) for each in creators])
            fresh = _new_cursors(example, asked)
        if not fresh:
            return
        example.execute_all(
            [
                small_page(example, draw, operation, each, fresh[-1], asked)
                for each in example.members
                if each is not owner
            ]
        )


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
    return PlannedCall(actor, operation.name, {**arguments, **smallest_page(operation)})


def _new_cursors(example: ExampleRun, asked: PlannedCall) -> list[str]:
    """Make a call; return the cursors that its caller did not have before."""
    user = asked.actor.user or asked.actor.claims
    known = set(example.pool.cursors(user))
    example.execute(asked)
    return [each for each in example.pool.cursors(user) if each not in known]
