"""The key of a tool call: in `_meta`, announced by the tools that take it, of one user."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from crosstalk.environment import RunningSystem
from system.mcp.idempotency import SCHEMA, current_key, key_of
from system.wire.idempotency_key_meta import META_KEY
from tests.integration.system.mcp.keyed import keyed_call

READS = {
    "get_task",
    "list_tasks",
    "search_tasks",
    "list_projects",
    "get_user_stats",
    "list_members",
    "list_invitations",
}


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
async def test_a_repeated_call_answers_with_the_first_result(
    running: RunningSystem, alice: str, mode: str
) -> None:
    answers = [
        await keyed_call(running, alice, "add_task", "k", mode, title="milk") for _ in range(2)
    ]
    assert answers[0] == answers[1]
    listed = await keyed_call(running, alice, "list_tasks", "k")
    assert listed["items"] == [answers[0]]


async def test_a_key_with_other_arguments_is_a_conflict(running: RunningSystem, alice: str) -> None:
    await keyed_call(running, alice, "add_task", "k", title="milk")
    answer = await keyed_call(running, alice, "add_task", "k", title="bread")
    assert (answer["status"], answer["error_code"]) == ("error", "conflict")
    assert "key" in answer["message"]


async def test_tool_call_key_belongs_to_one_user(
    running: RunningSystem, alice: str, bob: str
) -> None:
    hers = await keyed_call(running, alice, "add_task", "k", title="milk")
    his = await keyed_call(running, bob, "add_task", "k", title="milk")
    assert hers["id"] != his["id"]


async def test_one_of_concurrent_tool_calls_with_a_key_writes(
    running: RunningSystem, alice: str
) -> None:
    answers = await asyncio.gather(
        *(keyed_call(running, alice, "add_project", "k", name="Home") for _ in range(6))
    )
    assert len({each["id"] for each in answers}) == 1


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "k\n", 5, ["k"]])
async def test_invalid_tool_call_key_is_named(
    running: RunningSystem, alice: str, key: object
) -> None:
    answer = await keyed_call(running, alice, "add_task", key, title="milk")
    assert answer["error_code"] == "validation_error"
    assert list(answer["details"]) == [META_KEY]


async def test_tools_that_write_say_that_they_take_a_key(
    running: RunningSystem, alice: str
) -> None:
    token = running.mint(alice, audience="mcp")
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        transport = streamable_http_client(running.mcp_url, http_client=http)
        async with Client(transport) as client:
            tools = (await client.list_tools()).tools
    assert len(tools) > len(READS)
    for tool in tools:
        reads = tool.annotations is not None and tool.annotations.read_only_hint
        assert (META_KEY in (tool.meta or {})) is not reads, tool.name
        assert META_KEY not in tool.input_schema["properties"]


def test_a_key_lasts_as_long_as_its_call() -> None:
    with key_of({META_KEY: "k"}):
        assert current_key() == "k"
        with key_of(None):
            assert current_key() is None
    assert current_key() is None


def test_tools_own_meta_sent_back_is_not_a_key() -> None:
    with key_of({META_KEY: dict(SCHEMA)}):
        assert current_key() is None
