"""What can be called, and how: MCP tools, resources and prompts, REST, and ChatKit, in one form."""

from crosstalk.surface.chatkit import ChatKitSurface
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.mcp.resources import McpResourcesSurface
from crosstalk.surface.mcp.stateless_tools import McpSurface
from crosstalk.surface.operation import Operation, Parameter, Role, Surface
from crosstalk.surface.rest import RestSurface

__all__ = [
    "ChatKitSurface",
    "McpResourcesSurface",
    "McpSurface",
    "Operation",
    "Parameter",
    "RestSurface",
    "Role",
    "Surface",
    "SurfaceError",
]
