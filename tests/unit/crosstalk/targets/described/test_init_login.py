"""A guessed login tried once by `init`, and the file of two surfaces of one host."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.targets.described import TargetConfig
from crosstalk.targets.described.init.combining import combined
from crosstalk.targets.described.init.rest import survey_rest, written_rest
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
