"""Exhaustive search of a topology's reachable states for the smallest stall.

Requests of a kind are alike, so a state is the number of requests at each position (the marking of
a Petri net): 15 requests in a program with three positions have 136 states instead of 3^15. A
*stall* is a state in which a request is not finished and none can proceed.

Two facts make the answer exact for every number of requests.

* A resource whose holders never wait for anything becomes free by itself. Removing it changes
  nothing; then perhaps the next one is of that sort. If none is left, no number of requests stalls:
  the declared order is acyclic (Havender 1968).
* In the smallest stall every request holds something: one that holds nothing could be left out, and
  the others would still wait. So no smallest stall has more requests than there are units to hold,
  and a search up to that number that finds none proves that there is none.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TypeAlias

from crosstalk.core.errors import InternalError
from crosstalk.deadlock.program import (
    Acquire,
    Either,
    Position,
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


class TooManyStates(InternalError):
    """The search does not fit; smaller capacities show the same stall with fewer requests."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Requests that wait at the same position.

    Attributes:
        count: Number of requests.
        position: Their position.
    """

    count: int
    position: Position


@dataclass(frozen=True, slots=True)
class Stall:
    """A state in which no request can proceed.

    Attributes:
        requests: Number of requests in it.
        blocked: Their positions.
        path: The shortest path there: the kind of request and what it acquired, step by step.
    """

    requests: int
    blocked: tuple[Blocked, ...]
    path: tuple[tuple[str, Resource], ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The model's answer for a topology.

    Attributes:
        topology: The topology.
        stall: The smallest stall; None if no number of requests stalls.
        states: Number of states visited.
    """

    topology: Topology
    stall: Stall | None
    states: int

    @property
    def boundary(self) -> int | None:
        """The smallest number of concurrent requests that can stall; None if none does."""
        return self.stall.requests if self.stall else None


def predict(topology: Topology) -> Prediction:
    """Compute the smallest number of concurrent requests that can stall.

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
    """Search breadth-first for a stall of exactly `requests` requests.

    Returns:
        The nearest stall, if there is one, and the number of states visited.

    Raises:
        TooManyStates: The search does not fit.
    """
    net = _Net(_without_plenty(topology, requests))
    reached: dict[_State, tuple[_State, int] | None] = dict.fromkeys(net.initial(requests))
    pending = deque(reached)
    while pending:
        state = pending.popleft()
        stuck = any(state)
        for number, following in net.following(state):
            stuck = False
            if following not in reached:
                reached[following] = (state, number)
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
    """Return the resources that the requests of a topology acquire."""
    return {position.wants for position in _all_positions(topology) if position.wants is not None}


def waits(topology: Topology) -> set[tuple[Resource, Resource]]:
    """Return the pairs of a resource that is held and one that is waited for meanwhile."""
    return {
        (held, position.wants)
        for position in _all_positions(topology)
        if position.wants is not None
        for held, _ in position.held
    }


def without_free_ends(topology: Topology) -> Topology:
    """Remove the resources whose holders wait for nothing, until there are none."""
    while ends := resources(topology) - {held for held, _ in waits(topology)}:
        topology = _without_resources(topology, ends)
    return topology


def _without_plenty(topology: Topology, requests: int) -> Topology:
    """Remove the resources of which that number of requests cannot acquire the last unit."""
    most: Counter[Resource] = Counter()
    for position in _all_positions(topology):
        if position.wants is not None:
            units = dict(position.held).get(position.wants, 0) + 1
            most[position.wants] = max(most[position.wants], units)
    return _without_resources(
        topology, {each for each, units in most.items() if each.capacity >= requests * units}
    )


def _without_resources(topology: Topology, gone: set[Resource]) -> Topology:
    requests = tuple(Request(each.name, _without(each.program, gone)) for each in topology.requests)
    return Topology(topology.name, topology.summary, requests)


class _Net:
    """A topology as a Petri net: its positions by index, `-1` for a finished request."""

    def __init__(self, topology: Topology) -> None:
        self.positions: Sequence[Position] = sorted(
            (position for position in _all_positions(topology) if position.wants is not None),
            key=repr,
        )
        self._index = {position: number for number, position in enumerate(self.positions)}
        self._granted = [self._numbers(position.granted()) for position in self.positions]
        self._entrances = sorted(
            {each for request in topology.requests for each in self._numbers(begin(request))}
        )
        self._capacity = {resource: resource.capacity for resource in resources(topology)}

    def initial(self, requests: int) -> Iterator[_State]:
        """Yield every mixture of that number of requests at their first positions.

        To begin acquires nothing, so that all may as well have begun.
        """
        for mixture in combinations_with_replacement(self._entrances, requests):
            counts = Counter(mixture)
            yield tuple(counts[number] for number in range(len(self.positions)))

    def following(self, state: _State) -> Iterator[tuple[int, _State]]:
        """Yield each position from which a request may proceed, and the state after it."""
        free = dict(self._capacity)
        for count, position in zip(state, self.positions, strict=True):
            if count:
                for resource, units in position.held:
                    free[resource] -= count * units
        for number, (count, position) in enumerate(zip(state, self.positions, strict=True)):
            if count and position.wants is not None and free[position.wants] > 0:
                for granted in self._granted[number]:
                    after = list(state)
                    after[number] -= 1
                    if granted >= 0:
                        after[granted] += 1
                    yield number, tuple(after)

    def stall(self, state: _State, requests: int, path: Iterable[int]) -> Stall:
        """Build the stall of a state: the positions where requests wait."""
        standing = zip(state, self.positions, strict=True)
        steps = (self.positions[number] for number in path)
        return Stall(
            requests,
            tuple(Blocked(count, position) for count, position in standing if count),
            tuple(
                (position.request, position.wants)
                for position in steps
                if position.wants is not None
            ),
        )

    def _numbers(self, positions: Iterable[Position]) -> list[int]:
        return sorted({self._index.get(position, -1) for position in positions})


def _path(reached: Mapping[_State, tuple[_State, int] | None], state: _State) -> list[int]:
    path = []
    while (before := reached[state]) is not None:
        state, number = before
        path.append(number)
    return path[::-1]


def _all_positions(topology: Topology) -> set[Position]:
    found: set[Position] = set()
    pending = [position for request in topology.requests for position in begin(request)]
    while pending:
        position = pending.pop()
        if position not in found:
            found.add(position)
            pending.extend(position.granted())
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
