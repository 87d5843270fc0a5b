"""Reads JSON Schemas: resolves references, drops the null of optional values, infers roles.

A role is a guess from schema and name, good enough to draw arguments by; what is observed about a
parameter counts for more than what it is called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crosstalk.surface.operation import Parameter, Role

_USER = re.compile(r"^(user|owner|account|tenant|customer|subject)(_?id|Id)?$|^(uid|sub)$")
# Elsewhere they name an object, or say something of one.
_PERHAPS_USER = re.compile(
    r"^(?:(?:current|for)_?)?(?:user|owner|account|tenant|customer|subject|member|client|person"
    r"|profile|author|patient|employee|student)(?:_?(?:id|name|key|email))?$"
    r"|^(?:uid|sub|username|login|namespace|actor)$",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"(_id|Id|_uuid|_key)$|^(id|uuid)$")
_MANY = re.compile(r"(_ids|Ids|_uuids)$|^(ids|uuids)$")
_KEY = re.compile(r"^idempotency[-_]?key$|^client_?(request_?id|token)$", re.IGNORECASE)
_CURSOR = re.compile(r"cursor|page_?token", re.IGNORECASE)
_QUERY = re.compile(r"^(q|query|search|keyword|term|text_contains)$", re.IGNORECASE)
_MAX_DEPTH = 12
# They describe a value, or are reached by reference, and do not constrain it.
_ANNOTATIONS = frozenset({"$defs", "definitions", "default", "title", "examples", "example"})


def resolve(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """The schema with `$ref`s put in place and `anyOf` with null reduced to what is not null."""
    if depth > _MAX_DEPTH:
        return {}
    if "$ref" in schema:
        target: Any = root
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            target = target.get(name, {}) if isinstance(target, Mapping) else {}
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return {**resolve(target, root, depth + 1), **rest}
    if isinstance(schema.get("allOf"), list) and len(schema["allOf"]) == 1:
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        return resolve({**schema["allOf"][0], **rest}, root, depth + 1)
    options = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(options, list):
        useful = [each for each in options if each.get("type") != "null"]
        rest = {
            key: value
            for key, value in schema.items()
            if key not in ("anyOf", "oneOf") and key not in _ANNOTATIONS
        }
        if len(useful) == 1:
            return {**resolve(useful[0], root, depth + 1), **rest}
        return {**rest, "anyOf": [resolve(each, root, depth + 1) for each in useful]}
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        useful = [each for each in kinds if each != "null"]
        schema = {**schema, "type": useful[0] if len(useful) == 1 else useful}
    resolved: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties" and isinstance(value, Mapping):
            resolved[key] = {name: resolve(each, root, depth + 1) for name, each in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, Mapping):
            resolved[key] = resolve(value, root, depth + 1)
        elif key not in _ANNOTATIONS:
            resolved[key] = value
    return resolved


def names_user(name: str, *, perhaps: bool = False) -> bool:
    """Return whether an argument's name says that it names a user.

    Args:
        name: The name where the argument stands, e.g. `user_id`.
        perhaps: Names count that may as well name an object (`patient_id`), as a guess that a
            person confirms.
    """
    return (_PERHAPS_USER if perhaps else _USER).search(name) is not None


def role_of(name: str, schema: Mapping[str, Any]) -> Role:
    """What a parameter is for."""
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
    free = kind == "string" and not ({"enum", "const", "format", "pattern"} & set(schema))
    return Role.TEXT if free else Role.VALUE


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
