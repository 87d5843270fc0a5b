"""What a topology declares: bounded resources, and the order in which a request takes them.

A program is a regular expression over "take" and "give back". What can come next of a program is
found by unfolding what is left of it (Antimirov 1996), so that a place in a program is the rest of
it, and two places with the same rest are one.

Waiting that needs nothing bounded (a timer, a computation) is not declared: it ends by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from crosstalk.core.errors import HarnessError


class DeclarationError(HarnessError):
    """A program gives back what it does not hold, keeps something, or wants more than exists."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something of which there are only so many.

    Attributes:
        name: One unit of it, e.g. "backend pool connection".
        capacity: How many units there are.
    """

    name: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Acquire:
    """Wait for one unit and hold it."""

    resource: Resource


@dataclass(frozen=True, slots=True)
class Release:
    """Give one unit back."""

    resource: Resource


@dataclass(frozen=True, slots=True)
class Repeat:
    """The body, any number of times; it gives back what it takes."""

    body: Program


@dataclass(frozen=True, slots=True)
class Either:
    """One of these, whichever; each ends holding the same."""

    options: tuple[Program, ...]


Step: TypeAlias = Acquire | Release | Repeat | Either
Program: TypeAlias = tuple[Step, ...]
# Units by resource, sorted by name, without zeros: equal holdings compare equal.
Held: TypeAlias = tuple[tuple[Resource, int], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One kind of request.

    Attributes:
        name: One of them, e.g. "chat".
        program: What it takes and gives back.
    """

    name: str
    program: Program


@dataclass(frozen=True, slots=True)
class Topology:
    """A way to put the tiers together, as far as stalls are concerned.

    Attributes:
        name: As in the documentation and in results.
        summary: One sentence.
        requests: The kinds of request that may run at the same time, in any mixture.
    """

    name: str
    summary: str
    requests: tuple[Request, ...]

    def __post_init__(self) -> None:
        for request in self.requests:
            _require_sound(request)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request stands: about to take something, or through.

    Attributes:
        request: Its kind.
        held: What it holds.
        wants: What it is about to take; None at the end.
        rest: Its program from there on, the taking included.
    """

    request: str
    held: Held
    wants: Resource | None
    rest: Program

    def granted(self) -> frozenset[Place]:
        """The places it may come to when it gets what it wants."""
        if self.wants is None:
            return frozenset()
        return frozenset(places(self.request, change(self.held, self.wants, 1), self.rest[1:]))


def holding(resource: Resource, *body: Step) -> Program:
    """Take a unit, do something, give it back."""
    return (Acquire(resource), *body, Release(resource))


def begin(request: Request) -> frozenset[Place]:
    """The places at which a request may begin to wait."""
    return frozenset(places(request.name, (), request.program))


def places(request: str, held: Held, program: Program) -> Iterator[Place]:
    """Run on until something is wanted.

    Giving back waits for nobody and takes nothing from anybody, so that doing it at once leaves out
    no way in which requests can end up waiting for each other.
    """
    seen = {(held, program)}
    pending = [(held, program)]
    while pending:
        held, program = pending.pop()
        first = program[0] if program else None
        if first is None or isinstance(first, Acquire):
            yield Place(request, held, first.resource if first else None, program)
            continue
        for following in unfold(held, program):
            if following not in seen:
                seen.add(following)
                pending.append(following)


def unfold(held: Held, program: Program) -> Iterator[tuple[Held, Program]]:
    """What one step other than taking leads to."""
    step, rest = program[0], program[1:]
    if isinstance(step, Release):
        yield change(held, step.resource, -1), rest
    elif isinstance(step, Either):
        for option in step.options:
            yield held, (*option, *rest)
    elif isinstance(step, Repeat):
        yield held, rest
        yield held, (*step.body, step, *rest)


def change(held: Held, resource: Resource, by: int) -> Held:
    """Holdings with so many units more."""
    units = dict(held)
    units[resource] = units.get(resource, 0) + by
    return _sorted(units)


def _sorted(units: Mapping[Resource, int]) -> Held:
    kept = ((resource, count) for resource, count in units.items() if count)
    return tuple(sorted(kept, key=lambda item: item[0].name))


def _require_sound(request: Request) -> None:
    """Raises: DeclarationError."""
    kept = _after(request.name, (), request.program)
    if kept:
        names = ", ".join(resource.name for resource, _ in kept)
        raise DeclarationError(f"{request.name} never gives back: {names}")


def _after(name: str, held: Held, program: Program) -> Held:
    for step in program:
        if isinstance(step, Acquire):
            if step.resource.capacity < 1:
                raise DeclarationError(f"{name} wants what does not exist: {step.resource.name}")
            held = change(held, step.resource, 1)
        elif isinstance(step, Release):
            if dict(held).get(step.resource, 0) < 1:
                raise DeclarationError(f"{name} gives back what it lacks: {step.resource.name}")
            held = change(held, step.resource, -1)
        elif isinstance(step, Repeat):
            if _after(name, held, step.body) != held:
                raise DeclarationError(f"{name} ends a round holding something else than before")
        else:
            ends = {_after(name, held, option) for option in step.options}
            if len(ends) != 1:
                raise DeclarationError(f"{name} holds different things after a choice")
            held = ends.pop()
    return held
