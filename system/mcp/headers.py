"""Takes the white space off the protocol's own headers.

Space around a field value is not part of it (RFC 9110 section 5.5), but the HTTP parser in use
hands on what stands behind it, and `Mcp-Name` must equal a value in the body. The credential has
been read by then, as it was sent.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class TrimmedHeaders:
    """Hands on `Mcp-*` headers without surrounding space."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            # In this scope and not a copy: the log reads from it which route served.
            scope["headers"] = [
                (name, value.strip(b" \t") if name.startswith(b"mcp-") else value)
                for name, value in scope["headers"]
            ]
        await self._app(scope, receive, send)
