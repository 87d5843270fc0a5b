"""MCP mounted in the backend; the session is closed before the endpoint calls a tool."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import FastAPI, Request
from mcp.server.mcpserver import Context
from starlette.types import ASGIApp

from loadtests.topologies import parts
from system.store import Store


def backend(settings: parts.TopologySettings) -> ASGIApp:
    """Make the backend, with the MCP server on its pool."""
    store = Store(settings)
    http = parts.client(settings)
    app = FastAPI()

    @app.post("/chat")
    async def chat(request: Request) -> dict[str, str]:
        user = parts.bearer(request)
        await parts.titles(store, user)
        await asyncio.sleep(settings.think_seconds)
        result = await parts.call_tool(http, settings, user)
        await parts.titles(store, user)
        return parts.answer(user, result)

    async def list_tasks(context: Context[Any, Any]) -> str:
        return await parts.titles(store, parts.caller(context))

    return parts.mounted(app, parts.tool_server(list_tasks))
