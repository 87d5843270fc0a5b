"""No streams to hold open: the server announces nothing, so there is nothing to wait for.

A client of the handshake revisions may ask with GET for a stream of the server's own messages, and
a server that has none answers 405 (2025-11-25, transports, section Listening for Messages from the
Server). It spares a connection for each client that would wait for ever, and asks nothing about a
session: whoever's it is, the answer is the same.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from system.errors import MethodNotAllowed
from system.wire.error_response import error_response


class NoStreams:
    """Answers GET and HEAD on the endpoint with 405.

    Args:
        app: Serves everything else.
        path: Of the endpoint.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asks = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if not asks or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        answer = error_response(MethodNotAllowed("this server has no stream of its own messages"))
        answer.headers["Allow"] = "POST, DELETE"
        await answer(scope, receive, send)
