"""MCP in its own process; one connection of the agents SDK for all users.

It does not stall, but lets one call through at a time, and speaks for the user who came first.
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


def backend(settings: parts.Settings) -> ASGIApp:
    """The backend."""
    store = Store(settings)
    opening = asyncio.Lock()
    shared: list[MCPServerStreamableHttp] = []
    app = FastAPI()

    async def connection(user: str) -> MCPServerStreamableHttp:
        async with opening:
            if not shared:
                server = MCPServerStreamableHttp(
                    {"url": settings.mcp_url, "headers": parts.passed_on(user)},
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
        return parts.answer(user, parts.said(result.model_dump(mode="json", by_alias=True)))

    return app


def mcp(settings: parts.Settings) -> ASGIApp:
    """The MCP server."""
    store = Store(settings)

    async def list_tasks(context: Context[Any, Any]) -> str:
        return await parts.titles(store, parts.caller(context))

    return parts.tool_server(list_tasks)
