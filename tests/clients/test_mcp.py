"""The `mcp` SDK's client."""

from __future__ import annotations

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from crosstalk.environment import RunningSystem
from tests.clients.conftest import Refusals


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
async def test_client_lists_and_calls_tools_with_a_token(
    running: RunningSystem, alice: str, token: str, mode: str
) -> None:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        transport = streamable_http_client(running.mcp_url, http_client=http)
        async with Client(transport, mode=mode) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert {"add_task", "list_tasks"} <= tools
            await client.call_tool("add_task", {"user_id": alice, "title": "milk"})
            listed = await client.call_tool("list_tasks", {"user_id": alice})
            assert listed.structured_content is not None
            assert [each["title"] for each in listed.structured_content["items"]] == ["milk"]
            (resource,) = (await client.list_resources()).resources
            read = await client.read_resource(resource.uri)
            assert "milk" in read.model_dump_json()
            plan = await client.get_prompt("plan_my_day")
            assert "milk" in plan.model_dump_json()


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
async def test_client_without_a_token_is_challenged(
    running: RunningSystem, refusals: Refusals, mode: str
) -> None:
    async with httpx2.AsyncClient(event_hooks={"response": [refusals.note]}) as http:
        transport = streamable_http_client(running.mcp_url, http_client=http)
        with pytest.raises(Exception, match=r"."):
            async with Client(transport, mode=mode) as client:
                await client.list_tools()
    assert refusals.lead_to(running.mcp_url)
