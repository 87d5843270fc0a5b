"""The first place at which what an observer is answered differs between worlds.

Worlds of one kind (`absent`, `absent-2`, …) are repeats of each other: a place at which they
differ among themselves depends on chance or the clock, and shows nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from crosstalk.core.history import Call, Channel, History, Outcome
from crosstalk.oracles.observation import (
    GAP,
    REUSE,
    Differences,
    Normalizer,
    described,
    echoing_places,
    general,
)
from crosstalk.oracles.observation import Observed as Seen

ABSENT, ACTIVE, SECRETS = "absent", "active", "secrets"
# Pairs of kinds that are compared: where the difference shows, against what.
COMPARED = ((ACTIVE, ABSENT), (SECRETS, ACTIVE))

# Ends of places at which a number tells of others, with the weakness that it is.
_TOLD_BY_NUMBERS = {Channel.NUMBER_GAPS: GAP, Channel.NUMBER_REUSE: REUSE}

# Number of the step to its call and what that showed.
Observed: TypeAlias = Mapping[int, tuple[Call, Seen]]
# An operation, and a place in its answers.
Place: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One of the observer's calls that is answered otherwise in another world.

    Attributes:
        key: Number of the step.
        call: The call, in the world in which the others are active.
        kind: That kind of world.
        against: The kind of world that it is compared with.
        places: Where the answers differ, with what stands there and what stands in the other.
    """

    key: int
    call: Call
    kind: str
    against: str
    places: Differences

    def said(self) -> str:
        """The most telling place, in words."""
        return described(self.places)

    def by_chance(self, noise: Collection[Place]) -> bool:
        """Return whether every place that differs is known to depend on chance."""
        return all((self.call.operation, general(each)) in noise for each in self.places)


def observed(history: History) -> Mapping[str, Observed]:
    """World to what its observer saw: number of the step to call and observation."""
    found: dict[str, dict[int, tuple[Call, Seen]]] = {}
    normalizers: dict[str, Normalizer] = {}
    echoes = echoing_places(
        each for each in history if each.probe is not None and each.probe.kind == "worlds"
    )
    for call in history:
        if call.probe is None or call.probe.kind != "worlds" or call.world not in history.worlds:
            continue
        world = found.setdefault(call.world, {})
        if call.probe.part == "observed":
            if call.world not in normalizers:
                normalizers[call.world] = Normalizer(history.worlds[call.world], echoes=echoes)
            world[call.probe.key] = (call, normalizers[call.world].observation(call))
    return found


def differences(history: History, noise: Collection[Place] = ()) -> list[Difference]:
    """The first difference of each pair of kinds, if there is one, at a place that is no noise."""
    worlds = history.derived("worlds", observed)
    limits = Channel.SHARED_LIMITS not in history.accepted

    def counts(operation: str, place: str) -> bool:
        accepted = any(
            channel in history.accepted and place.endswith(end)
            for channel, end in _TOLD_BY_NUMBERS.items()
        )
        return not accepted and (operation, general(place)) not in noise

    return [
        found
        for kind, against in COMPARED
        if (found := _first(kind, against, _of(kind, worlds), _of(against, worlds), counts, limits))
    ]


def unsteady(history: History) -> set[Place]:
    """Places at which repeats of one world differ among themselves."""
    worlds = history.derived("worlds", observed)
    found: set[Place] = set()
    for kind in {kind_of(world) for world in worlds}:
        repeats = _of(kind, worlds)
        for key in repeats[0]:
            same = [world[key] for world in repeats if key in world]
            for name in {name for _, seen in same for name in seen}:
                if len({seen.get(name) for _, seen in same}) > 1:
                    found.add((same[0][0].operation, general(name)))
    return found


def opportunities(history: History) -> Counter[str]:
    """Useful answers to the observer, in an active world, after others had done something."""
    found: Counter[str] = Counter()
    if not any(kind_of(world) == ABSENT for world in history.worlds):
        return found
    busy = False
    for call in history:
        if call.probe is None or call.probe.kind != "worlds" or call.world != ACTIVE:
            continue
        if call.answer.outcome is not Outcome.OK:
            continue
        if call.probe.part == "varied":
            busy = True
        elif busy and call.answer.body not in (None, "", [], {}):
            found[call.operation] += 1
    return found


def _first(
    kind: str,
    against: str,
    here: Sequence[Observed],
    there: Sequence[Observed],
    counts: Callable[[str, str], bool],
    limits: bool,
) -> Difference | None:
    if not here or not there:
        return None
    for key in sorted(here[0].keys() | there[0].keys()):
        ours = [world[key] for world in here if key in world]
        theirs = [world[key] for world in there if key in world]
        # Where a step could not be made, the answer before it has shown why, or chance has.
        if len(ours) < len(here) or len(theirs) < len(there):
            return None
        if any(call.answer.outcome is Outcome.UNREACHABLE for call, _ in (*ours, *theirs)):
            return None
        # Alone, the observer calls faster: a limit met there is the observer's own.
        if any(call.answer.outcome is Outcome.LIMITED for call, _ in theirs):
            return None
        limited = [call.answer.outcome is Outcome.LIMITED for call, _ in ours]
        if any(limited) and not (limits and all(limited)):
            return None
        call = ours[0][0]
        places = {
            place: stands
            for place, stands in _differing(
                [each for _, each in ours], [each for _, each in theirs]
            ).items()
            if counts(call.operation, place)
        }
        if places:
            return Difference(key, call, kind, against, places)
    return None


def _differing(
    ours: Sequence[Seen], theirs: Sequence[Seen]
) -> dict[str, tuple[str | None, str | None]]:
    found = {}
    for place in dict.fromkeys(name for each in (*ours, *theirs) for name in each):
        here = {each.get(place) for each in ours}
        there = {each.get(place) for each in theirs}
        if len(here) == len(there) == 1 and here != there:
            found[place] = (here.pop(), there.pop())
    return found


def _of(kind: str, worlds: Mapping[str, Observed]) -> list[Observed]:
    return [seen for world, seen in worlds.items() if kind_of(world) == kind]


def kind_of(world: str) -> str:
    """The kind of world that a name stands for: `active-2` is `active` once more."""
    return re.sub(r"-\d+$", "", world)
