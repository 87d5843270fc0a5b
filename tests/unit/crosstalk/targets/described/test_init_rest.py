"""A REST API described by its OpenAPI document alone."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crosstalk.surface.errors import SurfaceError
from crosstalk.targets.described import load_target
from crosstalk.targets.described.init.rest import RestSurvey, survey_rest
from crosstalk.targets.described.init.rest_writing import written_rest
from crosstalk.targets.described.preview import previewed
from tests.unit.crosstalk.surface.graphql.notes import graphql_server
from tests.unit.crosstalk.targets.described.http_server import HttpServer, Route, serving_routes

ACCOUNT = {
    "type": "object",
    "properties": {"email": {"type": "string"}, "password": {"type": "string"}},
    "required": ["email", "password"],
}


def body(schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    """Describe a request body."""
    return {"requestBody": {"content": {media_type: {"schema": schema}}}, "responses": {}}


NOTE = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
NOTE_ID = {"name": "note_id", "in": "path", "required": True, "schema": {"type": "string"}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {},
    "security": [{"b": []}],
    "components": {"securitySchemes": {"b": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/auth/login": {
            "post": {**body(ACCOUNT, "application/x-www-form-urlencoded"), "security": []}
        },
        "/users": {"post": {**body(ACCOUNT), "security": []}},
        "/health": {"get": {"responses": {}, "security": []}},
        "/notes": {"get": {"responses": {}}, "post": body(NOTE)},
        "/notes/{note_id}": {"get": {"parameters": [NOTE_ID], "responses": {}}},
        "/invitations": {"post": body(NOTE)},
        "/payments": {"post": body(NOTE)},
    },
}


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A host whose document is at the usual path."""
    with serving_routes({"GET /openapi.json": lambda _: (200, DOCUMENT)}) as running:
        yield running


def surveyed(url: str) -> RestSurvey:
    """Survey an API that there is."""
    found = survey_rest(url)
    assert found is not None
    return found


@pytest.mark.parametrize("path", ["/openapi.json", "", "/"])
def test_rest_survey_writes_a_file_that_loads(
    server: HttpServer, tmp_path: Path, path: str
) -> None:
    file = tmp_path / "crosstalk.toml"
    file.write_text(written_rest(surveyed(server.url + path)))
    config = load_target(file)
    assert not config.confirmed
    assert config.rest is not None
    assert config.rest.openapi == f"{server.url}/openapi.json"
    assert config.rest.public == ["GET /health"]
    # What the login calls is left out of a run by itself.
    assert set(config.rest.skip) == {"POST /invitations", "POST /payments"}
    assert not {"POST /auth/login", "POST /users"} & set(config.tools)
    assert config.tools["GET /notes/{note_id}"].kind == "read"
    login = config.identities()["rest"].login
    assert login is not None
    assert login.request == "POST /auth/login"
    assert login.form == {"email": "{user}@example.com", "password": "{password}"}
    assert login.register_first is not None
    assert login.register_first.json_body == login.form


def test_rest_survey_of_a_document_that_is_not_there_says_so(server: HttpServer) -> None:
    with pytest.raises(SurfaceError, match="no OpenAPI document"):
        survey_rest(f"{server.url}/api/openapi.json")


def test_rest_survey_does_not_ask_what_may_be_an_event_stream(server: HttpServer) -> None:
    assert survey_rest(f"{server.url}/sse") is None
    assert survey_rest(f"{server.url}/mcp") is None
    assert server.asked == []


@pytest.mark.parametrize("whole", [True, False])
def test_graphql_endpoint_is_described_with_its_login(whole: bool) -> None:
    with graphql_server() as (url, _):
        found = survey_rest(url if whole else url.removesuffix("graphql"), probing=True)
    assert found is not None
    file = tomllib.loads(written_rest(found))
    assert file["rest"]["graphql"] == url
    login = file["identity"]["login"]
    assert login["request"] == "POST /graphql"
    assert login["json"]["variables"] == {"username": "{user}", "password": "{password}"}
    assert login["token"] == "$.data.login.token"
    assert file["tools"]["POST /graphql deleteNote"]["kind"] == "delete"
    assert file["tools"]["POST /graphql addNote"]["kind"] == "create"
    assert "POST /graphql login" in file["rest"]["skip"]


def test_login_without_a_sign_up_lists_users_who_exist() -> None:
    paths = {each: of for each, of in DOCUMENT["paths"].items() if each != "/users"}
    written = _written_of({**DOCUMENT, "paths": paths})
    assert written["identity"]["login"]["form"]["email"] == "{user}"
    assert "register_first" not in written["identity"]["login"]
    assert written["users"]["bob"] == {"username": "$BOB_USERNAME", "password": "$BOB_PASSWORD"}


def _written_of(document: dict[str, Any]) -> dict[str, Any]:
    with serving_routes({"GET /openapi.json": lambda _: (200, document)}) as running:
        return tomllib.loads(written_rest(surveyed(running.url)))


def test_payments_that_users_correct_are_records_and_are_called() -> None:
    payment = {"parameters": [{**NOTE_ID, "name": "payment_id"}], **body(NOTE)}
    records = {
        "/payments": {"post": body(NOTE)},
        "/payments/{payment_id}": {"patch": payment},
        "/orders/{payment_id}/pay": {"post": payment},
    }
    document = {**DOCUMENT, "paths": {**DOCUMENT["paths"], **records}}
    with serving_routes({"GET /openapi.json": lambda _: (200, document)}) as running:
        skip = surveyed(running.url).skip
    assert {"POST /payments", "PATCH /payments/{payment_id}"}.isdisjoint(skip)
    assert skip["POST /orders/{payment_id}/pay"] == "it may cost money"


def test_path_parameter_without_declaration_is_written_and_may_be_named(tmp_path: Path) -> None:
    bare: dict[str, Any] = {"/notes/{note_id}": {"get": {"responses": {}}}}
    document = {**DOCUMENT, "paths": {**DOCUMENT["paths"], **bare}}
    with serving_routes({"GET /openapi.json": lambda _: (200, document)}) as running:
        text = written_rest(surveyed(running.url))
        assert tomllib.loads(text)["tools"]["GET /notes/{note_id}"] == {
            "kind": "read",
            "arguments": {"note_id": "reference"},
        }
        file = tmp_path / "crosstalk.toml"
        file.write_text(text.replace("confirmed = false", "confirmed = true"))
        with previewed(file) as preview:
            operation = preview.target.operations["rest:GET /notes/{note_id}"]
            assert [each.name for each in operation.parameters] == ["note_id"]


def test_sharing_that_is_proposed_as_a_policy_is_not_left_out() -> None:
    share = {"type": "object", "properties": {"email": {"type": "string"}}, "required": ["email"]}
    member = {**NOTE_ID, "name": "email"}
    sharing = {
        "/notes/{note_id}/shares": {"post": {"parameters": [NOTE_ID], **body(share)}},
        "/notes/{note_id}/shares/{email}/revoke": {
            "post": {"parameters": [NOTE_ID, member], "responses": {}}
        },
    }
    document = {**DOCUMENT, "paths": {**DOCUMENT["paths"], **sharing}}
    with serving_routes({"GET /openapi.json": lambda _: (200, document)}) as running:
        text = written_rest(surveyed(running.url))
    assert set(tomllib.loads(text)["rest"]["skip"]) == {"POST /invitations", "POST /payments"}
    assert '# opens = "POST /notes/{note_id}/shares"' in text
    # Whom something is shared with is said by the policy.
    opening = tomllib.loads(text)["tools"]["POST /notes/{note_id}/shares"]
    assert opening["arguments"] == {"note_id": "reference"}


@pytest.mark.parametrize("argument", ["item", "username"])
def test_id_that_a_login_answers_is_the_subject_unless_users_go_by_name(argument: str) -> None:
    gift = {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}
    document = {**DOCUMENT, "paths": {**DOCUMENT["paths"], "/gifts": {"post": body(gift)}}}
    routes: dict[str, Route] = {
        "GET /openapi.json": lambda _: (200, document),
        "POST /users": lambda _: (201, {"id": 17}),
        "POST /auth/login": lambda _: (200, {"access_token": "t-0123456789"}),
    }
    with serving_routes(routes) as running:
        found = survey_rest(running.url, probing=True)
    assert found is not None
    text = written_rest(found)
    register = tomllib.loads(text)["identity"]["login"]["register_first"]
    assert register.get("subject") == ("$.id" if argument == "item" else None)
    assert 'subject = "$.id"  # it was answered so' in text


def test_kinds_of_operations_are_guessed_by_what_they_need() -> None:
    def query(name: str, **more: Any) -> dict[str, Any]:
        found = {"name": name, "in": "query", "schema": {"type": "string"}, **more}
        return {"parameters": [found], "responses": {}}

    named = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    label = {"type": "object", "properties": {"name": {"type": "string"}}}
    paths: dict[str, Any] = {
        "/beds": {"get": query("plot_id"), "post": body(NOTE)},
        "/beds/find": {"get": query("q", required=True)},
        "/beds/undo": {"post": {"responses": {}}},
        "/carts": {"post": {"responses": {}}},
        "/audit": {"get": query("owner")},
        "/sowings/{sowing_id}": {
            "patch": body({"type": "object", "properties": {"bed": {"type": "string"}}})
        },
        "/labels/{name}": {"patch": {"parameters": [named], **body(label)}},
    }
    tools = _written_of({**DOCUMENT, "paths": {**DOCUMENT["paths"], **paths}})
    assert "arguments" not in tools["identity"]
    written = tools["tools"]
    assert written["GET /beds"] == {"kind": "list", "arguments": {"plot_id": "reference"}}
    assert written["GET /beds/find"] == {"kind": "search", "arguments": {"q": "query"}}
    assert written["POST /beds/undo"]["kind"] == "change"
    assert written["POST /carts"]["kind"] == "create"
    moved = written["PATCH /sowings/{sowing_id}"]["arguments"]
    assert moved == {"sowing_id": "reference", "bed": "reference"}
    assert written["PATCH /labels/{name}"]["arguments"] == {"name": "name"}
