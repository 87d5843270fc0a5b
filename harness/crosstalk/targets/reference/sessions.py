"""The tool server's sessions, where it keeps any: each caller has one of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from crosstalk.core.history import Actor
from crosstalk.surface.credentials import Credentials, Presented
from crosstalk.surface.transports import OlderHttp

_SURFACE = "mcp"
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class OwnSessions:
    """Credentials that also say on whose session a tool is called.

    Attributes:
        inner: Gives the credentials themselves.
    """

    inner: Credentials

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return what this actor presents; without a credential they have a session, too."""
        presented = self.inner.present(actor, subject, surface)
        if surface != _SURFACE:
            return presented
        return replace(presented, connection=actor.name if actor.user is None else subject)


def open_sessions(url: str, discovery: Presented) -> OlderHttp | None:
    """Return the server by the revisions that know sessions; None where it keeps none.

    Args:
        url: The endpoint.
        discovery: What is presented when the tools are listed.

    Raises:
        TransportError: The server does not answer.
    """
    transport = OlderHttp(url, timeout=_SECONDS)
    if transport.keeps_sessions(discovery):
        return transport
    transport.close()
    return None
