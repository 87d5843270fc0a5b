"""The bridge: many users at once over one pool, and no user ever speaks for another."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import random
from collections.abc import AsyncIterator

import pytest

from crosstalk.environment import RunningSystem
from system.backend.agent.bridge import BoundTools
from system.backend.agent.connection import McpConnection
from system.errors import Unavailable
from system.identity import SigningKey, Subject, TokenExchange


@pytest.fixture
async def connection(running: RunningSystem) -> AsyncIterator[McpConnection]:
    """One pool, smaller than the crowd."""
    shared = McpConnection(running.mcp_url, timeout=20.0, max_connections=4)
    yield shared
    await shared.aclose()


@pytest.fixture
def exchange(running: RunningSystem) -> TokenExchange:
    """Issues tokens as the running backend does."""
    key = SigningKey(running.exchanger.keys[0].private_jwk())
    return TokenExchange(running.backend_url, running.mcp_url, key)


def subject(name: str) -> Subject:
    """A verified user."""
    return Subject(name, "issuer", "backend", 2**31, None, {})


async def test_six_hundred_interleaved_calls_with_cancellations_stay_with_their_users(
    connection: McpConnection, exchange: TokenExchange, alice: str
) -> None:
    chance = random.Random(20261121)
    users = [f"{alice}-{number}" for number in range(16)]
    bound = {user: BoundTools(connection, exchange, subject(user)) for user in users}
    for user in users:
        await bound[user].call_tool("add_task", {"title": f"only {user}"})
    served = 0

    async def one(user: str) -> None:
        nonlocal served
        result = await bound[user].call_tool("list_tasks", {"limit": 5})
        assert result.structured_content is not None
        titles = [each["title"] for each in result.structured_content["items"]]
        assert titles == [f"only {user}"]
        served += 1

    for _ in range(6):
        calls = [asyncio.ensure_future(one(user)) for user in users for _ in range(7)]
        chance.shuffle(calls)
        await asyncio.sleep(chance.random() * 0.05)
        for call in chance.sample(calls, 12):
            call.cancel()
        for call in calls:
            with contextlib.suppress(asyncio.CancelledError):
                await call
    assert served >= 600


async def test_bridge_uses_the_subjects_identity_whatever_the_model_sends(
    connection: McpConnection, exchange: TokenExchange, alice: str, bob: str
) -> None:
    hers = BoundTools(connection, exchange, subject(alice))
    await hers.call_tool("add_task", {"title": "hers"})
    his = BoundTools(connection, exchange, subject(bob))
    result = await his.call_tool("list_tasks", {"user_id": alice})
    assert result.structured_content == {"items": [], "next_cursor": None}
    assert [use.arguments for use in his.uses] == [{}]


async def test_tool_schemas_for_the_model_have_no_identity_argument(
    connection: McpConnection, exchange: TokenExchange, alice: str
) -> None:
    for tool in await BoundTools(connection, exchange, subject(alice)).list_tools():
        assert "user_id" not in tool.input_schema["properties"]
        assert "user_id" not in tool.input_schema["required"]


async def test_bridge_call_to_a_missing_mcp_server_is_unavailable(
    exchange: TokenExchange, alice: str
) -> None:
    nowhere = McpConnection("http://127.0.0.1:9/mcp", timeout=1.0, max_connections=1, restart=0.2)
    tools = BoundTools(nowhere, exchange, subject(alice))
    with pytest.raises(Unavailable):
        await tools.call_tool("add_task", {"title": "x"})
    assert [use.outcome for use in tools.uses] == ["error"]
    await nowhere.aclose()


async def test_bridge_continues_after_a_restart_of_the_mcp_server(
    running: RunningSystem, connection: McpConnection, exchange: TokenExchange, alice: str
) -> None:
    tools = BoundTools(connection, exchange, subject(alice))
    await tools.call_tool("add_task", {"title": "before"})
    await asyncio.to_thread(running.restart, "mcp")
    with contextlib.suppress(Unavailable):
        await tools.call_tool("health_check", {})
    result = await tools.call_tool("list_tasks", {})
    assert result.structured_content is not None
    assert len(result.structured_content["items"]) == 1


def test_exchanged_token_names_subject_and_audience_and_is_short_lived() -> None:
    key = SigningKey.generate()
    exchange = TokenExchange("https://backend.example", "https://mcp.example/mcp", key)
    parts = exchange.token_for("alice").split(".")
    claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
    assert (claims["iss"], claims["sub"], claims["aud"]) == (
        "https://backend.example",
        "alice",
        "https://mcp.example/mcp",
    )
    assert claims["act"] == {"sub": "https://backend.example"}
    assert claims["exp"] - claims["iat"] == 60
    assert "d" not in exchange.jwks()["keys"][0]
