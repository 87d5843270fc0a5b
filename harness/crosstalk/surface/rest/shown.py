"""Values that a document shows beside a schema: those of a body, for each of its properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def shown_in(holder: Mapping[str, Any]) -> list[Any]:
    """Return the examples of a parameter or a media type (OpenAPI 3.1, sections 4.8.12 and 4.8.14).

    Args:
        holder: The parameter object or media type object.
    """
    named = holder.get("examples")
    many = named.values() if isinstance(named, Mapping) else ()
    shown = [holder.get("example"), *(e.get("value") for e in many if isinstance(e, Mapping))]
    return [each for each in shown if each is not None]


def with_examples(schema: Mapping[str, Any], shown: Sequence[Any]) -> dict[str, Any]:
    """Return a schema in which each property has what examples of the whole show for it.

    Args:
        schema: Resolved; examples of its own count as well.
        shown: Values of the whole.
    """
    own = schema.get("examples")
    shown = [*shown, *(own if isinstance(own, list) else ())]
    if not shown and not any(key in schema for key in ("properties", "items")):
        return {**schema}
    properties, items = schema.get("properties"), schema.get("items")
    if isinstance(properties, Mapping) and properties:
        given = [each for each in shown if isinstance(each, Mapping)]
        inside = {
            name: with_examples(each, [one[name] for one in given if one.get(name) is not None])
            if isinstance(each, Mapping)
            else each
            for name, each in properties.items()
        }
        return {**schema, "properties": inside}
    if isinstance(items, Mapping):
        entries = [one for each in shown if isinstance(each, list) for one in each]
        schema = {**schema, "items": with_examples(items, entries)}
    distinct = list({repr(each): each for each in shown}.values())
    return {**schema, "examples": distinct} if distinct else {**schema}
