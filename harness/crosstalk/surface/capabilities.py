"""Sorts operations by what a generator can do with them; names play no part, roles do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crosstalk.core.history import Actor, History
from crosstalk.core.identifiers import last_name
from crosstalk.surface.operation import Operation, Parameter, Role

_PAGE_SIZES = frozenset({"limit", "page_size", "pagesize", "per_page", "max_results", "first"})


@dataclass(frozen=True, slots=True)
class Kinds:
    """A system's operations, by use.

    Attributes:
        protected: Those that need a credential; what asks a model comes last.
        creators: By which somebody stores something without naming anything that exists.
        chats: By which somebody speaks to a model without naming anything that exists.
        details: Readings of one object.
        intrusive: Those that name an object and declare a change: what could hurt its owner.
        broad: Those that change something and need no object named: what could hurt anybody.
        paged: Listings that are continued by a cursor.
        of_somebody: Readings that are told whose data is meant, and name one object at most.
        tools: What a model can be told to call.
        keyed: Those that can be given a key that says they are the same.
    """

    protected: Sequence[Operation]
    creators: Sequence[Operation]
    chats: Sequence[Operation]
    details: Sequence[Operation]
    intrusive: Sequence[Operation]
    broad: Sequence[Operation]
    paged: Sequence[Operation]
    of_somebody: Sequence[Operation]
    tools: Sequence[Operation]
    keyed: Sequence[Operation]

    @classmethod
    def of(cls, operations: Sequence[Operation]) -> Kinds:
        """Sort these."""
        # The simplest example plays the first of them again and again: not one that asks a model.
        protected = sorted(
            (each for each in operations if not each.public), key=lambda each: each.conversational
        )
        by_reference = [each for each in protected if references(each)]
        return cls(
            protected=protected,
            creators=creators_among(protected),
            chats=[
                each for each in protected if each.conversational and not required_references(each)
            ],
            details=[
                each
                for each in protected
                if each.reads_only and not each.lists and len(required_references(each)) == 1
            ],
            intrusive=[each for each in by_reference if not each.reads_only] or protected,
            broad=[
                each
                for each in protected
                if not each.reads_only and not required_references(each) and not each.conversational
            ],
            paged=[
                each
                for each in protected
                if each.reads_only and each.parameter(Role.CURSOR) and page_size(each)
            ],
            of_somebody=[
                each
                for each in protected
                if each.parameter(Role.IDENTITY)
                and (each.lists or (each.reads_only and len(required_references(each)) == 1))
            ],
            keyed=[each for each in protected if takes_key(each)],
            tools=[each for each in protected if each.surface == "mcp"],
        )

    def creators_on(self, operation: Operation) -> list[Operation]:
        """Those creators that are called as this operation is."""
        return [each for each in self.creators if each.surface == operation.surface]


def creators_among(operations: Sequence[Operation]) -> list[Operation]:
    """Operations by which somebody stores something without naming anything that exists.

    Those that can name something come last: a task in a project needs the project first.
    """
    found = [
        each
        for each in operations
        if not each.public
        and not each.conversational
        and not each.reads_only
        and each.parameter(Role.TEXT)
        and not any(p.required and p.role is Role.REFERENCE for p in each.parameters)
    ]
    return sorted(found, key=lambda each: len(references(each)))


def compares(operation: Operation, parameter: Parameter) -> bool:
    """Whether a foreign id and a missing one must be answered alike there.

    Whoever stores something may call it what they like, as others call theirs.
    """
    chosen = parameter.role is Role.NAME and operation.stores
    return parameter.refers and not chosen


def required_references(operation: Operation) -> list[Parameter]:
    """The objects that must be there and be named."""
    return [each for each in references(operation) if each.required and compares(operation, each)]


def references(operation: Operation) -> list[Parameter]:
    """The objects that can be named."""
    return [each for each in operation.parameters if each.refers]


def observation_arguments(operation: Operation, history: History, actor: Actor) -> dict[str, Any]:
    """Arguments with which an actor reads their own data: their identity, and a full page."""
    arguments: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter.role is Role.IDENTITY:
            arguments[parameter.name] = history.subjects[actor.claims]
        elif last_name(parameter.name).lower() in _PAGE_SIZES:
            arguments[parameter.name] = parameter.schema.get("maximum", 100)
    return arguments


def page_size(operation: Operation) -> Parameter | None:
    """The parameter that says how much a page holds, if there is one."""
    return next(
        (each for each in operation.parameters if last_name(each.name).lower() in _PAGE_SIZES), None
    )


def takes_key(operation: Operation) -> bool:
    """Whether calls of this operation can be given a key that says they are the same."""
    return operation.parameter(Role.KEY) is not None and not operation.reads_only
