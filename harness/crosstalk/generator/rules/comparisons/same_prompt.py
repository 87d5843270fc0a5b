"""Several users give a model the same prompt: one after the other, or all at once.

What a model's tools answered may be cached by prompt, and what is done for the caller may be done
for the last caller. Both need the same words from different users, and nothing between. Whatever a
model remembers of another user, that user must have told it first.
"""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.arguments import CHAT_REQUESTS, own_request
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.operation import Role


class SamePrompt:
    """Has all users give a model the same prompt."""

    name = "same_prompt"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether there is a model to ask."""
        return bool(example.capabilities.chats)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Have one user ask, then the others in the same words; or all at once."""
        operation = example.least_chosen_operation(draw, self.name, example.capabilities.chats)
        prompt = operation.parameter(Role.TEXT)
        if prompt is None:
            return
        name = prompt.name

        def asking(actor: Actor, text: str) -> PlannedCall:
            given = example.plan_own(draw, operation, actor).arguments
            return PlannedCall(actor, operation.name, {**given, name: text})

        teller, *_ = order = draw(st.permutations(list(example.members)))
        example.execute(asking(teller, own_request(example.state.plant(str(teller.user)))))
        words = example.least_chosen(draw, "prompt", CHAT_REQUESTS, lambda each: (each,))
        asked = [asking(actor, words) for actor in reversed(order)]
        if draw(st.booleans()):
            example.execute_all(asked[:1])
            asked = asked[1:]
        example.execute_all(asked)
