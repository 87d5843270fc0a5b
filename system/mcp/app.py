"""Assembles the MCP server: features behind the gate, public routes beside it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.types import ASGIApp

from system import __version__
from system.identity import TokenExchange
from system.mcp import completions, log_levels, prompts, resources
from system.mcp.data_access.base import Data
from system.mcp.data_access.factory import open_data
from system.mcp.direct_calls import DirectCalls
from system.mcp.gate import admit_to
from system.mcp.guarded import GuardedServer
from system.mcp.headers import TrimmedHeaders
from system.mcp.refusals import EnvelopedRefusals
from system.mcp.routes import PROBES, metadata_path, public_routes
from system.mcp.sessions import SessionLimit
from system.mcp.settings import McpSettings
from system.mcp.streams import NoStreams
from system.mcp.tools import health, projects, sharing, statistics, tasks
from system.observe import metrics
from system.observe.readiness import ReadinessChecks
from system.observe.tracing import Traced
from system.store import StoreSettings
from system.wire.cache_headers import NoStore
from system.wire.cross_origin import CrossOrigin
from system.wire.gate import BearerGate, reads_of
from system.wire.host_guard import HostGuard, NameList
from system.wire.limits import MAX_BODY_BYTES, BodyLimit
from system.wire.logs import REQUEST_ID_HEADER, RequestLog
from system.wire.rate_limit import RateLimit

_REQUEST_HEADERS = [
    "Authorization",
    "Content-Type",
    "Last-Event-ID",
    "MCP-Protocol-Version",
    "Mcp-Method",
    "Mcp-Name",
    "Mcp-Session-Id",
    REQUEST_ID_HEADER,
]
_ANSWER_HEADERS = ["Mcp-Session-Id", "Retry-After", "WWW-Authenticate", REQUEST_ID_HEADER]
Feature = Callable[[GuardedServer, Data], None]
# Each registers its part on the server.
FEATURES: tuple[Feature, ...] = tuple(
    each.register
    for each in (
        tasks,
        projects,
        sharing,
        statistics,
        health,
        resources,
        prompts,
        completions,
        log_levels,
    )
)
_INSTRUCTIONS = (
    "Tasks and projects of one user, and those that are shared with them. Every tool takes "
    "user_id, which must be the subject of the bearer token; resources and prompts are that user's."
)


def create_server(data: Data, features: Sequence[Feature] = FEATURES) -> GuardedServer:
    """Tools, resources and prompts on a server, without transport."""
    server = GuardedServer(
        "crosstalk-tasks",
        instructions=_INSTRUCTIONS,
        version=__version__,
        # Nothing is ever announced, so no client may hold a stream open to listen.
        subscriptions=False,
    )
    for register in features:
        register(server, data)
    server.seal()
    return server


def create_app(
    settings: McpSettings, database: StoreSettings | None, features: Sequence[Feature] = FEATURES
) -> ASGIApp:
    """The ASGI application of the MCP server.

    Args:
        settings: Checked configuration.
        database: The database's, where this server reaches it itself.
        features: Registered on the server.
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
    server = create_server(data, features)
    server.call_timeout_seconds = settings.mcp_call_timeout_seconds
    inner = server.streamable_http_app(
        streamable_http_path=settings.path,
        json_response=True,
        stateless_http=not settings.mcp_stateful,
        max_request_body_size=MAX_BODY_BYTES,
        session_idle_timeout=settings.mcp_session_idle_seconds,
        max_sessions=settings.mcp_max_sessions,
        # The guard at the door has looked at host and origin already.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    routes = public_routes(settings, readiness, exchange)
    public = frozenset(each.path for each in routes)
    endpoint: ASGIApp = AuthContextMiddleware(inner)
    if settings.mcp_stateful:
        most = settings.mcp_max_sessions_per_user
        endpoint = SessionLimit(endpoint, server.session_manager, most)
    endpoint = NoStreams(EnvelopedRefusals(endpoint), settings.path)
    # A session is the SDK's to know.
    if not (settings.mcp_stateful or server.needs_context()):
        (route,) = (each for each in inner.routes if getattr(each, "path", "") == settings.path)
        endpoint = AuthContextMiddleware(DirectCalls(endpoint, server, settings.path, route))
    gate = BearerGate(
        BodyLimit(TrimmedHeaders(endpoint)),
        verifier=verifier,
        public=reads_of(public),
        admit=admit_to(settings.mcp_url),
        spend=lambda scope, subject: limit.spend((subject.issuer, subject.user_id)),
        per_user=settings.requests_per_user,
        challenge_parameters=(f'resource_metadata="{settings.origin}{metadata_path(settings)}"',),
    )
    inner.router.routes += routes
    inherited = inner.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        verifier.keep_warm()
        metrics.watch_tasks(asyncio.get_running_loop())
        async with inherited(app):
            yield
        metrics.watch_tasks(None)
        await readiness.aclose()
        await verifier.aclose()
        await data.aclose()

    inner.router.lifespan_context = lifespan
    origins = NameList(settings.origins)
    guard = HostGuard(
        for_pages(gate, origins),
        hosts=NameList(settings.hosts),
        origins=origins,
        exempt=PROBES.__contains__,
        settings=("MCP_ALLOWED_HOSTS", "MCP_ALLOWED_ORIGINS"),
    )
    return Traced(RequestLog(NoStore(guard)))


def for_pages(app: ASGIApp, origins: NameList) -> ASGIApp:
    """Let pages of these origins read the answers (the Fetch standard's CORS protocol)."""
    ports = "|".join(re.escape(each) for each in sorted(origins.any_port))
    return CrossOrigin(
        app,
        allow_origins=sorted(origins.exact),
        allow_origin_regex=rf"(?:{ports})(?::\d+)?" if ports else None,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=_REQUEST_HEADERS,
        expose_headers=_ANSWER_HEADERS,
    )
