"""What stands before the tools: challenge, metadata, host names, origins and limits."""

from __future__ import annotations

import re
import socket
from urllib.parse import quote, urlsplit

import httpx2
import pytest

from crosstalk.environment import RunningSystem

METADATA = "/.well-known/oauth-protected-resource"


def bearer(running: RunningSystem, subject: str, audience: str = "mcp") -> dict[str, str]:
    """Headers with a token."""
    return {"Authorization": f"Bearer {running.mint(subject, audience=audience)}"}


def parameters(challenge: str) -> dict[str, str]:
    """The parameters of a Bearer challenge (RFC 9110 section 11.6.1)."""
    scheme, _, rest = challenge.partition(" ")
    assert scheme == "Bearer"
    return dict(re.findall(r'(\w+)="([^"]*)"', rest))


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YWxpY2U6c2VjcmV0"}])
def test_mcp_gate_challenges_a_request_without_a_bearer_token(
    running: RunningSystem, headers: dict[str, str]
) -> None:
    answer = httpx2.post(running.mcp_url, json={}, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error_code"] == "unauthorized"
    assert set(parameters(answer.headers["WWW-Authenticate"])) == {"resource_metadata"}


@pytest.mark.parametrize("audience", ["backend", "https://elsewhere.example"])
def test_mcp_gate_refuses_a_token_of_another_audience(
    running: RunningSystem, alice: str, audience: str
) -> None:
    answer = httpx2.post(running.mcp_url, json={}, headers=bearer(running, alice, audience))
    assert answer.status_code == 401
    challenge = parameters(answer.headers["WWW-Authenticate"])
    assert challenge["error"] == "invalid_token"
    assert challenge["error_description"]
    assert challenge["resource_metadata"]


def test_the_challenge_leads_to_the_metadata_of_this_resource(running: RunningSystem) -> None:
    challenge = httpx2.post(running.mcp_url, json={}).headers["WWW-Authenticate"]
    url = parameters(challenge)["resource_metadata"]
    resource = urlsplit(running.mcp_url)
    # RFC 9728 section 3.1: the well-known part stands between host and path.
    assert url == f"{resource.scheme}://{resource.netloc}{METADATA}{resource.path}"
    metadata = httpx2.get(url).json()
    assert metadata["resource"] == running.mcp_url
    assert metadata["authorization_servers"] == [running.issuer.url]
    assert metadata["bearer_methods_supported"] == ["header"]
    assert httpx2.get(httpx2.URL(running.mcp_url).join(METADATA)).json() == metadata


def test_the_same_subject_of_two_issuers_is_two_users(running: RunningSystem, alice: str) -> None:
    """A `sub` is unique within its issuer alone (RFC 7519 section 4.1.2)."""
    other = f"second:{alice}"
    hers = f"{running.backend_url}/api/{alice}/tasks"
    others = f"{running.backend_url}/api/{quote(other, safe='')}/tasks"
    asked = {user: bearer(running, user, "backend") for user in (alice, other)}
    assert httpx2.post(hers, json={"title": "hers"}, headers=asked[alice]).status_code == 201
    assert httpx2.get(others, headers=asked[other]).json()["items"] == []
    assert httpx2.get(hers, headers=asked[other]).status_code in (403, 404)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost:x"])
def test_mcp_server_answers_421_to_another_host_name(
    running: RunningSystem, alice: str, host: str
) -> None:
    for headers in ({}, bearer(running, alice)):
        answer = httpx2.post(running.mcp_url, json={}, headers={**headers, "Host": host})
        assert answer.status_code in (421, 400)
        if answer.status_code == 421:
            assert answer.json()["details"] == {"host": "not one of MCP_ALLOWED_HOSTS"}


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example"]
)
def test_pages_of_other_origins_are_refused(
    running: RunningSystem, alice: str, origin: str
) -> None:
    headers = {**bearer(running, alice), "Origin": origin}
    answer = httpx2.post(running.mcp_url, json={}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["details"] == {"origin": "not one of MCP_ALLOWED_ORIGINS"}
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_pages_of_allowed_origins_may_preflight_and_read_the_challenge(
    running: RunningSystem,
) -> None:
    origin = {"Origin": "http://localhost:6274"}
    preflight = httpx2.options(
        running.mcp_url,
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,mcp-protocol-version,mcp-session-id",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == origin["Origin"]
    answer = httpx2.post(running.mcp_url, json={}, headers=origin)
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]


def test_probes_are_answered_whatever_the_host(running: RunningSystem) -> None:
    for path in ("/health", "/ready"):
        url = httpx2.URL(running.mcp_url).join(path)
        assert httpx2.get(url, headers={"Host": "10.0.0.7:8001"}).status_code == 200


def test_bodies_that_are_too_large_or_too_deep_are_refused_with_the_limit(
    running: RunningSystem, alice: str
) -> None:
    headers = {**bearer(running, alice), "Content-Type": "application/json"}
    large = httpx2.post(running.mcp_url, content=b"x" * 10_000_000, headers=headers)
    assert (large.status_code, large.json()["details"]) == (413, {"body": "at most 1048576 bytes"})
    nested = httpx2.post(running.mcp_url, content=b"[" * 9_000, headers=headers)
    assert nested.status_code == 422
    assert nested.json()["details"] == {"body": "must not nest deeper than 64"}


def test_mcp_server_opens_no_stream_for_get(running: RunningSystem, alice: str) -> None:
    accepts = {"Accept": "text/event-stream"}
    answer = httpx2.get(running.mcp_url, headers={**bearer(running, alice), **accepts})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, DELETE")
    # Who has no token is challenged, whatever the method: clients look for the metadata this way.
    assert httpx2.get(running.mcp_url, headers=accepts).status_code == 401


def test_mcp_server_refuses_two_host_headers(running: RunningSystem) -> None:
    resource = urlsplit(running.mcp_url)
    assert resource.hostname
    assert resource.port
    lines = f"Host: {resource.netloc}\r\nHost: evil.example\r\nConnection: close\r\n"
    with socket.create_connection((resource.hostname, resource.port), timeout=10) as connection:
        connection.sendall(f"GET {resource.path} HTTP/1.1\r\n{lines}\r\n".encode())
        status = connection.recv(64).split()[1]
    assert status in (b"400", b"421")
