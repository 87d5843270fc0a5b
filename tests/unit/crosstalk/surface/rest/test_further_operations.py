"""Operations beside the document: named by a person, or of another document."""

from __future__ import annotations

import httpx2

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
