"""Sends the error envelope from plain ASGI code, where no framework handler is at hand."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from system.errors import ServiceError


def error_response(error: ServiceError, challenge: str | None = None) -> JSONResponse:
    """The envelope with its status, `Retry-After` and, for 401, `WWW-Authenticate`."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.http_status == 401:
        headers["WWW-Authenticate"] = challenge or "Bearer"
    return JSONResponse(error.envelope(), status_code=error.http_status, headers=headers)


async def send_error(error: ServiceError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request with the envelope."""
    await error_response(error)(scope, receive, send)
