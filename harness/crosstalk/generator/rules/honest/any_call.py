"""Any call by any user with an account."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw


class AnyCall:
    """Has any user, or an impostor, call anything with any arguments."""

    name = "any_call"
    guaranteed = False

    def applies(self, example: ExampleRun) -> bool:
        """Return True: every system has operations."""
        return True

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Make one to four calls."""
        for _ in range(draw(st.integers(1, 4))):
            actor = draw(st.sampled_from((*example.members, *example.impostors)))
            operation = draw(st.sampled_from(example.capabilities.protected))
            example.execute(example.plan(draw, operation, actor))
