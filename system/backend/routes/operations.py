"""Routes for operators and other services: health, readiness, the public keys."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse

from system.backend.dependencies import ServicesOf

router = APIRouter(tags=["operations"])

JWKS_PATH = "/.well-known/jwks.json"
PUBLIC_PATHS = frozenset({"/health", "/ready", JWKS_PATH, "/openapi.json", "/docs"})


class Health(BaseModel):
    """The process is alive."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Readiness to serve requests, by dependency."""

    status: Literal["ok", "degraded", "unavailable"]
    checks: dict[str, Literal["ok", "unavailable"]]


class Jwks(BaseModel):
    """A JWK Set (RFC 7517 section 5)."""

    keys: list[dict[str, str]]


@router.get("/health")
async def health() -> Health:
    """Answer that the process is alive; no dependency is asked."""
    return Health(status="ok")


@router.get("/ready", responses={503: {"model": Readiness, "description": "Not yet, or not now."}})
async def ready(services: ServicesOf) -> JSONResponse:
    """Ask the dependencies whether requests can be served."""
    return (await services.readiness.ask()).response()


@router.get(JWKS_PATH)
async def jwks(services: ServicesOf) -> Jwks:
    """The keys that verify the backend's own tokens."""
    return Jwks.model_validate(services.exchange.jwks())
