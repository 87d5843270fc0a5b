"""Calls without a valid credential."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw


class UnauthenticatedCall:
    """Has strangers, and holders of forged credentials, call everything."""

    name = "unauthenticated_call"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether the system asks for credentials."""
        proven = any(
            not each.unproven and not each.descriptive
            for each in example.state.executor.operations.values()
        )
        return bool(example.state.strangers) and proven

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Make three to six calls at once: a refusal is cheap and changes nothing."""
        strangers = example.state.strangers
        # Where no credential proves who calls, none can be missing.
        operations = [
            each
            for each in example.state.executor.operations.values()
            if not (each.unproven or each.descriptive or each.effect_only)
        ]
        planned = []
        for _ in range(draw(st.integers(3, 6))):
            operation = example.least_chosen_operation(draw, self.name, operations)
            actor = example.least_chosen(
                draw, "unauthenticated actor", strangers, lambda each: (each.name,)
            )
            # An actor without any credential tries everything, too.
            planned += [
                example.plan(draw, operation, each, sources=(each.claims,), hostile=False)
                for each in dict.fromkeys((*example.state.principals.strangers[:1], actor))
            ]
        example.execute_all(planned)
