"""Values that a JSON Schema admits: its bounds and examples, and what hypothesis-jsonschema draws.

A stranger's schema may be odd: a pattern that Python cannot read, a combination that the library
cannot draw (0.23.1 fails on objects under Hypothesis 6.170, and asserts on unknown types). Whatever
happens costs that one argument and is noted; it never ends a run. So values are drawn ahead of the
example that needs them, and kept: a strategy that fails within an example would end it.

Values are plain where they can be, ASCII and of the present: a system refuses the odd ones before
it looks at any user's data.
"""

from __future__ import annotations

import itertools
import json
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis_jsonschema import from_schema
from jsonschema import Draft202012Validator

from crosstalk.surface.patterns import matching, python_pattern

Schema: TypeAlias = Mapping[str, Any] | bool

# Values kept for one schema, and drawn for one that says more than its bounds.
_MOST = 12
_DRAWN = 8
_DEEPEST = 6
_WORD = "note"
# What a schema without a type admits.
_ANYTHING: tuple[Any, ...] = (_WORD, 0, True, None)
# Formats of JSON Schema (2020-12 Validation, section 7.3) as servers take them most often.
_FORMATS: Mapping[str, tuple[str, ...]] = {
    "date": ("2030-01-01", "2020-01-01", "2031-07-09", "2035-12-31"),
    "date-time": ("2030-01-01T12:00:00Z", "2020-01-01T00:00:00Z", "2031-07-09T08:30:00+02:00"),
    "time": ("12:00:00Z", "08:30:00Z", "23:59:59Z"),
    "duration": ("P1D", "PT1H", "P1W"),
    "email": ("note@example.com", "other@example.org"),
    "idn-email": ("note@example.com", "other@example.org"),
    "hostname": ("example.com", "other.example.org"),
    "uri": ("https://example.com/note", "https://example.org/"),
    "url": ("https://example.com/note", "https://example.org/"),
    "uri-reference": ("/note", "https://example.com/note"),
    "iri": ("https://example.com/note",),
    "uuid": ("1f0e5c1a-7c39-4f52-9f3b-2f6f1d4f8a10", "c0a8012e-9d3b-4c6e-8a55-0b7d1f6e2c44"),
    "ipv4": ("192.0.2.1", "198.51.100.7"),
    "ipv6": ("2001:db8::1", "2001:db8::7"),
    "byte": ("bm90ZQ==", "b3RoZXI="),
    "binary": (_WORD,),
    "password": ("Correct-horse-7-battery", "Staple-9-orange-boat"),
    "regex": (_WORD,),
    "json-pointer": ("/note",),
}

# How values of a format look, as far as a value that is none can be told by it.
_FORMED: Mapping[str, re.Pattern[str]] = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[T ].+"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"),
    "email": re.compile(r"\S+@\S+"),
    "uri": re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+"),
}


class SchemaValues:
    """Values by schema, drawn once each.

    Args:
        number: Of the run; it fixes what is drawn.

    Attributes:
        undrawn: Schema, as JSON, to why no value of it could be drawn.
    """

    def __init__(self, number: int = 0) -> None:
        self._seed = number
        self._known: dict[str, tuple[Any, ...]] = {}
        self.undrawn: dict[str, str] = {}

    def of(self, schema: Schema) -> tuple[Any, ...]:
        """Return values that the schema admits, plain ones first; none where none can be drawn."""
        name = json.dumps(schema, sort_keys=True, default=str)
        if name not in self._known:
            self._known[name] = self._find(schema, name)
        return self._known[name]

    def many(self, schema: Schema) -> tuple[Any, ...]:
        """Return values as `of` does; of a pattern more, as a system may want each to be new."""
        pattern = schema.get("pattern") if isinstance(schema, Mapping) else None
        if isinstance(schema, bool) or not isinstance(pattern, str) or "enum" in schema:
            return self.of(schema)
        found = _admitted(schema, matching(pattern, self._seed))
        return tuple(found) or self.of(schema)

    def admitted(self, schema: Schema, values: Iterable[Any]) -> list[Any]:
        """Return those of the values that the schema admits, dates and addresses by their form."""
        formed = isinstance(schema, Mapping) and schema.get("format") in _FORMED
        found = _admitted(schema, values)
        if not formed or not isinstance(schema, Mapping):
            return found
        form = _FORMED[str(schema["format"])]
        return [each for each in found if isinstance(each, str) and form.fullmatch(each)]

    def why_none(self, schema: Schema) -> str:
        """Return why there is no value of this schema."""
        return self.undrawn.get(json.dumps(schema, sort_keys=True, default=str), "")

    def _find(self, schema: Schema, name: str) -> tuple[Any, ...]:
        composed: list[Any] = []
        found: list[Any] = []
        why = "no value is known that this schema admits"
        try:
            composed = _distinct(itertools.islice(self._composed(schema, 0), 4 * _MOST))
            found = _admitted(schema, composed)
            if len(found) < 2 and _says_more(schema):
                found = _distinct([*found, *_admitted(schema, self._drawn(schema))])
        except Exception as error:
            why = f"{type(error).__name__}: {error}"[:200]
        # A server may be less strict than this validator, or mean something else.
        values = tuple((found or composed)[:_MOST])
        if not values:
            self.undrawn[name] = why
        return values

    def _composed(self, schema: Schema, depth: int) -> Iterator[Any]:
        """Return values put together from what the schema says; they may be more than it admits."""
        if isinstance(schema, bool):
            yield from _ANYTHING if schema else ()
            return
        yield from _examples(schema)
        if "const" in schema:
            yield schema["const"]
        elif "enum" in schema:
            # Null is as if the argument were left out, which is tried anyhow.
            yield from [each for each in schema["enum"] if each is not None] or schema["enum"]
        elif depth < _DEEPEST:
            yield from self._by_form(schema, depth)

    def _by_form(self, schema: Mapping[str, Any], depth: int) -> Iterator[Any]:
        kind = schema.get("type")
        rest = {name: value for name, value in schema.items() if name not in _COMBINED}
        for option in _options(schema):
            yield from self._composed(_merged(rest, option), depth + 1)
        if any(name in schema for name in _COMBINED) and kind is None:
            return
        for each in kind if isinstance(kind, list) else [kind or _implied(schema)]:
            if each == "string":
                yield from self._strings(schema)
            elif each in ("integer", "number"):
                yield from _numbers(schema, whole=each == "integer")
            elif each == "boolean":
                yield from (True, False)
            elif each == "array":
                yield from self._arrays(schema, depth)
            elif each == "object":
                yield from self._objects(schema, depth)
            elif each == "null":
                yield None
            elif each is None:
                yield from _ANYTHING

    def _strings(self, schema: Mapping[str, Any]) -> Iterator[str]:
        formed = _FORMATS.get(str(schema.get("format")), ())
        yield from formed
        pattern = schema.get("pattern")
        if isinstance(pattern, str) and not _admitted(schema, formed):
            yield from self._drawn({**schema, "pattern": python_pattern(pattern)})
        if formed or isinstance(pattern, str):
            return
        low, high = schema.get("minLength", 0), schema.get("maxLength")
        for text in (_WORD, "other", f"{_WORD} 1"):
            fitting = text.ljust(low, "x")
            yield fitting if high is None else fitting[: max(low, high)]
        if isinstance(high, int) and high <= 200:
            yield "x" * high

    def _arrays(self, schema: Mapping[str, Any], depth: int) -> Iterator[list[Any]]:
        first = schema.get("prefixItems") or ()
        heads = [next(self._composed(each, depth + 1), None) for each in first]
        items = schema.get("items", {})
        inner = _distinct(itertools.islice(self._composed(items, depth + 1), _MOST))
        low, high = schema.get("minItems", 0), schema.get("maxItems", 10)
        for size in dict.fromkeys((max(low, len(heads), 1), low, low + 1)):
            if size <= high and (inner or size <= len(heads)):
                more = itertools.islice(itertools.cycle(inner), max(0, size - len(heads)))
                yield [*heads, *more] if inner else heads

    def _objects(self, schema: Mapping[str, Any], depth: int) -> Iterator[dict[str, Any]]:
        properties = schema.get("properties") or {}
        needed = [each for each in schema.get("required") or () if isinstance(each, str)]
        inner = {
            name: _distinct(
                itertools.islice(self._composed(properties.get(name, {}), depth + 1), _MOST)
            )
            for name in dict.fromkeys([*needed, *properties])
        }
        if any(not inner[name] for name in needed):
            return
        least = schema.get("minProperties", 0)
        if isinstance(least, int) and least > len(needed):
            further = self._further(schema, least, depth)
            inner = {**further, **inner}
            needed = [*needed, *(each for each in inner if each not in needed)][:least]
        for place in range(max((len(inner[name]) for name in needed), default=1)):
            yield {name: inner[name][place % len(inner[name])] for name in needed}
        yield {name: values[0] for name, values in inner.items() if values}

    def _further(self, schema: Mapping[str, Any], count: int, depth: int) -> dict[str, list[Any]]:
        """Return members that an object may have beside those that are described, with values."""
        patterns = schema.get("patternProperties") or {}
        named = {pattern: each for pattern, each in patterns.items() if isinstance(pattern, str)}
        if not named and schema.get("additionalProperties") is not False:
            names = schema.get("propertyNames")
            pattern = names.get("pattern") if isinstance(names, Mapping) else None
            named = {str(pattern or "^note[0-9]{2}$"): schema.get("additionalProperties", {})}
        return {
            name: _distinct(itertools.islice(self._composed(each, depth + 1), _MOST))
            for pattern, each in named.items()
            for name in matching(pattern, self._seed, count)
        }

    def _drawn(self, schema: Schema) -> list[Any]:
        """Return what hypothesis-jsonschema draws, outside any example that is under way."""
        found: list[Any] = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            strategy = from_schema(
                schema if isinstance(schema, bool) else dict(schema), codec="ascii", allow_x00=False
            )

            @seed(self._seed)
            @settings(
                max_examples=_DRAWN,
                database=None,
                deadline=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
                verbosity=Verbosity.quiet,
            )
            @given(strategy)
            def take(value: Any) -> None:
                found.append(value)

            take()
        return found


_COMBINED = ("anyOf", "oneOf", "allOf")


def _options(schema: Mapping[str, Any]) -> Iterator[Schema]:
    for name in ("anyOf", "oneOf"):
        yield from schema.get(name) or ()
    together: Schema = {}
    for each in schema.get("allOf") or ():
        together = _merged(together, each)
    if "allOf" in schema:
        yield together


def _merged(one: Schema, other: Schema) -> Schema:
    """Return one schema of two that must both hold, as far as putting them side by side does it."""
    if isinstance(one, bool) or isinstance(other, bool):
        return other if one is True else one if other is True else False
    return {
        **one,
        **other,
        **{
            name: {**one[name], **other[name]}
            for name in ("properties",)
            if name in one and name in other
        },
        **{
            name: [*one[name], *other[name]]
            for name in ("required",)
            if name in one and name in other
        },
    }


def _implied(schema: Mapping[str, Any]) -> str | None:
    """Return the type that a schema without one speaks of."""
    for kind, words in (
        ("object", ("properties", "required")),
        ("array", ("items", "prefixItems", "minItems")),
        ("string", ("pattern", "format", "minLength", "maxLength")),
        ("number", ("minimum", "maximum", "exclusiveMinimum", "multipleOf")),
    ):
        if any(word in schema for word in words):
            return kind
    return None


def _examples(schema: Mapping[str, Any]) -> Iterator[Any]:
    many = schema.get("examples")
    if isinstance(many, list):
        yield from many
    for name in ("example", "default"):
        if schema.get(name) is not None:
            yield schema[name]


def _numbers(schema: Mapping[str, Any], *, whole: bool) -> Iterator[int | float]:
    """Return the bounds and a few numbers between them."""
    step = schema.get("multipleOf") or (1 if whole else 0.5)
    low, high = schema.get("minimum"), schema.get("maximum")
    # Before draft 6 an exclusive bound was a switch beside the bound.
    for name, sign in (("exclusiveMinimum", 1), ("exclusiveMaximum", -1)):
        bound = schema.get(name)
        if bound is True:
            bound = low if sign > 0 else high
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            inside = bound + sign * step
            low, high = (inside, high) if sign > 0 else (low, inside)
    if low is None:
        low = 1 if high is None or high >= 1 else high - 100
    if high is None:
        high = max(100, low + 100)
    for number in (low, high, low + step, (low + high) / 2, low + 19 * step):
        rounded = -(-number // step) * step
        yield int(rounded) if whole or float(rounded).is_integer() else round(rounded, 6)


def _says_more(schema: Schema) -> bool:
    """Return whether a schema says anything that its bounds and examples do not cover."""
    if isinstance(schema, bool):
        return False
    return schema.get("type") != "boolean" and not {"const", "enum"} & set(schema)


def _admitted(schema: Schema, values: Iterable[Any]) -> list[Any]:
    """Return those of the values that the schema admits; all where it cannot be read."""
    try:
        readable = _readable(schema)
        Draft202012Validator.check_schema(readable)
        valid = Draft202012Validator(readable).is_valid
        return [each for each in values if valid(each)]
    except Exception:
        return list(values)


def _readable(schema: Any) -> Any:
    """Return a schema with patterns that Python can read."""
    if isinstance(schema, Mapping):
        return {
            name: python_pattern(value)
            if name == "pattern" and isinstance(value, str)
            else _readable(value)
            for name, value in schema.items()
        }
    return [_readable(each) for each in schema] if isinstance(schema, list) else schema


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Return values without those that come again."""
    found: dict[str, Any] = {}
    for each in values:
        found.setdefault(json.dumps(each, sort_keys=True, default=str), each)
    return list(found.values())
