"""Schemas as strangers write them: each gives a parameter, and values or a reason for none."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.generator.values.schema_values import SchemaValues
from crosstalk.surface.nesting import shape_of
from crosstalk.surface.patterns import admits, python_pattern
from crosstalk.surface.references import References
from crosstalk.surface.schemas import parameter

TEXT = {"type": "string"}
DEEP: dict[str, Any] = TEXT
for _ in range(60):
    DEEP = {"type": "object", "properties": {"a": DEEP}, "required": ["a"]}
ODD: dict[str, Any] = {
    "dependent": {"properties": {"a": TEXT}, "dependentRequired": {"a": ["b"]}},
    "tuple": {"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "items": False},
    "items as a list": {"type": "array", "items": [TEXT], "additionalItems": False},
    "no two alike": {"type": "array", "items": {"enum": [1]}, "uniqueItems": True, "minItems": 2},
    "not a text": {"not": TEXT},
    "not empty": {"type": "string", "not": {"const": ""}},
    "overlap": {"oneOf": [{"type": "integer"}, {"type": "number"}]},
    "three types": {"type": ["string", "integer", "null"]},
    "no type": {"type": []},
    "unknown type": {"type": "file"},
    "any type": {"type": "any"},
    "type null": {"type": None},
    "empty enum": {"enum": []},
    "mixed enum": {"enum": [1, "a", None, {"b": 1}]},
    "enum as a text": {"type": "string", "enum": "abc"},
    "const null": {"const": None},
    "multiple of none": {"type": "integer", "multipleOf": 0},
    "beyond 64 bits": {"type": "integer", "minimum": 2**70},
    "no number between": {"type": "integer", "minimum": 5, "maximum": 1},
    "fractions for bounds": {"type": "integer", "minimum": 0.5, "maximum": 1.5},
    "length as a text": {"type": "string", "minLength": "3", "maxLength": "9"},
    "length null": {"type": "string", "minLength": None},
    "length 0": {"type": "string", "maxLength": 0},
    "lookahead": {"type": "string", "pattern": r"^(?=.*\d)(?=.*[A-Z]).{8,}$"},
    "broken pattern": {"type": "string", "pattern": "["},
    "pattern literal": {"type": "string", "pattern": "/^[a-z]{2,9}$/i"},
    "odd format": {"type": "string", "format": "iso-8601-duration"},
    "binary": {"type": "string", "format": "binary"},
    "time": {"type": "string", "format": "time"},
    "itself": {"$ref": "#"},
    "nothing there": {"$ref": "#/$defs/Nope"},
    "elsewhere": {"$ref": "https://example.com/schema.json"},
    "dynamic": {"$dynamicRef": "#node"},
    "false": False,
    "true": True,
    "unevaluated": {"unevaluatedProperties": False, "allOf": [{"properties": {"a": TEXT}}]},
    "many values": {"enum": [f"v{number}" for number in range(5_000)]},
    "deep": DEEP,
    "properties as a list": {"type": "object", "properties": []},
    "required as a text": {"type": "object", "properties": {"a": TEXT}, "required": "a"},
    "required in the property": {"properties": {"a": {"type": "string", "required": True}}},
    "items null": {"type": "array", "items": None},
    "property null": {"type": "object", "properties": {"a": None, "b": "string"}},
    "no alternative": {"anyOf": []},
    "null alone": {"anyOf": [{"type": "null"}]},
    "alternatives that are none": {"anyOf": ["string", True]},
    "contradiction": {"allOf": [TEXT, {"type": "integer"}]},
    "default alone": {"default": 7},
    "example": {"type": "string", "examples": ["abc-1"], "pattern": r"^[a-z]+-\d$"},
}


@pytest.mark.parametrize("schema", ODD.values(), ids=ODD.keys())
def test_odd_schema_gives_a_parameter_and_values_or_the_reason_why_none(schema: Any) -> None:
    found = parameter("x", schema, {}, required=True)
    shape_of({"type": "object", "properties": {"x": schema}, "required": ["x"]})
    shape_of(schema)
    values = SchemaValues(1)
    assert values.many(found.schema) or values.why_none(found.schema)


def test_pattern_that_is_written_as_a_literal_is_what_stands_between_the_slashes() -> None:
    assert python_pattern("/^[a-z]+$/gi") == "(?i)^[a-z]+$"
    assert python_pattern("^/[a-z]+/$") == "^/[a-z]+/$"
    assert SchemaValues(1).many(ODD["pattern literal"])


def test_bound_that_is_no_number_bounds_nothing() -> None:
    assert admits({"minLength": "3"}, "a")
    assert not admits({"minLength": 3}, "a")


def test_named_group_of_ecma_is_one_of_python_and_a_look_behind_stays() -> None:
    assert python_pattern(r"^(?<year>\d{4})-(?<!x)\d$") == r"^(?P<year>\d{4})-(?<!x)\d$"


@pytest.mark.parametrize(
    ("said", "meant"),
    [("float", {"type": "number"}), ("INT", {"type": "integer"}), ("any", {})],
)
def test_type_that_json_schema_does_not_have_is_what_is_meant_by_it(
    said: str, meant: dict[str, str]
) -> None:
    assert parameter("x", {"type": said}, {}, required=True).schema == meant


def test_date_as_a_type_is_written_as_a_date() -> None:
    schema = parameter("x", {"type": "date"}, {}, required=True).schema
    assert SchemaValues(1).of(schema)[0] == "2030-01-01"


def test_tuple_as_it_was_written_before_2020_has_its_members() -> None:
    tuple_ = {"type": "array", "items": [TEXT, {"type": "integer"}], "additionalItems": False}
    schema = parameter("x", tuple_, {}, required=True).schema
    assert SchemaValues(1).of(schema)[0] == ["note", 1]


def test_argument_that_must_be_there_and_is_not_described_is_given() -> None:
    (leaf,) = shape_of({"type": "object", "properties": {}, "required": ["ghost"]}).leaves
    assert (leaf.name, leaf.required) == ("ghost", True)


def test_arguments_that_anything_is_admitted_for_have_no_names() -> None:
    assert shape_of(True).leaves == ()


def test_switch_keeps_its_usual_value_and_no_other_schema_does() -> None:
    said = {"properties": {"on": {"type": "boolean", "default": True}, "n": {"default": 5}}}
    kept = References.of({}).schema(said)
    assert kept["properties"] == {"on": {"type": "boolean", "default": True}, "n": {}}
