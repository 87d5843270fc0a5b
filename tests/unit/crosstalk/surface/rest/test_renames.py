"""A change of what its address names can give it another name."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.surface.capabilities import creators_among
from crosstalk.surface.credentials import NOTHING
from crosstalk.surface.operation import Role
from crosstalk.surface.references import References
from crosstalk.surface.rest.document import ApiDocument
from crosstalk.surface.rest.operations import operations_of


def document(method: str, required: list[str]) -> ApiDocument:
    """Return a document with one change of a category by its name."""
    text = {"type": "string"}
    body = {"type": "object", "properties": {"name": text}, "required": required}
    said: dict[str, Any] = {
        "parameters": [{"in": "path", "name": "name", "required": True, "schema": text}],
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {}},
    }
    root = {"openapi": "3.1.0", "paths": {"/categories/{name}": {method: said}}}
    return ApiDocument("http://x", root, References.of(root))


@pytest.mark.parametrize("required", [[], ["name"]])
def test_new_name_goes_into_the_body_and_the_old_one_into_the_address(required: list[str]) -> None:
    (operation,) = operations_of(document("patch", required), base="http://x")
    new = next(each for each in operation.parameters if each.name == "new_name")
    assert (new.role, new.required) == (Role.TEXT, False)
    # Nothing is made by it: what it names is there.
    assert not operation.stores
    assert creators_among([operation]) == []
    given = {"name": "food", "new_name": "meals"}
    request = operation.extra["form"].request(given, NOTHING)
    assert (request.url, request.content) == ("http://x/categories/food", b'{"name": "meals"}')


def test_put_stores_under_the_name_of_its_address() -> None:
    (operation,) = operations_of(document("put", ["name"]), base="http://x")
    assert [each.name for each in operation.parameters] == ["name"]
