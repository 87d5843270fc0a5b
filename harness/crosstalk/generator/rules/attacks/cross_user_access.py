"""One user reaches for another user's data."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.generator.examples.attack import attack
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw

# It is what the other rules only lead to.
_ATTACKS = 2


class CrossUserAccess:
    """Has one user act on another's data, between two readings of it by its owner."""

    name = "cross_user_access"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether there are steady readings to compare."""
        return bool(example.state.observations)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Attack twice, each time with users drawn anew."""
        for _ in range(_ATTACKS):
            attacker = draw(st.sampled_from(example.members))
            attack(example, draw, attacker, example.other_member(draw, attacker))
