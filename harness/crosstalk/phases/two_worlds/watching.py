"""Many cheap visits: what a campaign's watches show, and what is suspected by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from crosstalk.core.history import Channel
from crosstalk.core.script import Step
from crosstalk.oracles.observation import general
from crosstalk.phases.two_worlds.comparison import Place
from crosstalk.phases.two_worlds.correlation import PAIRS, Pairs, is_duration, proven
from crosstalk.phases.two_worlds.plan import WorldsPlan
from crosstalk.phases.two_worlds.watch import MANY_ACTS, SECOND, Pause, Watch, readings_of
from crosstalk.surface.http.headers import TIMED

# Readings that are looked at between the pauses, and visits after which others take their place.
_READINGS, _VISITS_EACH = 3, 8
# Readings that are looked at in the visit that a watch begins with.
_WIDE = 24
# Of so many visits one is beside a pause without activity, where nothing changes by itself.
_RESTED_EVERY = 6
# Replays of one number by which it is decided, in one campaign.
_TRIES = 2

# An operation, and a place in its answers with the numbers of rows.
_Number: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Noticed:
    """A reading that changed while the others acted, and not while they rested.

    Attributes:
        reading: The step.
        plans: Plans that may show it in worlds of their own: with what the others did meanwhile,
            and with what they did before as well.
        places: Where it changed.
    """

    reading: Step
    plans: tuple[WorldsPlan, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Correlated:
    """A number that changes by itself, and more where the others act.

    Attributes:
        watch: The replay that shows it.
        reading: The step that shows the number.
        place: Where it stands.
        pairs: Sizes of its changes, with the others' activity and without.
    """

    watch: Watch
    reading: Step
    place: str
    pairs: Sequence[tuple[float, float]]

    def said(self) -> str:
        """Return it in words."""
        more = sum(one > other for one, other in self.pairs)
        return (
            f"{self.place} changes more where the others act, in {more} of {len(self.pairs)} pairs "
            "of pauses (sign test: a false alarm at most once in 1,000 times)"
        )


@dataclass(slots=True)
class Watching:
    """Memory of one campaign's watches.

    Attributes:
        restless: Places that change by themselves.
        looked: How often each operation was looked at.
        visits: Comparisons of looks with the others' activity between them.
    """

    restless: set[Place] = field(default_factory=set)
    looked: Counter[str] = field(default_factory=Counter)
    visits: int = 0
    _pairs: Pairs[_Number] = field(default_factory=Pairs)
    _tried: Counter[_Number] = field(default_factory=Counter)

    def run(self, watch: Watch, over: Callable[[], bool]) -> Noticed | None:
        """Look, until something is noticed or the watch is over.

        Args:
            watch: That begins.
            over: Returns whether its calls or its time are used.
        """
        watch.prepare()
        readings = readings_of(watch.plan, watch.runner.executor.operations)
        if readings and watch.acts and not over():
            noticed = self._wide_visit(watch, readings[:_WIDE])
            if noticed is not None:
                return noticed
        while readings and watch.acts and not over():
            readings.sort(key=lambda each: self.looked[each.operation])
            chosen = readings[:_READINGS]
            self.looked.update(each.operation for each in chosen)
            if not watch.choose(chosen):
                return None
            self._rest(watch)
            for number in range(_VISITS_EACH):
                if over():
                    return None
                found, ended = self._visit(watch, number)
                if found is not None or ended:
                    return found
        return None

    def correlated(self, watch: Watch) -> Correlated | None:
        """Replay the numbers that are suspected and that this watch's plan reads; return one.

        Args:
            watch: That is over.
        """
        operations = watch.runner.executor.operations
        readings = {each.operation: each for each in readings_of(watch.plan, operations)}
        for key in self._pairs.suspected():
            operation, place = key
            if operation not in readings or self._tried[key] >= _TRIES:
                continue
            self._tried[key] += 1
            self._pairs.forget(key)
            again = Watch(watch.runner, watch.plan, watch.random, watch.sleep, MANY_ACTS)
            found = correlation_of(again, readings[operation], place)
            if found is not None:
                return found
        return None

    def _wide_visit(self, watch: Watch, readings: Sequence[Step]) -> Noticed | None:
        """Make all readings around all that the others do: each meets each in the fewest calls."""
        if not watch.choose(readings, at_once=True):
            return None
        self._rest(watch)
        pause = watch.pause(active=True, acts=len(watch.acts))
        if pause.ended:
            return None
        # Elsewhere so many readings take a visit.
        self.visits += max(1, len(readings) // _READINGS)
        return self._noticed(watch, pause)

    def _visit(self, watch: Watch, number: int) -> tuple[Noticed | None, bool]:
        """Make one visit; return what is noticed, and whether the watch is over."""
        paired = bool(self._pairs.found) or number % _RESTED_EVERY == 0
        pauses = watch.pair() if paired else iter([watch.pause(active=True)])
        made: dict[bool, Pause] = {}
        noticed = None
        for pause in pauses:
            if pause.ended:
                return noticed, True
            made[pause.active] = pause
            if pause.active:
                self.visits += 1
                noticed = self._noticed(watch, pause)
            else:
                self._learn(watch, pause)
            if noticed is not None:
                return noticed, False
        if len(made) == 2:
            self._compare(watch, made[True], made[False])
        return None, False

    def _rest(self, watch: Watch) -> None:
        """Learn what changes by itself, before anything else is seen."""
        self._learn(watch, watch.pause(active=False))

    def _learn(self, watch: Watch, pause: Pause) -> None:
        for step in watch.readings:
            for place in pause.changed.get(step.number, ()):
                self.restless.add((step.operation, general(place)))
                if (step.number, place) in pause.sizes and not is_duration(place):
                    # From here on, pauses come in pairs.
                    self._pairs.found[step.operation, place] += []

    def _noticed(self, watch: Watch, pause: Pause) -> Noticed | None:
        accepted = watch.history.accepted
        for step in watch.readings:
            places = tuple(
                (step.operation, general(place))
                for place in pause.changed.get(step.number, ())
                if not (Channel.SHARED_LIMITS in accepted and "ratelimit" in place.lower())
            )
            new = tuple(each for each in places if each not in self.restless)
            if new:
                timed = any(place.rpartition(".")[2] in TIMED for _, place in new)
                seconds = SECOND if timed else 0.0
                plans = tuple(
                    watch.plan_to_show(step, acts, seconds=seconds)
                    for acts in (watch.last, watch.made)
                )
                return Noticed(step, plans, new)
        return None

    def _compare(self, watch: Watch, active: Pause, idle: Pause) -> None:
        for step in watch.readings:
            if idle.seconds[step.number] < active.seconds[step.number]:
                continue
            for operation, place in list(self._pairs.found):
                if operation == step.operation:
                    seen = step.number, place
                    sizes = active.sizes.get(seen, 0.0), idle.sizes.get(seen, 0.0)
                    self._pairs.add((operation, place), *sizes)


def correlation_of(watch: Watch, reading: Step, place: str = "") -> Correlated | None:
    """Return the number of a reading that changes more where the others act, if there is one.

    Args:
        watch: That begins; it makes pairs of pauses enough to decide.
        reading: That is looked at.
        place: Of the number; any number by default, with the bound shared among all of them.
    """
    pairs: Pairs[str] = Pairs()
    watch.prepare()
    if not watch.acts or not watch.choose([reading]):
        return None
    counted = 0
    for _ in range(2 * PAIRS):
        made = {pause.active: pause for pause in watch.pair()}
        if any(each.ended for each in made.values()):
            return None
        active, idle = made[True], made[False]
        if idle.seconds[reading.number] < active.seconds[reading.number]:
            continue
        counted += 1
        seen = {each for pause in made.values() for _, each in pause.sizes}
        for each in {place} if place else seen | set(pairs.found):
            key = reading.number, each
            pairs.add(each, active.sizes.get(key, 0.0), idle.sizes.get(key, 0.0))
        if counted == PAIRS:
            break
    for each, found in pairs.found.items():
        if proven(found, among=len(pairs.found)) and not is_duration(each):
            return Correlated(watch, reading, each, found)
    return None
