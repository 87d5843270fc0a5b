"""Self-descriptions of a server, read again and again while users have secrets.

The lists of a protocol, its greeting, documents and usual undeclared paths: a user and a
stranger read them, and whatever they show of another user was never meant to be there.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Probe
from crosstalk.core.principals import ANONYMOUS
from crosstalk.core.verdict import surface_of
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.operation import Operation

_READINGS = 3
# The part of a campaign's calls that they may take, beside the first few.
_SHARE = 0.05
_FIRST = 16
DESCRIPTIONS_READ = "self-descriptions read"


class SelfDescription:
    """Has a user and a stranger read what the server says about itself."""

    name = "self_description"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether there is any, and it is time to read it again."""
        made = example.state.executor.calls_used
        read = example.state.situations[DESCRIPTIONS_READ]
        return bool(descriptive(example)) and read < _FIRST + _SHARE * made

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Have one user store something, and another and a stranger read a few of them."""
        actor: Actor = draw(st.sampled_from(example.members))
        creators = example.capabilities.creators
        if creators:
            creator = example.least_chosen_operation(draw, f"{self.name} after", creators)
            other = example.other_member(draw, actor)
            example.execute(example.plan_own(draw, creator, other))
        chosen = [
            example.least_chosen_operation(draw, self.name, descriptive(example))
            for _ in range(_READINGS)
        ]
        read_descriptions(example, chosen, actor)


def read_descriptions(
    example: ExampleRun,
    operations: Sequence[Operation],
    actor: Actor,
    probe: Probe | None = None,
) -> None:
    """Have one user and a stranger read what the server says about itself by these operations.

    Args:
        example: Under way.
        operations: The ones that describe the server.
        actor: The user.
        probe: Of the user's readings, where they stand inside a comparison of that user's.
    """
    # Few are shown to a stranger at all.
    for reader, part in ((actor, probe), (ANONYMOUS, None)):
        if example.over:
            return
        planned = [example.reading(each, reader, part) for each in operations]
        example.execute_all(planned)
        example.state.situations[DESCRIPTIONS_READ] += len(planned)
        example.judge_soon(after=1)


def read_lists_of_itself(
    example: ExampleRun, readings: Sequence[tuple[Operation, object]], actor: Actor
) -> None:
    """Have a user read what a protocol lists of itself, just after another has read objects by it:
    the description of a template or tool may be kept with what it showed last.

    Args:
        example: Under way.
        readings: What the other user has read.
        actor: The user.
    """
    surfaces = {surface_of(operation.name) for operation, _ in readings}
    lists = [
        each
        for each in descriptive(example)
        if surface_of(each.name) in surfaces and each.name.endswith("/list")
    ]
    example.execute_all([example.reading(each, actor) for each in lists])
    example.state.situations[DESCRIPTIONS_READ] += len(lists)


def descriptive(example: ExampleRun) -> list[Operation]:
    """Return the operations by which the server describes itself."""
    return [
        each
        for each in example.state.executor.operations.values()
        if each.descriptive and not each.unannounced
    ]
