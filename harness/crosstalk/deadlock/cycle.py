"""The cycle of a stall: which requests wait for which, in a sentence that a person can follow."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from crosstalk.deadlock.program import Resource
from crosstalk.deadlock.search import Stall


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a cycle: requests that hold one resource and wait for another.

    Attributes:
        count: Number of requests.
        request: Their kind.
        holds: The resource they hold, for which the previous link waits.
        units: Units of it that they hold together.
        wants: The resource they wait for, which the next link holds.
    """

    count: int
    request: str
    holds: Resource
    units: int
    wants: Resource


def find_cycle(stall: Stall) -> tuple[Link, ...]:
    """Find the shortest cycle among the waiting requests.

    Returns:
        Its links; empty where a resource is wanted of which no unit exists.
    """
    blocked = stall.blocked
    best: list[int] = []
    for start in range(len(blocked)):
        found = _back_to(start, stall)
        if found and (not best or len(found) < len(best)):
            best = found
    links = []
    for index, number in enumerate(best):
        position = blocked[number].position
        before = blocked[best[index - 1]].position
        if position.wants is not None and before.wants is not None:
            count, holds = blocked[number].count, before.wants
            units = count * dict(position.held)[holds]
            links.append(Link(count, position.request, holds, units, position.wants))
    return tuple(links)


def same(one: Sequence[Link], other: Sequence[Link]) -> bool:
    """Compare two cycles by the resources they run through, not by the number of requests."""
    return _steps(one) == _steps(other)


def sentence(cycle: Sequence[Link]) -> str:
    """Describe the cycle in a sentence."""
    if not cycle:
        return ""
    first = cycle[0]
    said = [f"{_who(first)} {_verb(first, 'hold')} {_held(first)} and {_wait(first)}"]
    said += [f"held by {_who(each)}, which {_wait(each)}" for each in cycle[1:]]
    if len(cycle) == 1:
        return f"{said[0]}, which no other request can release"
    return f"{', '.join(said)}, held by the first"


def _back_to(start: int, stall: Stall) -> list[int]:
    """Find the shortest path from one group along "waits for what that one holds" back to it."""
    came_from: dict[int, int] = {}
    pending = deque([start])
    while pending:
        number = pending.popleft()
        wants = stall.blocked[number].position.wants
        for other, group in enumerate(stall.blocked):
            if not any(resource == wants for resource, _ in group.position.held):
                continue
            if other == start:
                way = [number]
                while way[0] != start:
                    way.insert(0, came_from[way[0]])
                return way
            if other not in came_from:
                came_from[other] = number
                pending.append(other)
    return []


def _steps(cycle: Sequence[Link]) -> set[tuple[str, str]]:
    return {(link.holds.name, link.wants.name) for link in cycle}


def _who(link: Link) -> str:
    return f"{link.count} {link.request}{'' if link.count == 1 else 's'}"


def _verb(link: Link, verb: str) -> str:
    return f"{verb}s" if link.count == 1 else verb


def _held(link: Link) -> str:
    if link.holds.capacity == 1:
        return f"the {link.holds.name}"
    return f"{link.units} of {link.holds.capacity} {link.holds.name}s"


def _wait(link: Link) -> str:
    if link.wants.capacity == 1:
        wanted = f"the {link.wants.name}"
    else:
        wanted = f"{'another' if link.wants == link.holds else 'a'} {link.wants.name}"
    return f"{_verb(link, 'wait')} for {wanted}"
