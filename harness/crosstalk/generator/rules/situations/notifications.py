"""Users listen to what the server sends them of itself, while another user acts.

What is sent to one user's stream because of another's act, or to every stream, shows in no answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.core.principals import HIJACKER
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw

_LISTEN = "mcp:notifications"
_ACTS = 3
# The part of a campaign's calls that they may take, beside the first few.
_SHARE = 0.03
_FIRST = 16
_COUNT = "notifications listened for"


class Notifications:
    """Has every user listen, one user act, and every user listen again."""

    name = "notifications"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether the server has streams, and it is time to listen again."""
        made = example.state.executor.calls_used
        return bool(streams(example)) and example.state.situations[_COUNT] < _FIRST + _SHARE * made

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Have one user store and change a few things between the others' listening."""
        actor: Actor = draw(st.sampled_from(example.members))
        everyone = listeners(example)
        listen(example, everyone)
        capabilities = example.capabilities
        acting = [*capabilities.creators, *capabilities.mutates_by_id]
        for _ in range(_ACTS):
            operation = example.least_chosen_operation(draw, self.name, acting)
            example.execute(example.plan_own(draw, operation, actor))
        listen(example, everyone)


def listeners(example: ExampleRun) -> list[Actor]:
    """Return all users, and whoever holds another's session: they may hear what is meant for it."""
    return [*example.members, *(each for each in example.impostors if each == HIJACKER)]


def listen(example: ExampleRun, actors: Sequence[Actor]) -> None:
    """Have users take in what the server sent them, where it sends anything by itself."""
    for name in streams(example):
        operation = example.state.executor.operations[name]
        example.execute_all(
            [PlannedCall(each, name, example.with_identity(operation, each)) for each in actors]
        )
        example.state.situations[_COUNT] += len(actors)


def streams(example: ExampleRun) -> list[str]:
    """Return the operations that return what was pushed to their caller, with no more arguments."""
    return [
        name
        for name, each in example.state.executor.operations.items()
        if name == _LISTEN or (each.pushes and each.lists)
    ]
