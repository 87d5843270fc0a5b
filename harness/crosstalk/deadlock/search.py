"""Everything that can happen, and the first thing that can happen no more.

Requests of a kind are alike, so a state is how many of them stand at each place: 15 requests in a
program with three places have 136 states instead of 3^15. A *stall* is a state in which somebody is
not through and nobody can go on.

Two facts make the answer exact for every number of requests.

* A resource whose holders never wait for anything comes free by itself. Taking it away changes
  nothing; then perhaps the next one is such. If nothing is left, no number of requests stalls: the
  declared order is acyclic (Havender 1968).
* In the smallest stall everybody holds something. Whoever holds nothing could be left out, and the
  others would still wait. So no smallest stall has more requests than there are units to hold, and
  a search up to that number that finds none proves that there is none.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TypeAlias

from crosstalk.core.errors import HarnessError
from crosstalk.deadlock.program import (
    Acquire,
    Either,
    Place,
    Program,
    Release,
    Repeat,
    Request,
    Resource,
    Topology,
    begin,
)

_MOST_STATES = 2_000_000
_State: TypeAlias = tuple[int, ...]


class TooManyStates(HarnessError):
    """The search does not fit; smaller capacities show the same stall with fewer requests."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Requests that wait at the same place.

    Attributes:
        count: How many.
        place: Where they stand.
    """

    count: int
    place: Place


@dataclass(frozen=True, slots=True)
class Stall:
    """A state in which nobody can go on.

    Attributes:
        requests: How many requests are in it.
        blocked: Where they stand.
        path: The shortest way there: the kinds of request and what each then took.
    """

    requests: int
    blocked: tuple[Blocked, ...]
    path: tuple[tuple[str, Resource], ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says about a topology.

    Attributes:
        topology: Which.
        stall: The smallest stall; None if no number of requests stalls.
        states: States looked at.
    """

    topology: Topology
    stall: Stall | None
    states: int

    @property
    def boundary(self) -> int | None:
        """The smallest number of requests at once that can stall; None if none does."""
        return self.stall.requests if self.stall else None


def predict(topology: Topology) -> Prediction:
    """The smallest number of concurrent requests that can stall.

    Raises:
        TooManyStates: The search does not fit.
    """
    core = without_free_ends(topology)
    units = sum(resource.capacity for resource in resources(core))
    states = 0
    for requests in range(1, units + 1):
        stall, looked_at = search(core, requests)
        states += looked_at
        if stall is not None:
            return Prediction(topology, stall, states)
    return Prediction(topology, None, states)


def search(topology: Topology, requests: int) -> tuple[Stall | None, int]:
    """Look at all that so many requests can do, nearest first.

    Returns:
        The nearest stall, if there is one, and the number of states looked at.

    Raises:
        TooManyStates: The search does not fit.
    """
    net = _Net(_without_plenty(topology, requests))
    reached: dict[_State, tuple[_State, int] | None] = dict.fromkeys(net.initial(requests))
    pending = deque(reached)
    while pending:
        state = pending.popleft()
        stuck = any(state)
        for place, following in net.following(state):
            stuck = False
            if following not in reached:
                reached[following] = (state, place)
                pending.append(following)
        if stuck:
            return net.stall(state, requests, _path(reached, state)), len(reached)
        if len(reached) > _MOST_STATES:
            raise TooManyStates(
                f"{topology.name} with {requests} requests has more than {_MOST_STATES:,} states: "
                "declare smaller capacities"
            )
    return None, len(reached)


def resources(topology: Topology) -> set[Resource]:
    """What the requests of a topology take."""
    return {place.wants for place in _all_places(topology) if place.wants is not None}


def waits(topology: Topology) -> set[tuple[Resource, Resource]]:
    """Pairs of what is held and what is waited for meanwhile."""
    return {
        (held, place.wants)
        for place in _all_places(topology)
        if place.wants is not None
        for held, _ in place.held
    }


def without_free_ends(topology: Topology) -> Topology:
    """The topology without resources whose holders wait for nothing, as often as there are any."""
    while ends := resources(topology) - {held for held, _ in waits(topology)}:
        topology = _without_resources(topology, ends)
    return topology


def _without_plenty(topology: Topology, requests: int) -> Topology:
    """The topology without resources of which so many requests cannot take the last unit."""
    most: Counter[Resource] = Counter()
    for place in _all_places(topology):
        if place.wants is not None:
            units = dict(place.held).get(place.wants, 0) + 1
            most[place.wants] = max(most[place.wants], units)
    return _without_resources(
        topology, {each for each, units in most.items() if each.capacity >= requests * units}
    )


def _without_resources(topology: Topology, gone: set[Resource]) -> Topology:
    requests = tuple(Request(each.name, _without(each.program, gone)) for each in topology.requests)
    return Topology(topology.name, topology.summary, requests)


class _Net:
    """A topology in numbers: places by index, `-1` for being through."""

    def __init__(self, topology: Topology) -> None:
        self.places: Sequence[Place] = sorted(
            (place for place in _all_places(topology) if place.wants is not None), key=repr
        )
        self._index = {place: number for number, place in enumerate(self.places)}
        self._granted = [self._numbers(place.granted()) for place in self.places]
        self._entrances = sorted(
            {each for request in topology.requests for each in self._numbers(begin(request))}
        )
        self._capacity = {resource: resource.capacity for resource in resources(topology)}

    def initial(self, requests: int) -> Iterator[_State]:
        """Every mixture of so many requests at their beginnings.

        Beginning takes nothing from anybody, so that all may as well have begun.
        """
        for mixture in combinations_with_replacement(self._entrances, requests):
            counts = Counter(mixture)
            yield tuple(counts[number] for number in range(len(self.places)))

    def following(self, state: _State) -> Iterator[tuple[int, _State]]:
        """Who may go on, by place, and the state after it."""
        free = dict(self._capacity)
        for count, place in zip(state, self.places, strict=True):
            if count:
                for resource, units in place.held:
                    free[resource] -= count * units
        for number, (count, place) in enumerate(zip(state, self.places, strict=True)):
            if count and place.wants is not None and free[place.wants] > 0:
                for granted in self._granted[number]:
                    after = list(state)
                    after[number] -= 1
                    if granted >= 0:
                        after[granted] += 1
                    yield number, tuple(after)

    def stall(self, state: _State, requests: int, path: Iterable[int]) -> Stall:
        """A state as the places where requests wait."""
        standing = zip(state, self.places, strict=True)
        steps = (self.places[number] for number in path)
        return Stall(
            requests,
            tuple(Blocked(count, place) for count, place in standing if count),
            tuple((place.request, place.wants) for place in steps if place.wants is not None),
        )

    def _numbers(self, places: Iterable[Place]) -> list[int]:
        return sorted({self._index.get(place, -1) for place in places})


def _path(reached: Mapping[_State, tuple[_State, int] | None], state: _State) -> list[int]:
    path = []
    while (before := reached[state]) is not None:
        state, place = before
        path.append(place)
    return path[::-1]


def _all_places(topology: Topology) -> set[Place]:
    found: set[Place] = set()
    pending = [place for request in topology.requests for place in begin(request)]
    while pending:
        place = pending.pop()
        if place not in found:
            found.add(place)
            pending.extend(place.granted())
    return found


def _without(program: Program, gone: set[Resource]) -> Program:
    kept: list[Acquire | Release | Repeat | Either] = []
    for step in program:
        if isinstance(step, Repeat):
            kept.append(Repeat(_without(step.body, gone)))
        elif isinstance(step, Either):
            kept.append(Either(tuple(_without(each, gone) for each in step.options)))
        elif step.resource not in gone:
            kept.append(step)
    return tuple(kept)
