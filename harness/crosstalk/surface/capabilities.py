"""Operations sorted by what a generator can do with them: by roles, not by names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosstalk.core.history import Actor, History
from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import IDENTIFYING_FIELDS, deletes, is_plain, part_of
from crosstalk.surface.operation import Operation, Parameter, Role

_PAGE_SIZES = frozenset(
    {"limit", "page_size", "pagesize", "per_page", "perpage", "max_results", "maxresults", "first"}
    | {"size", "per", "take", "page_limit", "items_per_page", "batch_size", "max_items"}
)
# Between these, a page's size is hardly ever asked for, and holds all that a few users have stored.
_LEAST_UNUSUAL, _LARGE_PAGE = 30, 100
_PAGE_PLACE = re.compile(r"page(?:_?(?:number|no|index))?|offset|skip", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A system's operations, by what a generator can do with them.

    Attributes:
        protected: Those that need a credential; what asks a model comes last.
        creators: Store something without naming an object that exists.
        chats: Ask a model without naming an object that exists.
        details: Read one object.
        comparable: Parameters in which a foreign object and a missing one must be answered alike,
            each with its operation.
        mutates_by_id: Name an object and declare a change: they could harm its owner.
        bulk_mutations: Change something without an object named: they could harm any user.
        paged: Listings that are continued by a cursor.
        reads_by_identity: Readings that take an identity, and name one object at most.
        tools: Operations that a model can be told to call.
        keyed: Those that take a key by which a repeated call is known.
        reference_fields: Names of arguments that refer to objects by what the system calls them.
        logins: Those that are called only to see whether they still work.
    """

    protected: Sequence[Operation]
    creators: Sequence[Operation]
    chats: Sequence[Operation]
    details: Sequence[Operation]
    comparable: Sequence[tuple[Operation, Parameter]]
    mutates_by_id: Sequence[Operation]
    bulk_mutations: Sequence[Operation]
    paged: Sequence[Operation]
    reads_by_identity: Sequence[Operation]
    tools: Sequence[Operation]
    keyed: Sequence[Operation]
    reference_fields: frozenset[str] = frozenset()
    logins: Sequence[Operation] = ()

    @classmethod
    def of(cls, operations: Sequence[Operation]) -> Capabilities:
        """Sort these operations."""
        # The simplest example uses the first of them again and again: not one that asks a model.
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
            comparable=[
                (operation, each)
                for operation in protected
                for each in operation.parameters
                if is_comparable(operation, each)
            ],
            mutates_by_id=[each for each in by_reference if not each.reads_only] or protected,
            bulk_mutations=[
                each
                for each in protected
                if not each.reads_only and not required_references(each) and not each.conversational
            ],
            paged=[
                each
                for each in protected
                if each.reads_only and each.parameter(Role.CURSOR) and page_size(each)
            ],
            reads_by_identity=[
                each
                for each in protected
                if each.parameter(Role.IDENTITY)
                and (each.lists or (each.reads_only and len(required_references(each)) == 1))
            ],
            tools=[each for each in protected if each.surface == "mcp"],
            keyed=[each for each in protected if takes_key(each)],
            reference_fields=_reference_fields(protected),
            logins=[each for each in operations if each.effect_only],
        )

    @property
    def own_lists(self) -> list[Operation]:
        """Return the listings of what users have stored: of what a server says of itself none."""
        return [
            each
            for each in self.protected
            if each.lists and not (each.conversational or each.descriptive or each.pushes)
        ]

    def creators_on(self, operation: Operation) -> list[Operation]:
        """Return the creators on the surface of this operation, or on its server's others.

        What a resource shows, a tool stores.
        """
        own = [each for each in self.creators if each.surface == operation.surface]
        server = operation.surface.partition("-")[0]
        return own or [each for each in self.creators if each.surface.partition("-")[0] == server]


def _reference_fields(operations: Sequence[Operation]) -> frozenset[str]:
    """Return the fields by which objects are named: as arguments, and where one names a kind."""
    names = {
        last_name(each.name)
        for operation in operations
        for each in operation.parameters
        if each.role is Role.REFERENCE
    }
    plain = any(is_plain(each) for each in names)
    return frozenset({*names, *IDENTIFYING_FIELDS} if plain else names)


def creators_among(operations: Sequence[Operation]) -> list[Operation]:
    """Return the operations that store something without naming an object that exists.

    Those that can name something come last: a task in a project needs the project first.
    """
    addresses = {each.name for each in operations}
    found = [
        each
        for each in operations
        if not each.public
        and not each.conversational
        and not each.reads_only
        and (each.parameter(Role.TEXT) or _makes_without_words(each, addresses))
        and not each.extra.get("renames")
        and not any(p.required and p.role is Role.REFERENCE for p in each.parameters)
    ]
    return sorted(found, key=lambda each: len(references(each)))


def _makes_without_words(operation: Operation, addresses: Collection[str]) -> bool:
    """Return whether something is made that its maker tells nothing in words: a bike by its name
    alone, a weight by its number, an empty cart.

    A description says so; of REST the addresses do: what is posted to a collection is one of it.
    """
    kind = operation.extra.get("kind")
    if kind is not None:
        return bool(kind == "create")
    surface, _, call = operation.name.partition(":")
    method, _, path = call.partition(" ")
    if method != "POST" or path.endswith("}"):
        return False
    of_it = f"{surface}:GET {path.rstrip('/')}/{{"
    return any(each.startswith(of_it) and each.endswith("}") for each in addresses)


def is_comparable(operation: Operation, parameter: Parameter) -> bool:
    """Return whether a foreign id and a missing one must be answered alike there.

    A user who stores something may give it any name, also one that another user has given.
    """
    return parameter.refers and not operation.chooses(parameter)


def required_references(operation: Operation) -> list[Parameter]:
    """Return the parameters that must name an object that exists."""
    return [
        each for each in references(operation) if each.required and is_comparable(operation, each)
    ]


def is_outermost(operation: Operation, parameter: Parameter) -> bool:
    """Return whether an operation names several objects, and by this parameter the outermost: the
    first one in an address, or of all.
    """
    named = required_references(operation)
    addressed = [each for each in named if f"{{{each.name}}}" in operation.name]
    return len(named) > 1 and (addressed or named)[0] == parameter


def needs_values(operation: Operation) -> bool:
    """Return whether an operation must be given a value or a text beside what it names."""
    return any(
        each.required and each.role in (Role.TEXT, Role.VALUE, Role.QUERY)
        for each in operation.parameters
    )


def parts_of_places(operation: Operation) -> dict[str, str]:
    """Return, for an operation that names two places of several objects each, which of the two each
    argument is about: a snag of a project is marked as the double of the `other_number` of an
    `other_project_id`. Other operations have none.
    """
    parts = {each.name: part_of(each.name) for each in required_references(operation)}
    several = [part for part, times in Counter(parts.values()).items() if times > 1]
    return parts if len(several) > 1 else {}


# What is done to an object that is not there for the same a second time.
_TAKING_AWAY = frozenset({"cancel", "discard", "trash", "bin", "throw", "revoke", "void"})


def removes(operation: Operation) -> bool:
    """Return whether an operation removes something, by its name or as its description says."""
    named = deletes(operation.name) or operation.extra.get("kind") == "delete"
    return named or (not operation.reads_only and first_word(operation.name) in _TAKING_AWAY)


def first_word(operation: str) -> str:
    """Return the word by which an operation says what it does: `cancel` of `cancel_series`, and of
    `POST /bookings/{code}/cancel`; `set` of GraphQL's `POST /graphql setCode`.
    """
    plain = operation.partition(":")[2].split(" as ")[0]
    address, _, field = plain.rpartition(" ")
    if "/" in address:
        plain = field
    if "/" in plain:
        return plain.rstrip("/").rpartition("/")[2].lower()
    return re.split(r"[_\W]|(?<=[a-z])(?=[A-Z])", plain)[0].lower()


def acts_by_word(operation: Operation) -> bool:
    """Return whether an operation acts on all that has a word, e.g. a tag, and on no one object.

    What stands in an address, and what is renamed, is one object by its name.
    """
    named = required_references(operation)
    return (
        bool(named)
        and all(e.role is Role.NAME and f"{{{e.name}}}" not in operation.name for e in named)
        and not operation.extra.get("renames")
    )


def references(operation: Operation) -> list[Parameter]:
    """Return the parameters that can name an object."""
    return [each for each in operation.parameters if each.refers]


def observation_arguments(operation: Operation, history: History, actor: Actor) -> dict[str, Any]:
    """Return arguments to read the actor's own data: their identity, and a full page."""
    arguments: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter.role is Role.IDENTITY:
            arguments[parameter.name] = history.subjects[actor.claims]
        elif is_page_size(last_name(parameter.name)):
            arguments[parameter.name] = parameter.schema.get("maximum", 100)
    return arguments


def page_size(operation: Operation) -> Parameter | None:
    """Return the parameter that says how much a page holds, if there is one."""
    return next((each for each in operation.parameters if is_page_size(last_name(each.name))), None)


def is_page_size(name: str) -> bool:
    """Return whether a field says how much a page holds, by its name."""
    return name.lower() in _PAGE_SIZES


def unusual_sizes(parameter: Parameter) -> list[int]:
    """Return the sizes of a page that no client asks for by chance, all of them large.

    What is kept under a page's size is kept under these for whoever asks for one first.

    Args:
        parameter: Says how much a page holds.
    """
    least, most = parameter.schema.get("minimum", 1), parameter.schema.get("maximum", _LARGE_PAGE)
    if not isinstance(least, int | float) or not isinstance(most, int | float):
        return []
    bounds = max(_LEAST_UNUSUAL, int(least)), int(min(most, _LARGE_PAGE))
    # Those between the round numbers.
    return [each for each in range(*bounds) if each % 5 and each != parameter.schema.get("default")]


def renewed_size(given: int, parameter: Parameter, salt: int) -> int:
    """Return another unusual size in the place of one that a client has asked for before.

    Args:
        given: The size.
        parameter: Says how much a page holds.
        salt: Which other; the same for all calls of one run.
    """
    sizes = unusual_sizes(parameter)
    return sizes[(sizes.index(given) + salt) % len(sizes)] if given in sizes else given


def is_page_place(parameter: Parameter) -> bool:
    """Return whether a parameter says where a page begins, by its number or by rows before it."""
    return _PAGE_PLACE.fullmatch(last_name(parameter.name)) is not None


def smallest_page(operation: Operation) -> dict[str, Any]:
    """Return the argument that asks for a page of one, or as few as the schema admits."""
    size = page_size(operation)
    if size is None:
        return {}
    least = size.schema.get("minimum")
    return {size.name: max(1, int(least)) if isinstance(least, int | float) else 1}


def takes_key(operation: Operation) -> bool:
    """Return whether calls of this operation can carry a key by which a repeat is known."""
    return operation.parameter(Role.KEY) is not None and not operation.reads_only


def without_key(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments without a key by which a repeat is known, where it can be left out."""
    keys = {e.name for e in operation.parameters if e.role is Role.KEY and not e.required}
    return {name: value for name, value in arguments.items() if name not in keys}
