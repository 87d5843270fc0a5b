"""Arguments inside arguments: nested objects and lists as flat names, and back again.

The generator draws one value a name. `params.user_id` stands for `{"params": {"user_id": …}}` and
`entities[].name` for `{"entities": [{"name": …}]}`: a list is given one element.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crosstalk.core.identifiers import ELEMENT, last_name
from crosstalk.surface.operation import Parameter
from crosstalk.surface.schemas import resolve

_MAX_DEPTH = 5
# The digits of every whole number that JSON readers keep exactly (RFC 8259, section 6).
_LONGEST_NUMBER = 15
_PLACE = re.compile(r"\[\d*\]")
_SCALARS = ("string", "integer", "number", "boolean")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that can be given.

    Attributes:
        path: Names from the outside in; `[]` is a list's element.
        schema: Its schema, resolved.
        required: Whether a call without it is refused by the schema.
        inside: Path of the optional object or list which is refused without it; empty for none.
    """

    path: tuple[str, ...]
    schema: Mapping[str, Any]
    required: bool
    inside: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the flat name."""
        return flat_name(self.path)


@dataclass(frozen=True, slots=True)
class Shape:
    """A tool's arguments.

    Attributes:
        leaves: Every value that can be given.
        containers: Objects and lists that must be there, even with nothing in them.
    """

    leaves: tuple[Leaf, ...]
    containers: tuple[tuple[str, ...], ...]


def flat_name(path: Sequence[str]) -> str:
    """`("entities", "[]", "name")` as `entities[].name`."""
    return "".join(
        part if part == ELEMENT or not place else f".{part}" for place, part in enumerate(path)
    )


def shape_of(schema: Mapping[str, Any] | bool) -> Shape:
    """Return the values that a JSON Schema of arguments has room for; none that `true` names."""
    if not isinstance(schema, Mapping):
        return Shape((), ())
    return _Walk().shape(resolve(schema, schema), (), required=True)


def shape_at(schema: Mapping[str, Any], path: Sequence[str], *, required: bool) -> Shape:
    """Return the values that a resolved schema has room for where it stands.

    Lists of plain values stay lists, as several ids in one list are a case of their own.
    """
    walk = _Walk(whole_lists=True, deepest=_MAX_DEPTH + len(path))
    return walk.shape(schema, tuple(path), required=required)


def top_level_shape(schema: Mapping[str, Any]) -> Shape:
    """Return the arguments as they are named, each with all that it may hold: lists stay lists."""
    needed = set(schema.get("required", ()))
    return Shape(
        tuple(
            Leaf((str(name),), resolve(each, schema), name in needed)
            for name, each in (schema.get("properties") or {}).items()
        ),
        (),
    )


def path_of(flat: str) -> tuple[str, ...]:
    """`entities[].name` as `("entities", "[]", "name")`; `[1]` is a further element."""
    return tuple(part for part in _PLACE.sub(r".\g<0>", flat).split(".") if part)


def takes_several(parameter: Parameter) -> bool:
    """Return whether a parameter takes a list of objects, or one of such a list (`ids[]`)."""
    return parameter.many or parameter.name.endswith(ELEMENT)


def further(flat: str, place: int = 1) -> str:
    """Return the name of the same value in a further element: `entities[1].name`."""
    return flat.replace(ELEMENT, f"[{place}]", 1)


def first(flat: str) -> str:
    """Return the name of the same value in the first element: `entities[].name`."""
    return _PLACE.sub(ELEMENT, flat)


def path_among(name: str, paths: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """Return the path of a value, or of a further element's; None where none is known."""
    known = paths.get(name)
    if known is not None:
        return tuple(known)
    known = paths.get(first(name))
    if known is None:
        return None
    places = iter(_PLACE.findall(name))
    return tuple(next(places, ELEMENT) if part == ELEMENT else part for part in known)


def names_of(flat: str) -> tuple[str, ...]:
    """Return the names under which people speak of a value, the flat one first.

    `form.tags[]` is `tags` as well, as its schema says, and a `tag`.
    """
    plain = flat.removesuffix(ELEMENT)
    named = plain.rsplit(".", 1)[-1].removesuffix(ELEMENT)
    return tuple(dict.fromkeys((flat, plain, last_name(flat), named)))


def as_number(value: Any) -> Any:
    """Return an undeclared value as JSON has it: what is written as a whole number is one."""
    whole = isinstance(value, str) and value.isdecimal() and value.isascii()
    return int(value) if whole and len(value) <= _LONGEST_NUMBER else value


def with_names(shape: Shape, names: Iterable[str]) -> Shape:
    """Return the shape with values that a schema leaves open, as free-form objects do.

    Args:
        shape: What the schema says.
        names: Flat names; those that the shape has already change nothing.
    """
    known = {name for leaf in shape.leaves for name in names_of(leaf.name)}
    added = [path_of(name) for name in names if name not in known]
    kept = [
        leaf
        for leaf in shape.leaves
        if not any(path[: len(leaf.path)] == leaf.path for path in added)
    ]
    leaves = [Leaf(path, {"type": "string"}, required=True) for path in added]
    return Shape((*kept, *leaves), shape.containers)


def nested(
    arguments: Mapping[str, Any], paths: Mapping[str, Sequence[str]], containers: Sequence[Any] = ()
) -> dict[str, Any]:
    """Flat arguments in the form that the tool wants; a name without a path stays as it is."""
    found: dict[str, Any] = {}
    for path in containers:
        _place(found, tuple(path), {})
    for name, value in arguments.items():
        _place(found, path_among(name, paths) or (name,), value)
    return found


@dataclass(slots=True)
class _Walk:
    """Collects the values of one schema.

    Attributes:
        whole_lists: A list of plain values is one value rather than one element.
        deepest: Names that a value may stand below.
    """

    whole_lists: bool = False
    deepest: int = _MAX_DEPTH
    leaves: list[Leaf] = field(default_factory=list)
    containers: list[tuple[str, ...]] = field(default_factory=list)

    def shape(self, schema: Mapping[str, Any], path: tuple[str, ...], *, required: bool) -> Shape:
        self._visit(schema, path, required, ())
        return Shape(tuple(self.leaves), tuple(self.containers))

    def _visit(
        self,
        schema: Mapping[str, Any],
        path: tuple[str, ...],
        required: bool,
        inside: tuple[str, ...],
    ) -> None:
        schema = _one_of(schema)
        properties = schema.get("properties")
        said = schema.get("required")
        needed = {str(each) for each in said} if isinstance(said, list) else set()
        if isinstance(properties, Mapping) and schema.get("additionalProperties") is not False:
            # What must be there and is described nowhere may be anything.
            properties = {**properties, **{each: {} for each in needed if each not in properties}}
        if isinstance(properties, Mapping) and properties and len(path) < self.deepest:
            if path and required:
                self.containers.append(path)
            for name, each in properties.items():
                # What only answers hold is not sent.
                if isinstance(each, Mapping) and each.get("readOnly") is not True:
                    below, always = (*path, str(name)), name in needed
                    around = inside if always else below
                    self._visit(each, below, required and always, around)
            return
        items = schema.get("items") if schema.get("type") == "array" else None
        if isinstance(items, Mapping) and len(path) < self.deepest:
            element = _one_of(items)
            plain = element.get("type") in _SCALARS and "enum" not in element
            if (plain and not self.whole_lists) or element.get("properties"):
                self._visit(element, (*path, ELEMENT), required, inside)
                return
        if path:
            # What is optional itself is needed in nothing.
            found = () if required or inside == path else inside
            self.leaves.append(Leaf(path, schema, required, found))


def _one_of(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of several forms the one that text fits into; a schema that says nothing takes text."""
    options = schema.get("anyOf")
    if isinstance(options, list) and options:
        objects = [each for each in options if isinstance(each, Mapping)]
        chosen = next((each for each in objects if each.get("type") == "string"), objects[0])
        return {**{key: value for key, value in schema.items() if key != "anyOf"}, **chosen}
    if not set(schema) & {"type", "enum", "const", "properties", "items"}:
        return {**schema, "type": "string"}
    return schema


def _place(into: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    here: Any = into
    for place, part in enumerate(path):
        last = place == len(path) - 1
        following: Any = value if last else _container_of(path[place + 1])
        if _PLACE.fullmatch(part):
            number = int(part[1:-1] or 0)
            if len(here) <= number:
                here += [{} for _ in range(number - len(here))]
                here.append(following)
            elif last and value != {}:
                here[number] = value
            elif not last and type(here[number]) is not type(following):
                here[number] = following
            here = here[number]
        elif last:
            if value != {} or part not in here:
                here[part] = value
        else:
            # What is stored below a plain value takes its place: undeclared fields may say so.
            if type(here.get(part)) is not type(following):
                here[part] = following
            here = here[part]


def _container_of(part: str) -> Any:
    return [] if _PLACE.fullmatch(part) else {}
