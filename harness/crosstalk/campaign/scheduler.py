"""Shares a campaign's budget out between the generated examples and the phases."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from crosstalk.campaign.budget import FEW_CALLS
from crosstalk.campaign.division import ALONE, Division
from crosstalk.core.history import History
from crosstalk.execution.executor import Executor
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.phases.base import (
    LastPhase,
    Phase,
    PhaseBudget,
    PhaseOutcome,
    PreparedPhase,
    ReviewingPhase,
)
from crosstalk.surface.operation import Operation
from crosstalk.targets.base import Target

# Enough for one arrangement of calls on a slow system.
_LEAST_SECONDS = 5.0
_EXAMPLES_KEPT = 8
# Of few calls the phases want less: what each operation is asked for once comes before them.
_SHARE_OF_FEW = 0.6

# The part of the calls that comes last, of a campaign of known length.
_SHARE_OF_THE_ENDING = 0.1


@dataclass(slots=True)
class PhaseScheduler:
    """Gives turns to the phases of one campaign.

    Attributes:
        target: The system under test.
        phases: All of them; those that meet an obstacle in the target are left out.
        executor: Makes the calls.
        fresh_history: Resets the system where that is possible; a history with new subjects.
        seed: Of the campaign.
        folder: Where files of the run go, if anywhere.
        obstacles: Phase name to why it was left out.
        knowledge: What the campaign has learnt about arguments.
        shortening: Seconds that shortening one finding may take.
        fresh_calls: Returns the calls that a fresh history takes.
        begun: Told the name of each phase whose turn begins.
        calls: Calls that the campaign means to make.
        division: The other processes of the campaign, each of which may play a phase instead.
    """

    target: Target
    phases: tuple[Phase, ...]
    executor: Executor
    fresh_history: Callable[[], History]
    seed: int
    folder: Path | None = None
    observations: tuple[Operation, ...] = ()
    obstacles: dict[str, str] = field(default_factory=dict)
    knowledge: ArgumentKnowledge = field(default_factory=ArgumentKnowledge)
    shortening: float = 60.0
    fresh_calls: Callable[[], int] = int
    examples: deque[History] = field(default_factory=lambda: deque(maxlen=_EXAMPLES_KEPT))
    begun: Callable[[str], None] = lambda _name: None
    calls: int = 2**31
    division: Division = ALONE
    _all: tuple[Phase, ...] = ()
    _calls: Counter[str] = field(default_factory=Counter)
    _seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _turns: Counter[str] = field(default_factory=Counter)
    _given: dict[str, int] = field(default_factory=dict)
    _given_up: set[str] = field(default_factory=set)
    _prepared: set[str] = field(default_factory=set)
    _began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._all = self.phases
        for phase in self.phases:
            reason = phase.obstacle(self.target)
            if reason is not None:
                self.obstacles[phase.name] = reason
        self.phases = tuple(each for each in self.phases if each.name not in self.obstacles)

    def run_those_behind(self, calls_left: int = 2**31) -> Iterator[PhaseOutcome]:
        """Play every phase that has used less than its share of what was used so far.

        Args:
            calls_left: What is left of the campaign's calls. No phase has of it what others need
                that have not had a turn.
        """
        elapsed, ends = time.monotonic() - self._began, self.executor.calls_made + calls_left
        part = self._part_that_is_left(calls_left)
        for phase in self.phases:
            calls = int(part * self._behind(phase))
            least = self._least(phase)
            others = self.waiting() - (0 if self._turns[phase.name] else least)
            calls = min(calls, ends - self.executor.calls_made - others)
            seconds = phase.share * elapsed - self._seconds[phase.name]
            if calls >= least and seconds > 0 and self.division.take(_part_of(phase)):
                yield self._run(phase, calls, max(seconds, _LEAST_SECONDS))

    def _behind(self, phase: Phase) -> float:
        """Return the calls by which a phase has used less than its share."""
        return phase.share * self.executor.calls_used - self._calls[phase.name]

    def _part_that_is_left(self, calls_left: int) -> float:
        """Return the part of what they are behind that all phases can have of the calls left.

        What comes last keeps its own. Of few calls the first takes what it wants: a part of it
        would show nothing.
        """
        if self.calls < FEW_CALLS:
            return 1.0
        wanted = sum(max(0.0, self._behind(each)) for each in self.phases)
        ending = sum(self._least(each) for each in self._waiting() if not each.share)
        return min(1.0, max(0, calls_left - ending) / wanted) if wanted else 1.0

    def free_of_charge(self) -> Iterator[PhaseOutcome]:
        """Play what phases can do without a call, e.g. ask a database; it counts as no turn."""
        for phase in self.phases:
            if phase.share and not phase.smallest and self.division.number == 1:
                yield self._played(phase, 0, _LEAST_SECONDS, "free of charge")

    def review(self, history: History) -> Iterator[PhaseOutcome]:
        """Have the phases replay what they suspect in the history of an example that has ended.

        One that meets an obstacle may need less for that.
        """
        for phase in self._all:
            if isinstance(phase, ReviewingPhase):
                yield phase.review(history, self.budget(0, _LEAST_SECONDS, f"{phase.name} review"))

    def named(self, name: str) -> Phase | None:
        """Return the phase of that name, if there is one."""
        return next((each for each in self._all if each.name == name), None)

    def waiting(self) -> int:
        """Return the calls that the phases want which never had a turn."""
        return sum(map(self._least, self._waiting()))

    def _least(self, phase: Phase) -> int:
        """Return the calls of one turn: of a short campaign no more than the phase's share.

        What comes last has no share, and takes what is left, of a long campaign more.
        """
        if not phase.share:
            longest = phase.longest if isinstance(phase, LastPhase) else phase.least
            return min(longest, max(phase.least, int(_SHARE_OF_THE_ENDING * self.calls)))
        share = phase.share * (_SHARE_OF_FEW if self.calls < FEW_CALLS else 1.0)
        return min(phase.least, max(phase.smallest, int(share * self.calls)))

    def briefest(self) -> int:
        """Return the calls by which each phase without a turn can do the least that it does.

        What comes last, and is left out where calls are few, is not among them.
        """
        needed = sum(each.smallest for each in self._waiting() if each.share)
        # The search stops after the calls that are made at once.
        return needed + self.executor.concurrency if needed else 0

    def remaining(
        self,
        calls: int = 2**31,
        seconds: float = _LEAST_SECONDS,
        *,
        but_the_ending: bool = False,
    ) -> Iterator[PhaseOutcome]:
        """Play every phase that never had a turn.

        Args:
            calls: What is left for all of them; each gets its part, no more than it wants, and is
                left out where it could not begin with that.
            seconds: What is left for all of them; each gets its part, or what it needs at least.
            but_the_ending: Leave out those without a share, after which nothing is of use.
        """
        ends = self.executor.calls_made + calls
        able = self._able_to_begin(calls)
        for phase in [each for each in able if each.share or not but_the_ending]:
            # What an earlier phase used beyond its part, or left over, changes the others' parts.
            allowed = self._part(phase, max(0, ends - self.executor.calls_made))
            if allowed < phase.smallest or not self.division.take(_part_of(phase)):
                self._given_up.add(phase.name)
                self._no_longer_reserved(phase)
                continue
            part = self._least(phase) / self.waiting()
            yield self._run(phase, allowed, max(_LEAST_SECONDS, seconds * part))

    def _part(self, phase: Phase, calls: int) -> int:
        """Return a phase's part of what is left: the least that it can do, and of the rest as much
        as it wants more than the others.
        """
        spare = max(0, calls - sum(each.smallest for each in self._waiting()))
        least = self._least(phase)
        part = phase.smallest + int(spare * least / self.waiting())
        return min(least, part, calls)

    def _able_to_begin(self, calls: int) -> list[Phase]:
        """Return the phases without a turn whose part of these calls is enough to begin.

        The others are given up, so that nothing is kept for them any more. What comes last takes
        nothing of what the others want.
        """
        for phase in sorted(self._waiting(), key=lambda each: each.smallest, reverse=True):
            part = calls * self._least(phase) / self.waiting()
            together = sum(each.smallest for each in self._waiting())
            if together > calls or (not phase.share and phase.smallest > part):
                self._given_up.add(phase.name)
        return self._waiting()

    def _waiting(self) -> list[Phase]:
        return [
            each
            for each in self.phases
            if not self._turns[each.name]
            and each.name not in self._given_up
            and not self.division.taken_elsewhere(_part_of(each))
        ]

    def prepare_waiting(self) -> None:
        """Have the phases without a turn prepare it that can, each once, beside what is done."""
        for phase in self._waiting():
            if not isinstance(phase, PreparedPhase) or phase.name in self._prepared:
                continue
            if self.division.take(_part_of(phase)):
                self._prepared.add(phase.name)
                # The others leave as many calls as it wants.
                self.division.reserve(self._least(phase))
                phase.prepare(self.target)

    @property
    def has_prepared(self) -> bool:
        """Return whether a phase has prepared itself here that was not played yet."""
        return bool(self._prepared)

    def _no_longer_reserved(self, phase: Phase) -> None:
        if phase.name in self._prepared:
            self._prepared.remove(phase.name)
            self.division.reserve(-self._least(phase))

    def short(self) -> dict[str, tuple[int, int]]:
        """Return the phases without one whole turn, each with the calls it was given and wants."""
        return {
            each.name: (self._given.get(each.name, 0), each.least)
            for each in self.phases
            if self._given.get(each.name, 0) < each.least
        }

    def budget(self, calls: int, seconds: float, salt: str = "") -> PhaseBudget:
        """Return an allowance of these calls and seconds from now on."""
        return PhaseBudget(
            target=self.target,
            executor=self.executor,
            examples=tuple(self.examples),
            observations=self.observations,
            fresh_history=self.fresh_history,
            random=Random(f"{self.seed} {salt}"),  # noqa: S311 -- to be repeated, not secret
            calls=calls,
            deadline=time.monotonic() + seconds,
            folder=self.folder,
            knowledge=self.knowledge,
            shortening=self.shortening,
            fresh_calls=self.fresh_calls(),
        )

    def _run(self, phase: Phase, calls: int, seconds: float) -> PhaseOutcome:
        self._turns[phase.name] += 1
        self._given[phase.name] = max(calls, self._given.get(phase.name, 0))
        return self._played(phase, calls, seconds, str(self._turns[phase.name]))

    def _played(self, phase: Phase, calls: int, seconds: float, salt: str) -> PhaseOutcome:
        before, began = self.executor.calls_made, time.monotonic()
        salt = f"{phase.name} {salt}"
        self._no_longer_reserved(phase)
        self.begun(phase.name)
        try:
            with self.division.keeping(before + calls):
                return phase.run(self.budget(calls, seconds, salt))
        finally:
            self._calls[phase.name] += self.executor.calls_made - before
            self._seconds[phase.name] += time.monotonic() - began


def _part_of(phase: Phase) -> str:
    """Return what a phase is called among the parts of a campaign."""
    return f"phase {phase.name}"
