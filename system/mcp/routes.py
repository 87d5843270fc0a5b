"""Public routes of the MCP server: health, metadata and keys."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from system.identity import TokenExchange
from system.mcp.settings import McpSettings
from system.observe.readiness import ReadinessChecks

METADATA = "/.well-known/oauth-protected-resource"
JWKS = "/.well-known/jwks.json"
PROBES = ("/health", "/ready")


def metadata_path(settings: McpSettings) -> str:
    """Return the path of this resource's metadata (RFC 9728 section 3.1)."""
    return f"{METADATA}{settings.path}"


def metadata_of(settings: McpSettings) -> Mapping[str, object]:
    """The protected resource metadata (RFC 9728 section 2); there are no scopes to ask for."""
    return {
        "resource": settings.mcp_url,
        "authorization_servers": settings.authorization_servers,
        "bearer_methods_supported": ["header"],
        "resource_name": "Crosstalk tasks",
        # An additional parameter, as section 2 allows: how issuers' subjects are kept apart, for
        # who examines a deployment from outside.
        "crosstalk_subjects": {
            each.issuer: {"prefix": each.subject_prefix, "shared": each.shares_subjects}
            for each in settings.trusted_issuers
            if each.audience == settings.mcp_url
        },
    }


def public_routes(
    settings: McpSettings, readiness: ReadinessChecks, exchange: TokenExchange | None
) -> list[Route]:
    """Routes that need no token."""

    async def alive(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(request: Request) -> Response:
        return (await readiness.ask()).response()

    async def jwks(request: Request) -> Response:
        return JSONResponse(exchange.jwks() if exchange is not None else {"keys": []})

    async def metadata(request: Request) -> Response:
        return JSONResponse(metadata_of(settings))

    return [
        Route("/health", alive),
        Route("/ready", ready),
        Route(JWKS, jwks),
        Route(metadata_path(settings), metadata),
        # Where clients look that were not told (MCP authorization, section Discovery).
        Route(METADATA, metadata),
    ]
