"""Protocol of the generator's rules: a name, a condition, and the calls a rule makes."""

from __future__ import annotations

from typing import Protocol

from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw


class Rule(Protocol):
    """One arrangement of calls; keeps no state of its own between examples.

    Attributes:
        name: Unique; counts are kept and printed under it.
        guaranteed: Whether an example begins with it where it was run least so far, whatever the
            example otherwise leaves out.
    """

    name: str
    guaranteed: bool

    def applies(self, example: ExampleRun) -> bool:
        """Return whether this system has what the rule needs."""
        ...

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Make the rule's calls once."""
        ...
