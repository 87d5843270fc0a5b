"""The relay adds a token and leaves everything else as it was."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx2
import pytest

from crosstalk.conformance import token_proxy
from crosstalk.core.errors import HarnessError
from crosstalk.environment import RunningSystem
from crosstalk.surface.mcp.tools import tool_call


def test_token_proxy_adds_the_token_to_a_request(running: RunningSystem, alice: str) -> None:
    token = running.mint(alice, audience="mcp")
    headers, message = tool_call("list_tasks", {"user_id": alice})
    assert httpx2.post(running.mcp_url, json=message, headers=headers).status_code == 401
    with token_proxy(running.mcp_url, token) as url:
        for _ in range(2):
            answer = httpx2.post(url, json=message, headers=headers)
            assert answer.status_code == 200
            assert answer.json()["result"]["structuredContent"]["items"] == []


def test_token_proxy_leaves_host_and_origin_to_the_server(
    running: RunningSystem, alice: str
) -> None:
    with token_proxy(running.mcp_url, running.mint(alice, audience="mcp")) as url:
        assert httpx2.post(url, json={}, headers={"Host": "evil.example"}).status_code == 421
        origin = {"Origin": "https://evil.example"}
        assert httpx2.post(url, json={}, headers=origin).status_code == 403


def test_token_proxy_passes_white_space_around_header_values(
    running: RunningSystem, alice: str
) -> None:
    headers, message = tool_call("list_tasks", {"user_id": alice})
    body = httpx2.Request("POST", "http://x", json=message).content
    with token_proxy(running.mcp_url, running.mint(alice, audience="mcp")) as url:
        parts = urlsplit(url)
        lines = {**headers, "Host": parts.netloc, "Content-Length": str(len(body))}
        lines["Mcp-Name"] = "  list_tasks  "
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        assert parts.hostname
        with socket.create_connection((parts.hostname, parts.port or 80), 10) as connection:
            connection.sendall(f"POST {parts.path} HTTP/1.1\r\n{head}\r\n".encode() + body)
            status = connection.recv(64).split()[1]
    assert status == b"200"


def test_token_proxy_relays_plain_http_alone() -> None:
    with pytest.raises(HarnessError, match="cannot be relayed"), token_proxy("https://x/mcp", ""):
        pass
