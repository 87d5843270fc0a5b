"""Operations whose limits are tried at the end of a campaign, the likeliest first.

A limit that a description names, or that has refused a user already, comes first; then what asks a
model, whose limit is used up by the fewest calls. Each server's requests have a limit together,
which any listing meets. What is stored has quotas by its kind, and attempts at a code, a mail to
send, an export of an own object may have limits of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosstalk.core.limit_refusals import names_a_limit, number_named
from crosstalk.core.object_kinds import thing_of
from crosstalk.phases.base import PhaseBudget
from crosstalk.surface.capabilities import (
    creators_among,
    removes,
    required_references,
)
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.opposites import edits

# What asks a model has a low limit: no more than this part of the calls is spent on one.
_MODEL_PART = 0.25
# Calls by which a limit is met that is named without a number, and calls beyond a number.
_UNNAMED, _BEYOND = 60, 6
# Calls that an operation gets where many are to be tried.
_LEAST_OF_MANY = 40


@dataclass(frozen=True, slots=True)
class Chosen:
    """An operation whose limit is tried.

    Attributes:
        operation: What is called.
        number: Calls by which its limit is met, where that is known.
        part: The part of the calls that are left that it gets otherwise.
        others: Operations that are to be tried after it with what is left.
    """

    operation: Operation
    number: int = 0
    part: float = 1.0
    others: int = 0

    def most(self, left: int) -> int:
        """Return the calls by which one user tries to use the limit up.

        Args:
            left: Calls that are left for the phase.
        """
        if self.number:
            return min(left, self.number)
        if self.others:
            return min(left, max(_LEAST_OF_MANY, left // (1 + self.others)))
        return int(left * self.part)


def chosen(budget: PhaseBudget) -> list[Chosen]:
    """Return what is tried, each operation once."""
    found: dict[str, Chosen] = {}
    for each in (*_named(budget), *_chats(budget)):
        found.setdefault(each.operation.name, each)
    further = [each for each in _further(budget) if each.name not in found]
    several = [Chosen(each, others=len(further) - place) for place, each in enumerate(further)]
    # A system that was started for it has the limits of its requests; a described one may have any.
    started = budget.target.production_soon is not None
    for one in (*_lists(budget), *several) if started else (*several, *_lists(budget)):
        found.setdefault(one.operation.name, one)
    return list(found.values())


def storing(budget: PhaseBudget) -> list[Operation]:
    """Return one operation of each server that stores something: its request has a body."""
    first: dict[str, Operation] = {}
    for each in _simplest(creators_among(list(budget.executor.operations.values()))):
        if not each.conversational:
            first.setdefault(server_of(each), each)
    return list(first.values())


def _named(budget: PhaseBudget) -> Iterator[Chosen]:
    """Yield what names a limit, or has refused a user for being too many; small numbers first."""
    limits = budget.executor.limits
    named = []
    for each in budget.executor.operations.values():
        about = str(each.extra.get("about", ""))
        said = names_a_limit(about)
        if (said or limits.refused[each.name]) and can_be_repeated(each, budget):
            number = number_named(about) if said else 0
            own = max(limits.answered[each.name].values(), default=0)
            named.append((number or max(own + 1, _UNNAMED), each))
    for number, each in sorted(named, key=lambda pair: pair[0]):
        yield Chosen(each, number + _BEYOND)


def _chats(budget: PhaseBudget) -> Iterator[Chosen]:
    """Yield one operation of each surface that asks a model."""
    operations = budget.executor.operations.values()
    asked = [each for each in operations if each.conversational and not required_references(each)]
    first: dict[str, Operation] = {}
    for each in _simplest(asked):
        first.setdefault(each.surface, each)
    yield from (Chosen(each, part=_MODEL_PART) for each in first.values())


def _lists(budget: PhaseBudget) -> Iterator[Chosen]:
    """Yield one listing of each server; its surfaces share its limits."""
    first: dict[str, Operation] = {}
    for each in _simplest(budget.observations):
        if not each.conversational:
            first.setdefault(server_of(each), each)
    yield from map(Chosen, first.values())


def _further(budget: PhaseBudget) -> list[Operation]:
    """Return what stores each kind, what was called most often first; then attempts, and what is
    done to an own object.
    """
    limits = budget.executor.limits
    operations = list(budget.executor.operations.values())
    # What changes what is there seldom has a limit of its own.
    usable = [each for each in operations if can_be_repeated(each, budget) and not edits(each)]
    kinds: dict[tuple[str, str], Operation] = {}
    often = sorted(creators_among(usable), key=lambda each: -limits.answered[each.name].total())
    for each in often:
        kinds.setdefault((server_of(each), thing_of(each.name)), each)
    others = [
        each
        for each in usable
        if not each.reads_only and each not in kinds.values() and not each.conversational
    ]
    others.sort(key=lambda each: (bool(required_references(each)), not each.public))
    return [*kinds.values(), *others]


def can_be_repeated(operation: Operation, budget: PhaseBudget) -> bool:
    """Return whether users can call it again and again, each for what is their own."""
    if operation.effect_only or operation.descriptive or operation.pushes or removes(operation):
        return False
    if operation.public and operation.parameter(Role.IDENTITY) is None:
        return False
    served = budget.executor.limits.answered[operation.name].total() > 0
    named = required_references(operation)
    if named:
        return bool(budget.executor.limits.stored.get(operation.name))
    return served or bool(operation.public)


def server_of(operation: Operation) -> str:
    """Return the server that has an operation, by its surface's name."""
    return operation.surface.partition("-")[0]


def _simplest(operations: Sequence[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda each: len(each.parameters))
