"""A request whose body is missing or cut, right after another user's whole one.

A buffer that is reused and not cleared, or a body that is parsed to where the last one ended, gives
the second request what the first one said. What reads bodies stands before all operations of a
surface: one that stores something shows it.
"""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Sending
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.operation import Operation

_COUNT = "bodies broken"


class BrokenBody:
    """Has one user store something, and another send the same call without its body, or half."""

    name = "broken_body"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether anything is stored."""
        return bool(_storing(example))

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Break a body in both ways on each surface, by what was chosen least there."""
        storing = _storing(example)
        for surface in sorted({each.surface for each in storing}):
            if example.over or example.state.stopped():
                return
            here = [each for each in storing if each.surface == surface]
            operation = example.least_chosen_operation(draw, self.name, here)
            first: Actor = draw(st.sampled_from(example.members))
            second = example.other_member(draw, first)
            for sending in (Sending(body="empty"), Sending(body="cut")):
                # Just before: a buffer holds the latest.
                example.execute(example.plan_own(draw, operation, first))
                asked = example.plan_own(draw, operation, second).arguments
                example.execute_spoilt(PlannedCall(second, operation.name, asked, sending=sending))
                example.state.situations[_COUNT] += 1


def _storing(example: ExampleRun) -> list[Operation]:
    """Return what stores something, and what asks a model: both send a body."""
    return [*example.capabilities.creators, *example.capabilities.chats]
