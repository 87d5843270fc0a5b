"""Facts about an operation of an MCP server that a person states beside its schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from crosstalk.surface.nesting import names_of
from crosstalk.surface.operation import Role

Kind = Literal["create", "read", "list", "search", "change", "delete", "other"]
# Methods whose operations are written with them, e.g. `prompts/get digest`.
_METHODS = frozenset({"resources/list", "resources/read", "prompts/get", "completion/complete"})
# A stream of notifications, which can be skipped and has no operation.
SUBSCRIBING = "resources/subscribe"
READING: frozenset[str] = frozenset({"read", "list", "search"})


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """Facts about a tool, resource, prompt or completion beside its schema.

    Attributes:
        kind: What it does; None leaves it to the server's annotations.
        roles: Argument, by flat name or by its last name, to what it is for.
        public: It needs no credential on purpose.
        skip: It is not to be called.
        values: Argument, by flat or last name, to the values that it takes where its schema does
            not say; one without any is left out.
    """

    kind: Kind | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)
    public: bool = False
    skip: bool = False
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def limited(name: str, schema: Mapping[str, Any], facts: ToolFacts) -> Mapping[str, Any] | None:
    """Return the schema with the values that are known; None where there is none to give."""
    stated = [each for each in names_of(name) if each in facts.values]
    values = facts.values[stated[0]] if stated else None
    if values is None:
        return schema
    return {**schema, "enum": list(values)} if values else None


def known_role(name: str, *known: Mapping[str, Role]) -> Role | None:
    """Return the role that is known of an argument, by its flat or last name; the first counts."""
    for roles in known:
        for each in names_of(name):
            if each in roles:
                return roles[each]
    return None


def is_method(name: str) -> bool:
    """Return whether a name in a file is that of a resource, prompt or completion, or their list.

    They are written with their method: `prompts/get digest`, `resources/read note:///{note_id}`.
    """
    return name.partition(" ")[0] in {*_METHODS, SUBSCRIBING}
