"""Puts the MCP server together: tools behind the gate, health beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from system.identity import TokenExchange
from system.mcp import prompts, resources
from system.mcp.access import open_data
from system.mcp.data import Data
from system.mcp.gate import admit_to
from system.mcp.guarded import GuardedServer
from system.mcp.settings import Settings
from system.mcp.tools import health, projects, statistics, tasks
from system.observe import metrics
from system.observe.readiness import ReadinessChecks
from system.store import StoreSettings
from system.wire.gate import BearerGate
from system.wire.limits import MAX_BODY_BYTES, BodyLimit
from system.wire.logs import RequestLog
from system.wire.rates import RateLimit

_JWKS_PATH = "/.well-known/jwks.json"
_INSTRUCTIONS = (
    "Tasks and projects of one user. Every tool takes user_id, which must be the subject of the "
    "bearer token; resources and prompts are that user's own."
)


def create_server(data: Data) -> GuardedServer:
    """Tools, resources and prompts on a server, without transport."""
    server = GuardedServer(
        "crosstalk-tasks",
        instructions=_INSTRUCTIONS,
        version="0.1.0",
        # Nothing is ever announced, so nobody may hold a stream open to listen.
        subscriptions=False,
    )
    for room in (tasks, projects, statistics, health, resources, prompts):
        room.register(server, data)
    return server


def create_app(settings: Settings, database: StoreSettings | None) -> ASGIApp:
    """The ASGI application of the MCP server.

    Args:
        settings: Checked configuration.
        database: The database's, where this server reaches it itself.
    """
    exchange = None
    if settings.calls_backend:
        exchange = TokenExchange(
            settings.origin,
            settings.backend_audience,
            settings.signing_key(),
            also_published=settings.mcp_published_keys,
        )
    data = open_data(settings, database, exchange)
    verifier = settings.verifier()
    limit = RateLimit(settings.rate_limit_per_minute, settings.rate_limit_burst)
    # The backend publishes some of the keys and is ready when this server is: to wait for them
    # here would be to wait in a circle.
    readiness = ReadinessChecks(
        {**data.dependencies(), "issuers": verifier.knows_keys}, spared={"issuers"}
    )
    metrics.watch(data.pool_status, verifier.fetches)
    server = create_server(data)
    server.call_timeout_seconds = settings.mcp_call_timeout_seconds
    metadata_path = f"/.well-known/oauth-protected-resource{settings.path}"
    metadata_url = f"{settings.origin}{metadata_path}"

    async def alive(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(request: Request) -> Response:
        return (await readiness.ask()).response()

    async def jwks(request: Request) -> Response:
        return JSONResponse(exchange.jwks() if exchange is not None else {"keys": []})

    async def metadata(request: Request) -> Response:
        # RFC 9728 section 2.
        return JSONResponse(
            {
                "resource": settings.mcp_url,
                "authorization_servers": [each.issuer for each in settings.trusted_issuers],
                "bearer_methods_supported": ["header"],
                "resource_name": "Crosstalk tasks",
            }
        )

    inner = server.streamable_http_app(
        streamable_http_path=settings.path,
        json_response=True,
        stateless_http=not settings.mcp_stateful,
        max_request_body_size=MAX_BODY_BYTES,
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=True,
            allowed_hosts=settings.hosts,
            allowed_origins=settings.origins,
        ),
    )
    public = frozenset({"/health", "/ready", metadata_path, _JWKS_PATH})
    gate = BearerGate(
        AuthContextMiddleware(inner),
        verifier=verifier,
        public=public.__contains__,
        admit=admit_to(settings.mcp_url),
        spend=lambda scope, subject: limit.spend((subject.issuer, subject.user_id)),
        challenge_parameters=(f'resource_metadata="{metadata_url}"',),
    )
    inner.router.routes += [
        Route("/health", alive),
        Route("/ready", ready),
        Route(metadata_path, metadata),
        Route(_JWKS_PATH, jwks),
    ]
    inherited = inner.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with inherited(app):
            yield
        await readiness.aclose()
        await verifier.aclose()
        await data.aclose()

    inner.router.lifespan_context = lifespan
    return RequestLog(BodyLimit(gate))
