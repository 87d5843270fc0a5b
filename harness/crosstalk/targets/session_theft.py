"""Credentials of which one user's are also tried on another user's session.

A session must not go on under another user's token (MCP, security best practices, session
hijacking).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from crosstalk.core.history import Actor
from crosstalk.core.principals import HIJACKER
from crosstalk.surface.credentials import Credentials, Presented


@dataclass(slots=True)
class SessionTheft:
    """Adds the hijacker to credentials: their own token, on their victim's connection.

    Attributes:
        inner: Gives each user's own credentials, and with them the name of their connection.
    """

    inner: Credentials
    _connections: dict[tuple[str, str], str] = field(default_factory=dict)

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return what this actor presents."""
        own = self.inner.present(actor, subject, surface)
        if actor == HIJACKER:
            theirs = self._connections.get((surface, actor.claims))
            return own if theirs is None else replace(own, connection=theirs, borrowed=True)
        if actor.user is not None:
            self._connections[surface, actor.user] = own.connection
        return own
