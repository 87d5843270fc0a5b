"""Requires a verified bearer token in front of the MCP endpoint.

Everything but the listed public paths is behind it. The verified subject is handed to the SDK in
the form it knows, so that tools read it from the SDK's context and a stateful session stays bound
to the principal that opened it.
"""

from __future__ import annotations

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.authentication import AuthCredentials
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from system.errors import ServiceError, Unauthorized
from system.identity import Subject, TokenVerifier
from system.wire.answers import error_response
from system.wire.bearer import bearer_token


class BearerGate:
    """Lets requests through whose token verifies; 401 with a challenge for the others.

    Args:
        app: What is protected.
        verifier: Verifies tokens bound to this resource.
        resource_url: The RFC 8707 resource that this server is.
        metadata_url: Where its RFC 9728 metadata is, for the challenge (section 5.1).
        public: Paths that need no token.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        verifier: TokenVerifier,
        resource_url: str,
        metadata_url: str,
        public: frozenset[str],
    ) -> None:
        self._app = AuthContextMiddleware(app)
        self._verifier = verifier
        self._resource_url = resource_url
        self._metadata_url = metadata_url
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in self._public:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            token = bearer_token(headers)
            subject = await self._verifier.verify(token)
        except ServiceError as error:
            response = error_response(error, self._challenge("authorization" in headers))
            await response(scope, receive, send)
            return
        scope["auth"] = AuthCredentials([])
        scope["user"] = AuthenticatedUser(self._access_token(subject))
        await self._app(scope, receive, send)

    def _access_token(self, subject: Subject) -> AccessToken:
        return AccessToken(
            # Tools have no use for the credential itself, so they do not get it.
            token="",
            client_id=subject.actor or subject.issuer,
            scopes=[],
            expires_at=subject.expires_at,
            resource=self._resource_url,
            subject=subject.user_id,
            claims={"iss": subject.issuer},
        )

    def _challenge(self, had_credentials: bool) -> str:
        # No error code for a request that brought no credentials at all (RFC 6750 section 3.1).
        error = 'error="invalid_token", ' if had_credentials else ""
        return f'Bearer {error}resource_metadata="{self._metadata_url}"'


def current_subject(token: AccessToken | None) -> str:
    """The subject of the call under way.

    Raises:
        Unauthorized: There is none; the tools fail closed.
    """
    if token is None or not token.subject:
        raise Unauthorized()
    return token.subject
