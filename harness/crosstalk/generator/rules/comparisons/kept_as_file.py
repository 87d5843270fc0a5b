"""A user asks for a file below one of their own paths, and others ask for the same file.

Where the path is served as if the file's name were not there, and a cache keeps what looks like a
file, the others get what was the first one's (web cache deception, CWE-524).
"""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.core.principals import ANONYMOUS
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.operation import Operation
from crosstalk.surface.usual_paths import FILE

# The part of a campaign's calls that it may take, beside the first few.
_SHARE, _FIRST = 0.02, 9


class KeptAsFile:
    """Has a user ask for a file that is none, then another user and a stranger."""

    name = "kept_as_file"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether a declared path may have files below it, and it is time to ask again."""
        state = example.state
        asked = 3 * state.choices[self.name, "asked"]
        return bool(_files(example)) and asked < _FIRST + _SHARE * state.executor.calls_used

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Ask three times for one file of a name that was never asked for."""
        example.state.choices[self.name, "asked"] += 1
        operation = example.least_chosen_operation(draw, self.name, _files(example))
        first: Actor = draw(st.sampled_from(example.members))
        named = {FILE: example.state.plant(first.name)}
        for actor in (first, example.other_member(draw, first), ANONYMOUS):
            example.execute_spoilt(PlannedCall(actor, operation.name, named))


def _files(example: ExampleRun) -> list[Operation]:
    return [
        each
        for each in example.state.executor.operations.values()
        if any(parameter.name == FILE for parameter in each.parameters) and each.descriptive
    ]
