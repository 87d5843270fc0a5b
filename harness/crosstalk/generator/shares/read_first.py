"""Lists that a member reads first of all with some values, and a stranger after them.

A statement, or a page, that is kept under the values it was asked with may keep who asked. Every
user reads whole pages, so that what is kept for these was kept before anything was shared.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offers import Offer
from crosstalk.generator.shares.shared_readings import about_one_of
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import page_size, required_references, unusual_sizes
from crosstalk.surface.operation import Operation, Role

# Lists that are read so, each time: of what is stored in the object, and others.
_OF_OBJECT, _OTHERS = 2, 1
# Under which it is counted that a list was chosen.
_CHOSEN = "read first"


def read_first_by_a_member(example: ExampleRun, draw: Draw, offer: Offer, stranger: Actor) -> None:
    """Have the member read lists with values that no user has given yet, and then a stranger.

    Args:
        example: The example.
        draw: Draws from a strategy.
        offer: What the member was given.
        stranger: A user who has no share in it.
    """
    lists = [
        each
        for each in example.capabilities.own_lists
        if not required_references(each) and page_size(each) is not None
    ]
    # What can be narrowed to the object lists what is stored in it.
    inside = [each for each in lists if about_one_of(each, [offer.target], example, offer.owner)]
    others = [each for each in lists if each not in inside]
    for operation in (
        *example.least_chosen_operations(draw, _CHOSEN, inside, _OF_OBJECT),
        *example.least_chosen_operations(draw, _CHOSEN, others, _OTHERS),
    ):
        values = _new_values(example, draw, operation)
        if not values:
            continue
        for reader in (offer.person, stranger):
            asked = example.reading(operation, reader).arguments
            example.execute(PlannedCall(reader, operation.name, {**asked, **values}))
        example.judge_soon(after=1)
        if example.over:
            return


def _new_values(example: ExampleRun, draw: Draw, operation: Operation) -> dict[str, Any]:
    """Return optional arguments with a page size that was not given yet; none where all were."""
    size = page_size(operation)
    made = example.state.choices
    if size is None:
        return {}
    left = [each for each in unusual_sizes(size) if not made["page size", str(each)]]
    if not left:
        return {}
    number = draw(st.sampled_from(left))
    made["page size", str(number)] += 1
    values: dict[str, Any] = {size.name: number}
    # Every other time in an order, or of a state, as well: what is kept may be kept under both.
    if made["read first", operation.name] % 2 == 0:
        listed = [
            each
            for each in operation.parameters
            if not each.required and each.schema.get("enum") and each.role is Role.VALUE
        ]
        values |= {each.name: draw(st.sampled_from(each.schema["enum"])) for each in listed[:1]}
    return values
