"""Logins by HTTP: JSON, forms, cookies, CSRF tokens, OAuth 2.0 grants, and what refuses them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from crosstalk.core.principals import ALICE, ANONYMOUS, BOB, forger
from crosstalk.targets.described import TargetConfig
from crosstalk.targets.described.credentials import (
    DescribedCredentials,
    People,
    SurfaceCredentials,
)
from crosstalk.targets.described.identity import UserConfig
from crosstalk.targets.described.login.base import CredentialError
from crosstalk.targets.described.login.by_request import RequestLogin
from crosstalk.targets.described.login.config import LoginConfig
from crosstalk.targets.described.login.surface import LoginSurface
from crosstalk.targets.described.login.values import AnswerValue, ReadableAnswer
from crosstalk.targets.described.users import naming_of
from tests.unit.crosstalk.targets.described.http_server import (
    Asked,
    Given,
    HttpServer,
    serving_routes,
)

PASSWORDS: dict[str, str] = {}


def register(asked: Asked) -> Given:
    """Create an account; its id is a number that the system chooses."""
    if asked.body["email"] in PASSWORDS:
        return 409, {"detail": "exists already"}
    PASSWORDS[asked.body["email"]] = asked.body["password"]
    return 201, {"user": {"id": len(PASSWORDS)}}


def json_login(asked: Asked) -> Given:
    """Give a token at a path of the answer."""
    if PASSWORDS.get(asked.body["email"]) != asked.body["password"]:
        return 403, {"detail": "wrong password"}
    return 200, {"data": {"tokens": [{"access": f"t-{asked.body['email']}"}]}}


def page(asked: Asked) -> Given:
    """Show the login form, with its CSRF token."""
    hidden = '<form><input type="hidden" value="c&amp;1" name="csrf_token"></form>'
    return 200, hidden, {"Set-Cookie": "visit=1; Path=/"}


def form_login(asked: Asked) -> Given:
    """Set a session cookie, where the form repeats the CSRF token, and redirect."""
    if asked.body.get("csrf_token") != "c&1" or asked.cookies.get("visit") != "1":
        return 400, "<p>CSRF</p>"
    return 302, "", {"Set-Cookie": f"session=s-{asked.body['user']}; Path=/", "Location": "/"}


def token(asked: Asked) -> Given:
    """Answer as a token endpoint (RFC 6749)."""
    if asked.body["grant_type"] == "refresh_token":
        return 200, {"access_token": f"again-{asked.body['refresh_token']}", "expires_in": 3600}
    if asked.body["grant_type"] == "client_credentials":
        basic = asked.headers["authorization"].removeprefix("Basic ")
        name = base64.b64decode(basic).decode().partition(":")[0]
        return 200, {"access_token": f"machine-{name}"}
    name = asked.body["username"]
    return 200, {"access_token": f"o-{name}", "expires_in": 0, "refresh_token": f"r-{name}"}


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A server with several kinds of logins."""
    PASSWORDS.clear()
    routes = {
        "POST /register": register,
        "POST /login": json_login,
        "GET /form": page,
        "POST /form": form_login,
        "POST /token": token,
        "GET /me": lambda asked: (200, {"me": {"id": asked.headers["authorization"][-7:]}}),
    }
    with serving_routes(routes) as running:
        yield running


def credentials(
    server: HttpServer, login: dict[str, Any], **users: dict[str, str]
) -> SurfaceCredentials:
    """Build the credentials of a REST API with this login."""
    config = TargetConfig.model_validate(
        {
            "rest": {"openapi": f"{server.url}/openapi.json"},
            "identity": {"by": ["login"], "login": login},
        }
    )
    identity = config.identities()["rest"]
    assert identity.login is not None
    listed = {name: UserConfig.model_validate(each) for name, each in users.items()}
    performed = RequestLogin(identity.login, server.url, sleep=lambda _: None)
    return SurfaceCredentials(identity, People(listed, Path.cwd()), login=performed)


JSON_LOGIN = {
    "request": "POST /login",
    "json": {"email": "{user}@x.test", "password": "{password}"},
    "token": "$.data.tokens[0].access",
    "register_first": {
        "request": "POST /register",
        "json": {"email": "{user}@x.test", "password": "{password}"},
    },
}


def test_json_login_signs_each_made_up_user_up_once(server: HttpServer) -> None:
    source = credentials(server, JSON_LOGIN)
    for actor, subject in ((ALICE, "alice-1"), (BOB, "bob-1"), (ALICE, "alice-1")):
        given = source.present(actor, subject).headers
        assert given == {"Authorization": f"Bearer t-{subject}@x.test"}
    assert [each.path for each in server.asked] == ["/register", "/login"] * 2


def test_json_login_learns_the_id_that_the_system_gave(server: HttpServer) -> None:
    registered = {**JSON_LOGIN["register_first"], "subject": "$.user.id"}  # type: ignore[dict-item]
    source = credentials(server, {**JSON_LOGIN, "register_first": registered})
    assert [source.enroll("alice-1"), source.enroll("bob-1")] == ["1", "2"]
    assert source.present(BOB, "2").headers == {"Authorization": "Bearer t-bob-1@x.test"}
    assert len(server.asked) == 4


def test_sign_up_says_tenant_and_role_and_nothing_where_there_is_none(server: HttpServer) -> None:
    body = {**JSON_LOGIN["register_first"]["json"], "team": "{tenant}", "role": "{role}"}  # type: ignore[index]
    registered = {"request": "POST /register", "json": body}
    source = credentials(server, {**JSON_LOGIN, "register_first": registered})
    source.people.attributes["alice-1"] = {"tenant": "acme", "role": "admin"}
    for actor, subject in ((ALICE, "alice-1"), (BOB, "bob-1")):
        source.present(actor, subject)
    first, second = (each.body for each in server.asked if each.path == "/register")
    assert (first["team"], first["role"]) == ("acme", "admin")
    assert set(second) == {"email", "password"}


def test_made_up_users_have_tenant_and_role_before_they_are_signed_up(server: HttpServer) -> None:
    registered = {
        "request": "POST /register",
        "json": {"email": "{user}", "password": "{password}", "role": "{role}"},
        "subject": "$.user.id",
    }
    login = {**JSON_LOGIN, "json": {"email": "{user}", "password": "{password}"}}
    source = credentials(server, {**login, "register_first": registered})
    config = TargetConfig.model_validate(
        {
            "rest": {"openapi": f"{server.url}/openapi.json"},
            "identity": {"by": "login", "login": {**login, "register_first": registered}},
            "roles": {"admin": "carol"},
        }
    )
    subjects = naming_of(config, {}, DescribedCredentials(rest=source))("01ab23cd")
    roles = {
        each.body["email"].partition("-")[0]: each.body.get("role")
        for each in server.asked
        if each.path == "/register"
    }
    assert roles["carol"] == "admin"
    assert {roles[name] for name in subjects if name != "carol"} == {None}


def test_login_reads_the_subject_by_a_request_of_its_own(server: HttpServer) -> None:
    login = {**JSON_LOGIN, "subject": "$.me.id", "whoami": {"request": "GET /me"}}
    assert credentials(server, login).enroll("alice-1") == "@x.test"


def test_login_of_a_listed_user_uses_their_name_and_password(server: HttpServer) -> None:
    PASSWORDS["ann@x.test"] = "hers"
    login = {key: each for key, each in JSON_LOGIN.items() if key != "register_first"}
    source = credentials(server, login, **{"7": {"username": "ann", "password": "hers"}})
    assert source.present(ALICE, "7").headers == {"Authorization": "Bearer t-ann@x.test"}


def test_refused_login_says_what_the_registration_said_too(server: HttpServer) -> None:
    PASSWORDS["alice-1@x.test"] = "of somebody else"
    with pytest.raises(CredentialError, match=r"POST /login refused alice-1: 403 wrong password"):
        credentials(server, JSON_LOGIN).present(ALICE, "alice-1")
    with pytest.raises(CredentialError, match=r"\(POST /register answered 409 exists already\)"):
        credentials(server, JSON_LOGIN).present(ALICE, "alice-1")


def test_login_whose_answer_lacks_the_token_says_which_setting(server: HttpServer) -> None:
    with pytest.raises(CredentialError, match=r"set identity\.login\.token .*it answered"):
        credentials(server, {**JSON_LOGIN, "token": "$.token"}).present(ALICE, "alice-1")


def test_login_that_is_refused_for_haste_is_tried_again(server: HttpServer) -> None:
    refusals = [(429, {"detail": "slow down"}, {"Retry-After": "1"})] * 2

    def throttled(asked: Asked) -> Given:
        return refusals.pop() if refusals else json_login(asked)

    server.routes["POST /login"] = throttled
    given = credentials(server, JSON_LOGIN).present(ALICE, "alice-1").headers
    assert given == {"Authorization": "Bearer t-alice-1@x.test"}


@pytest.mark.parametrize("more", [{}, {"token": "cookie:session"}])
def test_form_login_repeats_the_csrf_token_and_keeps_each_users_cookies(
    server: HttpServer, more: dict[str, str]
) -> None:
    login = {
        **more,
        "request": "POST /form",
        "form": {"user": "{user}", "pass": "{password}", "csrf_token": "{csrf}"},
        "carried": "cookie",
        "csrf": {"request": "GET /form", "value": "input:csrf_token", "header": "X-CSRF"},
    }
    source = credentials(server, login)
    for actor, subject in ((ALICE, "alice-1"), (BOB, "bob-1")):
        headers = source.present(actor, subject).headers
        assert headers["X-CSRF"] == "c&1"
        assert set(headers["Cookie"].split("; ")) == {"visit=1", f"session=s-{subject}"}
    assert source.present(ANONYMOUS, "alice-1").headers == {}
    forged = source.present(forger("invented"), "alice-1").headers
    assert "s-alice-1" not in forged["Cookie"]
    assert "session=" in forged["Cookie"]


def test_csrf_token_that_the_answer_to_the_login_tells_is_repeated(server: HttpServer) -> None:
    def told(asked: Asked) -> Given:
        said = {"csrf_token": f"c-{asked.body['email']}"}
        return 200, said, {"Set-Cookie": "session=1; Path=/"}

    server.routes["POST /login"] = told
    login = {
        "request": "POST /login",
        "json": {"email": "{user}", "password": "{password}"},
        "carried": "cookie",
        "csrf": {"value": "$.csrf_token", "header": "X-CSRF"},
    }
    headers = credentials(server, login).present(ALICE, "alice-1").headers
    assert headers["X-CSRF"] == "c-alice-1"


def test_password_grant_is_renewed_by_its_refresh_token(server: HttpServer) -> None:
    login = {"grant": "password", "token_url": "/token", "client_id": "app", "scope": "read"}
    source = credentials(server, login)
    assert source.present(ALICE, "al").headers == {"Authorization": "Bearer o-al"}
    assert server.asked[0].body["scope"] == "read"
    # It ended at once, as its answer says.
    assert source.present(ALICE, "al").headers == {"Authorization": "Bearer again-r-al"}
    assert source.present(ALICE, "al").headers == {"Authorization": "Bearer again-r-al"}
    assert [each.body["grant_type"] for each in server.asked] == ["password", "refresh_token"]


def test_name_and_password_of_basic_travel_with_every_request(server: HttpServer) -> None:
    login = {"carried": "basic", "register_first": JSON_LOGIN["register_first"]}
    source = credentials(server, login)
    sent = {name: source.present(ALICE, name).headers["Authorization"] for name in ("al", "bo")}
    pair = base64.b64decode(sent["al"].removeprefix("Basic ")).decode()
    assert pair == f"al:{PASSWORDS['al@x.test']}"
    assert [each.path for each in server.asked] == ["/register"] * 2
    forged = source.present(forger("cut-short"), "al").headers["Authorization"]
    assert forged.startswith("Basic ")
    assert forged != sent["al"]
    assert LoginSurface(source).discover() == []


def test_basic_takes_no_login_call() -> None:
    with pytest.raises(ValidationError, match=r"sends name and password with every request"):
        LoginConfig.model_validate({"carried": "basic", "request": "POST /login"})


def test_sign_up_that_gives_out_a_key_is_not_tried_as_a_login_again(server: HttpServer) -> None:
    login = {"request": "POST /register", "json": {"email": "{user}"}, "token": "$.user.id"}
    assert LoginSurface(credentials(server, login)).discover() == []
    assert LoginSurface(credentials(server, JSON_LOGIN)).discover() != []


def test_client_credentials_are_each_users_own(server: HttpServer) -> None:
    login = {"grant": "client_credentials", "token_url": "/token", "client_auth": "basic"}
    users = {"ann": {"client_id": "client-of-ann", "client_secret": "s"}}
    source = credentials(server, login, **users)
    assert source.present(ALICE, "ann").headers == {"Authorization": "Bearer machine-client-of-ann"}


def test_token_that_carries_its_expiry_is_renewed_before_it(server: HttpServer) -> None:
    def jwt(asked: Asked) -> Given:
        claims = json.dumps({"sub": "17", "exp": time.time() + 0.01, "n": len(server.asked)})
        part = base64.urlsafe_b64encode(claims.encode()).rstrip(b"=").decode()
        return 200, {"token": f"eyJ.{part}.x"}

    server.routes["POST /login"] = jwt
    login = {"request": "POST /login", "json": {}, "token": "token", "subject": "claim:sub"}
    source = credentials(server, login)
    assert source.enroll("alice-1") == "17"
    time.sleep(0.02)
    first, second = (source.present(ALICE, "17").headers["Authorization"] for _ in range(2))
    assert first
    time.sleep(0.02)
    assert source.present(ALICE, "17").headers["Authorization"] != second


def test_login_without_a_server_says_so(server: HttpServer) -> None:
    source = credentials(server, {**JSON_LOGIN, "request": "POST http://127.0.0.1:9/login"})
    with pytest.raises(CredentialError, match="is not answered"):
        source.present(ALICE, "alice-1")


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("$.a[1].b", "x"),
        ("$['a'][0]", None),
        ("$.a[7].b", None),
        ("b", "x"),
        ("header:X-Token", "h"),
        ("cookie:sid", "c"),
        ("claim:sub", None),
    ],
)
def test_answer_value_reads_its_place(place: str, found: str | None) -> None:
    answer = ReadableAnswer({"a": [{}, {"b": "x"}]}, {"x-token": "h"}, {"sid": "c"}, "no JWT")
    assert AnswerValue.parse(place).read(answer) == found


@pytest.mark.parametrize("place", ["$a", "$.a[*]", "$..a", "body:x", " ", "header:"])
def test_answer_value_refuses_what_is_not_a_place(place: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        AnswerValue.parse(place)
