"""Honest calls in large numbers, and the readings that are made around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from crosstalk.core.history import Actor, Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.arguments import ArgumentDrawer, HonestDrawer
from crosstalk.generator.choice import RandomChoice
from crosstalk.generator.example_run import ExampleRun
from crosstalk.generator.readings import Reading
from crosstalk.surface.operation import Operation


@dataclass(frozen=True, slots=True)
class HonestCalls:
    """Makes calls that users may make with what is theirs."""

    drawer: ArgumentDrawer

    @classmethod
    def of(cls, example: ExampleRun, random: Random) -> HonestCalls:
        """Draw from a generator: Hypothesis limits one example's draws, which many calls exceed."""
        return cls(example.drawer_by(RandomChoice(random), HonestDrawer))

    def call(self, operation: Operation, actor: Actor, probe: Probe | None = None) -> PlannedCall:
        """Return a call whose references are the caller's own."""
        arguments = self.drawer.arguments(operation, actor, references=("own",), hostile=False)
        return PlannedCall(actor, operation.name, arguments, probe)


def read_again(example: ExampleRun, readings: Sequence[Reading], reader: Actor, key: int) -> None:
    """Read once more what was read before, after what may have changed it.

    Args:
        example: Under way.
        readings: Operations, each with its arguments.
        reader: Whose objects they show.
        key: Of the probe that the earlier readings had.
    """
    after = Probe("ownership", key, "after", reader.name)
    example.execute_all([PlannedCall(reader, each.name, asked, after) for each, asked in readings])
