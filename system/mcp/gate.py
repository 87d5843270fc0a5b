"""Hands the verified subject to the MCP SDK in the form it knows.

Tools read it from the SDK's context, and a stateful session stays bound to the principal that
opened it.
"""

from __future__ import annotations

from collections.abc import Callable

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.authentication import AuthCredentials
from starlette.types import Scope

from system.errors import Unauthorized
from system.identity import Subject


def admit_to(resource_url: str) -> Callable[[Scope, Subject], None]:
    """Notes a subject in the scope as a caller of this RFC 8707 resource."""

    def admit(scope: Scope, subject: Subject) -> None:
        token = AccessToken(
            # Tools have no use for the credential itself, so they do not get it.
            token="",
            client_id=subject.actor or subject.issuer,
            scopes=[],
            expires_at=subject.expires_at,
            resource=resource_url,
            subject=subject.user_id,
            claims={"iss": subject.issuer},
        )
        scope["auth"] = AuthCredentials([])
        scope["user"] = AuthenticatedUser(token)

    return admit


def caller() -> str:
    """Return the verified subject of the call under way.

    Raises:
        Unauthorized: There is none; tools, resources and prompts fail closed.
    """
    token = get_access_token()
    if token is None or not token.subject:
        raise Unauthorized()
    return token.subject
