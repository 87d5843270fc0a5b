"""One observer who looks again and again, while the others act in some of the pauses between.

To play a whole trace in one world and then in another takes a hundred calls. Where subjects are
fresh and the observer only reads, the two worlds can lie in one run: between two looks the others
are active, between two more they rest, and what the observer sees must change in neither. That
takes a tenth of the calls, so that many more combinations of activity and reading are seen. What
changed is then played in worlds of its own, as everything else is.

A number that changes by itself is compared as well. Pauses of both kinds come in pairs whose order
is drawn, and a pause without activity lasts at least as long as the one with it, so that whatever
grows with time grows more where nothing happens (see `correlation`).
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeAlias

from crosstalk.core.history import Call, History, Outcome, Probe
from crosstalk.core.script import Script, Step
from crosstalk.execution.script_runner import ScriptRunner
from crosstalk.oracles.base import is_empty
from crosstalk.oracles.observation import GAP, REUSE, Differences, Normalizer, Observed, differences
from crosstalk.phases.two_worlds.correlation import size_of_change
from crosstalk.phases.two_worlds.plan import WorldsPlan
from crosstalk.phases.two_worlds.world_runs import WorldRunner
from crosstalk.surface.capabilities import creators_among
from crosstalk.surface.http.headers import TIMED
from crosstalk.surface.operation import Operation

# Calls of the others in one pause, by turns; and where a number has to show their influence.
FEW_ACTS, MANY_ACTS = (1, 2), (4,)
# A pause without activity lasts so much longer than any with it, and never longer than this.
_LONGER, _FURTHER_SECONDS, _LONGEST_SECONDS = 1.25, 0.002, 0.3
# What passes until a time to the second is another one.
SECOND = 1.1
# Turns a world's salt into that of the others' calls when they are made once more.
_NEXT_SALT = 0x9E3779B1

# The number of a reading's step, and a place in what it showed.
Seen: TypeAlias = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Pause:
    """One pause between two looks, and what they showed.

    Attributes:
        active: Whether the others acted in it.
        changed: Number of the reading's step to the places at which it changed.
        sizes: (number of the reading's step, place) to the size of a number's change.
        seconds: Number of the reading's step to the longest time that can lie between its looks
            where the others acted, and to the shortest where they did not.
        ended: Whether the system served no further look or act.
    """

    active: bool
    changed: Mapping[int, Differences] = field(default_factory=dict)
    sizes: Mapping[Seen, float] = field(default_factory=dict)
    seconds: Mapping[int, float] = field(default_factory=dict)
    ended: bool = False


@dataclass(slots=True)
class Watch:
    """Looks of one observer.

    Attributes:
        runner: Makes the calls.
        plan: Says who observes, what the observer stores, and what the others do.
        readings: Steps that are looked at; `choose` changes them.
        random: Draws the order of pauses.
        sleep: Waits, in seconds.
        acts_each: Calls of the others in each pause, by turns.
        acts: Steps of the others, in the order in which they are made.
        made: Those of them that were made so far.
        last: Those of the last pause.
        useful: Operation to its answers that showed something after the others had acted.
        shown: Number of a reading's step to the two calls between which it changed last.
    """

    runner: WorldRunner
    plan: WorldsPlan
    random: Random
    sleep: Callable[[float], None] = time.sleep
    acts_each: tuple[int, ...] = FEW_ACTS
    readings: tuple[Step, ...] = ()
    acts: list[Step] = field(default_factory=list)
    made: list[Step] = field(default_factory=list)
    last: list[Step] = field(default_factory=list)
    shown: dict[int, tuple[Call, Call]] = field(default_factory=dict)
    useful: Counter[str] = field(default_factory=Counter)
    _script: ScriptRunner = field(init=False)
    _normalizer: Normalizer = field(init=False)
    _before: dict[int, tuple[Call, Observed]] = field(default_factory=dict)
    _longest: float = 0.0
    _at_once: bool = False
    _next: int = 0
    _pauses: int = 0

    def __post_init__(self) -> None:
        history = self.runner.fresh_history()
        self._script = ScriptRunner(self.runner.executor, history, self.plan.salt)
        self._normalizer = Normalizer(history.subjects)
        varied = set(self.plan.varied())
        self.acts = [each for each in self.plan.script.steps if each.number in varied]

    @property
    def history(self) -> History:
        """Return the calls made so far, with the users who made them."""
        return self._script.history

    @property
    def calls(self) -> Sequence[Call]:
        """Return the calls made so far."""
        return self._script.history.calls

    def prepare(self) -> None:
        """Make what the observer and partners do beside reading, once."""
        for step in preparing(self.plan, self.runner.executor.operations):
            self._run(step)

    def choose(self, readings: Sequence[Step], *, at_once: bool = False) -> bool:
        """Take a first look at these readings; return whether all were answered.

        Args:
            readings: That are looked at until others are chosen.
            at_once: Whether each look makes them all at once where that is allowed: what one of
                them changes in another shows in worlds, where they come one by one.
        """
        self.readings = tuple(readings)
        self._at_once = at_once
        self._before = {}
        for step, call in self._looks():
            if call is None or call.answer.outcome not in (Outcome.OK, Outcome.ERROR):
                return False
            self._before[step.number] = call, self._normalizer.observation(call)
        return True

    def pair(self) -> Iterator[Pause]:
        """Make a pause of each kind, in an order that is drawn."""
        order = [True, False]
        self.random.shuffle(order)
        for active in order:
            yield self.pause(active=active)

    def pause(self, *, active: bool, acts: int = 0) -> Pause:
        """Have the others act, or rest for longer than that takes by turns, and look again.

        Args:
            active: Whether they act.
            acts: How many of their calls they make; by turns where 0.
        """
        if acts and self._timed():
            self.sleep(SECOND)
        began = time.monotonic()
        if active:
            ended = not self._act(acts)
            if not acts:
                # One in which all act is compared with none in which they rest.
                self._longest = max(self._longest, time.monotonic() - began)
        else:
            ended = False
            look = self._seconds_of_a_look()
            wait = _LONGER * (self._longest + look) + _FURTHER_SECONDS
            self.sleep(min(_LONGEST_SECONDS, wait))
        pause = Pause(active, {}, {}, {}, ended)
        return replace(pause, ended=True) if ended else self._look_again(pause)

    def _seconds_of_a_look(self) -> float:
        """Return how long the last look took."""
        calls = [call for call, _ in self._before.values()]
        if self._at_once and calls:
            return max(each.ended for each in calls) - min(each.started for each in calls)
        return sum(each.ended - each.started for each in calls)

    def _timed(self) -> bool:
        """Return whether a look showed a time to the second, which must be over to change."""
        return any(TIMED & set(call.answer.headers) for call, _ in self._before.values())

    def _look_again(self, pause: Pause) -> Pause:
        changed: dict[int, Differences] = {}
        sizes: dict[Seen, float] = {}
        seconds: dict[int, float] = {}
        for step, call in self._looks():
            if call is None or call.answer.outcome not in (Outcome.OK, Outcome.ERROR):
                return Pause(pause.active, ended=True)
            shows = call.answer.outcome is Outcome.OK and not is_empty(call.answer.body)
            self.useful[step.operation] += pause.active and shows
            earlier, then = self._before[step.number]
            now = self._normalizer.observation(call)
            found = {
                place: stands
                for place, stands in differences(now, then).items()
                if not place.endswith((GAP, REUSE))
            }
            if found:
                changed[step.number] = found
                self.shown[step.number] = earlier, call
            for place, (here, there) in found.items():
                size = size_of_change(there, here)
                if size is not None:
                    sizes[step.number, place] = size
            seconds[step.number] = (
                call.ended - earlier.started if pause.active else call.started - earlier.ended
            )
            self._before[step.number] = call, now
        return Pause(pause.active, changed, sizes, seconds)

    def plan_to_show(
        self, reading: Step, acts: Sequence[Step], *, seconds: float = 0.0
    ) -> WorldsPlan:
        """Return a plan in which the reading is made before and after these acts.

        Args:
            reading: That changed.
            acts: Of the others; what they need of other steps is taken in as well.
            seconds: That pass between the first reading and the acts.
        """
        operations = self.runner.executor.operations
        steps = self.plan.script.steps
        numbers = {each.number: each for each in steps}
        wanted = {each.number for each in (*acts, reading)}
        while more := {n for each in wanted for n in numbers[each].references()} - wanted:
            wanted |= more
        wanted |= {each.number for each in preparing(self.plan, operations)}
        needed = [each for each in steps if each.number in wanted and each != reading]
        others = set(self.plan.varied())
        ours = [each for each in needed if each.number not in others]
        varied = [each for each in needed if each.number in others]
        varied = [replace(each, after=seconds) if n == 0 else each for n, each in enumerate(varied)]
        last = max(numbers)
        probe = Probe("worlds", last + 2, "observed", self.plan.observer)
        before = replace(reading, number=last + 1, probe=replace(probe, key=last + 1))
        after = replace(reading, number=last + 2, probe=probe)
        return replace(self.plan, script=Script((*ours, before, *varied, after)))

    def _looks(self) -> Iterator[tuple[Step, Call | None]]:
        """Make the readings, and yield each with its call."""
        if self._at_once:
            yield from zip(self.readings, self._script.run_at_once(self.readings), strict=True)
            return
        for step in self.readings:
            yield step, self._run(step)

    def _run(self, step: Step, salt: int | None = None) -> Call | None:
        return self._script.run_step(step, salt=salt)

    def _act(self, acts: int = 0) -> bool:
        """Make the next calls of the others; return whether none met a limit."""
        self.last = []
        self._pauses += 1
        acts = acts or self.acts_each[self._pauses % len(self.acts_each)]
        for _ in range(min(acts, len(self.acts))):
            turn, place = divmod(self._next, len(self.acts))
            self._next += 1
            step = self.acts[place]
            salt = (self.plan.salt + turn * _NEXT_SALT) % 2**32
            call = self._run(step, salt)
            self.last.append(step)
            if step not in self.made:
                self.made.append(step)
            if call is not None and call.answer.outcome in (Outcome.LIMITED, Outcome.UNREACHABLE):
                return False
        return True


def preparing(plan: WorldsPlan, operations: Mapping[str, Operation]) -> list[Step]:
    """Return what the observer stores, once by each operation, and all that partners do."""
    varied = set(plan.varied())
    creators = {each.name for each in creators_among(list(operations.values()))}
    numbers = {each.number: each for each in plan.script.steps}
    stored: dict[str, Step] = {}
    wanted: set[int] = set()
    for each in plan.script.steps:
        if each.number in varied or operations[each.operation].reads_only:
            continue
        if each.actor.user != plan.observer:
            wanted.add(each.number)
        elif each.operation in creators:
            stored.setdefault(each.operation, each)
    wanted |= {each.number for each in stored.values()}
    while more := {n for each in wanted for n in numbers[each].references()} - wanted:
        wanted |= more
    return [each for each in plan.script.steps if each.number in wanted]


def readings_of(plan: WorldsPlan, operations: Mapping[str, Operation]) -> list[Step]:
    """Return the readings that a plan's observer makes and that are compared, each once."""
    compared = set(plan.observed())
    found: defaultdict[tuple[str, str], list[Step]] = defaultdict(list)
    varied = set(plan.varied())
    for each in plan.script.steps:
        reads = each.number in compared and operations[each.operation].reads_only
        # What another reading answered would not be the same at every look.
        own = {n for n in each.references() if n not in varied}
        if reads and len(own) == len(each.references()):
            found[each.operation, repr(sorted(each.arguments.items(), key=str))].append(each)
    prepared = {each.number for each in preparing(plan, operations)}
    return [same[0] for same in found.values() if same[0].references() <= prepared]
