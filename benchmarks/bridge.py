"""Tool calls through the backend's bridge, against raw POSTs and against the `mcp` client.

Sixteen users call concurrently, each with their own token, a tool that takes 50 ms and one that
answers immediately. All sides are in this process and call the same server; the raw POST sends
a body and headers that were made before, and does not look at the answer beyond its length.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from benchmarks.figures import Figure, Goal, alternate
from benchmarks.fixture import Fixture
from benchmarks.tool_server import TOOL
from crosstalk.core.errors import HarnessError
from crosstalk.environment import RunningSystem
from system.backend.agent.bridge import BoundTools
from system.backend.agent.connection import McpConnection
from system.identity import SigningKey, Subject, TokenExchange
from system.wire.rate_limit import Pace

_USERS = 16
_PROTOCOL = "2026-07-28"
Call = Callable[[], Awaitable[object]]


async def measure(fixture: Fixture) -> list[Figure]:
    """Measure the figures of this benchmark."""
    running = fixture.system()
    url, _ = fixture.service(
        "tool-server", "benchmarks.tool_server", lambda base: _environment(running, f"{base}/mcp")
    )
    endpoint = f"{url}/mcp"
    key = SigningKey.from_jwk_json(json.dumps(running.exchanger.keys[0].private_jwk()))
    exchange = TokenExchange(running.exchanger.url, endpoint, key)
    users = [f"bench-{number}" for number in range(_USERS)]
    figures = []
    async with AsyncExitStack() as stack:
        # What the bridge costs, and not how fast one user may go.
        unpaced = Pace(1_000_000.0, 1_000_000)
        connection = McpConnection(endpoint, timeout=30.0, max_connections=100, pace=unpaced)
        stack.push_async_callback(connection.aclose)
        http = await stack.enter_async_context(httpx2.AsyncClient(timeout=30.0))
        clients = [await _client(stack, endpoint, exchange, user) for user in users]
        for milliseconds, goal in ((50, 0.97), (0, 0.8)):
            arguments = {"milliseconds": milliseconds}
            bridge = [_bridged(connection, exchange, user, arguments) for user in users]
            raw = [_raw(http, endpoint, exchange, user, arguments) for user in users]
            looped = [
                _client_call(client, user, arguments)
                for client, user in zip(clients, users, strict=True)
            ]
            what = f"{_USERS} users, a tool that takes {milliseconds} ms"
            figures.append(
                await alternate(
                    f"bridge-{milliseconds}ms",
                    f"{what}: calls through the backend's bridge against raw POSTs",
                    "calls/s",
                    ours=lambda calls=bridge: _rate(calls, fixture.seconds),
                    anchor=lambda calls=raw: _rate(calls, fixture.seconds),
                    rounds=fixture.rounds,
                    goal=Goal("least", goal),
                )
            )
            figures.append(
                await alternate(
                    f"bridge-{milliseconds}ms-mcp-client",
                    f"{what}: the bridge against the `mcp` client in a loop, a client each user",
                    "calls/s",
                    ours=lambda calls=bridge: _rate(calls, fixture.seconds),
                    anchor=lambda calls=looped: _rate(calls, fixture.seconds),
                    rounds=fixture.rounds,
                )
            )
    return figures


async def _rate(calls: Sequence[Call], seconds: float) -> float:
    """Return the calls a second when each user calls again after every answer."""
    began = time.perf_counter()
    made = 0

    async def loop(call: Call) -> None:
        nonlocal made
        while time.perf_counter() < began + seconds:
            await call()
            made += 1

    await asyncio.gather(*map(loop, calls))
    return made / (time.perf_counter() - began)


def _bridged(
    connection: McpConnection, exchange: TokenExchange, user: str, arguments: Mapping[str, Any]
) -> Call:
    subject = Subject(user, "benchmark", "benchmark", 2**40, None, {})

    async def call() -> None:
        result = await BoundTools(connection, exchange, subject).call_tool(TOOL, dict(arguments))
        if result.structured_content != {"user_id": user}:
            raise HarnessError(f"{user} was answered {result.structured_content}")

    return call


def _raw(
    http: httpx2.AsyncClient,
    endpoint: str,
    exchange: TokenExchange,
    user: str,
    arguments: Mapping[str, Any],
) -> Call:
    params = {
        "name": TOOL,
        "arguments": {**arguments, "user_id": user},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": _PROTOCOL,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
        },
    }
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    body = json.dumps(message).encode()
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": _PROTOCOL,
        "Mcp-Method": "tools/call",
        "Mcp-Name": TOOL,
    }

    async def call() -> None:
        bearer = {"Authorization": f"Bearer {exchange.token_for(user)}"}
        response = await http.post(endpoint, content=body, headers={**headers, **bearer})
        if response.status_code != 200:
            raise HarnessError(f"{user} was answered {response.status_code}")

    return call


class _Bearer(httpx2.Auth):
    """Presents a user's current token: one lives a minute, and a figure may take longer."""

    def __init__(self, exchange: TokenExchange, user: str) -> None:
        self._exchange, self._user = exchange, user

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._exchange.token_for(self._user)}"
        yield request


async def _client(
    stack: AsyncExitStack, endpoint: str, exchange: TokenExchange, user: str
) -> Client:
    bearer = _Bearer(exchange, user)
    http = await stack.enter_async_context(httpx2.AsyncClient(auth=bearer, timeout=30.0))
    transport = streamable_http_client(endpoint, http_client=http)
    return await stack.enter_async_context(Client(transport, mode=_PROTOCOL))


def _client_call(client: Client, user: str, arguments: Mapping[str, Any]) -> Call:
    async def call() -> None:
        result = await client.call_tool(TOOL, {**arguments, "user_id": user})
        if result.structured_content != {"user_id": user}:
            raise HarnessError(f"{user} was answered {result.structured_content}")

    return call


def _environment(running: RunningSystem, endpoint: str) -> dict[str, str]:
    issuer = {
        "issuer": running.exchanger.url,
        "jwks_url": f"{running.exchanger.url}/.well-known/jwks.json",
        "audience": endpoint,
        "algorithms": ["EdDSA"],
    }
    limits = ("RATE_LIMIT_PER_MINUTE", "RATE_LIMIT_BURST")
    return {
        "DATABASE_URL": running.databases["mcp"],
        "CURSOR_SECRET": "benchmarks-have-no-secrets-to-keep",
        "MCP_URL": endpoint,
        "TRUSTED_ISSUERS": json.dumps([issuer]),
        **dict.fromkeys(limits, "100000000"),
    }
