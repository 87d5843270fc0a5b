"""An id that an answer held, and which arguments it fits by its field and kind."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crosstalk.core.identifiers import identifiers_in, is_code_path, is_id_path, is_short_id
from crosstalk.core.object_kinds import IDENTIFYING_FIELDS, is_of_kind, stem_of
from crosstalk.surface.operation import Parameter

OBJECT_ID = re.compile(r"(^|_)(id|uuid)$|Id$")
ID_FIELD = re.compile(r"(^|_)(id|uuid|key|uri)$|Id$")


@dataclass(frozen=True, slots=True)
class Harvested:
    value: str
    field: str
    kind: str


def fits(item: Harvested, parameter: str, kind: str) -> bool:
    """Return whether an id is of that kind; `subtask` ids may do where a `task` is wanted."""
    called = item.field == parameter
    if called and not says_no_kind(parameter):
        return True
    alike = called or OBJECT_ID.search(item.field) is not None
    return alike and is_of_kind(item.kind, kind)


def is_of(item: Harvested, _parameter: str, kind: str) -> bool:
    """Return whether an id names an object of that kind."""
    return OBJECT_ID.search(item.field) is not None and is_of_kind(item.kind, kind)


def is_called(item: Harvested, parameter: str, _kind: str) -> bool:
    """Return whether an id stood under the name of the parameter."""
    return item.field == parameter


def says_no_kind(name: str) -> bool:
    """Return whether a name is that of ids of every kind: `id`, `slug`, `number`."""
    return not stem_of(name) or name.lower() in IDENTIFYING_FIELDS


def names_one(value: str) -> bool:
    """Return whether a value is an id: a short one, or one that is known by itself."""
    return is_short_id(value) or bool(identifiers_in(value))


def identifies(field: str) -> bool:
    """Return whether a field may name the object that it stands in."""
    return OBJECT_ID.search(field) is not None or field in IDENTIFYING_FIELDS


def admits(parameter: Parameter, value: str) -> bool:
    """Return whether an id is worth sending: a non-UUID is refused before any object is looked up,
    and so is a text where a number is wanted.

    The refusal then tells of the text that was sent, and nothing of what there is.
    """
    schema = parameter.schema
    wanted = schema.get("items", {}) if parameter.many else schema
    if wanted.get("type") in ("integer", "number"):
        return value.isdigit()
    if wanted.get("format") != "uuid":
        return True
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def numbers_named(
    body: Any, fields: Collection[str], prefix: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the numbers under plain names of references, each after its path: `{"stop": 1}` says
    what `remove_stop` takes. Those under the name of an id are among all ids of an answer.

    Args:
        body: Of an answer.
        fields: Names of arguments that refer to objects.
        prefix: The path of the body.
    """
    below: Iterable[tuple[Any, Any]] = ()
    if isinstance(body, Mapping):
        below = body.items()
    elif isinstance(body, list):
        below = enumerate(body)
    for name, value in below:
        path = f"{prefix}.{name}" if prefix else str(name)
        if isinstance(value, Mapping | list):
            yield from numbers_named(value, fields, path)
        elif name in fields and isinstance(value, int) and not isinstance(value, bool):
            known = is_id_path(path) or is_code_path(path)
            yield from () if known else ((path, str(value)),)
