"""Request bodies in every media type that documents name, and in every form of schema."""

from __future__ import annotations

import json
from email.message import Message
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest

from crosstalk.core.history import Outcome
from crosstalk.core.identifiers import identifiers_of
from crosstalk.surface import Role
from crosstalk.surface.credentials import NOTHING
from crosstalk.surface.http.content import value_of
from crosstalk.surface.references import References
from crosstalk.surface.rest.document import ApiDocument
from crosstalk.surface.rest.operations import operations_of
from tests.unit.crosstalk.surface.rest.api import NOTE, TEXT, Api, api, posts

MARKED = "note xtalicez0000000a"
FORM = "application/x-www-form-urlencoded"
FILE = {"type": "string", "format": "binary"}


def names(served: Api, operation: str = "POST /notes") -> dict[str, Role]:
    """What an operation takes."""
    return {each.name: each.role for each in served.operations()[operation].parameters}


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.api+json",
        "application/merge-patch+json;v=1",
    ],
)
def test_json_body_is_known_by_every_name(kind: str) -> None:
    with api(posts(NOTE, kind)) as served:
        assert names(served) == {"text": Role.TEXT}
        served.call("POST /notes", text=MARKED)
        assert json.loads(served.last.body) == {"text": MARKED}
        assert served.last.headers["content-type"] == kind


def test_json_is_sent_where_other_forms_are_taken_too() -> None:
    paths = posts(NOTE, FORM)
    paths["/notes"]["post"]["requestBody"]["content"]["application/json"] = {"schema": NOTE}
    with api(paths) as served:
        served.call("POST /notes", text="a")
        assert served.last.headers["content-type"] == "application/json"


def test_form_is_encoded_with_lists_repeated_and_objects_in_brackets() -> None:
    about = {"type": "object", "properties": {"color": TEXT}}
    schema = {
        "type": "object",
        "properties": {"text": TEXT, "tags": {"type": "array", "items": TEXT}, "about": about},
        "required": ["text", "tags"],
    }
    with api(posts(schema, FORM)) as served:
        served.call("POST /notes", text=MARKED, tags=["a b", "&"], **{"about.color": "red"})
        assert parse_qsl(served.last.body.decode()) == [
            ("text", MARKED),
            ("tags", "a b"),
            ("tags", "&"),
            ("about[color]", "red"),
        ]
        assert served.last.headers["content-type"] == FORM


def test_form_joins_lists_where_the_document_says_so() -> None:
    schema = {"type": "object", "properties": {"tags": {"type": "array", "items": TEXT}}}
    encoding = {"tags": {"style": "form", "explode": False}}
    with api(posts(schema, FORM, encoding=encoding)) as served:
        served.call("POST /notes", tags=["a", "b"])
        assert parse_qsl(served.last.body.decode()) == [("tags", "a,b")]


def parts(served: Api) -> dict[str, Message]:
    """The parts of the last multipart body by their field's name."""
    head = f"Content-Type: {served.last.headers['content-type']}\r\n\r\n".encode()
    whole = BytesParser().parsebytes(head + served.last.body)
    assert whole.is_multipart()
    return {
        str(each.get_param("name", header="content-disposition")): each
        for each in whole.get_payload()
        if isinstance(each, Message)
    }


@pytest.mark.parametrize(
    "file",
    [FILE, {"type": "string", "contentMediaType": "text/plain"}, {"type": "array", "items": FILE}],
)
def test_multipart_file_has_the_marker_in_its_name_and_in_its_content(file: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"title": TEXT, "file": file, "meta": {"type": "object"}},
        "required": ["title", "file"],
    }
    with api(posts(schema, "multipart/form-data")) as served:
        assert names(served)["file"] is Role.TEXT
        served.call("POST /notes", title="t", file=MARKED, meta={"a": 1})
        found = parts(served)
        assert "xtalicez0000000a" in str(found["file"].get_filename())
        assert found["file"].get_payload(decode=True) == MARKED.encode()
        assert found["title"].get_payload(decode=True) == b"t"
        assert found["meta"].get_content_type() == "application/json"


def test_multipart_picture_is_one_and_holds_the_marker() -> None:
    schema = {"type": "object", "properties": {"avatar": FILE}, "required": ["avatar"]}
    encoding = {"avatar": {"contentType": "image/png, image/jpeg"}}
    with api(posts(schema, "multipart/form-data", encoding=encoding)) as served:
        served.call("POST /notes", avatar=MARKED)
        sent = parts(served)["avatar"]
        content = sent.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert (sent.get_content_type(), content[:4]) == ("image/png", b"\x89PNG")
        assert str(sent.get_filename()).endswith(".png")
        found = value_of(content, "image/png", lambda: "")
        assert identifiers_of(found) >= {"xtalicez0000000a"}


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", "text/csv"])
def test_text_is_sent_as_it_is(kind: str) -> None:
    with api(posts(FILE, kind)) as served:
        assert names(served) == {"body": Role.TEXT}
        served.call("POST /notes", body=MARKED)
        assert (served.last.body, served.last.headers["content-type"]) == (MARKED.encode(), kind)


def test_list_body_is_given_one_element() -> None:
    with api(posts({"type": "array", "items": NOTE})) as served:
        assert names(served) == {"[].text": Role.TEXT}
        served.call("POST /notes", **{"[].text": MARKED})
        assert json.loads(served.last.body) == [{"text": MARKED}]


def test_list_of_ids_is_one_argument() -> None:
    ids = {"type": "array", "items": {"type": "string", "format": "uuid"}}
    with api(posts(ids)) as served:
        assert names(served) == {"body": Role.REFERENCE}
        served.call("POST /notes", body=["a", "b"])
        assert json.loads(served.last.body) == ["a", "b"]


def test_wrapped_body_is_given_value_by_value() -> None:
    wrapped = {"type": "object", "properties": {"note": NOTE}, "required": ["note"]}
    with api(posts(wrapped)) as served:
        assert names(served) == {"note.text": Role.TEXT}
        assert served.operations()["POST /notes"].stores
        served.call("POST /notes", **{"note.text": MARKED})
        assert json.loads(served.last.body) == {"note": {"text": MARKED}}
        served.call("POST /notes")
        assert json.loads(served.last.body) == {"note": {}}


def test_all_of_puts_the_members_together() -> None:
    base = {"type": "object", "properties": {"title": TEXT}, "required": ["title"]}
    schema = {
        "allOf": [{"$ref": "#/components/schemas/Base"}, NOTE],
        "properties": {"project_id": TEXT},
    }
    with api(posts(schema), components={"schemas": {"Base": base}}) as served:
        found = served.operations()["POST /notes"].parameters
        assert {each.name: each.required for each in found} == {
            "title": True,
            "text": True,
            "project_id": False,
        }


@pytest.mark.parametrize("mapped", [True, False])
def test_one_of_is_an_operation_for_each_form_with_its_discriminator(mapped: bool) -> None:
    schemas = {
        "Plain": NOTE,
        "Card": {"type": "object", "properties": {"number": TEXT}, "required": ["number"]},
    }
    options = [{"$ref": f"#/components/schemas/{name}"} for name in schemas]
    discriminator: dict[str, Any] = {"propertyName": "kind"}
    if mapped:
        discriminator["mapping"] = {"card": "#/components/schemas/Card", "plain": "Plain"}
    schema = {"oneOf": options, "discriminator": discriminator}
    with api(posts(schema), components={"schemas": schemas}) as served:
        found = served.operations()
        assert set(found) == {"POST /notes as Plain", "POST /notes as Card"}
        constants = {
            name: next(each.schema["const"] for each in one.parameters if each.name == "kind")
            for name, one in found.items()
        }
        assert constants["POST /notes as Card"] == ("card" if mapped else "Card")
        assert "text" in names(served, "POST /notes as Plain")
        assert "text" not in names(served, "POST /notes as Card")


def test_alternative_that_says_what_names_it_is_not_named_by_its_schema() -> None:
    schemas = {
        name.title(): {"type": "object", "properties": {"kind": {"const": name}, "text": TEXT}}
        for name in ("plain", "dated")
    }
    options = [{"$ref": f"#/components/schemas/{name}"} for name in schemas]
    schema = {"oneOf": options, "discriminator": {"propertyName": "kind"}}
    with api(posts(schema), components={"schemas": schemas}) as served:
        (kind,) = (
            each
            for each in served.operations()["POST /notes as Dated"].parameters
            if each.name == "kind"
        )
        assert kind.schema["const"] == "dated"
        assert kind.required


@pytest.mark.parametrize("place", ["property", "object", "media type", "media types"])
def test_examples_of_a_document_are_those_of_its_parameters(place: str) -> None:
    due: dict[str, Any] = {"type": "string"}
    schema: dict[str, Any] = {"type": "object", "properties": {"due": due}}
    paths = posts(schema)
    (media,) = paths["/notes"]["post"]["requestBody"]["content"].values()
    if place == "property":
        due["examples"] = ["2030W01"]
    elif place == "object":
        schema["example"] = {"due": "2030W01"}
    elif place == "media type":
        media["example"] = {"due": "2030W01"}
    else:
        media["examples"] = {"usual": {"value": {"due": "2030W01"}}}
    with api(paths) as served:
        (found,) = served.operations()["POST /notes"].parameters
        assert found.schema["examples"] == ["2030W01"]


def test_keywords_of_openapi_3_0_alone_are_understood() -> None:
    properties = {
        "text": {"type": "string", "nullable": True},
        "count": {"type": "integer", "minimum": 1900, "exclusiveMinimum": True},
        "id": {"type": "string", "readOnly": True},
    }
    with api(posts({"type": "object", "properties": properties}), openapi="3.0.3") as served:
        found = {each.name: each.schema for each in served.operations()["POST /notes"].parameters}
        assert found == {
            "text": {"type": "string"},
            "count": {"type": "integer", "exclusiveMinimum": 1900},
        }


def test_fields_that_the_document_does_not_name_are_sent() -> None:
    with api(posts(NOTE)) as served:
        served.call("POST /notes", text="a", owner_id="bob")
        assert json.loads(served.last.body) == {"text": "a", "owner_id": "bob"}


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data", "application/json", "text/plain"])
@pytest.mark.parametrize("value", [None, 2**63, [], {"$ne": None}, "a\x00b", "x" * 5_000])
def test_hostile_values_are_sent_in_every_media_type(kind: str, value: Any) -> None:
    with api(posts(NOTE, kind)) as served:
        assert served.call("POST /notes", text=value).outcome is Outcome.OK
        assert len(served.asked) == 1


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data", "text/plain"])
def test_value_that_a_media_type_cannot_hold_is_not_sent(kind: str) -> None:
    schema = TEXT if kind == "text/plain" else NOTE
    with api(posts(schema, kind)) as served:
        name = "body" if kind == "text/plain" else "text"
        answer = served.call("POST /notes", **{name: "\ud800"})
        assert (answer.outcome, answer.code) == (Outcome.UNREACHABLE, "unsendable")


def test_undeclared_field_stands_in_the_object_it_is_named_in_and_numbers_are_numbers() -> None:
    wrapped = {"type": "object", "properties": {"note": NOTE}, "required": ["note"]}
    with api(posts(wrapped)) as served:
        assert served.operations()["POST /notes"].takes_more
        served.call("POST /notes", **{"note.text": "a", "note.owner.id": "17", "note.role": "x"})
        sent = {"text": "a", "owner": {"id": 17}, "role": "x"}
        assert json.loads(served.last.body) == {"note": sent}


def test_body_that_admits_no_other_fields_takes_no_more() -> None:
    with api(posts({**NOTE, "additionalProperties": False})) as served:
        assert not served.operations()["POST /notes"].takes_more


def test_id_that_travelled_as_text_is_a_number_in_a_body_that_wants_one() -> None:
    schema = {
        "type": "object",
        "properties": {
            "claim": {"type": "integer"},
            "lines": {"type": "array", "items": {"type": "integer"}},
            "code": {"type": "string"},
        },
        "required": ["claim", "lines", "code"],
    }
    said = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}}
    root = {"openapi": "3.1.0", "paths": {"/moves": {"post": said}}}
    url = "http://127.0.0.1:1/openapi.json"
    document = ApiDocument(url, root, References.of(root, url=url, load=httpx2.get))
    (operation,) = operations_of(document)
    arguments = {"claim": "12", "lines": ["7", 8], "code": "12"}
    content = operation.extra["form"].request(arguments, NOTHING).content or b""
    assert json.loads(content) == {"claim": 12, "lines": [7, 8], "code": "12"}
