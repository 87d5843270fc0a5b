"""Two users store something at once, and all read after a while.

What happens by itself a moment later, a title that is made, a cache that is filled or a job that
runs, happens to whoever comes up then. A campaign that calls without a pause never sees it.
"""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import Draw, HypothesisChoice
from crosstalk.surface.capabilities import references
from crosstalk.surface.operation import Operation

_COUNT = "waits before readings"
# Longer than what is kept, or put off, for a second.
_SECONDS = 1.3
_FIRST_AFTER, _CALLS_BETWEEN = 300, 900
_READINGS = 4


class Later:
    """Has users store something, wait, and read."""

    name = "later"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether it is time to wait again."""
        state = example.state
        made, waited = state.executor.calls_used, state.situations[_COUNT]
        return (
            bool(_storing(example))
            and bool(state.observations)
            and made >= _FIRST_AFTER + waited * _CALLS_BETWEEN
            and state.executor.seconds_left() > 10 * _SECONDS
        )

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Store as every user by one operation, wait, and have every user read a few lists."""
        operation = example.least_chosen_operation(draw, self.name, _storing(example))
        drawer = example.drawer_by(HypothesisChoice(draw), HonestDrawer)
        members = draw(st.permutations(example.members))
        for _ in range(2):
            example.execute_all(
                [
                    PlannedCall(
                        each,
                        operation.name,
                        drawer.arguments(operation, each, references=("own",), hostile=False),
                    )
                    for each in members
                ]
            )
        example.state.sleep(_SECONDS)
        server = operation.surface.partition("-")[0]
        lists = [
            each
            for each in example.state.observations
            if operation.conversational or each.surface.partition("-")[0] == server
        ]
        lists = lists or list(example.state.observations)
        for _ in range(min(_READINGS, len(lists))):
            reading = example.least_chosen_operation(draw, f"{self.name} read", lists)
            example.execute_all([example.reading(reading, each) for each in members])
        example.state.situations[_COUNT] += 1


def _storing(example: ExampleRun) -> list[Operation]:
    """Return what asks a model, whose work goes on after the answer, and what stores something."""
    creators = [each for each in example.capabilities.creators if not references(each)]
    return [*example.capabilities.chats, *(creators or example.capabilities.creators)]
