"""The tools and resources of a server that speaks revision 2026-07-28 and keeps to the protocol.

So do the reference system and the demonstrations: their arguments are flat, and their errors say
that they are errors.
"""

from __future__ import annotations

from crosstalk.surface.credentials import Presented
from crosstalk.surface.mcp.answers import declared_answer, declared_result
from crosstalk.surface.mcp.protocol import McpProtocolSurface
from crosstalk.surface.mcp.resources import McpResourcesSurface
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.nesting import top_level_shape
from crosstalk.surface.transports.base import Transport
from crosstalk.surface.transports.current import CurrentHttp

_SECONDS = 20.0


def stateless_tools(
    url: str, discovery: Presented, *, transport: Transport | None = None
) -> ToolSurface:
    """Return the tools behind an endpoint.

    Args:
        url: The endpoint.
        discovery: What is presented when the tools are listed.
        transport: Carries the messages in another way than one POST a call.
    """
    return ToolSurface(
        transport or CurrentHttp(url, timeout=_SECONDS),
        discovery,
        shape=top_level_shape,
        answer=declared_answer,
    )


def stateless_resources(url: str, discovery: Presented) -> McpResourcesSurface:
    """Return the resources, prompts and completions behind an endpoint."""
    return McpResourcesSurface(CurrentHttp(url, timeout=_SECONDS), discovery)


def stateless_protocol(url: str, discovery: Presented) -> McpProtocolSurface:
    """Return the greeting and the lists of an endpoint."""
    return McpProtocolSurface(CurrentHttp(url, timeout=_SECONDS), discovery, answer=declared_result)
