"""An agent of the OpenAI Agents SDK with the SDK's own MCP client and the offline model."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from agents import Agent, OpenAIResponsesModel, RunConfig, Runner
from agents.mcp import MCPServerStreamableHttp
from openai import AsyncOpenAI

from crosstalk.environment import RunningSystem
from tests.clients.conftest import Refusals


async def test_an_agent_lists_and_calls_with_a_token(
    running: RunningSystem, alice: str, token: str
) -> None:
    arguments = json.dumps({"user_id": alice, "title": "milk"})
    async with (
        MCPServerStreamableHttp(
            params={"url": running.mcp_url, "headers": {"Authorization": f"Bearer {token}"}}
        ) as server,
        AsyncOpenAI(api_key="offline", base_url=f"{running.model_url}/v1") as openai,
    ):
        assert "add_task" in {tool.name for tool in await server.list_tools()}
        agent = Agent(
            name="assistant",
            model=OpenAIResponsesModel("offline", openai),
            mcp_servers=[server],
        )
        # The offline model does what it reads in brackets, as one that decided to would.
        result = await Runner.run(
            agent, f"[[call add_task {arguments}]]", run_config=RunConfig(tracing_disabled=True)
        )
        assert "milk" in result.final_output
        listed = await server.call_tool("list_tasks", {"user_id": alice})
        assert listed.structured_content is not None
        assert [each["title"] for each in listed.structured_content["items"]] == ["milk"]


async def test_client_without_a_token_is_challenged(
    running: RunningSystem, refusals: Refusals
) -> None:
    def make(
        headers: dict[str, str] | None = None, timeout: Any = None, auth: Any = None
    ) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            headers=headers, timeout=timeout, auth=auth, event_hooks={"response": [refusals.note]}
        )

    server = MCPServerStreamableHttp(params={"url": running.mcp_url, "httpx_client_factory": make})
    with pytest.raises(Exception, match=r"."):
        async with server:
            await server.list_tools()
    assert refusals.lead_to(running.mcp_url)
