"""One user claims to be another and reaches for that user's data."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.generator.examples.attack import attack
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw


class IdentitySpoof:
    """Has an impostor act on the data of the user they claim to be."""

    name = "identity_spoof"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether there are impostors, and steady readings to compare."""
        return bool(example.state.observations) and bool(example.impostors)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Attack once."""
        attacker = draw(st.sampled_from(example.impostors))
        (victim,) = (each for each in example.members if each.name == attacker.claims)
        attack(example, draw, attacker, victim)
