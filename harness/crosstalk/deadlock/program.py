"""The declaration of a topology: bounded resources, and the order in which requests take them.

A program is a regular expression over "acquire" and "release". The possible next steps are found by
unfolding the rest of the program (partial derivatives, Antimirov 1996), so that a position in a
program is its rest, and two positions with the same rest are one. A topology's positions are the
places of a Petri net, its requests the tokens.

Waiting that needs nothing bounded (a timer, a computation) is not declared: it ends by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from crosstalk.core.errors import InternalError


class DeclarationError(InternalError):
    """A program releases what it does not hold, keeps something, or wants more than exists."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A bounded resource.

    Attributes:
        name: The name of one unit, e.g. "backend pool connection".
        capacity: Number of units.
    """

    name: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Acquire:
    """Waits for one unit and holds it."""

    resource: Resource


@dataclass(frozen=True, slots=True)
class Release:
    """Releases one unit."""

    resource: Resource


@dataclass(frozen=True, slots=True)
class Repeat:
    """Runs the body any number of times; the body releases what it acquires."""

    body: Program


@dataclass(frozen=True, slots=True)
class Either:
    """Runs any one of the options; each ends holding the same."""

    options: tuple[Program, ...]


Step: TypeAlias = Acquire | Release | Repeat | Either
Program: TypeAlias = tuple[Step, ...]
# Units by resource, sorted by name, without zeros: equal holdings compare equal.
Held: TypeAlias = tuple[tuple[Resource, int], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A kind of request.

    Attributes:
        name: The name of one such request, e.g. "chat".
        program: Its acquisitions and releases, in order.
    """

    name: str
    program: Program


@dataclass(frozen=True, slots=True)
class Topology:
    """An arrangement of the tiers, as far as stalls are concerned.

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
class Position:
    """A request's position in its program: about to acquire something, or finished.

    Attributes:
        request: The kind of request.
        held: The units it holds.
        wants: The resource it is about to acquire; None at the end.
        rest: Its program from there on, the acquisition included.
    """

    request: str
    held: Held
    wants: Resource | None
    rest: Program

    def granted(self) -> frozenset[Position]:
        """Return the positions it may reach when it gets what it wants."""
        if self.wants is None:
            return frozenset()
        return frozenset(positions(self.request, change(self.held, self.wants, 1), self.rest[1:]))


def holding(resource: Resource, *body: Step) -> Program:
    """Build a program that acquires a unit, runs the body, and releases the unit."""
    return (Acquire(resource), *body, Release(resource))


def begin(request: Request) -> frozenset[Position]:
    """Return the positions at which a request may begin to wait."""
    return frozenset(positions(request.name, (), request.program))


def positions(request: str, held: Held, program: Program) -> Iterator[Position]:
    """Yield the positions that a program reaches before its next acquisition.

    A release waits for no request and takes nothing from any, so that running it at once leaves out
    no way in which requests can end up waiting for each other.
    """
    seen = {(held, program)}
    pending = [(held, program)]
    while pending:
        held, program = pending.pop()
        first = program[0] if program else None
        if first is None or isinstance(first, Acquire):
            yield Position(request, held, first.resource if first else None, program)
            continue
        for following in unfold(held, program):
            if following not in seen:
                seen.add(following)
                pending.append(following)


def unfold(held: Held, program: Program) -> Iterator[tuple[Held, Program]]:
    """Yield the holdings and programs that one step other than an acquisition leads to."""
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
    """Return the holdings with `by` units of a resource more."""
    units = dict(held)
    units[resource] = units.get(resource, 0) + by
    return _sorted(units)


def _sorted(units: Mapping[Resource, int]) -> Held:
    kept = ((resource, count) for resource, count in units.items() if count)
    return tuple(sorted(kept, key=lambda item: item[0].name))


def _require_sound(request: Request) -> None:
    """Check that a request releases all that it acquires.

    Raises:
        DeclarationError: It does not.
    """
    kept = _after(request.name, (), request.program)
    if kept:
        names = ", ".join(resource.name for resource, _ in kept)
        raise DeclarationError(f"{request.name} never releases: {names}")


def _after(name: str, held: Held, program: Program) -> Held:
    for step in program:
        if isinstance(step, Acquire):
            if step.resource.capacity < 1:
                raise DeclarationError(f"{name} wants what does not exist: {step.resource.name}")
            held = change(held, step.resource, 1)
        elif isinstance(step, Release):
            if dict(held).get(step.resource, 0) < 1:
                raise DeclarationError(f"{name} releases what it lacks: {step.resource.name}")
            held = change(held, step.resource, -1)
        elif isinstance(step, Repeat):
            if _after(name, held, step.body) != held:
                raise DeclarationError(f"{name} ends a repetition with other holdings than before")
        else:
            ends = {_after(name, held, option) for option in step.options}
            if len(ends) != 1:
                raise DeclarationError(f"{name} holds different things after a choice")
            held = ends.pop()
    return held
