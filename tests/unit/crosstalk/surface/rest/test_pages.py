"""Pages and forms as operations: what is sent, and what their answers name."""

from __future__ import annotations

from typing import Any

from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from crosstalk.surface.rest.document import nothing
from crosstalk.surface.rest.links import Addresses
from crosstalk.surface.rest.operations import CSRF_FIELD, PAGE, operations_of

FORM = "application/x-www-form-urlencoded"


def described(path: str, **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": more.pop("fields", {})}
    body = {"content": {FORM: {"schema": schema}}}
    return {path: {"post": {PAGE: True, CSRF_FIELD: "token", "requestBody": body, **more}}}


def form(path: str, **more: Any) -> Operation:
    document = nothing("http://app.test").beside_own(described(path, **more))
    (found,) = operations_of(document)
    return found


def test_a_form_repeats_the_token_of_its_callers_session() -> None:
    operation = form("/notes", fields={"title": {"type": "string"}})
    sent = operation.extra["form"].request({"title": "x"}, Presented(csrf="of ann"))
    assert sent.content == b"title=x&token=of+ann"
    sent = operation.extra["form"].request({"title": "x"}, Presented())
    assert sent.content == b"title=x"


def test_a_form_that_is_a_button_is_sent() -> None:
    operation = form("/notes/7/star")
    assert operation.parameters == ()
    assert operation.extra["form"].request({}, Presented(csrf="t")).content == b"token=t"


def test_a_form_whose_address_says_so_deletes() -> None:
    parameters = [{"name": "note_id", "in": "path", "required": True}]
    assert form("/notes/{note_id}/delete", parameters=parameters).extra["kind"] == "delete"
    assert "kind" not in form("/notes/{note_id}/star", parameters=parameters).extra


def test_links_of_a_page_name_ids_by_the_addresses_of_operations() -> None:
    known = Addresses(["http://a/notes/{note_id}", "http://a/notes/new", "http://a/u/{username}"])
    links = ["/notes/7", "/notes/9?tab=1", "/notes/new", "/u/ann", "/notes/7", "/help/1/2"]
    assert known.named_by(links) == {"note_id": ["7", "9"], "username": ["ann"]}


def test_an_address_with_a_last_slash_is_taken_apart() -> None:
    known = Addresses(["http://a/notes/{note_id}/"])
    assert known.named_by(["/notes/7/"]) == {"note_id": ["7"]}
    assert known.linked({"location": "/notes/9/"}) == {"note_id": "9"}


def test_operations_of_the_document_itself_stay() -> None:
    own = nothing("http://app.test").beside_own({"/a": {"get": {"summary": "own"}}})
    both = own.beside_own({"/a": {"get": {"summary": "other"}, "post": {}}})
    assert both.root["paths"]["/a"] == {"get": {"summary": "own"}, "post": {}}
