"""Operations of a system and their calls: MCP tools, resources and prompts, REST, ChatKit."""

from crosstalk.surface.chatkit import ChatKitSurface
from crosstalk.surface.credentials import NOTHING, Credentials, Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.mcp.resources import McpResourcesSurface
from crosstalk.surface.mcp.stateless import (
    stateless_protocol,
    stateless_resources,
    stateless_tools,
)
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.operation import Operation, Parameter, Role, Surface
from crosstalk.surface.rest import RestSurface
from crosstalk.surface.usual_paths import UsualPaths

__all__ = [
    "NOTHING",
    "ChatKitSurface",
    "Credentials",
    "McpResourcesSurface",
    "Operation",
    "Parameter",
    "Presented",
    "RestSurface",
    "Role",
    "Surface",
    "SurfaceError",
    "ToolSurface",
    "UsualPaths",
    "stateless_protocol",
    "stateless_resources",
    "stateless_tools",
]
