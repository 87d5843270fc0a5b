"""A neighbour who does everything that is theirs to do, again and again in a campaign.

The survey has it happen once; here users and arguments differ each time.
"""

from __future__ import annotations

from crosstalk.core.history import Actor
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.survey.neighbour import watch_neighbour
from crosstalk.generator.values.choice import Draw, drawn_random

# When it is done in a campaign, and how often again: the part of its calls, and calls at most.
_FIRST_PART, _FIRST_AFTER = 0.15, 300
_BETWEEN_PART, _CALLS_BETWEEN = 0.4, 900


class BusyNeighbour:
    """Has a user read everything, another do everything honest, and the first read again."""

    name = "busy_neighbour"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether there are steady readings, and it is time to do it again."""
        state = example.state
        first = min(_FIRST_AFTER, int(_FIRST_PART * state.calls))
        between = min(_CALLS_BETWEEN, max(1, int(_BETWEEN_PART * state.calls)))
        done = state.choices[self.name, "done"]
        return bool(state.observations) and state.executor.calls_used >= first + done * between

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Have the user who was it least read, and any other act."""
        example.state.choices[self.name, "done"] += 1
        reader: Actor = example.least_chosen(
            draw, self.name, example.members, lambda each: (each.name,), among=1
        )
        other = example.other_member(draw, reader)
        watch_neighbour(example, drawn_random(draw), reader, other)
