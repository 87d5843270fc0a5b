"""A call that one user has made, repeated by another in the same words."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Outcome
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw

# The latest calls: what is cached may be cached for a short time only.
_LATEST = 8


class CachedRead:
    """Repeats what one user read or asked a model as another user."""

    name = "cached_read"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return True: what was read so far decides."""
        return True

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Repeat one to four of the latest calls."""
        capabilities, members = example.capabilities, example.members
        repeatable = {each.name: each for each in (*capabilities.details, *capabilities.chats)}
        done = [
            call
            for call in example.history
            if call.operation in repeatable
            and call.actor in members
            and call.answer.outcome is Outcome.OK
        ]
        for _ in range(draw(st.integers(1, 4)) if done else 0):
            call = example.least_chosen(
                draw, self.name, done[-_LATEST:], lambda each: (each.operation,)
            )
            attacker = draw(st.sampled_from([each for each in members if each is not call.actor]))
            identity = {
                name: subject
                for name, subject in example.with_identity(
                    repeatable[call.operation], attacker
                ).items()
                if name in call.arguments
            }
            example.execute(PlannedCall(attacker, call.operation, {**call.arguments, **identity}))
