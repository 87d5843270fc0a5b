"""Owners change and remove their objects, and afterwards all users read again.

What a change sets free shows only then: caches, counters, orphaned rows, reused numbers.
"""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Outcome
from crosstalk.generator.choice import Draw
from crosstalk.generator.example_run import ExampleRun
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
            listing = example.least_chosen_operation(
                draw, self.name + " read", example.state.observations
            )
            example.execute_all([example.reading(listing, each) for each in example.members])

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
