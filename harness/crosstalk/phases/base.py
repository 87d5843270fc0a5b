"""Phases: what a campaign tries beside the generated examples, each within its share of the budget.

The generator decides one call after the other, and the oracles judge histories. Some questions need
another arrangement of calls: a trace played again in another world, many users at once, a layer
with the others bypassed. Each is a phase, with an oracle of its own. Between the examples a
campaign gives a budget to every phase that has used less than its share so far, and at the end to
each that never had one.

A phase confirms and shrinks what it finds, because only it knows how to play it again; the campaign
saves and reports. Its replays are counted apart from its calls. When the time of the run is over it
returns what it came to: a suspicion that could not be replayed any more stays open. This module
only says what a phase is; `registry` says which there are.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol, runtime_checkable

from crosstalk.core.history import History
from crosstalk.core.script import Script
from crosstalk.core.verdict import Control, Finding, Inconclusive
from crosstalk.execution.executor import Executor
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.oracles import Suspicion
from crosstalk.surface.operation import Operation
from crosstalk.targets.base import Target


@dataclass(frozen=True, slots=True)
class PhaseBudget:
    """The budget and the means of a phase for one run.

    Attributes:
        target: The system under test.
        executor: Makes calls, from any thread; they count as the campaign's.
        examples: Histories of the latest examples, oldest first; empty before the first.
        observations: Readings of one's own data that are known to be steady.
        fresh_history: Resets the system where that is possible; a history with new subjects.
        random: Whatever is chosen is chosen by it, so that the seed reproduces the run.
        calls: Approximate number of calls that may be made.
        deadline: When to come to an end, on the clock of `time.monotonic`.
        folder: Where files of the run go, if anywhere.
        knowledge: What the campaign has learnt about arguments.
        shortening: Seconds that shortening what was found may take.
        fresh_calls: Calls that `fresh_history` makes.
    """

    target: Target
    executor: Executor
    examples: Sequence[History]
    observations: Sequence[Operation]
    fresh_history: Callable[[], History]
    random: Random
    calls: int
    deadline: float
    folder: Path | None = None
    knowledge: ArgumentKnowledge = field(default_factory=ArgumentKnowledge)
    shortening: float = 60.0
    fresh_calls: int = 0
    _before: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._before.append(self.executor.calls_made)

    def left(self) -> int:
        """Return how many calls may still be made."""
        return self.calls - (self.executor.calls_made - self._before[0])

    def spent(self) -> bool:
        """Return whether the budget is used; to be asked between steps that belong together."""
        return self.left() <= 0 or time.monotonic() >= self.deadline


@dataclass(slots=True)
class PhaseOutcome:
    """The outcome of one run of a phase.

    Attributes:
        findings: Confirmed by replay, and shrunk.
        explained: Confirmed, but shown as well without what the phase adds to the examples. They
            are told only where no oracle that judges the examples found that operation at fault.
        controls: Operation (or another name of what was tried) to its positive controls; their
            `oracles` hold the phase's name with how often it could have fired. Calls that the
            executor made into a history of `fresh_history` are counted here and nowhere else.
        inconclusive: What the phase cannot say, and why.
        suspected: Calls that the executor had made when the findings were first suspected.
        situations: Situation that was made on purpose to how often.
    """

    findings: list[Finding] = field(default_factory=list)
    explained: list[Finding] = field(default_factory=list)
    controls: dict[str, Control] = field(default_factory=dict)
    inconclusive: list[Inconclusive] = field(default_factory=list)
    suspected: int | None = None
    situations: Counter[str] = field(default_factory=Counter)


class Phase(Protocol):
    """One arrangement of calls with its oracle; may keep state over the turns of one campaign."""

    @property
    def name(self) -> str:
        """The oracle's name in reports and replay files."""
        ...

    @property
    def share(self) -> float:
        """The part of a campaign's calls and seconds that it wants, 0 to 1."""
        ...

    @property
    def least(self) -> int:
        """Calls below which a run of it is not worthwhile."""
        ...

    @property
    def smallest(self) -> int:
        """Calls of the smallest thing that it can do: with fewer it is not begun."""
        ...

    def obstacle(self, target: Target) -> str | None:
        """Return why it has nothing to look at in this target; None where it has."""
        ...

    def run(self, budget: PhaseBudget) -> PhaseOutcome:
        """Try something, until the budget is spent or nothing is left to try.

        Raises:
            SurfaceError: A surface does not answer at all.
        """
        ...

    def reproduces(self, budget: PhaseBudget, script: Script) -> Suspicion | None:
        """Play the script of one of its findings again; the suspicion if it shows again."""
        ...


@runtime_checkable
class LastPhase(Protocol):
    """A phase without a share, which takes more of a long campaign than it needs at least."""

    @property
    def longest(self) -> int:
        """The most calls that it is given."""
        ...


@runtime_checkable
class PreparedPhase(Protocol):
    """A phase whose beginning takes less time when the target was told before."""

    def prepare(self, target: Target) -> None:
        """Have the target prepare beside the calls that are made, and do not wait for it.

        Raises:
            HarnessError: The target cannot.
        """
        ...


@runtime_checkable
class ReviewingPhase(Protocol):
    """A phase that compares in replays what single calls of an example were answered."""

    def review(self, history: History, budget: PhaseBudget) -> PhaseOutcome:
        """Replay what is suspected in the history of an example that has just ended.

        Args:
            history: Of the example.
            budget: No calls but replayed ones are made.
        """
        ...
