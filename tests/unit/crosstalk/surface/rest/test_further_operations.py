"""Operations beside the document: named by a person, or of another document."""

from __future__ import annotations

import httpx2

from crosstalk.surface.operation import Role
from crosstalk.surface.references import References
from crosstalk.surface.rest.document import ApiDocument
from crosstalk.surface.rest.operations import operations_of

URL = "http://127.0.0.1:1/openapi.json"
ROOT = {"openapi": "3.1.0", "paths": {"/notes": {"get": {"responses": {}, "summary": "mine"}}}}


def test_document_is_joined_by_operations_that_it_leaves_out() -> None:
    document = ApiDocument(URL, ROOT, References.of(ROOT, url=URL, load=httpx2.get))
    also = ["GET /partner/{partner}/notes", "POST /notes", "GET /notes"]
    found = {each.name: each for each in operations_of(document.with_operations(also))}
    assert set(found) == {
        "rest:GET /notes",
        "rest:POST /notes",
        "rest:GET /partner/{partner}/notes",
    }
    (partner,) = found["rest:GET /partner/{partner}/notes"].parameters
    assert (partner.name, partner.required) == ("partner", True)
    assert ROOT["paths"] == {"/notes": {"get": {"responses": {}, "summary": "mine"}}}


def test_query_by_which_one_address_stores_and_shows_names_an_object() -> None:
    path = {"name": "path", "in": "query", "required": True, "schema": {"type": "string"}}
    content = {"type": "object", "properties": {"content": {"type": "string"}}}
    stored = {"content": {"application/json": {"schema": content}}}
    shown = {"parameters": [path], "responses": {}}
    other = {"parameters": [{**path, "name": "word"}], "responses": {}}
    root = {
        "openapi": "3.1.0",
        "paths": {
            "/file": {"get": shown, "delete": shown, "put": {**shown, "requestBody": stored}},
            "/find": {"get": other},
        },
    }
    document = ApiDocument(URL, root, References.of(root, url=URL, load=httpx2.get))
    found = {each.name: each.parameters[0].role for each in operations_of(document)}
    assert {found[f"rest:{method} /file"] for method in ("GET", "DELETE", "PUT")} == {Role.NAME}
    assert found["rest:GET /find"] is Role.TEXT
