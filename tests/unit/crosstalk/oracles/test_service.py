"""Which operations were served, from histories written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, Outcome
from crosstalk.core.identifiers import marker
from crosstalk.core.principals import IMPOSTOR
from crosstalk.core.verdict import InconclusiveKind
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, STRANGER, Writer, ok, refused

NOTE = f"note {marker('alice', 1)}"
ADD = Operation(
    "mcp", "add", (Parameter("text", {"type": "string"}, True, Role.TEXT),), reads_only=False
)
SEARCH = Operation("mcp", "search", (), reads_only=True)


def record(writer: Writer, *operations: Operation) -> ServiceRecord:
    """The record of one history."""
    taken = ServiceRecord({each.name: each for each in operations})
    taken.take(writer.history)
    return taken


def told(writer: Writer, *operations: Operation) -> dict[str, str]:
    """Operation to what is said of it."""
    return {each.where: each.text for each in record(writer, *operations).inconclusive()}


def redirect(location: str) -> Answer:
    """An answer that leads elsewhere."""
    return Answer(Outcome.ERROR, 302, "", {"location": location})


def stored() -> Writer:
    """Alice has stored a note."""
    return Writer().call(ALICE, "add", {"text": NOTE}, ok({"id": 1, "text": NOTE}))


def test_operation_that_shows_its_caller_their_own_data_is_served() -> None:
    writer = stored().call(ALICE, "search", {}, ok({"notes": [{"text": NOTE}]}))
    assert told(writer, ADD, SEARCH) == {}
    assert record(writer, ADD, SEARCH).public() == []


@pytest.mark.parametrize("body", [[], {"notes": [], "total": 0}, "No notes found."])
def test_operation_that_always_answers_with_nothing_is_not_served(body: Any) -> None:
    writer = stored().call(ALICE, "search", {}, ok(body)).call(BOB, "search", {}, ok(body))
    assert told(writer, ADD, SEARCH) == {"search": "never served: an empty answer (2 times)"}


def test_operation_that_always_fails_is_named_with_what_usually_came_back() -> None:
    writer = stored().call(ALICE, "search", {}, refused(422, "invalid", "query: field required"))
    writer.call(BOB, "search", {}, refused(422, "invalid", "query: field required"))
    writer.call(BOB, "search", {}, refused(500, "server_error", "boom"))
    assert told(writer, SEARCH) == {"search": "never served: 422 query: field required (2 times)"}


@pytest.mark.parametrize(
    "body",
    [
        {"detail": [{"loc": ["body", "starts_at"], "msg": "not a datetime", "input": "x"}]},
        {"errors": [{"pointer": "body.starts_at", "detail": "not a datetime"}]},
        {"errors": [{"path": "body.starts_at", "message": "not a datetime", "value": "x"}]},
    ],
)
def test_operation_that_refuses_its_arguments_is_named_with_what_it_says_of_them(
    body: Any,
) -> None:
    failed = Answer(Outcome.ERROR, 422, body)
    writer = stored().call(ALICE, "search", {}, failed)
    assert told(writer, SEARCH) == {"search": "never served: 422 body.starts_at: not a datetime"}


def test_operation_that_asks_for_input_is_not_served() -> None:
    body = {
        "resultType": "input_required",
        "inputRequests": {"sure": {"method": "elicitation/create"}},
    }
    assert told(stored().call(ALICE, "search", {}, ok(body)), SEARCH) == {
        "search": "never served: input is required (elicitation/create), which is not given"
    }


def test_operation_that_was_never_called_is_not_tried() -> None:
    (found,) = record(Writer(), SEARCH).inconclusive()
    assert (found.kind, found.where) == (InconclusiveKind.NOT_TRIED, "search")


def test_operation_that_never_answered_is_told_with_what_happened() -> None:
    lost = Answer(Outcome.UNREACHABLE, None, None, {}, "timeout", "no answer in 20 s")
    (found,) = record(Writer().call(ALICE, "search", {}, lost), SEARCH).inconclusive()
    assert found.kind is InconclusiveKind.NOT_SERVED
    assert "no answer in 20 s" in found.text


def test_login_that_was_never_needed_leaves_nothing_open() -> None:
    login = Operation("login", "login:POST /login", (), reads_only=True, effect_only=True)
    assert record(Writer(), login).inconclusive() == []


def test_data_that_is_equal_for_every_user_is_public() -> None:
    writer = stored()
    for actor in (ALICE, BOB):
        writer.call(actor, "search", {"user_id": f"{actor.user}-1"}, ok({"motd": "hello"}))
    assert told(writer, SEARCH) == {}
    assert record(writer, SEARCH).public() == ["search"]


def test_data_that_differs_between_users_is_served_though_nothing_marks_it() -> None:
    writer = stored().call(ALICE, "search", {}, ok({"open": 1}))
    writer.call(BOB, "search", {}, ok({"open": 0, "done": 2}))
    assert told(writer, SEARCH) == {}
    assert record(writer, SEARCH).public() == []


def test_deletion_of_an_own_object_is_served_though_it_shows_nothing() -> None:
    delete = Operation("rest", "rest:DELETE /notes/{id}", (), reads_only=False)
    writer = stored().call(ALICE, delete.name, {"id": "1"}, Answer(Outcome.OK, 204, None))
    assert told(writer, delete) == {}


def test_list_of_ids_is_served_only_with_several() -> None:
    ids = Parameter("ids", {"type": "array"}, True, Role.REFERENCE)
    bulk = Operation("mcp", "bulk", (ids,), reads_only=True)
    writer = stored().call(ALICE, "bulk", {"ids": ["1"]}, ok([{"text": NOTE}]))
    assert told(writer, bulk) == {"bulk": "never served with several ids"}
    writer.call(ALICE, "bulk", {"ids": ["1", "2"]}, ok([{"text": NOTE}]))
    assert told(writer, bulk) == {}


def test_calls_of_others_than_the_claimed_user_serve_nothing() -> None:
    writer = stored().call(IMPOSTOR, "search", {}, ok({"notes": [{"text": NOTE}]}))
    assert told(writer, SEARCH) == {"search": "no call was made"}


CALENDAR = Operation("mcp", "calendar", (), reads_only=True)
PAGE = {"may": "lime trees", "june": "clover"}


def shows_stranger(writer: Writer, *operations: Operation) -> bool:
    """Whether the last call of a history was answered what every user is answered to it."""
    *_, last = writer.history
    taken = ServiceRecord({each.name: each for each in operations})
    return taken.shows_everyone(last, writer.history)


def test_stranger_who_is_shown_what_every_user_is_shown_learns_nothing_of_any() -> None:
    writer = Writer().call(ALICE, "calendar", {}, ok(PAGE)).call(STRANGER, "calendar", {}, ok(PAGE))
    assert shows_stranger(writer, CALENDAR)
    writer = Writer().call(ALICE, "calendar", {}, ok(PAGE)).call(STRANGER, "calendar", {}, ok({}))
    assert not shows_stranger(writer, CALENDAR)


def test_stranger_is_served_where_no_user_was_shown_the_same() -> None:
    assert not shows_stranger(Writer().call(STRANGER, "calendar", {}, ok(PAGE)), CALENDAR)


def test_stranger_is_served_where_users_are_shown_their_own_or_different_things() -> None:
    own = ok({"notes": [{"text": NOTE}]})
    writer = stored().call(ALICE, "search", {}, own).call(BOB, "search", {}, ok({"tip": "try"}))
    assert not shows_stranger(writer.call(STRANGER, "search", {}, ok({"tip": "try"})), ADD, SEARCH)
    writer = Writer().call(ALICE, "calendar", {}, ok({"n": "one"}))
    writer.call(BOB, "calendar", {}, ok({"n": "two"}))
    assert not shows_stranger(writer.call(STRANGER, "calendar", {}, ok({"n": "two"})), CALENDAR)


@pytest.mark.parametrize("asked_by", [[ALICE], [ALICE, BOB]])
def test_stranger_learns_nothing_by_a_text_that_repeats_what_others_ask_it_by(
    asked_by: list[Actor],
) -> None:
    writer = stored().call(ALICE, "calendar", {"tone": NOTE}, ok({"letter": f"A {NOTE} letter"}))
    for each in asked_by:
        writer.call(each, "calendar", {}, ok({"letter": "A letter"}))
    writer.call(STRANGER, "calendar", {}, ok({"letter": "A letter"}))
    # What one user alone was answered may be that user's.
    assert shows_stranger(writer, ADD, CALENDAR) is (len(asked_by) > 1)


def test_stranger_is_served_where_an_object_repeats_its_id() -> None:
    writer = stored().call(ALICE, "calendar", {"id": NOTE}, ok({"id": NOTE, "done": True}))
    writer.call(STRANGER, "calendar", {"id": NOTE}, ok({"id": NOTE, "done": True}))
    assert not shows_stranger(writer, ADD, CALENDAR)


@pytest.mark.parametrize(
    ("name", "answer", "served"),
    [
        ("rest:HEAD /notes/{note}", ok(None), True),
        ("rest:GET /notes/{note}", ok(None), False),
        ("rest:GET /{note}", redirect("https://example.org/menu"), True),
        ("rest:GET /{note}", redirect("/login?next=/x"), False),
        ("rest:GET /{note}", redirect(""), False),
    ],
)
def test_answer_without_a_body_serves_where_none_is_due(
    name: str, answer: Answer, served: bool
) -> None:
    reading = Operation("rest", name, (), reads_only=True)
    writer = stored().call(ALICE, name, {"note": NOTE}, answer)
    assert (name not in told(writer, ADD, reading)) is served
