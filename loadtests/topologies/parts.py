"""Parts that the topologies share."""

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


class TopologySettings(StoreSettings):
    """Environment variables of a topology.

    Attributes:
        mcp_url: URL of the MCP server, mounted or not.
        backend_url: URL of REST.
        workers: Worker threads for synchronous endpoints and tools.
        think_seconds: Time that the model takes.
        call_timeout_seconds: For a call from one tier to another.
    """

    mcp_url: str = "http://127.0.0.1:8001/mcp"
    backend_url: str = "http://127.0.0.1:8000"
    workers: int = Field(default=40, ge=1)
    think_seconds: float = Field(default=0.2, ge=0)
    call_timeout_seconds: float = Field(default=10.0, gt=0)


def bearer(request: Request) -> str:
    """Return the calling user: the bearer token."""
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def caller(context: Context[Any, Any]) -> str:
    """Return the user who calls a tool."""
    return (context.headers or {}).get("authorization", "").removeprefix("Bearer ")


async def titles(store: Store, user: str) -> str:
    """Read the titles of the user's tasks, in a session of its own."""
    async with store.user_session(user) as session:
        page = await tasks.list_tasks(session)
    return "\n".join(task.title for task in page.items)


def sync_engine(settings: TopologySettings) -> Engine:
    """Make a synchronous engine with the same pool."""
    url = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+psycopg")
    return create_engine(
        url,
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_max_overflow,
        pool_timeout=settings.database_pool_timeout,
    )


@contextmanager
def sync_session(engine: Engine, user: str) -> Iterator[Connection]:
    """Open a transaction as the user; waiting for a connection blocks the thread."""
    with engine.begin() as connection:
        connection.execute(_SET_SUBJECT, {"user_id": user})
        yield connection


def sync_titles(connection: Connection, user: str) -> str:
    """Read the titles of the user's tasks."""
    return "\n".join(connection.execute(_TITLES, {"user_id": user}).scalars())


def tool_server(tool: Callable[..., Any]) -> Starlette:
    """Make an MCP server with one tool, which takes the context and lists the caller's tasks."""
    server: MCPServer[Any] = MCPServer("tasks")
    server.add_tool(tool, name=TOOL)
    return server.streamable_http_app(
        streamable_http_path="/mcp",
        json_response=True,
        stateless_http=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )


def mounted(backend: FastAPI, server: Starlette) -> FastAPI:
    """Mount the MCP server in the backend's process and event loop."""
    backend.router.lifespan_context = server.router.lifespan_context
    backend.mount("/", server)
    return backend


def client(settings: TopologySettings) -> httpx2.AsyncClient:
    """Make a client for calls between tiers."""
    limits = httpx2.Limits(max_connections=100)
    return httpx2.AsyncClient(timeout=settings.call_timeout_seconds, limits=limits)


async def call_tool(http: httpx2.AsyncClient, settings: TopologySettings, user: str) -> str:
    """Call the tool as this user and return its text."""
    response = await http.post(settings.mcp_url, json=_CALL, headers=_headers(user))
    return text_of(response.raise_for_status().json()["result"])


def sync_client(settings: TopologySettings) -> httpx2.Client:
    """Make a synchronous client for calls between tiers."""
    limits = httpx2.Limits(max_connections=100)
    return httpx2.Client(timeout=settings.call_timeout_seconds, limits=limits)


def call_tool_blocking(http: httpx2.Client, settings: TopologySettings, user: str) -> str:
    """Call the tool as this user and return its text; blocks the thread."""
    response = http.post(settings.mcp_url, json=_CALL, headers=_headers(user))
    return text_of(response.raise_for_status().json()["result"])


def forwarded_headers(user: str) -> dict[str, str]:
    """Return the headers that one tier sends to the next."""
    return {"Authorization": f"Bearer {user}", REQUEST_ID_HEADER: request_id.get()}


def text_of(result: dict[str, Any]) -> str:
    """Return the text of a tool's result.

    Raises:
        RuntimeError: The tool failed.
    """
    joined = "\n".join(block.get("text", "") for block in result.get("content", ()))
    if result.get("isError"):
        raise RuntimeError(f"the tool failed: {joined[:200]}")
    return joined


def limit_workers(app: Starlette | FastAPI, workers: int) -> None:
    """Limit the worker threads for synchronous endpoints and tools of an application."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: Any) -> AsyncIterator[Any]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = workers
        async with inner(running) as state:
            yield state

    app.router.lifespan_context = lifespan


def answer(user: str, tool: str) -> dict[str, str]:
    """Return the body of a chat's answer."""
    return {"user": user, "tasks": tool}


def decoded(body: bytes) -> str:
    """Return the tasks in an answer of the backend's REST."""
    return str(json.loads(body)["tasks"])


def _headers(user: str) -> dict[str, str]:
    return {
        **forwarded_headers(user),
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": _PROTOCOL,
        "Mcp-Method": "tools/call",
        "Mcp-Name": TOOL,
    }
