"""A GraphQL endpoint's fields as operations, on a real executor."""

from __future__ import annotations

import pytest

from crosstalk.core.history import Outcome
from crosstalk.surface import Role, SurfaceError
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from crosstalk.surface.rest import RestSurface
from tests.unit.crosstalk.surface.graphql.notes import graphql_surface
from tests.unit.crosstalk.surface.loopback import answering, as_json

ANN, BEN = Presented.bearer("ann"), Presented.bearer("ben")


def fields(surface: RestSurface) -> dict[str, Operation]:
    """Return the operations by field."""
    return {each.name.removeprefix("rest:POST /graphql "): each for each in surface.discover()}


def test_fields_of_both_roots_are_operations_with_roles() -> None:
    with graphql_surface() as (surface, _):
        found = fields(surface)
    assert set(found) == {
        *("note", "notes", "find", "n", "addNote", "deleteNote", "login"),
        *("note as aliases", "note as batch"),
    }
    roles = {each.name: each.role for each in found["addNote"].parameters}
    assert roles["note.text"] is Role.TEXT
    assert roles["note.level"] is Role.VALUE
    assert found["note"].parameters[0].role is Role.REFERENCE
    assert found["notes"].lists
    assert not found["addNote"].reads_only
    assert found["deleteNote"].extra["kind"] == "delete"


def test_field_is_asked_with_variables_and_all_that_its_type_shows() -> None:
    with graphql_surface() as (surface, notes):
        found = fields(surface)
        made = surface.call(found["addNote"], {"note.text": "a", "note.level": "LOW"}, ANN)
        assert made.outcome is Outcome.OK
        assert made.body["text"] == "a"
        assert made.body["owner"]["name"] == "ann"
        assert notes.asked[-1]["variables"] == {"note": {"text": "a", "level": "LOW"}}
        listed = surface.call(found["notes"], {}, ANN)
        assert listed.body["edges"][0]["node"]["id"] == made.body["id"]


@pytest.mark.parametrize("way", ["aliases", "batch"])
def test_own_and_foreign_object_are_asked_for_in_one_request(way: str) -> None:
    with graphql_surface() as (surface, notes):
        found = fields(surface)
        ids = [
            surface.call(found["addNote"], {"note.text": text}, who).body["id"]
            for text, who in (("a", ANN), ("b", BEN))
        ]
        many = found[f"note as {way}"]
        assert many.parameters[0].many
        answer = surface.call(many, {"id": ids}, ANN)
        assert [each["text"] for each in answer.body] == ["a", "b"]
        assert isinstance(notes.asked[-1], list) is (way == "batch")


def test_errors_with_status_200_are_errors_and_a_missing_object_is_nothing() -> None:
    with graphql_surface() as (surface, _):
        found = fields(surface)
        failed = surface.call(found["find"], {"q": "x"}, ANN)
        assert failed.outcome is Outcome.ERROR
        assert (failed.code, failed.message) == ("UNAVAILABLE", "no index for x")
        missing = surface.call(found["note"], {"id": "n-99"}, ANN)
        assert missing.outcome is Outcome.OK
        assert missing.body is None


def test_server_that_does_not_answer_introspection_is_named_with_its_reason() -> None:
    refusal = as_json({"errors": [{"message": "introspection is disabled"}]})
    with answering(lambda _: refusal) as url:
        surface = RestSurface("", document="", graphql=f"{url}/graphql")
        with pytest.raises(SurfaceError, match="introspection is disabled"):
            surface.discover()
        surface.close()
