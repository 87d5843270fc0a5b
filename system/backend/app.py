"""Assembles the backend: the gate in front, the routes behind, the services beside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from system import __version__
from system.backend import failures
from system.backend.agent.agent import Assistant
from system.backend.agent.connection import McpConnection
from system.backend.chat import ChatService
from system.backend.chatkit.server import AssistantServer
from system.backend.dependencies import Services, admit
from system.backend.limits import Limits
from system.backend.routes import (
    accounts,
    chat,
    chatkit,
    conversations,
    operations,
    projects,
    sharing,
    statistics,
    tasks,
)
from system.backend.settings import BackendSettings
from system.identity import TokenExchange
from system.observe import metrics
from system.observe.readiness import ReadinessChecks
from system.observe.tracing import Traced
from system.store import Store
from system.wire.cache_headers import NoStore
from system.wire.cross_origin import CrossOrigin
from system.wire.gate import BearerGate, reads_of
from system.wire.idempotency_key_header import KEY_HEADER
from system.wire.limits import BodyLimit
from system.wire.logs import REQUEST_ID_HEADER, RequestLog
from system.wire.rate_limit import Pace


def create_app(settings: BackendSettings) -> FastAPI:
    """The backend as an ASGI application.

    Args:
        settings: Checked configuration.
    """
    store = Store(settings)
    verifier = settings.verifier()
    exchange = TokenExchange(
        settings.backend_url,
        settings.mcp_resource_url or settings.mcp_url,
        settings.signing_key(),
        also_published=settings.backend_published_keys,
    )
    connection = McpConnection(
        settings.mcp_url,
        timeout=settings.mcp_timeout_seconds,
        max_connections=settings.mcp_max_connections,
        repeats=settings.mcp_repeats,
        calls_per_user=settings.tool_calls_per_user,
        pace=Pace(settings.tool_calls_per_user_per_second, settings.tool_calls_per_user_burst),
        calls_per_answer=settings.agent_max_tool_calls,
        patience=settings.mcp_timeout_seconds,
    )
    assistant = Assistant(settings)
    limits = Limits(settings)
    readiness = ReadinessChecks(
        {"database": store.ping, "mcp": connection.healthy, "issuers": verifier.knows_keys}
    )
    metrics.watch(store.pool_status, verifier.fetches)
    service = ChatService(
        store,
        assistant,
        connection,
        exchange,
        settings.agent_history_messages,
        per_user=settings.chats_per_user,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        verifier.keep_warm()
        metrics.watch_tasks(asyncio.get_running_loop())
        yield
        metrics.watch_tasks(None)
        await readiness.aclose()
        await service.aclose()
        await assistant.aclose()
        await connection.aclose()
        await verifier.aclose()
        await store.close()

    app = FastAPI(
        title="Crosstalk backend",
        version=__version__,
        description="Tasks, projects and an assistant, each user apart from the others.",
        lifespan=lifespan,
        redoc_url=None,
        # FastAPI's own spans, figures and logs would hold paths, queries and what users sent.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
        # Outermost first.
        middleware=[
            Middleware(Traced),
            Middleware(RequestLog),
            Middleware(
                CrossOrigin,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST", "PATCH", "DELETE"],
                allow_headers=[
                    "Authorization",
                    "Content-Type",
                    REQUEST_ID_HEADER,
                    KEY_HEADER,
                ],
                expose_headers=[REQUEST_ID_HEADER, "Retry-After"],
                max_age=600,
            ),
            Middleware(NoStore),
            Middleware(
                BearerGate,
                verifier=verifier,
                public=reads_of(operations.PUBLIC_PATHS),
                admit=admit,
                spend=limits.spend,
                per_user=settings.requests_per_user,
            ),
            Middleware(BodyLimit),
        ],
    )
    app.state.services = Services(
        store,
        verifier,
        exchange,
        connection,
        service,
        AssistantServer(store, service),
        limits,
        readiness,
    )
    failures.install(app)
    for module in (
        operations,
        accounts,
        chat,
        chatkit,
        tasks,
        projects,
        sharing,
        statistics,
        conversations,
    ):
        app.include_router(module.router)
    return app
