"""What the topologies are put together from."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio.to_thread
import httpx2
from fastapi import FastAPI
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import Field
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from starlette.applications import Starlette
from starlette.requests import Request

from system.store import Store, StoreSettings, tasks
from system.wire.logs import REQUEST_ID_HEADER, request_id

TOOL = "list_tasks"
_PROTOCOL = "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": _PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "topology", "version": "1"},
}
_CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": TOOL, "arguments": {}, "_meta": _META},
}
_TITLES = text("SELECT title FROM tasks WHERE user_id = :user_id ORDER BY id")
_SET_SUBJECT = text("SELECT set_config('app.user_id', :user_id, true)")


class Settings(StoreSettings):
    """Environment variables of a topology.

    Attributes:
        mcp_url: Where the MCP server is, mounted or not.
        backend_url: Where REST is.
        workers: Worker threads for synchronous endpoints and tools.
        think_seconds: How long the model takes.
        call_timeout_seconds: For a call from one tier to another.
    """

    mcp_url: str = "http://127.0.0.1:8001/mcp"
    backend_url: str = "http://127.0.0.1:8000"
    workers: int = Field(default=40, ge=1)
    think_seconds: float = Field(default=0.2, ge=0)
    call_timeout_seconds: float = Field(default=10.0, gt=0)


def bearer(request: Request) -> str:
    """Who calls."""
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def caller(context: Context[Any, Any]) -> str:
    """Who calls a tool."""
    return (context.headers or {}).get("authorization", "").removeprefix("Bearer ")


async def titles(store: Store, user: str) -> str:
    """The user's tasks, in a session that is open no longer than that."""
    async with store.user_session(user) as session:
        page = await tasks.list_tasks(session)
    return "\n".join(task.title for task in page.items)


def sync_engine(settings: Settings) -> Engine:
    """The same pool, synchronous."""
    url = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+psycopg")
    return create_engine(
        url,
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_max_overflow,
        pool_timeout=settings.database_pool_timeout,
    )


@contextmanager
def sync_session(engine: Engine, user: str) -> Iterator[Connection]:
    """A transaction as the user; waiting for a connection keeps the thread."""
    with engine.begin() as connection:
        connection.execute(_SET_SUBJECT, {"user_id": user})
        yield connection


def sync_titles(connection: Connection, user: str) -> str:
    """The user's tasks."""
    return "\n".join(connection.execute(_TITLES, {"user_id": user}).scalars())


def tool_server(tool: Callable[..., Any]) -> Starlette:
    """An MCP server with one tool, which takes the context and says the caller's tasks."""
    server: MCPServer[Any] = MCPServer("tasks")
    server.add_tool(tool, name=TOOL)
    return server.streamable_http_app(
        streamable_http_path="/mcp",
        json_response=True,
        stateless_http=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )


def mounted(backend: FastAPI, server: Starlette) -> FastAPI:
    """The MCP server inside the backend's process and event loop."""
    backend.router.lifespan_context = server.router.lifespan_context
    backend.mount("/", server)
    return backend


def client(settings: Settings) -> httpx2.AsyncClient:
    """A client for calls between tiers."""
    limits = httpx2.Limits(max_connections=100)
    return httpx2.AsyncClient(timeout=settings.call_timeout_seconds, limits=limits)


async def call_tool(http: httpx2.AsyncClient, settings: Settings, user: str) -> str:
    """What the tool says to this user."""
    response = await http.post(settings.mcp_url, json=_CALL, headers=_headers(user))
    return said(response.raise_for_status().json()["result"])


def sync_client(settings: Settings) -> httpx2.Client:
    """A synchronous client for calls between tiers."""
    limits = httpx2.Limits(max_connections=100)
    return httpx2.Client(timeout=settings.call_timeout_seconds, limits=limits)


def call_tool_blocking(http: httpx2.Client, settings: Settings, user: str) -> str:
    """What the tool says to this user; the thread waits for it."""
    response = http.post(settings.mcp_url, json=_CALL, headers=_headers(user))
    return said(response.raise_for_status().json()["result"])


def passed_on(user: str) -> dict[str, str]:
    """The headers that go from tier to tier."""
    return {"Authorization": f"Bearer {user}", REQUEST_ID_HEADER: request_id.get()}


def said(result: dict[str, Any]) -> str:
    """The text of a tool's result.

    Raises:
        RuntimeError: The tool failed.
    """
    text_said = "\n".join(block.get("text", "") for block in result.get("content", ()))
    if result.get("isError"):
        raise RuntimeError(f"the tool failed: {text_said[:200]}")
    return text_said


def limit_workers(app: Starlette | FastAPI, workers: int) -> None:
    """Let so many worker threads run synchronous endpoints and tools of this application."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: Any) -> AsyncIterator[Any]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = workers
        async with inner(running) as state:
            yield state

    app.router.lifespan_context = lifespan


def answer(user: str, tool: str) -> dict[str, str]:
    """What every chat answers."""
    return {"user": user, "tasks": tool}


def decoded(body: bytes) -> str:
    """The tasks in the backend's own REST answer."""
    return str(json.loads(body)["tasks"])


def _headers(user: str) -> dict[str, str]:
    return {
        **passed_on(user),
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": _PROTOCOL,
        "Mcp-Method": "tools/call",
        "Mcp-Name": TOOL,
    }
