"""The surfaces of a described MCP server: its tools, and all that it offers beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crosstalk.core.verdict import Inconclusive
from crosstalk.surface.credentials import Presented
from crosstalk.surface.mcp.answers import inferred_result
from crosstalk.surface.mcp.deferred import McpTasksSurface
from crosstalk.surface.mcp.facts import SUBSCRIBING, ToolFacts, is_method
from crosstalk.surface.mcp.protocol import McpProtocolSurface
from crosstalk.surface.mcp.resources import McpResourcesSurface
from crosstalk.surface.mcp.streams import McpStreamsSurface
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.operation import Role, Surface
from crosstalk.surface.transports import Transport
from crosstalk.targets.described.config import TargetConfig, ToolConfig
from crosstalk.targets.described.identity import IdentityConfig


def mcp_surfaces(
    config: TargetConfig,
    transport: Transport,
    tools: ToolSurface,
    looking: Presented,
    others: Sequence[Presented],
) -> dict[str, Surface]:
    """Return the surfaces by name; all of them over the connections of the tools.

    Args:
        config: The description.
        transport: Carries the messages.
        tools: The surface of the tools.
        looking: What is presented when anything is listed.
        others: What others present who list it too.
    """
    tools.discovery, tools.also = looking, others
    identity = config.identities()["mcp"]
    resources = McpResourcesSurface(
        transport,
        looking,
        also=others,
        answer=inferred_result,
        strict=False,
        facts={
            name: facts_of(tool)
            for name, tool in config.tools.items()
            if is_method(name) and name != SUBSCRIBING
        },
        roles=dict.fromkeys(identity.arguments, Role.IDENTITY),
        carried=carried_arguments(identity),
    )
    return {
        "mcp": tools,
        "mcp-resources": resources,
        "mcp-protocol": McpProtocolSurface(transport, looking, also=others),
        "mcp-streams": McpStreamsSurface(transport, looking),
        "mcp-tasks": McpTasksSurface(transport, looking),
    }


def not_understood_by(surfaces: Mapping[str, Surface]) -> list[Inconclusive]:
    """Return what the surfaces were offered in a form that they cannot call."""
    return [
        found
        for each in surfaces.values()
        if isinstance(each, McpResourcesSurface | McpStreamsSurface)
        for found in each.not_understood
    ]


def facts_of(tool: ToolConfig) -> ToolFacts:
    """Return what the file says about a tool, resource or prompt."""
    kind = None if tool.kind == "other" else tool.kind
    return ToolFacts(kind, tool.arguments, tool.public, bool(tool.skip), tool.values)


def carried_arguments(identity: IdentityConfig) -> list[str]:
    """Return the arguments that the caller's credential fills in."""
    carried = [identity.token_argument] if "token-argument" in identity.by else []
    if identity.login is not None and identity.login.carrier == "token-argument":
        carried.append(identity.login.argument)
    return carried
