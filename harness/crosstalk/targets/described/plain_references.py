"""Arguments that refer to objects under the plain name of their kind: `hive`, not `hive_id`.

A beekeeper's `inspect_hive(hive, findings)` takes the slug that `add_hive` answered with. Which
field of an answer such an argument takes is not said anywhere, so the campaign learns it from what
is served.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import (
    VERSIONS,
    called_kind,
    compares_versions,
    deletes,
    is_plain,
    is_relation,
    kind_of_argument,
    noun_of,
    singular,
    stem_of,
    without_part,
)
from crosstalk.surface.capabilities import first_word
from crosstalk.surface.nesting import names_of
from crosstalk.surface.operation import Operation, Parameter, Role

# Longer texts are something that is said, not the name of an object.
_LONGEST = 200
# What one of two objects of a kind is to a call, where its name says nothing else.
_BARE_PARTS = frozenset(
    {"source", "src", "target", "dest", "destination", "into", "other", "keep", "drop"}
    | {"primary", "secondary", "duplicate", "survivor", "winner", "loser"}
)
# What users call an object when they make it.
_NAMES = frozenset({"name", "title", "label"})
_SAYS_ID = re.compile(r"\bids? of\b|\b(?:the|its|an?) id\b", re.IGNORECASE)
# Operations that read or delete what an argument names, after which it is no text elsewhere.
_NAMED_OFTEN = 2
_NOT_NAMES = ("enum", "const", "format")
# An argument of these names seldom refers to an object, even where there are objects so called.
SAID = frozenset(
    {
        *("message", "text", "content", "note", "comment", "body", "prompt", "question"),
        *("email", "mail", "phone", "url", "date", "day", "time", "week", "month", "year"),
    }
)


def with_plain_references(
    operations: Mapping[str, Operation], stated: Mapping[str, Collection[str]]
) -> dict[str, Operation]:
    """Return the operations with arguments taken for references that bear the name of a kind.

    Args:
        operations: By name.
        stated: Operation name to the arguments of which the description says the role.
    """
    kinds = _kinds(operations.values())
    if _has_versions(operations.values()):
        kinds = {each: [] for each in VERSIONS} | kinds
    named_elsewhere = _named_by(operations.values())
    fields = {
        last_name(parameter.name)
        for operation in operations.values()
        for parameter in operation.parameters
        if parameter.role is Role.REFERENCE and not parameter.many
    } - _words(operations.values())
    return {
        name: _corrected(operation, kinds, fields, named_elsewhere, frozenset(stated.get(name, ())))
        for name, operation in operations.items()
    }


def _kinds(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    """Return the kinds of objects that are stored or can be named, each with its creators."""
    found: dict[str, list[Operation]] = {}
    for operation in operations:
        noun = singular(noun_of(operation.name))
        if not noun:
            continue
        named = any(each.role is Role.REFERENCE and each.required for each in operation.parameters)
        if named:
            found.setdefault(noun, [])
        elif operation.stores and _creates(operation):
            found.setdefault(noun, []).append(operation)
    return found


def _words(operations: Iterable[Operation]) -> set[str]:
    """Return names by which users remove what no operation makes: the `tag` of `/tags/{tag}`.

    A list of them holds words that are new to the system.
    """
    known = list(operations)
    made = {
        singular(noun_of(each.name))
        for each in known
        if not each.reads_only and not deletes(each.name)
    }
    return {
        last_name(parameter.name)
        for operation in known
        if deletes(operation.name)
        for parameter in operation.parameters
        if parameter.role is Role.REFERENCE and is_plain(last_name(parameter.name))
    } - made


def _has_versions(operations: Iterable[Operation]) -> bool:
    """Return whether any reading lists versions: `/pages/{slug}/history`, `list_revisions`."""
    return any(each.reads_only and singular(noun_of(each.name)) in VERSIONS for each in operations)


def _named_by(operations: Iterable[Operation]) -> dict[str, int]:
    """Return names of required arguments to how many operations read or delete what they name."""
    return Counter(
        each.name
        for operation in operations
        for each in operation.parameters
        if each.required and (operation.reads_only or deletes(operation.name))
    )


def _creates(operation: Operation) -> bool:
    return operation.extra.get("kind") == "create" or ":POST " in operation.name


def _corrected(
    operation: Operation,
    kinds: Mapping[str, list[Operation]],
    fields: Collection[str],
    named_elsewhere: Mapping[str, int],
    stated: Collection[str],
) -> Operation:
    if operation.public or operation.conversational or operation.effect_only:
        return operation
    named = {
        kind_of_argument(each.name, operation.name)
        for each in operation.parameters
        if each.role is Role.REFERENCE
    }
    parameters = tuple(
        replace(each, role=Role.TEXT)
        if named and _is_set(each, operation)
        else replace(each, role=Role.REFERENCE)
        if _names_what_another_made(each, operation, kinds)
        or (
            set(names_of(each.name)).isdisjoint(stated)
            and (
                _is_list(each, kinds, fields)
                or _is_plain(each, operation, kinds, named, named_elsewhere)
            )
        )
        else each
        for each in operation.parameters
    )
    if parameters == operation.parameters:
        return operation
    return replace(operation, parameters=parameters)


def _names_what_another_made(
    parameter: Parameter, operation: Operation, kinds: Mapping[str, list[Operation]]
) -> bool:
    """Return whether a name that the description speaks of is that of an object of another kind:
    the `bike` of `log_ride`, which `add_bike` made.
    """
    name = last_name(parameter.name)
    others = [each for each in kinds.get(name, ()) if each.name != operation.name]
    makes = operation.stores and _creates(operation)
    return (
        parameter.role is Role.NAME
        and makes
        and bool(others)
        and name != singular(noun_of(operation.name))
    )


def _is_list(
    parameter: Parameter, kinds: Mapping[str, list[Operation]], fields: Collection[str]
) -> bool:
    """Return whether it lists objects: `codes` where a path has `{code}`, `units` of a `unit`."""
    items = parameter.schema.get("items")
    if not parameter.many or not isinstance(items, Mapping) or parameter.refers:
        return False
    name = singular(last_name(parameter.name.removesuffix("[]")))
    typed = items.get("type") in ("string", "integer") and not set(_NOT_NAMES) & set(items)
    return typed and (name in fields or (bool(kinds.get(name)) and name not in SAID))


def _is_plain(
    parameter: Parameter,
    operation: Operation,
    kinds: Mapping[str, list[Operation]],
    named: Collection[str],
    named_elsewhere: Mapping[str, int],
) -> bool:
    """Return whether one argument names an object of a kind that the operation does not name yet.

    `add_hive(hive)` gives a new hive its name, and `edit_note(note_id, note)` says what is in it.
    """
    name = last_name(parameter.name)
    part = without_part(name)
    kind = singular(part)
    schema = parameter.schema
    if _is_called(parameter, operation, kinds, named):
        return True
    if parameter.role not in (Role.TEXT, Role.VALUE) or schema.get("type") not in (
        "string",
        "integer",
    ):
        return False
    if compares_versions(name, operation.name):
        return bool(VERSIONS & set(kinds))
    if is_relation(name):
        return singular(noun_of(operation.name)) in kinds
    if _is_bare_part(parameter):
        return _is_one_of_two(parameter, operation)
    longest = schema.get("maxLength")
    if set(_NOT_NAMES) & set(schema) or (isinstance(longest, int) and longest > _LONGEST):
        return False
    if schema.get("type") == "integer" and kind != part:
        # One number in the plural is how many there are: `opens`, `seats`.
        return False
    if kind not in kinds or kind in SAID or stem_of(name) != name:
        return False
    if named and _sets(operation, kind):
        return False
    if part != name:
        # From one wallet to another: both are named.
        return True
    if kind in named:
        return False
    if operation in kinds[kind] and _by_its_noun(operation, kind):
        # A creator of that kind, unless something else of it is what is stored.
        return _names_what_exists(operation, kind, kinds)
    texts = [each for each in operation.parameters if each.role is Role.TEXT]
    changes = not operation.reads_only and not deletes(operation.name)
    # What is changed by its only text is more often told than named, unless others name it so too.
    told = changes and operation.extra.get("kind") != "change" and texts == [parameter]
    return not told or named_elsewhere.get(parameter.name, 0) >= _NAMED_OFTEN


def _is_called(
    parameter: Parameter,
    operation: Operation,
    kinds: Mapping[str, list[Operation]],
    named: Collection[str],
) -> bool:
    """Return whether an argument calls an object by its name: `clock_in(project_name)`, where
    `add_project(name)` makes projects.
    """
    kind, schema = called_kind(parameter.name), parameter.schema
    making = kinds.get(kind, [])
    return (
        parameter.role in (Role.TEXT, Role.NAME)
        and parameter.required
        and schema.get("type") == "string"
        and not set(_NOT_NAMES) & set(schema)
        and kind not in named
        and operation not in making
        and any(_takes_a_name(each) for each in making)
    )


def _takes_a_name(operation: Operation) -> bool:
    return any(last_name(each.name).lower() in _NAMES for each in operation.parameters)


def _sets(operation: Operation, kind: str) -> bool:
    """Return whether an operation sets what it is called by: `set_serial(item_id, serial)`."""
    return first_word(operation.name) == "set" and _by_its_noun(operation, kind)


def _is_set(parameter: Parameter, operation: Operation) -> bool:
    """Return whether it is the name that what another argument names is to have from now on: the
    `code` of `set_code(guest_id, code)`, which a user makes up.
    """
    schema, kind = parameter.schema, singular(last_name(parameter.name))
    text = schema.get("type") == "string" and not set(_NOT_NAMES) & set(schema)
    return parameter.role is Role.NAME and text and _sets(operation, kind)


def _is_bare_part(parameter: Parameter) -> bool:
    closed = set(_NOT_NAMES) & set(parameter.schema)
    return last_name(parameter.name).lower() in _BARE_PARTS and not closed


def _is_one_of_two(parameter: Parameter, operation: Operation) -> bool:
    """Return whether a `source` or a `target` is an object: two such are merged, or its description
    says that it is an id.
    """
    if operation.reads_only or not parameter.required:
        return False
    parts = [each for each in operation.parameters if each.required and _is_bare_part(each)]
    said = _SAYS_ID.search(str(parameter.schema.get("description", "")))
    return len(parts) > 1 or said is not None


def _by_its_noun(operation: Operation, kind: str) -> bool:
    return singular(noun_of(operation.name)) == kind


def _names_what_exists(
    operation: Operation, kind: str, kinds: Mapping[str, list[Operation]]
) -> bool:
    """Return whether another operation creates the kind without that argument.

    `inspect_hive(hive, findings)` stores an inspection of a hive that `add_hive(label)` has made.
    """
    return any(
        each is not operation
        and all(singular(last_name(p.name)) != kind for p in each.parameters)
        and each.surface == operation.surface
        for each in kinds[kind]
    )
