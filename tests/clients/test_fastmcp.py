"""The `fastmcp` client."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport

from crosstalk.environment import RunningSystem
from tests.clients.conftest import Refusals


async def test_client_lists_and_calls_tools_with_a_token(
    running: RunningSystem, alice: str, token: str
) -> None:
    async with Client(running.mcp_url, auth=token) as client:
        assert {"add_task", "list_tasks"} <= {tool.name for tool in await client.list_tools()}
        await client.call_tool("add_task", {"user_id": alice, "title": "milk"})
        listed = await client.call_tool("list_tasks", {"user_id": alice})
        assert listed.structured_content is not None
        assert [each["title"] for each in listed.structured_content["items"]] == ["milk"]
        (resource,) = await client.list_resources()
        (content,) = await client.read_resource(resource.uri)
        assert "milk" in content.model_dump_json()
        assert "milk" in (await client.get_prompt("plan_my_day")).model_dump_json()


async def test_client_without_a_token_is_challenged(
    running: RunningSystem, refusals: Refusals
) -> None:
    def make(
        headers: dict[str, str] | None = None,
        timeout: httpx2.Timeout | None = None,
        auth: httpx2.Auth | None = None,
        **options: Any,
    ) -> httpx2.AsyncClient:
        hooks = {"response": [refusals.note]}
        return httpx2.AsyncClient(headers=headers, auth=auth, event_hooks=hooks, **options)

    transport = StreamableHttpTransport(running.mcp_url, httpx_client_factory=make)
    with pytest.raises(Exception, match=r"."):
        async with Client(transport) as client:
            await client.list_tools()
    assert refusals.lead_to(running.mcp_url)
