"""Honest use of one's own data: without it nothing else means anything."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw


class HonestUse:
    """Has users store something new and use their own data, which shows that operations work."""

    name = "honest_use"
    guaranteed = False

    def applies(self, example: ExampleRun) -> bool:
        """Return True: every system has operations."""
        return True

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Store something, that others may then refer to, and use what was served least."""
        creators = [*example.capabilities.creators, *example.capabilities.chats]
        if draw(st.booleans()) and creators:
            operation = example.least_chosen_operation(draw, self.name, creators)
            actor = draw(st.sampled_from(example.members))
            example.execute(example.plan_own(draw, operation, actor))
        example.use_honestly(draw, example.members)
