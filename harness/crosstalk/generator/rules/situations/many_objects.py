"""One user stores more of a kind than a page or a default limit holds, between another's readings.

Second pages, top-k, pruning and truncation are out of reach of lists that never grow, and a limit
that is applied before the owner's filter takes away what is the victim's.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.arguments import HonestDrawer
from crosstalk.generator.choice import Draw, RandomChoice, drawn_random
from crosstalk.generator.example_run import ExampleRun
from crosstalk.surface.capabilities import page_size, references
from crosstalk.surface.operation import Operation

# Objects where no schema states a limit, and at most.
_ENOUGH = 60
_MOST = 120
# Calls of a campaign for each time that it is done.
_CALLS_BETWEEN = 1_500
_FIRST_AFTER = 500
_READINGS = 3


class ManyObjects:
    """Has one user store very many objects of one kind."""

    name = "many_objects"
    guaranteed = False

    def applies(self, example: ExampleRun) -> bool:
        """Return whether it is time to do it again: it takes many calls."""
        made = example.state.executor.calls_made
        done = example.state.situations["floods"]
        return (
            bool(example.capabilities.creators)
            and bool(example.state.observations)
            and made >= _FIRST_AFTER + done * _CALLS_BETWEEN
        )

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Read as a victim, store as another user, read as the victim, and as all others."""
        creators = [each for each in example.capabilities.creators if not references(each)]
        operation = example.least_chosen_operation(
            draw, self.name, creators or example.capabilities.creators
        )
        attacker: Actor = draw(st.sampled_from(example.members))
        victim = example.other_member(draw, attacker)
        lists = [each for each in example.state.observations if each.surface == operation.surface]
        lists = (lists or list(example.state.observations))[:_READINGS]
        readings = [(each, self._default_page(example, each, victim)) for each in lists]
        key = example.next_probe()
        example.read_twice(readings, victim, Probe("ownership", key, "before", victim.name))
        attack = Probe("ownership", key, "attack", victim.name)
        count = self._enough(example)
        # Hypothesis limits what one example draws; the choices of so many calls exceed it.
        drawer = example.drawer_by(RandomChoice(drawn_random(draw)), HonestDrawer)
        example.execute_all(
            [
                PlannedCall(
                    attacker,
                    operation.name,
                    drawer.arguments(operation, attacker, references=("own",), hostile=False),
                    attack,
                )
                for _ in range(count)
            ]
        )
        after = Probe("ownership", key, "after", victim.name)
        example.execute_all(
            [PlannedCall(victim, each.name, asked, after) for each, asked in readings]
        )
        example.execute_all([example.reading(each, attacker) for each in lists])
        example.state.situations["floods"] += 1
        largest = max(example.state.situations["largest number of one kind"], count)
        example.state.situations["largest number of one kind"] = largest

    @staticmethod
    def _enough(example: ExampleRun) -> int:
        """Return one more than the largest page that a schema states, within bounds."""
        sizes = [page_size(each) for each in example.state.observations]
        stated = [size.schema.get("maximum") for size in sizes if size is not None]
        limits = [each for each in stated if isinstance(each, int)]
        return min(_MOST, max(limits, default=_ENOUGH)) + 1

    @staticmethod
    def _default_page(example: ExampleRun, operation: Operation, victim: Actor) -> dict[str, Any]:
        """Return arguments for a page of the default size."""
        arguments = dict(example.reading(operation, victim).arguments)
        size = page_size(operation)
        if size is not None:
            arguments.pop(size.name, None)
        return arguments
