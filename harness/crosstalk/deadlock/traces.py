"""Compares what a running system was seen to take with what was declared for it.

A declaration that is not true proves nothing. An observed request is a list of takings and
givings; it must be one that the program of its kind allows, from the beginning to the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from crosstalk.deadlock.program import Acquire, Program, Release, Request, unfold

Action: TypeAlias = Literal["acquire", "release"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that a request was seen to do.

    Attributes:
        action: It got a unit, or gave one back.
        resource: The resource's name.
    """

    action: Action
    resource: str

    def __str__(self) -> str:
        return f"{self.action} {self.resource}"


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a trace leaves its declaration.

    Attributes:
        position: How many steps were as declared.
        seen: What came then; None if the trace ended too early.
        allowed: What the declaration would have allowed.
    """

    position: int
    seen: Seen | None
    allowed: tuple[str, ...]

    def __str__(self) -> str:
        what = str(self.seen) if self.seen else "the end"
        allowed = " or ".join(self.allowed) or "nothing more"
        return f"step {self.position + 1} is {what}; declared is {allowed}"


def departure(request: Request, trace: Sequence[Seen]) -> Departure | None:
    """The first step that the declaration does not allow; None if it allows all of them."""
    programs = _settle([request.program])
    for position, seen in enumerate(trace):
        following = [each[1:] for each in programs if each and _does(each, seen)]
        if not following:
            return Departure(position, seen, _allowed(programs))
        programs = _settle(following)
    return None if () in programs else Departure(len(trace), None, _allowed(programs))


def _settle(programs: Iterable[Program]) -> frozenset[Program]:
    """Every program that is left once choices are made, up to the next taking or giving."""
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


def _does(program: Program, seen: Seen) -> bool:
    step = program[0]
    wanted = Acquire if seen.action == "acquire" else Release
    return isinstance(step, wanted) and step.resource.name == seen.resource


def _allowed(programs: Iterable[Program]) -> tuple[str, ...]:
    said = set()
    for program in programs:
        step = program[0] if program else None
        if isinstance(step, Acquire):
            said.add(f"acquire {step.resource.name}")
        elif isinstance(step, Release):
            said.add(f"release {step.resource.name}")
        else:
            said.add("the end")
    return tuple(sorted(said))
