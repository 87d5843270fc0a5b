"""Calls of whoever is not the user they say: an impostor, once with each operation that is told who
calls, and a stranger without a credential.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from crosstalk.core.history import Actor, Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.arguments import ArgumentDrawer
from crosstalk.surface.capabilities import removes
from crosstalk.surface.operation import Operation, Role

NAME = "claimed identity"


def claims(
    example: ExampleRun,
    drawer: ArgumentDrawer,
    victim: Actor,
    surfaces: Collection[str],
    probe: Probe,
    *,
    only_reads: bool,
) -> Iterator[PlannedCall]:
    """Yield calls of a user who says in an argument or a path that they are the victim.

    Args:
        example: The example.
        drawer: Draws the arguments.
        victim: Whose identity is claimed, and whose objects are named.
        surfaces: Names of the surfaces.
        probe: Of the calls.
        only_reads: Whether calls are too few for those that change something.
    """
    claimed = (
        each for each in example.impostors if each.claims == victim.name and each.forgery is None
    )
    impostor = next(claimed, None)
    if impostor is None:
        return
    told = [
        each
        for each in example.capabilities.protected
        if each.surface in surfaces
        and each.parameter(Role.IDENTITY) is not None
        and (each.reads_only or not only_reads)
        and not example.state.choices[NAME, each.name]
    ]
    for operation in sorted(told, key=_harm):
        example.state.choices[NAME, operation.name] += 1
        given = drawer.arguments(operation, impostor, references=(victim.name,), hostile=False)
        yield PlannedCall(impostor, operation.name, given, probe)


def without_credential(
    drawer: ArgumentDrawer, stranger: Actor, operations: Sequence[Operation]
) -> list[PlannedCall]:
    """Return a stranger's calls, which name objects of the user whom the stranger claims to be.

    Args:
        drawer: Draws the arguments.
        stranger: Has no credential.
        operations: That are called.
    """
    return [
        PlannedCall(
            stranger,
            each.name,
            drawer.arguments(each, stranger, references=(stranger.claims,), hostile=False),
        )
        for each in operations
    ]


def _harm(operation: Operation) -> tuple[bool, bool]:
    """Return an order: what reads, what changes, what deletes."""
    return removes(operation), not operation.reads_only
