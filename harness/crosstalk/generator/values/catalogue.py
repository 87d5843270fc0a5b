"""Public lists of a system: the shows, exercises or plans that objects of users refer to.

A note is about a show of the public list, and no user has made any. What such a list holds is given
where an argument names its kind and no user has an object that fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from crosstalk.core.history import Call, Outcome
from crosstalk.core.object_kinds import (
    CONTAINERS,
    IDENTIFYING_FIELDS,
    kind_named,
    noun_of,
    singular,
    stem_of,
)

# Values kept of one list, and the longest of them.
_MOST = 12
_LONGEST = 100
# A line of a list in prose: what it names comes first.
_LINE = re.compile(r"[-*•\s]*([A-Za-z0-9][\w.-]{0,29})(?=[\s:,;(=|]|$)")
# Entries of a mapping that say that it is one object, and not objects by their names.
_FIELDS = frozenset({*IDENTIFYING_FIELDS, "type", "status", "count", "total", "error", "message"})


@dataclass(slots=True)
class Catalogue:
    """Values of public lists, by the kind of what they name."""

    _values: dict[str, dict[str, dict[str, None]]] = field(default_factory=dict)

    def learn(self, call: Call) -> None:
        """Keep what one answer lists; the operation says of what kind its entries are."""
        kind = singular(noun_of(call.operation))
        if call.answer.outcome is not Outcome.OK or not kind or _describes(call.answer.body):
            return
        for of, name, value in _named(call.answer.body, kind):
            known = self._values.setdefault(of, {}).setdefault(name, {})
            if len(known) < _MOST and 0 < len(value) <= _LONGEST:
                known[value] = None

    def note(self, argument: str, operation: str, value: str) -> None:
        """Keep a number that names what is there for every user, though no list shows it.

        Args:
            argument: That took it.
            operation: That was served by it.
            value: The number.
        """
        if kind := kind_named(argument, operation):
            self._values.setdefault(kind, {}).setdefault("id", {})[value] = None

    def values(self, argument: str, operation: str) -> list[str]:
        """Return what an argument may name: of its kind, under its name or the likeliest field."""
        kind = kind_named(argument, operation)
        fields = self._values.get(kind, {})
        order = (argument, kind, *IDENTIFYING_FIELDS)
        return next((list(fields[name]) for name in order if name in fields), [])


def _describes(body: Any) -> bool:
    """Return whether an answer says how the system is called: its names are no objects'."""
    return isinstance(body, Mapping) and bool({"openapi", "swagger", "__schema"} & set(body))


def _named(body: Any, kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield what names the entries of an answer: kind, field and value."""
    if isinstance(body, list):
        for each in body:
            if isinstance(each, str | int) and not isinstance(each, bool):
                yield kind, kind, str(each)
            elif isinstance(each, Mapping):
                yield from _fields(each, kind)
    elif isinstance(body, Mapping):
        holders = {
            str(name): each for name, each in body.items() if isinstance(each, list | Mapping)
        }
        names = {str(each).lower() for each in body}
        if len(body) > 1 and not (_FIELDS | CONTAINERS) & names and _alike(body):
            for name in body:
                yield kind, kind, str(name)
        for name, each in holders.items():
            inner = kind if name.lower() in CONTAINERS else singular(name)
            yield from _named(each, inner)
        if not holders:
            yield from _fields(body, kind)
            for each in body.values():
                yield from _named(each, kind) if isinstance(each, str) else ()
    elif isinstance(body, str):
        lines = [each for each in body.splitlines() if each.strip()]
        named = [found.group(1) for each in lines if (found := _LINE.match(each))]
        if len(lines) > 1 and len(named) == len(lines):
            yield from ((kind, kind, each) for each in named)


def _fields(entry: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str, str]]:
    for name, value in entry.items():
        if not isinstance(value, str | int) or isinstance(value, bool):
            continue
        short = str(name).lower()
        of = singular(stem_of(short))
        if short in IDENTIFYING_FIELDS or of == kind:
            yield kind, short if short in IDENTIFYING_FIELDS else kind, str(value)
        elif of and of != singular(short):
            # The `class_id` of an entry in a timetable names a class.
            yield of, short, str(value)


def _alike(body: Mapping[str, Any]) -> bool:
    """Return whether the values of a mapping are all of one type, and no lists of their own."""
    kinds = {type(each) for each in body.values()}
    return len(kinds) == 1 and kinds <= {str, dict}
