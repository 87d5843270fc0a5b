"""How MCP messages travel: one file a transport, all with the same three verbs.

They are written here rather than taken from the SDK's client, because a verifier must be able to
send what a well-behaved client never would, and to put one user's credential on another's session.
"""

from harness.surface.transports.base import Reply, Transport, TransportError
from harness.surface.transports.current import CurrentHttp
from harness.surface.transports.events import EventStream
from harness.surface.transports.older import OlderHttp
from harness.surface.transports.plain import PlainHttp
from harness.surface.transports.stdio import Stdio

__all__ = [
    "CurrentHttp",
    "EventStream",
    "OlderHttp",
    "PlainHttp",
    "Reply",
    "Stdio",
    "Transport",
    "TransportError",
]
