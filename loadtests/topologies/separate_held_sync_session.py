"""MCP in its own process; an async endpoint keeps a synchronous session open during the call."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import FastAPI, Request
from mcp.server.mcpserver import Context
from starlette.types import ASGIApp

from loadtests.topologies import parts
from system.store import Store


def backend(settings: parts.TopologySettings) -> ASGIApp:
    """Make the backend."""
    engine = parts.sync_engine(settings)
    http = parts.client(settings)
    app = FastAPI()

    @app.post("/chat")
    async def chat(request: Request) -> dict[str, str]:
        user = parts.bearer(request)
        with parts.sync_session(engine, user) as session:
            parts.sync_titles(session, user)
            await asyncio.sleep(settings.think_seconds)
            return parts.answer(user, await parts.call_tool(http, settings, user))

    return app


def mcp(settings: parts.TopologySettings) -> ASGIApp:
    """Make the MCP server."""
    store = Store(settings)

    async def list_tasks(context: Context[Any, Any]) -> str:
        return await parts.titles(store, parts.caller(context))

    return parts.tool_server(list_tasks)
