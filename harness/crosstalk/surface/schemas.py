"""Infers what parameters are for from their JSON Schemas and names.

A role is a guess from schema and name, good enough to draw arguments by; what is observed about a
parameter counts for more than what it is called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crosstalk.surface.operation import Parameter, Role
from crosstalk.surface.patterns import admits
from crosstalk.surface.references import References

# A bare `subject` is that of a message.
_USER = re.compile(
    r"^(user|owner|account|tenant|customer)(_?id|Id)?$|^subject(_?id|Id)$|^(uid|sub)$"
)
# Elsewhere they name an object, or say something of one.
_PERHAPS_USER = re.compile(
    r"^(?:(?:current|for)_?)?(?:user|owner|account|tenant|customer|subject|member|client|person"
    r"|profile|author|patient|employee|student)(?:_?(?:id|name|key|email))?$"
    r"|^(?:uid|sub|username|login|namespace|actor)$",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"(_id|Id|_uuid|_key)$|^(id|uuid)$")
_MANY = re.compile(r"(_ids|Ids|_uuids)$|^(ids|uuids)$")
_WHEN = re.compile(r"^(?:[a-z]+_)?(year|season|month|week|quarter|date|day)$", re.IGNORECASE)
_KEY = re.compile(r"^idempotency[-_]?key$|^client_?(request_?id|token)$", re.IGNORECASE)
_CURSOR = re.compile(
    r"cursor|page_?token|^(?:starting_?after|ending_?before|continuation(?:_?token)?|bookmark"
    r"|next_?token|next_?page)$",
    re.IGNORECASE,
)
# Formats of texts that have room for a marker, and one to try a pattern with.
_CARRYING = frozenset({None, "", "email", "idn-email", "uri", "url", "hostname", "password"})
_SAMPLE = "xtuserz00000000"
# Shorter texts are codes of a kind that everybody knows: currencies, countries, languages.
_SHORTEST_END = 6
_QUERY = re.compile(
    r"^(?:q|query|search|keywords?|terms?|words|needle|phrase|prefix|suffix|starts_?with|contains|containing"
    r"|substring|fragment)$"
    r"|^(?:search|query)_?(?:text|term|string)$|^(?:text|name|title)_?(?:contains|prefix)$",
    re.IGNORECASE,
)


def resolve(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema with what it refers to in `root` put in place; see `References.schema`."""
    return References.of(root).schema(schema)


def names_user(name: str, *, perhaps: bool = False) -> bool:
    """Return whether an argument's name says that it names a user.

    Args:
        name: The name where the argument stands, e.g. `user_id`.
        perhaps: Names count that may as well name an object (`patient_id`), as a guess that a
            person confirms.
    """
    return (_PERHAPS_USER if perhaps else _USER).search(name) is not None


def is_question(name: str) -> bool:
    """Return whether an argument's name says that it holds a question, which a search answers."""
    return name.rpartition(".")[2].lower() == "question"


def says_when(name: str) -> str:
    """Return the word by which an argument's name says a time: `week`; empty where it does not."""
    found = _WHEN.match(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name))
    return found.group(1).lower() if found else ""


def role_of(name: str, schema: Mapping[str, Any]) -> Role:
    """Return the role of a parameter."""
    kind = schema.get("type")
    if names_user(name):
        return Role.IDENTITY
    # A prefix such as `example.com/` belongs to the place, not to the name.
    if _KEY.search(name.rsplit("/", 1)[-1]):
        return Role.KEY
    if _CURSOR.search(name):
        return Role.CURSOR
    if schema.get("format") == "uuid" or _REFERENCE.search(name) or _refers_to_many(name, schema):
        return Role.REFERENCE
    if _QUERY.search(name):
        return Role.QUERY
    free = kind == "string" and not {"enum", "const"} & set(schema)
    carries = schema.get("format") in _CARRYING and not says_when(name)
    roomy = admits(schema, _SAMPLE) or _takes_an_end(schema)
    return Role.TEXT if free and carries and roomy else Role.VALUE


def _takes_an_end(schema: Mapping[str, Any]) -> bool:
    """Return whether the end of a marker has room, which tells one object from another."""
    longest, shortest = schema.get("maxLength"), schema.get("minLength")
    if not isinstance(longest, int) or "pattern" in schema:
        return False
    return _SHORTEST_END <= longest < len(_SAMPLE) and not (
        isinstance(shortest, int) and shortest > longest
    )


def _refers_to_many(name: str, schema: Mapping[str, Any]) -> bool:
    items = schema.get("items")
    if schema.get("type") != "array" or not isinstance(items, Mapping):
        return False
    return items.get("format") == "uuid" or (
        items.get("type") in ("string", "integer") and _MANY.search(name) is not None
    )


def parameter(
    name: str, schema: Mapping[str, Any], root: Mapping[str, Any], *, required: bool
) -> Parameter:
    """One parameter from its schema in a document."""
    resolved = resolve(schema, root)
    return Parameter(name, resolved, required, role_of(name, resolved))
