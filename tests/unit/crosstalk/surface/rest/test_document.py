"""Where an API is served, and what its document refers to."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.surface import RestSurface, Role, SurfaceError
from tests.unit.crosstalk.surface.loopback import Said, answering, as_json
from tests.unit.crosstalk.surface.rest.api import NOTE, TEXT, api, body, gets, parameter


@pytest.mark.parametrize(
    ("servers", "path"),
    [
        ([{"url": "/api/v1"}], "/api/v1/notes"),
        ([{"url": "api/v1/"}], "/api/v1/notes"),
        ([], "/notes"),
        ([{"url": "/{stage}", "variables": {"stage": {"default": "dev"}}}], "/dev/notes"),
        # The system in production is named, and not called.
        ([{"url": "https://api.example.com/v2"}], "/v2/notes"),
    ],
)
def test_document_says_where_paths_begin(servers: list[Any], path: str) -> None:
    with api(gets(), servers=servers) as served:
        served.call("GET /notes")
        assert served.last.path == path


def test_document_may_name_another_server_for_a_path_and_for_an_operation() -> None:
    paths = {
        "/a": {"servers": [{"url": "/path"}], "get": {"responses": {}}},
        "/b": {
            "servers": [{"url": "/path"}],
            "get": {"servers": [{"url": "/operation"}], "responses": {}},
        },
    }
    with api(paths, servers=[{"url": "/whole"}]) as served:
        served.call("GET /a")
        served.call("GET /b")
        assert [each.path for each in served.asked] == ["/path/a", "/operation/b"]


def test_base_that_a_person_gives_counts_for_more_than_the_document() -> None:
    with api(gets(), servers=[{"url": "/api/v1"}], base="URL/mounted/") as served:
        served.call("GET /notes")
        assert served.last.path == "/mounted/notes"


def test_document_refers_to_components_for_everything() -> None:
    components: dict[str, Any] = {
        "pathItems": {
            "One": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "put": {"$ref": "#/components/x-operations/Put"},
            }
        },
        "parameters": {"Id": parameter("note_id", "path", {"$ref": "#/components/schemas/Id"})},
        "requestBodies": {"New": body({"$ref": "#/components/schemas/Note"})},
        "schemas": {"Id": {"type": "string", "format": "uuid"}, "Note": NOTE},
        "x-operations": {},
    }
    components["pathItems"]["One"]["put"] = {
        "requestBody": {"$ref": "#/components/requestBodies/New"},
        "responses": {},
    }
    paths = {"/notes/{note_id}": {"$ref": "#/components/pathItems/One"}}
    with api(paths, components=components) as served:
        change = served.operations()["PUT /notes/{note_id}"]
        roles = {each.name: each.role for each in change.parameters}
        assert roles == {"note_id": Role.REFERENCE, "text": Role.TEXT}
        served.call("PUT /notes/{note_id}", note_id="7", text="a")
        assert (served.last.path, served.last.body) == ("/notes/7", b'{"text": "a"}')


def test_document_refers_to_documents_beside_it_and_to_none_elsewhere() -> None:
    paths = {
        "/notes": {"post": {"requestBody": body({"$ref": "schemas/note.json#/Note"})}},
        "/other": {"post": {"requestBody": body({"$ref": "http://127.0.0.1:9/x.json#/Note"})}},
        "/none": {"post": {"requestBody": body({"$ref": "#/components/schemas/Missing"})}},
    }
    beside = {"/schemas/note.json": {"Note": NOTE}}
    with api(paths, beside=beside) as served:
        found = served.operations()
        assert [each.name for each in found["POST /notes"].parameters] == ["text"]
        # What cannot be found may be anything; the operation is there all the same.
        assert [each.name for each in found["POST /other"].parameters] == ["body"]
        assert [each.name for each in found["POST /none"].parameters] == ["body"]


def test_document_that_refers_to_itself_ends() -> None:
    reply = {
        "type": "object",
        "properties": {
            "text": TEXT,
            "replies": {"type": "array", "items": {"$ref": "#/components/schemas/Reply"}},
        },
    }
    paths = {"/replies": {"post": {"requestBody": body({"$ref": "#/components/schemas/Reply"})}}}
    with api(paths, components={"schemas": {"Reply": reply}}) as served:
        names = [each.name for each in served.operations()["POST /replies"].parameters]
        assert names[0] == "text"


def test_document_of_many_schemas_that_refer_to_each_other_is_read_in_bounds() -> None:
    names = [f"S{number}" for number in range(30)]
    schemas = {
        name: {
            "type": "object",
            "properties": {other: {"$ref": f"#/components/schemas/{other}"} for other in names},
        }
        for name in names
    }
    paths = {"/all": {"post": {"requestBody": body({"$ref": "#/components/schemas/S0"})}}}
    with api(paths, components={"schemas": schemas}) as served:
        assert len(served.operations()) == 1


def test_document_in_yaml_is_read() -> None:
    text = b"openapi: 3.0.3\npaths:\n  /notes:\n    get:\n      responses: {}\n"
    with answering(lambda _: Said(text, kind="application/yaml")) as url:
        (found,) = RestSurface(url, document="/openapi.yaml").discover()
    assert found.name == "rest:GET /notes"


@pytest.mark.parametrize(
    ("document", "message"),
    [({"swagger": "2.0", "paths": {}}, "convert it to OpenAPI 3"), ({"a": 1}, "no paths")],
)
def test_document_that_cannot_be_read_says_why(document: Any, message: str) -> None:
    with answering(lambda _: as_json(document)) as url, pytest.raises(SurfaceError, match=message):
        RestSurface(url).discover()
