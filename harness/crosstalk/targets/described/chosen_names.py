"""Names that users give to objects, under an argument that looks like any other text.

A driver registers a car by its `plate`, and logs services, sets the mileage and scraps the car by
it: `scrap_car(plate)` cannot mean a text that was never said before. What makes such an object is
given a new name, what else takes the argument names one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import noun_of, singular
from crosstalk.surface.nesting import names_of
from crosstalk.surface.operation import Operation, Parameter, Role

# What is said, when something is, and what narrows a list.
_NOT_NAMES = frozenset(
    {"message", "text", "content", "body", "prompt", "question", "note", "comment", "reason"}
    | {"date", "day", "time", "month", "year", "week", "from", "to", "since", "until", "query"}
    | {"password", "token", "currency", "language", "status", "state", "format", "kind", "type"}
)
_CLOSED = ("enum", "const", "format")


def with_chosen_names(
    operations: Mapping[str, Operation], stated: Mapping[str, Collection[str]]
) -> dict[str, Operation]:
    """Return the operations with arguments taken for names by which users refer to objects.

    Args:
        operations: By name.
        stated: Operation name to the arguments of which the description says the role.
    """
    # What is called like a kind that is made by other operations names one of these.
    made = {singular(noun_of(each.name)) for each in operations.values() if _creates(each)}
    kinds = {
        name: nouns
        for name, nouns in _kinds_named(operations.values()).items()
        if singular(name) not in made
    }
    made_by = {
        name: makers
        for name, nouns in kinds.items()
        if (makers := _makers(operations.values(), name, nouns))
    }
    return {
        name: _corrected(operation, made_by, stated.get(name, ()))
        for name, operation in operations.items()
    }


def _kinds_named(operations: Iterable[Operation]) -> dict[str, set[str]]:
    """Return names of arguments to the kinds of objects that are named by such a one alone.

    `scrap_car(plate)` acts on a car, and `cars/{plate}` shows one; `history(plate)` may be narrowed
    by it.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for operation in operations:
        needed = _needed(operation)
        making = operation.extra.get("kind") == "create" or ":POST " in operation.name
        if len(needed) != 1 or not _may_name(needed[0]) or making:
            continue
        (only,) = needed
        addressed = f"{{{only.name}}}" in operation.name
        if not operation.reads_only or addressed:
            found[last_name(only.name)].add(singular(noun_of(operation.name)))
    return {name: {each for each in nouns if each} for name, nouns in found.items()}


def _makers(operations: Iterable[Operation], name: str, nouns: Collection[str]) -> set[str]:
    """Return the operations that make an object of such a kind, and take its name with the rest."""
    return {
        each.name
        for each in operations
        if each.stores
        and len(_needed(each)) > 1
        and not any(one.role is Role.REFERENCE for one in _needed(each))
        and singular(noun_of(each.name)) in nouns
        and _creates(each)
        and any(last_name(one.name) == name for one in _needed(each) if _may_name(one))
    }


def _corrected(
    operation: Operation, made_by: Mapping[str, Collection[str]], stated: Collection[str]
) -> Operation:
    if operation.public or operation.conversational or operation.effect_only:
        return operation

    def role(each: Parameter) -> Role:
        name = last_name(each.name)
        if name not in made_by or not _may_name(each) or set(names_of(each.name)) & set(stated):
            return each.role
        if operation.name in made_by[name]:
            return Role.NAME
        return Role.REFERENCE if each.role in (Role.TEXT, Role.VALUE) else each.role

    parameters = tuple(replace(each, role=role(each)) for each in operation.parameters)
    if parameters == operation.parameters:
        return operation
    return replace(operation, parameters=parameters)


def _needed(operation: Operation) -> list[Parameter]:
    """Return the arguments that a call must have beside those that say who calls."""
    return [
        each for each in operation.parameters if each.required and each.role is not Role.IDENTITY
    ]


def _may_name(parameter: Parameter) -> bool:
    schema = parameter.schema
    return (
        parameter.role in (Role.TEXT, Role.VALUE, Role.NAME, Role.REFERENCE)
        and schema.get("type") == "string"
        and not set(_CLOSED) & set(schema)
        and last_name(parameter.name).lower() not in _NOT_NAMES
    )


def _creates(operation: Operation) -> bool:
    """Return whether an operation makes something, as far as anything says what it does."""
    return operation.extra.get("kind") in ("create", "other") or ":POST " in operation.name
