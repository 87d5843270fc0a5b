"""A user claims to be every user, or none in particular, and reads."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.arguments import WILDCARD_IDS
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Role


class WildcardIdentity:
    """Reads with `*` and the like in place of an identity."""

    name = "wildcard_identity"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any reading takes an identity."""
        return bool(example.capabilities.reads_by_identity)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Read four to six times."""
        actor: Actor = draw(st.sampled_from(example.members))
        planned = []
        choices = [
            (each, whole)
            for each in example.capabilities.reads_by_identity
            for whole in WILDCARD_IDS
        ]
        for _ in range(draw(st.integers(4, 6))):
            operation, whole = example.least_chosen(
                draw, self.name, choices, lambda each: (each[0].name, each[1])
            )
            asked = self._reading(example, draw, operation, actor)
            identity = {
                each.name: whole for each in operation.parameters if each.role is Role.IDENTITY
            }
            planned.append(PlannedCall(actor, operation.name, {**asked.arguments, **identity}))
        example.execute_all(planned)

    @staticmethod
    def _reading(
        example: ExampleRun, draw: Draw, operation: Operation, actor: Actor
    ) -> PlannedCall:
        asked = example.reading(operation, actor)
        if not required_references(operation):
            return asked
        # A wildcard gives nothing new about one's own objects.
        victims = [each.name for each in example.members if each is not actor]
        return example.plan(draw, operation, actor, sources=victims, hostile=False)
