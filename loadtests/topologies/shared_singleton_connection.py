"""MCP in its own process; one connection of the agents SDK for all users.

It does not stall, but serves one call at a time, and sends the first user's headers for all.
"""

from __future__ import annotations

import asyncio
from typing import Any

from agents.mcp import MCPServerStreamableHttp
from fastapi import FastAPI, Request
from mcp.server.mcpserver import Context
from starlette.types import ASGIApp

from loadtests.topologies import parts
from system.store import Store


def backend(settings: parts.TopologySettings) -> ASGIApp:
    """Make the backend."""
    store = Store(settings)
    opening = asyncio.Lock()
    shared: list[MCPServerStreamableHttp] = []
    app = FastAPI()

    async def connection(user: str) -> MCPServerStreamableHttp:
        async with opening:
            if not shared:
                server = MCPServerStreamableHttp(
                    {"url": settings.mcp_url, "headers": parts.forwarded_headers(user)},
                    cache_tools_list=True,
                    client_session_timeout_seconds=settings.call_timeout_seconds,
                )
                await server.connect()  # type: ignore[no-untyped-call]
                shared.append(server)
            return shared[0]

    @app.post("/chat")
    async def chat(request: Request) -> dict[str, str]:
        user = parts.bearer(request)
        await parts.titles(store, user)
        await asyncio.sleep(settings.think_seconds)
        result = await (await connection(user)).call_tool(parts.TOOL, {})
        await parts.titles(store, user)
        return parts.answer(user, parts.text_of(result.model_dump(mode="json", by_alias=True)))

    return app


def mcp(settings: parts.TopologySettings) -> ASGIApp:
    """Make the MCP server."""
    store = Store(settings)

    async def list_tasks(context: Context[Any, Any]) -> str:
        return await parts.titles(store, parts.caller(context))

    return parts.tool_server(list_tasks)
