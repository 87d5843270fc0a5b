"""Objects that existed before: who owns them, and where they are shown."""

from __future__ import annotations

import json

from crosstalk.core.history import History
from crosstalk.core.owned_objects import OwnedObject, OwnershipSurvey, shown_objects
from crosstalk.core.script import resolve, script_of
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok

ANNS = {"id": "DOC-1", "text": "the merger is called Falcon", "status": "draft"}
BENS = {"id": "DOC-2", "text": "payroll of March", "status": "final"}
LIST, READ = "rest:GET /documents", "rest:GET /documents/{document_id}"


def owned(declared: tuple[OwnedObject, ...] = (), *readings: Writer) -> tuple[OwnedObject, ...]:
    """Survey these readings."""
    survey = OwnershipSurvey(declared)
    for each in readings:
        for call in each.history:
            survey.take(call)
    return survey.owned()


def listed() -> tuple[OwnedObject, ...]:
    """The owners as two listings tell them."""
    readings = Writer().call(ALICE, LIST, {}, ok([ANNS])).call(BOB, LIST, {}, ok([BENS]))
    return owned((), readings)


def test_object_that_one_users_listing_alone_shows_is_that_users() -> None:
    assert {(each.owner, each.kind, each.id) for each in listed()} == {
        ("alice", "document", "DOC-1"),
        ("bob", "document", "DOC-2"),
    }


def test_object_that_two_listings_show_is_nobodys() -> None:
    readings = Writer().call(ALICE, LIST, {}, ok([ANNS])).call(BOB, LIST, {}, ok([ANNS]))
    assert owned((), readings) == ()


def test_declared_owner_counts_where_every_listing_shows_everything() -> None:
    both = ok([ANNS, BENS])
    readings = Writer().call(ALICE, LIST, {}, both).call(BOB, LIST, {}, both)
    declared = OwnedObject("alice", "document", "DOC-1")
    (found,) = owned((declared,), readings)
    assert ("text", ANNS["text"]) in found.details


def test_object_is_shown_by_its_id_and_a_field_that_no_other_users_object_has() -> None:
    asked = {"document_id": "DOC-1"}
    call = Writer().call(BOB, READ, asked, ok({"text": ANNS["text"]})).history.calls[0]
    assert shown_objects(listed(), call) == [(ANNS["text"], "alice")]


def test_object_is_not_shown_by_a_state_or_by_an_object_of_another_kind() -> None:
    of_state = ok({"id": "DOC-1", "status": "draft"})
    catalogue = ok([{"id": "DOC-1", "text": ANNS["text"]}])
    writer = Writer().call(BOB, READ, {"document_id": "DOC-1"}, of_state)
    writer.call(BOB, "rest:GET /books", {}, catalogue)
    assert [shown_objects(listed(), call) for call in writer.history] == [[], []]


def test_favourite_of_a_public_catalogue_is_not_the_catalogues_object() -> None:
    entry = {"id": 12, "title": "The Philosopher"}
    favourites = Writer().call(ALICE, "rest:GET /favorites", {}, ok([entry]))
    found = owned((), favourites)
    call = Writer().call(BOB, "rest:GET /books/{book_id}", {"book_id": 12}, ok(entry))
    assert shown_objects(found, call.history.calls[0]) == []


def test_script_names_an_object_that_another_run_may_call_otherwise() -> None:
    writer = Writer()
    writer.history.owned = (OwnedObject("alice", "document", "DOC-1"),)
    writer.call(BOB, READ, {"document_id": "DOC-1"}, ok(ANNS))
    (step,) = script_of(writer.history).steps
    assert step.arguments == {"document_id": "${alice-document-1}"}
    other = History({}, owned=(OwnedObject("alice", "document", "DOC-9"),))
    assert resolve(step.arguments, {}, other.symbols()) == {"document_id": "DOC-9"}


def test_history_that_is_saved_keeps_its_objects() -> None:
    history = Writer().history
    history.owned = listed()
    saved = json.loads(json.dumps(history.to_json()))
    assert History.from_json(saved).owned == history.owned


def test_object_that_another_users_text_names_is_nobodys_alone() -> None:
    hers = {"id": "01a1fc95-41f3-7131-b962-eac9f4851703", "text": "the merger"}
    his = {"id": "7b1f6f0e-8d0a-4b7c-9f43-0d7f3c7b2a11", "text": f"see {hers['id']}"}
    survey = OwnershipSurvey()
    for call in Writer().call(ALICE, LIST, {}, ok([hers])).call(BOB, LIST, {}, ok([his])).history:
        survey.take(call)
    assert [each.owner for each in survey.owned()] == ["bob"]
    assert survey.shared == {hers["id"]}
