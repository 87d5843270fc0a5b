"""Nested arguments are drawn by flat names and sent in their place."""

from __future__ import annotations

from typing import Any

from crosstalk.core.identifiers import last_name
from crosstalk.surface.nesting import (
    first,
    further,
    names_of,
    nested,
    path_among,
    path_of,
    shape_of,
    with_names,
)

SCHEMA = {
    "type": "object",
    "properties": {
        "params": {"$ref": "#/$defs/Params"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["params"],
    "$defs": {
        "Params": {
            "type": "object",
            "properties": {
                "user_id": {"type": "string"},
                "entities": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
                        "required": ["name"],
                    },
                },
            },
            "required": ["entities"],
        }
    },
}


def test_shape_gives_every_value_a_flat_name() -> None:
    leaves = {leaf.name: leaf.required for leaf in shape_of(SCHEMA).leaves}
    assert leaves == {
        "params.user_id": False,
        "params.entities[].name": True,
        "params.entities[].size": False,
        "tags[]": False,
    }


def test_nested_arguments_are_built_from_flat_ones() -> None:
    shape = shape_of(SCHEMA)
    paths = {leaf.name: leaf.path for leaf in shape.leaves}
    given = {"params.entities[].name": "a", "params.entities[].size": 3, "tags[]": "t"}
    assert nested(given, paths, shape.containers) == {
        "params": {"entities": [{"name": "a", "size": 3}]},
        "tags": ["t"],
    }


def test_nested_arguments_hold_required_objects_even_when_empty() -> None:
    shape = shape_of(
        {
            "properties": {"params": {"properties": {"q": {"type": "string"}}}},
            "required": ["params"],
        }
    )
    assert nested({}, {}, shape.containers) == {"params": {}}


def test_shape_reads_a_list_of_ids_as_an_id() -> None:
    assert last_name("params.task_ids[]") == "task_id"
    assert last_name("entities[].name") == "name"


def test_shape_takes_text_of_several_alternatives() -> None:
    schema = {"properties": {"v": {"anyOf": [{"type": "object"}, {"type": "string"}]}, "w": {}}}
    assert [leaf.schema["type"] for leaf in shape_of(schema).leaves] == ["string", "string"]


def test_shape_is_extended_by_names_that_a_schema_leaves_open() -> None:
    items = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
    schema = {"properties": {"items": items}, "required": ["items"]}
    shape = with_names(shape_of(schema), ["items[].content"])
    paths = {leaf.name: leaf.path for leaf in shape.leaves}
    assert list(paths) == ["items[].content"]
    assert nested({"items[].content": "x"}, paths) == {"items": [{"content": "x"}]}


def test_further_element_stands_behind_the_first() -> None:
    paths = {each: path_of(each) for each in ("answers[].deck", "answers[].card")}
    given = {
        "answers[].deck": "own",
        "answers[].card": 1,
        further("answers[].deck"): "foreign",
        further("answers[].card"): 2,
    }
    assert nested(given, paths) == {
        "answers": [{"deck": "own", "card": 1}, {"deck": "foreign", "card": 2}]
    }
    assert first("answers[1].deck") == "answers[].deck"


def test_further_element_has_the_path_of_the_first() -> None:
    paths = {"cards": ("body", "answers", "[]", "card")}
    assert path_among("cards", paths) == ("body", "answers", "[]", "card")
    nested_paths = {"answers[].card": ("body", "answers", "[]", "card")}
    assert path_among("answers[1].card", nested_paths) == ("body", "answers", "[1]", "card")
    assert path_among("title", nested_paths) is None


def test_a_value_below_a_plain_one_takes_its_place() -> None:
    paths = {"title": ("title",), "owner": ("title", "owner"), "tags": ("tags", "[]", "id")}
    assert nested({"title": "x", "owner": "bob"}, paths) == {"title": {"owner": "bob"}}
    below = {**paths, "deep": ("tags", "[0]", "id", "owner")}
    assert nested({"tags": 5, "deep": "bob"}, below) == {"tags": [{"id": {"owner": "bob"}}]}


def test_a_list_is_spoken_of_without_its_brackets() -> None:
    schema = {"properties": {"tags": {"type": "array", "items": {"type": "string"}}}}
    leaves = with_names(shape_of(schema), ["tags"]).leaves
    assert [leaf.name for leaf in leaves] == ["tags[]"]
    assert names_of("form.tags[]") == ("form.tags[]", "form.tags", "tag", "tags")


def test_shape_says_in_which_optional_value_another_one_is_needed() -> None:
    fields: dict[str, Any] = {"name": {"type": "string"}, "amount": {"type": "number"}}
    line = {"type": "object", "properties": fields, "required": ["name"]}
    place = {"type": "object", "properties": {**fields, "by": line}, "required": ["by"]}
    properties = {"title": {"type": "string"}, "lines": {"type": "array", "items": line}}
    schema = {"type": "object", "properties": {**properties, "place": place}, "required": ["title"]}
    inside = {leaf.name: ".".join(leaf.inside) for leaf in shape_of(schema).leaves}
    assert inside == {
        "title": "",
        "lines[].name": "lines",
        "lines[].amount": "",
        "place.name": "",
        "place.amount": "",
        "place.by.name": "place",
        "place.by.amount": "",
    }
