"""A guessed login tried once by `init`, and the file of two surfaces of one host."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.targets.described import TargetConfig
from crosstalk.targets.described.init.combining import combined
from crosstalk.targets.described.init.rest import survey_rest
from crosstalk.targets.described.init.rest_writing import written_rest
from tests.unit.crosstalk.targets.described.http_server import Asked, Given, serving_routes

ACCOUNT = {
    "type": "object",
    "properties": {
        "user": {
            "type": "object",
            "properties": {
                "email": {"type": "string"},
                "password": {"type": "string"},
                "age": {"type": "integer"},
            },
            "required": ["email", "password", "age"],
        }
    },
    "required": ["user"],
}
USER_ID = {"name": "user_id", "in": "path", "required": True, "schema": {"type": "integer"}}


def document(answering: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a login, a sign-up and the notes of a user."""
    body = {"requestBody": {"content": {"application/json": {"schema": ACCOUNT}}}, **answering}
    return {
        "openapi": "3.1.0",
        "info": {},
        "paths": {
            "/register": {"post": body},
            "/login": {"post": body},
            "/users/{user_id}/notes": {"get": {"parameters": [USER_ID], "responses": {}}},
        },
    }


def registered(asked: Asked) -> Given:
    """Create an account where the body is as the document says."""
    fields = asked.body["user"]
    good = fields["email"].endswith("@example.com") and isinstance(fields["age"], int)
    return (201, {"user": {"id": 41, "email": fields["email"]}}) if good else (422, {})


def written(login: Given) -> dict[str, Any]:
    """Return the file of an API whose login answers so."""
    routes = {
        "GET /openapi.json": lambda _: (200, document({"responses": {}})),
        "POST /register": registered,
        "POST /login": lambda _: login,
    }
    with serving_routes(routes) as server:
        found = survey_rest(server.url, probing=True)
    assert found is not None
    return tomllib.loads(written_rest(found))


def test_place_of_the_token_and_of_the_id_are_as_one_account_showed() -> None:
    answer = {"data": {"refresh_token": "r" * 20, "session": {"token": "t0ken-of-4711"}}}
    login = written((200, answer))["identity"]["login"]
    assert login["token"] == "$.data.session.token"
    assert login["register_first"]["subject"] == "$.user.id"
    assert login["json"]["user"] == {
        "email": "{user}@example.com",
        "password": "{password}",
        "age": 30,
    }


def test_path_names_the_user_by_the_id_that_the_login_gave() -> None:
    described = written((200, {"token": "t0ken-of-4711"}))
    assert described["identity"]["arguments"] == ["user_id"]
    assert described["tools"]["GET /users/{user_id}/notes"] == {"kind": "list"}


def test_login_that_sets_a_cookie_alone_carries_it() -> None:
    login = written((200, {"ok": True}, {"Set-Cookie": "sid=1; Path=/"}))["identity"]["login"]
    assert login["carried"] == "cookie"
    assert "token" not in login


def test_refused_try_is_said_in_the_file_beside_the_guess() -> None:
    login = written((403, {"detail": "no"}))["identity"]["login"]
    assert login["token"] == "access_token"


@pytest.mark.parametrize("name", ["mcp", "rest"])
def test_two_surfaces_of_one_host_have_each_its_own_identity(name: str) -> None:
    mcp = (
        '# head\nconfirmed = false\n\n[mcp]\nurl = "http://x/mcp"\n\n'
        '[identity]\nby = ["argument"]\narguments = ["user_id"]\n\n[tools.add]\nkind = "create"\n'
    )
    rest = (
        '# head\nconfirmed = false\n\n[rest]\nopenapi = "http://x/openapi.json"\n\n[identity]\n'
        'by = ["login"]\n\n[identity.login]\nrequest = "POST /login"\ntoken = "t"\n\n'
        '[tools."GET /notes"]\nkind = "list"\n'
    )
    data = tomllib.loads(combined(mcp, rest))
    config = TargetConfig.model_validate(data)
    assert set(config.identities()) == {"mcp", "rest"}
    assert getattr(config, name).identity is not None
    assert set(config.tools) == {"add", "GET /notes"}


def named(path: str, scheme: Mapping[str, Any], *fields: str, form: bool = False) -> dict[str, Any]:
    """Describe an API whose login or sign-up is at a path, with notes behind a scheme."""
    schema = {
        "type": "object",
        "properties": {each: {"type": "string"} for each in fields},
        "required": list(fields),
    }
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    body = {"requestBody": {"content": {kind: {"schema": schema}}}, "responses": {}}
    return {
        "openapi": "3.0.3",
        "info": {},
        "components": {"securitySchemes": {"it": scheme}},
        "paths": {
            path: {"post": {**body, "security": []}},
            "/notes": {"get": {"security": [{"it": []}], "responses": {}}},
        },
    }


def identity(
    api: Mapping[str, Any], routes: Mapping[str, Any], *, listed: bool = False
) -> dict[str, Any]:
    """Return the identity of the file of an API, whose users are listed or made up."""
    known = {"GET /openapi.json": lambda _: (200, api), **routes}
    with serving_routes(known) as server:
        found = survey_rest(server.url, probing=True)
    assert found is not None
    text = written_rest(found)
    TargetConfig.model_validate(tomllib.loads(text))
    data = tomllib.loads(text)
    assert ("users" in data) is listed
    said: dict[str, Any] = data["identity"]
    return said


def wants(header: str, value: str) -> Any:
    """Return a route that serves callers with that header alone."""
    return lambda asked: (200, []) if asked.headers.get(header) == value else (401, {})


@pytest.mark.parametrize(
    ("scheme", "header", "value", "carried"),
    [
        (
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": 'Token-based authentication with required prefix "Token"',
            },
            "authorization",
            "Token t0ken-of-4711",
            {"carried": "header", "value": "Token {token}"},
        ),
        (
            {"type": "http", "scheme": "bearer"},
            "x-access-token",
            "t0ken-of-4711",
            {"carried": "header", "header": "X-Access-Token", "value": "{token}"},
        ),
        ({"type": "http", "scheme": "bearer"}, "authorization", "Bearer t0ken-of-4711", {}),
    ],
)
def test_token_travels_as_a_reading_showed(
    scheme: dict[str, Any], header: str, value: str, carried: dict[str, str]
) -> None:
    routes = {
        "POST /auth/token/": lambda _: (200, {"token": "t0ken-of-4711"}),
        "GET /notes": wants(header, value),
    }
    login = identity(named("/auth/token/", scheme, "username", "password"), routes)["login"]
    found = {key: each for key, each in login.items() if key in ("carried", "header", "value")}
    assert found == carried


@pytest.mark.parametrize(
    ("name", "more"),
    [("csrf_token", {}), ("csrfmiddlewaretoken", {"header": "X-CSRFToken"})],
)
def test_form_that_repeats_a_token_of_its_page_is_sent_it(name: str, more: dict[str, str]) -> None:
    def page(_: Asked) -> Given:
        hidden = f'<form><input type="hidden" name="{name}" value="c-1"></form>'
        return 200, hidden, {"Set-Cookie": "visit=1; Path=/"}

    def login(asked: Asked) -> Given:
        if asked.body.get(name) != "c-1" or asked.cookies.get("visit") != "1":
            return 400, {"detail": "CSRF"}
        return 302, {}, {"Set-Cookie": "sid=s-1; Path=/", "Location": "/"}

    routes: dict[str, Any] = {
        "GET /login": page,
        "POST /login": login,
        "GET /notes": lambda asked: (200, []) if asked.cookies.get("sid") else (401, {}),
    }
    scheme = {"type": "apiKey", "in": "cookie", "name": "sid"}
    api = named("/login", scheme, name, "username", "password", form=True)
    found = identity(api, routes)["login"]
    assert found["form"][name] == "{csrf}"
    assert found["csrf"] == {"request": "GET /login", "value": f"input:{name}", **more}
    assert found["carried"] == "cookie"


def test_sign_up_that_gives_out_a_key_is_the_login() -> None:
    scheme = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    routes = {
        "POST /register": lambda _: (201, {"api_key": "ak_0123456789"}),
        "GET /notes": wants("x-api-key", "ak_0123456789"),
    }
    login = identity(named("/register", scheme, "name"), routes)["login"]
    assert login["request"] == "POST /register"
    assert login["token"] == "$.api_key"
    assert "carried" not in login


def test_name_and_password_travel_with_every_request_where_the_document_says_basic() -> None:
    scheme = {"type": "http", "scheme": "basic"}
    found = identity(named("/signup", scheme, "username", "password"), {})
    assert found["login"]["carried"] == "basic"
    assert found["login"]["register_first"]["request"] == "POST /signup"


def test_refresh_token_is_given_to_the_operation_that_renews() -> None:
    api = named("/login", {"type": "http", "scheme": "bearer"}, "username", "password")
    api["paths"]["/auth/refresh"] = named("/r", {}, "refreshToken")["paths"]["/r"]
    answer = {"tokens": {"access": {"token": "a" * 20}, "refresh": {"token": "r" * 20}}}
    routes = {
        "POST /login": lambda _: (200, answer),
        "GET /notes": wants("authorization", f"Bearer {'a' * 20}"),
    }
    login = identity(api, routes)["login"]
    assert login["token"] == "$.tokens.access.token"
    assert login["refresh_token"] == "$.tokens.refresh.token"
    assert login["refresh"] == {
        "request": "POST /auth/refresh",
        "json": {"refreshToken": "{refresh}"},
    }


def test_login_that_refuses_a_made_up_user_wants_accounts_that_exist() -> None:
    api = named("/login", {"type": "http", "scheme": "bearer"}, "username", "password")
    refusing: dict[str, Any] = {
        "POST /login": lambda _: (403, {}),
        "GET /notes": lambda _: (401, {}),
    }
    identity(api, refusing, listed=True)
    serving: dict[str, Any] = {"POST /login": lambda _: (200, {"token": "t0ken-of-4711"})}
    identity(api, serving | {"GET /notes": wants("authorization", "Bearer t0ken-of-4711")})


def test_login_of_the_rest_api_serves_an_mcp_server_to_which_nothing_says_who_calls() -> None:
    mcp = (
        'confirmed = false\n\n[mcp]\nurl = "http://x/mcp"\n\n'
        '[identity]\nby = ["none"]  # guess: nothing says who calls\n\n[tools.add]\n'
        'kind = "create"\n'
    )
    rest = (
        'confirmed = false\n\n[rest]\nopenapi = "http://x/openapi.json"\n\n[identity]\n'
        'by = ["login"]  # guess: by its path\n\n[identity.login]\nrequest = "POST /login"\n'
        'token = "t"\n'
    )
    text = combined(mcp, rest)
    config = TargetConfig.model_validate(tomllib.loads(text))
    assert {name: each.by for name, each in config.identities().items()} == {
        "mcp": ["login"],
        "rest": ["login"],
    }
    assert "guess: its token says to the MCP server too" in text


BOOKED = {
    "type": "object",
    "properties": {"email": {"type": "string"}, "password": {"type": "string"}},
    "required": ["email", "password"],
}
BOOKING = {
    "type": "object",
    "properties": {"class_id": {"type": "string"}},
    "required": ["class_id"],
}


def test_account_that_exists_shows_how_a_login_is_carried_and_what_repeats_its_token() -> None:
    def body(schema: Mapping[str, Any]) -> dict[str, Any]:
        return {"requestBody": {"content": {"application/json": {"schema": schema}}}}

    described = {
        "openapi": "3.1.0",
        "info": {},
        "paths": {
            "/login": {"post": {**body(BOOKED), "responses": {}}},
            "/bookings": {
                "get": {"responses": {}},
                "post": {**body(BOOKING), "responses": {}},
            },
        },
    }

    def login(asked: Asked) -> Given:
        if asked.body != {"email": "rosa@gym.example", "password": "kettle-1"}:
            return 401, {"detail": "wrong"}
        return 200, {"csrf_token": "c-0123456789"}, {"Set-Cookie": "gym=1; Path=/"}

    routes: dict[str, Any] = {
        "GET /openapi.json": lambda _: (200, described),
        "POST /login": login,
        "GET /bookings": lambda asked: (200, []) if asked.cookies else (401, {}),
    }
    with serving_routes(routes) as server:
        found = survey_rest(server.url, probing=True, account=("rosa@gym.example", "kettle-1"))
    assert found is not None
    file = tomllib.loads(written_rest(found))
    assert file["identity"]["login"] == {
        "request": "POST /login",
        "json": {"email": "{user}", "password": "{password}"},
        "carried": "cookie",
        "csrf": {"value": "$.csrf_token", "header": "X-CSRF-Token"},
    }
    assert file["users"]["alice"]["username"] == "$ALICE_USERNAME"
    assert file["tools"]["POST /bookings"]["kind"] == "create"
