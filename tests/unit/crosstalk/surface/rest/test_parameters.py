"""Parameters of an API: where they travel, and what they are for."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.core.history import Outcome
from crosstalk.surface import NOTHING, Presented, Role
from tests.unit.crosstalk.surface.loopback import Said
from tests.unit.crosstalk.surface.rest.api import TEXT, api, body, gets, parameter

IDS = {"type": "array", "items": {"type": "string", "format": "uuid"}}


def test_query_repeats_the_name_of_a_list_as_openapi_does_by_default() -> None:
    with api(gets(parameter("ids", "query", IDS))) as served:
        (ids,) = served.operations()["GET /notes"].parameters
        assert (ids.role, ids.many) == (Role.REFERENCE, True)
        served.call("GET /notes", ids=["a", "b"])
        assert served.last.target == "/notes?ids=a&ids=b"


def test_query_object_is_given_member_by_member() -> None:
    filters = {"type": "object", "properties": {"q": TEXT, "state": {"enum": ["open"]}}}
    deep = parameter("filter", "query", filters, style="deepObject", explode=True)
    with api(gets(deep)) as served:
        found = served.operations()["GET /notes"].parameters
        assert [(each.name, each.role) for each in found] == [
            ("filter.q", Role.QUERY),
            ("filter.state", Role.VALUE),
        ]
        served.call("GET /notes", **{"filter.q": "a b", "filter.state": "open"})
        assert served.last.query == [("filter[q]", "a b"), ("filter[state]", "open")]


def test_headers_and_cookies_that_must_be_there_are_sent() -> None:
    listed = [
        parameter("X-Tenant", "header"),
        parameter("Authorization", "header"),
        {"name": "X-Trace", "in": "header", "schema": TEXT},
        {"name": "X-User-Id", "in": "header", "schema": TEXT},
        parameter("board", "cookie"),
    ]
    with api(gets(*listed)) as served:
        found = {each.name: each.role for each in served.operations()["GET /notes"].parameters}
        assert found == {
            "X-Tenant": Role.IDENTITY,
            "X-User-Id": Role.IDENTITY,
            "board": Role.TEXT,
        }
        presented = Presented({"Authorization": "Bearer t", "Cookie": "session=s"})
        served.call("GET /notes", presented, **{"X-Tenant": "a", "board": "b"})
        assert served.last.headers["x-tenant"] == "a"
        assert served.last.headers["cookie"] == "session=s; board=b"
        assert served.last.headers["authorization"] == "Bearer t"


def test_page_that_a_visitor_comes_from_can_be_sent_though_it_need_not_be_there() -> None:
    with api(gets({"name": "referer", "in": "header", "schema": TEXT})) as served:
        (found,) = served.operations()["GET /notes"].parameters
        assert (found.name, found.role) == ("referer", Role.TEXT)
        served.call("GET /notes", referer="https://other.example")
        assert served.last.headers["referer"] == "https://other.example"


def test_condition_of_a_change_can_be_sent_though_it_need_not_be_there() -> None:
    with api(gets({"name": "If-Match", "in": "header", "schema": TEXT})) as served:
        (found,) = served.operations()["GET /notes"].parameters
        assert (found.name, found.role) == ("If-Match", Role.VALUE)
        served.call("GET /notes", **{"If-Match": "x"})
        assert served.last.headers["if-match"] == "x"


@pytest.mark.parametrize(
    ("scheme", "sent"),
    [
        ({"in": "header", "name": "X-API-Key"}, ("x-api-key", "t-alice")),
        ({"in": "cookie", "name": "session"}, ("cookie", "session=t-alice")),
        ({"in": "query", "name": "api_key"}, ("", "api_key=t-alice")),
    ],
)
def test_api_key_goes_where_the_document_wants_it(scheme: dict[str, Any], sent: Any) -> None:
    components = {"securitySchemes": {"key": {"type": "apiKey", **scheme}}}
    with api(gets(), components=components, security=[{"key": []}]) as served:
        listing = served.operations()["GET /notes"]
        assert (listing.public, listing.lists) == (False, True)
        served.call("GET /notes")
        header, value = sent
        assert value in (served.last.headers[header] if header else served.last.target)
        # A stranger has none to send.
        served.call("GET /notes", NOTHING)
        assert "t-alice" not in str(served.last)


def test_api_key_that_a_person_placed_is_not_replaced() -> None:
    components = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}
    with api(gets(), components=components, security=[{"key": []}]) as served:
        served.call("GET /notes", Presented({"Authorization": "Bearer t", "x-key": "mine"}))
        assert served.last.headers["x-key"] == "mine"


def test_credentials_may_travel_in_the_query_and_in_cookies() -> None:
    with api(gets()) as served:
        served.call("GET /notes", Presented(query={"key": "a b"}, cookies={"session": "s"}))
        assert served.last.query == [("key", "a b")]
        assert served.last.headers["cookie"] == "session=s"


@pytest.mark.parametrize(
    ("path", "name", "role"),
    [
        ("/notes/{slug}", "slug", Role.REFERENCE),
        ("/notes/{number}", "number", Role.REFERENCE),
        ("/users/{username}/notes", "username", Role.IDENTITY),
        ("/users/{user_id}", "user_id", Role.IDENTITY),
        ("/users/{id}", "id", Role.REFERENCE),
        ("/reports/{year}", "year", Role.VALUE),
    ],
)
def test_path_parameter_names_an_object_or_a_user(path: str, name: str, role: Role) -> None:
    with api(gets(parameter(name, "path"), path=path)) as served:
        (found,) = served.operations()[f"GET {path}"].parameters
        assert found.role is role


def test_name_chosen_by_users_is_a_name_where_it_is_given_and_where_it_is_used() -> None:
    book = {"type": "object", "properties": {"title": TEXT, "text": TEXT}, "required": ["title"]}
    paths = {
        "/books": {"post": {"requestBody": body(book), "responses": {}}},
        **gets(parameter("title", "path"), path="/books/{title}"),
    }
    with api(paths) as served:
        found = served.operations()
        roles = {each.name: each.role for each in found["POST /books"].parameters}
        assert roles == {"title": Role.NAME, "text": Role.TEXT}
        assert found["GET /books/{title}"].parameters[0].role is Role.NAME


def test_name_of_a_sketch_in_a_path_says_nothing_of_the_name_of_an_instrument() -> None:
    kept = {"requestBody": {"content": {"text/plain": {"schema": TEXT}}}, "responses": {}}
    made = {"type": "object", "properties": {"name": TEXT}, "required": ["name"]}
    paths = gets(parameter("name", "path"), path="/sketches/{name}")
    paths["/sketches/{name}"]["put"] = {**kept, "parameters": [parameter("name", "path")]}
    paths["/instruments"] = {"post": {"requestBody": body(made), "responses": {}}}
    with api(paths) as served:
        found = served.operations()
        assert found["PUT /sketches/{name}"].parameters[0].role is Role.NAME
        assert found["POST /instruments"].parameters[0].role is Role.TEXT


def test_change_of_what_users_have_named_chooses_no_name() -> None:
    boat = {"type": "object", "properties": {"sail": TEXT, "text": TEXT}, "required": ["sail"]}
    trip = {"type": "object", "properties": {"text": TEXT}, "required": ["text"]}
    sail = [parameter("sail", "path")]
    paths = {
        "/boats": {"post": {"requestBody": body(boat), "responses": {}}},
        "/boats/{sail}": {
            each: {"requestBody": body(trip), "parameters": sail, "responses": {}}
            for each in ("patch", "put")
        },
        "/boats/{sail}/trips": {
            "post": {"requestBody": body(trip), "parameters": sail, "responses": {}}
        },
    }
    with api(paths) as served:
        found = served.operations()
        roles = {name: each.parameter(Role.REFERENCE) for name, each in found.items()}
        assert roles["PATCH /boats/{sail}"] is not None
        assert roles["POST /boats/{sail}/trips"] is not None
        assert roles["PUT /boats/{sail}"] is None


def test_name_that_is_put_is_chosen_by_its_user() -> None:
    kept = {"requestBody": {"content": {"text/plain": {"schema": TEXT}}}, "responses": {}}
    path = "/documents/{filename}"
    paths = gets(parameter("filename", "path"), path=path)
    paths[path]["put"] = {**kept, "parameters": [parameter("filename", "path")]}
    with api(paths) as served:
        found = served.operations()
        assert found[f"PUT {path}"].parameters[0].role is Role.NAME
        assert found[f"GET {path}"].parameters[0].role is Role.NAME


def test_one_argument_says_the_same_in_the_address_and_in_the_body() -> None:
    change = {"type": "object", "properties": {"id": TEXT, "text": TEXT}, "required": ["id"]}
    put = {"parameters": [parameter("id", "path")], "requestBody": body(change), "responses": {}}
    with api({"/notes/{id}": {"put": put}}) as served:
        served.call("PUT /notes/{id}", id="7", text="a")
        assert (served.last.path, served.last.body) == ("/notes/7", b'{"id": "7", "text": "a"}')


@pytest.mark.parametrize("value", ["", ".", "..", "\ud800"])
def test_value_that_an_address_cannot_hold_is_not_sent(value: str) -> None:
    with api(gets(parameter("note_id", "path"), path="/notes/{note_id}")) as served:
        answer = served.call("GET /notes/{note_id}", note_id=value)
        assert (answer.outcome, answer.code) == (Outcome.UNREACHABLE, "unsendable")
        assert served.asked == []


def test_operation_with_several_content_types_is_called_for_each() -> None:
    kinds: dict[str, Any] = {"application/json": {}, "text/csv": {}, "text/event-stream": {}}
    paths = {"/notes": {"get": {"responses": {"200": {"description": "", "content": kinds}}}}}
    with api(paths) as served:
        assert set(served.operations()) == {
            "GET /notes",
            "GET /notes as text/csv",
            "GET /notes as events",
        }
        served.call("GET /notes as text/csv")
        assert served.last.headers["accept"] == "text/csv"


STREAM = {"200": {"description": "", "content": {"text/event-stream": {}}}}
BOTH = {"200": {"description": "", "content": {"application/json": {}, "text/event-stream": {}}}}


@pytest.mark.parametrize(
    ("method", "responses", "name"),
    [("post", STREAM, "POST /talk"), ("post", BOTH, "POST /talk as events")],
)
def test_stream_that_answers_may_be_continued_after_an_event(
    method: str, responses: dict[str, Any], name: str
) -> None:
    sent = Said(b"id: 7\ndata: a\n\nid: 8\ndata: b\n\n", kind="text/event-stream")
    with api({"/talk": {method: {"responses": responses}}}, lambda _: sent) as served:
        assert served.call(name).linked == {"last_event_id": ["7", "8"]}
        assert "last-event-id" not in served.last.headers
        served.call(name, **{"Last-Event-ID": "7"})
        assert served.last.headers["last-event-id"] == "7"


@pytest.mark.parametrize(("method", "responses"), [("post", {}), ("get", STREAM)])
def test_answers_without_events_cannot_be_continued(method: str, responses: dict[str, Any]) -> None:
    with api({"/talk": {method: {"responses": responses}}}) as served:
        (operation,) = served.operations().values()
        assert operation.parameters == ()


def test_name_in_a_path_is_a_parameter_though_the_document_does_not_declare_it() -> None:
    # As documents are made from docstrings, which seldom have `in: path`.
    paths = {
        "/trays/{tray_id}": {"get": {"responses": {}}},
        "/trays/{tray_id}/slots/{code}": {
            "parameters": [parameter("tray_id", "path", {"type": "integer"})],
            "put": {"requestBody": body({"type": "object", "properties": {"label": TEXT}})},
        },
    }
    with api(paths) as served:
        found = served.operations()
        (tray,) = found["GET /trays/{tray_id}"].parameters
        assert (tray.name, tray.role, tray.required) == ("tray_id", Role.REFERENCE, True)
        assert not found["GET /trays/{tray_id}"].lists
        slot = found["PUT /trays/{tray_id}/slots/{code}"]
        assert [each.name for each in slot.parameters] == ["tray_id", "code", "label"]
        assert slot.parameters[0].schema == {"type": "integer"}
        served.call("GET /trays/{tray_id}", tray_id="a b")
        assert served.last.target == "/trays/a%20b"
