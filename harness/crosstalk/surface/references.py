"""References within and between JSON documents, and schemas with their references put in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

# Deeper values than these are never drawn.
_MAX_DEPTH = 12
# A schema of many parts that refer to each other would otherwise grow without bound.
_MAX_PARTS = 4_000
# They describe a value, or are reached by reference, and do not constrain it.
_ANNOTATIONS = frozenset(
    {"$defs", "definitions", "default", "title", "examples", "example", "externalDocs", "xml"}
)


@dataclass(frozen=True, slots=True)
class References:
    """Finds what a `$ref` names.

    Attributes:
        resolver: Looks references up from the place where they stand.
    """

    resolver: Any

    @classmethod
    def of(
        cls, document: Any, *, url: str = "", load: Callable[[str], Any] | None = None
    ) -> References:
        """Return the references of a document.

        Args:
            document: The document, decoded.
            url: Where it is, so that relative references find other documents.
            load: Gives the document at another URL; without it such references find nothing.
        """

        def retrieve(uri: str) -> Resource[Any]:
            if load is None:
                raise LookupError(uri)
            return DRAFT202012.create_resource(load(uri))

        registry: Registry[Any] = Registry(retrieve=retrieve)  # type: ignore[call-arg]
        registry = registry.with_resource(url, DRAFT202012.create_resource(document))
        return cls(registry.resolver(base_uri=url))

    def follow(self, node: Any) -> tuple[Mapping[str, Any], References]:
        """Return the object that a node is or refers to, and the references from there on.

        What stands beside a `$ref` counts for more than what it names. What cannot be found, or is
        not an object, is an object without members: anything may stand there.
        """
        here, beside = self, dict[str, Any]()
        for _ in range(_MAX_DEPTH):
            if not isinstance(node, Mapping):
                return beside, here
            if not isinstance(node.get("$ref"), str):
                return ({**node, **beside} if beside else node), here
            beside = {**{key: each for key, each in node.items() if key != "$ref"}, **beside}
            try:
                found = here.resolver.lookup(node["$ref"])
            except (Unresolvable, LookupError, ValueError):
                return beside, here
            node, here = found.contents, References(found.resolver)
        return beside, here

    def schema(self, schema: Any) -> dict[str, Any]:
        """Return a schema with its references put in place, in the terms of JSON Schema 2020-12.

        Members of `allOf` are merged, null among alternatives is dropped, and what OpenAPI 3.0 says
        in its own way (`nullable`, exclusive bounds as switches) is said in that of JSON Schema.
        """
        return _Inlining().schema(schema, self, 0, ())


@dataclass(slots=True)
class _Inlining:
    parts: int = field(default=0)

    def schema(
        self, schema: Any, references: References, depth: int, above: tuple[Any, ...]
    ) -> dict[str, Any]:
        self.parts += 1
        if depth > _MAX_DEPTH or self.parts > _MAX_PARTS:
            return {}
        name = schema.get("$ref") if isinstance(schema, Mapping) else None
        found, here = references.follow(schema)
        if isinstance(name, str):
            # By what it names, as one name may be written in several ways.
            if any(found is each for each in above):
                return {}
            above = (*above, found)
        merged = self._merged(found, here, depth, above)
        options = self._options(merged, here, depth, above)
        if options is not None:
            return options
        return self._plain(merged, here, depth, above)

    def _merged(
        self, schema: Mapping[str, Any], here: References, depth: int, above: tuple[Any, ...]
    ) -> dict[str, Any]:
        """The schema with the members of `allOf` beside its own; what it says itself wins."""
        members = schema.get("allOf")
        own = {key: value for key, value in schema.items() if key != "allOf"}
        if not isinstance(members, list):
            return own
        merged: dict[str, Any] = {}
        for each in [*(self.schema(member, here, depth + 1, above) for member in members), own]:
            for key, value in each.items():
                before = merged.get(key)
                if key == "properties" and isinstance(before, Mapping):
                    merged[key] = {**before, **value}
                elif key == "required" and isinstance(before, list) and isinstance(value, list):
                    merged[key] = list(dict.fromkeys([*before, *value]))
                else:
                    merged[key] = value
        return merged

    def _options(
        self, schema: Mapping[str, Any], here: References, depth: int, above: tuple[Any, ...]
    ) -> dict[str, Any] | None:
        """The alternatives of a schema without null, or the one that is left; None without any."""
        options = schema.get("anyOf") or schema.get("oneOf")
        if not isinstance(options, list):
            return None
        useful = [each for each in options if not _is_null(each)]
        rest = {
            key: value
            for key, value in schema.items()
            if key not in ("anyOf", "oneOf", "discriminator") and key not in _ANNOTATIONS
        }
        rest = self._plain(rest, here, depth, above)
        if shown := _shown(schema):
            rest["examples"] = shown
        if len(useful) == 1:
            return {**self.schema(useful[0], here, depth + 1, above), **rest}
        told = _told_apart(schema.get("discriminator"))
        found = []
        for each in useful:
            named = each.get("$ref") if isinstance(each, Mapping) else None
            option = self.schema(each, here, depth + 1, above)
            found.append(_tagged(option, told, str(named) if named else ""))
        return {**rest, "anyOf": found}

    def _plain(
        self, schema: Mapping[str, Any], here: References, depth: int, above: tuple[Any, ...]
    ) -> dict[str, Any]:
        resolved: dict[str, Any] = {}
        if shown := _shown(schema):
            resolved["examples"] = shown
        for key, value in _as_2020(schema).items():
            if key == "properties" and isinstance(value, Mapping):
                resolved[key] = {
                    str(name): self.schema(each, here, depth + 1, above)
                    for name, each in value.items()
                }
            elif key in ("items", "additionalProperties") and isinstance(value, Mapping):
                resolved[key] = self.schema(value, here, depth + 1, above)
            elif key not in _ANNOTATIONS or (key == "default" and isinstance(value, bool)):
                # By its usual value it is known what it is to turn a switch over.
                resolved[key] = value
        return resolved


_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
# Types that JSON Schema does not have, as servers written by hand name them: type, format, names.
_HAND_WRITTEN = (
    ("integer", "", "int long int32 int64 bigint"),
    ("number", "", "float double decimal numeric"),
    ("string", "", "str text char varchar"),
    ("string", "date", "date"),
    ("string", "date-time", "datetime date-time timestamp"),
    ("string", "uuid", "uuid"),
    ("string", "email", "email"),
    ("string", "uri", "url uri"),
    ("string", "binary", "file binary bytes"),
    ("boolean", "", "bool"),
    ("array", "", "list tuple set"),
    ("object", "", "dict map json"),
)
_MEANT: Mapping[str, Mapping[str, str]] = {
    name: {"type": kind, **({"format": form} if form else {})}
    for kind, form, names in _HAND_WRITTEN
    for name in names.split()
}


def _shown(schema: Mapping[str, Any]) -> list[Any]:
    """Return the values that a schema shows, and the word that stands for none that is given."""
    many = schema.get("examples")
    shown = [*many] if isinstance(many, list) else []
    shown += [schema[each] for each in ("example", "default") if isinstance(schema.get(each), str)]
    if "example" in schema and not isinstance(schema["example"], str):
        shown.append(schema["example"])
    return [each for each in shown if each not in (None, "")]


def _is_null(schema: Any) -> bool:
    return isinstance(schema, Mapping) and (
        schema.get("type") == "null" or schema.get("enum") == [None]
    )


def _as_2020(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without what only OpenAPI 3.0 says so, and without null among its types."""
    found = {key: value for key, value in schema.items() if key != "nullable"}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(found.get(exclusive), bool):
            strict = found.pop(exclusive)
            if strict and bound in found:
                found[exclusive] = found.pop(bound)
    if isinstance(found.get("items"), list):
        # A tuple, as it was written before 2020-12.
        found["prefixItems"] = found.pop("items")
        if "additionalItems" in found:
            found["items"] = found.pop("additionalItems")
    kinds = found.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        useful = [each for each in kinds if each != "null"]
        found["type"] = useful[0] if len(useful) == 1 else useful
    if isinstance(kinds, str) and kinds not in _TYPES:
        del found["type"]
        found = {**_MEANT.get(kinds.lower(), {}), **found}
    return found


def _told_apart(discriminator: Any) -> tuple[str, Mapping[str, str]] | None:
    """The property that tells alternatives apart, and its values by what they refer to."""
    if not isinstance(discriminator, Mapping) or "propertyName" not in discriminator:
        return None
    mapping = discriminator.get("mapping")
    by_target = {str(target): str(value) for value, target in (mapping or {}).items()}
    return str(discriminator["propertyName"]), by_target


def _says_its_value(schema: Any) -> bool:
    """Whether a property names its values: they hold, and not the name of the schema."""
    return isinstance(schema, Mapping) and ("const" in schema or bool(schema.get("enum")))


def _tagged(
    option: dict[str, Any], told: tuple[str, Mapping[str, str]] | None, reference: str
) -> dict[str, Any]:
    """An alternative with the value that names it (OpenAPI 3.1, section 4.8.25)."""
    name = reference.rsplit("/", 1)[-1]
    if not name:
        return option
    option = {**option, "title": name}
    if told is None:
        return option
    key, by_target = told
    properties = option.get("properties", {})
    value = by_target.get(reference) or by_target.get(name)
    if value is not None or not _says_its_value(properties.get(key)):
        properties = {**properties, key: {"const": value or name}}
    required = list(dict.fromkeys([key, *option.get("required", ())]))
    return {**option, "type": "object", "properties": properties, "required": required}
