"""Transports of MCP messages, one file each, all with the same three verbs.

They are written here rather than taken from the SDK's client, because a verifier must be able to
send what a well-behaved client never would, and to put one user's credential on another's session.
"""

from crosstalk.surface.transports.base import Reply, Transport, TransportError
from crosstalk.surface.transports.current import CurrentHttp
from crosstalk.surface.transports.http_sse import EventStream
from crosstalk.surface.transports.older import OlderHttp
from crosstalk.surface.transports.plain import PlainHttp
from crosstalk.surface.transports.stdio import Stdio

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
