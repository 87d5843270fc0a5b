"""Where tokens for an MCP server come from, by its metadata, and what a refusal says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.http.exchange import client
from crosstalk.targets.described.init.detection import detect
from crosstalk.targets.described.init.inspection import inspect_server
from crosstalk.targets.described.init.writing import written
from crosstalk.targets.described.login.base import CredentialError
from crosstalk.targets.described.login.discovery import authorization_of, token_endpoint
from tests.unit.crosstalk.targets.described.http_server import (
    Asked,
    Given,
    HttpServer,
    serving_routes,
)


@contextmanager
def guarded(
    *, grants: tuple[str, ...] = ("authorization_code", "client_credentials"), named: bool = True
) -> Iterator[HttpServer]:
    """An MCP server that wants a token, and its authorization server on the same origin.

    Args:
        grants: What the authorization server offers.
        named: The refusal names the resource's metadata, which stands at an unusual path.
    """

    def mcp(asked: Asked) -> Given:
        token = asked.headers.get("authorization", "")
        if token == "Bearer good":
            tools = [{"name": "list_notes", "inputSchema": {"type": "object"}}]
            result: dict[str, Any] = {"tools": tools}
            if asked.body["method"] == "tools/call":
                result = {"content": [{"type": "text", "text": "[]"}]}
            return 200, {"jsonrpc": "2.0", "id": asked.body.get("id"), "result": result}
        more = 'error="invalid_token", error_description="the token has expired", ' if token else ""
        where = f'resource_metadata="{server.url}/metadata/of/mcp"' if named else ""
        return 401, {"error": "unauthorized"}, {"WWW-Authenticate": f"Bearer {more}{where}"}

    def resource(_: Asked) -> Given:
        return 200, {
            "resource": f"{server.url}/mcp",
            "authorization_servers": [f"{server.url}/tenant"],
            "scopes_supported": ["notes:read"],
        }

    def issuer(_: Asked) -> Given:
        return 200, {
            "issuer": f"{server.url}/tenant",
            "token_endpoint": f"{server.url}/tenant/token",
            "registration_endpoint": f"{server.url}/tenant/register",
            "grant_types_supported": list(grants),
        }

    place = "/metadata/of/mcp" if named else "/.well-known/oauth-protected-resource/mcp"
    routes = {
        "POST /mcp": mcp,
        f"GET {place}": resource,
        "GET /.well-known/oauth-authorization-server/tenant": issuer,
    }
    with serving_routes(routes) as server:
        yield server


@pytest.mark.parametrize("named", [True, False])
def test_authorization_server_is_found_by_the_refusal_or_at_the_usual_place(named: bool) -> None:
    with guarded(named=named) as server, client(5) as http:
        found = authorization_of(http, f"{server.url}/mcp")
        assert token_endpoint(http, f"{server.url}/mcp") == f"{server.url}/tenant/token"
    assert found is not None
    assert found.issuer == f"{server.url}/tenant"
    assert found.grants == ("authorization_code", "client_credentials")
    assert found.scopes == ("notes:read",)


def test_server_without_metadata_has_to_be_told_the_token_endpoint() -> None:
    with serving_routes({}) as server, client(5) as http:
        assert authorization_of(http, f"{server.url}/mcp") is None
        with pytest.raises(CredentialError, match=r"set identity\.login\.token_url"):
            token_endpoint(http, f"{server.url}/mcp")


def test_init_without_a_token_says_where_one_comes_from() -> None:
    with guarded() as server, pytest.raises(HarnessError) as refused:
        detect(url=f"{server.url}/mcp", command=(), environment={}, presented=NOTHING)
    said = str(refused.value)
    assert "wants a credential: give it with --token or --header" in said
    assert f"tokens come from {server.url}/tenant/token" in said
    assert f"clients register at {server.url}/tenant/register, scopes are notes:read" in said
    assert 'grant = "client_credentials"' in said


def test_init_says_of_people_who_must_sign_in_that_they_do() -> None:
    with (
        guarded(grants=("authorization_code",)) as server,
        pytest.raises(HarnessError, match="Sign two users in, and give one's token with --token"),
    ):
        detect(url=f"{server.url}/mcp", command=(), environment={}, presented=NOTHING)


def test_init_with_a_refused_token_says_that_it_was_refused_and_why() -> None:
    old = Presented({"Authorization": "Bearer old"})
    with guarded() as server, pytest.raises(HarnessError) as refused:
        detect(url=f"{server.url}/mcp", command=(), environment={}, presented=old)
    said = str(refused.value)
    assert "refused the credential that was given: 401 (the token has expired)" in said
    assert "wants a credential" not in said


def test_init_with_a_token_writes_where_others_come_from() -> None:
    with guarded() as server:
        found = inspect_server(
            url=f"{server.url}/mcp",
            command=(),
            environment={},
            headers={"Authorization": "Bearer good"},
            token="good",
            probing=False,
        )
    text = written(
        found.mcp, found.survey, header="Authorization", authorization=found.authorization
    )
    assert f"# Its metadata names {server.url}/tenant: tokens come from" in text
