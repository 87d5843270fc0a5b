"""MCP mounted in the backend; the endpoint keeps its session open while it calls a tool."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import FastAPI, Request
from mcp.server.mcpserver import Context
from starlette.types import ASGIApp

from loadtests.topologies import parts
from system.store import Store, tasks


def backend(settings: parts.TopologySettings) -> ASGIApp:
    """Make the backend, with the MCP server on its pool."""
    store = Store(settings)
    http = parts.client(settings)
    app = FastAPI()

    @app.post("/chat")
    async def chat(request: Request) -> dict[str, str]:
        user = parts.bearer(request)
        async with store.user_session(user) as session:
            await tasks.list_tasks(session)
            await asyncio.sleep(settings.think_seconds)
            return parts.answer(user, await parts.call_tool(http, settings, user))

    async def list_tasks(context: Context[Any, Any]) -> str:
        return await parts.titles(store, parts.caller(context))

    return parts.mounted(app, parts.tool_server(list_tasks))
