"""Honest calls in large numbers, and the readings that are made around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from crosstalk.core.history import Actor, Call, Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun, by_lists
from crosstalk.generator.examples.readings import Reading
from crosstalk.generator.values.arguments import ArgumentDrawer, HonestDrawer
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Role

# Arguments that are the caller's, whatever another user has said.
_OWN = frozenset({Role.REFERENCE, Role.IDENTITY, Role.KEY, Role.CURSOR})


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


def in_words_of(example: ExampleRun, said: Mapping[str, Any], drawn: PlannedCall) -> PlannedCall:
    """Return a call in the words of another user's.

    What is counted, matched or replaced by a word, a day or a name meets only there.

    Args:
        example: Under way.
        said: Arguments of the other user's call of the same operation.
        drawn: The caller's own, whose identity, key and objects stay.
    """
    parameters = example.state.executor.operations[drawn.operation].parameters
    theirs = {each.name for each in parameters if each.role in _OWN}
    same = {name: value for name, value in said.items() if name not in theirs}
    own = {name: value for name, value in drawn.arguments.items() if name in theirs}
    return replace(drawn, arguments={**same, **own})


def read_again(
    example: ExampleRun,
    readings: Sequence[Reading],
    reader: Actor,
    key: int,
    *,
    beside: Actor | None = None,
    beside_probe: Probe | None = None,
) -> list[Call]:
    """Read once more what was read before, after what may have changed it.

    Args:
        example: Under way.
        readings: Operations, each with its arguments.
        reader: Whose objects they show.
        key: Of the probe that the earlier readings had.
        beside: A user who reads their own lists just before the reader does: what is kept for a
            moment, by nothing that says whose it is, is theirs then.
        beside_probe: Of that user's readings.

    Returns:
        The calls of the reader.
    """
    after = Probe("ownership", key, "after", reader.name)
    # What seems to read one thing may count in a list that it was called.
    others, lists_first = by_lists(readings)
    readings = [*lists_first, *others]
    width = max(1, example.state.executor.concurrency) if beside is not None else len(readings)
    # The other reads each list once, with whatever arguments the reader reads it.
    read: set[str] = set()
    made: list[Call] = []
    for start in range(0, len(readings), max(1, width)):
        part = readings[start : start + width]
        lists = {
            each.name: each
            for each, _ in part
            if each.lists and not required_references(each) and each.name not in read
        }
        if beside is not None and not example.state.stopped():
            read.update(lists)
            example.execute_all(
                [example.reading(each, beside, beside_probe) for each in lists.values()]
            )
        made += example.execute_all(
            [PlannedCall(reader, each.name, asked, after) for each, asked in part]
        )
    return made
