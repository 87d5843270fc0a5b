"""Owners change and remove their objects, and afterwards all users read again.

What a change sets free shows only then: caches, counters, orphaned rows, reused numbers.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Outcome
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.readings import options
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import required_references

_CHANGES = 3


class HonestChange:
    """Has owners change their own objects, and every user read lists after that."""

    name = "honest_change"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether there are mutations of objects, and steady readings."""
        return bool(example.state.observations) and any(
            required_references(each) for each in example.capabilities.mutates_by_id
        )

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Make a few changes of one user's, and have every user read one list."""
        owner: Actor = draw(st.sampled_from(example.members))
        changed = 0
        for _ in range(_CHANGES):
            changed += self._change(example, draw, owner)
        if changed:
            self._read_as_all(example, draw)

    def _read_as_all(self, example: ExampleRun, draw: Draw) -> None:
        """Have every user read one list: as it is, or with one of its options."""
        listing, option = example.least_chosen(
            draw,
            f"{self.name} read",
            [(each, it) for each in example.state.observations for it in ({}, *options(each))],
            lambda each: (each[0].name, str(each[1])),
        )
        planned = [example.reading(listing, each) for each in example.members]
        example.execute_all(
            [replace(each, arguments={**each.arguments, **option}) for each in planned]
        )

    def _change(self, example: ExampleRun, draw: Draw, owner: Actor) -> bool:
        possible = [
            each
            for each in example.capabilities.mutates_by_id
            if required_references(each)
            and all(
                example.pool.references(owner.name, reference, each.name, guess=False)
                for reference in required_references(each)
            )
        ]
        if not possible:
            return False
        operation = example.least_chosen_operation(draw, self.name, possible)
        planned = example.plan_own(draw, operation, owner)
        return example.execute(planned).answer.outcome is Outcome.OK
