"""Who waits for whom, as a circle that a person can follow."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from crosstalk.deadlock.program import Resource
from crosstalk.deadlock.search import Stall


@dataclass(frozen=True, slots=True)
class Link:
    """Requests that hold something and wait for something else.

    Attributes:
        count: How many requests.
        request: Their kind.
        holds: What they hold that the link before waits for.
        units: How much of it they hold together.
        wants: What they wait for, which the next link holds.
    """

    count: int
    request: str
    holds: Resource
    units: int
    wants: Resource


def find_cycle(stall: Stall) -> tuple[Link, ...]:
    """The shortest circle among those who wait; empty where somebody waits for nobody.

    That is so only where more is wanted than exists.
    """
    blocked = stall.blocked
    best: list[int] = []
    for start in range(len(blocked)):
        found = _back_to(start, stall)
        if found and (not best or len(found) < len(best)):
            best = found
    links = []
    for position, number in enumerate(best):
        place = blocked[number].place
        before = blocked[best[position - 1]].place
        if place.wants is not None and before.wants is not None:
            count, holds = blocked[number].count, before.wants
            units = count * dict(place.held)[holds]
            links.append(Link(count, place.request, holds, units, place.wants))
    return tuple(links)


def same(one: Sequence[Link], other: Sequence[Link]) -> bool:
    """Whether both are circles through the same resources, however many requests are in them."""
    return _steps(one) == _steps(other)


def sentence(cycle: Sequence[Link]) -> str:
    """The circle in words."""
    if not cycle:
        return ""
    first = cycle[0]
    said = [f"{_who(first)} {_verb(first, 'hold')} {_held(first)} and {_wait(first)}"]
    said += [f"held by {_who(each)}, which {_wait(each)}" for each in cycle[1:]]
    if len(cycle) == 1:
        return f"{said[0]}, which nobody else can give back"
    return f"{', '.join(said)}, held by the first"


def _back_to(start: int, stall: Stall) -> list[int]:
    """The shortest way from one group along "waits for what that one holds" back to it."""
    came_from: dict[int, int] = {}
    pending = deque([start])
    while pending:
        number = pending.popleft()
        wants = stall.blocked[number].place.wants
        for other, group in enumerate(stall.blocked):
            if not any(resource == wants for resource, _ in group.place.held):
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
