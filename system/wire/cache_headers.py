"""Marks every answer as private to the one who asked.

A shared cache that keeps one user's answer gives it to the next, so nothing may be stored (RFC 9111
section 5.2.2.5). And an answer is what its type says: a browser that guesses could run what a user
wrote (`nosniff`, Fetch standard section 3.6).
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class NoStore:
    """Adds `Cache-Control: no-store` where an answer says nothing of caching, and `nosniff`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, mark if scope["type"] == "http" else send)
