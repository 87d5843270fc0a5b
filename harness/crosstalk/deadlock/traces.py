"""Compares the acquisitions observed in a running system with its declaration.

A declaration that is not true proves nothing. An observed request is a list of acquisitions and
releases; the program of its kind must allow it, from beginning to end. Releases that follow one
another come in any order: none of them waits, whoever waits for one of them acquires it after it,
and two services note theirs by their own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from crosstalk.deadlock.program import Acquire, Program, Release, Request, unfold

Action: TypeAlias = Literal["acquire", "release"]


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One observed step of a request.

    Attributes:
        action: It acquired a unit, or released one.
        resource: The resource's name.
    """

    action: Action
    resource: str

    def __str__(self) -> str:
        return f"{self.action} {self.resource}"


@dataclass(frozen=True, slots=True)
class Deviation:
    """The first step of a trace that its declaration does not allow.

    Attributes:
        position: Number of steps that were as declared.
        seen: The next step; None if the trace ended too early.
        allowed: The steps that the declaration would have allowed.
    """

    position: int
    seen: TraceStep | None
    allowed: tuple[str, ...]

    def __str__(self) -> str:
        what = str(self.seen) if self.seen else "the end"
        allowed = " or ".join(self.allowed) or "nothing more"
        return f"step {self.position + 1} is {what}; declared is {allowed}"


def deviation(request: Request, trace: Sequence[TraceStep]) -> Deviation | None:
    """Find the first step that the declaration does not allow; None if it allows all of them."""
    programs = _settle([request.program])
    for position, seen in enumerate(trace):
        following = [rest for each in programs if (rest := _after(each, seen)) is not None]
        if not following:
            return Deviation(position, seen, _allowed(programs))
        programs = _settle(following)
    return None if () in programs else Deviation(len(trace), None, _allowed(programs))


def _settle(programs: Iterable[Program]) -> frozenset[Program]:
    """Return the programs that remain once choices are made, up to the next observable step."""
    found: set[Program] = set()
    settled: set[Program] = set()
    pending = list(programs)
    while pending:
        program = pending.pop()
        if program in found:
            continue
        found.add(program)
        if not program or isinstance(program[0], Acquire | Release):
            settled.add(program)
        else:
            pending.extend(rest for _, rest in unfold((), program))
    return frozenset(settled)


def _after(program: Program, seen: TraceStep) -> Program | None:
    """Return what is left of a program after a step; None where it does not allow the step."""
    if seen.action == "acquire":
        first = program[0] if program else None
        allowed = isinstance(first, Acquire) and first.resource.name == seen.resource
        return program[1:] if allowed else None
    for place, step in enumerate(_releases(program)):
        if step.resource.name == seen.resource:
            return program[:place] + program[place + 1 :]
    return None


def _releases(program: Program) -> Iterator[Release]:
    """Yield the releases that a program begins with, one after the other."""
    for step in program:
        if not isinstance(step, Release):
            return
        yield step


def _allowed(programs: Iterable[Program]) -> tuple[str, ...]:
    said = set()
    for program in programs:
        step = program[0] if program else None
        if isinstance(step, Acquire):
            said.add(f"acquire {step.resource.name}")
        elif step is None:
            said.add("the end")
        said |= {f"release {each.resource.name}" for each in _releases(program)}
    return tuple(sorted(said))
