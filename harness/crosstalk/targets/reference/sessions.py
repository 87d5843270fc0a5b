"""The tool server's sessions, where it keeps any: each caller has one, and a hijacker another's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crosstalk.core.history import Actor
from crosstalk.core.principals import HIJACKER
from crosstalk.surface.credentials import CONNECTION, Credentials, Presented
from crosstalk.surface.transports import OlderHttp

_SURFACE = "mcp"
_SECONDS = 20.0


@dataclass(slots=True)
class SessionCredentials:
    """Credentials that say on whose session a tool is called, too.

    A session must not go on under another user's token (MCP, security best practices, session
    hijacking).

    Attributes:
        others: Gives the credentials themselves.
    """

    others: Credentials
    _subjects: dict[str, str] = field(default_factory=dict)

    def headers(self, actor: Actor, subject: str, surface: str) -> dict[str, str]:
        """What this actor presents, as entries for `Presented.of`."""
        presented = dict(self.others.headers(actor, subject, surface))
        if surface != _SURFACE:
            return presented
        return on_session(self._session(actor, subject), presented)

    def _session(self, actor: Actor, subject: str) -> str:
        if actor == HIJACKER:
            return self._subjects.get(actor.claims, subject)
        if actor.user is None:
            return actor.name
        self._subjects[actor.user] = subject
        return subject


def on_session(name: str, headers: Mapping[str, str]) -> dict[str, str]:
    """What is presented on the session of that name."""
    return {**headers, CONNECTION: name}


def open_sessions(url: str, discovery: Mapping[str, str]) -> OlderHttp | None:
    """The server by the revisions that know sessions; None where it keeps none.

    Args:
        url: The endpoint.
        discovery: Headers for listing the tools.

    Raises:
        TransportError: The server does not answer.
    """
    transport = OlderHttp(url, timeout=_SECONDS)
    if transport.keeps_sessions(Presented.of(on_session("", discovery))):
        return transport
    transport.close()
    return None
