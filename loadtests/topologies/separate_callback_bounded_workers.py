"""MCP in its own process, asking the backend's REST; chat and REST share bounded workers."""

from __future__ import annotations

import time
from typing import Any

from fastapi import FastAPI, Request
from mcp.server.mcpserver import Context
from starlette.types import ASGIApp

from loadtests.topologies import parts


def backend(settings: parts.TopologySettings) -> ASGIApp:
    """Make the backend: synchronous endpoints, which run on worker threads."""
    engine = parts.sync_engine(settings)
    http = parts.sync_client(settings)
    app = FastAPI()

    @app.post("/chat")
    def chat(request: Request) -> dict[str, str]:
        user = parts.bearer(request)
        time.sleep(settings.think_seconds)
        return parts.answer(user, parts.call_tool_blocking(http, settings, user))

    @app.get("/tasks")
    def read(request: Request) -> dict[str, str]:
        user = parts.bearer(request)
        with parts.sync_session(engine, user) as session:
            return parts.answer(user, parts.sync_titles(session, user))

    parts.limit_workers(app, settings.workers)
    return app


def mcp(settings: parts.TopologySettings) -> ASGIApp:
    """Make the MCP server: all data through the backend's REST."""
    http = parts.client(settings)

    async def list_tasks(context: Context[Any, Any]) -> str:
        headers = parts.forwarded_headers(parts.caller(context))
        response = await http.get(f"{settings.backend_url}/tasks", headers=headers)
        return parts.decoded(response.raise_for_status().content)

    return parts.tool_server(list_tasks)
