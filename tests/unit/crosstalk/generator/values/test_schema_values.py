"""Values by schema: bounds, formats, odd patterns, and schemas of which nothing can be drawn."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crosstalk.generator.values.schema_values import SchemaValues
from crosstalk.surface.patterns import python_pattern

# Every form was seen in a public server, or in the suite of JSON Schema.
DRAWN: list[Any] = [
    True,
    {},
    {"type": "integer", "minimum": 1900},
    {"type": "integer", "minimum": 5, "exclusiveMaximum": 7},
    {"type": "integer", "maximum": -5},
    {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    {"type": "number", "multipleOf": 0.01},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "not-a-format"},
    {"type": "string", "minLength": 30, "maxLength": 40},
    {"type": "string", "maxLength": 2},
    {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
    {"type": ["string", "integer"]},
    {"enum": ["low", "high", None]},
    {"const": 5},
    {"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2},
    {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    {"type": "object", "properties": {"x": False, "y": True}, "required": ["y"]},
    {"type": "object", "additionalProperties": {"type": "string"}},
    {"properties": {"a": {"enum": [1, 2]}}, "required": ["a"]},
    {"anyOf": [{"type": "integer"}, {"type": "string", "format": "date"}]},
    {"oneOf": [{"type": "object", "properties": {"k": {"const": "a"}}, "required": ["k"]}]},
    {"allOf": [{"type": "string"}, {"minLength": 7}]},
    {"not": {"type": "string"}},
    {"if": {"type": "string"}, "then": {"minLength": 2}},
    {"minimum": 3},
    {"type": "object", "patternProperties": {"^x-[a-z]+$": {"type": "integer"}}, "minProperties": 1}
    | {"additionalProperties": False},
    {"type": "object", "propertyNames": {"pattern": "^[a-z]{3}$"}, "minProperties": 2},
]


@pytest.mark.parametrize("schema", DRAWN, ids=str)
def test_values_are_admitted_by_their_schema(schema: Any) -> None:
    values = SchemaValues().of(schema)
    assert values
    assert all(Draft202012Validator(schema).is_valid(each) for each in values)


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"not": {}},
        {"type": "integer", "minimum": 5, "maximum": 3},
        {"type": "string", "minLength": 5, "maxLength": 3},
        {"type": "string", "pattern": "("},
        {"type": "file"},
        {"type": "object", "properties": {"x": False}, "required": ["x"]},
        {"type": 7, "minimum": "x"},
    ],
    ids=str,
)
def test_a_schema_of_which_nothing_can_be_drawn_is_noted_and_no_error(schema: Any) -> None:
    values = SchemaValues()
    if not values.of(schema):
        assert values.why_none(schema)


def test_bounds_are_among_the_values() -> None:
    assert {1900, 2000} <= set(SchemaValues().of({"type": "integer", "minimum": 1900}))
    assert {1, 50} <= set(SchemaValues().of({"type": "integer", "minimum": 1, "maximum": 50}))
    assert 1 not in SchemaValues().of({"type": "integer", "minimum": 1900})


def test_examples_of_a_schema_come_first() -> None:
    schema = {"type": "string", "examples": ["FREQ=DAILY"], "default": "FREQ=WEEKLY"}
    assert SchemaValues().of(schema)[:2] == ("FREQ=DAILY", "FREQ=WEEKLY")


@pytest.mark.parametrize("pattern", [r"^\p{L}+$", r"^[\p{L}\p{N} _-]{2,5}$", r"^\p{Lu}\p{Ll}*$"])
def test_patterns_with_unicode_properties_are_drawn(pattern: str) -> None:
    values = SchemaValues().of({"type": "string", "pattern": pattern})
    assert values
    assert all(re.search(python_pattern(pattern), each) for each in values)


def test_the_same_values_are_drawn_for_one_seed() -> None:
    schema = {"type": "string", "pattern": "^[a-z]{4,9}$"}
    assert SchemaValues(3).of(schema) == SchemaValues(3).of(schema)
