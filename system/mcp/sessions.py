"""Limit of the sessions that one subject may hold open, in stateful mode.

A session lives until its client ends it or it has been idle for long, and the server keeps a
bounded number of them; without a bound for each subject one user could use up all sessions. The SDK
itself binds a session to the subject who opened it: for any other subject it does not exist.
"""

from __future__ import annotations

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser, authorization_context
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp.types import LATEST_PROTOCOL_VERSION
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from system.errors import RateLimited
from system.mcp.sdk_adapter import count_sessions
from system.wire.error_response import send_error

# A guess of when a session may have become idle.
_RETRY_SECONDS = 60


class SessionLimit:
    """Refuses a subject who has many sessions open to open one more (429).

    Args:
        app: The MCP endpoint, behind the gate.
        manager: Keeps the sessions.
        most: Sessions that one subject may hold.
    """

    def __init__(self, app: ASGIApp, manager: StreamableHTTPSessionManager, most: int) -> None:
        self._app = app
        self._manager = manager
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and self._opens(scope) and self._held(scope) >= self._most:
            most = {"sessions": f"at most {self._most}; end one with DELETE"}
            error = RateLimited("too many open sessions", details=most, retry_after=_RETRY_SECONDS)
            await send_error(error, scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _opens(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        # The newest revision knows no sessions.
        modern = headers.get(MCP_PROTOCOL_VERSION_HEADER) == LATEST_PROTOCOL_VERSION
        return not modern and MCP_SESSION_ID_HEADER not in headers

    def _held(self, scope: Scope) -> int:
        user = scope.get("user")
        if not isinstance(user, AuthenticatedUser):
            return 0
        return count_sessions(self._manager, authorization_context(user))
