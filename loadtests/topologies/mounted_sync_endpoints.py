"""MCP mounted in the backend; endpoints and tools are synchronous and share worker threads."""

from __future__ import annotations

import time
from typing import Any

from fastapi import FastAPI, Request
from mcp.server.mcpserver import Context
from starlette.types import ASGIApp

from loadtests.topologies import parts


def backend(settings: parts.TopologySettings) -> ASGIApp:
    """Make the backend, with the MCP server on its pool and its worker threads."""
    engine = parts.sync_engine(settings)
    http = parts.sync_client(settings)
    app = FastAPI()

    @app.post("/chat")
    def chat(request: Request) -> dict[str, str]:
        user = parts.bearer(request)
        time.sleep(settings.think_seconds)
        return parts.answer(user, parts.call_tool_blocking(http, settings, user))

    def list_tasks(context: Context[Any, Any]) -> str:
        user = parts.caller(context)
        with parts.sync_session(engine, user) as session:
            return parts.sync_titles(session, user)

    whole = parts.mounted(app, parts.tool_server(list_tasks))
    parts.limit_workers(whole, settings.workers)
    return whole
