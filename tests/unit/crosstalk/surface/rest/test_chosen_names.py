"""Names in paths: a body that holds one gives it to a new object, or names another."""

from __future__ import annotations

from typing import Any

from crosstalk.surface.operation import Role
from crosstalk.surface.references import References
from crosstalk.surface.rest.document import ApiDocument
from crosstalk.surface.rest.operations import operations_of

TEXT = {"type": "string"}


def roles(paths: dict[str, Any]) -> dict[str, dict[str, Role]]:
    root = {"openapi": "3.1.0", "paths": paths, "security": [{"key": []}]}
    found = operations_of(ApiDocument("http://127.0.0.1:1", root, References.of(root)))
    return {
        each.name.removeprefix("rest:"): {one.name: one.role for one in each.parameters}
        for each in found
    }


def body(*names: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": dict.fromkeys(names, TEXT), "required": [*names]}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def card(name: str = "card") -> dict[str, Any]:
    return {"parameters": [{"name": name, "in": "path", "required": True, "schema": TEXT}]}


def test_body_of_another_collection_names_what_is_there() -> None:
    found = roles(
        {
            "/cards": {"post": body("shop")},
            "/cards/{card}": {"get": card()},
            "/vouchers": {"post": body("card", "reward")},
        }
    )
    assert found["POST /vouchers"]["card"] is not Role.NAME


def test_body_of_the_collection_gives_a_name() -> None:
    found = roles({"/links": {"post": body("slug")}, "/links/{slug}": {"get": card("slug")}})
    assert found["POST /links"]["slug"] is Role.NAME


def test_uid_of_a_collection_names_an_object_and_that_of_users_a_user() -> None:
    found = roles(
        {
            "/interviews/{uid}": {"get": card("uid")},
            "/users/{uid}": {"get": card("uid")},
        }
    )
    assert found["GET /interviews/{uid}"]["uid"] is Role.REFERENCE
    assert found["GET /users/{uid}"]["uid"] is Role.IDENTITY


def test_id_under_which_users_put_what_no_post_makes_is_chosen_by_them() -> None:
    found = roles(
        {
            "/envelopes": {"post": body("name")},
            "/envelopes/{id}": {"get": card("id"), "put": card("id") | body("name")},
            "/payments/{id}": {"get": card("id"), "put": card("id") | body("payee")},
        }
    )
    assert found["PUT /payments/{id}"]["id"] is Role.NAME
    assert found["GET /payments/{id}"]["id"] is Role.NAME
    assert found["PUT /envelopes/{id}"]["id"] is Role.REFERENCE
    assert found["GET /envelopes/{id}"]["id"] is Role.REFERENCE


def test_id_of_what_is_posted_elsewhere_or_takes_no_text_is_not_chosen() -> None:
    found = roles(
        {
            "/carts/{id}/orders": {"post": card("id") | body("note")},
            "/orders/{id}": {"put": card("id") | body("note")},
            "/switches/{id}": {"put": card("id")},
        }
    )
    assert found["PUT /orders/{id}"]["id"] is Role.REFERENCE
    assert found["PUT /switches/{id}"]["id"] is Role.REFERENCE
