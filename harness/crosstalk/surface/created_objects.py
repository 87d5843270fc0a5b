"""Arguments that seem to name the caller, and name an object that callers make.

In an invoice program `customer_id` names a customer, which its users store; in a shop it says who
buys. What creates such objects tells the two apart: a sign-up asks for a password, and an operation
that stores customers for its caller does not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import noun_of, singular, stem_of
from crosstalk.surface.operation import Operation, Parameter, Role

_PASSWORD = re.compile(r"passw|passphrase|pwd|secret|pin$", re.IGNORECASE)
# What a path says after a collection: `/plants/{uid}`.
_OF_ANY_KIND = frozenset({"uid"})


def naming_created(
    operations: Sequence[Operation], *, identities: Collection[str] = ()
) -> list[Operation]:
    """Return the operations, with references where an argument names a kind that is created.

    Args:
        operations: Of one surface.
        identities: Arguments of which it is known that they say who calls.
    """
    made = {singular(noun_of(each.name)) for each in operations if _creates(each)} - {""}
    return [
        replace(
            operation,
            parameters=tuple(
                replace(each, role=Role.REFERENCE)
                if each.role is Role.IDENTITY
                and each.name not in identities
                and _names_made(each, operation, made)
                else each
                for each in operation.parameters
            ),
        )
        for operation in operations
    ]


def _creates(operation: Operation) -> bool:
    """Return whether an operation stores an object that its caller has not named."""
    return not (
        operation.reads_only
        or operation.conversational
        or any(_PASSWORD.search(last_name(each.name)) for each in operation.parameters)
        or any(each.required and _refers(each) for each in operation.parameters)
    )


def _refers(parameter: Parameter) -> bool:
    return parameter.refers or parameter.role is Role.IDENTITY


def _names_made(parameter: Parameter, operation: Operation, made: Collection[str]) -> bool:
    name = last_name(parameter.name)
    if name.lower() in _OF_ANY_KIND:
        before = operation.name.partition(f"{{{parameter.name}}}")[0].rstrip("/")
        return singular(before.rpartition("/")[2].lower()) in made
    return singular(stem_of(name.lower())) in made
